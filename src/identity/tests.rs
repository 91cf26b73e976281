use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::{
    clock::{FixedClock, Timestamp},
    config::{Hashers, IdentitySettings, SchemaSource, Storage},
    model::{AddressStatus, CredentialType, IdentityState},
};
