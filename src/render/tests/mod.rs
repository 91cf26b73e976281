mod wording;

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::json;

use super::samples::config as sample_config;
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
        lost_form: false,
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
    let ui = samples::nodes::with_message(
        samples::nodes::login(hostile),
        None,
        json!({"id": 4_999_999, "type": "error", "text": hostile}),
    );
    let ui = samples::nodes::with_message(
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
    let ui = samples::nodes::registration("ada@example.com", "Ada", "");
    let page = FormPage {
        form: Form::Registration,
        ui: &ui,
        languages: None,
        app: None,
        person: None,
        links: FormLinks::default(),
        must_confirm: false,
        lost_form: false,
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
    let html = login_page(
        &renderer(),
        &samples::nodes::registration("", "", "hunter2"),
    )
    .html;
    assert!(!html.contains("hunter2"));
}

#[test]
fn the_first_field_with_a_problem_has_the_focus_and_is_tied_to_its_message() {
    let error = samples::nodes::message(4_000_002, "error", &json!({"property": "password"}));
    let ui = samples::nodes::with_message(samples::nodes::login("ada"), Some("password"), error);
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
    let ui = samples::nodes::login("");
    assert_ne!(
        login_page(&renderer, &ui).csp,
        login_page(&renderer, &ui).csp
    );
}

#[test]
fn the_policy_lets_a_form_end_at_every_place_of_the_configuration() {
    let csp = login_page(&renderer(), &samples::nodes::login("")).csp;
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
    login_page(&renderer(), &samples::nodes::login("")).set_headers(&mut headers);
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
