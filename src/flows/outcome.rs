//! What a submission came to, as its method sees it. Turning it into records and answers is done once, elsewhere.

use serde_json::Value;

use super::Counted;
use crate::{
    model::{Aal, CredentialType, Identity},
    ui::Message,
};

/// The result of an attempt.
#[derive(Debug)]
pub enum Outcome {
    /// Login: somebody proved who they are.
    Proved(Box<Proof>),
    /// Registration: a new identity, not stored yet.
    Drafted(Box<Draft>),
    /// Registration in two steps: the traits are fine, credentials come next; the traits go along.
    NextScreen(Value),
    /// Registration in two steps: back to the traits.
    PreviousScreen(Value),
    /// Settings: the identity as it is to be stored.
    Changed(Box<Changed>),
    /// Settings: the session is too old for this change (flows 3.2).
    Unprivileged,
    /// The form goes back with these messages.
    Rejected(Vec<Problem>),
}

/// A completed factor.
#[derive(Debug)]
pub struct Proof {
    /// Who.
    pub identity: Identity,
    /// By which method.
    pub method: CredentialType,
    /// At which level.
    pub aal: Aal,
    /// The guess was counted before it was checked.
    pub counted: Counted,
    /// The method's stored secret should become another one, if nobody changed it meanwhile.
    pub upkeep: Option<Upkeep>,
}

/// A better form of the stored secret.
#[derive(Debug)]
pub struct Upkeep {
    /// What was read.
    pub expected: Value,
    /// What it becomes.
    pub config: Value,
}

/// Somebody new.
#[derive(Debug)]
pub struct Draft {
    /// Who, complete with credentials.
    pub identity: Identity,
    /// By which method.
    pub method: CredentialType,
}

/// A change of settings.
#[derive(Debug)]
pub struct Changed {
    /// The identity from now on.
    pub identity: Identity,
    /// By which method.
    pub method: CredentialType,
    /// The change proved a factor anew: a password that was just chosen counts as used (methods 0.9).
    pub proves: bool,
}

/// Something wrong, and where.
#[derive(Debug)]
pub struct Problem {
    /// The node it belongs to; the form as a whole without.
    pub at: Option<String>,
    /// What to say.
    pub message: Message,
}

impl Problem {
    /// With the form as a whole.
    #[must_use]
    pub fn form(message: Message) -> Self {
        Self { at: None, message }
    }

    /// With one node.
    #[must_use]
    pub fn node(id: impl Into<String>, message: Message) -> Self {
        Self {
            at: Some(id.into()),
            message,
        }
    }
}
