//! Plain records and their pure rules, one file per noun. No I/O, no `async`, no wire formats: those are views at the edges.

pub mod access_token;
pub mod address;
pub mod attempts;
pub mod code;
pub mod credential;
pub mod flow;
pub mod identity;
pub mod ids;
pub mod message;
pub mod page;
pub mod self_service_error;
pub mod session;

pub use access_token::{AccessToken, OutOfReach, Reach};
pub use address::{AddressStatus, Channel, RecoveryAddress, VerifiableAddress};
pub use attempts::{AccountFailures, FactorFailures, KnownDevice};
pub use code::{Code, CodeForm};
pub use credential::{Credential, CredentialType};
pub use flow::{Flow, FlowKind, FlowState, FlowType};
pub use identity::{Identity, IdentityState};
pub use ids::{
    AccessTokenId, AddressId, CodeId, DeviceId, DispatchId, ErrorId, FlowId, IdentityId, MessageId,
    SessionId,
};
pub use message::{CourierMessage, Dispatch, MessageStatus, Outbox, Template};
pub use page::{Page, PageRequest};
pub use self_service_error::SelfServiceError;
pub use session::{Aal, AuthenticationMethod, Device, Session};
