//! Pages that list facts: who is signed in and what the app is told, and the sample app.

use serde::Serialize;

use super::{
    catalogue::Catalogue,
    notice::{Action, ActionView, PostView, actions},
};

/// `/.vestibule/user` for a person.
#[derive(Clone, Copy, Debug)]
pub struct UserPage<'a> {
    /// `ui_locales` or `Accept-Language`.
    pub languages: Option<&'a str>,
    /// Id of the identity.
    pub id: &'a str,
    /// Address shown as the person's name where there is no better one.
    pub email: Option<&'a str>,
    /// Name.
    pub name: Option<&'a str>,
    /// Groups.
    pub groups: &'a [String],
    /// `aal1` or `aal2`.
    pub aal: &'a str,
    /// When the session ends, readable.
    pub expires_at: &'a str,
    /// What the app receives: name and value.
    pub headers: &'a [(String, String)],
    /// To the settings page.
    pub settings: Option<&'a str>,
    /// Where the sign-out button posts to.
    pub sign_out: &'a str,
}

/// The sample app of `dev`: shows what an app would get.
#[derive(Clone, Copy, Debug)]
pub struct SampleAppPage<'a> {
    /// `Accept-Language`.
    pub languages: Option<&'a str>,
    /// Method of the request.
    pub method: &'a str,
    /// Host as the app sees it.
    pub host: &'a str,
    /// Path and query as the app sees them.
    pub path: &'a str,
    /// Header fields as the app receives them.
    pub headers: &'a [(String, String)],
    /// Names of the identity headers, in lower case.
    pub identity_headers: &'a [String],
    /// To the settings page.
    pub settings: Option<&'a str>,
    /// To the sign-in page, when nobody is signed in.
    pub sign_in: Option<&'a str>,
    /// Where the sign-out button posts to.
    pub sign_out: &'a str,
}

/// What the template `facts.html` shows.
#[derive(Debug, Serialize)]
pub(super) struct FactsView {
    title: String,
    heading: String,
    lead: String,
    post: Option<PostView>,
    actions: Vec<ActionView>,
    sections: Vec<FactsSection>,
}

#[derive(Debug, Serialize)]
struct FactsSection {
    heading: String,
    /// Values are for programs: every character counts.
    exact: bool,
    lead: String,
    facts: Vec<Fact>,
}

#[derive(Debug, Serialize)]
struct Fact {
    label: String,
    value: String,
}

impl FactsView {
    pub(super) fn user(page: &UserPage<'_>, texts: &Catalogue) -> Self {
        let person = page.name.or(page.email).unwrap_or(page.id);
        let heading = texts.text("user.heading", &[]);
        let level = format!("user.level.{}", page.aal);
        let level = if texts.has(&level) {
            texts.text(&level, &[])
        } else {
            page.aal.to_owned()
        };
        let groups = page.groups.join(", ");
        let about = [
            ("user.name", page.name),
            ("user.email", page.email),
            ("user.groups", Some(groups.as_str())),
            ("user.level", Some(level.as_str())),
            ("user.expires", Some(page.expires_at)),
            ("user.id", Some(page.id)),
        ];
        let about = about.into_iter().filter_map(|(key, value)| {
            let value = value.filter(|value| !value.is_empty())?;
            Some(fact(texts.text(key, &[]), value))
        });
        let received: Vec<Fact> = page
            .headers
            .iter()
            .map(|(name, value)| fact(name.clone(), value))
            .collect();
        let lead = if received.is_empty() {
            "user.received.none"
        } else {
            "user.received.lead"
        };
        Self {
            title: heading.clone(),
            heading,
            lead: texts.text("user.lead", &[("person", person)]),
            post: Some(sign_out(page.sign_out, texts)),
            actions: settings(page.settings, texts),
            sections: vec![
                FactsSection {
                    heading: texts.text("user.about", &[]),
                    exact: false,
                    lead: String::new(),
                    facts: about.collect(),
                },
                FactsSection {
                    heading: texts.text("user.received", &[]),
                    exact: true,
                    lead: texts.text(lead, &[]),
                    facts: received,
                },
            ],
        }
    }

    pub(super) fn sample(page: &SampleAppPage<'_>, texts: &Catalogue) -> Self {
        let is_identity = |name: &str| {
            let name = name.to_ascii_lowercase();
            page.identity_headers.contains(&name)
        };
        let facts_of = |wanted: bool| {
            let chosen = page.headers.iter();
            let chosen = chosen.filter(move |(name, _)| is_identity(name) == wanted);
            chosen.map(|(name, value)| fact(name.clone(), value))
        };
        let identity: Vec<Fact> = facts_of(true).collect();
        let find = |wanted: &str| {
            let found = identity
                .iter()
                .find(|fact| fact.label.to_ascii_lowercase().contains(wanted));
            found.map(|fact| fact.value.as_str())
        };
        let person = find("name")
            .or_else(|| find("email"))
            .or_else(|| find("id"));
        let heading = match person {
            Some(person) => texts.text("sample.heading", &[("person", person)]),
            None => texts.text("sample.heading.nobody", &[]),
        };
        let asked = format!("{} {}", page.method, page.path);
        let asked = fact(texts.text("sample.asked", &[]), &asked);
        let signed_in = person.is_some();
        let mut links = settings(page.settings.filter(|_| signed_in), texts);
        let sign_in = page.sign_in.filter(|_| !signed_in);
        links.extend(
            sign_in
                .into_iter()
                .flat_map(|url| actions(&[(Action::SignIn, url)], texts)),
        );
        let lead = if signed_in {
            "sample.identity.lead"
        } else {
            "sample.identity.none"
        };
        Self {
            title: texts.text("sample.title", &[]),
            heading,
            lead: texts.text("sample.lead", &[("host", page.host)]),
            post: signed_in.then(|| sign_out(page.sign_out, texts)),
            actions: links,
            sections: vec![
                FactsSection {
                    heading: texts.text("sample.identity", &[]),
                    exact: true,
                    lead: texts.text(lead, &[]),
                    facts: facts_of(true).collect(),
                },
                FactsSection {
                    heading: texts.text("sample.request", &[]),
                    exact: true,
                    lead: String::new(),
                    facts: std::iter::once(asked).chain(facts_of(false)).collect(),
                },
            ],
        }
    }
}

fn sign_out(action: &str, texts: &Catalogue) -> PostView {
    PostView {
        fields: Vec::new(),
        action: action.to_owned(),
        text: texts.text("action.sign_out", &[]),
    }
}

fn settings(href: Option<&str>, texts: &Catalogue) -> Vec<ActionView> {
    href.map(|href| actions(&[(Action::Settings, href)], texts))
        .unwrap_or_default()
}

fn fact(label: String, value: &str) -> Fact {
    Fact {
        label,
        value: value.to_owned(),
    }
}
