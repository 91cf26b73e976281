//! What the courier sends, and what became of each attempt (admin-and-config 1.12, 3).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Channel, DispatchId, MessageId};
use crate::clock::Timestamp;

/// What a message is about. The words are Kratos' `template_type` (admin-and-config 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// A recovery link.
    RecoveryValid,
    /// Somebody asked for a recovery link for an address that no account has.
    RecoveryInvalid,
    /// A recovery code.
    RecoveryCodeValid,
    /// Somebody asked for a recovery code for an address that no account has.
    RecoveryCodeInvalid,
    /// A verification link.
    VerificationValid,
    /// Somebody asked for a verification link for an address that no account has.
    VerificationInvalid,
    /// A verification code, with a link.
    VerificationCodeValid,
    /// Somebody asked for a verification code for an address that no account has.
    VerificationCodeInvalid,
    /// A code to sign in with.
    LoginCodeValid,
    /// A code to sign up with.
    RegistrationCodeValid,
    /// Tells the owner of a former address that it was replaced.
    VerifiableAddressChanged,
    /// Tells the owner of an account that a key was added.
    AuthenticatorKeyAdded,
    /// Proves that sending works.
    Stub,
}

impl Template {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::RecoveryValid,
        Self::RecoveryInvalid,
        Self::RecoveryCodeValid,
        Self::RecoveryCodeInvalid,
        Self::VerificationValid,
        Self::VerificationInvalid,
        Self::VerificationCodeValid,
        Self::VerificationCodeInvalid,
        Self::LoginCodeValid,
        Self::RegistrationCodeValid,
        Self::VerifiableAddressChanged,
        Self::AuthenticatorKeyAdded,
        Self::Stub,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecoveryValid => "recovery_valid",
            Self::RecoveryInvalid => "recovery_invalid",
            Self::RecoveryCodeValid => "recovery_code_valid",
            Self::RecoveryCodeInvalid => "recovery_code_invalid",
            Self::VerificationValid => "verification_valid",
            Self::VerificationInvalid => "verification_invalid",
            Self::VerificationCodeValid => "verification_code_valid",
            Self::VerificationCodeInvalid => "verification_code_invalid",
            Self::LoginCodeValid => "login_code_valid",
            Self::RegistrationCodeValid => "registration_code_valid",
            Self::VerifiableAddressChanged => "verifiable_address_changed",
            Self::AuthenticatorKeyAdded => "authenticator_key_added",
            Self::Stub => "stub",
        }
    }
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Waits for its next attempt.
    Queued,
    /// The channel took it.
    Sent,
    /// A worker has it.
    Processing,
    /// Nobody will try again.
    Abandoned,
}

/// One message to one recipient.
#[derive(Clone, PartialEq)]
pub struct CourierMessage {
    /// Its id; repeated attempts carry it, so that a mail that arrives twice can be told.
    pub id: MessageId,
    /// How far it has come.
    pub status: MessageStatus,
    /// How it travels.
    pub via: Channel,
    /// Mail address or phone number.
    pub recipient: String,
    /// Subject of a mail; empty for a text message.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// What it is about.
    pub template: Template,
    /// The variables of the template under their JSON names (admin-and-config 3.4).
    pub template_data: Map<String, Value>,
    /// Headers of the request that caused it, as far as templates may see them: name → list of values.
    pub request_headers: Map<String, Value>,
    /// How often a server was asked to take it.
    pub send_count: u32,
    /// When it is tried next; while it is processed, when its worker is taken for dead. Nothing when it is done with.
    pub next_attempt_at: Option<Timestamp>,
    /// From when on it is of no use to its reader, and is not sent any more (security 16.12).
    pub expires_at: Option<Timestamp>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Without what it says: that holds codes and links (security 14.4).
impl std::fmt::Debug for CourierMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CourierMessage")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("template", &self.template)
            .field("send_count", &self.send_count)
            .finish_non_exhaustive()
    }
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispatch {
    /// Its id.
    pub id: DispatchId,
    /// Of which message.
    pub message_id: MessageId,
    /// Why it failed, in the form of an error on the wire; nothing when it succeeded.
    pub error: Option<Value>,
    /// When.
    pub created_at: Timestamp,
}

/// What is in the outbox right now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    /// How many messages wait or are processed.
    pub waiting: u64,
    /// When the oldest of them was written.
    pub oldest: Option<Timestamp>,
    /// When the next attempt is due.
    pub next: Option<Timestamp>,
}
