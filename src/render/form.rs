//! Sign-in, sign-up, settings and the like: a page made of the nodes that a custom UI would get, so that every method appears by itself.

use std::collections::HashSet;

use serde::Serialize;

use super::{
    catalogue::Catalogue,
    field::{Button, Field, Remark, Surroundings, is_button, tone},
    layout::{self, Layout},
};
use crate::ui::{Container, Group, Method};

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
struct Problem {
    field: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct Part {
    action: String,
    method: &'static str,
    /// For password managers, where the form itself has no field for the name.
    username: String,
    heading: String,
    note: String,
    fields: Vec<Field>,
    buttons: Vec<Button>,
}

#[derive(Debug, Serialize)]
struct Section {
    id: String,
    heading: String,
    parts: Vec<Part>,
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
            (Vec::new(), sections(texts, &groups, parts))
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
    own.map(|message| Remark {
        kind: tone(message.message_type),
        text: texts.message(message, "", form, ""),
    })
    .collect()
}

fn part(page: &FormPage<'_>, around: &Surroundings<'_>, layout: &Layout<'_>) -> Part {
    let mut shown: Vec<Field> = layout
        .nodes
        .iter()
        .filter(|node| !is_button(node))
        .map(|node| around.field(node))
        .collect();
    let last = shown.iter().rposition(Field::is_visible);
    for (at, field) in shown
        .iter_mut()
        .enumerate()
        .filter(|(_, field)| field.is_visible())
    {
        field.enterkeyhint = if Some(at) == last { "go" } else { "next" };
    }
    let (own, other): (Vec<_>, Vec<_>) = layout
        .nodes
        .iter()
        .filter_map(|node| Some((node.group, around.button(node)?)))
        .partition(|(group, _)| *group == layout.group);
    let mut buttons: Vec<Button> = own
        .into_iter()
        .chain(other)
        .map(|(_, button)| button)
        .collect();
    if let Some(first) = buttons.first_mut() {
        first.primary = layout.primary && !first.danger;
    }
    if let Some(second) = buttons.get_mut(1).filter(|_| page.form != Form::Settings) {
        second.after_line = true;
    }
    let asks_password = shown.iter().any(|field| field.kind == "password");
    let asks_name = shown
        .iter()
        .any(|field| field.is_visible() && field.kind != "password");
    let sensitive = page.must_confirm && layout.group != Group::Profile;
    Part {
        action: page.ui.action.clone(),
        method: match page.ui.method {
            Method::Get => "get",
            Method::Post => "post",
        },
        username: page
            .person
            .filter(|_| asks_password && !asks_name)
            .unwrap_or_default()
            .to_owned(),
        heading: String::new(),
        note: if sensitive {
            around.texts.text("settings.confirm", &[])
        } else {
            String::new()
        },
        fields: shown,
        buttons,
    }
}

/// Two forms may hold a field of one name; an id is there once.
fn unique_ids(parts: &mut [Part]) {
    let mut seen = HashSet::new();
    for field in parts.iter_mut().flat_map(|part| &mut part.fields) {
        if field.kind == "hidden" {
            continue;
        }
        let name = field.id.clone();
        let mut count = 1;
        while !seen.insert(field.id.clone()) {
            count += 1;
            field.id = format!("{name}-{count}");
        }
        field.describe();
    }
}

/// The first field with a problem has the focus; else, on a page with one thing to do, the first that is still empty.
fn focus(form: Form, parts: &mut [Part], refused: bool) {
    let settings = form == Form::Settings;
    let mut fields: Vec<&mut Field> = parts
        .iter_mut()
        .flat_map(|part| &mut part.fields)
        .filter(|field| field.is_visible() && !field.disabled)
        .collect();
    let problem = fields.iter().position(|field| field.problems);
    let empty = fields
        .iter()
        .position(|field| field.value.is_empty() && field.kind != "checkbox" && !field.optional);
    let chosen = problem.or(empty.filter(|_| !settings || refused));
    if let Some(field) = chosen.and_then(|at| fields.get_mut(at)) {
        field.autofocus = true;
    }
}

/// All problems in one place, if there are several; those about the form as a whole move there.
fn summary(messages: &mut Vec<Remark>, parts: &[Part]) -> Vec<Problem> {
    let whole = messages
        .iter()
        .filter(|message| message.kind == "error")
        .map(|message| Problem {
            field: String::new(),
            text: message.text.clone(),
        });
    let at_fields = fields(parts).flat_map(|field| {
        let errors = field.remarks.iter().filter(|remark| remark.kind == "error");
        errors.map(|remark| Problem {
            field: field.id.clone(),
            text: remark.text.clone(),
        })
    });
    let all: Vec<Problem> = whole.chain(at_fields).collect();
    if all.len() < 2 {
        return Vec::new();
    }
    messages.retain(|message| message.kind != "error");
    all
}

/// Settings as people think of them: the methods of one section stand together, in the order of the first.
fn sections(texts: &Catalogue, groups: &[Group], parts: Vec<Part>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for (group, mut part) in groups.iter().zip(parts) {
        let kind = section(*group);
        let own = format!("settings.part.{}", group_name(*group));
        if kind != "profile" && texts.has(&own) {
            part.heading = texts.text(&own, &[]);
        }
        let id = format!("section-{kind}");
        if let Some(known) = sections.iter_mut().find(|section| section.id == id) {
            known.parts.push(part);
        } else {
            let heading = texts.text(&format!("settings.section.{kind}"), &[]);
            let parts = vec![part];
            sections.push(Section { id, heading, parts });
        }
    }
    sections
}

fn section(group: Group) -> &'static str {
    match group {
        Group::Profile => "profile",
        Group::Password | Group::Oidc | Group::Saml | Group::Passkey => "sign_in",
        Group::Totp | Group::LookupSecret | Group::Webauthn | Group::Code => "second_step",
        _ => "other",
    }
}

fn group_name(group: Group) -> &'static str {
    match group {
        Group::Default => "default",
        Group::Password => "password",
        Group::Oidc => "oidc",
        Group::Profile => "profile",
        Group::Link => "link",
        Group::Code => "code",
        Group::Totp => "totp",
        Group::LookupSecret => "lookup_secret",
        Group::Webauthn => "webauthn",
        Group::Passkey => "passkey",
        Group::IdentifierFirst => "identifier_first",
        Group::Captcha => "captcha",
        Group::Saml => "saml",
        Group::Deviceauthn => "deviceauthn",
    }
}

fn fields(parts: &[Part]) -> impl Iterator<Item = &Field> {
    parts.iter().flat_map(|part| &part.fields)
}

fn has_error(messages: &[Remark]) -> bool {
    messages.iter().any(|message| message.kind == "error")
}
