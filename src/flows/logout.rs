//! Signing out, of a browser (flows 4.8) and of a native program (flows 4.7).

use cookie::Cookie;

use super::{Failure, Flows, Visit, begin::nobody_signed_in};
use crate::{
    crypto::{TokenKind, token},
    session::Snapshot,
    store::{Change, Commit, Constraint, StoreError},
    telemetry::Outcome,
    web::{ApiError, csrf, return_to},
};

/// A browser that is signed out.
pub struct LoggedOut {
    /// Where it goes.
    pub to: Result<String, Box<ApiError>>,
    /// What it forgets and what it gets.
    pub cookies: Vec<Cookie<'static>>,
    /// It is asked to forget everything else too.
    pub clear_browser_data: bool,
}

impl Flows {
    /// The link that signs this browser out, and the token in it.
    ///
    /// # Errors
    /// When nobody is signed in or `return_to` leads elsewhere.
    pub fn logout_link(&self, visit: &Visit) -> Result<(String, String), Failure> {
        let Some(session) = visit.session() else {
            return Err(nobody_signed_in().into());
        };
        self.0.return_to(visit)?;
        let token = self.0.sessions.logout_token(session);
        let mut query = vec![("token", token.as_str())];
        query.extend(return_to::sent(visit.parameter("return_to")).map(|to| ("return_to", to)));
        Ok((self.0.links.logout(&query), token))
    }

    /// Signs the browser out, if the link was made for its session. The token is the protection against forged links.
    ///
    /// # Errors
    /// When the token is missing or another session's, or nobody is signed in.
    pub async fn log_out(&self, visit: &Visit) -> Result<LoggedOut, Failure> {
        let Some(token) = visit.parameter("token") else {
            return Err(ApiError::bad_request("The link to sign out lacks its token.").into());
        };
        let Some(snapshot) = visit.snapshot() else {
            return Err(nobody_signed_in().into());
        };
        if !self.0.sessions.is_logout_token(&snapshot.session, token) {
            return Err(ApiError::forbidden(
                "This link was made for another session. Please sign out from the page you are on.",
            )
            .into());
        }
        self.end_session(snapshot, visit).await
    }

    /// Ends a session for a caller that has checked the request's origin by other means.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn end_session(
        &self,
        snapshot: &Snapshot,
        visit: &Visit,
    ) -> Result<LoggedOut, Failure> {
        let inner = &self.0;
        inner.revoke(snapshot).await?;
        let who = Some(snapshot.identity.id);
        inner.record("logout", Outcome::Success, who, visit, &[]);
        let flows = &inner.config.selfservice;
        let default = flows.logout_return_url.as_ref();
        let default = default.unwrap_or(&flows.default_browser_return_url);
        let to = match inner.return_to_or(visit, default) {
            Ok(url) => Ok(url.into()),
            Err(Failure::Refused(error)) => Err(error),
            Err(other) => return Err(other),
        };
        let mut cookies = inner.sessions.removal_cookies();
        // Clients of this API have always been sent a value along with the order to forget it.
        for cookie in &mut cookies {
            cookie.set_value("deleted");
        }
        cookies.push(inner.csrf.cookie(&csrf::Secret::random()));
        Ok(LoggedOut {
            to,
            cookies,
            clear_browser_data: flows.clear_browser_data
                && visit.client.scheme == crate::web::client::Scheme::Https,
        })
    }

    /// Signs a native program out by its token.
    ///
    /// # Errors
    /// When the token is of no session.
    pub async fn log_out_native(&self, token: &str, visit: &Visit) -> Result<(), Failure> {
        let unknown = || ApiError::forbidden("The session token is of no session.");
        let Some(digest) = token::presented(TokenKind::Session, token.as_bytes()) else {
            return Err(unknown().into());
        };
        // Asked of the store, not the cache: an ended session is fine, an unknown one is not.
        let Some((session, _)) = self.0.db.find_session_by_token(digest).await? else {
            return Err(unknown().into());
        };
        self.0
            .db
            .commit(Commit::of(Change::RevokeSession(session.id)))
            .await?;
        let who = Some(session.identity_id);
        self.0.record("logout", Outcome::Success, who, visit, &[]);
        Ok(())
    }
}

impl super::Inner {
    async fn revoke(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        let change = Change::RevokeSession(snapshot.session.id);
        match self.db.commit(Commit::of(change)).await {
            // Somebody else ended it meanwhile; the wish is fulfilled.
            Ok(_) | Err(StoreError::Conflict(Constraint::Missing)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
