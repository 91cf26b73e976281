//! Lists: pages and filters.

use vestibule::{
    model::{Credential, CredentialType, Identity, IdentityId, PageRequest, Session, SessionId},
    store::{Change, IdentityFilter, SessionFilter, Store},
};

use super::records::*;

pub(super) async fn identities_come_in_pages_by_id(store: &dyn Store) {
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(somebody(store).await.id);
    }
    ids.sort_unstable();

    let (mut seen, mut after) = (Vec::new(), None);
    for (size, more) in [(3, true), (3, true), (3, false)] {
        let page = PageRequest { after, size };
        let page = store
            .list_identities(&IdentityFilter::default(), page)
            .await;
        let page = page.expect("it answers");
        assert_eq!(page.more, more);
        after = page.items.last().map(|last| last.id);
        seen.extend(page.items.into_iter().map(|one| one.id));
    }
    assert_eq!(seen, ids);
    assert_eq!(store.count_identities().await.expect("it answers"), 7);
}

pub(super) async fn identities_are_listed_by_ids(store: &dyn Store) {
    let (anna, bert) = (somebody(store).await, somebody(store).await);
    somebody(store).await;
    let mut wanted = vec![anna.id, bert.id];
    let filter = IdentityFilter {
        ids: Some(vec![bert.id, IdentityId::random(), anna.id, bert.id]),
        ..IdentityFilter::default()
    };
    wanted.sort_unstable();
    assert_eq!(listed(store, &filter).await, wanted);

    let first = PageRequest {
        after: None,
        size: 1,
    };
    let page = store
        .list_identities(&filter, first)
        .await
        .expect("it answers");
    assert_eq!((page.items[0].id, page.more), (wanted[0], true));
    let second = PageRequest {
        after: Some(wanted[0]),
        size: 1,
    };
    let page = store
        .list_identities(&filter, second)
        .await
        .expect("it answers");
    assert_eq!((page.items[0].id, page.more), (wanted[1], false));
}

pub(super) async fn identities_are_listed_by_identifier(store: &dyn Store) {
    let anna = with_credential(store, CredentialType::Password, "anna").await;
    let also_anna = with_credential(store, CredentialType::Code, "anna").await;
    let google = with_credential(store, CredentialType::Oidc, "google:Anna").await;
    let by = |normalised: &str, raw: &str| IdentityFilter {
        identifier: Some((normalised.to_owned(), raw.to_owned())),
        ..IdentityFilter::default()
    };

    let mut both = vec![anna.id, also_anna.id];
    both.sort_unstable();
    assert_eq!(listed(store, &by("anna", "ANNA")).await, both);
    assert_eq!(
        listed(store, &by("google:anna", "google:Anna")).await,
        [google.id]
    );
    assert_eq!(listed(store, &by("ann", "ann")).await, []);
    // What a provider calls a person is never normalised.
    let lower = with_credential(store, CredentialType::Oidc, "google:anna").await;
    assert_eq!(listed(store, &by("google:anna", "GOOGLE:anna")).await, []);
    assert_eq!(
        listed(store, &by("google:anna", "google:anna")).await,
        [lower.id]
    );
}

pub(super) async fn identities_are_listed_by_the_start_of_an_identifier(store: &dyn Store) {
    let mut wanted = Vec::new();
    for name in ["an%", "anna", "an\u{1F600}"] {
        wanted.push(
            with_credential(store, CredentialType::Password, name)
                .await
                .id,
        );
    }
    for name in ["am", "ao", "a", "Anna"] {
        with_credential(store, CredentialType::Password, name).await;
    }
    wanted.sort_unstable();
    let starting = |prefix: &str| IdentityFilter {
        identifier_prefix: Some(prefix.to_owned()),
        ..IdentityFilter::default()
    };
    assert_eq!(listed(store, &starting("an")).await, wanted);
    assert_eq!(listed(store, &starting("an_")).await, [], "no wildcards");
}

pub(super) async fn a_listed_identity_has_its_credentials(store: &dyn Store) {
    let anna = identity("anna@example.org");
    commit(store, insert(&anna)).await;
    let everybody = PageRequest {
        after: None,
        size: 10,
    };
    let page = store
        .list_identities(&IdentityFilter::default(), everybody)
        .await;
    assert_eq!(page.expect("it answers").items, [anna]);
}

pub(super) async fn sessions_come_in_pages_newest_first(store: &dyn Store) {
    let anna = somebody(store).await;
    let mut all = Vec::new();
    for number in 0..7_u32 {
        // Several of one moment.
        let issued_at = NOW.minus(HOUR * (number / 3));
        let session = Session {
            issued_at,
            ..session(&anna)
        };
        commit(store, begin(&session)).await;
        all.push(session);
    }
    all.sort_by_key(|one| (std::cmp::Reverse(one.issued_at), one.id));

    for owner in [None, Some(anna.id)] {
        let filter = SessionFilter {
            identity_id: owner,
            ..SessionFilter::default()
        };
        let (mut seen, mut after) = (Vec::new(), None);
        for (size, more) in [(2, true), (2, true), (2, true), (2, false)] {
            let page = PageRequest { after, size };
            let page = store
                .list_sessions(&filter, page)
                .await
                .expect("it answers");
            assert_eq!(page.more, more);
            after = page.items.last().map(|(last, _)| (last.issued_at, last.id));
            assert!(page.items.iter().all(|(_, owner)| owner.id == anna.id));
            seen.extend(page.items.into_iter().map(|(session, _)| session));
        }
        assert_eq!(seen, all);
    }
}

pub(super) async fn sessions_are_filtered_by_owner_state_and_exception(store: &dyn Store) {
    let (anna, bert) = (somebody(store).await, somebody(store).await);
    let live = signed_in(store, &anna).await;
    let of_bert = signed_in(store, &bert).await;
    let revoked = signed_in(store, &anna).await;
    commit(store, Change::RevokeSession(revoked.id)).await;
    let expired = Session {
        expires_at: NOW,
        ..session(&anna)
    };
    commit(store, begin(&expired)).await;

    let of = |owner: &Identity, active| SessionFilter {
        identity_id: Some(owner.id),
        active,
        except: None,
    };
    let cases = [
        (
            SessionFilter::default(),
            vec![live.id, of_bert.id, revoked.id, expired.id],
        ),
        (of(&anna, None), vec![live.id, revoked.id, expired.id]),
        (of(&anna, Some((true, NOW))), vec![live.id]),
        (of(&anna, Some((false, NOW))), vec![revoked.id, expired.id]),
        (of(&bert, Some((false, NOW))), vec![]),
        (
            SessionFilter {
                active: Some((true, NOW)),
                ..SessionFilter::default()
            },
            vec![live.id, of_bert.id],
        ),
        (
            SessionFilter {
                except: Some(live.id),
                ..of(&anna, Some((true, NOW)))
            },
            vec![],
        ),
    ];
    for (filter, mut wanted) in cases {
        wanted.sort_unstable();
        assert_eq!(found(store, &filter).await, wanted, "{filter:?}");
        let count = store.count_sessions(&filter).await.expect("it answers");
        assert_eq!(count, wanted.len() as u64, "{filter:?}");
    }
}

async fn with_credential(store: &dyn Store, kind: CredentialType, identifier: &str) -> Identity {
    let mut identity = bare_identity();
    let credential = Credential {
        kind,
        ..password(&[identifier])
    };
    identity.credentials.insert(kind, credential);
    commit(store, insert(&identity)).await;
    identity
}

async fn listed(store: &dyn Store, filter: &IdentityFilter) -> Vec<IdentityId> {
    let all = PageRequest {
        after: None,
        size: 100,
    };
    let page = store
        .list_identities(filter, all)
        .await
        .expect("it answers");
    assert!(!page.more);
    page.items.into_iter().map(|one| one.id).collect()
}

async fn found(store: &dyn Store, filter: &SessionFilter) -> Vec<SessionId> {
    let all = PageRequest {
        after: None,
        size: 100,
    };
    let page = store.list_sessions(filter, all).await.expect("it answers");
    let mut ids: Vec<_> = page.items.into_iter().map(|(one, _)| one.id).collect();
    ids.sort_unstable();
    ids
}
