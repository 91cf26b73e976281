//! Messages, from the outbox to a mail server.

mod delivery;
mod faults;
mod office;
mod process;
mod protection;
mod service;
