//! `/.vestibule/mailbox`: what was sent, in development only (product, the first five minutes).

use axum::{body::Body, extract::State};
use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use time::macros::format_description;

use super::{Inner, Pages, languages, parameter, problem, query, respond};
use crate::{
    clock::Timestamp,
    model::{CourierMessage, MessageId},
    render::{MailboxMessage, MailboxPage, MailboxRow},
};

/// A message with its HTML.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The message.
    pub message: CourierMessage,
    /// What a mail program shows of it.
    pub html: Option<String>,
}

/// `GET /.vestibule/mailbox`, with `message=` for one of them and `as=html` for nothing but its HTML.
pub(super) async fn page(State(pages): State<Pages>, request: Parts) -> Response<Body> {
    let pages = &*pages.0;
    if !pages.backend.is_near(&request) {
        return respond::plain(StatusCode::NOT_FOUND, "There is nothing here.\n");
    }
    let query = query(&request);
    let Some(id) = parameter(&query, "message") else {
        return list(pages, &request).await;
    };
    let found = match id.parse::<MessageId>() {
        Ok(id) => pages.backend.mail(id).await,
        Err(_) => Ok(None),
    };
    match found {
        Ok(Some(mail)) if parameter(&query, "as") == Some("html") => frame(mail),
        Ok(Some(mail)) => show(pages, &mail, &request),
        Ok(None) => list(pages, &request).await,
        Err(_) => problem::unavailable(pages, &request),
    }
}

async fn list(pages: &Inner, request: &Parts) -> Response<Body> {
    let Ok(messages) = pages.backend.mailbox().await else {
        return problem::unavailable(pages, request);
    };
    let rows: Vec<_> = messages.iter().map(row).collect();
    let page = pages.renderer.mailbox(&MailboxPage {
        languages: languages(request),
        rows: &rows,
        open: None,
    });
    respond::html(StatusCode::OK, page)
}

fn show(pages: &Inner, mail: &Mail, request: &Parts) -> Response<Body> {
    let message = &mail.message;
    let first = |names: &[&str]| {
        let texts = names.iter();
        let mut texts = texts.filter_map(|name| message.template_data.get(*name)?.as_str());
        texts.next().map(ToOwned::to_owned)
    };
    let open = MailboxMessage {
        subject: message.subject.clone(),
        to: message.recipient.clone(),
        at: readable(message.created_at),
        status: word(message),
        template: message.template.as_str().to_owned(),
        code: first(&[
            "recovery_code",
            "verification_code",
            "login_code",
            "registration_code",
        ]),
        link: first(&["recovery_url", "verification_url"]),
        text: message.body.clone(),
        html: mail
            .html
            .as_ref()
            .map(|_| format!("mailbox?message={}&as=html", message.id)),
    };
    let mut page = pages.renderer.mailbox(&MailboxPage {
        languages: languages(request),
        rows: &[],
        open: Some(&open),
    });
    page.csp.push_str("; frame-src 'self'");
    respond::html(StatusCode::OK, page)
}

/// The HTML of a mail, in a box out of which nothing comes: no script, no cookie, nothing of our origin.
fn frame(mail: Mail) -> Response<Body> {
    let html = mail.html.unwrap_or_default();
    // A link opens beside the mailbox, as it would beside a mail program.
    let html = html.replacen("<head>", "<head><base target=\"_blank\">", 1);
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, FRAME_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CACHE_CONTROL,
            "private, no-cache, no-store, must-revalidate",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

const FRAME_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
     style-src 'unsafe-inline'; img-src data: https:; form-action 'none'; frame-ancestors 'self'";

fn row(message: &CourierMessage) -> MailboxRow {
    let first_line = message.body.lines().next().unwrap_or_default();
    MailboxRow {
        href: format!("mailbox?message={}", message.id),
        subject: match message.subject.as_str() {
            "" => first_line.to_owned(),
            subject => subject.to_owned(),
        },
        to: message.recipient.clone(),
        at: readable(message.created_at),
        status: word(message),
    }
}

fn word(message: &CourierMessage) -> String {
    match serde_json::to_value(message.status) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn readable(at: Timestamp) -> String {
    let form =
        format_description!("[day padding:none] [month repr:long], [hour]:[minute]:[second] UTC");
    at.date_time()
        .format(&form)
        .unwrap_or_else(|_| at.to_string())
}
