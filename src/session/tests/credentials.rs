//! Which tokens of a request count, and whose session they come to.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

const NAME: &str = "ory_kratos_session";

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            (HeaderName::from_static(name), value)
        })
        .collect()
}

fn found(fields: &[(&'static str, &str)]) -> Option<(Source, Vec<Digest>)> {
    match presented(&headers(fields), NAME) {
        Presented::Tokens(found) => Some((found.source(), found.digests().to_vec())),
        Presented::None | Presented::Malformed => None,
    }
}

#[test]
fn the_header_wins_over_the_cookie_and_the_cookie_over_the_bearer_token() {
    let [header, bearer] = [(); 2].map(|()| SessionToken::generate());
    let cookie = SessionToken::for_cookie();
    let in_cookie = format!("a=b; {NAME}={}; c=d", cookie.as_str());
    let in_bearer = format!("bEARER {}", bearer.as_str());
    let mut fields = vec![
        ("x-session-token", header.as_str()),
        ("cookie", in_cookie.as_str()),
        ("authorization", in_bearer.as_str()),
    ];
    assert_eq!(
        found(&fields),
        Some((Source::Header, vec![header.digest()]))
    );
    fields.remove(0);
    assert_eq!(
        found(&fields),
        Some((Source::Cookie, vec![cookie.digest()]))
    );
    fields.remove(0);
    assert_eq!(
        found(&fields),
        Some((Source::Bearer, vec![bearer.digest()]))
    );
}

#[test]
fn a_worthless_header_is_not_made_up_for_by_a_good_cookie() {
    let cookie = format!("{NAME}={}", SessionToken::for_cookie().as_str());
    let fields = headers(&[("x-session-token", "ory_st_nonsense"), ("cookie", &cookie)]);
    assert_eq!(presented(&fields, NAME), Presented::Malformed);
}

#[test]
fn a_cookie_that_cannot_be_a_token_counts_as_no_cookie() {
    let bearer = SessionToken::generate();
    let authorization = format!("Bearer {}", bearer.as_str());
    let cookie = ("cookie", "ory_kratos_session=MTY4…garbage");
    assert_eq!(
        found(&[cookie, ("authorization", &authorization)]),
        Some((Source::Bearer, vec![bearer.digest()]))
    );
    assert_eq!(found(&[cookie]), Some((Source::Cookie, Vec::new())));
}

#[test]
fn only_two_parts_and_only_our_tokens_make_a_bearer_credential() {
    let token = SessionToken::generate();
    for other in [
        format!("Bearer  {}", token.as_str()),
        format!("Bearer {} x", token.as_str()),
        format!("Bearer\t{}", token.as_str()),
        format!("Basic {}", token.as_str()),
        "Bearer eyJhbGciOi.e.e".to_owned(),
        "Bearer".to_owned(),
    ] {
        assert_eq!(
            presented(&headers(&[("authorization", &other)]), NAME),
            Presented::None,
            "{other}"
        );
    }
    let broken = headers(&[("authorization", "Bearer ory_st_short")]);
    assert_eq!(presented(&broken, NAME), Presented::Malformed);
}

#[test]
fn a_token_counts_only_where_its_kind_belongs() {
    let (program, browser) = (SessionToken::generate(), SessionToken::for_cookie());
    let cookie = format!("{NAME}={}", program.as_str());
    assert_eq!(
        found(&[("cookie", &cookie)]),
        Some((Source::Cookie, Vec::new()))
    );
    let header = headers(&[("x-session-token", browser.as_str())]);
    assert_eq!(presented(&header, NAME), Presented::Malformed);
    let bearer = format!("Bearer {}", browser.as_str());
    let bearer = headers(&[("authorization", &bearer)]);
    assert_eq!(presented(&bearer, NAME), Presented::None);
}

#[test]
fn cookie_names_are_compared_byte_for_byte() {
    let token = SessionToken::for_cookie();
    for other in [
        format!("Ory_kratos_session={}", token.as_str()),
        format!("\u{a0}{NAME}={}", token.as_str()),
        format!("a=b;  {NAME}={}", token.as_str()),
        format!("{NAME} ={}", token.as_str()),
        format!("x{NAME}={}", token.as_str()),
        format!("\"{NAME}\"={}", token.as_str()),
        format!("a=\"b {NAME}={}\"", token.as_str()),
    ] {
        assert_eq!(
            presented(&headers(&[("cookie", &other)]), NAME),
            Presented::None,
            "{other}"
        );
    }
    let quoted = format!("$Version=1; {NAME}=\"{}\"", token.as_str());
    assert_eq!(
        found(&[("cookie", &quoted)]),
        Some((Source::Cookie, Vec::new()))
    );
}

#[test]
fn at_most_four_different_values_of_all_cookie_fields_are_candidates() {
    let tokens: Vec<_> = (0..6).map(|_| SessionToken::for_cookie()).collect();
    let fields: Vec<_> = tokens
        .iter()
        .chain(&tokens)
        .map(|token| format!("{NAME}={0}; {NAME}={0}", token.as_str()))
        .collect();
    let fields: Vec<_> = fields
        .iter()
        .map(|field| ("cookie", field.as_str()))
        .collect();
    let first_four = tokens.iter().take(4).map(SessionToken::digest).collect();
    assert_eq!(found(&fields), Some((Source::Cookie, first_four)));
}

#[tokio::test]
async fn dead_cookies_beside_a_live_one_do_no_harm() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    let dead = SessionToken::generate();
    let resolved = world.resolve(&[dead.digest(), issued.token.digest()]).await;
    assert!(
        matches!(resolved, Resolved::One(snapshot, Source::Cookie, _) if snapshot.session.id == issued.session.id)
    );
    assert!(matches!(
        world.resolve(&[dead.digest()]).await,
        Resolved::Stale
    ));
    assert!(matches!(world.resolve(&[]).await, Resolved::Stale));
}

#[tokio::test]
async fn of_two_sessions_of_one_identity_the_newer_counts() {
    let world = World::new();
    let anna = person();
    let older = world.sign_in(&anna).await;
    world.clock.advance(Duration::from_secs(1));
    let newer = world.sign_in(&anna).await;
    for digests in
        [[&older, &newer], [&newer, &older]].map(|both| both.map(|issued| issued.token.digest()))
    {
        let resolved = world.resolve(&digests).await;
        assert!(matches!(resolved, Resolved::One(snapshot, _, digest)
            if snapshot.session.id == newer.session.id && digest == newer.token.digest()));
    }
}

#[tokio::test]
async fn sessions_of_two_identities_sign_nobody_in() {
    let world = World::new();
    let (anna, bert) = (
        world.sign_in(&person()).await,
        world.sign_in(&person()).await,
    );
    let both = [anna.token.digest(), bert.token.digest()];
    assert!(matches!(world.resolve(&both).await, Resolved::Ambiguous));
    assert_eq!(world.sessions.stats().ambiguous, 1);
    world.commit(Change::RevokeSession(bert.session.id)).await;
    assert!(matches!(world.resolve(&both).await, Resolved::One(..)));
}

#[tokio::test]
async fn a_header_with_a_token_of_no_session_is_a_bad_credential() {
    let world = World::new();
    let token = SessionToken::generate();
    let presented = presented(&headers(&[("x-session-token", token.as_str())]), NAME);
    let resolved = world.sessions.resolve(&presented, world.now()).await;
    assert!(matches!(resolved, Ok(Resolved::Invalid)));
    let malformed = world
        .sessions
        .resolve(&Presented::Malformed, world.now())
        .await;
    assert!(matches!(malformed, Ok(Resolved::Invalid)));
}

#[tokio::test]
async fn memory_alone_answers_once_the_session_is_known() {
    let world = World::new();
    let issued = world.sign_in(&person()).await;
    let cookie = format!("{NAME}={}", issued.token.as_str());
    let presented = presented(&headers(&[("cookie", &cookie)]), NAME);
    assert!(
        world
            .sessions
            .resolve_cached(&presented, world.now())
            .is_none()
    );
    assert!(world.is_signed_in(&issued.token).await);
    let answer = world.sessions.resolve_cached(&presented, world.now());
    assert!(matches!(answer, Some(Resolved::One(_, Source::Cookie, _))));
}

proptest::proptest! {
    #[test]
    fn no_bytes_of_a_cookie_field_confuse_the_reader(bytes in proptest::collection::vec(0x20_u8..=0xff, 0..200)) {
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            let mut headers = HeaderMap::new();
            headers.append("cookie", value.clone());
            headers.append("authorization", value);
            let found = presented(&headers, NAME);
            proptest::prop_assert!(!matches!(found, Presented::Tokens(found) if !found.digests().is_empty()));
        }
    }
}
