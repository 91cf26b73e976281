//! People with sessions, in a store that holds nothing else.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use vestibule::{
    clock::{Clock, SystemClock, Timestamp},
    config::Config,
    crypto::{
        Digest, SessionToken,
        token::{self, TokenKind},
    },
    model::{
        Aal, AccessToken, AccessTokenId, AccountFailures, AddressId, AddressStatus,
        AuthenticationMethod, Channel, Code, CourierMessage, Credential, CredentialType, ErrorId,
        FactorFailures, Flow, FlowId, Identity, IdentityId, IdentityState, KnownDevice, MessageId,
        Outbox, Page, PageRequest, Reach, SelfServiceError, Session, SessionId, VerifiableAddress,
    },
    session::{Sessions, Settings},
    store::{
        AddressKind, BoxFuture, Commit, IdentityFilter, Invalidate, MessageFilter, MessageHistory,
        SessionFilter, Store, StoreError, Touched,
    },
};

/// The sessions service over a store of its own.
pub(crate) struct People {
    store: Arc<Memory>,
    pub(crate) sessions: Sessions,
}

/// Somebody who is signed in.
pub(crate) struct Person {
    pub(crate) token: String,
    cookie: String,
    pub(crate) id: IdentityId,
    session: SessionId,
    digests: [Digest; 2],
}

impl Person {
    /// The head line of their browser.
    pub(crate) fn cookie(&self) -> String {
        format!("Cookie: ory_kratos_session={}\r\n", self.cookie)
    }
}

/// A personal access token, and what a test needs to know of it.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) owner: IdentityId,
    id: AccessTokenId,
    digest: Digest,
}

impl Token {
    /// A token of the right shape that nobody has been given.
    pub(crate) fn unknown() -> Self {
        let text = token::fresh(TokenKind::Access).expose().clone();
        Self {
            digest: Digest::of(text.as_bytes()),
            text,
            owner: IdentityId::random(),
            id: AccessTokenId::random(),
        }
    }

    /// The head line of a program that sends it.
    pub(crate) fn bearer(&self) -> String {
        format!("Authorization: Bearer {}\r\n", self.text)
    }

    /// The head line of a program that knows names and passwords only.
    pub(crate) fn basic(&self, name: &str) -> String {
        let pair = format!("{name}:{}", self.text);
        let pair = data_encoding::BASE64.encode(pair.as_bytes());
        format!("Authorization: Basic {pair}\r\n")
    }
}

#[derive(Default)]
struct Memory {
    sessions: Mutex<HashMap<Digest, (Session, Identity)>>,
    tokens: Mutex<HashMap<Digest, (AccessToken, Identity)>>,
    down: AtomicBool,
}

impl People {
    pub(crate) fn new(config: &Config) -> Self {
        let store = Arc::new(Memory::default());
        let mut config = config.clone();
        config.secrets.default = vec![vestibule::crypto::Secret::new(vec![7; 32])];
        let settings = Settings::of(&config, 4);
        let sessions = Sessions::new(store.clone(), Arc::new(SystemClock), settings);
        Self { store, sessions }
    }

    /// Signs somebody in. Their session has a token of either kind, so that each way of carrying one can be tried on it.
    pub(crate) fn sign_in(&self, email: &str, name: &str) -> Person {
        self.sign_in_for(email, name, Duration::from_secs(3600))
    }

    /// Signs somebody in for so long.
    pub(crate) fn sign_in_for(&self, email: &str, name: &str, lifespan: Duration) -> Person {
        let now = SystemClock.now();
        let identity = identity(email, name, now);
        let (token, cookie) = (SessionToken::generate(), SessionToken::for_cookie());
        let session = Session {
            id: SessionId::random(),
            identity_id: identity.id,
            active: true,
            issued_at: now,
            authenticated_at: now,
            expires_at: now.plus(lifespan),
            aal: Aal::Aal1,
            methods: vec![AuthenticationMethod {
                method: CredentialType::Password,
                aal: Aal::Aal1,
                completed_at: now,
                provider: None,
            }],
            devices: Vec::new(),
            cookie_until: now.plus(Duration::from_secs(3600)),
        };
        let person = Person {
            token: token.as_str().to_owned(),
            cookie: cookie.as_str().to_owned(),
            id: identity.id,
            session: session.id,
            digests: [token.digest(), cookie.digest()],
        };
        let mut sessions = self.store.sessions.lock().expect("no panic");
        for digest in person.digests {
            sessions.insert(digest, (session.clone(), identity.clone()));
        }
        person
    }

    /// Gives somebody an access token; they are known as their address.
    pub(crate) fn token(&self, email: &str, reach: Reach) -> Token {
        let now = SystemClock.now();
        let mut identity = identity(email, "Me", now);
        identity.credentials.insert(
            CredentialType::Password,
            Credential {
                kind: CredentialType::Password,
                identifiers: vec![email.to_owned()],
                config: json!({}),
                version: 1,
                created_at: now,
                updated_at: now,
            },
        );
        let access = AccessToken {
            id: AccessTokenId::random(),
            identity_id: identity.id,
            hint: "vst_pat_".to_owned(),
            name: "CI".to_owned(),
            reach,
            aal: Aal::Aal1,
            created_at: now,
            expires_at: now.plus(Duration::from_secs(3600)),
            last_used_at: None,
        };
        let text = token::fresh(TokenKind::Access).expose().clone();
        let token = Token {
            id: access.id,
            owner: identity.id,
            digest: Digest::of(text.as_bytes()),
            text,
        };
        let mut tokens = self.store.tokens.lock().expect("no panic");
        tokens.insert(token.digest, (access, identity));
        token
    }

    /// Takes a token back the way a commit does.
    pub(crate) fn take_back(&self, token: &Token) {
        let mut tokens = self.store.tokens.lock().expect("no panic");
        tokens.remove(&token.digest);
        drop(tokens);
        self.sessions.invalidate(&Touched {
            sessions: vec![token.id.into()],
            ..Touched::default()
        });
    }

    /// Ends a session the way a commit does.
    pub(crate) fn revoke(&self, person: &Person) {
        self.change(person, |session, _| session.active = false);
    }

    /// Gives somebody an authenticator app, which their session has not used.
    pub(crate) fn with_second_factor(&self, person: &Person) {
        self.change(person, |session, identity| {
            let kind = CredentialType::Totp;
            let credential = Credential {
                kind,
                identifiers: vec![identity.id.to_string()],
                config: json!({}),
                version: 1,
                created_at: session.issued_at,
                updated_at: session.issued_at,
            };
            identity.credentials.insert(kind, credential);
        });
    }

    /// Deactivates an identity the way a commit does.
    pub(crate) fn deactivate(&self, person: &Person) {
        self.change(person, |_, identity| {
            identity.state = IdentityState::Inactive;
        });
    }

    /// Changes something about somebody that takes nothing from them.
    pub(crate) fn rename(&self, person: &Person, name: &str) {
        self.change(person, |_, identity| {
            identity.traits = json!({"name": name});
        });
    }

    /// The store stops, or goes on, answering.
    pub(crate) fn down(&self, down: bool) {
        self.store.down.store(down, Ordering::SeqCst);
    }

    /// Changes a session or its identity the way a commit does.
    pub(crate) fn change(&self, person: &Person, change: impl Fn(&mut Session, &mut Identity)) {
        let mut sessions = self.store.sessions.lock().expect("no panic");
        for digest in person.digests {
            if let Some((session, identity)) = sessions.get_mut(&digest) {
                change(session, identity);
            }
        }
        drop(sessions);
        self.sessions.invalidate(&Touched {
            sessions: vec![person.session],
            identities: vec![person.id],
            ..Touched::default()
        });
    }
}

fn identity(email: &str, name: &str, now: Timestamp) -> Identity {
    Identity {
        id: IdentityId::random(),
        external_id: None,
        schema_id: "default".to_owned(),
        state: IdentityState::Active,
        state_changed_at: None,
        traits: json!({"email": email, "name": name}),
        metadata_public: json!({"groups": ["staff", "wiki"]}),
        metadata_admin: serde_json::Value::Null,
        verifiable_addresses: vec![VerifiableAddress {
            id: AddressId::random(),
            value: email.to_owned(),
            verified: false,
            via: Channel::Email,
            status: AddressStatus::Pending,
            verified_at: None,
            created_at: now,
            updated_at: now,
        }],
        recovery_addresses: Vec::new(),
        credentials: BTreeMap::new(),
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

impl Store for Memory {
    fn find_session_by_token(
        &self,
        token: Digest,
    ) -> BoxFuture<'_, Result<Option<(Session, Identity)>, StoreError>> {
        Box::pin(async move {
            if self.down.load(Ordering::SeqCst) {
                return Err(StoreError::Busy);
            }
            Ok(self.sessions.lock().expect("no panic").get(&token).cloned())
        })
    }

    fn find_identity(&self, _: IdentityId) -> BoxFuture<'_, Result<Option<Identity>, StoreError>> {
        unused()
    }

    fn find_identity_by_identifier<'a>(
        &'a self,
        _: CredentialType,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        unused()
    }

    fn find_identity_by_external_id<'a>(
        &'a self,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        unused()
    }

    fn list_identities<'a>(
        &'a self,
        _: &'a IdentityFilter,
        _: PageRequest<IdentityId>,
    ) -> BoxFuture<'a, Result<Page<Identity>, StoreError>> {
        unused()
    }

    fn count_identities(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        unused()
    }

    fn find_session(
        &self,
        _: SessionId,
    ) -> BoxFuture<'_, Result<Option<(Session, Identity)>, StoreError>> {
        unused()
    }

    fn find_access_token_by_digest(
        &self,
        token: Digest,
    ) -> BoxFuture<'_, Result<Option<(AccessToken, Identity)>, StoreError>> {
        Box::pin(async move {
            if self.down.load(Ordering::SeqCst) {
                return Err(StoreError::Busy);
            }
            Ok(self.tokens.lock().expect("no panic").get(&token).cloned())
        })
    }

    fn find_access_token(
        &self,
        _: AccessTokenId,
    ) -> BoxFuture<'_, Result<Option<AccessToken>, StoreError>> {
        unused()
    }

    fn list_access_tokens(
        &self,
        _: IdentityId,
    ) -> BoxFuture<'_, Result<Vec<AccessToken>, StoreError>> {
        unused()
    }

    fn list_sessions<'a>(
        &'a self,
        _: &'a SessionFilter,
        _: PageRequest<(Timestamp, SessionId)>,
    ) -> BoxFuture<'a, Result<Page<(Session, Identity)>, StoreError>> {
        unused()
    }

    fn count_sessions<'a>(
        &'a self,
        _: &'a SessionFilter,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        unused()
    }

    fn find_flow(&self, _: FlowId) -> BoxFuture<'_, Result<Option<Flow>, StoreError>> {
        unused()
    }

    fn find_codes(&self, _: FlowId) -> BoxFuture<'_, Result<Vec<Code>, StoreError>> {
        unused()
    }

    fn find_identity_by_address<'a>(
        &'a self,
        _: AddressKind,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<Identity>, StoreError>> {
        unused()
    }

    fn find_error(
        &self,
        _: ErrorId,
    ) -> BoxFuture<'_, Result<Option<SelfServiceError>, StoreError>> {
        unused()
    }

    fn commit(&self, _: Commit) -> BoxFuture<'_, Result<Touched, StoreError>> {
        unused()
    }

    fn find_account_failures(
        &self,
        _: Digest,
    ) -> BoxFuture<'_, Result<Option<AccountFailures>, StoreError>> {
        unused()
    }

    fn find_factor_failures(
        &self,
        _: IdentityId,
    ) -> BoxFuture<'_, Result<Option<FactorFailures>, StoreError>> {
        unused()
    }

    fn find_known_device(
        &self,
        _: Digest,
        _: IdentityId,
    ) -> BoxFuture<'_, Result<Option<KnownDevice>, StoreError>> {
        unused()
    }

    fn find_message(
        &self,
        _: MessageId,
    ) -> BoxFuture<'_, Result<Option<MessageHistory>, StoreError>> {
        unused()
    }

    fn list_messages<'a>(
        &'a self,
        _: &'a MessageFilter,
        _: PageRequest<(Timestamp, MessageId)>,
    ) -> BoxFuture<'a, Result<Page<CourierMessage>, StoreError>> {
        unused()
    }

    fn due_messages(
        &self,
        _: Timestamp,
        _: usize,
    ) -> BoxFuture<'_, Result<Vec<CourierMessage>, StoreError>> {
        unused()
    }

    fn outbox(&self) -> BoxFuture<'_, Result<Outbox, StoreError>> {
        unused()
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        unused()
    }

    fn purge(&self, _: Timestamp, _: usize) -> BoxFuture<'_, Result<usize, StoreError>> {
        unused()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

fn unused<T>() -> BoxFuture<'static, Result<T, StoreError>>
where
    T: Send + 'static,
{
    Box::pin(async { panic!("the gateway reads sessions and access tokens and nothing else") })
}
