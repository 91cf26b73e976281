//! Requests as real programs send them, and the answer each must get: the proxy column of the case list.

use std::time::Duration;

use serde_json::Value;
use vestibule::{
    config::{AccessMode, Authenticator, Require, RequiredLevel, Verified},
    crypto::SessionToken,
    model::Reach,
};

use super::{
    config::{config, route},
    people::People,
    setup::{Gate, Reply, Upstream},
};
use crate::support::gateway::shared;

pub(super) struct World {
    pub(super) app: Upstream,
    pub(super) people: People,
    pub(super) gate: Gate,
}

/// A gateway with the list's routes, behind a trusted peer that speaks TLS with the client.
pub(super) fn world(list: &Value, decisions: bool) -> World {
    let app = Upstream::echo();
    let mut settings = config();
    settings.gateway.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    settings.routes = known_routes(list)
        .filter_map(|listed| {
            let host = listed["host"].as_str()?;
            let id = host.replace('.', "-");
            let mut route = route(&id, &[host], AccessMode::Authenticated, &app.url());
            route.access.require.extend(require(&listed["require"]));
            let ways = listed["authenticators"].as_array().into_iter().flatten();
            route.access.authenticators = ways
                .filter_map(|way| Authenticator::built_in(way.as_str()?))
                .collect();
            Some(route)
        })
        .collect();
    settings.serve.decisions = decisions.then(super::decisions::decisions);
    let people = People::new(&settings);
    let gate = Gate::with(&settings, Some(people.sessions.clone()));
    World { app, people, gate }
}

/// What a route of the list asks for beside a session.
fn require(listed: &Value) -> Option<Require> {
    let words = |list: &Value| -> Vec<String> {
        let texts = list.as_array().into_iter().flatten();
        texts
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    listed.as_object().map(|keys| {
        let mut require = Require::default();
        for (key, value) in keys {
            match (key.as_str(), value.as_str()) {
                ("aal", Some("aal2")) => require.aal = Some(RequiredLevel::Aal2),
                ("max_age", Some("15m")) => require.max_age = Some(Duration::from_secs(900)),
                ("verified", Some("email")) => require.verified = Some(Verified::Email),
                ("groups", None) => require.groups.any = words(&value["any"]),
                _ => panic!("the list asks for {key}: {value}"),
            }
        }
        require
    })
}

/// Routes without CORS, which is not there yet: asked across origins, the others would answer without its fields.
fn known_routes(list: &Value) -> impl Iterator<Item = &Value> {
    let routes = list["routes"].as_array().expect("routes").iter();
    routes.filter(|route| route.get("cors").is_none())
}

/// The head lines that carry the case's credential; nothing for credentials that are not built yet.
pub(super) fn credential(world: &World, kind: &str) -> Option<String> {
    match kind {
        // A token stands in the case's own fields.
        "none" | "pat" | "pat_aal1" => Some(String::new()),
        "unknown_cookie" | "expired_cookie" => Some(format!(
            "Cookie: ory_kratos_session={}\r\n",
            SessionToken::for_cookie().as_str()
        )),
        "session" | "session_and_store_down" => {
            Some(world.people.sign_in("me@example.com", "Me").cookie())
        }
        "disabled_identity" => {
            let person = world.people.sign_in("gone@example.com", "Gone");
            world.people.deactivate(&person);
            Some(person.cookie())
        }
        "wrong_group" | "unverified" | "aal1_without_second_factor" => {
            Some(world.people.sign_in("low@example.com", "Low").cookie())
        }
        "old_session" => {
            let person = world.people.sign_in("old@example.com", "Old");
            world.people.change(&person, |session, _| {
                session.authenticated_at = session.issued_at.minus(Duration::from_secs(901));
            });
            Some(person.cookie())
        }
        "aal1_with_second_factor" => {
            let person = world.people.sign_in("two@example.com", "Two");
            world.people.with_second_factor(&person);
            Some(person.cookie())
        }
        _ => None,
    }
}

/// The case's request with its token filled in.
pub(super) fn filled(world: &World, request: &Value) -> Value {
    let token = world.people.token("me@example.com", Reach::default());
    let pair = format!("token:{}", token.text);
    let pair = data_encoding::BASE64.encode(pair.as_bytes());
    let text = request.to_string();
    let text = text.replace("{{basic token:PAT}}", &pair);
    let text = text.replace("{{PAT}}", &token.text);
    serde_json::from_str(&text).expect("it was JSON")
}

fn ask(world: &World, request: &Value, credential: &str) -> Reply {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let version = request["version"].as_str().unwrap_or("HTTP/1.1");
    let mut bytes = format!(
        "{} {} {version}\r\nHost: {}\r\nX-Forwarded-Proto: https\r\n",
        text("method"),
        text("target"),
        text("host")
    );
    for line in request["headers"].as_array().into_iter().flatten() {
        bytes.push_str(line.as_str().unwrap_or_default());
        bytes.push_str("\r\n");
    }
    bytes.push_str(credential);
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    match text("body").strip_prefix("base64:") {
        Some(encoded) => bytes.extend(
            data_encoding::BASE64
                .decode(encoded.as_bytes())
                .expect("base64"),
        ),
        None => bytes.extend_from_slice(text("body").as_bytes()),
    }
    world.gate.ask(bytes)
}

/// What differs from the expectation.
fn differences(reply: &Reply, expected: &Value, reached: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut differs = |what: &str, wanted: &Value, got: Value| {
        if !wanted.is_null() && *wanted != got {
            found.push(format!("{what}: expected {wanted}, got {got}"));
        }
    };
    let field = |name: &str| reply.header(name).map_or(Value::Null, Value::from);
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let media = reply.header("content-type").unwrap_or_default();
    differs("status", &expected["status"], reply.status.into());
    differs(
        "type",
        &expected["type"],
        media.split(';').next().unwrap_or_default().into(),
    );
    differs("location", &expected["location"], field("location"));
    differs("reason", &expected["reason"], field("x-vestibule-reason"));
    let named = if media.starts_with("application/json") && !reply.body.is_empty() {
        body["error"]["id"].clone()
    } else {
        field("x-vestibule-reason")
    };
    differs("error", &expected["error"], named);
    differs(
        "cause",
        &expected["cause"],
        body["error"]["details"]["cause"].clone(),
    );
    let (wanted, led) = (
        &expected["redirect_browser_to"],
        &body["redirect_browser_to"],
    );
    let part = wanted
        .as_str()
        .and_then(|text| text.strip_prefix("contains "));
    if !led
        .as_str()
        .zip(part)
        .is_some_and(|(led, part)| led.contains(part))
    {
        differs("redirect_browser_to", wanted, led.clone());
    }
    differs("upstream", &expected["upstream"], reached.into());
    let grpc = reply
        .header("grpc-status")
        .and_then(|status| status.parse::<u64>().ok());
    differs(
        "grpc_status",
        &expected["grpc_status"],
        grpc.map_or(Value::Null, Value::from),
    );
    found.extend(lists(reply, expected));
    found.extend(always(reply, &body, reached));
    found
}

fn lists(reply: &Reply, expected: &Value) -> Vec<String> {
    let words = |key: &str| -> Vec<String> {
        let listed = expected[key].as_array().into_iter().flatten();
        listed
            .filter_map(|word| word.as_str().map(ToOwned::to_owned))
            .collect()
    };
    let offered = reply.header("www-authenticate").unwrap_or_default();
    let mut found = Vec::new();
    found.extend(
        words("challenges")
            .into_iter()
            .filter(|scheme| !offered.starts_with(scheme.as_str())),
    );
    found.extend(
        words("no_challenges")
            .into_iter()
            .filter(|scheme| offered.starts_with(scheme.as_str())),
    );
    found.extend(
        words("has_headers")
            .into_iter()
            .filter(|name| reply.header(name).is_none()),
    );
    found.extend(
        words("no_headers")
            .into_iter()
            .filter(|name| reply.header(name).is_some()),
    );
    if expected["body"] == "empty" && !reply.body.is_empty() {
        found.push("a body".to_owned());
    }
    if let Some(cookie) = expected["clears"].as_str() {
        let cleared = reply.header("set-cookie").unwrap_or_default();
        if !cleared.starts_with(cookie) || !cleared.contains("Max-Age=0") {
            found.push(format!("{cookie} is not cleared: {cleared}"));
        }
    }
    found
}

/// What holds for every redirect, 401 and 403 of ours.
fn always(reply: &Reply, body: &Value, reached: bool) -> Vec<String> {
    if reached || !matches!(reply.status, 302 | 303 | 401 | 403) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let field = |name: &str| reply.header(name).unwrap_or_default();
    if !field("cache-control").contains("no-store") {
        found.push("it may be kept".to_owned());
    }
    if field("x-request-id").is_empty() || field("x-vestibule-reason").is_empty() {
        found.push("it does not name itself".to_owned());
    }
    for name in ["Accept", "Cookie", "Authorization", "Sec-Fetch-Mode"] {
        if !field("vary").contains(name) {
            found.push(format!("it does not vary by {name}"));
        }
    }
    if field("content-type").starts_with("application/json") && !reply.body.is_empty() {
        for key in ["id", "code", "status", "request", "reason", "message"] {
            if body["error"][key].is_null() {
                found.push(format!("error.{key} is missing"));
            }
        }
    }
    found
}

/// The list of client cases, where it lies beside the checkout.
pub(super) fn cases() -> Option<Value> {
    let Some(path) = shared("cases/clients.yaml") else {
        eprintln!(
            "SKIPPED: the list of client cases is not here; name its folder in VESTIBULE_SHARED"
        );
        return None;
    };
    let text = std::fs::read_to_string(path).expect("readable");
    Some(serde_saphyr::from_str(&text).expect("YAML"))
}

/// Hosts of those.
pub(super) fn known_hosts(list: &Value) -> Vec<&str> {
    known_routes(list)
        .filter_map(|route| route["host"].as_str())
        .collect()
}

#[test]
fn programs_get_the_answer_they_understand() {
    let Some(list) = cases() else { return };
    let hosts = known_hosts(&list);
    let (mut driven, mut failures, mut others) = (0, Vec::new(), Vec::new());
    for case in list["cases"].as_array().expect("cases") {
        let (id, title) = (
            case["id"].as_str().unwrap_or("?"),
            case["title"].as_str().unwrap_or("?"),
        );
        let host = case["request"]["host"].as_str().unwrap_or_default();
        let bare = host.split(':').next().unwrap_or_default();
        let expected = &case["expect"]["proxy"];
        let world = world(&list, false);
        let kind = case["credential"].as_str().unwrap_or("none");
        let version = case["request"]["version"].as_str().unwrap_or("HTTP/1.1");
        let credential = credential(&world, kind)
            .filter(|_| hosts.contains(&bare) && !expected.is_null() && version != "HTTP/2");
        let Some(credential) = credential else {
            others.push(id.to_owned());
            continue;
        };
        world.people.down(kind == "session_and_store_down");
        let reply = ask(&world, &filled(&world, &case["request"]), &credential);
        let found = differences(&reply, expected, !world.app.heads().is_empty());
        driven += 1;
        if !found.is_empty() {
            failures.push(format!("{id} {title}: {}", found.join("; ")));
        }
    }
    eprintln!(
        "{driven} client cases driven; not driven yet: {}",
        others.join(" ")
    );
    assert!(
        failures.is_empty(),
        "{} of {driven}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
