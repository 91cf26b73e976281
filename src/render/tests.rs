use std::{collections::BTreeSet, fs, path::Path};

use serde_json::json;

use super::sample_config;
use super::{
    samples::{self, Sample},
    *,
};
use crate::ui::Container;

fn renderer() -> Renderer {
    Renderer::new(&sample_config::config())
}

fn login_page(renderer: &Renderer, ui: &Container) -> Rendered {
    renderer.form(&FormPage {
        form: Form::Login,
        ui,
        languages: None,
        app: Some("<b>Wiki</b>"),
        person: None,
        links: FormLinks {
            registration: Some("registration?return_to=\"><script>alert(1)</script>"),
            ..FormLinks::default()
        },
        must_confirm: false,
    })
}

#[test]
fn every_sample_renders_whole_and_small() {
    for Sample { name, page } in samples::all(&renderer()) {
        assert!(page.html.ends_with("</html>"), "{name} is cut off");
        assert!(page.html.contains("<h1>"), "{name} has no heading");
        println!("{name}: {} bytes before compression", page.html.len());
        assert!(page.html.len() < 14 * 1024, "{name} is too heavy");
    }
}

#[test]
fn assets_are_small_and_named_by_their_content() {
    let renderer = renderer();
    let all = &renderer.assets;
    let weight: usize = [&all.stylesheet, &all.script, &all.icon]
        .map(|asset| asset.bytes.len())
        .iter()
        .sum();
    println!("assets: {weight} bytes before compression");
    assert!(weight < 14 * 1024);
    let name = &all.stylesheet.name;
    assert_eq!(
        renderer.asset(name).map(|asset| asset.content_type),
        Some("text/css; charset=utf-8")
    );
    assert!(renderer.asset("vestibule.css").is_none());
}

#[test]
fn hostile_values_stay_text() {
    let hostile = "\"><script>alert(1)</script><input value='";
    let ui = samples::with_message(
        samples::login(hostile),
        None,
        json!({"id": 4_999_999, "type": "error", "text": hostile}),
    );
    let ui = samples::with_message(
        ui,
        Some("identifier"),
        json!({"id": 4_000_003, "type": "error", "text": "x", "context": {"min_length": hostile}}),
    );
    let html = login_page(&renderer(), &ui).html;
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert!(!html.contains("<b>Wiki"), "{html}");
    assert!(html.contains("&lt;b&gt;Wiki"), "{html}");
}

#[test]
fn a_hostile_header_stays_text_on_the_sample_app() {
    let headers = [("x-a".to_owned(), "<img src=x onerror=alert(1)>".to_owned())];
    let page = SampleAppPage {
        languages: None,
        method: "GET",
        host: "<i>",
        path: "/<script>",
        headers: &headers,
        identity_headers: &[],
        settings: None,
        sign_in: None,
        sign_out: "/.vestibule/logout",
    };
    let html = renderer().sample_app(&page).html;
    assert!(
        !html.contains("<img") && !html.contains("<script") && !html.contains("<i>"),
        "{html}"
    );
}

#[test]
fn the_form_sends_what_the_nodes_hold() {
    let ui = samples::registration("ada@example.com", "Ada", "");
    let page = FormPage {
        form: Form::Registration,
        ui: &ui,
        languages: None,
        app: None,
        person: None,
        links: FormLinks::default(),
        must_confirm: false,
    };
    let html = renderer().form(&page).html;
    let names: BTreeSet<&str> = html
        .match_indices(" name=\"")
        .filter_map(|(at, found)| html[at + found.len()..].split('"').next())
        .filter(|name| !["viewport", "robots"].contains(name))
        .collect();
    let wanted = BTreeSet::from([
        "csrf_token",
        "traits.email",
        "password",
        "traits.name",
        "method",
    ]);
    assert_eq!(names, wanted);
    assert!(
        html.contains("value=\"ada@example.com\""),
        "what was typed stands"
    );
}

#[test]
fn a_password_is_never_sent_back() {
    let html = login_page(&renderer(), &samples::registration("", "", "hunter2")).html;
    assert!(!html.contains("hunter2"));
}

#[test]
fn the_first_field_with_a_problem_has_the_focus_and_is_tied_to_its_message() {
    let error = samples::message(4_000_002, "error", json!({"property": "password"}));
    let ui = samples::with_message(samples::login("ada"), Some("password"), error);
    let html = login_page(&renderer(), &ui).html;
    let (_, password) = html
        .split_once("id=\"password\"")
        .expect("the field is there");
    let (attributes, _) = password.split_once('>').expect("it ends");
    assert!(attributes.contains("autofocus"), "{attributes}");
    assert!(attributes.contains("aria-invalid=\"true\""), "{attributes}");
    assert!(
        attributes.contains("aria-describedby=\"password-note1\""),
        "{attributes}"
    );
    assert!(html.contains("id=\"password-note1\""));
    assert!(html.contains("<title>Problem: "), "{html}");
    assert_eq!(html.matches("autofocus").count(), 1);
}

#[test]
fn several_problems_are_listed_at_the_top() {
    let Some(sample) = samples::all(&renderer())
        .into_iter()
        .find(|sample| sample.name == "registration-problems")
    else {
        panic!("the sample is there")
    };
    for target in ["#traits.email", "#password", "#traits.name"] {
        assert!(
            sample.page.html.contains(&format!("href=\"{target}\"")),
            "{target}"
        );
    }
}

#[test]
fn scripts_run_by_nonce_only_and_none_is_inline() {
    for Sample { name, page } in samples::all(&renderer()) {
        let nonce = page
            .csp
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .expect("a nonce");
        for (at, _) in page.html.match_indices("<script") {
            let tag = page.html[at..].split('>').next().unwrap_or_default();
            let escaped = nonce.replace('/', "&#x2f;");
            assert!(
                tag.contains(" src=") && tag.contains(&format!("nonce=\"{escaped}\"")),
                "{name}: {tag}"
            );
        }
        for inline in [" onclick", " onload", " style=", "<style", "javascript:"] {
            assert!(!page.html.contains(inline), "{name} has {inline}");
        }
    }
}

#[test]
fn two_pages_have_two_nonces() {
    let renderer = renderer();
    let ui = samples::login("");
    assert_ne!(
        login_page(&renderer, &ui).csp,
        login_page(&renderer, &ui).csp
    );
}

#[test]
fn the_policy_lets_a_form_end_at_every_place_of_the_configuration() {
    let csp = login_page(&renderer(), &samples::login("")).csp;
    let list = csp
        .split("form-action ")
        .nth(1)
        .and_then(|rest| rest.split(';').next())
        .expect("a list");
    for origin in [
        "'self'",
        "https://auth.example.com",
        "https://wiki.example.com",
        "https://*.apps.example.com",
        "https://return.example.org",
        "https://*.partner.example",
        "https://bye.example.com",
    ] {
        assert!(
            list.split(' ').any(|entry| entry == origin),
            "{origin} is not in {list}"
        );
    }
    for directive in [
        "default-src 'none'",
        "style-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "'strict-dynamic'",
    ] {
        assert!(csp.contains(directive), "{directive}");
    }
}

#[test]
fn our_html_carries_its_headers() {
    let mut headers = HeaderMap::new();
    login_page(&renderer(), &samples::login("")).set_headers(&mut headers);
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(
            headers.get(name).and_then(|found| found.to_str().ok()),
            Some(value),
            "{name}"
        );
    }
    assert!(headers.contains_key("content-security-policy"));
}

#[test]
fn every_key_that_is_used_exists_and_every_key_is_used() {
    let json = LANGUAGES
        .first()
        .map(|(_, _, json)| *json)
        .expect("English");
    let texts: std::collections::BTreeMap<String, String> =
        serde_json::from_str(json).expect("a map");
    let mut used = BTreeSet::new();
    for source in sources(Path::new("src/render")) {
        for marker in ["t(\"", "t('", "text(\"", "line(\""] {
            for (at, _) in source.match_indices(marker) {
                let rest = &source[at + marker.len()..];
                let key: String = rest
                    .chars()
                    .take_while(|letter| letter.is_ascii_alphanumeric() || "._".contains(*letter))
                    .collect();
                used.insert(key);
            }
        }
        used.extend(
            texts
                .keys()
                .filter(|key| source.contains(&format!("\"{key}\"")))
                .cloned(),
        );
    }
    used.retain(|key| {
        key.starts_with(|letter: char| letter.is_ascii_alphabetic()) && key.contains('.')
            || texts.contains_key(key)
    });
    let missing: Vec<_> = used
        .iter()
        .filter(|key| !texts.contains_key(*key))
        .collect();
    assert!(missing.is_empty(), "no wording for {missing:?}");
    // Families whose last part comes from the wire contract, the configuration or an enum.
    let families = [
        "message.",
        "working.",
        "error.",
        "cause.",
        "problem.",
        "notice.",
        "settings.section.",
        "settings.part.",
        "user.level.",
    ];
    let forms = [
        "login",
        "confirm",
        "second",
        "registration",
        "recovery",
        "verification",
        "settings",
    ];
    let by_form = |key: &str| {
        forms.iter().any(|form| {
            ["heading", "heading.app", "lead"]
                .iter()
                .any(|end| key == format!("{form}.{end}"))
        })
    };
    let unused: Vec<_> = texts
        .keys()
        .filter(|key| {
            !used.contains(*key)
                && !by_form(key)
                && !families.iter().any(|family| key.starts_with(family))
        })
        .collect();
    assert!(unused.is_empty(), "nobody uses {unused:?}");
}

#[test]
fn every_notice_and_every_gateway_error_has_its_own_words() {
    let texts = Catalogue::parse(LANGUAGES[0].2, None).expect("English parses");
    for id in GATEWAY_ERRORS {
        for end in ["title", "text"] {
            assert!(texts.has(&format!("error.{id}.{end}")), "error.{id}.{end}");
        }
    }
    for Sample { name, page } in samples::all(&renderer()) {
        assert!(
            !page.html.contains(">notice.")
                && !page.html.contains(">error.")
                && !page.html.contains(">problem."),
            "{name} shows a key"
        );
    }
}

#[test]
fn every_language_has_the_same_placeholders() {
    let (_, _, english) = LANGUAGES[0];
    let english: std::collections::BTreeMap<String, String> =
        serde_json::from_str(english).expect("a map");
    for (tag, _, json) in LANGUAGES {
        let other: std::collections::BTreeMap<String, String> =
            serde_json::from_str(json).expect("a map");
        for (key, text) in other {
            let original = english
                .get(&key)
                .unwrap_or_else(|| panic!("{tag}: {key} is not in English"));
            assert_eq!(placeholders(&text), placeholders(original), "{tag}: {key}");
        }
    }
}

/// Writes all samples with their assets where `VESTIBULE_PAGES` says; the contact sheet is made from them.
#[test]
fn the_samples_can_be_looked_at() {
    let Ok(folder) = std::env::var("VESTIBULE_PAGES") else {
        return;
    };
    let folder = Path::new(&folder);
    let renderer = renderer();
    let assets = folder.join("assets");
    fs::create_dir_all(&assets).expect("the folder can be made");
    for asset in [
        &renderer.assets.stylesheet,
        &renderer.assets.script,
        &renderer.assets.icon,
    ] {
        fs::write(assets.join(&asset.name), &asset.bytes).expect("an asset can be written");
    }
    for Sample { name, page } in samples::all(&renderer) {
        fs::write(folder.join(format!("{name}.html")), &page.html).expect("a page can be written");
        fs::write(folder.join(format!("{name}.csp")), &page.csp).expect("a policy can be written");
    }
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect()
}

fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if name.ends_with(".html")
            || name.ends_with(".rs")
                && !["tests.rs", "samples.rs", "sample_config.rs", "catalogue.rs"]
                    .contains(&name.as_str())
        {
            found.push(fs::read_to_string(&path).expect("a text"));
        }
    }
    found
}

/// Ids of gateway 22 that a browser can meet.
const GATEWAY_ERRORS: &[&str] = &[
    "request_rejected",
    "session_inactive",
    "credential_invalid",
    "access_denied",
    "security_csrf_violation",
    "route_not_found",
    "method_not_allowed",
    "request_timeout",
    "payload_too_large",
    "uri_too_long",
    "headers_too_large",
    "misdirected_request",
    "rate_limited",
    "internal_error",
    "upstream_unreachable",
    "upstream_tls",
    "upstream_protocol",
    "upstream_unavailable",
    "upstream_timeout",
    "overloaded",
    "authenticator_unavailable",
    "loop_detected",
];
