//! What the check of a session costs a request of a signed-in person: find the token, digest it, look it up (at most 5 µs).

use std::{collections::BTreeMap, hint::black_box, sync::Arc, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use vestibule::{
    clock::{Clock, FixedClock, Timestamp},
    config::{Cookies, RequiredAal, SameSite, SessionCacheSettings, SessionSettings},
    crypto::{Digest, Secret},
    model::{
        Aal, AuthenticationMethod, CourierMessage, CredentialType, ErrorId, Flow, FlowId, Identity,
        IdentityId, IdentityState, MessageId, Outbox, Page, PageRequest, SelfServiceError, Session,
        SessionId,
    },
    session::{Resolved, Sessions, Settings, device, presented},
    store::{
        BoxFuture, Commit, IdentityFilter, MessageFilter, MessageHistory, SessionFilter, Store,
        StoreError, Touched,
    },
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
    let issuing = Sessions::new(Arc::new(OneSession(None)), clock.clone(), settings());
    let method = AuthenticationMethod {
        method: CredentialType::Password,
        aal: Aal::Aal1,
        completed_at: now,
        provider: None,
    };
    let issued = issuing.issue(
        &anna,
        method,
        device("192.0.2.1".to_owned(), "Firefox", String::new()),
        now,
    );
    let store = OneSession(Some((issued.session, anna)));
    let sessions = Sessions::new(Arc::new(store), clock, settings());
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

/// A store that knows one session, whatever the token.
struct OneSession(Option<(Session, Identity)>);

impl Store for OneSession {
    fn find_session_by_token(
        &self,
        _: Digest,
    ) -> BoxFuture<'_, Result<Option<(Session, Identity)>, StoreError>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn commit(&self, _: Commit) -> BoxFuture<'_, Result<Touched, StoreError>> {
        unreachable!("nothing is written")
    }

    fn find_identity(&self, _: IdentityId) -> BoxFuture<'_, Result<Option<Identity>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn find_identity_by_identifier<'a>(
        &'a self,
        _: CredentialType,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn find_identity_by_external_id<'a>(
        &'a self,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn list_identities<'a>(
        &'a self,
        _: &'a IdentityFilter,
        _: PageRequest<IdentityId>,
    ) -> BoxFuture<'a, Result<Page<Identity>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn count_identities(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn find_session(
        &self,
        _: SessionId,
    ) -> BoxFuture<'_, Result<Option<(Session, Identity)>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn list_sessions<'a>(
        &'a self,
        _: &'a SessionFilter,
        _: PageRequest<(Timestamp, SessionId)>,
    ) -> BoxFuture<'a, Result<Page<(Session, Identity)>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn count_sessions<'a>(
        &'a self,
        _: &'a SessionFilter,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn find_flow(&self, _: FlowId) -> BoxFuture<'_, Result<Option<Flow>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn find_error(
        &self,
        _: ErrorId,
    ) -> BoxFuture<'_, Result<Option<SelfServiceError>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn find_message(
        &self,
        _: MessageId,
    ) -> BoxFuture<'_, Result<Option<MessageHistory>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn list_messages<'a>(
        &'a self,
        _: &'a MessageFilter,
        _: PageRequest<(Timestamp, MessageId)>,
    ) -> BoxFuture<'a, Result<Page<CourierMessage>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn due_messages(
        &self,
        _: Timestamp,
        _: usize,
    ) -> BoxFuture<'_, Result<Vec<CourierMessage>, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn outbox(&self) -> BoxFuture<'_, Result<Outbox, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn purge(&self, _: Timestamp, _: usize) -> BoxFuture<'_, Result<usize, StoreError>> {
        unreachable!("nothing asks for it")
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        unreachable!("nothing asks for it")
    }
}

criterion_group!(benches, session_check);
criterion_main!(benches);
