//! Pages that say one thing: signed out, sign out?, not switched on, and every error of the gateway and of the flows.

use serde::Serialize;

use super::{catalogue::Catalogue, form::LinkView};

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
    /// How long to wait before trying again, when that is the matter.
    pub wait: Option<&'a str>,
    /// What to name when asking for help.
    pub reference: Option<&'a str>,
    /// What one can do next.
    pub actions: &'a [(Action, &'a str)],
}

/// What the template `notice.html` shows.
#[derive(Debug, Default, Serialize)]
pub(super) struct NoticeView {
    pub(super) title: String,
    pub(super) heading: String,
    pub(super) texts: Vec<String>,
    pub(super) cause: String,
    pub(super) post: Option<PostView>,
    pub(super) actions: Vec<ActionView>,
    pub(super) foot: Vec<FootView>,
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
    pub(super) top: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct FootView {
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
            texts: vec![texts.text(
                &format!("{base}.text"),
                &[("wait", page.wait.unwrap_or_default())],
            )],
            actions: actions(page.actions, texts),
            foot: foot(texts, &[("foot.request", page.reference)]),
            ..Self::default()
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

/// Links to go on by.
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

/// The small print: what to name when asking for help.
pub(super) fn foot(texts: &Catalogue, lines: &[(&str, Option<&str>)]) -> Vec<FootView> {
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
