//! Who may pass, what the upstream learns about them, and what others are told.

use vestibule::config::{AccessMode, Config, Route};

use super::{
    config::{config, route},
    people::People,
    setup::{Gate, Reply, Upstream},
};

struct World {
    app: Upstream,
    people: People,
    gate: Gate,
}

fn world(change: impl FnOnce(&mut Config, &str)) -> World {
    let app = Upstream::echo();
    let mut settings = config();
    let modes = [
        ("guarded", AccessMode::Authenticated),
        ("optional", AccessMode::Optional),
        ("open", AccessMode::Public),
        ("closed", AccessMode::Deny),
    ];
    settings.routes = modes
        .into_iter()
        .map(|(name, mode)| route(name, &[&format!("{name}.example.com")], mode, &app.url()))
        .collect();
    change(&mut settings, &app.url());
    let people = People::new(&settings);
    let gate = Gate::with(&settings, Some(people.sessions.clone()));
    World { app, people, gate }
}

fn usual() -> World {
    world(|_, _| {})
}

fn identity_of(reply: &Reply) -> Option<String> {
    let text = reply.text();
    text.lines()
        .find_map(|line| line.strip_prefix("x-user-id: ").map(ToOwned::to_owned))
}

#[test]
fn somebody_signed_in_passes_and_is_named_to_the_upstream() {
    let world = usual();
    let ada = world.people.sign_in("ada@example.com", "Ada");
    let ways = [
        ada.cookie(),
        format!("X-Session-Token: {}\r\n", ada.token),
        format!("Authorization: Bearer {}\r\n", ada.token),
    ];
    for way in &ways {
        for host in ["guarded.example.com", "optional.example.com"] {
            let reply = world.gate.get(host, "/", way);
            assert_eq!(reply.status, 200, "{way}");
            let text = reply.text();
            assert!(
                text.contains(&format!("x-user-id: {}\r\n", ada.id)),
                "{text}"
            );
            assert!(text.contains("x-user-email: ada@example.com\r\n"));
            assert!(text.contains("x-user-name: Ada\r\n"));
            assert!(text.contains("x-user-groups: staff,wiki\r\n"));
            assert!(
                !text.contains("ory_st_") && !text.contains("=vs_"),
                "no token reaches the upstream: {text}"
            );
        }
        let open = world.gate.get("open.example.com", "/", way);
        assert_eq!((open.status, identity_of(&open)), (200, None));
        assert!(!open.text().contains("ory_st_") && !open.text().contains("=vs_"));
        assert_eq!(world.gate.get("closed.example.com", "/", way).status, 403);
    }
}

#[test]
fn forged_headers_never_replace_or_join_ours_whatever_the_mode() {
    let world = usual();
    let ada = world.people.sign_in("ada@example.com", "Ada");
    let forged = "X-User-Id: evil\r\nx_user_id: evil\r\nX-User_Id: evil\r\nx.user.id: evil\r\nX-User-Groups: evil\r\n\
                  Remote-User: evil\r\nConnection: X-User-Id, x-user-email\r\n";
    for host in [
        "guarded.example.com",
        "optional.example.com",
        "open.example.com",
    ] {
        let reply = world
            .gate
            .get(host, "/", &format!("{forged}{}", ada.cookie()));
        assert!(!reply.text().contains("evil"), "{host}: {}", reply.text());
        if host != "open.example.com" {
            assert_eq!(identity_of(&reply), Some(ada.id.to_string()));
        }
        let nobody = world.gate.get("optional.example.com", "/", forged);
        assert_eq!(identity_of(&nobody), None);
    }
}

#[test]
fn nobody_is_sent_to_sign_in_or_told_so_by_kind() {
    let world = usual();
    let html = "Accept: text/html\r\n";
    let page = world.gate.get("guarded.example.com", "/wiki?p=1", html);
    assert_eq!(page.status, 302);
    assert_eq!(
        page.header("location").as_deref(),
        Some(
            "https://auth.example.com/self-service/login/browser?return_to=http%3A%2F%2Fguarded.example.com%2Fwiki%3Fp%3D1"
        )
    );
    assert_eq!(
        page.header("x-vestibule-reason").as_deref(),
        Some("session_inactive")
    );
    let form = world.gate.ask(format!(
        "POST /save HTTP/1.1\r\nHost: guarded.example.com\r\n{html}Referer: http://guarded.example.com/edit\r\nContent-Length: 0\r\n\r\n"
    ));
    assert_eq!(form.status, 303);
    assert!(
        form.header("location")
            .expect("a place")
            .ends_with("return_to=http%3A%2F%2Fguarded.example.com%2Fedit")
    );
    let script = world
        .gate
        .get("guarded.example.com", "/api", "Sec-Fetch-Mode: cors\r\n");
    let body: serde_json::Value = serde_json::from_str(&script.text()).expect("JSON");
    assert_eq!(
        (script.status, script.header("www-authenticate")),
        (401, None)
    );
    assert!(
        body["redirect_browser_to"]
            .as_str()
            .expect("a URL")
            .contains("/self-service/login/browser?return_to=")
    );
    let curl = world
        .gate
        .get("guarded.example.com", "/", "Accept: */*\r\n");
    assert_eq!(curl.status, 401);
    assert!(
        curl.header("www-authenticate")
            .expect("a challenge")
            .starts_with("Bearer ")
    );
    assert!(world.app.heads().is_empty(), "the upstream saw nothing");
}

#[test]
fn a_revoked_session_and_a_disabled_person_are_refused_at_once() {
    let world = usual();
    for end in [People::revoke, People::deactivate] {
        let person = world.people.sign_in("x@example.com", "X");
        assert_eq!(
            world
                .gate
                .get("guarded.example.com", "/", &person.cookie())
                .status,
            200
        );
        end(&world.people, &person);
        let refused = world.gate.get("guarded.example.com", "/", &person.cookie());
        assert_eq!(refused.status, 401);
        let cleared = refused
            .header("set-cookie")
            .expect("the stale cookie is cleared");
        assert!(
            cleared.contains("ory_kratos_session=") && cleared.contains("Max-Age=0"),
            "{cleared}"
        );
        let anonymous = world
            .gate
            .get("optional.example.com", "/", &person.cookie());
        assert_eq!((anonymous.status, identity_of(&anonymous)), (200, None));
        assert_eq!(
            anonymous.header("set-cookie"),
            None,
            "forwarded answers clear nothing"
        );
    }
}

#[test]
fn garbage_in_our_cookie_is_nobody_and_a_bad_token_is_refused() {
    let world = usual();
    for cookie in [
        "x",
        "ory_st_short",
        "",
        "ory_st_0000000000000000000000000000000000000000000000000",
        "vs_0000000000000000000000000000000000000000000000000",
        world
            .people
            .sign_in("bob@example.com", "Bob")
            .token
            .as_str(),
    ] {
        let lines = format!("Cookie: ory_kratos_session={cookie}\r\n");
        assert_eq!(
            world.gate.get("guarded.example.com", "/", &lines).status,
            401,
            "{cookie}"
        );
        assert_eq!(
            world.gate.get("optional.example.com", "/", &lines).status,
            200,
            "{cookie}"
        );
    }
    let token = "X-Session-Token: ory_st_wrong\r\n";
    assert_eq!(
        world.gate.get("optional.example.com", "/", token).status,
        401
    );
    let app_token = "Authorization: Bearer of-the-app\r\n";
    let reply = world.gate.get("optional.example.com", "/", app_token);
    assert!(reply.text().contains("authorization: Bearer of-the-app"));
}

#[test]
fn cookies_of_two_people_are_nobody() {
    let world = usual();
    let (ada, eve) = (
        world.people.sign_in("a@example.com", "A"),
        world.people.sign_in("e@example.com", "E"),
    );
    let lines = format!("{}{}", ada.cookie(), eve.cookie());
    let reply = world.gate.get("guarded.example.com", "/", &lines);
    assert_eq!(reply.status, 401);
    assert!(
        reply.head.matches("set-cookie").count() > 1,
        "every variant is cleared: {}",
        reply.head
    );
}

#[test]
fn a_store_that_is_down_is_no_reason_to_send_people_away() {
    let world = usual();
    let ada = world.people.sign_in("a@example.com", "A");
    let eve = world.people.sign_in("e@example.com", "E");
    assert_eq!(
        world
            .gate
            .get("guarded.example.com", "/", &ada.cookie())
            .status,
        200
    );
    world.people.down(true);
    let unknown = world.gate.get("guarded.example.com", "/", &eve.cookie());
    assert_eq!(unknown.status, 503);
    assert!(unknown.header("retry-after").is_some());
    assert_eq!(
        world
            .gate
            .get("guarded.example.com", "/", &ada.cookie())
            .status,
        200,
        "known sessions serve on"
    );
    assert_eq!(
        world
            .gate
            .get("open.example.com", "/", &eve.cookie())
            .status,
        200
    );
    world.people.down(false);
    assert_eq!(
        world
            .gate
            .get("guarded.example.com", "/", &eve.cookie())
            .status,
        200
    );
}

#[test]
fn a_page_of_another_site_cannot_act_with_the_cookie() {
    let world = usual();
    let ada = world.people.sign_in("a@example.com", "A");
    let post = |lines: &str| {
        world.gate.ask(format!(
            "POST / HTTP/1.1\r\nHost: guarded.example.com\r\nContent-Length: 0\r\n{lines}\r\n"
        ))
    };
    let with_cookie = |lines: &str| post(&format!("{}{lines}", ada.cookie()));
    let refused = with_cookie("Sec-Fetch-Site: cross-site\r\n");
    assert_eq!(
        (
            refused.status,
            refused.header("x-vestibule-reason").as_deref()
        ),
        (403, Some("security_csrf_violation"))
    );
    assert_eq!(with_cookie("Origin: https://evil.org\r\n").status, 403);
    assert_eq!(with_cookie("Sec-Fetch-Site: same-origin\r\n").status, 200);
    assert_eq!(with_cookie("").status, 200);
    let token = format!(
        "X-Session-Token: {}\r\nOrigin: https://evil.org\r\n",
        ada.token
    );
    assert_eq!(post(&token).status, 200, "a token is no cookie");
    let socket = "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: https://evil.org\r\n";
    assert_eq!(
        world
            .gate
            .get(
                "guarded.example.com",
                "/",
                &format!("{}{socket}", ada.cookie())
            )
            .status,
        403
    );
}

#[test]
fn a_preflight_of_a_guarded_route_is_refused_without_cors_fields() {
    let world = usual();
    let preflight = |host: &str| {
        world.gate.ask(format!(
            "OPTIONS / HTTP/1.1\r\nHost: {host}\r\nOrigin: https://a.org\r\nAccess-Control-Request-Method: PUT\r\n\r\n"
        ))
    };
    let refused = preflight("guarded.example.com");
    assert_eq!(
        (
            refused.status,
            refused.header("access-control-allow-origin")
        ),
        (403, None)
    );
    assert_eq!(preflight("open.example.com").status, 200);
    assert_eq!(
        world
            .gate
            .ask("OPTIONS / HTTP/1.1\r\nHost: guarded.example.com\r\n\r\n")
            .status,
        401
    );
}

#[test]
fn a_host_the_cookie_never_reaches_is_told_so() {
    let world = world(|settings, url| {
        settings.routes = vec![
            route("any", &[], AccessMode::Authenticated, url),
            route("wide", &["*.example.com"], AccessMode::Authenticated, url),
        ];
    });
    let outside = world.gate.get("app.other.org", "/", "");
    assert_eq!(
        (
            outside.status,
            outside.text().contains("host_outside_cookie_domain")
        ),
        (421, true)
    );
    assert_eq!(world.gate.get("a.example.com", "/", "").status, 401);
}

#[test]
fn each_route_sends_its_own_set_of_headers() {
    let world = world(|settings, url| {
        let template = |text: &str| vestibule::config::HeaderTemplate {
            template: text.to_owned(),
            encoding: "utf8".to_owned(),
        };
        let mut own: Route = route("own", &["own.example.com"], AccessMode::Authenticated, url);
        own.identity_headers = Some(vestibule::config::IdentityHeaders(vec![(
            "X-Team".to_owned(),
            template("{{ groups | first }}@{{ route.id }}"),
        )]));
        settings.routes.push(own);
    });
    let ada = world.people.sign_in("a@example.com", "A");
    let reply = world.gate.get("own.example.com", "/", &ada.cookie());
    assert!(
        reply.text().contains("x-team: staff@own"),
        "{}",
        reply.text()
    );
    assert_eq!(identity_of(&reply), None);
    let forged = world
        .gate
        .get("open.example.com", "/", "X_Team: evil\r\nX-Team: evil\r\n");
    assert!(
        !forged.text().contains("evil"),
        "managed names are those of all routes"
    );
}
