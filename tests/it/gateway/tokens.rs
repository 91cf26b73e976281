//! Personal access tokens at the gateway, by themselves and as passwords (gateway 7, `pat` and `basic`; ).

use vestibule::model::Reach;

use super::{
    people::{People, Person, Token},
    setup::{Gate, Reply, Upstream},
    written::config,
};

struct World {
    app: Upstream,
    people: People,
    gate: Gate,
}

fn guarded(access: &str) -> World {
    let app = Upstream::echo();
    let settings = config(&format!(
        "routes: [{{id: a, match: {{hosts: [a.example.com]}}, access: {access}, upstream: '{}'}}]\n",
        app.url()
    ));
    let people = People::new(&settings);
    let gate = Gate::with(&settings, Some(people.sessions.clone()));
    World { app, people, gate }
}

impl World {
    fn token(&self, reach: Reach) -> Token {
        self.people.token("me@example.com", reach)
    }

    fn ask(&self, lines: &str) -> Reply {
        self.gate.get("a.example.com", "/x", lines)
    }

    fn post(&self, lines: &str) -> Reply {
        let head = "POST /x HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 0\r\n";
        self.gate.ask(format!("{head}{lines}\r\n"))
    }
}

/// `200`, or the status and the id of the refusal.
fn said(reply: &Reply) -> String {
    match reply.header("x-vestibule-reason") {
        Some(reason) => format!("{} {reason}", reply.status),
        None => reply.status.to_string(),
    }
}

const EVERY_WAY: &str = "{authenticators: [session, basic, pat]}";

#[test]
fn r_7_1_a_token_opens_routes_that_take_tokens_and_no_others() {
    for (access, bearer, basic) in [
        (
            "authenticated",
            "401 session_inactive",
            "401 session_inactive",
        ),
        ("{authenticators: [pat]}", "200", "401 session_inactive"),
        ("{authenticators: [basic]}", "401 session_inactive", "200"),
        (EVERY_WAY, "200", "200"),
    ] {
        let world = guarded(access);
        let token = world.token(Reach::default());
        assert_eq!(said(&world.ask(&token.bearer())), bearer, "{access}");
        assert_eq!(said(&world.ask(&token.basic("token"))), basic, "{access}");
    }
}

#[test]
fn r_7_1_the_app_is_told_whose_token_it_is_and_never_the_token() {
    let world = guarded(EVERY_WAY);
    let token = world.token(Reach::default());
    for line in [token.bearer(), token.basic("token")] {
        let reply = world.ask(&line);
        assert_eq!(reply.status, 200);
        let head = world
            .app
            .heads()
            .pop()
            .expect("the app was asked")
            .to_lowercase();
        assert!(
            head.contains(&format!("x-user-id: {}", token.owner)),
            "{head}"
        );
        assert!(!head.contains("authorization"), "{head}");
    }
}

#[test]
fn r_0_3_a_token_is_kept_from_apps_that_do_not_ask_for_it_either() {
    let world = guarded("public");
    let token = world.token(Reach::default());
    for line in [token.bearer(), token.basic("someone")] {
        assert_eq!(world.ask(&line).status, 200);
        let head = world
            .app
            .heads()
            .pop()
            .expect("the app was asked")
            .to_lowercase();
        assert!(!head.contains("authorization"), "{head}");
    }
    world.ask("Authorization: Basic YTpi\r\n");
    let head = world.app.heads().pop().expect("the app was asked");
    assert!(
        head.contains("YTpi"),
        "what is the app's own passes: {head}"
    );
}

#[test]
fn r_7_1_a_bad_token_is_refused_whatever_else_comes_with_it() {
    let world = guarded("{authenticators: [pat, basic, session]}");
    let good = world.token(Reach::default());
    let person = world.people.sign_in("you@example.com", "You");
    let broken = format!("{}x\r\n", good.bearer().trim_end());
    let stranger = Token::unknown();
    for line in [
        broken,
        stranger.bearer(),
        good.basic("somebody@else.com"),
        "Authorization: Basic !!!\r\n".to_owned(),
        "Authorization: Basic bm9jb2xvbg==\r\n".to_owned(),
        format!("Authorization: Basic {}\r\n", "YTpi".repeat(200)),
    ] {
        let line = format!("{line}{}", person.cookie());
        assert_eq!(said(&world.ask(&line)), "401 credential_invalid", "{line}");
    }
    for name in ["token", "me@example.com", "ME@Example.com"] {
        assert_eq!(said(&world.ask(&good.basic(name))), "200", "{name}");
    }
}

#[test]
fn r_7_1_a_stale_cookie_is_no_reason_to_refuse_a_good_token() {
    let world = guarded(EVERY_WAY);
    let token = world.token(Reach::default());
    let person = world.people.sign_in("you@example.com", "You");
    let both = |person: &Person| format!("{}{}", person.cookie(), token.bearer());
    assert_eq!(said(&world.ask(&both(&person))), "200");
    world.people.revoke(&person);
    assert_eq!(said(&world.ask(&both(&person))), "200");
    let head = world
        .app
        .heads()
        .pop()
        .expect("the app was asked")
        .to_lowercase();
    assert!(head.contains(&token.owner.to_string()), "{head}");
}

#[test]
fn a_token_that_was_taken_back_opens_nothing_from_then_on() {
    let world = guarded(EVERY_WAY);
    let token = world.token(Reach::default());
    assert_eq!(said(&world.ask(&token.bearer())), "200");
    world.people.take_back(&token);
    assert_eq!(said(&world.ask(&token.bearer())), "401 credential_invalid");
}

#[test]
fn r_7_1_a_store_that_is_down_is_no_reason_to_throw_a_token_away() {
    let world = guarded(EVERY_WAY);
    let token = world.token(Reach::default());
    world.people.down(true);
    assert_eq!(
        said(&world.ask(&token.bearer())),
        "503 authenticator_unavailable"
    );
}

#[test]
fn a_token_reaches_no_further_than_its_owner_said() {
    let world = guarded(EVERY_WAY);
    let all = Reach::default;
    for (reach, get, post) in [
        (all(), "200", "200"),
        (
            Reach {
                read_only: true,
                ..all()
            },
            "200",
            "403 access_denied",
        ),
        (
            Reach {
                routes: vec!["a".to_owned()],
                ..all()
            },
            "200",
            "200",
        ),
        (
            Reach {
                routes: vec!["b".to_owned()],
                ..all()
            },
            "403 access_denied",
            "403 access_denied",
        ),
        (
            Reach {
                networks: vec!["127.0.0.0/8".parse().expect("a network")],
                ..all()
            },
            "200",
            "200",
        ),
        (
            Reach {
                networks: vec!["192.0.2.0/24".parse().expect("a network")],
                ..all()
            },
            "403 access_denied",
            "403 access_denied",
        ),
    ] {
        let token = world.token(reach.clone());
        assert_eq!(said(&world.ask(&token.bearer())), get, "{reach:?}");
        assert_eq!(said(&world.post(&token.bearer())), post, "{reach:?}");
    }
}

#[test]
fn scopes_are_asked_of_tokens_and_not_of_sessions() {
    let world = guarded("{authenticators: [session, pat], require: {scopes: [read, write]}}");
    let with = |scopes: &[&str]| {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        world
            .token(Reach {
                scopes,
                ..Reach::default()
            })
            .bearer()
    };
    assert_eq!(said(&world.ask(&with(&["write", "read", "more"]))), "200");
    assert_eq!(said(&world.ask(&with(&["read"]))), "403 access_denied");
    assert_eq!(said(&world.ask(&with(&[]))), "403 access_denied");
    let person = world.people.sign_in("you@example.com", "You");
    assert_eq!(said(&world.ask(&person.cookie())), "200");
}

#[test]
fn r_6_11_a_token_is_never_sent_to_sign_in_again() {
    let world = guarded("{authenticators: [session, pat], require: {max_age: 15m}}");
    let token = world.token(Reach::default());
    let page = "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n";
    for more in ["", page] {
        let reply = world.ask(&format!("{}{more}", token.bearer()));
        assert_eq!(said(&reply), "403 session_refresh_required");
        assert_eq!(reply.header("location"), None);
    }
}

#[test]
fn r_6_1_programs_that_know_basic_are_asked_for_it_and_browsers_never() {
    let world = guarded(EVERY_WAY);
    let offered = world.ask("").header("www-authenticate");
    assert_eq!(
        offered.as_deref(),
        Some("Basic realm=\"a\", charset=\"UTF-8\"")
    );
    let page = world.ask("Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n");
    assert_eq!((page.status, page.header("www-authenticate")), (302, None));
}
