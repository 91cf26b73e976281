//! Personal access tokens: made and taken back by their owner, or by an operator (gateway 7, `pat`).

use std::time::Duration;

use super::{Identities, IdentityError};
use crate::{
    clock::Timestamp,
    crypto::{
        Digest, Secret,
        token::{self, TokenKind},
    },
    model::{Aal, AccessToken, AccessTokenId, IdentityId, Reach},
    store::{AccessTokenChange, Change, Commit, Constraint, Database, StoreError},
};

/// What somebody wants a token for.
#[derive(Clone, Debug, Default)]
pub struct NewAccessToken {
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub reach: Reach,
    /// How long it works; ninety days when nothing is said.
    pub lifetime: Option<Duration>,
}

/// A token that was just made. Its text is shown this once.
pub struct IssuedAccessToken {
    /// The record.
    pub access: AccessToken,
    /// The token.
    pub token: Secret<String>,
}

impl Identities {
    /// Makes a token for an identity, without a session behind it: its level is the first.
    ///
    /// # Errors
    /// As for [`issue_access_token`], and [`IdentityError::NotFound`].
    pub async fn issue_access_token(
        &self,
        owner: IdentityId,
        wanted: NewAccessToken,
    ) -> Result<IssuedAccessToken, IdentityError> {
        let owner = (owner, Aal::Aal1);
        issue_access_token(&self.db, owner, wanted, self.clock.now()).await
    }

    /// All tokens of an identity, newest first.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or the store's.
    pub async fn list_access_tokens(
        &self,
        owner: IdentityId,
    ) -> Result<Vec<AccessToken>, IdentityError> {
        self.load(owner).await?;
        Ok(self.db.list_access_tokens(owner).await?)
    }

    /// Takes a token back, whosever it is.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or the store's.
    pub async fn revoke_access_token(&self, id: AccessTokenId) -> Result<(), IdentityError> {
        let commit = Commit::of(Change::AccessToken(AccessTokenChange::Delete(id)));
        self.db.commit(commit).await?;
        Ok(())
    }
}

/// Makes a token for `owner` and the level of the session that asks.
///
/// # Errors
/// [`IdentityError::Refused`] with a sentence when what is wanted cannot be had, or the store's.
pub async fn issue_access_token(
    db: &Database,
    (owner, aal): (IdentityId, Aal),
    wanted: NewAccessToken,
    now: Timestamp,
) -> Result<IssuedAccessToken, IdentityError> {
    let name = wanted.name.trim();
    if let Some(reason) = flaw(name, &wanted) {
        return Err(IdentityError::Refused(reason.to_owned()));
    }
    let token = token::fresh(TokenKind::Access);
    let access = AccessToken {
        id: AccessTokenId::random(),
        identity_id: owner,
        hint: token.expose().chars().take(HINT).collect(),
        name: name.to_owned(),
        reach: wanted.reach,
        aal,
        created_at: now,
        expires_at: now.plus(wanted.lifetime.unwrap_or(USUAL)),
        last_used_at: None,
    };
    let change = Change::AccessToken(AccessTokenChange::Insert {
        access: Box::new(access.clone()),
        token: Digest::of(token.expose().as_bytes()),
        most: MOST,
    });
    match db.commit(Commit::of(change)).await {
        Ok(_) => Ok(IssuedAccessToken { access, token }),
        Err(StoreError::Conflict(Constraint::Exhausted)) => Err(IdentityError::Refused(format!(
            "There are {MOST} access tokens already. Take one back that is no longer needed."
        ))),
        Err(error) => Err(error.into()),
    }
}

/// Takes a token back for its owner. One that is not theirs is as good as gone: whether it exists stays untold (security 7.14).
///
/// # Errors
/// [`IdentityError::NotFound`], or the store's.
pub async fn revoke_own_access_token(
    db: &Database,
    owner: IdentityId,
    id: AccessTokenId,
) -> Result<(), IdentityError> {
    let found = db.find_access_token(id).await?;
    if found.is_none_or(|access| access.identity_id != owner) {
        return Err(IdentityError::NotFound(None));
    }
    db.commit(Commit::of(Change::AccessToken(AccessTokenChange::Delete(
        id,
    ))))
    .await?;
    Ok(())
}

/// What is wrong with what is wanted.
fn flaw(name: &str, wanted: &NewAccessToken) -> Option<&'static str> {
    let is_word = |word: &String| {
        let printable = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        (1..=LONGEST_WORD).contains(&word.len()) && word.bytes().all(printable)
    };
    let Reach {
        scopes,
        routes,
        networks,
        ..
    } = &wanted.reach;
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
    {
        return Some("A token needs a name of 1 to 100 characters, such as the program it is for.");
    }
    if scopes.len() > LONGEST_LIST || routes.len() > LONGEST_LIST || networks.len() > LONGEST_LIST {
        return Some("Each list of a token has at most 50 entries.");
    }
    if !scopes.iter().all(is_word) {
        return Some("A scope has 1 to 100 printable ASCII characters, no blanks, no quotes.");
    }
    if !routes.iter().all(is_word) {
        return Some("A route is named by its id.");
    }
    match wanted.lifetime {
        Some(lifetime) if lifetime < SHORTEST => Some("A token lasts a minute at least."),
        Some(lifetime) if lifetime > LONGEST => Some("A token lasts a year at most."),
        _ => None,
    }
}

/// How much of a token its owner sees later.
const HINT: usize = 12;
const USUAL: Duration = Duration::from_secs(90 * 24 * 3600);
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
/// Working tokens of an identity (security 17).
const MOST: usize = 50;
const LONGEST_NAME: usize = 100;
const LONGEST_WORD: usize = 100;
const LONGEST_LIST: usize = 50;
