use std::cmp::Reverse;

use proptest::prelude::*;

use super::*;

fn route(hosts: &[&str], paths: &[&str], methods: &[&str]) -> RouteMatch {
    RouteMatch {
        hosts: hosts
            .iter()
            .map(|host| match host.strip_prefix("*.") {
                Some(domain) => HostPattern::Wildcard(domain.to_owned()),
                None => HostPattern::Exact((*host).to_owned()),
            })
            .collect(),
        paths: paths
            .iter()
            .map(|path| match path.strip_prefix('=') {
                Some(path) => PathPattern::Exact(path.to_owned()),
                None if path.starts_with('~') => PathPattern::Regex(path[1..].to_owned()),
                None if path.contains(['*', ':']) => PathPattern::Glob((*path).to_owned()),
                None => PathPattern::Prefix((*path).to_owned()),
            })
            .collect(),
        methods: methods.iter().map(ToString::to_string).collect(),
        ..RouteMatch::default()
    }
}

fn find(routes: &[RouteMatch], host: &str, path: &str, method: &str) -> Found {
    let listed: Vec<_> = routes.iter().map(|route| (0, route)).collect();
    ask(&Matcher::build(&listed), host, path, method)
}

fn ask(matcher: &Matcher, host: &str, path: &str, method: &str) -> Found {
    let method = Method::from_bytes(method.as_bytes()).expect("method");
    matcher.site(host).find(&Question {
        path,
        query: None,
        method: &method,
        headers: &HeaderMap::new(),
        ip: [192, 0, 2, 1].into(),
    })
}

#[test]
fn prefixes_match_whole_segments() {
    let routes = [route(&[], &["/api"], &[])];
    for path in ["/api", "/api/", "/api/x", "/api/x/y"] {
        assert_eq!(find(&routes, "h", path, "GET"), Found::Route(0), "{path}");
    }
    for path in ["/apix", "/", "/ap", "/x/api"] {
        assert_eq!(find(&routes, "h", path, "GET"), Found::Nothing, "{path}");
    }
}

#[test]
fn the_more_specific_host_then_path_wins() {
    let routes = [
        route(&[], &["/"], &[]),
        route(&["*.example.com"], &["/"], &[]),
        route(&["*.wiki.example.com"], &["/"], &[]),
        route(&["a.wiki.example.com"], &["/"], &[]),
        route(&["a.wiki.example.com"], &["/api"], &[]),
        route(&["a.wiki.example.com"], &["=/api"], &[]),
        route(&["a.wiki.example.com"], &["/api/v1"], &["GET"]),
    ];
    let cases = [
        ("other.org", "/", 0),
        ("example.com", "/", 0),
        ("x.example.com", "/", 1),
        ("x.y.example.com", "/", 1),
        ("wiki.example.com", "/", 1),
        ("b.wiki.example.com", "/api", 2),
        ("a.wiki.example.com", "/", 3),
        ("a.wiki.example.com", "/api/x", 4),
        ("a.wiki.example.com", "/api", 5),
        ("a.wiki.example.com", "/api/", 4),
        ("a.wiki.example.com", "/api/v1", 6),
    ];
    for (host, path, expected) in cases {
        assert_eq!(
            find(&routes, host, path, "GET"),
            Found::Route(expected),
            "{host}{path}"
        );
    }
    assert_eq!(
        find(&routes, "a.wiki.example.com", "/api/v1", "POST"),
        Found::Route(4),
        "a later field that fails tries the next candidate (R-4.1)"
    );
}

#[test]
fn a_method_nobody_takes_is_told_from_a_path_nobody_has() {
    let routes = [
        route(&[], &["/a"], &["GET", "POST"]),
        route(&[], &["/b"], &["PUT"]),
    ];
    assert_eq!(
        find(&routes, "h", "/a", "PUT"),
        Found::OtherMethods(vec!["GET".to_owned(), "HEAD".to_owned(), "POST".to_owned()])
    );
    assert_eq!(find(&routes, "h", "/c", "PUT"), Found::Nothing);
}

#[test]
fn head_goes_to_get_unless_somebody_lists_it() {
    let get = route(&[], &["/a"], &["GET"]);
    let head = route(&[], &["/"], &["HEAD"]);
    assert_eq!(
        find(std::slice::from_ref(&get), "h", "/a", "HEAD"),
        Found::Route(0)
    );
    assert_eq!(find(&[get, head], "h", "/a", "HEAD"), Found::Route(1));
}

#[test]
fn ties_and_unreachable_routes_are_found() {
    let of = |routes: &[(i32, RouteMatch)]| {
        let listed: Vec<_> = routes
            .iter()
            .map(|(priority, route)| (*priority, route))
            .collect();
        conflicts(&listed)
    };
    let tie = of(&[
        (0, route(&["a"], &["/x"], &[])),
        (0, route(&["a", "b"], &["/y", "/x/"], &[])),
    ]);
    assert_eq!(
        tie.first().map(|found| found.kind),
        Some(ConflictKind::Ambiguous)
    );
    let apart = of(&[
        (0, route(&["a"], &["/x"], &["GET"])),
        (0, route(&["a"], &["/x"], &["POST"])),
    ]);
    assert_eq!(apart, []);
    let shadowed = of(&[
        (5, route(&[], &["/"], &[])),
        (0, route(&["a"], &["/x"], &[])),
    ]);
    assert_eq!(
        shadowed,
        [Conflict {
            route: 1,
            other: 0,
            kind: ConflictKind::Unreachable
        }]
    );
    let usual = of(&[
        (0, route(&[], &["/"], &[])),
        (0, route(&["a"], &["/x"], &[])),
    ]);
    assert_eq!(usual, []);
}

/// The rules of 4.1 and 4.2 as they are written, without any structure.
fn oracle(routes: &[(i32, RouteMatch)], host: &str, path: &str, method: &str) -> Option<usize> {
    let host_labels = |pattern: &HostPattern| match pattern {
        HostPattern::Exact(name) => (name == host).then_some(1000),
        HostPattern::Wildcard(domain) => host
            .ends_with(&format!(".{domain}"))
            .then(|| domain.split('.').count()),
    };
    let path_fits = |pattern: &PathPattern| match pattern {
        PathPattern::Glob(glob) => glob_fits(glob, path),
        PathPattern::Regex(source) => pattern::whole(source).expect("a pattern").is_match(path),
        PathPattern::Exact(exact) => exact == path,
        PathPattern::Prefix(prefix) => {
            let prefix = prefix.trim_end_matches('/');
            path == prefix || path.starts_with(&format!("{prefix}/"))
        }
    };
    let mut fits = Vec::new();
    for (number, (priority, route)) in routes.iter().enumerate() {
        let labels = if route.hosts.is_empty() {
            Some(0)
        } else {
            route.hosts.iter().filter_map(host_labels).max()
        };
        let Some(labels) = labels else { continue };
        for pattern in route.paths.iter().filter(|pattern| path_fits(pattern)) {
            let (kind, length) = match pattern {
                PathPattern::Exact(path) => (0, path.len()),
                PathPattern::Prefix(path) => (1, path.trim_end_matches('/').len()),
                PathPattern::Glob(glob) => (1, glob.find(['*', ':']).expect("a wildcard")),
                PathPattern::Regex(source) => (2, source.len()),
            };
            let key = (
                -priority,
                Reverse(labels),
                kind,
                Reverse(length),
                route.methods.is_empty(),
                pattern.text().to_owned(),
                format!("{route:?}"),
                number,
            );
            fits.push((key, number));
        }
    }
    let lists = |number: usize, wanted: &str| {
        routes[number]
            .1
            .methods
            .iter()
            .any(|listed| listed == wanted)
    };
    let head_listed = fits.iter().any(|(_, number)| lists(*number, "HEAD"));
    fits.retain(|(_, number)| {
        routes[*number].1.methods.is_empty()
            || lists(*number, method)
            || method == "HEAD" && !head_listed && lists(*number, "GET")
    });
    fits.into_iter().min().map(|(_, number)| number)
}

/// One segment for `*` and `:x`, as the table of 4.1 says.
fn glob_fits(glob: &str, path: &str) -> bool {
    let (want, have): (Vec<_>, Vec<_>) = (glob.split('/').collect(), path.split('/').collect());
    want.len() == have.len()
        && want.iter().zip(&have).all(|(want, have)| {
            let any = *want == "*" || want.starts_with(':');
            any && !have.is_empty() || want == have
        })
}

prop_compose! {
    fn some_route()(
        priority in prop::sample::select(vec![0, 0, 0, 10]),
        hosts in prop::collection::vec(prop::sample::select(vec!["a.x", "b.x", "*.x", "*.a.x", "c.a.x"]), 0..3),
        paths in prop::collection::vec(prop::sample::select(vec!["/", "/a", "/a/b", "=/a", "=/a/", "=/", "/a/b/c", "/a/*", "/:x/b", "~/a/?b?", "~/[ab].*"]), 1..3),
        methods in prop::collection::vec(prop::sample::select(vec!["GET", "HEAD", "POST"]), 0..2),
    ) -> (i32, RouteMatch) {
        (priority, route(&hosts, &paths, &methods))
    }
}

proptest! {
    #[test]
    fn the_compiled_form_agrees_with_the_rules(
        routes in prop::collection::vec(some_route(), 1..8),
        host in prop::sample::select(vec!["a.x", "b.x", "x", "z.x", "c.a.x", "d.a.x", "other"]),
        path in prop::sample::select(vec!["/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c/d", "/ab", "/b"]),
        method in prop::sample::select(vec!["GET", "HEAD", "POST", "PUT"]),
    ) {
        let listed: Vec<_> = routes.iter().map(|(priority, route)| (*priority, route)).collect();
        let found = ask(&Matcher::build(&listed), host, path, method);
        let found = match found { Found::Route(number) => Some(number), _ => None };
        prop_assert_eq!(found, oracle(&routes, host, path, method));
    }
}
