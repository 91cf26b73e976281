//! The session cookie of a session that lasts longer than its cookie says (flows 4.2, 4.6).

use cookie::Cookie;

use super::{Failure, Flows, Visit};
use crate::store::{Change, Commit};

impl Flows {
    /// The cookie to send again, when the session was extended since it was last sent.
    ///
    /// # Errors
    /// When it cannot be noted that it was sent.
    pub async fn cookie_again(&self, visit: &Visit) -> Result<Option<Cookie<'static>>, Failure> {
        let inner = &self.0;
        let session = visit
            .session()
            .filter(|session| session.outlasts_its_cookie());
        let token = visit.cookie_token(inner.sessions.cookie_name());
        let (Some(session), Some(token)) = (session, token) else {
            return Ok(None);
        };
        let note = Change::NoteCookie {
            id: session.id,
            until: session.expires_at,
        };
        inner.db.commit(Commit::of(note)).await?;
        Ok(Some(inner.sessions.cookie(&token, session, visit.now)))
    }
}
