//! `access.require`: what is asked of somebody beside a session (gateway 5.1).

use std::time::Duration;

use super::{Expression, Networks};

/// One way to be let in: everything in it must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Require {
    /// `aal`
    pub aal: Option<Level>,
    /// `max_age`: how long ago a factor may have been completed.
    pub max_age: Option<Duration>,
    /// `verified`
    pub verified: Option<Verified>,
    /// `methods`: one of them was used.
    pub methods: Vec<String>,
    /// `providers`: one of them was used.
    pub providers: Vec<String>,
    /// `schemas`
    pub schemas: Vec<String>,
    /// `identities`
    pub identities: Vec<uuid::Uuid>,
    /// `emails`: proven addresses, lower-case.
    pub emails: Vec<String>,
    /// `email_domains`: of proven addresses, lower-case.
    pub email_domains: Vec<String>,
    /// `groups`
    pub groups: Groups,
    /// `scopes`: of tokens; a session has all.
    pub scopes: Vec<String>,
    /// `client_ips`
    pub client_ips: Networks,
    /// `expression`
    pub expression: Option<Expression>,
}

/// `require.aal`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// One factor.
    Aal1,
    /// Two factors.
    Aal2,
    /// As many as the account has.
    HighestAvailable,
}

/// `require.verified`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// A proven e-mail address.
    Email,
    /// A proven telephone number.
    Sms,
    /// One of either.
    Any,
}

/// `require.groups`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// In one of these; empty = whatever.
    pub any: Vec<String>,
    /// In all of these.
    pub all: Vec<String>,
    /// In none of these.
    pub none: Vec<String>,
}

impl Groups {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && self.all.is_empty() && self.none.is_empty()
    }
}

/// `access.on_unenrolled`: what somebody without a second factor gets where one is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnenrolled {
    /// The page to set one up.
    #[default]
    Enroll,
    /// A refusal.
    Forbid,
}
