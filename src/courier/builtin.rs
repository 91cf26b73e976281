//! The messages in our own words: one plain layout for all of them, as text and as HTML.

use serde_json::{Map, Value};

use super::wording::Words;
use crate::model::{Channel, Template};

/// What is told about a message besides its variables.
pub(super) struct About<'a> {
    pub(super) template: Template,
    pub(super) via: Channel,
    pub(super) data: &'a Map<String, Value>,
    /// What people know us by.
    pub(super) site: &'a str,
}

/// A mail or text message, part by part.
pub(super) struct Content {
    pub(super) subject: String,
    heading: String,
    lead: String,
    code: String,
    /// Introduces the link when there is a code, too.
    or: Option<String>,
    button: String,
    link: String,
    /// Small print, paragraph by paragraph.
    notes: Vec<String>,
}

/// Subject and plain text; a text message has no subject.
pub(super) fn text(words: &Words, about: &About<'_>) -> (String, String) {
    if about.via == Channel::Sms {
        return (String::new(), sms(words, about));
    }
    let content = Content::new(words, about);
    let parts = [Some(content.heading), Some(content.lead)]
        .into_iter()
        .chain([
            Some(content.code),
            content.or,
            Some(content.link),
            Some(content.notes.join("\n\n")),
        ]);
    let paragraphs: Vec<_> = parts.flatten().filter(|part| !part.is_empty()).collect();
    (content.subject, paragraphs.join("\n\n") + "\n")
}

/// The same as HTML. Whatever comes from outside is escaped (security 12.10).
pub(super) fn html(words: &Words, about: &About<'_>) -> String {
    let content = Content::new(words, about);
    let mut body = vec![
        format!(
            r#"<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">{}</h1>"#,
            escaped(&content.heading)
        ),
        paragraph(&content.lead),
    ];
    if !content.code.is_empty() {
        body.push(format!(
            r#"<p style="margin:0 0 24px;padding:16px;border:1px solid #d9dbd6;border-radius:8px;text-align:center;font:bold 28px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:4px">{}</p>"#,
            escaped(&content.code)
        ));
    }
    body.extend(content.or.as_deref().map(paragraph));
    if !content.link.is_empty() {
        let link = escaped(&content.link);
        body.push(format!(
            r#"<p style="margin:0 0 24px"><a href="{link}" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f5aa8;color:#ffffff;font-weight:bold;text-decoration:none">{}</a></p>"#,
            escaped(&content.button)
        ));
        body.push(format!(
            r#"<p style="margin:0 0 24px;font-size:14px;word-break:break-all"><a href="{link}" style="color:#1f5aa8">{link}</a></p>"#
        ));
    }
    let notes = content.notes.iter().map(|note| {
        let note = escaped(note);
        format!(r#"<p style="margin:0 0 8px;font-size:14px;color:#5a626d">{note}</p>"#)
    });
    body.extend(notes);
    format!(
        r#"<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{title}</title>
</head>
<body style="margin:0;padding:24px 16px;background:#f6f6f3;color:#1c2128;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div style="max-width:480px;margin:0 auto;padding:32px;border:1px solid #d9dbd6;border-radius:8px;background:#ffffff">
{body}
</div>
<p style="max-width:480px;margin:16px auto 0;font-size:14px;text-align:center;color:#5a626d">{site}</p>
</body>
</html>
"#,
        language = words.language(),
        title = escaped(&content.heading),
        body = body.join("\n"),
        site = escaped(about.site),
    )
}

impl Content {
    fn new(words: &Words, about: &About<'_>) -> Self {
        let facts = Facts::of(about);
        let values = facts.values(about);
        let key = |part: &str| [about.template.as_str(), ".", part].concat();
        let must = |part: &str| words.text(&key(part), &values);
        Self {
            subject: must("subject"),
            heading: must("heading"),
            lead: must("lead"),
            or: match (facts.code, facts.link) {
                ("", _) | (_, "") => None,
                _ => words.find(&key("or"), &values),
            },
            button: match facts.link {
                "" => String::new(),
                _ => must("button"),
            },
            notes: notes(words, about, &facts)
                .iter()
                .map(|key| words.text(key, &values))
                .collect(),
            code: facts.code.to_owned(),
            link: facts.link.to_owned(),
        }
    }
}

fn notes(words: &Words, about: &About<'_>, facts: &Facts<'_>) -> Vec<String> {
    let kind = match (facts.code, facts.link) {
        ("", "") => "",
        ("", _) => "link",
        _ => "code",
    };
    let mut keys = Vec::new();
    if !kind.is_empty() && !facts.minutes.is_empty() {
        let one = [kind, ".lasts.one"].concat();
        keys.push(match facts.minutes.as_str() {
            "1" if words.has(&one) => one,
            _ => [kind, ".lasts"].concat(),
        });
    }
    match (kind, about.template) {
        (_, Template::Stub) => {}
        (_, Template::VerifiableAddressChanged | Template::AuthenticatorKeyAdded) => {
            keys.push("changed.act".to_owned());
        }
        ("", _) => keys.push("invalid.ignore".to_owned()),
        (kind, _) => keys.push([kind, ".secret"].concat()),
    }
    keys
}

/// A short text; the last line ties the code to our origin, so that phones fill it in nowhere else.
fn sms(words: &Words, about: &About<'_>) -> String {
    let facts = Facts::of(about);
    let key = [about.template.as_str(), ".sms"].concat();
    let said = words.text(&key, &facts.values(about));
    let domain = text_of(about.data, "request_url_domain");
    match (facts.code, domain) {
        ("", _) | (_, "") => said,
        (code, domain) => format!("{said}\n\n@{domain} #{code}"),
    }
}

/// The variables that our words need.
struct Facts<'a> {
    code: &'a str,
    link: &'a str,
    minutes: String,
}

impl<'a> Facts<'a> {
    fn of(about: &About<'a>) -> Self {
        let first = |names: &[&str]| {
            let mut texts = names.iter().map(|name| text_of(about.data, name));
            texts.find(|text| !text.is_empty()).unwrap_or_default()
        };
        let minutes = about.data.get("expires_in_minutes");
        Self {
            code: first(&[
                "recovery_code",
                "verification_code",
                "login_code",
                "registration_code",
            ]),
            link: first(&["recovery_url", "verification_url"]),
            minutes: minutes.map(ToString::to_string).unwrap_or_default(),
        }
    }

    fn values<'b>(&'b self, about: &'b About<'_>) -> [(&'static str, &'b str); 5] {
        [
            ("code", self.code),
            ("site", about.site),
            ("minutes", &self.minutes),
            ("changed_at", text_of(about.data, "changed_at")),
            ("added_at", text_of(about.data, "added_at")),
        ]
    }
}

fn text_of<'a>(data: &'a Map<String, Value>, name: &str) -> &'a str {
    data.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn paragraph(text: &str) -> String {
    format!(r#"<p style="margin:0 0 24px">{}</p>"#, escaped(text))
}

/// For text and quoted attributes of HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&#34;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
