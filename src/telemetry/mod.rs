//! What the program tells about itself: its log, access lines, audit lines and metrics.
//!
//! Whoever works on the proxied path only counts and appends bytes here; formatting for people, writing and summing up happen elsewhere.

pub mod access_log;
pub mod audit;
mod counter;
mod escape;
mod lines;
pub mod logs;
pub mod metrics;

pub use access_log::{AccessLine, AccessLines, AccessLog};
pub use audit::{Audit, AuditEvent, Outcome};
pub use counter::Counter;
pub use logs::Redacted;
pub use metrics::{Decision, MethodClass, Metrics, RouteMetrics, StreamKind};
