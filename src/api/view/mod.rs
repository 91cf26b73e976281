//! Records as they stand on the wire, public and admin alike (admin-and-config 1.1, 1.10; flows 1.2, 4.1).

mod access_token;
mod flow;
mod identity;
mod session;

pub use access_token::{AccessTokenBody, access_token, issued_access_token};
pub use flow::flow;
pub use identity::{AdminIdentity, admin_identity, public_identity};
pub use session::{Devices, public_session, session};
