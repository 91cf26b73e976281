//! Routes: defaults, hosts, headers, and what is said about those that cannot work.

use std::time::Duration;

use super::*;

#[test]
fn routes_take_defaults_leaf_by_leaf_lists_replace_and_null_resets() {
    let config = good(&with(
        "
gateway:
  defaults:
    access: {on_unauthenticated: json}
    timeouts: {response: 5s, idle: 7s}
    upgrades: [websocket, custom]
    limits: {body: 1MiB}
upstreams: {one: {targets: [http://10.0.0.1:80], max_idle: 3}}
routes:
  - {id: a, match: {hosts: [A.example.com]}, upstream: one}
  - id: b
    match: {hosts: ['*.example.com'], paths: [/x/, {exact: /y}], methods: [GET]}
    access: optional
    timeouts: {response: null, total: off, idle: 1m}
    upgrades: []
    limits: {body: null}
    upstream: http://10.0.0.2:80
  - {id: c, access: deny, match: {hosts: [c.example.com]}, redirect: {to: /}}
",
    ));
    let [first, second, third] = config.routes.as_slice() else {
        panic!("three routes")
    };
    assert_eq!(first.access.mode, AccessMode::Authenticated);
    assert_eq!(first.access.on_unauthenticated, OnUnauthenticated::Json);
    assert_eq!(first.timeouts.response, Some(Duration::from_secs(5)));
    assert_eq!(first.upgrades, ["websocket", "custom"]);
    assert_eq!(first.body_limit, Some(1 << 20));
    assert_eq!(
        first.matches.hosts,
        [HostPattern::Exact("a.example.com".to_owned())]
    );
    assert!(
        matches!(&first.action, RouteAction::Upstream(one) if one.name == "one" && one.max_idle == 3)
    );
    assert_eq!(second.access.mode, AccessMode::Optional);
    assert_eq!(second.access.on_unauthenticated, OnUnauthenticated::Json);
    assert_eq!(second.timeouts.response, Some(Duration::from_secs(60)));
    assert_eq!(second.timeouts.idle, Some(Duration::from_secs(60)));
    assert_eq!(second.timeouts.total, None);
    assert!(second.upgrades.is_empty());
    assert_eq!(second.body_limit, None);
    let paths = ["/x", "/y"].map(str::to_owned);
    let [x, y] = paths;
    assert_eq!(
        second.matches.paths,
        [PathPattern::Prefix(x), PathPattern::Exact(y)]
    );
    assert!(matches!(third.action, RouteAction::Redirect { .. }));
}

#[test]
fn hosts_of_routes_join_the_return_urls() {
    let config = good(&with(
        "routes: [{id: a, match: {hosts: [a.example.com, '*.b.example.com']}, upstream: 'http://10.0.0.1'}]",
    ));
    assert_eq!(
        config.selfservice.allowed_return_urls,
        ["http://a.example.com"]
    );
}

#[test]
fn sets_of_identity_headers_begin_with_their_preset() {
    let config = good(&with(
        "
gateway: {identity_headers: {preset: vestibule, x-user-name: '{{ email }}', X-Aal: {template: '{{ session.aal }}', encoding: ascii}}}
routes: [{id: a, match: {hosts: [a.example.com]}, upstream: 'http://10.0.0.1', identity_headers: {preset: none}}]
",
    ));
    let names: Vec<_> = config
        .gateway
        .identity_headers
        .0
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "X-User-Id",
            "X-User-Email",
            "X-User-Groups",
            "x-user-name",
            "X-Aal"
        ]
    );
    assert_eq!(config.routes[0].identity_headers.as_ref().unwrap().0, []);
}

#[test]
fn an_open_route_for_everything_is_refused_unless_it_is_meant() {
    let text = with("routes: [{id: a, access: public, upstream: 'http://10.0.0.1'}]");
    assert_eq!(
        ids(&bad(&text)),
        [
            "public_catch_all",
            "builtin_schema",
            "unverified_email_header"
        ]
    );
    let meant = text.replace("id: a", "id: a, allow_lints: [public_catch_all]");
    let loaded = read(&meant, false, &[]).unwrap();
    assert!(ids(&loaded.warnings).contains(&"public_catch_all"));
}

#[test]
fn own_login_pages_must_be_open_and_routed() {
    let page = |routes: &str| {
        let text = BASE.replace(
            "selfservice: {",
            "selfservice: {flows: {login: {ui_url: 'http://auth.example.com/signin'}}, ",
        );
        read(&format!("{text}routes: [{routes}]"), false, &[])
    };
    let app = "{id: app, match: {hosts: [app.example.com]}, upstream: 'http://10.0.0.1'}";
    let all = "{id: all, match: {hosts: [auth.example.com]}, upstream: 'http://10.0.0.1'}";
    let open = "{id: open, access: public, match: {hosts: [auth.example.com], paths: [/signin]}, upstream: 'http://10.0.0.1'}";
    let id = |routes: &str| {
        page(routes).err().map(|f| {
            f.iter()
                .filter(|f| f.level == Level::Error)
                .filter_map(|f| f.id)
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(id(app), Some(vec!["login_page_unrouted"]));
    assert_eq!(id(all), Some(vec!["login_page_protected"]));
    assert_eq!(id(&format!("{all}, {open}")), None);
}

#[test]
fn sessions_must_reach_the_hosts_that_ask_for_them() {
    let without = BASE.replace("session: {cookie: {domain: example.com}}\n", "");
    let route = "routes: [{id: a, match: {hosts: [a.example.com]}, upstream: 'http://10.0.0.1'}]";
    let findings = bad(&format!("{without}{route}"));
    let mismatch = findings.iter().find(|f| f.level == Level::Error).unwrap();
    assert_eq!(mismatch.id, Some("cookie_domain_mismatch"));
    assert_eq!(mismatch.hint, "set session.cookie.domain: example.com");
    good(&with(route));
    let foreign = BASE.replace("domain: example.com", "domain: example.org");
    assert!(ids(&bad(&foreign)).contains(&"cookie_domain_mismatch"));
}

#[test]
fn merge_keys_and_anchors_work_and_keep_the_places_of_what_they_copy() {
    let config = good(&with(
        "
gateway: {defaults: {timeouts: &slow {response: 9s, idle: 9s}}}
routes:
  - {id: a, match: {hosts: [a.example.com]}, upstream: 'http://10.0.0.1', timeouts: {<<: *slow, idle: 1s}}
",
    ));
    let timeouts = &config.routes[0].timeouts;
    assert_eq!(timeouts.response, Some(Duration::from_secs(9)));
    assert_eq!(timeouts.idle, Some(Duration::from_secs(1)));
}

#[test]
fn streams_that_outlive_their_session_are_a_lint() {
    let id = "long_lived_stream_unbound";
    let text = with(
        "routes: [{id: a, match: {hosts: [a.example.com]}, stream_binding: none, upstream: 'http://10.0.0.1'}]",
    );
    let loaded = read(&text, false, &[]).unwrap();
    assert!(ids(&loaded.warnings).contains(&id));
    let meant = text.replace("id: a", &format!("id: a, allow_lints: [{id}]"));
    let loaded = read(&meant, false, &[]).unwrap();
    assert!(!ids(&loaded.warnings).contains(&id));
}
