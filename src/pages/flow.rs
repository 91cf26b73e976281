//! The pages of the flows: sign in, sign up, settings, and those that say that their flow is not switched on.

use std::time::Duration;

use axum::body::Body;
use http::{Response, StatusCode, request::Parts};

use super::{Inner, Shown, Viewer, languages, parameter, problem, query, respond};
use crate::{
    clock::Timestamp,
    model::{Aal, Flow, FlowKind},
    render::{Action, Form, FormLinks, FormPage, Notice, NoticePage},
    ui::text,
};

/// `GET /.vestibule/{login,registration,settings,recovery,verification}`
pub(super) async fn page(pages: &Inner, kind: FlowKind, request: &Parts) -> Response<Body> {
    if let Some(response) = pages.elsewhere(request) {
        return response;
    }
    let enabled = pages.config.selfservice.flow(kind.as_str());
    if !enabled.is_some_and(|flow| flow.enabled) {
        return switched_off(pages, kind, request);
    }
    let query = query(request);
    let Some(id) = parameter(&query, "flow") else {
        return restart(pages, kind, query, None);
    };
    let Ok(shown) = pages.backend.show(kind, id, request).await else {
        return problem::unavailable(pages, request);
    };
    match shown {
        Shown::Flow(flow) => form(pages, *flow, request).await,
        Shown::First(to) => respond::redirect(&to),
        // A browser that keeps no cookies would go round for ever (gateway R-6.5b).
        Shown::WithoutCookie { issued_at } if pages.clock.now().since(issued_at) < FRESH => {
            cookies_blocked(pages, kind, request)
        }
        Shown::WithoutCookie { .. } => restart(pages, kind, query, None),
        Shown::Gone { return_to } => restart(pages, kind, query, return_to),
    }
}

/// Begins the flow anew, with what the page was asked for and where the old flow was going.
fn restart(
    pages: &Inner,
    kind: FlowKind,
    mut query: Vec<(String, String)>,
    return_to: Option<String>,
) -> Response<Body> {
    query.retain(|(name, value)| name != "flow" && !value.is_empty());
    if let Some(to) = return_to.filter(|_| parameter(&query, "return_to").is_none()) {
        query.push(("return_to".to_owned(), to));
    }
    respond::redirect(&pages.at(&format!("/self-service/{kind}/browser"), &query))
}

async fn form(pages: &Inner, mut flow: Flow, request: &Parts) -> Response<Body> {
    let wait = waiting(&mut flow, pages.clock.now());
    let flow = &flow;
    let form = form_of(flow);
    let viewer = match viewer(pages, form, request).await {
        Ok(viewer) => viewer,
        Err(response) => return *response,
    };
    let to = flow.return_to.as_deref();
    let app = pages.apps.name(to.unwrap_or_else(|| pages.start()));
    let other = |kind: FlowKind| {
        let enabled = pages.config.selfservice.flow(kind.as_str())?.enabled;
        enabled.then(|| pages.begin(kind, to))
    };
    let (login, registration, recovery) = (
        other(FlowKind::Login),
        other(FlowKind::Registration),
        other(FlowKind::Recovery),
    );
    let rendered = pages.renderer.form(&FormPage {
        form,
        ui: &flow.ui,
        languages: languages(request),
        app: app.as_deref(),
        person: viewer.as_ref().map(Viewer::label),
        links: FormLinks {
            login: login.as_deref(),
            registration: registration.as_deref(),
            recovery: recovery.as_deref(),
            back: Some(to.unwrap_or_else(|| pages.start())),
            sign_out: Some("logout"),
            user: Some("user"),
        },
        must_confirm: viewer
            .as_ref()
            .is_some_and(|viewer| must_confirm(pages, viewer)),
    });
    let Some(seconds) = wait else {
        return respond::html(StatusCode::OK, rendered);
    };
    let mut response = respond::html(StatusCode::TOO_MANY_REQUESTS, rendered);
    respond::retry_after(&mut response, seconds);
    response
}

/// Seconds that somebody who has tried too much still has to wait. The message says so as of now, and goes when the time is over.
fn waiting(flow: &mut Flow, now: Timestamp) -> Option<u64> {
    let mut longest = None;
    flow.ui.messages.retain_mut(|message| {
        if message.id != text::RATE_LIMITED {
            return true;
        }
        let at = message.context.as_ref();
        let at = at.and_then(|context| context.get("retry_at")?.as_str()?.parse().ok());
        let left = at.map_or(Duration::ZERO, |at: Timestamp| at.since(now));
        if left.is_zero() {
            return false;
        }
        let seconds = left.as_secs() + 1;
        longest = longest.max(Some(seconds));
        *message = text::rate_limited(seconds, "", 0);
        true
    });
    longest
}

/// Who is signed in, where the page says so.
async fn viewer(
    pages: &Inner,
    form: Form,
    request: &Parts,
) -> Result<Option<Viewer>, Box<Response<Body>>> {
    if !matches!(form, Form::Settings | Form::Confirm | Form::SecondFactor) {
        return Ok(None);
    }
    let viewer = pages.backend.viewer(request).await;
    viewer.map_err(|_| Box::new(problem::unavailable(pages, request)))
}

fn form_of(flow: &Flow) -> Form {
    match flow.kind {
        FlowKind::Login if flow.requested_aal == Aal::Aal2 => Form::SecondFactor,
        FlowKind::Login if flow.refresh => Form::Confirm,
        FlowKind::Login => Form::Login,
        FlowKind::Registration => Form::Registration,
        FlowKind::Settings => Form::Settings,
        FlowKind::Recovery => Form::Recovery,
        FlowKind::Verification => Form::Verification,
    }
}

/// Whether saving something sensitive will ask to sign in once more (flows 3.2).
fn must_confirm(pages: &Inner, viewer: &Viewer) -> bool {
    let age = pages.config.selfservice.privileged_session_max_age;
    !age.is_zero() && viewer.authenticated_at.plus(age) <= pages.clock.now()
}

fn switched_off(pages: &Inner, kind: FlowKind, request: &Parts) -> Response<Body> {
    let notice = match kind {
        FlowKind::Login => Notice::LoginOff,
        FlowKind::Registration => Notice::RegistrationOff,
        FlowKind::Settings => Notice::SettingsOff,
        FlowKind::Recovery => Notice::RecoveryOff,
        FlowKind::Verification => Notice::VerificationOff,
    };
    let login = pages.begin(FlowKind::Login, None);
    let actions = [
        (Action::SignIn, login.as_str()),
        (Action::Home, pages.start()),
    ];
    let shown = usize::from(kind == FlowKind::Login);
    let rendered = pages.renderer.notice(&NoticePage {
        notice,
        languages: languages(request),
        person: None,
        post: None,
        actions: actions.get(shown..).unwrap_or_default(),
    });
    respond::html(StatusCode::NOT_FOUND, rendered)
}

fn cookies_blocked(pages: &Inner, kind: FlowKind, request: &Parts) -> Response<Body> {
    let again = pages.begin(kind, None);
    let rendered = pages.renderer.notice(&NoticePage {
        notice: Notice::CookiesBlocked,
        languages: languages(request),
        person: None,
        post: None,
        actions: &[(Action::Retry, &again)],
    });
    respond::html(StatusCode::BAD_REQUEST, rendered)
}

/// A flow this young has only just been begun for this browser.
const FRESH: Duration = Duration::from_secs(60);
