//! What a submission came to, as its method sees it. Turning it into records and answers is done once, elsewhere.

use serde_json::Value;

use super::Counted;
use crate::{
    model::{
        Aal, Channel, Code, CodeId, CourierMessage, CredentialType, FlowState, Identity, IdentityId,
    },
    ui::{Message, Node},
};

/// The result of an attempt.
#[derive(Debug)]
pub enum Outcome {
    /// Login: somebody proved who they are.
    Proved(Box<Proof>),
    /// Login in two steps: who they are; what they can prove it with comes next.
    Identified(Box<Identified>),
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
    /// A challenge went out, or another step of meeting it comes next; for recovery and verification that is no error, for login and
    /// registration it has the status of one (methods 0.4).
    Sent(Box<Challenge>),
    /// Recovery: somebody proved that an address of an account is theirs.
    Recovered(Box<Recovered>),
    /// Verification: somebody proved that an address is theirs.
    Verified(Box<Verified>),
    /// Recovery, verification: somebody followed the link of a mail, maybe on another device. The browser they did it in gets the form,
    /// which is this one from now on.
    Opened(Vec<Node>),
    /// Recovery, verification: what came back is not what was sent. The form stays, and that is no error (methods 0.4).
    Unmet(Message),
    /// Recovery, verification: this flow cannot go on; another begins and says why.
    Restart(Message),
    /// The form goes back with these messages.
    Rejected(Vec<Problem>),
}

/// A step of a flow that sends something and waits for the answer. Everything in it is committed together with the flow.
#[derive(Debug)]
pub struct Challenge {
    /// What this flow has sent before is worthless from now on.
    pub drop_earlier: bool,
    /// What was sent.
    pub codes: Vec<Code>,
    /// The mails that carry it.
    pub messages: Vec<CourierMessage>,
    /// Verifiable addresses it went to.
    pub sent_to: Vec<(IdentityId, Channel, String)>,
    /// How far the flow has come now.
    pub state: FlowState,
    /// The whole form from now on.
    pub nodes: Vec<Node>,
    /// What it says.
    pub message: Option<Message>,
    /// What the method wants to find again at the next step; merged into what it kept before.
    pub internal: serde_json::Map<String, Value>,
}

impl Challenge {
    /// A step that sends nothing.
    #[must_use]
    pub fn step(state: FlowState, nodes: Vec<Node>, message: Option<Message>) -> Self {
        Self {
            drop_earlier: false,
            codes: Vec::new(),
            messages: Vec::new(),
            sent_to: Vec::new(),
            state,
            nodes,
            message,
            internal: serde_json::Map::new(),
        }
    }

    /// The same answer, and nothing goes out: what was sent before stays good, or somebody who asks too often would have nothing that
    /// works (security 11.7).
    #[must_use]
    pub fn silenced(self) -> Self {
        Self {
            drop_earlier: false,
            codes: Vec::new(),
            messages: Vec::new(),
            sent_to: Vec::new(),
            ..self
        }
    }
}

/// A recovered account.
#[derive(Debug)]
pub struct Recovered {
    /// Whose.
    pub identity: Identity,
    /// What the session says about it: `code_recovery` or `link_recovery`.
    pub method: CredentialType,
    /// The code or link: it is spent in the commit that signs in.
    pub spends: CodeId,
    /// The address that it was sent to is proven with it.
    pub verifies: Option<(Channel, String)>,
}

/// A proven address.
#[derive(Debug)]
pub struct Verified {
    /// Whose it is.
    pub identity: Identity,
    /// By which channel it is reached.
    pub via: Channel,
    /// The address, normalised.
    pub address: String,
    /// By which method: `code` or `link`.
    pub method: CredentialType,
    /// The code or link: it is spent in the commit that notes the proof.
    pub spends: CodeId,
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
    /// The code that proved it: it is spent in the commit that signs in.
    pub spends: Option<CodeId>,
    /// The address that the code was sent to is proven with it.
    pub verifies: Option<(Channel, String)>,
}

impl Proof {
    /// By a method that spends nothing.
    #[must_use]
    pub fn new(identity: Identity, method: CredentialType, aal: Aal, counted: Counted) -> Self {
        Self {
            identity,
            method,
            aal,
            counted,
            upkeep: None,
            spends: None,
            verifies: None,
        }
    }
}

/// Somebody said who they are, and has proven nothing.
#[derive(Debug)]
pub struct Identified {
    /// What they typed.
    pub identifier: String,
    /// Who that is, unless nobody may learn whether they are known.
    pub identity: Option<Identity>,
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
    /// The code that was sent to them: it is spent in the commit that stores them.
    pub spends: Option<CodeId>,
    /// The address that the code was sent to is proven with it.
    pub verifies: Option<(Channel, String)>,
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
