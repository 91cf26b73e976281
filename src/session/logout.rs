//! What is derived from a session and a secret: log-out tokens, which need not be stored and nobody else can make (flows 4.8), and
//! the name of a session in logs.

use super::Sessions;
use crate::{
    crypto::{
        Digest, Secret, mac, same,
        token::{TokenKind, derived},
    },
    model::Session,
};

impl Sessions {
    /// The token that proves that a log-out link was made for this session.
    #[must_use]
    pub fn logout_token(&self, session: &Session) -> String {
        logout_token(self.writing_secret(), session)
    }

    /// Whether `token` was made for this session, with any of the secrets that are read.
    #[must_use]
    pub fn is_logout_token(&self, session: &Session, token: &str) -> bool {
        // All are tried, so that the time tells nothing about which one fits.
        self.0.settings.secrets.iter().fold(false, |found, secret| {
            found | same(logout_token(secret, session).as_bytes(), token.as_bytes())
        })
    }

    pub(super) fn log_id(&self, session: &Session) -> String {
        let mut text = keyed(self.writing_secret(), b"log", session).hex();
        text.truncate(LOG_ID);
        text
    }

    fn writing_secret(&self) -> &Secret<Vec<u8>> {
        let secrets = &self.0.settings.secrets;
        secrets.first().expect("there is at least one secret")
    }
}

fn logout_token(secret: &Secret<Vec<u8>>, session: &Session) -> String {
    derived(TokenKind::Logout, &keyed(secret, b"logout", session))
}

/// The purpose keeps the two apart: a name in a log must not be half of a token.
fn keyed(secret: &Secret<Vec<u8>>, purpose: &[u8], session: &Session) -> Digest {
    let message = [purpose, b"\0", session.id.0.as_bytes()].concat();
    mac(secret.expose(), &message)
}

const LOG_ID: usize = 16;
