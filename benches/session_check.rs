//! What the check of a session costs a request of a signed-in person: find the token, digest it, look it up (at most 5 µs).

use std::{collections::BTreeMap, hint::black_box, sync::Arc, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use vestibule::{
    clock::{Clock, FixedClock, Timestamp},
    config::{Cookies, RequiredAal, SameSite, SessionCacheSettings, SessionSettings, Storage},
    crypto::Secret,
    model::{Aal, AuthenticationMethod, CredentialType, Identity, IdentityId, IdentityState},
    session::{Resolved, Sessions, Settings, device, presented},
    store::{Change, Commit, open},
};

fn session_check(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime starts");
    let clock = Arc::new(FixedClock::at(Timestamp::from_micros(
        1_764_033_600_000_000,
    )));
    let now = clock.now();
    let anna = person();
    let store = open(&Storage::Memory, clock.clone())
        .expect("the store opens")
        .store;
    let sessions = Sessions::new(store.clone(), clock, settings());
    let method = AuthenticationMethod {
        method: CredentialType::Password,
        aal: Aal::Aal1,
        completed_at: now,
        provider: None,
    };
    let issued = sessions.issue(
        &anna,
        method,
        device("192.0.2.1".to_owned(), "Firefox", String::new()),
        vestibule::crypto::SessionToken::for_cookie(),
        now,
    );
    let registered = Commit::of(Change::InsertIdentity(Box::new(anna))).and(issued.change);
    runtime
        .block_on(store.commit(registered))
        .expect("she is stored");
    let mut headers = HeaderMap::new();
    let cookie = format!(
        "theme=dark; _ga=GA1.1.123456; ory_kratos_session={}",
        issued.token.as_str()
    );
    headers.insert("cookie", HeaderValue::from_str(&cookie).expect("a value"));
    let found = presented(&headers, sessions.cookie_name());
    runtime
        .block_on(sessions.resolve(&found, now))
        .expect("the store answers");

    criterion.bench_function("session_check/hit", |bencher| {
        bencher.iter(|| {
            let found = presented(black_box(&headers), sessions.cookie_name());
            let resolved = sessions.resolve_cached(&found, now);
            assert!(matches!(resolved, Some(Resolved::One(..))));
        });
    });
    criterion.bench_function("session_check/presented", |bencher| {
        bencher.iter(|| presented(black_box(&headers), sessions.cookie_name()));
    });
    criterion.bench_function("session_check/load", |bencher| {
        bencher.iter(|| runtime.block_on(sessions.load(&issued.token.digest())));
    });
}

fn settings() -> Settings {
    Settings {
        session: SessionSettings {
            lifespan: Duration::from_secs(24 * 3600),
            earliest_possible_extend: None,
            cookie_name: "ory_kratos_session".to_owned(),
            cookie: Cookies {
                domain: None,
                path: "/".to_owned(),
                secure: true,
                same_site: SameSite::Lax,
            },
            persistent: true,
            required_aal: RequiredAal::HighestAvailable,
            cacheable: None,
            faster_extend: false,
        },
        cache: SessionCacheSettings {
            ttl: Duration::from_secs(300),
            capacity: 64 << 20,
        },
        secrets: vec![Secret::new(b"0123456789abcdef".to_vec())],
        public_host: "auth.example.com".to_owned(),
        slots: 1,
    }
}

fn person() -> Identity {
    Identity {
        id: IdentityId::random(),
        external_id: None,
        schema_id: "default".to_owned(),
        state: IdentityState::Active,
        state_changed_at: None,
        traits: json!({"email": "anna@example.com"}),
        metadata_public: json!(null),
        metadata_admin: json!(null),
        verifiable_addresses: Vec::new(),
        recovery_addresses: Vec::new(),
        credentials: BTreeMap::new(),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        version: 1,
    }
}

criterion_group!(benches, session_check);
criterion_main!(benches);
