//! What routes ask for beside a session, and what who lacks it is told (gateway 5, 6.3).

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::{
    config::{RequiredLevel, Verified},
    model::{Aal, AuthenticationMethod, CredentialType},
};

use super::{
    people::{People, Person},
    setup::{Gate, Reply, Upstream},
    written::{config, load},
};

struct World {
    app: Upstream,
    people: People,
    gate: Gate,
}

/// One app, behind what `access` says.
fn guarded(access: &str) -> World {
    with(access, |_| {})
}

fn with(access: &str, change: impl FnOnce(&mut vestibule::config::Config)) -> World {
    let app = Upstream::echo();
    let mut settings = config(&format!(
        "routes: [{{id: a, match: {{hosts: [a.example.com]}}, access: {access}, upstream: '{}'}}]\n",
        app.url()
    ));
    change(&mut settings);
    let people = People::new(&settings);
    let gate = Gate::with(&settings, Some(people.sessions.clone()));
    World { app, people, gate }
}

impl World {
    fn person(&self) -> Person {
        self.people.sign_in("me@Example.com", "Me")
    }

    fn ask(&self, person: &Person, lines: &str) -> Reply {
        let lines = format!("{}X-Forwarded-Proto: https\r\n{lines}", person.cookie());
        self.gate.get("a.example.com", "/x/y?q=1", &lines)
    }

    /// `200`, or the id of the refusal.
    fn said(&self, person: &Person) -> String {
        let reply = self.ask(person, "");
        match reply.status {
            200 => "200".to_owned(),
            403 => id(&reply),
            status => format!("{status}?"),
        }
    }
}

fn id(reply: &Reply) -> String {
    let body: Value = serde_json::from_slice(&reply.body).expect("JSON");
    body["error"]["id"].as_str().unwrap_or_default().to_owned()
}

/// Asks for the same thing before and after a change of the person.
fn decides(
    require: &str,
    change: impl Fn(&mut vestibule::model::Session, &mut vestibule::model::Identity),
) {
    let world = guarded(&format!("{{require: {require}}}"));
    let person = world.person();
    assert_eq!(world.said(&person), "access_denied", "{require}");
    assert!(world.app.heads().is_empty());
    world.people.change(&person, change);
    assert_eq!(world.said(&person), "200", "{require}");
}

#[test]
fn every_key_of_require_opens_to_who_has_it_and_to_nobody_else() {
    decides("{methods: [passkey, code]}", |session, _| {
        session.methods.push(AuthenticationMethod {
            method: CredentialType::Passkey,
            aal: Aal::Aal1,
            completed_at: session.issued_at,
            provider: None,
        });
    });
    decides(
        "{schemas: [default], email_domains: [example.com]}",
        |_, identity| {
            identity.verifiable_addresses[0].verified = true;
        },
    );
    decides("{emails: [Me@example.COM]}", |_, identity| {
        identity.verifiable_addresses[0].verified = true;
    });
    decides(
        "{groups: {any: [ops, admins], none: [guests]}}",
        |_, identity| {
            identity.metadata_public = json!({"groups": ["ops"]});
        },
    );
    decides("{groups: {all: [ops, wiki]}}", |_, identity| {
        identity.metadata_public = json!({"groups": ["wiki", "ops"]});
    });
    decides("{groups: {none: [wiki]}}", |_, identity| {
        identity.metadata_public = Value::Null;
    });
    decides(
        "{expression: 'identity.metadata_admin.tier == \"gold\" && request.path.startsWith(\"/x/\")'}",
        |_, identity| identity.metadata_admin = json!({"tier": "gold"}),
    );
    let world = guarded("{require: {identities: [9f425a8d-7efc-4768-8f23-7647a74fdf13]}}");
    assert_eq!(world.said(&world.person()), "access_denied");
    let world = guarded("{require: {client_ips: [10.0.0.0/8, '!10.6.0.0/16'], scopes: [a]}}");
    let person = world.person();
    let from = |ip: &str| {
        world
            .ask(&person, &format!("X-Forwarded-For: {ip}\r\n"))
            .status
    };
    assert_eq!(
        [from("10.1.2.3"), from("10.6.2.3"), from("192.0.2.1")],
        [200, 403, 403]
    );
}

#[test]
fn r_5_1_nobody_is_sent_to_prove_more_only_to_be_refused_then() {
    let world = with(
        "{require: {max_age: 15m, groups: {any: [ops]}}}",
        |settings| {
            settings.routes[0].access.require[0].aal = Some(RequiredLevel::Aal2);
        },
    );
    let person = world.person();
    world.people.with_second_factor(&person);
    world.people.change(&person, |session, _| {
        session.authenticated_at = session.issued_at.minus(Duration::from_secs(1000));
    });
    assert_eq!(world.said(&person), "access_denied");
    world.people.change(&person, |_, identity| {
        identity.metadata_public = json!({"groups": ["ops"]});
    });
    assert_eq!(world.said(&person), "session_aal2_required");
    world
        .people
        .change(&person, |session, _| session.aal = Aal::Aal2);
    assert_eq!(world.said(&person), "session_refresh_required");
    world.people.change(&person, |session, _| {
        session.authenticated_at = session.issued_at;
    });
    assert_eq!(world.said(&person), "200");
}

#[test]
fn r_5_3_one_way_of_several_is_enough_and_the_nearest_is_told() {
    let world = with(
        "{require: [{groups: {any: [ops]}, schemas: [default]}, {groups: {any: [wiki]}}]}",
        |settings| {
            for way in &mut settings.routes[0].access.require {
                way.verified = Some(Verified::Email);
            }
        },
    );
    let person = world.person();
    assert_eq!(world.said(&person), "session_verified_address_required");
    world.people.change(&person, |_, identity| {
        identity.metadata_public = json!({"groups": ["ops"]});
    });
    assert_eq!(world.said(&person), "session_verified_address_required");
    world.people.change(&person, |_, identity| {
        identity.verifiable_addresses[0].verified = true;
    });
    assert_eq!(world.said(&person), "200");
    world
        .people
        .change(&person, |_, identity| identity.metadata_public = json!({}));
    assert_eq!(world.said(&person), "access_denied");
}

#[test]
fn r_5_12_an_expression_that_fails_is_false() {
    for expression in [
        "identity.metadata_public.none.none == 1",
        "identity.metadata_public.groups > 3",
        "identity.traits.name",
    ] {
        let world = guarded(&format!("{{require: {{expression: '{expression}'}}}}"));
        assert_eq!(world.said(&world.person()), "access_denied", "{expression}");
    }
    for (expression, word) in [
        ("identity.", "character"),
        ("person.id == \"x\"", "person"),
        ("identity.schema_id", "bool"),
    ] {
        let told = load(&format!(
            "routes: [{{id: a, match: {{hosts: [a.example.com]}}, access: {{require: {{expression: '{expression}'}}}}, upstream: 'http://10.0.0.1'}}]\n"
        ))
        .expect_err(expression);
        assert!(told.contains(word), "{expression}: {told}");
        assert!(told.contains("access.require.expression"), "{told}");
    }
}

#[test]
fn a_path_that_an_expression_reads_decides_and_is_normalised() {
    let world = guarded("{require: {expression: 'request.path != \"/secret\"'}}");
    let person = world.person();
    let ask = |target: &str| {
        let lines = person.cookie();
        let reply = world.gate.get("a.example.com", target, &lines);
        (reply.status, reply.text())
    };
    assert_eq!(ask("/secret").0, 403);
    for target in ["/x/../secret", "//secret", "/%73ecret", "/./secret"] {
        assert_eq!(ask(target).0, 403, "{target}");
    }
    assert_eq!(ask("/other").0, 200);
}

#[test]
fn r_5_20_a_route_that_only_watches_lets_pass_and_says_who_somebody_is() {
    let world = guarded("{require: {groups: {any: [ops]}}, report_only: true}");
    let person = world.person();
    let reply = world.ask(&person, "");
    assert_eq!(reply.status, 200);
    assert!(
        reply.text().to_lowercase().contains("x-user-id"),
        "{}",
        reply.text()
    );
    let nobody = world.gate.get("a.example.com", "/", "");
    assert_eq!(nobody.status, 200);
    assert!(!nobody.text().to_lowercase().contains("x-user-id"));
    let foreign =
        "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n";
    let posted = world.gate.ask(format!(
        "POST / HTTP/1.1\r\nHost: a.example.com\r\n{}{foreign}\r\n",
        person.cookie()
    ));
    assert_eq!(
        posted.status, 403,
        "another site's request is no matter of access"
    );
    let closed = guarded("{mode: deny, report_only: true}");
    assert_eq!(closed.gate.get("a.example.com", "/", "").status, 403);
}

#[test]
fn r_6_10_browsers_are_led_to_what_is_missing_and_back() {
    const PAGE: &str = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    let back = "return_to=https%3A%2F%2Fa.example.com%2Fx%2Fy%3Fq%3D1";
    let old = |world: &World, person: &Person| {
        world.people.change(person, |session, _| {
            session.authenticated_at = session.issued_at.minus(Duration::from_secs(3000));
        });
    };
    for (access, flow, reason) in [
        (
            "{require: {max_age: 15m}}",
            "login/browser?refresh=true&",
            "session_refresh_required",
        ),
        (
            "{require: {}}",
            "verification/browser?",
            "session_verified_address_required",
        ),
    ] {
        let world = with(access, |settings| {
            let require = &mut settings.routes[0].access.require[0];
            require.verified = require.max_age.is_none().then_some(Verified::Any);
        });
        let person = world.person();
        old(&world, &person);
        let reply = world.ask(&person, PAGE);
        assert_eq!(reply.status, 302, "{}", reply.head);
        let location = format!("https://auth.example.com/self-service/{flow}{back}");
        assert_eq!(reply.header("location"), Some(location));
        assert_eq!(reply.header("x-vestibule-reason").as_deref(), Some(reason));
        let program = world.ask(&person, "Accept: */*\r\n");
        assert_eq!((program.status, id(&program).as_str()), (403, reason));
        assert!(program.text().contains(flow), "{}", program.text());
        let upgrade = world.ask(&person, "Connection: upgrade\r\nUpgrade: websocket\r\n");
        assert_eq!(upgrade.status, 403);
        let call = world.ask(&person, "Content-Type: application/grpc\r\n");
        assert_eq!(call.header("grpc-status").as_deref(), Some("7"));
    }
    let world = guarded("{require: {max_age: 15m}, on_insufficient: forbid}");
    let person = world.person();
    old(&world, &person);
    let reply = world.ask(&person, PAGE);
    assert_eq!(reply.status, 403, "R-6.13");
    assert_eq!(
        reply.header("x-vestibule-reason").as_deref(),
        Some("access_denied")
    );
}

#[test]
fn a_second_factor_is_asked_for_where_there_is_one_and_set_up_where_there_is_none() {
    const PAGE: &str = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    let aal2 = |access: &str| {
        with(access, |settings| {
            settings.routes[0].access.require[0].aal = Some(RequiredLevel::Aal2);
        })
    };
    let world = aal2("{require: {}}");
    let person = world.person();
    let led = world
        .ask(&person, PAGE)
        .header("location")
        .unwrap_or_default();
    assert!(
        led.contains("/self-service/settings/browser?return_to="),
        "{led}"
    );
    assert_eq!(world.said(&person), "aal2_enrollment_required");
    world.people.with_second_factor(&person);
    let led = world
        .ask(&person, PAGE)
        .header("location")
        .unwrap_or_default();
    assert!(
        led.contains("/self-service/login/browser?aal=aal2&return_to="),
        "{led}"
    );
    let strict = aal2("{require: {}, on_unenrolled: forbid}");
    assert_eq!(strict.said(&strict.person()), "access_denied");
}

#[test]
fn r_6_7_what_nobody_could_ever_have_is_refused_at_load() {
    let told = |access: &str| {
        load(&format!(
            "routes: [{{id: a, match: {{hosts: [a.example.com]}}, access: {access}, upstream: 'http://10.0.0.1'}}]\n"
        ))
        .expect_err(access)
    };
    for (access, word) in [
        ("{require: {aal: aal2}}", "aal2_unobtainable"),
        (
            "{require: [{schemas: [default]}, {aal: aal2}]}",
            "aal2_unobtainable",
        ),
        ("{require: {verified: email}}", "verification_disabled"),
        ("{require: []}", "nobody could ever get in"),
        ("{require: {emails: []}}", "nobody could ever get in"),
        (
            "{require: {methods: [pasword]}}",
            "did you mean \"password\"?",
        ),
        (
            "{require: {schemas: [staff]}}",
            "no identity schema `staff`",
        ),
        ("{require: {identities: [me]}}", "no id of an identity"),
        (
            "{mode: public, require: {schemas: [default]}}",
            "looks at nobody",
        ),
    ] {
        let told = told(access);
        assert!(told.contains(word), "{access}: {told}");
    }
}
