//! Sign-in, sign-up, settings and the like: a page made of the nodes that a custom UI would get, so that every method appears by itself.

use serde::Serialize;

use super::{
    catalogue::Catalogue,
    field::{Remark, Surroundings, tone},
    layout,
    part::{Part, Problem, fields, focus, has_error, lines, part, summary, unique_ids},
    sections::{Section, sections},
};
use crate::ui::{Container, Group};

/// What a form page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Sign in.
    Login,
    /// Sign in once more, as the same person.
    Confirm,
    /// The second factor.
    SecondFactor,
    /// Sign up.
    Registration,
    /// One's account.
    Settings,
    /// Get back in.
    Recovery,
    /// Prove an address.
    Verification,
}

/// A page with forms.
#[derive(Clone, Copy, Debug)]
pub struct FormPage<'a> {
    /// What it is for.
    pub form: Form,
    /// What it shows.
    pub ui: &'a Container,
    /// `ui_locales` or `Accept-Language`.
    pub languages: Option<&'a str>,
    /// Name or host of the app that the person is on the way to.
    pub app: Option<&'a str>,
    /// Who is signed in.
    pub person: Option<&'a str>,
    /// Where else one can go.
    pub links: FormLinks<'a>,
    /// Saving will ask to sign in again; the page says so beforehand.
    pub must_confirm: bool,
    /// A form that was sent to an app met this page; the page says that it is lost.
    pub lost_form: bool,
}

/// Links of a form page; those that are absent are not shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct FormLinks<'a> {
    /// To sign in instead.
    pub login: Option<&'a str>,
    /// To sign up instead.
    pub registration: Option<&'a str>,
    /// To get back in without the password.
    pub recovery: Option<&'a str>,
    /// Back to the app.
    pub back: Option<&'a str>,
    /// To sign out.
    pub sign_out: Option<&'a str>,
    /// What apps are told.
    pub user: Option<&'a str>,
}

impl Form {
    /// The word in catalogue keys.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Confirm => "confirm",
            Self::SecondFactor => "second",
            Self::Registration => "registration",
            Self::Settings => "settings",
            Self::Recovery => "recovery",
            Self::Verification => "verification",
        }
    }

    /// Whether a password typed here becomes the account's.
    pub(super) const fn sets_password(self) -> bool {
        matches!(self, Self::Registration | Self::Settings)
    }
}

/// What the templates `form.html` and `settings.html` show.
#[derive(Debug, Serialize)]
pub(super) struct FormView {
    title: String,
    heading: String,
    lead: String,
    sign_out: String,
    summary: Vec<Problem>,
    messages: Vec<Remark>,
    parts_of_form: Vec<Part>,
    sections: Vec<Section>,
    links: Vec<LinkView>,
}

#[derive(Debug, Serialize)]
pub(super) struct LinkView {
    pub(super) href: String,
    pub(super) text: String,
}

impl FormView {
    pub(super) fn new(page: &FormPage<'_>, texts: &Catalogue, min_password: &str) -> Self {
        let around = Surroundings {
            texts,
            form: page.form,
            min_password,
        };
        let settings = page.form == Form::Settings;
        let layouts = if settings {
            layout::one_each(&page.ui.nodes)
        } else {
            layout::main_and_others(&page.ui.nodes)
        };
        let groups: Vec<Group> = layouts.iter().map(|layout| layout.group).collect();
        let mut parts: Vec<Part> = layouts
            .iter()
            .map(|layout| part(page, &around, layout))
            .collect();
        unique_ids(&mut parts);
        lines(&mut parts);
        let mut messages = container_messages(page, texts);
        if parts.is_empty() && messages.is_empty() {
            messages.push(Remark {
                kind: "info",
                text: texts.text("form.nothing", &[]),
            });
        }
        focus(page.form, &mut parts, has_error(&messages));
        let summary = summary(&mut messages, &parts);
        let troubled = !summary.is_empty()
            || has_error(&messages)
            || fields(&parts).any(|field| field.problems);
        let heading = heading(page, texts);
        let title = if troubled {
            texts.text("form.problem_title", &[("title", &heading)])
        } else {
            heading.clone()
        };
        let (parts_of_form, sections) = if settings {
            (
                Vec::new(),
                sections(texts, &groups, parts, page.must_confirm),
            )
        } else {
            (parts, Vec::new())
        };
        Self {
            title,
            heading,
            lead: lead(page, texts),
            sign_out: page.links.sign_out.unwrap_or_default().to_owned(),
            summary,
            messages,
            parts_of_form,
            sections,
            links: links(page, texts),
        }
    }
}

fn heading(page: &FormPage<'_>, texts: &Catalogue) -> String {
    let key = format!("{}.heading", page.form.name());
    let with_app = format!("{key}.app");
    match page.app {
        Some(app) if texts.has(&with_app) => texts.text(&with_app, &[("app", app)]),
        _ => texts.text(&key, &[]),
    }
}

fn lead(page: &FormPage<'_>, texts: &Catalogue) -> String {
    let key = format!("{}.lead", page.form.name());
    match page.person {
        Some(person) if texts.has(&key) => texts.text(&key, &[("person", person)]),
        None if page.form == Form::Settings => texts.text("settings.lead.unnamed", &[]),
        _ => String::new(),
    }
}

fn links(page: &FormPage<'_>, texts: &Catalogue) -> Vec<LinkView> {
    let to = &page.links;
    let back = match page.app {
        Some(app) => texts.text("settings.back.app", &[("app", app)]),
        None => texts.text("settings.back", &[]),
    };
    let line = |key: &str| texts.text(key, &[]);
    let all = match page.form {
        Form::Login => vec![
            (to.recovery, line("login.recover")),
            (to.registration, line("login.create")),
        ],
        Form::Confirm | Form::SecondFactor => vec![
            (to.recovery, line("login.recover")),
            (to.sign_out, line("confirm.other")),
        ],
        Form::Registration | Form::Recovery | Form::Verification => {
            vec![(to.login, line("registration.sign_in"))]
        }
        Form::Settings => vec![(to.back, back), (to.user, line("settings.received"))],
    };
    let shown = all.into_iter().filter_map(|(href, text)| {
        let href = href?.to_owned();
        Some(LinkView { href, text })
    });
    shown.collect()
}

fn container_messages(page: &FormPage<'_>, texts: &Catalogue) -> Vec<Remark> {
    let form = page.form.name();
    let own = page.ui.messages.iter();
    let lost = page.lost_form.then(|| Remark {
        kind: "info",
        text: texts.text("form.lost", &[]),
    });
    let said = own.map(|message| Remark {
        kind: tone(message.message_type),
        text: texts.message(message, "", form, ""),
    });
    lost.into_iter().chain(said).collect()
}
