//! Finding a request's route among ten thousand (gateway: under 5 µs).

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, Method};
use vestibule::{
    config::{FieldMatch, FieldTest, HostPattern, PathPattern, RouteMatch},
    gateway::matcher::{Found, Matcher, Question},
};

const ROUTES: usize = 10_000;

/// A hundred hosts with a hundred routes each, of all kinds.
fn many_hosts() -> Vec<RouteMatch> {
    (0..ROUTES)
        .map(|number| {
            let (host, route) = (number / 100, number % 100);
            let path = match route % 10 {
                0 => PathPattern::Exact(format!("/exact/{route}")),
                1 => PathPattern::Glob(format!("/users/{route}/:id/edit")),
                2 => PathPattern::Regex(format!("/v[0-9]+/area{route}/.*")),
                _ => PathPattern::Prefix(format!("/area/{route}")),
            };
            RouteMatch {
                hosts: vec![if host % 10 == 0 {
                    HostPattern::Wildcard(format!("h{host}.example.com"))
                } else {
                    HostPattern::Exact(format!("h{host}.example.com"))
                }],
                paths: vec![path],
                methods: Vec::new(),
                headers: if route % 10 == 3 {
                    vec![FieldMatch {
                        name: "x-tenant".to_owned(),
                        test: FieldTest::Present(true),
                    }]
                } else {
                    Vec::new()
                },
                ..RouteMatch::default()
            }
        })
        .collect()
}

/// Ten thousand prefixes and a catch-all on one host.
fn one_host() -> Vec<RouteMatch> {
    let path = |number: usize| match number {
        0 => "/".to_owned(),
        _ => format!("/team{}/app{}", number % 100, number / 100),
    };
    (0..ROUTES)
        .map(|number| RouteMatch {
            hosts: vec![HostPattern::Exact("apps.example.com".to_owned())],
            paths: vec![PathPattern::Prefix(path(number))],
            ..RouteMatch::default()
        })
        .collect()
}

fn route_match(criterion: &mut Criterion) {
    let cases = [
        (
            "prefix",
            many_hosts(),
            "h57.example.com",
            "/area/98/x/y?z=1",
        ),
        (
            "glob",
            many_hosts(),
            "h57.example.com",
            "/users/91/4711/edit",
        ),
        ("regex", many_hosts(), "h57.example.com", "/v12/area92/x/y"),
        (
            "wildcard_host",
            many_hosts(),
            "a.b.h50.example.com",
            "/exact/90",
        ),
        (
            "nothing",
            many_hosts(),
            "h57.example.com",
            "/nowhere/at/all",
        ),
        (
            "one_host",
            one_host(),
            "apps.example.com",
            "/team7/app42/x/y/z",
        ),
    ];
    for (name, routes, host, target) in cases {
        let listed: Vec<_> = routes.iter().map(|route| (0, route)).collect();
        let matcher = Matcher::build(&listed);
        let (path, query) = target
            .split_once('?')
            .map_or((target, None), |(path, query)| (path, Some(query)));
        let headers = HeaderMap::new();
        let question = Question {
            path,
            query,
            method: &Method::GET,
            headers: &headers,
            ip: [192, 0, 2, 1].into(),
        };
        let found = matcher.site(host).find(&question);
        assert_eq!(matches!(found, Found::Route(_)), name != "nothing");
        criterion.bench_function(&format!("route_match/{name}"), |bencher| {
            bencher.iter(|| matcher.site(black_box(host)).find(black_box(&question)));
        });
    }
}

criterion_group!(benches, route_match);
criterion_main!(benches);
