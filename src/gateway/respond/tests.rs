use super::*;
use crate::gateway::error::{Clear, Unauthenticated};

fn asker(kind: Kind, method: Method) -> Asker {
    let mut asker = Asker::new(method, RequestId::fresh(&[b'a'; 36]));
    asker.kind = kind;
    asker.sign_in = Some("https://auth.example.com/login".to_owned());
    asker
}

fn inactive() -> GatewayError {
    GatewayError::SessionInactive(Unauthenticated {
        cause: None,
        clear: Clear::Nothing,
        refused: None,
    })
}

fn all() -> Vec<GatewayError> {
    vec![
        GatewayError::Rejected("R-4.10"),
        GatewayError::BadForwardedProto,
        GatewayError::Framing,
        GatewayError::UnknownCoding,
        inactive(),
        GatewayError::AccessDenied,
        GatewayError::Csrf,
        GatewayError::RouteNotFound,
        GatewayError::MethodNotAllowed(vec!["GET".to_owned()]),
        GatewayError::RequestTimeout,
        GatewayError::PayloadTooLarge,
        GatewayError::UriTooLong,
        GatewayError::HeadersTooLarge,
        GatewayError::ExpectationFailed,
        GatewayError::HostOutsideCookieDomain,
        GatewayError::Internal,
        GatewayError::RewriteInvalid,
        GatewayError::UpstreamUnreachable,
        GatewayError::UpstreamProtocol(None),
        GatewayError::UpstreamTls("upstream_tls_name"),
        GatewayError::UpstreamUnavailable,
        GatewayError::UpstreamTimeout,
        GatewayError::Overloaded,
        GatewayError::AuthenticatorUnavailable,
        GatewayError::ClientClosed,
        GatewayError::LoopDetected,
    ]
}

#[test]
fn every_error_is_json_for_programs_and_says_who_and_why() {
    for error in all() {
        let answer = respond(&error, &asker(Kind::Api, Method::GET), &NoPages);
        assert_eq!(answer.status(), error.status());
        let body: serde_json::Value = serde_json::from_slice(answer.body()).expect("JSON");
        for key in [
            "id", "code", "status", "request", "reason", "message", "details",
        ] {
            assert!(!body["error"][key].is_null(), "{key} of {error:?}");
        }
        let headers = answer.headers();
        assert_eq!(headers["x-vestibule-reason"], error.id());
        assert!(
            headers["cache-control"]
                .to_str()
                .expect("text")
                .contains("no-store")
        );
        assert_eq!(
            headers["vary"],
            "Accept, Cookie, Authorization, Sec-Fetch-Mode"
        );
        assert!(headers.contains_key("x-request-id"));
        assert!(!body.to_string().contains("127.0.0.1"));
    }
}

#[test]
fn who_is_not_signed_in_gets_the_row_of_their_kind() {
    let rows = [
        (Kind::Navigation, Method::GET, 302, true),
        (Kind::Navigation, Method::HEAD, 302, true),
        (Kind::Navigation, Method::POST, 303, true),
        (Kind::Frame, Method::GET, 401, false),
        (Kind::Fetch, Method::GET, 401, false),
        (Kind::Api, Method::GET, 401, false),
        (Kind::Upgrade, Method::GET, 401, false),
        (Kind::Grpc, Method::POST, 200, false),
    ];
    for (kind, method, status, located) in rows {
        let answer = respond(&inactive(), &asker(kind, method), &NoPages);
        assert_eq!(answer.status(), status, "{kind:?}");
        assert_eq!(
            answer.headers().contains_key("location"),
            located,
            "{kind:?}"
        );
        assert_eq!(
            answer.headers().contains_key("www-authenticate"),
            kind == Kind::Api,
            "{kind:?}"
        );
    }
}

#[test]
fn a_route_may_fix_the_answer() {
    let answer = |choice, kind| {
        let mut asker = asker(kind, Method::GET);
        asker.on_unauthenticated = choice;
        respond(&inactive(), &asker, &NoPages)
    };
    assert_eq!(answer(OnUnauthenticated::Redirect, Kind::Api).status(), 302);
    assert_eq!(
        answer(OnUnauthenticated::Json, Kind::Navigation).status(),
        401
    );
    assert_eq!(
        answer(OnUnauthenticated::Redirect, Kind::Upgrade).status(),
        401
    );
    let challenge = answer(OnUnauthenticated::Challenge, Kind::Navigation);
    assert!(challenge.headers().contains_key("www-authenticate"));
}

#[test]
fn grpc_clients_read_the_status_from_headers() {
    let answer = respond(&inactive(), &asker(Kind::Grpc, Method::POST), &NoPages);
    assert_eq!(answer.headers()["grpc-status"], "16");
    let answer = respond(
        &GatewayError::RouteNotFound,
        &asker(Kind::Grpc, Method::POST),
        &NoPages,
    );
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["grpc-status"]),
        (200, &HeaderValue::from(12))
    );
}

#[test]
fn head_has_no_body() {
    let answer = respond(
        &GatewayError::RouteNotFound,
        &asker(Kind::Api, Method::HEAD),
        &NoPages,
    );
    assert!(answer.body().is_empty());
}
