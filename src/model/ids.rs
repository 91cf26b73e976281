//! Ids are newtypes over UUIDs, so that a session id cannot be passed where an identity id belongs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::crypto;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh random id.
            #[must_use]
            pub fn random() -> Self {
                Self(crypto::random_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// An identity.
    IdentityId
);
id!(
    /// A session.
    SessionId
);
id!(
    /// A personal access token.
    AccessTokenId
);
id!(
    /// A self-service flow.
    FlowId
);
id!(
    /// A verifiable or recovery address.
    AddressId
);
id!(
    /// A one-time code or link.
    CodeId
);
id!(
    /// A device seen with a session.
    DeviceId
);
id!(
    /// A stored self-service error.
    ErrorId
);
id!(
    /// A message of the courier.
    MessageId
);
id!(
    /// An attempt to send a message.
    DispatchId
);
