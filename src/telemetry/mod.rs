//! What the program tells about itself: logs, access lines, audit lines and metrics.

mod counter;

pub use counter::Counter;
