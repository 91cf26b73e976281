//! The mailbox of development: what was sent, and one message as text and as its reader sees it.

use serde::Serialize;

use super::catalogue::Catalogue;

/// `/.vestibule/mailbox`
#[derive(Clone, Copy, Debug)]
pub struct MailboxPage<'a> {
    /// `ui_locales` or `Accept-Language`.
    pub languages: Option<&'a str>,
    /// What was sent, newest first.
    pub rows: &'a [MailboxRow],
    /// The message that is looked at.
    pub open: Option<&'a MailboxMessage>,
}

/// A line of the list.
#[derive(Clone, Debug)]
pub struct MailboxRow {
    /// To the message.
    pub href: String,
    /// Its subject, or the beginning of a text message.
    pub subject: String,
    /// To whom.
    pub to: String,
    /// When, readable.
    pub at: String,
    /// `queued`, `sent` and so on.
    pub status: String,
}

/// One message.
#[derive(Clone, Debug)]
pub struct MailboxMessage {
    /// Its subject; empty for a text message.
    pub subject: String,
    /// To whom.
    pub to: String,
    /// When, readable.
    pub at: String,
    /// `queued`, `sent` and so on.
    pub status: String,
    /// What it is about, as on the wire.
    pub template: String,
    /// The code in it.
    pub code: Option<String>,
    /// The link in it.
    pub link: Option<String>,
    /// Its plain text.
    pub text: String,
    /// Where its HTML is.
    pub html: Option<String>,
}

/// What the template `mailbox.html` shows.
#[derive(Debug, Serialize)]
pub(super) struct MailboxView {
    title: String,
    heading: String,
    lead: String,
    rows: Vec<RowView>,
    open: Option<OpenView>,
}

#[derive(Debug, Serialize)]
struct RowView {
    href: String,
    subject: String,
    about: String,
}

#[derive(Debug, Serialize)]
struct OpenView {
    facts: Vec<(String, String)>,
    code: Option<String>,
    link: Option<String>,
    text: String,
    html: Option<String>,
}

impl MailboxView {
    pub(super) fn new(page: &MailboxPage<'_>, texts: &Catalogue) -> Self {
        let lead = if page.rows.is_empty() {
            "mailbox.empty"
        } else {
            "mailbox.lead"
        };
        let heading = page.open.map_or_else(
            || texts.text("mailbox.heading", &[]),
            |open| match open.subject.as_str() {
                "" => texts.text("mailbox.text_message", &[]),
                subject => subject.to_owned(),
            },
        );
        Self {
            title: heading.clone(),
            heading,
            lead: match page.open {
                Some(_) => String::new(),
                None => texts.text(lead, &[]),
            },
            rows: page
                .rows
                .iter()
                .map(|row| RowView::new(row, texts))
                .collect(),
            open: page.open.map(|open| OpenView::new(open, texts)),
        }
    }
}

impl RowView {
    fn new(row: &MailboxRow, texts: &Catalogue) -> Self {
        let status = status(&row.status, texts);
        let values = [
            ("to", row.to.as_str()),
            ("at", &row.at),
            ("status", &status),
        ];
        Self {
            href: row.href.clone(),
            subject: row.subject.clone(),
            about: texts.text("mailbox.row", &values),
        }
    }
}

impl OpenView {
    fn new(open: &MailboxMessage, texts: &Catalogue) -> Self {
        let fact = |key: &str, value: &str| (texts.text(key, &[]), value.to_owned());
        Self {
            facts: vec![
                fact("mailbox.to", &open.to),
                fact("mailbox.at", &open.at),
                fact("mailbox.status", &status(&open.status, texts)),
                fact("mailbox.template", &open.template),
            ],
            code: open.code.clone(),
            link: open.link.clone(),
            text: open.text.clone(),
            html: open.html.clone(),
        }
    }
}

fn status(word: &str, texts: &Catalogue) -> String {
    let key = format!("mailbox.status.{word}");
    if texts.has(&key) {
        texts.text(&key, &[])
    } else {
        word.to_owned()
    }
}
