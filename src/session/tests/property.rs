//! Whatever happens in whatever order: memory never says anything else than the store.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Ask,
    Revoke,
    Extend(u32),
    Deactivate,
    Activate,
    Renew,
    Advance(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Ask),
        1 => Just(Step::Revoke),
        1 => (0_u32..200_000).prop_map(Step::Extend),
        1 => Just(Step::Deactivate),
        1 => Just(Step::Activate),
        1 => Just(Step::Renew),
        2 => (0_u32..100_000).prop_map(Step::Advance),
    ];
    proptest::collection::vec(step, 1..40)
}

async fn no_session_outlives_its_record(steps: Vec<Step>) {
    let world = World::new();
    let mut anna = person();
    let issued = world.sign_in(&anna).await;
    let (id, mut digest) = (issued.session.id, issued.token.digest());
    let mut old = Vec::new();
    for step in steps {
        match step {
            Step::Ask => {}
            Step::Revoke => world.commit(Change::RevokeSession(id)).await,
            Step::Extend(seconds) => {
                let expires_at = world.now().plus(Duration::from_secs(u64::from(seconds)));
                world.commit(Change::ExtendSession { id, expires_at }).await;
            }
            Step::Deactivate | Step::Activate => {
                let inactive = matches!(step, Step::Deactivate);
                anna.state = if inactive {
                    IdentityState::Inactive
                } else {
                    IdentityState::Active
                };
                world
                    .commit(Change::UpdateIdentity(Box::new(anna.clone())))
                    .await;
            }
            Step::Renew => {
                let (session, _) = world.store.row(digest).expect("it is stored");
                let now = world.now();
                let (_, token, change) =
                    world
                        .sessions
                        .renew(&session, password(now), laptop(), NewToken::Issue, now);
                world.commit(change).await;
                old.push(digest);
                digest = token.expect("a new one was asked for").digest();
            }
            Step::Advance(seconds) => world.clock.advance(Duration::from_secs(u64::from(seconds))),
        }
        let (session, identity) = world.store.row(digest).expect("it is stored");
        let stands = session.is_live(world.now()) && identity.is_active();
        let answer = world.resolve(&[digest]).await;
        assert_eq!(matches!(answer, Resolved::One(..)), stands, "{answer:?}");
        if let Resolved::One(snapshot, ..) = answer {
            assert_eq!(snapshot.session, session);
        }
        for digest in &old {
            assert!(!matches!(
                world.resolve(&[*digest]).await,
                Resolved::One(..)
            ));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_cached_session_never_outlives_its_record(steps in steps()) {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime starts")
            .block_on(no_session_outlives_its_record(steps));
    }
}
