//! Page templates, assets and wording, for `pages` and for the gateway's error pages alike.
//!
//! Callers fill in a typed page model and get HTML with the policy that belongs to it. Everything a person, an app or a client sent is
//! data here: templates escape it, and no script runs but the one linked with the page's nonce (security 8.6, 8.7).

mod assets;
mod autofill;
mod catalogue;
mod facts;
mod field;
mod form;
mod gateway;
mod layout;
mod mailbox;
mod notice;
mod part;
mod policy;
#[cfg(test)]
pub(crate) mod samples;
mod sections;
#[cfg(test)]
mod tests;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use minijinja::{
    Environment, UndefinedBehavior,
    syntax::SyntaxConfig,
    value::{Kwargs, Serde},
};
use serde::Serialize;

use crate::{config::Config, crypto};
use assets::Assets;
use catalogue::Catalogue;
use facts::FactsView;
use form::FormView;
use mailbox::MailboxView;
use notice::NoticeView;
use policy::Policy;

pub use assets::{ASSET_CACHE_CONTROL, ASSETS_PATH, Asset};
pub use facts::{SampleAppPage, UserPage};
pub use form::{Form, FormLinks, FormPage};
pub use gateway::GatewayErrorPage;
pub use mailbox::{MailboxMessage, MailboxPage, MailboxRow};
pub use notice::{Action, ErrorPage, Notice, NoticePage};

/// Makes pages. Built once per configuration; making a page touches nothing but memory and the random source.
#[derive(Debug)]
pub struct Renderer {
    languages: Vec<Language>,
    assets: Assets,
    policy: Policy,
    min_password: String,
}

/// A page and the policy that it must be sent with.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The page.
    pub html: String,
    /// Its `Content-Security-Policy`.
    pub csp: String,
}

impl Rendered {
    /// Sets everything that our HTML is sent with (security 8.7), its type and that nobody may keep it.
    pub fn set_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in HTML_HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let policy = HeaderValue::from_str(&self.csp);
        // The policy is made of host names and our own text; should one ever not fit a header, nothing at all may run.
        let policy = policy.unwrap_or(HeaderValue::from_static("default-src 'none'"));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

#[derive(Debug)]
struct Language {
    tag: &'static str,
    direction: &'static str,
    texts: Catalogue,
    templates: Environment<'static>,
}

/// What the frame around every page needs.
#[derive(Serialize)]
struct Frame<'a> {
    language: &'a str,
    direction: &'a str,
    assets: &'a str,
    stylesheet: &'a str,
    script: &'a str,
    icon: &'a str,
    nonce: &'a str,
    scripted: bool,
    wide: bool,
}

#[derive(Serialize)]
struct Context<'a, V> {
    frame: Frame<'a>,
    #[serde(flatten)]
    view: V,
}

/// How a page stands in its frame.
#[derive(Clone, Copy)]
enum Look {
    Card,
    Wide,
    /// Without a script, and with assets by absolute path, because it may answer for any path.
    Anywhere,
    WideAnywhere,
}

impl Renderer {
    /// Prepares templates, wording and policy.
    ///
    /// # Panics
    /// When a template or catalogue that is compiled in does not parse; the tests render each.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let password = config.selfservice.methods.get("password");
        let min_password = password.map_or(8, |method| {
            method.section.integer("config.min_password_length", 8)
        });
        Self {
            languages: languages(),
            assets: Assets::new(),
            policy: Policy::new(config),
            min_password: min_password.to_string(),
        }
    }

    /// A page with forms.
    pub fn form(&self, page: &FormPage<'_>) -> Rendered {
        let language = self.language(page.languages);
        let view = FormView::new(page, &language.texts, &self.min_password);
        if page.form == Form::Settings {
            self.page(language, "settings.html", Look::Wide, view)
        } else {
            self.page(language, "form.html", Look::Card, view)
        }
    }

    /// A page that says one thing.
    pub fn notice(&self, page: &NoticePage<'_>) -> Rendered {
        let language = self.language(page.languages);
        let view = NoticeView::notice(page, &language.texts);
        self.page(language, "notice.html", Look::Card, view)
    }

    /// The page of a self-service error.
    pub fn error(&self, page: &ErrorPage<'_>) -> Rendered {
        let language = self.language(page.languages);
        let view = NoticeView::error(page, &language.texts);
        self.page(language, "notice.html", Look::Card, view)
    }

    /// The page of an answer that the gateway itself gives.
    pub fn gateway_error(&self, page: &GatewayErrorPage<'_>) -> Rendered {
        let language = self.language(page.languages);
        let view = NoticeView::gateway(page, &language.texts);
        self.page(language, "notice.html", Look::Anywhere, view)
    }

    /// Who is signed in and what the app is told.
    pub fn user(&self, page: &UserPage<'_>) -> Rendered {
        let language = self.language(page.languages);
        let view = FactsView::user(page, &language.texts);
        self.page(language, "facts.html", Look::Wide, view)
    }

    /// The sample app.
    pub fn sample_app(&self, page: &SampleAppPage<'_>) -> Rendered {
        let language = self.language(page.languages);
        let view = FactsView::sample(page, &language.texts);
        self.page(language, "facts.html", Look::WideAnywhere, view)
    }

    /// What was sent, in development.
    pub fn mailbox(&self, page: &MailboxPage<'_>) -> Rendered {
        let language = self.language(page.languages);
        let view = MailboxView::new(page, &language.texts);
        self.page(language, "mailbox.html", Look::Wide, view)
    }

    /// The asset of this name, as in a page's link below [`ASSETS_PATH`].
    #[must_use]
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.assets.find(name)
    }

    fn page<V: Serialize>(
        &self,
        language: &Language,
        template: &str,
        look: Look,
        view: V,
    ) -> Rendered {
        let nonce = data_encoding::BASE64.encode(&crypto::random::<16>());
        let anywhere = matches!(look, Look::Anywhere | Look::WideAnywhere);
        let frame = Frame {
            language: language.tag,
            direction: language.direction,
            // Relative where the page's own address is known: a proxy in front may have cut a prefix off.
            assets: if anywhere { ASSETS_PATH } else { "assets/" },
            stylesheet: &self.assets.stylesheet.name,
            script: &self.assets.script.name,
            icon: &self.assets.icon.name,
            nonce: &nonce,
            scripted: !anywhere,
            wide: matches!(look, Look::Wide | Look::WideAnywhere),
        };
        let rendered = language
            .templates
            .get_template(template)
            .and_then(|template| template.render(Serde(Context { frame, view })));
        let html = rendered.unwrap_or_else(|error| {
            tracing::error!(template, error = %error, "page not rendered");
            BROKEN.to_owned()
        });
        Rendered {
            html,
            csp: self.policy.with_nonce(&nonce),
        }
    }

    /// The first language of the list that we have, else the first of ours. Weights are ignored: browsers send their list in order.
    fn language(&self, wanted: Option<&str>) -> &Language {
        let tags = wanted.unwrap_or_default().split([',', ' ']);
        let primary = |tag: &str| {
            let tag = tag.split(';').next().unwrap_or_default().trim();
            tag.split('-')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        tags.map(primary)
            .find_map(|tag| self.languages.iter().find(|language| language.tag == tag))
            .or(self.languages.first())
            .expect("there is at least English")
    }
}

fn languages() -> Vec<Language> {
    let mut all: Vec<Language> = Vec::with_capacity(LANGUAGES.len());
    for (tag, direction, json) in LANGUAGES {
        let base = all.first().map(|english| &english.texts);
        let texts = Catalogue::parse(json, base).expect("a catalogue is a map of texts");
        all.push(Language {
            tag,
            direction,
            templates: templates(texts.clone()),
            texts,
        });
    }
    all
}

fn templates(texts: Catalogue) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    environment.set_syntax(syntax.build().expect("the usual delimiters are consistent"));
    environment.add_function("t", move |key: String, values: Kwargs| {
        let mut given = Vec::new();
        for name in values.args() {
            given.push((name, values.get::<minijinja::Value>(name)?.to_string()));
        }
        let pairs: Vec<(&str, &str)> = given
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Ok::<_, minijinja::Error>(texts.text(&key, &pairs))
    });
    for (name, source) in TEMPLATES {
        environment
            .add_template(name, source)
            .expect("a template that is compiled in parses");
    }
    environment
}

/// Tag, direction and catalogue of each language; English is first because the others borrow from it.
const LANGUAGES: &[(&str, &str, &str)] = &[("en", "ltr", include_str!("locales/en.json"))];

const TEMPLATES: &[(&str, &str)] = &[
    ("base.html", include_str!("templates/base.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("form.html", include_str!("templates/form.html")),
    ("settings.html", include_str!("templates/settings.html")),
    ("notice.html", include_str!("templates/notice.html")),
    ("facts.html", include_str!("templates/facts.html")),
    ("mailbox.html", include_str!("templates/mailbox.html")),
];

const HTML_HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (
        header::CACHE_CONTROL,
        "private, no-cache, no-store, must-revalidate",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// What is shown when a template fails: never nothing.
const BROKEN: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Something broke on our side</title>\
<h1>Something broke on our side</h1><p>It isn’t your fault. Please try again in a moment.</p></html>";
