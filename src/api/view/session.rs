//! The session document.

use serde_json::{Value, json};
use url::Url;

use super::public_identity;
use crate::{
    clock::Timestamp,
    model::{Identity, Session},
};

/// How `devices` is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Devices {
    /// The list.
    Listed,
    /// `[]`: not asked for, one session.
    Empty,
    /// `null`: not asked for, a list of sessions.
    Null,
}

/// A session with its identity and devices, as its owner sees it. `base` is the public base URL.
#[must_use]
pub fn public_session(session: &Session, identity: &Identity, base: &Url, now: Timestamp) -> Value {
    let active = session.is_live(now) && identity.is_active();
    document(
        session,
        active,
        &public_identity(identity, base),
        Devices::Listed,
    )
}

/// A session with `identity` as given (`Null` when it is not shown) and devices as wished.
///
/// `owner_is_active` joins `active`; who does not look at the identity passes `true` (methods 9.1).
#[must_use]
pub fn session(
    session: &Session,
    owner_is_active: bool,
    identity: &Value,
    devices: Devices,
    now: Timestamp,
) -> Value {
    document(
        session,
        session.is_live(now) && owner_is_active,
        identity,
        devices,
    )
}

fn document(session: &Session, active: bool, identity: &Value, devices: Devices) -> Value {
    let devices = match devices {
        Devices::Listed => json!(session.devices),
        Devices::Empty => json!([]),
        Devices::Null => Value::Null,
    };
    json!({
        "id": session.id,
        "active": active,
        "expires_at": session.expires_at,
        "authenticated_at": session.authenticated_at,
        "authenticator_assurance_level": session.aal,
        "authentication_methods": session.methods,
        "issued_at": session.issued_at,
        "identity": identity,
        "devices": devices,
    })
}
