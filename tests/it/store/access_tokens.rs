//! Personal access tokens.

use std::time::Duration;

use vestibule::{
    crypto::Digest,
    model::{Aal, AccessToken, AccessTokenId, Identity, Reach},
    store::{AccessTokenChange, Change, Constraint, Store},
};

use super::records::*;

fn access(owner: &Identity, name: &str) -> AccessToken {
    AccessToken {
        id: AccessTokenId::random(),
        identity_id: owner.id,
        hint: "vst_pat_0123".to_owned(),
        name: name.to_owned(),
        reach: Reach {
            scopes: vec!["repo:read".to_owned()],
            routes: vec!["git".to_owned()],
            read_only: true,
            networks: vec!["192.0.2.0/24".parse().expect("a network")],
        },
        aal: Aal::Aal2,
        created_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(3600)),
        last_used_at: None,
    }
}

fn made(access: &AccessToken, most: usize) -> Change {
    Change::AccessToken(AccessTokenChange::Insert {
        access: Box::new(access.clone()),
        token: digest(access),
        most,
    })
}

fn digest(access: &AccessToken) -> Digest {
    Digest::of(access.id.to_string().as_bytes())
}

async fn of(store: &dyn Store, owner: &Identity) -> Vec<AccessToken> {
    store
        .list_access_tokens(owner.id)
        .await
        .expect("it answers")
}

pub(super) async fn an_access_token_is_found_with_its_owner_and_goes_with_them(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let token = access(&anna, "CI");
    let touched = commit(store, made(&token, 5)).await;
    assert!(
        touched.created_sessions,
        "an absence that was kept is wrong now"
    );
    let found = store.find_access_token_by_digest(digest(&token)).await;
    let (found, owner) = found.expect("it answers").expect("it is there");
    assert_eq!((&found, owner.id), (&token, anna.id));
    assert!(!owner.credentials.is_empty(), "its names are needed");
    assert_eq!(of(store, &anna).await, std::slice::from_ref(&token));
    let found = store.find_access_token(token.id).await.expect("it answers");
    assert_eq!(found, Some(token.clone()));
    commit(store, Change::DeleteIdentity(anna.id)).await;
    let gone = store.find_access_token_by_digest(digest(&token)).await;
    assert!(gone.expect("it answers").is_none());
    assert_eq!(conflict(store, made(&token, 5)).await, Constraint::Missing);
}

pub(super) async fn a_token_that_is_taken_back_is_told_to_caches(store: &dyn Store) {
    let anna = somebody(store).await;
    let token = access(&anna, "CI");
    commit(store, made(&token, 5)).await;
    let touched = commit(
        store,
        Change::AccessToken(AccessTokenChange::Delete(token.id)),
    )
    .await;
    assert_eq!(touched.sessions, [token.id.into()]);
    assert_eq!(of(store, &anna).await, []);
    let again = Change::AccessToken(AccessTokenChange::Delete(token.id));
    assert_eq!(conflict(store, again).await, Constraint::Missing);
}

pub(super) async fn there_are_only_so_many_working_tokens(store: &dyn Store) {
    let (anna, ben) = (somebody(store).await, identity("ben@example.org"));
    commit(store, insert(&ben)).await;
    let mut ended = access(&anna, "ended");
    ended.expires_at = NOW.minus(Duration::from_secs(1));
    for token in [&ended, &access(&anna, "one"), &access(&anna, "two")] {
        commit(store, made(token, 2)).await;
    }
    let third = made(&access(&anna, "three"), 2);
    assert_eq!(conflict(store, third).await, Constraint::Exhausted);
    commit(store, made(&access(&ben, "one"), 2)).await;
    assert_eq!(of(store, &anna).await.len(), 3);
}

pub(super) async fn the_latest_use_is_noted_and_touches_nothing(store: &dyn Store) {
    let anna = somebody(store).await;
    let token = access(&anna, "CI");
    commit(store, made(&token, 5)).await;
    let (id, late) = (token.id, NOW.plus(Duration::from_secs(60)));
    for at in [late, NOW] {
        let touched = commit(
            store,
            Change::AccessToken(AccessTokenChange::NoteUse { id, at }),
        )
        .await;
        assert_eq!(touched, vestibule::store::Touched::default());
    }
    assert_eq!(of(store, &anna).await[0].last_used_at, Some(late));
}

pub(super) async fn tokens_that_ended_go_after_a_month(store: &dyn Store) {
    let anna = somebody(store).await;
    let token = access(&anna, "CI");
    commit(store, made(&token, 5)).await;
    let month = Duration::from_secs(30 * 24 * 3600);
    let purge = |before| store.purge(before, 10);
    assert_eq!(purge(token.expires_at.plus(month)).await.ok(), Some(0));
    let later = token.expires_at.plus(month).plus(Duration::from_secs(1));
    assert_eq!(purge(later).await.ok(), Some(1));
    assert_eq!(of(store, &anna).await, []);
}
