//! What the cache may answer, and when it must ask again.

use super::*;

#[tokio::test]
async fn a_known_session_is_answered_from_memory() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    assert!(world.is_signed_in(&issued.token).await);
    assert!(world.is_signed_in(&issued.token).await);
    assert_eq!(world.store.loads(), 1);
    assert!(matches!(
        world.sessions.lookup(&issued.token.digest(), world.now()),
        Lookup::Hit(_)
    ));
}

#[tokio::test]
async fn a_made_up_token_is_asked_for_once() {
    let world = World::new();
    let token = SessionToken::generate();
    assert!(!world.is_signed_in(&token).await);
    assert!(!world.is_signed_in(&token).await);
    assert_eq!(world.store.loads(), 1);
}

#[tokio::test]
async fn a_new_session_makes_all_negative_answers_worthless() {
    let world = World::new();
    let token = SessionToken::generate();
    assert!(!world.is_signed_in(&token).await);
    world.sign_in(&person()).await;
    assert!(matches!(
        world.sessions.lookup(&token.digest(), world.now()),
        Lookup::Unknown
    ));
}

#[tokio::test]
async fn a_thousand_requests_at_once_read_the_store_once() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    world.store.before_read.close();
    let digest = issued.token.digest();
    let requests = (0..1000).map(|_| world.sessions.load(&digest));
    let all = futures_util::future::join_all(requests);
    let release = async {
        world.store.before_read.arrival().await;
        world.store.before_read.open();
    };
    let (answers, ()) = tokio::join!(all, release);
    assert!(
        answers
            .into_iter()
            .all(|answer| answer.is_ok_and(|found| found.is_some()))
    );
    assert_eq!(world.store.loads(), 1);
}

#[tokio::test]
async fn waiters_get_the_answer_when_the_first_one_has_gone_away() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    let digest = issued.token.digest();
    world.store.before_read.close();
    let mut first = Box::pin(world.sessions.load(&digest));
    assert!(futures_util::poll!(&mut first).is_pending());
    let mut second = Box::pin(world.sessions.load(&digest));
    assert!(futures_util::poll!(&mut second).is_pending());
    world.store.before_read.arrival().await;
    drop(first);
    world.store.before_read.open();
    assert!(second.await.is_ok_and(|found| found.is_some()));
    assert_eq!(world.store.loads(), 1);
}

#[tokio::test]
async fn a_failed_read_is_told_to_all_and_not_remembered() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    let digest = issued.token.digest();
    world
        .store
        .broken
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let (one, other) = tokio::join!(world.sessions.load(&digest), world.sessions.load(&digest));
    assert!(one.is_err() && other.is_err());
    assert_eq!(world.store.loads(), 1);
    world
        .store
        .broken
        .store(false, std::sync::atomic::Ordering::SeqCst);
    assert!(world.is_signed_in(&issued.token).await);
}

#[tokio::test]
async fn a_session_ends_when_it_ends_whatever_the_cache_holds() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    assert!(world.is_signed_in(&issued.token).await);
    world
        .clock
        .advance(Duration::from_secs(24 * 3600) - Duration::from_micros(1));
    assert!(world.is_signed_in(&issued.token).await);
    world.clock.advance(Duration::from_micros(1));
    assert!(!world.is_signed_in(&issued.token).await);
}

#[tokio::test]
async fn a_revoked_session_is_refused_from_the_commit_on() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    assert!(world.is_signed_in(&issued.token).await);
    world.commit(Change::RevokeSession(issued.session.id)).await;
    assert!(!world.is_signed_in(&issued.token).await);
}

#[tokio::test]
async fn sessions_end_with_their_identitys_deactivation_and_come_back_with_it() {
    let world = World::new();
    let mut anna = person();
    let (phone, desk) = (world.sign_in(&anna).await, world.sign_in(&anna).await);
    assert!(world.is_signed_in(&phone.token).await && world.is_signed_in(&desk.token).await);
    anna.state = IdentityState::Inactive;
    world
        .commit(Change::UpdateIdentity(Box::new(anna.clone())))
        .await;
    assert!(!world.is_signed_in(&phone.token).await && !world.is_signed_in(&desk.token).await);
    anna.state = IdentityState::Active;
    world
        .commit(Change::UpdateIdentity(Box::new(anna.clone())))
        .await;
    assert!(world.is_signed_in(&phone.token).await && world.is_signed_in(&desk.token).await);
    world.commit(Change::DeleteIdentity(anna.id)).await;
    assert!(!world.is_signed_in(&phone.token).await && !world.is_signed_in(&desk.token).await);
}

#[tokio::test]
async fn a_change_of_one_identity_leaves_others_in_memory() {
    let world = World::new();
    let (anna, bert) = (person(), person());
    let (of_anna, of_bert) = (world.sign_in(&anna).await, world.sign_in(&bert).await);
    assert!(world.is_signed_in(&of_anna.token).await && world.is_signed_in(&of_bert.token).await);
    world.commit(Change::UpdateIdentity(Box::new(anna))).await;
    let now = world.now();
    assert!(matches!(
        world.sessions.lookup(&of_anna.token.digest(), now),
        Lookup::Unknown
    ));
    assert!(matches!(
        world.sessions.lookup(&of_bert.token.digest(), now),
        Lookup::Hit(_)
    ));
}

/// A read is on its way, at `gate`, when the session is revoked. Neither it nor anything later brings the session back.
async fn revoked_while_a_read_stands_at(gate: impl Fn(&FakeStore) -> &fake::Gate) {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    let digest = issued.token.digest();
    gate(&world.store).close();
    let mut early = Box::pin(world.sessions.load(&digest));
    assert!(futures_util::poll!(&mut early).is_pending());
    gate(&world.store).arrival().await;
    world.commit(Change::RevokeSession(issued.session.id)).await;
    // A request that comes after the commit meets the old read on its way.
    let mut late = Box::pin(world.sessions.load(&digest));
    assert!(futures_util::poll!(&mut late).is_pending());
    gate(&world.store).open();
    let _ = early.await.expect("the store answers");
    assert!(late.await.expect("the store answers").is_none());
    assert!(!world.is_signed_in(&issued.token).await);
}

#[tokio::test]
async fn a_read_that_stood_before_the_row_when_it_was_revoked_is_harmless() {
    revoked_while_a_read_stands_at(|store| &store.before_read).await;
}

#[tokio::test]
async fn a_read_that_had_the_row_when_it_was_revoked_is_harmless() {
    revoked_while_a_read_stands_at(|store| &store.after_read).await;
}

#[tokio::test]
async fn a_read_that_missed_a_session_by_a_moment_does_not_hide_it() {
    let world = World::new();
    let anna = person();
    world
        .commit(Change::InsertIdentity(Box::new(anna.clone())))
        .await;
    let issued = world.sessions.issue(
        &anna,
        password(world.now()),
        laptop(),
        SessionToken::for_cookie(),
        world.now(),
    );
    let digest = issued.token.digest();
    world.store.after_read.close();
    let mut early = Box::pin(world.sessions.load(&digest));
    assert!(futures_util::poll!(&mut early).is_pending());
    world.store.after_read.arrival().await;
    world.commit(issued.change.clone()).await;
    world.store.after_read.open();
    assert!(early.await.expect("the store answers").is_none());
    assert!(world.is_signed_in(&issued.token).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::disallowed_methods,
    reason = "the requests must run on other threads"
)]
async fn no_request_after_a_revocation_passes_however_many_ask_meanwhile() {
    for _ in 0..200 {
        let world = Arc::new(World::new());
        let issued = world.sign_in(&person()).await;
        let digest = issued.token.digest();
        let asking: Vec<_> = (0..4)
            .map(|_| {
                let world = world.clone();
                tokio::task::spawn(async move {
                    for _ in 0..8 {
                        let _ = world.sessions.load(&digest).await;
                    }
                })
            })
            .collect();
        world.commit(Change::RevokeSession(issued.session.id)).await;
        assert!(!world.is_signed_in(&issued.token).await);
        for task in asking {
            task.await.expect("asking does not panic");
            assert!(!world.is_signed_in(&issued.token).await);
        }
    }
}
