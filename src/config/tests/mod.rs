//! Whole documents: what they load to, and what is said about them.

mod routes;

use std::path::Path;

use super::*;

const BASE: &str = "
dsn: memory
serve: {public: {base_url: http://auth.example.com/}}
session: {cookie: {domain: example.com}}
selfservice: {default_browser_return_url: http://auth.example.com/}
";

/// A file with everything the user's example has: no `identity`, pages on another port, CORS for it, a flow that is off.
const COMPOSE: &str = "
version: v0.11.1
dsn: sqlite:///var/lib/sqlite/people.sqlite?_fk=true
serve:
  public:
    base_url: http://localhost:4433/
    cors:
      enabled: true
      allowed_origins: [http://localhost:3000]
      allowed_methods: [GET, POST, PUT, DELETE, PATCH]
      allowed_headers: [Authorization, Content-Type, Accept, X-CSRF-Token]
      exposed_headers: [Link, X-Total-Count]
      allow_credentials: true
  admin: {base_url: http://localhost:4434/}
selfservice:
  default_browser_return_url: http://localhost:3000/
  flows:
    login: {ui_url: http://localhost:3000/auth/login}
    registration:
      ui_url: http://localhost:3000/auth/registration
      after: {default_browser_return_url: http://localhost:3000/dashboard}
    settings: {ui_url: http://localhost:3000/auth/settings}
    recovery: {ui_url: http://localhost:3000/auth/recovery}
    verification: {ui_url: http://localhost:3000/auth/verification}
log: {level: debug, format: text}
";

fn read(text: &str, dev: bool, env: &[(&str, &str)]) -> Result<Loaded, Vec<Finding>> {
    let options = LoadOptions {
        dev,
        allow_unsupported: false,
    };
    let find = |name: &str| {
        let hit = env.iter().find(|(known, _)| *known == name);
        hit.map(|(_, value)| (*value).to_owned())
    };
    load_text("test.yml", text, Path::new("."), &find, &options)
}

fn good(text: &str) -> Config {
    match read(text, false, &[]) {
        Ok(loaded) => loaded.config,
        Err(findings) => panic!("{}", shown(&findings)),
    }
}

fn bad(text: &str) -> Vec<Finding> {
    match read(text, false, &[]) {
        Ok(_) => panic!("it loads"),
        Err(findings) => findings,
    }
}

fn shown(findings: &[Finding]) -> String {
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn ids(findings: &[Finding]) -> Vec<&str> {
    findings.iter().filter_map(|finding| finding.id).collect()
}

fn with(more: &str) -> String {
    format!("{BASE}{more}")
}

#[test]
fn a_kratos_file_without_identity_loads_in_development_with_the_variables_of_its_container() {
    let env = [
        ("DSN", "sqlite:///var/lib/sqlite/db.sqlite?_fk=true"),
        ("SECURE_COOKIES", "true"),
        ("KRATOS_PUBLIC_URL", "http://localhost:4433"),
        ("LOG_LEVEL", "debug"),
        ("LOG_FORMAT", "json"),
        ("VERSION", "26"),
        ("DEV", "perhaps"),
        ("HELP", "me"),
    ];
    let loaded =
        read(COMPOSE, true, &env).unwrap_or_else(|findings| panic!("{}", shown(&findings)));
    assert_eq!(loaded.overrides, ["DSN", "LOG_LEVEL", "LOG_FORMAT"]);
    assert_eq!(
        ids(&loaded.warnings),
        ["builtin_schema", "unverified_email_header"]
    );
    let config = loaded.config;
    assert!(matches!(&config.storage, Storage::Sqlite(path) if path.ends_with("db.sqlite")));
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.identity.schemas[0].url, "builtin:email");
    let flows = &config.selfservice;
    assert_eq!(flows.registration_style, RegistrationStyle::Unified);
    assert_eq!(flows.registration.hooks("password"), [Hook::Session]);
    assert_eq!(
        flows.registration.return_url("password").unwrap().as_str(),
        "http://localhost:3000/dashboard"
    );
    assert!(!flows.recovery.enabled);
    assert_eq!(config.serve.public.base_url_text, "http://localhost:4433/");
    assert_eq!(config.serve.public.hosts, ["127.0.0.1", "[::1]"]);
    assert_eq!(config.serve.admin.address, "127.0.0.1:4434");
    assert!(!config.session.cookie.secure);
    assert!(!config.has_routes);
}

#[test]
fn the_files_of_the_repository_load_and_the_template_fills_in_its_values() {
    let minimal = good(include_str!("../../../config/minimal.yml"));
    assert_eq!(minimal.routes.len(), 1);
    let example = read(include_str!("../../../config/vestibule.yml"), false, &[]).unwrap();
    assert_eq!(ids(&example.warnings), ["weak_secret", "weak_secret"]);
    let text = template(&Template {
        base_url: "https://auth.example.com/",
        database: "/srv/my data/db.sqlite",
        upstream: "http://10.0.0.5:8080",
        default_secret: "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy",
        cipher_secret: "0123456789abcdef0123456789abcdef",
    });
    let loaded = read(&text, false, &[]).unwrap_or_else(|findings| panic!("{}", shown(&findings)));
    let config = loaded.config;
    assert!(
        matches!(&config.storage, Storage::Sqlite(path) if path.ends_with("my data/db.sqlite"))
    );
    assert_eq!(
        config.serve.public.base_url.as_str(),
        "https://auth.example.com/"
    );
    assert_eq!(
        config.selfservice.registration_style,
        RegistrationStyle::Unified
    );
    assert_eq!(
        config.selfservice.registration.hooks("password"),
        [Hook::Session]
    );
    assert_eq!(config.secrets.cipher.len(), 1);
}

#[test]
fn flows_without_pages_of_their_own_use_ours() {
    let config = good(&BASE.replace("http://auth.example.com/}}", "http://auth.example.com/id}}"));
    let flows = &config.selfservice;
    assert_eq!(
        flows.login.ui_url.as_str(),
        "http://auth.example.com/id/.vestibule/login"
    );
    assert_eq!(
        flows.error_ui_url.as_str(),
        "http://auth.example.com/id/.vestibule/error"
    );
    assert_eq!(
        config.serve.public.base_url_text,
        "http://auth.example.com/id"
    );
}

#[test]
fn variables_fill_values_with_the_type_of_their_key_and_never_make_keys() {
    let text = with(
        "log: {level: '${LEVEL:-debug}', access: \"/$${kept}\"}\nlimits: {in_flight: \"${MANY}\"}",
    );
    let loaded = read(&text, false, &[("MANY", "7")]).unwrap();
    assert_eq!(loaded.config.log.level, "debug");
    assert_eq!(loaded.config.log.access, AccessLog::File("/${kept}".into()));
    assert_eq!(loaded.config.limits.in_flight, 7);
    let findings = read(&text, false, &[("MANY", "a: b")]).unwrap_err();
    assert_eq!(findings[0].kind, Kind::WrongType);
}

#[test]
fn lists_come_from_the_environment_by_comma_index_or_json() {
    let env = [
        (
            "SELFSERVICE_ALLOWED_RETURN_URLS",
            "https://a.example.com, https://b.example.com",
        ),
        ("SECRETS_DEFAULT_0", "0123456789abcdef0123456789abcdef"),
        (
            "SERVE_PUBLIC_CORS",
            "{\"enabled\": true, \"allowed_origins\": [\"https://c.example.com\"]}",
        ),
        ("SERVE_PUBLIC_PORT", "4455"),
        ("LOG", "unrelated"),
        ("GATEWAY_EMAIL", "verified_only"),
    ];
    let loaded = read(BASE, false, &env).unwrap_or_else(|findings| panic!("{}", shown(&findings)));
    let config = loaded.config;
    assert_eq!(config.selfservice.allowed_return_urls.len(), 2);
    assert_eq!(config.secrets.default.len(), 1);
    assert_eq!(
        config.serve.public.cors.allowed_origins,
        ["https://c.example.com"]
    );
    assert_eq!(config.serve.public.listeners[0].address, "0.0.0.0:4455");
    assert_eq!(config.gateway.email, EmailSource::Any);
    assert_eq!(loaded.overrides.len(), 4);
}

#[test]
fn a_wrong_variable_is_named_in_place_of_a_line() {
    let findings = read(BASE, false, &[("SERVE_PUBLIC_PORT", "tcp://10.0.0.1")]).unwrap_err();
    assert_eq!(
        findings[0].to_string(),
        "environment variable SERVE_PUBLIC_PORT: serve.public.port: expected an integer from 1 to 65535, found the text `tcp://10.0.0.1`\n  hint: write a number such as 4433"
    );
}

#[test]
fn kratos_keys_without_work_are_let_pass_when_asked_and_guards_never() {
    let mail = with(
        "courier: {smtp: {connection_uri: 'smtp://localhost:1025/'}}\noauth2_provider: {url: 'http://localhost:4445/'}",
    );
    assert_eq!(bad(&mail)[0].kind, Kind::Unsupported);
    let loaded = read(&mail, true, &[]).unwrap();
    assert!(
        loaded
            .warnings
            .iter()
            .any(|finding| finding.kind == Kind::Unsupported)
    );
    assert_eq!(loaded.config.gateway.email, EmailSource::VerifiedOnly);
    let guard = with(
        "routes: [{id: a, match: {hosts: [a.example.com]}, access: {require: {organizations: [x]}}, upstream: 'http://10.0.0.1'}]",
    );
    for dev in [false, true] {
        let findings = read(&guard, dev, &[]).unwrap_err();
        assert_eq!(findings[0].kind, Kind::Unsupported, "{}", shown(&findings));
    }
}

#[test]
fn settings_of_what_is_off_are_accepted_and_switching_it_on_is_not() {
    let off = with("").replace(
        "selfservice: {",
        "selfservice: {flows: {recovery: {lifespan: 5m}}, methods: {totp: {enabled: false, config: {issuer: X}}, password: {config: {haveibeenpwned_enabled: false}}}, ",
    );
    good(&off);
    let on = off.replace("totp: {enabled: false", "totp: {enabled: true");
    assert_eq!(bad(&on)[0].key, "selfservice.methods.totp.enabled");
}

#[test]
fn unknown_hooks_are_mistakes_and_unbuilt_ones_are_unsupported() {
    let hooks = |name: &str| {
        BASE.replace(
            "selfservice: {",
            &format!("selfservice: {{flows: {{registration: {{after: {{password: {{hooks: [{{hook: {name}}}]}}}}}}}}, "),
        )
    };
    good(&hooks("session"));
    let typo = &bad(&hooks("sesion"))[0];
    assert_eq!(
        (typo.kind, typo.hint.as_str()),
        (Kind::BadValue, "did you mean \"session\"?")
    );
    assert_eq!(
        bad(&hooks("revoke_active_sessions"))[0].kind,
        Kind::BadValue
    );
    assert_eq!(
        bad(&hooks("show_verification_ui"))[0].kind,
        Kind::Unsupported
    );
}

#[test]
fn findings_are_sorted_shown_by_place_and_written_for_editors() {
    let findings = bad(
        "dsn: memory\nselfservice:\n  default_browser_return_url: /\nlog: {levl: info}\nsession: {lifespan: 24}\n",
    );
    let errors: Vec<_> = findings
        .iter()
        .filter(|f| f.level == Level::Error)
        .collect();
    assert_eq!(
        errors[0].to_string(),
        "test.yml:4:7: log.levl: `log` has no key `levl`\n  hint: did you mean \"level\"?"
    );
    assert_eq!((errors[1].line, errors[1].column), (5, 21));
    let json = serde_json::to_value(errors[0]).unwrap();
    assert_eq!(json["kind"], "unknown_key");
    assert_eq!(json["level"], "error");
    assert!(json.get("id").is_none());
}

#[test]
fn strange_texts_are_refused_without_a_panic() {
    let deep = format!("dsn: {}x{}", "[".repeat(80), "]".repeat(80));
    let long = format!("dsn: {}", "x".repeat(5 << 20));
    for text in [
        "",
        "\u{feff}",
        "- a",
        "a",
        "{",
        "\"",
        "? [a]: b",
        "dsn: !!binary x",
        "\0",
        "%YAML 9.9\n---\n",
        &deep,
        &long,
        "a: &a [*a]",
        "<<: 1",
    ] {
        assert!(
            read(text, false, &[]).is_err(),
            "{}",
            text.get(..20).unwrap_or(text)
        );
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

    #[test]
    fn a_damaged_file_is_read_or_refused_and_never_ends_the_process(
        at in 0..COMPOSE.len(),
        gone in 0usize..12,
        put in "[\\[\\]{}:&*'\"\t\n #$!|>a0-]{0,4}",
    ) {
        let end = (at + gone).min(COMPOSE.len());
        let text = format!("{}{put}{}", &COMPOSE[..at], &COMPOSE[end..]);
        let _ = read(&text, true, &[]);
    }
}
