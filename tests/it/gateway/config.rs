//! A configuration made by hand: one identity host, routes added by whoever needs them.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use url::Url;
use vestibule::config::{
    Access, AccessLog, AccessMode, After, Argon2Settings, Config, Cookies, Cors, CourierSettings,
    Drain, EmailSource, FeatureFlags, FlowSettings, Gateway, HashAlgorithm, Hashers,
    HeaderTemplate, HostHeader, HostPattern, Http2Limits, IdentityHeaders, IdentitySettings,
    Limits, Listener, Located, Log, LogFormat, LoginStyle, Outgoing, PathSettings, Place,
    RegistrationStyle, RequiredAal, Retry, Route, RouteAction, RouteMatch, SameSite, Secrets,
    SelfService, Serve, ServePublic, SessionCacheSettings, SessionSettings, Storage, Strategy,
    TargetAddress, ThrottleSettings, Timeouts, UnderscoreHeaders, Upstream,
};

/// `https://auth.example.com` as identity host, no routes yet.
pub(crate) fn config() -> Config {
    let cookies = Cookies {
        domain: Some("example.com".to_owned()),
        path: "/".to_owned(),
        secure: true,
        same_site: SameSite::Lax,
    };
    Config {
        dev: false,
        storage: Storage::Memory,
        serve: serve(),
        session: SessionSettings {
            lifespan: Duration::from_secs(86_400),
            earliest_possible_extend: None,
            cookie_name: "ory_kratos_session".to_owned(),
            cookie: cookies.clone(),
            persistent: true,
            required_aal: RequiredAal::HighestAvailable,
            cacheable: None,
            faster_extend: false,
        },
        cookies,
        selfservice: selfservice(),
        identity: IdentitySettings {
            default_schema_id: "default".to_owned(),
            schemas: Vec::new(),
        },
        secrets: Secrets {
            default: Vec::new(),
            cookie: Vec::new(),
            cipher: Vec::new(),
        },
        courier: CourierSettings {
            mail: None,
            sms: None,
            from_address: "no-reply@auth.example.com".to_owned(),
            from_name: None,
            headers: Vec::new(),
            templates: Vec::new(),
            overrides: None,
            message_retries: 5,
            pull_count: 10,
            pull_wait: Duration::from_secs(1),
        },
        outgoing: Outgoing::default(),
        hashers: Hashers {
            algorithm: HashAlgorithm::Argon2,
            bcrypt_cost: 12,
            argon2: Argon2Settings {
                memory_kib: 64,
                iterations: 1,
                parallelism: 1,
                salt_length: 16,
                key_length: 32,
            },
            memory_budget: 1 << 20,
        },
        log: Log {
            level: "info".to_owned(),
            format: LogFormat::Text,
            leak_sensitive_values: false,
            access: AccessLog::Off,
            audit: AccessLog::Off,
        },
        limits: limits(),
        features: FeatureFlags::default(),
        mitigate_enumeration: false,
        throttle: ThrottleSettings::default(),
        gateway: gateway(),
        routes: Vec::new(),
        has_routes: true,
        drain: Drain {
            delay: Duration::ZERO,
            timeout: Duration::from_secs(1),
            upgrades: Duration::from_secs(1),
        },
    }
}

/// A route for everything on these hosts, forwarded to `target`.
pub(crate) fn route(id: &str, hosts: &[&str], mode: AccessMode, target: &str) -> Route {
    let target = match target.strip_prefix("unix:") {
        Some(path) => TargetAddress::Unix {
            path: path.into(),
            prefix: String::new(),
            tls: false,
        },
        None => TargetAddress::Url(url(target)),
    };
    Route {
        id: Located {
            value: id.to_owned(),
            place: Place {
                source: 0,
                line: 1,
                column: 1,
            },
        },
        matches: RouteMatch {
            hosts: hosts
                .iter()
                .map(|host| match host.strip_prefix("*.") {
                    Some(domain) => HostPattern::Wildcard(domain.to_owned()),
                    None => HostPattern::Exact((*host).to_owned()),
                })
                .collect(),
            ..RouteMatch::default()
        },
        priority: 0,
        access: Access::of(mode),
        action: RouteAction::Upstream(Box::new(Upstream::plain("app", vec![target.into()]))),
        identity_headers: None,
        timeouts: Timeouts::default(),
        retry: Retry::default(),
        grpc: false,
        trailers: false,
        body_limit: None,
        host_header: HostHeader::Preserve,
        upgrades: vec!["websocket".to_owned()],
        forward_cookies: Vec::new(),
        forward_credentials: None,
        bind_streams: true,
        merge_slashes: true,
        keep_encoded_slashes: false,
        app_name: None,
        allow_lints: Vec::new(),
    }
}

fn serve() -> Serve {
    let listener = |address: &str| Listener::plain(address);
    Serve {
        public: ServePublic {
            base_url: url("https://auth.example.com/"),
            base_url_text: "https://auth.example.com/".to_owned(),
            listeners: vec![listener("127.0.0.1:0")],
            hosts: Vec::new(),
            cors: Cors {
                enabled: false,
                allowed_origins: Vec::new(),
                allowed_methods: Vec::new(),
                allowed_headers: Vec::new(),
                exposed_headers: Vec::new(),
                allow_credentials: true,
                max_age: 0,
            },
        },
        admin: listener("127.0.0.1:0"),
        admin_base_url: url("http://127.0.0.1:4434/"),
        decisions: None,
    }
}

fn selfservice() -> SelfService {
    SelfService {
        default_browser_return_url: url("https://auth.example.com/"),
        allowed_return_urls: Vec::new(),
        login: flow("login"),
        registration: flow("registration"),
        settings: flow("settings"),
        recovery: flow("recovery"),
        verification: flow("verification"),
        error_ui_url: url("https://auth.example.com/.vestibule/error"),
        logout_return_url: None,
        clear_browser_data: false,
        registration_style: RegistrationStyle::Unified,
        login_style: LoginStyle::Unified,
        login_hints: false,
        privileged_session_max_age: Duration::from_secs(3600),
        settings_required_aal: RequiredAal::HighestAvailable,
        methods: IndexMap::new(),
    }
}

fn flow(name: &str) -> FlowSettings {
    FlowSettings {
        enabled: true,
        ui_url: url(&format!("https://auth.example.com/.vestibule/{name}")),
        lifespan: Duration::from_secs(3600),
        strategy: Strategy::Code,
        notify_unknown_recipients: false,
        after: After::default(),
        after_method: BTreeMap::new(),
    }
}

fn limits() -> Limits {
    Limits {
        self_service_body: 65_536,
        admin_body: 1 << 20,
        connections: 10_000,
        connections_per_ip: 2_000,
        header_timeout: Duration::from_secs(10),
        header_bytes: 64 * 1024,
        keep_alive: Duration::from_secs(75),
        http2: Http2Limits::default(),
        handshake: Duration::from_secs(10),
        in_flight: 10_000,
    }
}

fn gateway() -> Gateway {
    let header = |template: &str| HeaderTemplate {
        template: template.to_owned(),
        encoding: "utf8".to_owned(),
    };
    Gateway {
        trusted_proxies: Vec::new(),
        trusts_unix: false,
        hsts: "max-age=31536000".to_owned(),
        email: EmailSource::Any,
        groups_from: "identity.metadata_public.groups".to_owned(),
        name_from: vec![
            "identity.traits.name".to_owned(),
            "identity.traits.username".to_owned(),
            "email".to_owned(),
        ],
        identity_headers: IdentityHeaders(vec![
            ("X-User-Id".to_owned(), header("{{ subject }}")),
            ("X-User-Email".to_owned(), header("{{ email }}")),
            ("X-User-Name".to_owned(), header("{{ name }}")),
            (
                "X-User-Groups".to_owned(),
                header("{{ groups | join(',') }}"),
            ),
        ]),
        session_cache: SessionCacheSettings {
            ttl: Duration::from_secs(300),
            capacity: 64 << 20,
        },
        path: PathSettings {
            always_normalize: false,
            reject_dot_segments: false,
            merge_slashes: true,
        },
        headers_with_underscores: UnderscoreHeaders::Drop,
        strip_request_headers: Vec::new(),
        default_route: None,
        server_timing: false,
    }
}

/// A URL that is known to be one.
pub(crate) fn url(text: &str) -> Url {
    text.parse().expect("a URL")
}
