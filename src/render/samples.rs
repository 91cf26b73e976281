//! Every page in every state, from made-up models: for the tests here and for the contact sheet that people look at.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    Action, ErrorPage, Form, FormLinks, FormPage, GatewayErrorPage, Notice, NoticePage, Rendered,
    Renderer, SampleAppPage, UserPage,
};
use crate::ui::Container;

/// A page and what it is called on the contact sheet.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) page: Rendered,
}

/// All samples.
pub(crate) fn all(renderer: &Renderer) -> Vec<Sample> {
    let mut samples = forms(renderer);
    samples.extend(notices(renderer));
    samples.extend(gateway_errors(renderer));
    samples.extend(facts(renderer));
    samples
}

fn forms(renderer: &Renderer) -> Vec<Sample> {
    let links = FormLinks {
        login: Some("login"),
        registration: Some("registration"),
        recovery: None,
        back: Some("https://wiki.example.com/"),
        sign_out: Some("logout"),
        user: Some("user"),
    };
    let make = |name, form, ui: &Container, app, person, must_confirm| Sample {
        name,
        page: renderer.form(&FormPage {
            form,
            ui,
            languages: None,
            app,
            person,
            links,
            must_confirm,
        }),
    };
    let wiki = Some("Wiki");
    let ada = Some("ada@example.com");
    let long = Some("wissensdatenbank-der-abteilung-entwicklung.intern.example.com");
    let login_refused = with_message(
        login("ada@example.com"),
        None,
        message(4_000_006, "error", json!({})),
    );
    let one = with_message(
        registration("ada@", "", ""),
        Some("traits.email"),
        message(4_000_040, "error", json!({"value": "ada@"})),
    );
    let three = with_message(
        one.clone(),
        Some("password"),
        message(
            4_000_032,
            "error",
            json!({"min_length": 8, "actual_length": 5}),
        ),
    );
    let three = with_message(
        three,
        Some("traits.name"),
        message(4_000_002, "error", json!({"property": "name"})),
    );
    let taken = with_message(
        registration("ada@example.com", "Ada Lovelace", ""),
        None,
        message(4_000_007, "error", json!({})),
    );
    let expired = with_message(
        login("ada@example.com"),
        None,
        message(4_010_001, "error", json!({})),
    );
    let confirm = with_message(confirm(), None, message(1_010_003, "info", json!({})));
    let saved = with_message(
        settings("ada@example.com", "Ada Lovelace"),
        None,
        message(1_050_001, "success", json!({})),
    );
    let weak = with_message(
        settings("ada@example.com", "Ada Lovelace"),
        Some("password"),
        message(4_000_031, "error", json!({})),
    );
    let unknown = with_message(
        login("ada@example.com"),
        None,
        json!({"id": 4_999_999, "type": "error", "text": "A message that no catalogue knows yet, in its own words."}),
    );
    vec![
        make("login", Form::Login, &login(""), wiki, None, false),
        make("login-plain", Form::Login, &login(""), None, None, false),
        make(
            "login-refused",
            Form::Login,
            &login_refused,
            wiki,
            None,
            false,
        ),
        make("login-expired", Form::Login, &expired, long, None, false),
        make(
            "login-unknown-message",
            Form::Login,
            &unknown,
            wiki,
            None,
            false,
        ),
        make(
            "login-many-methods",
            Form::Login,
            &many_methods(),
            wiki,
            None,
            false,
        ),
        make("login-confirm", Form::Confirm, &confirm, wiki, ada, false),
        make(
            "login-second-step",
            Form::SecondFactor,
            &second_step(),
            wiki,
            ada,
            false,
        ),
        make(
            "registration",
            Form::Registration,
            &registration("", "", ""),
            wiki,
            None,
            false,
        ),
        make(
            "registration-one-problem",
            Form::Registration,
            &one,
            wiki,
            None,
            false,
        ),
        make(
            "registration-problems",
            Form::Registration,
            &three,
            wiki,
            None,
            false,
        ),
        make(
            "registration-taken",
            Form::Registration,
            &taken,
            wiki,
            None,
            false,
        ),
        make(
            "registration-every-trait",
            Form::Registration,
            &every_trait(),
            long,
            None,
            false,
        ),
        make(
            "settings",
            Form::Settings,
            &settings("ada@example.com", "Ada Lovelace"),
            wiki,
            ada,
            false,
        ),
        make("settings-saved", Form::Settings, &saved, None, ada, false),
        make(
            "settings-weak-password",
            Form::Settings,
            &weak,
            wiki,
            ada,
            true,
        ),
        make(
            "settings-long-names",
            Form::Settings,
            &settings(LONG_ADDRESS, LONG_NAME),
            long,
            Some(LONG_ADDRESS),
            true,
        ),
        make(
            "settings-many-methods",
            Form::Settings,
            &many_settings(),
            wiki,
            ada,
            true,
        ),
        make(
            "form-without-nodes",
            Form::Login,
            &container(json!([])),
            wiki,
            None,
            false,
        ),
    ]
}

fn notices(renderer: &Renderer) -> Vec<Sample> {
    let make = |name, notice, person, post, actions: &[(Action, &str)]| Sample {
        name,
        page: renderer.notice(&NoticePage {
            notice,
            languages: None,
            person,
            post,
            actions,
        }),
    };
    let ada = Some("ada@example.com");
    let start_again = [(Action::SignIn, "login"), (Action::Home, "/")];
    let failed = |name, status, id| Sample {
        name,
        page: renderer.error(&ErrorPage {
            status,
            id,
            languages: None,
            reference: Some("0b0c2f6e-9f0d-4f0e-8f53-0c5c6f7d8e90"),
            actions: &start_again,
        }),
    };
    let again = [(Action::SignInAgain, "login")];
    let stay = [(Action::Stay, "/")];
    vec![
        make("signed-out", Notice::SignedOut, None, None, &again),
        make("sign-out", Notice::SignOut, ada, Some("logout"), &stay),
        make(
            "switch",
            Notice::Switch,
            ada,
            Some("logout?sign_in_for=x"),
            &stay,
        ),
        make(
            "recovery-off",
            Notice::RecoveryOff,
            None,
            None,
            &start_again,
        ),
        make(
            "verification-off",
            Notice::VerificationOff,
            None,
            None,
            &start_again,
        ),
        make(
            "registration-off",
            Notice::RegistrationOff,
            None,
            None,
            &start_again,
        ),
        make("login-off", Notice::LoginOff, None, None, &[]),
        make("settings-off", Notice::SettingsOff, None, None, &stay),
        make(
            "cookies-blocked",
            Notice::CookiesBlocked,
            None,
            None,
            &[(Action::Retry, "login")],
        ),
        make(
            "unavailable",
            Notice::Unavailable,
            None,
            None,
            &[(Action::Retry, "")],
        ),
        make(
            "foreign-form",
            Notice::ForeignForm,
            None,
            None,
            &[(Action::Home, "/")],
        ),
        failed("error-csrf", 403, Some("security_csrf_violation")),
        failed(
            "error-return-to",
            400,
            Some("self_service_flow_return_to_forbidden"),
        ),
        failed("error-unknown", 404, None),
        failed("error-internal", 500, None),
    ]
}

fn gateway_errors(renderer: &Renderer) -> Vec<Sample> {
    let plain = GatewayErrorPage {
        status: StatusCode::BAD_GATEWAY,
        id: "upstream_unreachable",
        cause: None,
        request_id: "01JD3Y6T9V7Q5Z8K2M4N6P8R0S",
        host: "wiki.example.com",
        app: Some("Wiki"),
        person: None,
        sign_in_url: None,
        url: Some("https://wiki.example.com/pages/1?x=1"),
        languages: None,
    };
    let make = |name, page: GatewayErrorPage<'_>| Sample {
        name,
        page: renderer.gateway_error(&page),
    };
    let of = |status, id| GatewayErrorPage {
        status,
        id,
        ..plain
    };
    vec![
        make(
            "gateway-401",
            GatewayErrorPage {
                sign_in_url: Some("https://auth.example.com/self-service/login/browser"),
                ..of(StatusCode::UNAUTHORIZED, "session_inactive")
            },
        ),
        make(
            "gateway-403",
            GatewayErrorPage {
                person: Some("ada@example.com"),
                ..of(StatusCode::FORBIDDEN, "access_denied")
            },
        ),
        make(
            "gateway-404",
            GatewayErrorPage {
                app: None,
                ..of(StatusCode::NOT_FOUND, "route_not_found")
            },
        ),
        make(
            "gateway-421",
            GatewayErrorPage {
                app: None,
                cause: Some("host_outside_cookie_domain"),
                ..of(StatusCode::MISDIRECTED_REQUEST, "misdirected_request")
            },
        ),
        make("gateway-502", plain),
        make(
            "gateway-503",
            of(StatusCode::SERVICE_UNAVAILABLE, "authenticator_unavailable"),
        ),
        make(
            "gateway-504",
            of(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout"),
        ),
        make(
            "gateway-unknown",
            of(StatusCode::INTERNAL_SERVER_ERROR, "an_id_without_wording"),
        ),
    ]
}

fn facts(renderer: &Renderer) -> Vec<Sample> {
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let told: Vec<_> = [
        ("X-User-Id", "6f1c2a54-8b1e-4a57-9d0e-2f4f5a6b7c8d"),
        ("X-User-Email", "ada@example.com"),
        ("X-User-Name", "Ada Lovelace"),
        ("X-User-Groups", "staff,writers"),
    ]
    .into_iter()
    .map(pair)
    .collect();
    let others = [
        ("host", "localhost:4433"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-request-id", "01JD3Y6T9V7Q5Z8K2M4N6P8R0S"),
    ]
    .map(pair);
    let groups = ["staff".to_owned(), "writers".to_owned()];
    let names: Vec<String> = told
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    let user = UserPage {
        languages: None,
        id: "6f1c2a54-8b1e-4a57-9d0e-2f4f5a6b7c8d",
        email: Some("ada@example.com"),
        name: Some("Ada Lovelace"),
        groups: &groups,
        aal: "aal1",
        expires_at: "25 November 2026, 10:01 UTC",
        headers: &told,
        settings: Some("settings"),
        sign_out: "/.vestibule/logout",
    };
    let all: Vec<_> = told.iter().chain(&others).cloned().collect();
    let app = SampleAppPage {
        languages: None,
        method: "GET",
        host: "localhost:4433",
        path: "/some/page?with=a%20query",
        headers: &all,
        identity_headers: &names,
        settings: Some("/.vestibule/settings"),
        sign_in: Some("/.vestibule/login"),
        sign_out: "/.vestibule/logout",
    };
    vec![
        Sample {
            name: "user",
            page: renderer.user(&user),
        },
        Sample {
            name: "user-bare",
            page: renderer.user(&UserPage {
                email: None,
                name: None,
                groups: &[],
                headers: &[],
                settings: None,
                ..user
            }),
        },
        Sample {
            name: "sample-app",
            page: renderer.sample_app(&app),
        },
        Sample {
            name: "sample-app-nobody",
            page: renderer.sample_app(&SampleAppPage {
                headers: &others,
                ..app
            }),
        },
    ]
}

/// A container around nodes written as on the wire.
pub(crate) fn container(nodes: Value) -> Container {
    let whole = json!({"action": "https://auth.example.com/self-service/login?flow=6f1c2a54", "method": "POST", "nodes": nodes});
    serde_json::from_value(whole).expect("a container")
}

/// The nodes of a password login.
pub(crate) fn login(identifier: &str) -> Container {
    let label = json!({"id": 1_070_004, "text": "ID", "type": "info"});
    container(json!([
        csrf(),
        input(
            "default",
            json!({"name": "identifier", "type": "text", "value": identifier, "required": true}),
            &label
        ),
        input(
            "password",
            json!({"name": "password", "type": "password", "required": true, "autocomplete": "current-password"}),
            &plain(1_070_001, "Password")
        ),
        submit("password", "password", 1_010_022),
    ]))
}

/// The nodes of a password registration.
pub(crate) fn registration(email: &str, name: &str, password: &str) -> Container {
    container(json!([
        csrf(),
        input(
            "default",
            json!({"name": "traits.email", "type": "email", "value": email, "required": true, "autocomplete": "email"}),
            &title("Email")
        ),
        input(
            "password",
            json!({"name": "password", "type": "password", "value": password, "required": true, "autocomplete": "new-password"}),
            &plain(1_070_001, "Password")
        ),
        input(
            "default",
            json!({"name": "traits.name", "type": "text", "value": name}),
            &title("Name")
        ),
        submit("password", "password", 1_040_001),
    ]))
}

/// The nodes of settings with profile and password.
pub(crate) fn settings(email: &str, name: &str) -> Container {
    container(json!([
        csrf(),
        input(
            "profile",
            json!({"name": "traits.email", "type": "email", "value": email, "required": true, "autocomplete": "email"}),
            &title("Email")
        ),
        input(
            "profile",
            json!({"name": "traits.name", "type": "text", "value": name}),
            &title("Name")
        ),
        submit("profile", "profile", 1_070_003),
        input(
            "password",
            json!({"name": "password", "type": "password", "required": true, "autocomplete": "new-password"}),
            &plain(1_070_001, "Password")
        ),
        submit("password", "password", 1_070_003),
    ]))
}

/// The container with a message more: at the node of that name, or about the whole.
pub(crate) fn with_message(mut ui: Container, at: Option<&str>, message: Value) -> Container {
    let message = serde_json::from_value(message).expect("a message");
    let node = ui.nodes.iter_mut().find(|node| match &node.attributes {
        crate::ui::Attributes::Input(input) => Some(input.name.as_str()) == at,
        crate::ui::Attributes::Text { id, .. } => Some(id.as_str()) == at,
    });
    match node {
        Some(node) => node.messages.push(message),
        None => ui.messages.push(message),
    }
    ui
}

/// A message as on the wire.
pub(crate) fn message(id: u32, kind: &str, context: Value) -> Value {
    json!({"id": id, "type": kind, "text": format!("own text of {id}"), "context": context})
}

fn many_methods() -> Container {
    let mut ui = login("");
    let more = container(json!([
        provider("Example ID", "example"),
        submit("code", "code", 1_010_015),
        submit("passkey", "passkey", 1_010_021),
    ]));
    ui.nodes.extend(more.nodes);
    ui
}

fn second_step() -> Container {
    container(json!([
        csrf(),
        input(
            "totp",
            json!({"name": "totp_code", "type": "text", "required": true}),
            &plain(1_010_006, "Code from your authenticator app")
        ),
        submit("totp", "totp", 1_010_009),
        input(
            "lookup_secret",
            json!({"name": "lookup_secret", "type": "text", "required": true}),
            &plain(1_010_007, "Backup code")
        ),
        submit("lookup_secret", "lookup_secret", 1_010_010),
    ]))
}

fn confirm() -> Container {
    container(json!([
        csrf(),
        input(
            "default",
            json!({"name": "identifier", "type": "hidden", "value": "ada@example.com"}),
            &Value::Null
        ),
        input(
            "password",
            json!({"name": "password", "type": "password", "required": true, "autocomplete": "current-password"}),
            &plain(1_070_001, "Password")
        ),
        submit("password", "password", 1_010_001),
    ]))
}

fn every_trait() -> Container {
    container(json!([
        csrf(),
        input(
            "default",
            json!({"name": "traits.email", "type": "email", "required": true}),
            &title("Email")
        ),
        input(
            "password",
            json!({"name": "password", "type": "password", "required": true}),
            &plain(1_070_001, "Password")
        ),
        input(
            "default",
            json!({"name": "traits.name.first", "type": "text", "required": true}),
            &title("First name")
        ),
        input(
            "default",
            json!({"name": "traits.name.last", "type": "text"}),
            &Value::Null
        ),
        input(
            "default",
            json!({"name": "traits.phone", "type": "tel"}),
            &title("Phone, with country code")
        ),
        input(
            "default",
            json!({"name": "traits.age", "type": "number"}),
            &title("Age")
        ),
        input(
            "default",
            json!({"name": "traits.site", "type": "url"}),
            &title("Website")
        ),
        input(
            "default",
            json!({"name": "traits.born", "type": "date"}),
            &title("Date of birth")
        ),
        input(
            "default",
            json!({"name": "traits.team", "type": "text", "options": [{"value": "Engine room"}, {"value": "Bridge"}]}),
            &title("Team")
        ),
        input(
            "default",
            json!({"name": "traits.news", "type": "checkbox", "value": true}),
            &title("Send me news about once a month, and nothing else")
        ),
        submit("password", "password", 1_040_001),
    ]))
}

fn many_settings() -> Container {
    let mut ui = settings("ada@example.com", "Ada Lovelace");
    let more = container(json!([
        submit("oidc", "example", 1_050_003),
        submit("lookup_secret", "true", 1_050_008),
        {"type": "text", "group": "totp", "messages": [], "meta": {"label": plain(1_050_017, "Secret")},
         "attributes": {"node_type": "text", "id": "totp_secret_key", "text": {"id": 1_050_006, "type": "info", "text": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}}},
        input("totp", json!({"name": "totp_code", "type": "text", "required": true}), &plain(1_070_006, "Code from the app")),
        submit("totp", "totp", 1_070_003),
    ]));
    ui.nodes.extend(more.nodes);
    ui
}

fn csrf() -> Value {
    input(
        "default",
        json!({"name": "csrf_token", "type": "hidden", "value": "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm8=", "required": true}),
        &Value::Null,
    )
}

fn provider(name: &str, id: &str) -> Value {
    let label = json!({"id": 1_010_002, "text": format!("Sign in with {name}"), "type": "info", "context": {"provider": name}});
    input(
        "oidc",
        json!({"name": "provider", "type": "submit", "value": id}),
        &label,
    )
}

fn submit(group: &str, value: &str, label: u32) -> Value {
    input(
        group,
        json!({"name": "method", "type": "submit", "value": value}),
        &plain(label, &format!("Use {value}")),
    )
}

fn plain(id: u32, text: &str) -> Value {
    json!({"id": id, "text": text, "type": "info"})
}

fn title(text: &str) -> Value {
    json!({"id": 1_070_002, "text": text, "type": "info", "context": {"title": text, "name": text}})
}

fn input(group: &str, mut attributes: Value, label: &Value) -> Value {
    attributes["node_type"] = json!("input");
    attributes["disabled"] = json!(false);
    let meta = if label.is_null() {
        json!({})
    } else {
        json!({"label": label})
    };
    json!({"type": "input", "group": group, "attributes": attributes, "messages": [], "meta": meta})
}

const LONG_ADDRESS: &str = "augusta.ada.king.countess.of.lovelace.1815@a-rather-long-department-name.university.example.org";
const LONG_NAME: &str =
    "Augusta Ada King, Countess of Lovelace, born Byron, mathematician and writer";
