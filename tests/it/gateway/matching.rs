//! Which route a request belongs to, and what is wrong with routes that nothing tells apart (gateway 4).

use vestibule::gateway::table::TableErrorKind::{
    AmbiguousRoutes, UnmergedSlashes, UnreachableRoute,
};

use super::{
    setup::{Gate, Upstream},
    written::{kinds, load, mistakes, open},
};

/// Routes that answer with their own name, on the host `h.example.com`.
fn named(routes: &[(&str, &str)]) -> Gate {
    open(&answering(routes))
}

fn answering(routes: &[(&str, &str)]) -> String {
    let lines: Vec<String> = routes
        .iter()
        .map(|(id, matches)| {
            format!(
                "  - {{id: {id}, access: public, match: {{hosts: [h.example.com], {matches}}}, respond: {{body: {id}}}}}"
            )
        })
        .collect();
    format!("routes:\n{}\n", lines.join("\n"))
}

fn who(gate: &Gate, target: &str, lines: &str) -> String {
    let reply = gate.get("h.example.com", target, lines);
    if reply.status == 200 {
        reply.text()
    } else {
        reply.status.to_string()
    }
}

#[test]
fn r_4_1_a_later_field_that_fails_tries_the_next_candidate() {
    let gate = named(&[
        (
            "beta",
            "paths: [/x/y], headers: [{name: X-Beta, value: '1'}]",
        ),
        (
            "number",
            "paths: [/x/y], headers: [{name: X-Beta, regex: '[2-9]'}]",
        ),
        (
            "query",
            "paths: [/x/y], query: [{name: preview, value: 'a b'}]",
        ),
        ("plain", "paths: [/x]"),
        (
            "tenant",
            "paths: [/t], headers: [{name: X-Tenant, present: true}, {name: X-Old, present: false}]",
        ),
        (
            "inside",
            "paths: [/net], client_ips: [10.0.0.0/8, '!10.6.6.0/24']",
        ),
    ]);
    assert_eq!(who(&gate, "/x/y", "X-Beta: 1\r\n"), "beta");
    assert_eq!(who(&gate, "/x/y", "X-Beta: 0\r\nX-Beta: 1\r\n"), "beta");
    assert_eq!(who(&gate, "/x/y", "X-Beta: 7\r\n"), "number");
    assert_eq!(who(&gate, "/x/y", "X-Beta: 77\r\n"), "plain");
    assert_eq!(who(&gate, "/x/y?preview=a+b", ""), "query");
    assert_eq!(who(&gate, "/x/y?preview=a%20b&preview=c", ""), "query");
    assert_eq!(who(&gate, "/x/y?preview=ab", ""), "plain");
    assert_eq!(who(&gate, "/t", "X-Tenant: a\r\n"), "tenant");
    assert_eq!(who(&gate, "/t", "X-Tenant: a\r\nX-Old: 1\r\n"), "404");
    assert_eq!(who(&gate, "/t", ""), "404");
    let from = |ip: &str| who(&gate, "/net", &format!("X-Forwarded-For: {ip}\r\n"));
    assert_eq!(from("10.1.2.3"), "inside");
    assert_eq!(from("10.6.6.3"), "404");
    assert_eq!(from("192.0.2.1"), "404");
}

#[test]
fn the_kind_of_path_then_its_literal_length_decides() {
    let gate = named(&[
        ("exact", "paths: [{exact: /files/a/edit}]"),
        ("glob", "paths: [{glob: '/files/*name/edit'}]"),
        ("segment", "paths: [{glob: '/users/:id'}]"),
        ("prefix", "paths: [/files]"),
        ("version", "paths: [{regex: '/v[0-9]+/.*'}]"),
        ("longer", "paths: [{regex: '/v(?P<n>[0-9]+)/x'}]"),
    ]);
    for (path, expected) in [
        ("/files/a/edit", "exact"),
        ("/files/b/edit", "glob"),
        ("/files/b/c/edit", "glob"),
        ("/files/b/c", "prefix"),
        ("/users/7", "segment"),
        ("/users/7/x", "404"),
        ("/v1/y", "version"),
        ("/v1/x", "longer"),
        ("/v1", "404"),
        ("/a/v1/x", "404"),
    ] {
        assert_eq!(who(&gate, path, ""), expected, "{path}");
    }
}

#[test]
fn r_4_2_no_method_is_405_and_nothing_at_all_is_the_default_route() {
    let text = answering(&[("get", "paths: [/a], methods: [GET, POST]")]);
    let gate = open(&text);
    let reply = gate.ask("PUT /a HTTP/1.1\r\nHost: h.example.com\r\n\r\n");
    assert_eq!(reply.status, 405);
    assert_eq!(reply.header("allow").as_deref(), Some("GET, HEAD, POST"));
    let unknown = gate.get("h.example.com", "/b", "Cookie: ory_kratos_session=x\r\n");
    assert_eq!(unknown.status, 404);
    assert_eq!(
        unknown.header("x-vestibule-reason").as_deref(),
        Some("route_not_found")
    );

    let app = Upstream::echo();
    for (default, status, word) in [
        ("{status: 410}".to_owned(), 410, ""),
        (
            "{redirect: {to: 'https://www.example.org/'}}".to_owned(),
            302,
            "",
        ),
        ("{respond: {body: nobody}}".to_owned(), 200, "nobody"),
        (
            format!(
                "{{access: public, upstream: '{}', allow_lints: [public_catch_all]}}",
                app.url()
            ),
            200,
            "GET /b",
        ),
        (format!("{{upstream: '{}'}}", app.url()), 421, ""),
    ] {
        let gate = open(&format!("{text}gateway: {{default_route: {default}}}\n"));
        let reply = gate.get("elsewhere.example.net", "/b", "");
        assert_eq!(reply.status, status, "{default}: {}", reply.head);
        assert!(
            reply.text().starts_with(word),
            "{default}: {}",
            reply.text()
        );
        assert_eq!(
            gate.ask("PUT /a HTTP/1.1\r\nHost: h.example.com\r\n\r\n")
                .status,
            405
        );
    }
}

#[test]
fn a_default_route_that_opens_an_app_to_everybody_has_to_say_so() {
    let text = |more: &str| {
        format!(
            "gateway:\n  default_route: {{access: public, upstream: 'http://10.0.0.1'{more}}}\n"
        )
    };
    let refused = load(&text("")).expect_err("refused");
    assert!(refused.contains("[public_catch_all]"), "{refused}");
    assert!(refused.contains("gateway.default_route"), "{refused}");
    assert!(load(&text(", allow_lints: [public_catch_all]")).is_ok());
    assert!(load("gateway: {default_route: {respond: {body: nobody}}}\n").is_ok());
}

#[test]
fn r_4_3_routes_that_nothing_decides_between_are_refused() {
    let of = |routes: &[(&str, &str)]| kinds(&answering(routes));
    let ambiguous = [
        [("a", "paths: [/x]"), ("b", "paths: [/x, /y]")],
        [
            ("a", "paths: [{glob: '/u/:id/x'}]"),
            ("b", "paths: [{glob: '/u/*rest'}]"),
        ],
        [
            ("a", "paths: [{regex: '/a[0-9]'}]"),
            ("b", "paths: [{regex: '/a[5-9]'}]"),
        ],
        [
            ("a", "paths: [/x], headers: [{name: A, present: true}]"),
            ("b", "paths: [/x], headers: [{name: B, present: true}]"),
        ],
        [
            ("a", "paths: [/x], client_ips: [10.0.0.0/8]"),
            ("b", "paths: [/x], client_ips: [10.1.0.0/16]"),
        ],
    ];
    for routes in &ambiguous {
        assert_eq!(of(routes), [AmbiguousRoutes], "{routes:?}");
    }
    let apart = [
        [
            ("a", "paths: [{glob: '/u/:id/x'}]"),
            ("b", "paths: [{glob: '/u/:id/y'}]"),
        ],
        [
            ("a", "paths: [{regex: '/v1/[0-9]'}]"),
            ("b", "paths: [{regex: '/v2/[0-9]'}]"),
        ],
        [
            ("a", "paths: [/x], headers: [{name: A, value: '1'}]"),
            ("b", "paths: [/x], headers: [{name: A, value: '2'}]"),
        ],
        [
            ("a", "paths: [/x], query: [{name: q, present: true}]"),
            ("b", "paths: [/x], query: [{name: q, present: false}]"),
        ],
        [
            ("a", "paths: [/x], client_ips: ['!10.0.0.0/8']"),
            ("b", "paths: [/x], client_ips: [10.1.0.0/16]"),
        ],
        [
            ("a", "paths: [/x], methods: [GET]"),
            ("b", "paths: [/x], methods: [PUT]"),
        ],
    ];
    for routes in &apart {
        assert_eq!(of(routes), [], "{routes:?}");
    }
}

#[test]
fn r_4_3_routes_that_can_never_win_are_refused_with_the_name_of_what_shadows_them() {
    let high =
        |matches: &str| answering(&[("all", matches)]).replace("id: all,", "id: all, priority: 1,");
    let low = |matches: &str| answering(&[("never", matches)]).replace("routes:\n", "");
    for (all, never) in [
        (
            answering(&[("all", "paths: [/]")]),
            low("paths: [{regex: '/v[0-9]+'}]"),
        ),
        (high("paths: [/x]"), low("paths: [{glob: '/x/:id'}]")),
        (
            high("paths: [/x], headers: [{name: A, present: true}]"),
            low("paths: [/x/y], headers: [{name: A, value: '1'}]"),
        ),
        (
            high("paths: [/x], client_ips: [10.0.0.0/8]"),
            low("paths: [/x], client_ips: [10.1.0.0/16]"),
        ),
    ] {
        let found = mistakes(&format!("{all}{never}"));
        assert_eq!(found.len(), 1, "{never}: {found:?}");
        assert_eq!(found[0].kind, UnreachableRoute);
        assert!(found[0].message.contains("`all`"), "{}", found[0].message);
        assert!(found[0].message.contains("`never`"), "{}", found[0].message);
    }
    let parted = answering(&[
        ("api", "paths: [/x], headers: [{name: A, present: true}]"),
        ("rest", "paths: [/x]"),
    ]);
    assert_eq!(mistakes(&parted), []);
    let twice = "routes:\n  - {id: a, match: {hosts: [a.example.com]}, access: deny, respond: {}}\n  - {id: a, match: {hosts: [b.example.com]}, access: deny, respond: {}}\n";
    assert!(load(twice).is_err_and(|text| text.contains("`a`")));
}

#[test]
fn order_in_the_file_never_decides() {
    let routes = [
        ("one", "paths: [/x], headers: [{name: A, value: '1'}]"),
        ("two", "paths: [/x], headers: [{name: A, value: '2'}]"),
        ("rest", "paths: [/x]"),
    ];
    let mut turned = routes;
    turned.reverse();
    for routes in [routes, turned] {
        let gate = named(&routes);
        assert_eq!(who(&gate, "/x", "A: 2\r\nA: 1\r\n"), "one");
        assert_eq!(who(&gate, "/x", "A: 2\r\n"), "two");
        assert_eq!(who(&gate, "/x", ""), "rest");
    }
}

#[test]
fn r_4_12_repeated_slashes_pass_only_where_they_choose_nothing() {
    let app = Upstream::echo();
    let route = |id: &str, rest: &str| {
        format!(
            "  - {{id: {id}, access: public, upstream: '{}', {rest}}}\n",
            app.url()
        )
    };
    let raw = route(
        "raw",
        "match: {hosts: [h.example.com], paths: [/raw]}, merge_slashes: false",
    );
    let rest = route("rest", "match: {hosts: [h.example.com]}");
    let gate = open(&format!("routes:\n{raw}{rest}"));
    let forwarded = |path: &str| {
        let reply = gate.get("h.example.com", path, "");
        match reply.status {
            200 => reply
                .text()
                .split(' ')
                .nth(1)
                .unwrap_or_default()
                .to_owned(),
            status => status.to_string(),
        }
    };
    assert_eq!(forwarded("/raw//a//b"), "/raw//a//b");
    assert_eq!(forwarded("/other//a"), "/other/a");
    assert_eq!(forwarded("//raw/a"), "400");
    let deny = "  - {id: deny, access: deny, match: {hosts: [h.example.com], paths: [/adm]}, respond: {}}\n";
    assert_eq!(
        kinds(&format!("routes:\n{raw}{rest}{deny}")),
        [UnmergedSlashes]
    );
}

#[test]
fn r_4_13_an_escaped_slash_passes_as_data_where_the_route_keeps_it() {
    let app = Upstream::echo();
    let gate = open(&format!(
        "routes:
  - {{id: files, access: public, match: {{hosts: [h.example.com], paths: [/files]}}, upstream: '{0}', encoded_slashes: keep}}
  - {{id: rest, access: public, match: {{hosts: [h.example.com], paths: [/admin]}}, upstream: '{0}'}}
",
        app.url()
    ));
    let reply = gate.get("h.example.com", "/files/a%2fb", "");
    assert!(
        reply.text().starts_with("GET /files/a%2Fb HTTP/1.1"),
        "{}",
        reply.text()
    );
    for path in ["/admin/a%2Fb", "/files/a%5Cb"] {
        let reply = gate.get("h.example.com", path, "");
        assert_eq!(reply.status, 400, "{path}");
        assert!(reply.text().contains("R-4.13"), "{path}");
    }
    assert_eq!(
        gate.get("h.example.com", "/files%2F..%2Fadmin", "").status,
        404
    );
}

#[test]
fn patterns_are_bounded_and_linear() {
    let with = |path: &str| {
        load(&format!(
            "routes: [{{id: a, access: public, match: {{hosts: [h.example.com], paths: [{path}]}}, respond: {{}}}}]"
        ))
    };
    assert!(with("{regex: '/[0-9]+'}").is_ok());
    for (path, word) in [
        ("{regex: '/(?=x)'}", "look-around"),
        (r"{regex: '/(a)\1'}", "back-reference"),
        (r"{regex: '/(\w{500}){500}'}", "1 MiB"),
        ("{glob: '/a/**/b'}", "last"),
        ("{glob: '/:a/:a'}", "twice"),
        ("{exact: /a/../b}", "/b"),
        ("{exact: /a, prefix: /b}", "one form"),
    ] {
        let complaint = with(path).expect_err(path);
        assert!(complaint.contains(word), "{path}: {complaint}");
    }
    let both = load(
        "routes: [{id: a, access: public, match: {hosts: [h.example.com], headers: [{name: A, value: x, regex: y}]}, respond: {}}]",
    );
    assert!(both.is_err_and(|text| text.contains("match.headers[0].regex")));
}

#[test]
fn r_3_2_included_files_add_routes_and_upstreams_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    std::fs::create_dir(folder.path().join("routes.d")).expect("made");
    write(
        "routes.d/b.yaml",
        "routes: [{id: b, match: {hosts: [b.example.com]}, upstream: wiki}]\n",
    );
    write(
        "routes.d/a.yaml",
        "upstreams: {wiki: {targets: [http://10.0.0.1]}}\nroutes: [{id: a, match: {hosts: [a.example.com]}, upstream: wiki}]\n",
    );
    let main = |include: &str| {
        format!(
            "dsn: memory\nserve: {{public: {{base_url: http://auth.example.com/}}}}\nsession: {{cookie: {{domain: example.com}}}}\nselfservice: {{default_browser_return_url: http://auth.example.com/}}\ninclude: [{include}]\nroutes: [{{id: own, match: {{hosts: [own.example.com]}}, upstream: wiki}}]\n"
        )
    };
    let load = |include: &str| {
        vestibule::config::load_text(
            "main.yml",
            &main(include),
            folder.path(),
            &|_| None,
            &vestibule::config::LoadOptions::default(),
        )
    };
    let loaded = load("'routes.d/*.yaml'").expect("it loads");
    let ids: Vec<&str> = loaded
        .config
        .routes
        .iter()
        .map(|route| route.id.value.as_str())
        .collect();
    assert_eq!(ids, ["own", "a", "b"]);
    let shown = |findings: Vec<vestibule::config::Finding>| {
        findings
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let empty = load("routes.d/a.yaml, 'none.d/*.yaml'").expect("an empty pattern only warns");
    assert!(shown(empty.warnings).contains("none.d/*.yaml"));
    let missing = shown(load("routes.d/c.yaml").expect_err("missing"));
    assert!(missing.contains("cannot read routes.d/c.yaml"), "{missing}");
    write(
        "routes.d/b.yaml",
        "routes:\n  - {id: a, match: {hosts: [b.example.com]}, upstream: wikki}\n",
    );
    let wrong = shown(load("'routes.d/*.yaml'").expect_err("wrong"));
    assert!(wrong.contains("routes.d/b.yaml:2:"), "{wrong}");
    assert!(wrong.contains("did you mean \"wiki\"?"), "{wrong}");
    write("routes.d/b.yaml", "secrets: {cookie: [x]}\n");
    let wrong = shown(load("'routes.d/*.yaml'").expect_err("wrong"));
    assert!(wrong.contains("routes.d/b.yaml:1:1"), "{wrong}");
}
