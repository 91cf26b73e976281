//! A configuration made by hand, for tests of pages.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use url::Url;

use crate::config::*;

/// `https://auth.example.com`, an app on a host of its own, others below a wildcard, return URLs elsewhere.
pub(crate) fn config() -> Config {
    let cookies = Cookies {
        domain: None,
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
            audit: AccessLog::Off,
            access: AccessLog::Off,
        },
        limits: limits(),
        mitigate_enumeration: false,
        gateway: gateway(),
        routes: vec![
            route(
                "wiki",
                HostPattern::Exact("wiki.example.com".to_owned()),
                Some("Wiki"),
            ),
            route(
                "apps",
                HostPattern::Wildcard("apps.example.com".to_owned()),
                None,
            ),
        ],
        has_routes: true,
        drain: Drain {
            delay: Duration::ZERO,
            timeout: Duration::from_secs(1),
            upgrades: Duration::from_secs(1),
        },
    }
}

fn serve() -> Serve {
    let listener = |address: &str| Listener {
        address: address.to_owned(),
        skip_health_log: false,
    };
    Serve {
        public: ServePublic {
            base_url: url("https://auth.example.com/"),
            base_url_text: "https://auth.example.com/".to_owned(),
            listeners: vec![listener("127.0.0.1:4433")],
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
        admin: listener("127.0.0.1:4434"),
        admin_base_url: url("http://127.0.0.1:4434/"),
    }
}

fn selfservice() -> SelfService {
    let method = || MethodSettings {
        enabled: true,
        section: Section::default(),
    };
    SelfService {
        default_browser_return_url: url("https://wiki.example.com/"),
        allowed_return_urls: vec![
            "https://return.example.org/app".to_owned(),
            "https://*.partner.example".to_owned(),
        ],
        login: flow("login", true),
        registration: flow("registration", true),
        settings: flow("settings", true),
        recovery: flow("recovery", false),
        verification: flow("verification", false),
        error_ui_url: page("error"),
        logout_return_url: Some(url("https://bye.example.com/")),
        clear_browser_data: false,
        registration_style: RegistrationStyle::Unified,
        privileged_session_max_age: Duration::from_secs(3600),
        settings_required_aal: RequiredAal::HighestAvailable,
        methods: IndexMap::from([
            ("password".to_owned(), method()),
            ("profile".to_owned(), method()),
        ]),
    }
}

fn flow(name: &str, enabled: bool) -> FlowSettings {
    FlowSettings {
        enabled,
        ui_url: page(name),
        lifespan: Duration::from_secs(3600),
        after: After::default(),
        after_method: BTreeMap::new(),
    }
}

fn limits() -> Limits {
    Limits {
        self_service_body: 65_536,
        admin_body: 1 << 20,
        connections: 1000,
        connections_per_ip: 100,
        header_timeout: Duration::from_secs(10),
        header_bytes: 32_768,
        keep_alive: Duration::from_secs(60),
        in_flight: 1000,
    }
}

fn gateway() -> Gateway {
    Gateway {
        trusted_proxies: Vec::new(),
        email: EmailSource::Any,
        groups_from: "identity.metadata_public.groups".to_owned(),
        name_from: Vec::new(),
        identity_headers: IdentityHeaders(Vec::new()),
        session_cache: SessionCacheSettings {
            ttl: Duration::from_secs(60),
            capacity: 1 << 20,
        },
        path: PathSettings {
            always_normalize: false,
            reject_dot_segments: false,
            merge_slashes: true,
        },
        headers_with_underscores: UnderscoreHeaders::Drop,
        strip_request_headers: Vec::new(),
        server_timing: false,
    }
}

fn route(id: &str, host: HostPattern, app_name: Option<&str>) -> Route {
    Route {
        id: Located::default_value(id.to_owned()),
        matches: RouteMatch {
            hosts: vec![host],
            ..RouteMatch::default()
        },
        priority: 0,
        access: Access {
            mode: AccessMode::Authenticated,
            on_unauthenticated: OnUnauthenticated::Auto,
        },
        action: RouteAction::SampleApp,
        identity_headers: None,
        timeouts: Timeouts::default(),
        body_limit: None,
        host_header: HostHeader::Preserve,
        upgrades: Vec::new(),
        forward_cookies: Vec::new(),
        forward_credentials: None,
        app_name: app_name.map(str::to_owned),
    }
}

fn page(name: &str) -> Url {
    url(&format!("https://auth.example.com/.vestibule/{name}"))
}

fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}
