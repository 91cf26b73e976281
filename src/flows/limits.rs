//! What may be tried how often (security 11), as flows and methods meet it.

use std::{net::IpAddr, sync::Mutex};

use cookie::Cookie;

use super::{Ctx, Failure, Inner, Outcome, Problem, Visit};
use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{Aal, Flow, FlowType, Identity, IdentityId},
    schema::normalise,
    store::Change,
    telemetry::Outcome::Failure as Failed,
    throttle::{Guess, Limited, Refusal, Sending, Throttle, password_since},
    ui::text,
    web::ApiError,
};

/// Evidence: the guess was counted before it was checked (security 0.5).
#[derive(Debug)]
pub struct Counted(());

impl Counted {
    /// For what cannot be guessed: an answer of a key, of a provider, of a link.
    #[must_use]
    pub fn beyond_guessing() -> Self {
        Self(())
    }
}

/// What a step counts its guesses with.
pub(super) struct Counting<'a> {
    throttle: &'a Throttle,
    client: IpAddr,
    device: Option<Digest>,
    guess: Mutex<Option<Guess>>,
}

impl<'a> Counting<'a> {
    pub(super) fn new(throttle: &'a Throttle, visit: &Visit) -> Self {
        Self {
            throttle,
            client: visit.client.ip,
            device: throttle.device(&visit.headers),
            guess: Mutex::default(),
        }
    }

    /// The guess that was counted, if any.
    pub(super) fn into_guess(self) -> Option<Guess> {
        self.guess.into_inner().unwrap_or_default()
    }

    /// A step counts once; should it do so again, the first guess stands as counted.
    fn keep(&self, guess: Guess) -> Counted {
        if let Ok(mut kept) = self.guess.lock() {
            kept.get_or_insert(guess);
        }
        Counted(())
    }
}

impl Ctx<'_> {
    /// Counts a guess at a first factor before it is checked (security 11.2–11.4): of `identity`, or of nobody, who would be
    /// `identifier`. Known and unknown are counted alike.
    ///
    /// # Errors
    /// When there were too many.
    pub async fn count_first_factor(
        &self,
        identifier: &str,
        identity: Option<&Identity>,
    ) -> Result<Counted, Failure> {
        let counting = &self.counting;
        let canonical = normalise(identifier);
        let guess = counting
            .throttle
            .first_factor(
                (&canonical, identity),
                counting.client,
                counting.device,
                self.now,
            )
            .await?;
        Ok(counting.keep(guess))
    }

    /// Counts a guess at a second factor before it is checked (security 11.5).
    ///
    /// # Errors
    /// When there were too many, or the factor is locked.
    pub async fn count_second_factor(&self, identity: IdentityId) -> Result<Counted, Failure> {
        let counting = &self.counting;
        let guess = counting
            .throttle
            .second_factor(identity, self.flow.id, self.now)
            .await?;
        Ok(counting.keep(guess))
    }

    /// Counts messages to `addresses`, known or not, that this flow is about to send (security 11.7). `Silent` means that the answer is
    /// the one of [`Challenge::silenced`](super::Challenge::silenced): nothing goes out, and nobody can tell.
    ///
    /// # Errors
    /// When the client has asked for too many, whatever the address.
    pub fn count_sending(&self, addresses: &[&str]) -> Result<Sending, Failure> {
        let Counting {
            throttle, client, ..
        } = &self.counting;
        let canonical: Vec<String> = addresses.iter().map(|address| normalise(address)).collect();
        let canonical: Vec<&str> = canonical.iter().map(String::as_str).collect();
        Ok(throttle.send(&canonical, self.flow.id, *client, self.now)?)
    }
}

impl Inner {
    /// Notes that a limit was met.
    pub(super) fn note(&self, limited: Limited, visit: &Visit) {
        self.metrics.tallies().throttled.count([limited.bucket]);
        // Behind a proxy that is not trusted all clients look like one, and that one soon has done too much.
        if visit.headers.contains_key("x-forwarded-for") && is_local(visit.client.ip) {
            tracing::warn!(
                client = %visit.client.ip,
                bucket = limited.bucket,
                "many clients may have been taken for one and slowed down: add the proxy in front to gateway.trusted_proxies"
            );
        }
    }

    /// A browser's form comes back with a message where a program gets 429.
    pub(super) fn soften<T>(
        &self,
        result: Result<T, Failure>,
        flow: &Flow,
        visit: &Visit,
        rejected: impl FnOnce(Vec<Problem>) -> T,
    ) -> Result<T, Failure> {
        match result {
            Err(Failure::Limited(limited))
                if flow.flow_type == FlowType::Browser && !visit.wants.json =>
            {
                self.note(limited, visit);
                Ok(rejected(vec![Problem::form(message(limited, visit.now))]))
            }
            other => other,
        }
    }

    /// A guess was wrong: what to store with the answer. The owner of a second factor that is locked now reads so in the audit log.
    pub(super) fn failed(
        &self,
        guess: &Guess,
        owner: Option<&Identity>,
        visit: &Visit,
    ) -> Option<Change> {
        if self.throttle.has_locked(guess) {
            let who = owner.map(|identity| identity.id);
            self.record("second_factor.locked", Failed, who, visit, &[]);
        }
        self.throttle.failed(guess, visit.now)
    }

    /// Makes the browser that somebody has just signed in with a known one (security 11.4). With `rehashed` the password is stored
    /// anew in the same commit.
    pub(super) async fn remember(
        &self,
        flow: &Flow,
        identity: &Identity,
        rehashed: bool,
        visit: &Visit,
    ) -> Result<Option<(Change, Cookie<'static>)>, Failure> {
        if flow.flow_type == FlowType::Api || flow.requested_aal == Aal::Aal2 {
            return Ok(None);
        }
        let since = if rehashed {
            visit.now
        } else {
            password_since(identity)
        };
        let device = self.throttle.device(&visit.headers);
        Ok(self
            .throttle
            .remember((identity.id, since), device, visit.now)
            .await?)
    }

    /// What a step came to, and the guess that it counted.
    pub(super) fn settle(
        &self,
        attempted: Result<Outcome, Failure>,
        guess: Option<Guess>,
        flow: &Flow,
        visit: &Visit,
    ) -> Result<(Outcome, Option<Guess>), Failure> {
        let checked = matches!(
            attempted,
            Ok(Outcome::Proved(_) | Outcome::Rejected(_) | Outcome::Drafted(_))
        );
        let outcome = self.soften(attempted, flow, visit, Outcome::Rejected);
        if checked {
            return Ok((outcome?, guess));
        }
        if let Some(guess) = &guess {
            self.throttle.unchecked(guess);
        }
        Ok((outcome?, None))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Limited(limited) => Self::Limited(limited),
            Refusal::Store(error) => error.into(),
        }
    }
}

/// 429, with nothing about whose account it is.
#[must_use]
pub fn error(limited: Limited) -> ApiError {
    let seconds = seconds(limited);
    ApiError::new(
        http::StatusCode::TOO_MANY_REQUESTS,
        "There were too many attempts.",
    )
    .id("rate_limited")
    .reason(format!("Please try again in {}.", text::span(seconds)))
    .retry_after(u32::try_from(seconds).unwrap_or(u32::MAX))
}

fn message(limited: Limited, now: Timestamp) -> crate::ui::Message {
    let at = now.plus(limited.wait);
    text::rate_limited(seconds(limited), &at.to_string(), at.seconds())
}

/// Whole seconds until trying again makes sense, at least one.
pub(super) fn seconds(limited: Limited) -> u64 {
    let partly = u64::from(limited.wait.subsec_nanos() > 0);
    (limited.wait.as_secs() + partly).max(1)
}

fn is_local(client: IpAddr) -> bool {
    match client.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}
