//! Runs Ory's Rust client against a gateway: `vestibule-sdk-rust GATEWAY_URL HASTY_URL`.
//!
//! HASTY_URL is a second gateway, whose log-in flows run out within seconds. Panics where a story does not hold.
//!
//! No release of this crate decodes an answer with nodes or a `continue_with` list, whatever server sends it: serde takes the member
//! that tells the variants apart, and the variant then misses it (ory/kratos-client-rust#3). So a flow is read as plain JSON here, and
//! where such an answer follows a submission, [`accepted`] takes exactly that complaint for the success it stands for.

use std::{fmt::Debug, time::Duration};

use ory_kratos_client::{
    apis::{Error, configuration::Configuration, frontend_api as frontend},
    models,
};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde_json::{Value, json};

const PASSWORD: &str = "a plain long passphrase 7";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let gateway = arguments.next().expect("the gateway's URL");
    let hasty = arguments.next().expect("the hasty gateway's URL");
    native_program(&program(&gateway)).await;
    println!("ok     a native program");
    browser(&visitor(&gateway)).await;
    println!("ok     a browser");
    late(&program(&hasty), false).await;
    println!("ok     a native program that sends cookies, and comes late");
    late(&visitor(&hasty), true).await;
    println!("ok     a browser that comes late");
}

fn program(base: &str) -> Configuration {
    Configuration {
        base_path: base.trim_end_matches('/').to_owned(),
        ..Configuration::default()
    }
}

/// A client that keeps cookies and asks for JSON, which the generated one does not by itself.
fn visitor(base: &str) -> Configuration {
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    let client = reqwest::Client::builder()
        .cookie_store(true)
        .default_headers(headers);
    Configuration {
        client: client.build().expect("a client"),
        ..program(base)
    }
}

fn someone(who: &str) -> String {
    format!("rust{}.{who}@example.com", std::process::id())
}

async fn native_program(api: &Configuration) {
    let email = someone("native");
    let flow = read(api, "registration/api", None).await;
    accepted(
        frontend::update_registration_flow(api, &id(&flow), registration(&email, None), None).await,
    );

    let flow = read(api, "login/api", None).await;
    let wrong = login(&email, "not the password", None);
    let (status, body) =
        refused(frontend::update_login_flow(api, &id(&flow), wrong, None, None).await);
    assert_eq!(
        (status, first_message(&body)),
        (400, Some(4_000_006)),
        "{body}"
    );
    let right = login(&email, PASSWORD, None);
    let signed_in = frontend::update_login_flow(api, &id(&flow), right, None, None)
        .await
        .expect("a session");
    let token = signed_in.session_token.expect("a token");
    let token = Some(token.as_str());
    assert!(token.is_some_and(|token| token.starts_with("ory_st_")));
    let session = frontend::to_session(api, token, None, None)
        .await
        .expect("a session");
    assert_eq!(
        session.identity.as_ref().expect("a person").traits,
        Some(json!({"email": email}))
    );

    let flow = read(api, "settings/api", token).await;
    accepted(
        frontend::update_settings_flow(api, &id(&flow), rename(&email, None), token, None).await,
    );
    let renamed = frontend::to_session(api, token, None, None)
        .await
        .expect("a session")
        .identity
        .expect("a person");
    assert_eq!(renamed.traits, Some(json!({"email": email, "name": "Ada"})));

    let flow = read(api, "login/api?refresh=true", token).await;
    let again = login(&email, PASSWORD, None);
    let proved = frontend::update_login_flow(api, &id(&flow), again, token, None)
        .await
        .expect("refreshed")
        .session;
    assert_eq!(proved.id, session.id);
    assert!(proved.authenticated_at > session.authenticated_at);

    let body = models::PerformNativeLogoutBody::new(token.unwrap_or_default().to_owned());
    frontend::perform_native_logout(api, body)
        .await
        .expect("signed out");
    assert_eq!(
        refused(frontend::to_session(api, token, None, None).await).0,
        401
    );
}

async fn browser(api: &Configuration) {
    let email = someone("browser");
    assert_eq!(
        refused(frontend::to_session(api, None, None, None).await).0,
        401
    );
    let flow = read(api, "registration/browser", None).await;
    let body = registration(&email, value(&flow, "csrf_token"));
    accepted(frontend::update_registration_flow(api, &id(&flow), body, None).await);
    frontend::to_session(api, None, None, None)
        .await
        .expect("a session");
    let link = frontend::create_browser_logout_flow(api, None, None)
        .await
        .expect("a link");
    frontend::update_logout_flow(api, Some(&link.logout_token), None, None)
        .await
        .expect("signed out");
    assert_eq!(
        refused(frontend::to_session(api, None, None, None).await).0,
        401
    );

    let flow = read(api, "login/browser", None).await;
    let csrf = || value(&flow, "csrf_token");
    let wrong = login(&email, "not the password", csrf());
    let (status, body) =
        refused(frontend::update_login_flow(api, &id(&flow), wrong, None, None).await);
    assert_eq!(
        (status, first_message(&body)),
        (400, Some(4_000_006)),
        "{body}"
    );
    let forged = login(&email, PASSWORD, Some("from somewhere else".to_owned()));
    let (status, body) =
        refused(frontend::update_login_flow(api, &id(&flow), forged, None, None).await);
    assert_eq!(
        (status, body["error"]["id"].as_str()),
        (403, Some("security_csrf_violation")),
        "{body}"
    );
    accepted(
        frontend::update_login_flow(api, &id(&flow), login(&email, PASSWORD, csrf()), None, None)
            .await,
    );
    let session = frontend::to_session(api, None, None, None)
        .await
        .expect("a session");

    let flow = read(api, "settings/browser", None).await;
    let body = rename(&email, value(&flow, "csrf_token"));
    accepted(frontend::update_settings_flow(api, &id(&flow), body, None, None).await);

    let flow = read(api, "login/browser?refresh=true", None).await;
    let known = value(&flow, "identifier").expect("whose session it is");
    let body = login(&known, PASSWORD, value(&flow, "csrf_token"));
    accepted(frontend::update_login_flow(api, &id(&flow), body, None, None).await);
    let proved = frontend::to_session(api, None, None, None)
        .await
        .expect("a session");
    assert_eq!(proved.id, session.id);
    assert!(proved.authenticated_at > session.authenticated_at);
    assert_eq!(
        proved.identity.expect("a person").traits,
        Some(json!({"email": email, "name": "Ada"}))
    );
}

async fn late(api: &Configuration, in_browser: bool) {
    let flow = read(
        api,
        if in_browser {
            "login/browser"
        } else {
            "login/api"
        },
        None,
    )
    .await;
    let body = || login(&someone("late"), PASSWORD, value(&flow, "csrf_token"));
    if !in_browser {
        let sent =
            frontend::update_login_flow(api, &id(&flow), body(), None, Some("from=a browser"))
                .await;
        let (status, answer) = refused(sent);
        assert_eq!(
            (status, first_message(&answer)),
            (400, Some(4_000_001)),
            "{answer}"
        );
    }
    while is_there(frontend::get_login_flow(api, &id(&flow), None).await) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (status, answer) =
        refused(frontend::update_login_flow(api, &id(&flow), body(), None, None).await);
    assert_eq!(
        (status, answer["error"]["id"].as_str()),
        (410, Some("self_service_flow_expired")),
        "{answer}"
    );
    let next = answer["use_flow_id"]
        .as_str()
        .expect("the flow to go on with");
    let next = read(api, &format!("login/flows?id={next}"), None).await;
    assert_eq!(first_message(&next), Some(4_010_001), "{next}");
}

fn login(email: &str, password: &str, csrf_token: Option<String>) -> models::UpdateLoginFlowBody {
    let mut body = models::UpdateLoginFlowWithPasswordMethod::new(
        email.into(),
        "password".into(),
        password.into(),
    );
    body.csrf_token = csrf_token;
    models::UpdateLoginFlowBody::Password(Box::new(body))
}

fn registration(email: &str, csrf_token: Option<String>) -> models::UpdateRegistrationFlowBody {
    let traits = json!({"email": email});
    let mut body = models::UpdateRegistrationFlowWithPasswordMethod::new(
        "password".into(),
        PASSWORD.into(),
        traits,
    );
    body.csrf_token = csrf_token;
    models::UpdateRegistrationFlowBody::Password(Box::new(body))
}

fn rename(email: &str, csrf_token: Option<String>) -> models::UpdateSettingsFlowBody {
    let traits = json!({"email": email, "name": "Ada"});
    let mut body = models::UpdateSettingsFlowWithProfileMethod::new("profile".into(), traits);
    body.csrf_token = csrf_token;
    models::UpdateSettingsFlowBody::Profile(Box::new(body))
}

/// A flow as the crate's client gets it, undecoded.
async fn read(api: &Configuration, way: &str, token: Option<&str>) -> Value {
    let mut request = api
        .client
        .get(format!("{}/self-service/{way}", api.base_path));
    if let Some(token) = token {
        request = request.header("X-Session-Token", token);
    }
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{way}");
    answer.json().await.expect("a flow")
}

fn id(flow: &Value) -> String {
    flow["id"].as_str().expect("an id").to_owned()
}

fn value(flow: &Value, name: &str) -> Option<String> {
    let node = flow["ui"]["nodes"]
        .as_array()?
        .iter()
        .find(|node| node["attributes"]["name"] == name)?;
    Some(node["attributes"]["value"].as_str()?.to_owned())
}

fn first_message(flow: &Value) -> Option<u64> {
    flow["ui"]["messages"][0]["id"].as_u64()
}

/// The answer said success, decoded or not.
fn accepted<T, E: Debug>(answer: Result<T, Error<E>>) {
    let said = format!("{:?}", answer.as_ref().err());
    assert!(is_there(answer), "{said}");
}

fn is_there<T, E: Debug>(answer: Result<T, Error<E>>) -> bool {
    match answer {
        Ok(_) => true,
        Err(Error::Serde(error)) => {
            let known = ["missing field `node_type`", "missing field `action`"];
            let text = error.to_string();
            assert!(known.iter().any(|known| text.starts_with(known)), "{text}");
            true
        }
        Err(Error::ResponseError(_)) => false,
        Err(error) => panic!("{error:?}"),
    }
}

/// Status and body of an answer that must be an error.
fn refused<T: Debug, E: Debug>(answer: Result<T, Error<E>>) -> (u16, Value) {
    match answer {
        Err(Error::ResponseError(answer)) => (
            answer.status.as_u16(),
            serde_json::from_str(&answer.content).unwrap_or_default(),
        ),
        other => panic!("an error was expected: {other:?}"),
    }
}
