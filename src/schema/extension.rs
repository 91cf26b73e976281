//! The `ory.sh/kratos` keyword: what a trait is good for (methods 9.3). Unknown keys are mistakes.

use serde::Deserialize;
use serde_json::Value;

use crate::model::Channel;

// The keyword.
const KEYWORD: &str = "ory.sh/kratos";

/// What a trait is good for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Extension {
    /// Credentials that the value identifies.
    pub credentials: Credentials,
    /// The value is an address to prove.
    pub verification: Via,
    /// The value is an address for recovery.
    pub recovery: Via,
    /// Known and without effect here.
    pub organizations: Organizations,
}

/// `credentials`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Credentials {
    /// Identifies a password.
    pub password: Identifier,
    /// Identifies security keys.
    pub webauthn: Identifier,
    /// Names a passkey.
    pub passkey: DisplayName,
    /// Names an authenticator entry.
    pub totp: AccountName,
    /// Receives codes.
    pub code: Code,
}

impl Credentials {
    /// Whether the trait is what a person types to say who they are.
    pub(super) fn identify(&self) -> bool {
        self.password.identifier
            || self.webauthn.identifier
            || self.code.identifier
            || self.passkey.display_name
            || self.totp.account_name
    }
}

/// `{identifier}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identifier {
    /// Whether it does.
    pub identifier: bool,
}

/// `{display_name}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DisplayName {
    /// Whether it does.
    pub display_name: bool,
}

/// `{account_name}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountName {
    /// Whether it does.
    pub account_name: bool,
}

/// `{identifier, via}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Code {
    /// Whether it does.
    pub identifier: bool,
    /// By which channel; e-mail unless said otherwise.
    pub via: Option<Channel>,
}

/// `{via}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Via {
    /// The channel.
    pub via: Option<Channel>,
}

/// `{matcher}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Organizations {
    /// The only one there is.
    pub matcher: Option<Matcher>,
}

/// How an organization is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matcher {
    /// By the domain of the address.
    EmailDomain,
}

impl Extension {
    /// Reads the keyword of a subschema, if it has one.
    pub(super) fn of(schema: &Value) -> Result<Option<Self>, String> {
        schema
            .get(KEYWORD)
            .map(|value| {
                Self::deserialize(value).map_err(|mistake| format!("{KEYWORD}: {mistake}"))
            })
            .transpose()
    }
}
