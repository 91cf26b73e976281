//! How a session begins and how it goes on after another factor (security 7.2, flows 4.1 and 4.6).

use std::time::Duration;

use super::Sessions;
use crate::{
    clock::Timestamp,
    crypto::SessionToken,
    model::{AuthenticationMethod, Device, DeviceId, Identity, Session, SessionId},
    store::Change,
};

/// A session that begins when `change` is committed.
pub struct Issued {
    /// The record.
    pub session: Session,
    /// What the client gets; stored nowhere.
    pub token: SessionToken,
    /// To be put into the caller's commit.
    pub change: Change,
}

/// What becomes of the token when a session is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewToken {
    /// A browser gets a new one, and its old one stops working with the same commit; after a second factor ten seconds later, at the
    /// level it had.
    Issue,
    /// A native client keeps the one it has.
    Keep,
}

impl Sessions {
    /// Begins a session for who has just proven to be `identity`; `token` is what its client will hold.
    #[must_use]
    pub fn issue(
        &self,
        identity: &Identity,
        method: AuthenticationMethod,
        device: Device,
        token: SessionToken,
        now: Timestamp,
    ) -> Issued {
        let methods = vec![method];
        let session = Session {
            id: SessionId::random(),
            identity_id: identity.id,
            active: true,
            issued_at: now,
            authenticated_at: now,
            expires_at: self.end(now),
            aal: Session::level(&methods),
            methods,
            devices: vec![cut(device)],
            cookie_until: self.end(now),
        };
        let change = Change::InsertSession {
            session: session.clone(),
            token: token.digest(),
        };
        Issued {
            session,
            token,
            change,
        }
    }

    /// Adds a completed factor to a session: it lasts a whole lifespan again and keeps its id. The device is recorded when the last
    /// one was another.
    #[must_use]
    pub fn renew(
        &self,
        session: &Session,
        method: AuthenticationMethod,
        device: Device,
        token: NewToken,
        now: Timestamp,
    ) -> (Session, Option<SessionToken>, Change) {
        let mut renewed = session.clone();
        renewed.methods.push(method);
        renewed.aal = Session::level(&renewed.methods);
        renewed.authenticated_at = now;
        renewed.expires_at = self.end(now);
        let device = Some(cut(device)).filter(|device| !is_last(&renewed.devices, device));
        renewed.devices.extend(device.clone());
        let token = (token == NewToken::Issue).then(SessionToken::for_cookie);
        if token.is_some() {
            renewed.cookie_until = renewed.expires_at;
        }
        let change = Change::RenewSession {
            session: renewed.clone(),
            token: token.as_ref().map(SessionToken::digest),
            former_until: (renewed.aal > session.aal).then(|| now.plus(GRACE)),
            device,
        };
        (renewed, token, change)
    }

    /// When a session that begins or is extended now ends.
    #[must_use]
    pub fn end(&self, now: Timestamp) -> Timestamp {
        now.plus(self.0.settings.session.lifespan)
    }
}

/// A device as it is recorded with a session; `user_agent` is cut to 512 bytes.
#[must_use]
pub fn device(ip_address: String, user_agent: &str, location: String) -> Device {
    Device {
        id: DeviceId::random(),
        ip_address,
        user_agent: within(user_agent, LONGEST_USER_AGENT).to_owned(),
        location,
    }
}

fn cut(mut device: Device) -> Device {
    let kept = within(&device.user_agent, LONGEST_USER_AGENT).len();
    device.user_agent.truncate(kept);
    device
}

/// As much of `text` as fits, by whole characters.
fn within(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

fn is_last(devices: &[Device], device: &Device) -> bool {
    devices.last().is_some_and(|last| {
        last.ip_address == device.ip_address && last.user_agent == device.user_agent
    })
}

/// What a token that a second factor has replaced still lives: requests that were sent with it are under way (security 7.2).
const GRACE: Duration = Duration::from_secs(10);

const LONGEST_USER_AGENT: usize = 512;
