//! Answers that the gateway itself gives to a person who wanted an app (gateway 22).

use http::StatusCode;
use url::Url;

use super::{
    ASSETS_PATH,
    catalogue::Catalogue,
    notice::{Action, ActionView, NoticeView, actions, foot},
};

/// An answer of the gateway itself to a person who wanted an app.
#[derive(Clone, Copy, Debug)]
pub struct GatewayErrorPage<'a> {
    /// Status.
    pub status: StatusCode,
    /// Stable id (gateway 22).
    pub id: &'a str,
    /// What is wrong with the set-up, when that is known (gateway 22.1).
    pub cause: Option<&'a str>,
    /// Number of the request in the log.
    pub request_id: &'a str,
    /// What happened, in words; shown where the id has no wording of ours.
    pub reason: Option<&'a str>,
    /// Host that was asked for.
    pub host: Option<&'a str>,
    /// Name of the app, when the route has one.
    pub app: Option<&'a str>,
    /// Who is signed in, where that matters.
    pub person: Option<&'a str>,
    /// Where to sign in; shown on 401.
    pub sign_in_url: Option<&'a str>,
    /// The URL asked for; signing in as somebody else leads back to it.
    pub url: Option<&'a str>,
    /// `Accept-Language`.
    pub languages: Option<&'a str>,
}

impl<'a> GatewayErrorPage<'a> {
    /// With what is always known.
    #[must_use]
    pub const fn new(status: StatusCode, id: &'a str, request_id: &'a str) -> Self {
        Self {
            status,
            id,
            cause: None,
            request_id,
            reason: None,
            host: None,
            app: None,
            person: None,
            sign_in_url: None,
            url: None,
            languages: None,
        }
    }
}

impl NoticeView {
    pub(super) fn gateway(page: &GatewayErrorPage<'_>, texts: &Catalogue) -> Self {
        let unnamed = texts.text("error.unnamed", &[]);
        let app = page.app.or(page.host).unwrap_or(&unnamed);
        let own = format!("error.{}", page.id);
        let worded = texts.has(&format!("{own}.title"));
        let base = if worded {
            own
        } else if page.status.is_server_error() {
            "error.5xx".to_owned()
        } else {
            "error.4xx".to_owned()
        };
        let values = [("app", app)];
        let heading = texts.text(&format!("{base}.title"), &values);
        let cause = page.cause.map(|cause| format!("cause.{cause}"));
        let person = page.person.filter(|_| page.status == StatusCode::FORBIDDEN);
        Self {
            title: texts.text("form.problem_title", &[("title", &heading)]),
            heading,
            texts: vec![match page.reason {
                Some(reason) if !worded => reason.to_owned(),
                _ => texts.text(&format!("{base}.text"), &values),
            }],
            cause: cause
                .filter(|key| texts.has(key))
                .map(|key| texts.text(&key, &[]))
                .unwrap_or_default(),
            post: None,
            actions: gateway_actions(page, texts),
            foot: foot(
                texts,
                &[
                    ("foot.app", page.app),
                    ("foot.person", person),
                    ("foot.host", page.host),
                    ("foot.request", Some(page.request_id)),
                ],
            ),
        }
    }
}

/// The way on: sign in, sign in as somebody else, try again, or the start page of the host.
fn gateway_actions(page: &GatewayErrorPage<'_>, texts: &Catalogue) -> Vec<ActionView> {
    let again = page.url.unwrap_or_default();
    let switch = switch_path(again);
    let chosen = match page.status {
        StatusCode::UNAUTHORIZED => page.sign_in_url.map(|url| (Action::SignIn, url)),
        StatusCode::FORBIDDEN if page.person.is_some() => Some((Action::Switch, switch.as_str())),
        status if retryable(status) => Some((Action::Retry, again)),
        _ => None,
    };
    let mut list = actions(chosen.as_slice(), texts);
    let at_home = Url::parse(again).is_ok_and(|url| url.path() == "/");
    // On a host that we cannot serve, its start page is no help either.
    if !at_home && page.status != StatusCode::MISDIRECTED_REQUEST {
        list.extend(actions(&[(Action::Home, "/")], texts));
    }
    for action in &mut list {
        // A sign-in page inside a frame would be refused by the browser.
        action.top = true;
    }
    list
}

/// The page that signs out and leads on to signing in for `url`.
fn switch_path(url: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("sign_in_for", url);
    let folder = ASSETS_PATH.trim_end_matches("assets/");
    format!("{folder}logout?{}", query.finish())
}

fn retryable(status: StatusCode) -> bool {
    status.is_server_error() && status != StatusCode::LOOP_DETECTED
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        )
}
