//! A change of settings that waits until its owner has signed in again (flows 3.2, methods 0.4).
//!
//! The submission stays in its flow, sealed: the key is in the browser's cookie and nowhere else, and it opens for the same flow and
//! identity only. What lies in the store meanwhile is of no use to who reads it, new passwords included.

use std::time::Duration;

use cookie::Cookie;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde::{Deserialize, Serialize};

use super::{Failed, Failure, Inner, Submission, Visit};
use crate::{
    clock::Timestamp,
    crypto::{Digest, mac, random, seal},
    model::{Flow, FlowId, FlowKind, FlowType, IdentityId},
    web::{body::Fields, cookies},
};

/// What lies in a flow.
#[derive(Serialize, Deserialize)]
struct Kept {
    until: Timestamp,
    sealed: String,
}

/// What the cookie says: which flow, and the browser's half of the key.
struct Ticket {
    flow: FlowId,
    half: [u8; 32],
}

impl Inner {
    /// The session is too old for this change: a browser's submission is put away until they have signed in again.
    pub(super) async fn confirm_and_continue(
        &self,
        mut flow: Flow,
        submission: Option<&Submission>,
        visit: &Visit,
    ) -> Failed {
        let mut failed = Failed::from(self.confirm_first(&flow));
        let Some(submission) = submission.filter(|_| flow.flow_type == FlowType::Browser) else {
            return failed;
        };
        let ticket = Ticket {
            flow: flow.id,
            half: random(),
        };
        if !self.put_away(&mut flow, submission, &ticket, visit) {
            return failed;
        }
        if let Err(failure) = self.save(&flow).await {
            return failure.into();
        }
        failed.cookies.push(self.ticket_cookie(&ticket));
        failed
    }

    fn put_away(
        &self,
        flow: &mut Flow,
        submission: &Submission,
        ticket: &Ticket,
        visit: &Visit,
    ) -> bool {
        let key = self.config.secrets.cookie.first();
        let (Some(secret), Some(owner)) = (key, flow.identity_id) else {
            return false;
        };
        let Ok(plain) = serde_json::to_vec(submission.fields().pairs()) else {
            return false;
        };
        let key = key_of(secret.expose(), ticket);
        let sealed = seal::seal(&key, &place(flow.id, owner), &plain);
        let kept = Kept {
            until: visit.now.plus(LONGEST),
            sealed: BASE64.encode(&sealed),
        };
        let Ok(kept) = serde_json::to_value(kept) else {
            return false;
        };
        flow.internal.insert(KEPT.to_owned(), kept);
        true
    }

    /// Whether a request may be somebody who comes back: a browser follows a bare link to where the form is submitted to.
    pub(super) fn comes_back(flow: &Flow, submission: Option<&Submission>, visit: &Visit) -> bool {
        let bare = submission.is_some_and(|submission| submission.method().is_none());
        let browser = flow.flow_type == FlowType::Browser && !visit.wants.json;
        flow.kind == FlowKind::Settings && visit.safe && browser && bare
    }

    /// Takes out the submission that waits in `flow` for this browser, if one does. It is gone from there afterwards.
    pub(super) async fn take_out(
        &self,
        flow: &mut Flow,
        visit: &Visit,
    ) -> Result<Option<Submission>, Failure> {
        let Some(ticket) = ticket(visit).filter(|ticket| ticket.flow == flow.id) else {
            return Ok(None);
        };
        let Some(kept) = flow.internal.remove(KEPT) else {
            return Ok(None);
        };
        self.save(flow).await?;
        let kept = serde_json::from_value::<Kept>(kept).ok();
        let kept = kept.filter(|kept| visit.now < kept.until);
        Ok(kept.and_then(|kept| self.unsealed(flow, &kept, &ticket)))
    }

    fn unsealed(&self, flow: &Flow, kept: &Kept, ticket: &Ticket) -> Option<Submission> {
        let sealed = BASE64.decode(kept.sealed.as_bytes()).ok()?;
        let place = place(flow.id, flow.identity_id?);
        let secrets = &self.config.secrets.cookie;
        let plain = secrets
            .iter()
            .find_map(|secret| seal::open(&key_of(secret.expose(), ticket), &place, &sealed))?;
        let pairs = serde_json::from_slice(&plain).ok()?;
        Some(Submission::new(Fields::from_pairs(pairs)))
    }

    /// Whoever begins settings anew has given up what waits.
    pub(super) async fn give_up_waiting(&self, visit: &Visit) -> Result<(), Failure> {
        let Some(ticket) = ticket(visit) else {
            return Ok(());
        };
        let own = visit.identity().map(|identity| identity.id);
        let found = self.db.find_flow(ticket.flow).await?;
        let Some(mut flow) = found.filter(|flow| flow.identity_id == own) else {
            return Ok(());
        };
        if flow.internal.remove(KEPT).is_some() {
            self.save(&flow).await?;
        }
        Ok(())
    }

    fn ticket_cookie(&self, ticket: &Ticket) -> Cookie<'static> {
        let value = [ticket.flow.0.as_bytes(), &ticket.half[..]].concat();
        self.bare_ticket_cookie(BASE64URL_NOPAD.encode(&value), MONTH)
    }

    /// Takes the cookie back once it has done its work.
    pub(super) fn spent_ticket_cookie(&self) -> Cookie<'static> {
        let mut cookie = self.bare_ticket_cookie(String::new(), Duration::ZERO);
        cookie.set_expires(Timestamp::EPOCH.date_time());
        cookie
    }

    fn bare_ticket_cookie(&self, value: String, age: Duration) -> Cookie<'static> {
        let settings = &self.config.cookies;
        let mut cookie = Cookie::build((COOKIE, value))
            .path("/")
            .max_age(age.try_into().unwrap_or_default())
            .expires(self.clock.now().plus(age).date_time())
            .http_only(true)
            .secure(settings.secure)
            .same_site(cookie::SameSite::Lax);
        if let Some(domain) = &settings.domain {
            cookie = cookie.domain(domain.clone());
        }
        cookie.build()
    }
}

/// Forgets what waits in a flow: something else was submitted.
pub(super) fn forget(flow: &mut Flow) {
    flow.internal.remove(KEPT);
}

fn ticket(visit: &Visit) -> Option<Ticket> {
    let value = cookies::values(&visit.headers, COOKIE).next()?;
    let bytes = BASE64URL_NOPAD.decode(value).ok()?;
    let (flow, half) = bytes.split_first_chunk::<16>()?;
    Some(Ticket {
        flow: FlowId(uuid::Uuid::from_bytes(*flow)),
        half: half.try_into().ok()?,
    })
}

fn key_of(secret: &[u8], ticket: &Ticket) -> Digest {
    mac(secret, &[&b"continuity\0"[..], &ticket.half].concat())
}

fn place(flow: FlowId, owner: IdentityId) -> [u8; 32] {
    let mut place = [0; 32];
    let (first, second) = place.split_at_mut(16);
    first.copy_from_slice(flow.0.as_bytes());
    second.copy_from_slice(owner.0.as_bytes());
    place
}

const COOKIE: &str = "ory_kratos_continuity";
const KEPT: &str = "continuity";
const LONGEST: Duration = Duration::from_secs(15 * 60);
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
