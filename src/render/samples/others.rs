//! Pages without a flow: notices, errors, facts.

use http::StatusCode;

use super::Sample;
use crate::render::{
    Action, ErrorPage, GatewayErrorPage, MailboxMessage, MailboxPage, MailboxRow, Notice,
    NoticePage, Renderer, SampleAppPage, UserPage,
};

pub(super) fn notices(renderer: &Renderer) -> Vec<Sample> {
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
            wait: Some("30 seconds"),
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
        failed("error-rate-limited", 429, Some("rate_limited")),
        failed("error-unknown", 404, None),
        failed("error-internal", 500, None),
    ]
}

pub(super) fn gateway_errors(renderer: &Renderer) -> Vec<Sample> {
    let plain = GatewayErrorPage {
        status: StatusCode::BAD_GATEWAY,
        id: "upstream_unreachable",
        cause: None,
        reason: None,
        request_id: "01JD3Y6T9V7Q5Z8K2M4N6P8R0S",
        host: Some("wiki.example.com"),
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
            "gateway-nameless",
            GatewayErrorPage::new(StatusCode::BAD_GATEWAY, "upstream_unreachable", "01JD3Y6T"),
        ),
        make(
            "gateway-unknown",
            of(StatusCode::INTERNAL_SERVER_ERROR, "an_id_without_wording"),
        ),
    ]
}

pub(super) fn facts(renderer: &Renderer) -> Vec<Sample> {
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

pub(super) fn mailbox(renderer: &Renderer) -> Vec<Sample> {
    let row = |subject: &str, to: &str, at: &str, status: &str| MailboxRow {
        href: "mailbox?message=x".to_owned(),
        subject: subject.to_owned(),
        to: to.to_owned(),
        at: at.to_owned(),
        status: status.to_owned(),
    };
    let rows = [
        row(
            "418230 confirms your address",
            "ada@example.com",
            "25 November, 10:01:22 UTC",
            "queued",
        ),
        row(
            "No account with this address at auth.example.com",
            "somebody.with.a.very.long.name@department.of.a.very.long.name.example.com",
            "25 November, 10:00:01 UTC",
            "sent",
        ),
        row(
            "104477 is your code to sign in at auth.example.com.",
            "+4915112345678",
            "25 November, 9:58:40 UTC",
            "abandoned",
        ),
    ];
    let open = MailboxMessage {
        subject: "418230 confirms your address".to_owned(),
        to: "ada@example.com".to_owned(),
        at: "25 November, 10:01:22 UTC".to_owned(),
        status: "sent".to_owned(),
        template: "verification_code_valid".to_owned(),
        code: Some("418230".to_owned()),
        link: Some("https://auth.example.com/self-service/verification?code=418230&flow=x".to_owned()),
        text: "Confirm your address\n\nTo confirm that this address is yours, type this code at auth.example.com:\n\n418230\n"
            .to_owned(),
        html: None,
    };
    let make = |name, rows, open| Sample {
        name,
        page: renderer.mailbox(&MailboxPage {
            languages: None,
            rows,
            open,
        }),
    };
    vec![
        make("mailbox-empty", &[], None),
        make("mailbox", &rows, None),
        make("mailbox-message", &[], Some(&open)),
    ]
}
