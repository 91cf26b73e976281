//! Log-out tokens: derived from the session and a secret, so that nothing needs to be stored and nobody else can make one (flows 4.8).

use super::Sessions;
use crate::{
    crypto::{
        Secret, mac, same,
        token::{TokenKind, derived},
    },
    model::Session,
};

impl Sessions {
    /// The token that proves that a log-out link was made for this session.
    #[must_use]
    pub fn logout_token(&self, session: &Session) -> String {
        self.0
            .settings
            .secrets
            .first()
            .map(|secret| logout_token(secret, session))
            .expect("there is at least one secret")
    }

    /// Whether `token` was made for this session, with any of the secrets that are read.
    #[must_use]
    pub fn is_logout_token(&self, session: &Session, token: &str) -> bool {
        // All are tried, so that the time tells nothing about which one fits.
        self.0.settings.secrets.iter().fold(false, |found, secret| {
            found | same(logout_token(secret, session).as_bytes(), token.as_bytes())
        })
    }
}

fn logout_token(secret: &Secret<Vec<u8>>, session: &Session) -> String {
    let mut message = b"logout\0".to_vec();
    message.extend_from_slice(session.id.0.as_bytes());
    derived(TokenKind::Logout, &mac(secret.expose(), &message))
}
