//! Pages that say one thing: signed out, sign out?, not switched on, and every error of the gateway and of the flows.

use http::StatusCode;
use serde::Serialize;

use super::{ASSETS_PATH, catalogue::Catalogue, form::LinkView};

/// What a page says that is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Signed out.
    SignedOut,
    /// Asks whether to sign out.
    SignOut,
    /// Asks whether to sign out in order to sign in as somebody else.
    Switch,
    /// Login is not enabled.
    LoginOff,
    /// Registration is not enabled.
    RegistrationOff,
    /// Settings are not enabled.
    SettingsOff,
    /// Recovery is not enabled.
    RecoveryOff,
    /// Verification is not enabled.
    VerificationOff,
    /// The browser did not keep the cookie of a form.
    CookiesBlocked,
    /// The store does not answer.
    Unavailable,
    /// A form of another site tried to do this.
    ForeignForm,
}

/// A page that says one thing.
#[derive(Clone, Copy, Debug)]
pub struct NoticePage<'a> {
    /// What it says.
    pub notice: Notice,
    /// `ui_locales` or `Accept-Language`.
    pub languages: Option<&'a str>,
    /// Who is signed in.
    pub person: Option<&'a str>,
    /// Where a form that does it posts to; only for what asks.
    pub post: Option<&'a str>,
    /// What one can do next, first the likeliest.
    pub actions: &'a [(Action, &'a str)],
}

/// What a link invites to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sign in.
    SignIn,
    /// Sign in after having been signed in.
    SignInAgain,
    /// Leave it.
    Stay,
    /// The same again.
    Retry,
    /// The start page.
    Home,
    /// One's account.
    Settings,
    /// Sign out and in.
    Switch,
}

/// An error that a self-service flow left for the error page.
#[derive(Clone, Copy, Debug)]
pub struct ErrorPage<'a> {
    /// Its status.
    pub status: u16,
    /// Its id, when it has one.
    pub id: Option<&'a str>,
    /// `ui_locales` or `Accept-Language`.
    pub languages: Option<&'a str>,
    /// What to name when asking for help.
    pub reference: Option<&'a str>,
    /// What one can do next.
    pub actions: &'a [(Action, &'a str)],
}

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
    /// Host that was asked for.
    pub host: &'a str,
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

/// What the template `notice.html` shows.
#[derive(Debug, Default, Serialize)]
pub(super) struct NoticeView {
    title: String,
    heading: String,
    texts: Vec<String>,
    cause: String,
    post: Option<PostView>,
    actions: Vec<ActionView>,
    foot: Vec<FootView>,
}

#[derive(Debug, Serialize)]
pub(super) struct PostView {
    pub(super) action: String,
    pub(super) text: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ActionView {
    #[serde(flatten)]
    link: LinkView,
    /// Leaves a frame.
    top: bool,
}

#[derive(Debug, Serialize)]
struct FootView {
    label: String,
    value: String,
}

impl NoticeView {
    pub(super) fn notice(page: &NoticePage<'_>, texts: &Catalogue) -> Self {
        let name = page.notice.name();
        let heading = texts.text(&format!("notice.{name}.title"), &[]);
        let named = format!("notice.{name}.text.person");
        let text = match page.person {
            Some(person) if texts.has(&named) => texts.text(&named, &[("person", person)]),
            _ => texts.text(&format!("notice.{name}.text"), &[]),
        };
        let verb = if page.notice == Notice::Switch {
            "action.switch"
        } else {
            "action.sign_out"
        };
        Self {
            title: heading.clone(),
            heading,
            texts: vec![text],
            post: page.post.map(|action| PostView {
                action: action.to_owned(),
                text: texts.text(verb, &[]),
            }),
            actions: actions(page.actions, texts),
            ..Self::default()
        }
    }

    pub(super) fn error(page: &ErrorPage<'_>, texts: &Catalogue) -> Self {
        let by_status = match page.status {
            404 | 410 => "404",
            401 | 403 => "403",
            500.. => "500",
            _ => "",
        };
        let keys = [page.id.unwrap_or_default(), by_status];
        let base = keys
            .iter()
            .filter(|key| !key.is_empty())
            .map(|key| format!("problem.{key}"))
            .find(|key| texts.has(&format!("{key}.title")))
            .unwrap_or_else(|| "problem".to_owned());
        let heading = texts.text(&format!("{base}.title"), &[]);
        Self {
            title: texts.text("form.problem_title", &[("title", &heading)]),
            heading,
            texts: vec![texts.text(&format!("{base}.text"), &[])],
            actions: actions(page.actions, texts),
            foot: foot(texts, &[("foot.request", page.reference)]),
            ..Self::default()
        }
    }

    pub(super) fn gateway(page: &GatewayErrorPage<'_>, texts: &Catalogue) -> Self {
        let app = page.app.unwrap_or(page.host);
        let own = format!("error.{}", page.id);
        let base = if texts.has(&format!("{own}.title")) {
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
            texts: vec![texts.text(&format!("{base}.text"), &values)],
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
                    ("foot.host", Some(page.host)),
                    ("foot.request", Some(page.request_id)),
                ],
            ),
        }
    }
}

impl Notice {
    const fn name(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::SignOut => "sign_out",
            Self::Switch => "switch",
            Self::LoginOff => "off.login",
            Self::RegistrationOff => "off.registration",
            Self::SettingsOff => "off.settings",
            Self::RecoveryOff => "off.recovery",
            Self::VerificationOff => "off.verification",
            Self::CookiesBlocked => "cookies",
            Self::Unavailable => "unavailable",
            Self::ForeignForm => "foreign_form",
        }
    }
}

impl Action {
    const fn key(self) -> &'static str {
        match self {
            Self::SignIn => "action.sign_in",
            Self::SignInAgain => "action.sign_in_again",
            Self::Stay => "action.stay",
            Self::Retry => "action.retry",
            Self::Home => "action.home",
            Self::Settings => "action.settings",
            Self::Switch => "action.switch",
        }
    }
}

pub(super) fn actions(list: &[(Action, &str)], texts: &Catalogue) -> Vec<ActionView> {
    let each = list.iter();
    each.map(|(action, href)| ActionView {
        link: LinkView {
            href: (*href).to_owned(),
            text: texts.text(action.key(), &[]),
        },
        top: false,
    })
    .collect()
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
    list.extend(actions(&[(Action::Home, "/")], texts));
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

fn foot(texts: &Catalogue, lines: &[(&str, Option<&str>)]) -> Vec<FootView> {
    let given = lines
        .iter()
        .filter_map(|(key, value)| Some((key, (*value)?)));
    given
        .map(|(key, value)| FootView {
            label: texts.text(key, &[]),
            value: value.to_owned(),
        })
        .collect()
}
