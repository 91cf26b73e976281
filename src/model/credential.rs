//! Credentials: what an identity can prove itself with (admin-and-config 1.1).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;

macro_rules! credential_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// A kind of credential, by its name on the wire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum CredentialType {
            $($(#[$doc])* #[serde(rename = $name)] $variant),+
        }

        impl CredentialType {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl FromStr for CredentialType {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($name => Ok(Self::$variant),)+ _ => Err(()) }
            }
        }
    };
}

credential_types! {
    /// A password.
    Password = "password",
    /// A social sign-in.
    Oidc = "oidc",
    /// A SAML sign-in.
    Saml = "saml",
    /// An authenticator app.
    Totp = "totp",
    /// Backup codes.
    LookupSecret = "lookup_secret",
    /// Security keys.
    Webauthn = "webauthn",
    /// Passkeys.
    Passkey = "passkey",
    /// One-time codes.
    Code = "code",
    /// Traits, as a pseudo credential.
    Profile = "profile",
    /// Device-bound keys.
    Deviceauthn = "deviceauthn",
    /// The first step of identifier-first log-in.
    IdentifierFirst = "identifier_first",
    /// Links by mail, as a pseudo credential.
    Link = "link",
    /// A recovery link; only as a session's authentication method.
    LinkRecovery = "link_recovery",
    /// A recovery code; only as a session's authentication method.
    CodeRecovery = "code_recovery",
}

impl fmt::Display for CredentialType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One credential of an identity. `config` may hold secrets and is shown on request on the admin port only.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    /// Its kind; at most one per kind and identity.
    pub kind: CredentialType,
    /// Normalised identifiers, unique per kind over all identities.
    pub identifiers: Vec<String>,
    /// The stored proof, in Kratos' shape (`{"hashed_password": …}`).
    pub config: Value,
    /// Version of `config`'s shape.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
