//! How sessions begin, go on and are signed out.

use super::*;
use crate::crypto::token::{TokenKind, well_formed};

#[test]
fn a_new_session_lasts_a_lifespan_from_its_first_factor() {
    let world = World::new();
    let anna = person();
    let issued = world.sessions.issue(
        &anna,
        password(world.now()),
        laptop(),
        SessionToken::for_cookie(),
        world.now(),
    );
    let session = &issued.session;
    assert_eq!(
        (session.identity_id, session.aal, session.active),
        (anna.id, Aal::Aal1, true)
    );
    assert_eq!(
        session.expires_at,
        world.now().plus(Duration::from_secs(24 * 3600))
    );
    assert!(
        matches!(&issued.change, Change::InsertSession { session: stored, token }
        if stored == session && *token == issued.token.digest())
    );
}

#[test]
fn a_long_user_agent_is_cut_at_a_whole_character() {
    let agent = "é".repeat(400);
    assert_eq!(
        device(String::new(), &agent, String::new()).user_agent,
        "é".repeat(256)
    );
    let world = World::new();
    let long = Device {
        user_agent: format!("x{agent}"),
        ..laptop()
    };
    let issued = world.sessions.issue(
        &person(),
        password(world.now()),
        long,
        SessionToken::for_cookie(),
        world.now(),
    );
    assert_eq!(issued.session.devices[0].user_agent.len(), 511);
}

#[tokio::test]
async fn a_renewed_browser_session_keeps_its_id_and_loses_its_old_token() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    assert!(world.is_signed_in(&issued.token).await);
    world.clock.advance(Duration::from_secs(3600));
    let now = world.now();
    let (renewed, token, change) = world.sessions.renew(
        &issued.session,
        password(now),
        laptop(),
        NewToken::Issue,
        now,
    );
    world.commit(change).await;
    assert_eq!(
        (renewed.id, renewed.issued_at),
        (issued.session.id, issued.session.issued_at)
    );
    assert_eq!((renewed.authenticated_at, renewed.methods.len()), (now, 2));
    assert_eq!(renewed.expires_at, now.plus(Duration::from_secs(24 * 3600)));
    assert!(!world.is_signed_in(&issued.token).await);
    assert!(
        world
            .is_signed_in(&token.expect("a browser gets a new token"))
            .await
    );
}

#[tokio::test]
async fn a_renewed_native_session_keeps_its_token() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    let now = world.now();
    let (_, token, change) = world.sessions.renew(
        &issued.session,
        password(now),
        laptop(),
        NewToken::Keep,
        now,
    );
    world.commit(change).await;
    assert!(token.is_none());
    assert!(world.is_signed_in(&issued.token).await);
}

#[test]
fn only_a_second_factor_lets_the_old_token_live_on_for_a_moment() {
    let world = World::new();
    let now = world.now();
    let issued = world.sessions.issue(
        &person(),
        password(now),
        laptop(),
        SessionToken::for_cookie(),
        now,
    );
    let second = AuthenticationMethod {
        method: CredentialType::Totp,
        aal: Aal::Aal2,
        ..password(now)
    };
    for (factor, expected) in [
        (password(now), None),
        (second, Some(now.plus(Duration::from_secs(10)))),
    ] {
        let (_, _, change) =
            world
                .sessions
                .renew(&issued.session, factor, laptop(), NewToken::Issue, now);
        let Change::RenewSession { former_until, .. } = change else {
            panic!("a renewal is one")
        };
        assert_eq!(former_until, expected);
    }
}

#[test]
fn a_renewal_records_a_device_only_when_it_is_another() {
    let world = World::new();
    let now = world.now();
    let issued = world.sessions.issue(
        &person(),
        password(now),
        laptop(),
        SessionToken::for_cookie(),
        now,
    );
    let renew = |device| {
        world
            .sessions
            .renew(&issued.session, password(now), device, NewToken::Keep, now)
    };
    assert_eq!(renew(laptop()).0.devices.len(), 1);
    let (renewed, _, change) = renew(Device {
        ip_address: "192.0.2.9".to_owned(),
        ..laptop()
    });
    assert_eq!(renewed.devices.len(), 2);
    assert!(matches!(
        change,
        Change::RenewSession {
            device: Some(_),
            ..
        }
    ));
}

#[test]
fn a_logout_token_is_for_one_session_and_every_secret_that_is_read() {
    let old = World::new();
    let issue = |world: &World| {
        world
            .sessions
            .issue(
                &person(),
                password(world.now()),
                laptop(),
                SessionToken::for_cookie(),
                world.now(),
            )
            .session
    };
    let (session, other) = (issue(&old), issue(&old));
    let token = old.sessions.logout_token(&session);
    assert!(well_formed(TokenKind::Logout, token.as_bytes()));
    let mut rotated = settings();
    rotated
        .secrets
        .insert(0, Secret::new(b"fedcba9876543210".to_vec()));
    let rotated = World::with(rotated);
    for (sessions, of, expected) in [
        (&old.sessions, &session, true),
        (&old.sessions, &other, false),
        (&rotated.sessions, &session, true),
    ] {
        assert_eq!(sessions.is_logout_token(of, &token), expected);
    }
    assert_ne!(rotated.sessions.logout_token(&session), token);
    assert!(
        !old.sessions
            .is_logout_token(&session, &rotated.sessions.logout_token(&session))
    );
    assert!(!old.sessions.is_logout_token(&session, ""));
}

#[tokio::test]
async fn headers_are_rendered_once_and_shared_by_the_sessions_requests() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    let digest = issued.token.digest();
    let first = world
        .sessions
        .load(&digest)
        .await
        .expect("the store answers")
        .expect("signed in");
    first
        .slot(0)
        .expect("there is one slot")
        .get_or_init(|| Arc::new([]));
    assert!(first.slot(1).is_none());
    let Lookup::Hit(second) = world.sessions.lookup(&digest, world.now()) else {
        panic!("it is known")
    };
    assert!(second.slot(0).expect("there is one slot").get().is_some());
}

#[tokio::test]
async fn logs_name_a_session_by_a_keyed_hash_that_is_no_part_of_a_token() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    let found = world
        .sessions
        .load(&issued.token.digest())
        .await
        .expect("the store answers")
        .expect("signed in");
    assert_eq!(found.log_id.len(), 16);
    assert!(
        !world
            .sessions
            .logout_token(&issued.session)
            .contains(&found.log_id)
    );
    let other = World::with(Settings {
        secrets: vec![Secret::new(b"fedcba9876543210".to_vec())],
        ..settings()
    });
    assert_ne!(other.sessions.log_id(&issued.session), found.log_id);
    assert_eq!(world.sessions.log_id(&issued.session), found.log_id);
}
