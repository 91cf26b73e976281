//! Personal access tokens as both APIs take and show them (gateway 7, `pat`).

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    clock::Timestamp,
    config,
    identity::{IssuedAccessToken, NewAccessToken},
    model::{AccessToken, Reach},
};

/// Body of a request for a token.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessTokenBody {
    name: String,
    scopes: Vec<String>,
    routes: Vec<String>,
    read_only: bool,
    networks: Vec<String>,
    expires_in: Option<String>,
}

impl AccessTokenBody {
    /// What the service is to make.
    ///
    /// # Errors
    /// A sentence that says what cannot be read.
    pub fn meaning(self) -> Result<NewAccessToken, String> {
        let lifetime = self.expires_in.as_deref().map(config::duration).transpose();
        let lifetime = lifetime.map_err(|flaw| format!("expires_in: {flaw}"))?;
        let networks = self.networks.iter().map(|text| config::network(text));
        let networks = networks
            .collect::<Result<_, _>>()
            .map_err(|flaw| format!("networks: {flaw}"))?;
        Ok(NewAccessToken {
            name: self.name,
            reach: Reach {
                scopes: self.scopes,
                routes: self.routes,
                read_only: self.read_only,
                networks,
            },
            lifetime,
        })
    }
}

/// A token without its text.
#[must_use]
pub fn access_token(access: &AccessToken, now: Timestamp) -> Value {
    let Reach {
        scopes,
        routes,
        read_only,
        networks,
    } = &access.reach;
    json!({
        "id": access.id,
        "name": access.name,
        "hint": access.hint,
        "active": access.expires_at > now,
        "scopes": scopes,
        "routes": routes,
        "read_only": read_only,
        "networks": networks,
        "authenticator_assurance_level": access.aal,
        "created_at": access.created_at,
        "expires_at": access.expires_at,
        "last_used_at": access.last_used_at,
    })
}

/// A token that was just made, with its text.
#[must_use]
pub fn issued_access_token(issued: &IssuedAccessToken, now: Timestamp) -> Value {
    let mut shown = access_token(&issued.access, now);
    if let Some(members) = shown.as_object_mut() {
        members.insert("token".to_owned(), issued.token.expose().as_str().into());
    }
    shown
}
