//! The checks before a submission reaches its method. Each leaves evidence that the next step demands.

use super::{Failure, Inner, Outcome, Problem, Submission, Visit, opened};
use crate::{
    model::{Flow, FlowKind, FlowType, Session},
    ui::{CSRF_TOKEN, text},
    web::{ApiError, cookies, csrf},
};

/// Evidence: the submission comes from the page it was made for, or from a native program without any browser's cookies.
#[derive(Debug)]
pub struct CsrfChecked(());

/// Why a submission is not let through.
pub(super) enum Unsafe {
    /// A browser's submission without the right token: 403, or a fresh form on our own pages.
    Forged(Box<ApiError>),
    /// A native flow was submitted by a browser: the form goes back.
    Browser(Outcome),
}

impl Inner {
    /// Checks a submission of a flow (flows 0.4, security 8.1).
    pub(super) fn check_csrf(
        &self,
        flow: &Flow,
        submission: &Submission,
        visit: &Visit,
    ) -> Result<CsrfChecked, Unsafe> {
        match flow.flow_type {
            FlowType::Api => check_native(visit),
            FlowType::Browser => self.check_browser(flow, submission, visit),
        }
    }

    /// A submission that carries a secret out of a mail needs no token: whoever has that secret may submit it from anywhere, on
    /// another device too, and gains nothing by having somebody else do it (methods 1.8).
    pub(super) const fn proven_by_itself() -> CsrfChecked {
        CsrfChecked(())
    }

    fn check_browser(
        &self,
        flow: &Flow,
        submission: &Submission,
        visit: &Visit,
    ) -> Result<CsrfChecked, Unsafe> {
        let refuse = |cause| Err(Unsafe::Forged(Box::new(violation(visit, cause))));
        if !visit.safe && !self.comes_from_here(visit) {
            return refuse(Cause::Origin);
        }
        let secret = match &visit.presented {
            csrf::Presented::NoCookies => return refuse(Cause::NoCookies),
            csrf::Presented::Missing => return refuse(Cause::NoCookie),
            csrf::Presented::Secret(secret) => secret,
        };
        let Some(token) = submission.text(CSRF_TOKEN) else {
            return refuse(if visit.wants.json {
                Cause::Mismatch
            } else {
                Cause::NoToken
            });
        };
        // A settings flow belongs to its identity, which was checked before; all others to the cookie that began them.
        let bound = flow.kind == FlowKind::Settings || opened::is_bound(flow, secret);
        if bound && secret.accepts(token) {
            Ok(CsrfChecked(()))
        } else {
            refuse(Cause::Mismatch)
        }
    }

    /// Whether a state-changing request was made by a page that may: what the browser says about its site decides, then its origin;
    /// with neither the token does.
    pub(super) fn comes_from_here(&self, visit: &Visit) -> bool {
        let origin = visit.header("origin");
        let cors = |origin: &str| self.cors.as_ref().is_some_and(|cors| cors.names(origin));
        match (visit.header("sec-fetch-site"), origin) {
            (Some("same-origin" | "same-site" | "none"), _) | (None, None) => true,
            (Some(_), origin) => origin.is_some_and(cors),
            (None, Some(origin)) => self.origins.contains(origin) || cors(origin),
        }
    }

    /// The check for reading a browser's flow: it is shown only to the browser that began it (security 8.3).
    pub(super) fn check_reader(flow: &Flow, visit: &Visit) -> Result<(), Failure> {
        let cause = match &visit.presented {
            _ if flow.flow_type == FlowType::Api || flow.kind == FlowKind::Settings => {
                return Ok(());
            }
            csrf::Presented::Secret(secret) if opened::is_bound(flow, secret) => return Ok(()),
            csrf::Presented::Secret(_) => Cause::OtherCookie,
            csrf::Presented::Missing => Cause::NoCookie,
            csrf::Presented::NoCookies => Cause::NoCookies,
        };
        Err(violation(visit, cause).into())
    }

    /// Whether a session is young enough for protected changes. A maximal age of zero switches the rule off.
    pub(super) fn is_privileged(&self, session: &Session, visit: &Visit) -> bool {
        let age = self.config.selfservice.privileged_session_max_age;
        age.is_zero() || session.authenticated_at.plus(age) > visit.now
    }
}

fn check_native(visit: &Visit) -> Result<CsrfChecked, Unsafe> {
    let what = if visit.headers.contains_key(http::header::ORIGIN) {
        "an Origin header"
    } else if cookies::any_of_a_browser(&visit.headers) {
        "cookies"
    } else {
        return Ok(CsrfChecked(()));
    };
    let reason = format!(
        "This flow is for native programs, and the request carries {what} as browsers do. Begin a browser flow instead."
    );
    Err(Unsafe::Browser(Outcome::Rejected(vec![Problem::form(
        text::generic(&reason),
    )])))
}

#[derive(Clone, Copy)]
enum Cause {
    NoCookies,
    NoCookie,
    NoToken,
    Mismatch,
    OtherCookie,
    Origin,
}

/// 403. The log gets the reason code only: neither token nor cookie (security 8.2).
fn violation(visit: &Visit, cause: Cause) -> ApiError {
    let (code, why) = match cause {
        Cause::NoCookies => ("no_cookies", Some("The request carried no cookies.")),
        Cause::NoCookie => (
            "no_cookie",
            Some("The request carried no CSRF cookie of ours."),
        ),
        Cause::NoToken => ("no_token", None),
        Cause::Mismatch => (
            "mismatch",
            Some("The CSRF token is missing or does not belong to the cookie."),
        ),
        Cause::OtherCookie => ("other_cookie", None),
        Cause::Origin => (
            "origin",
            Some("The request was made by a page of another site."),
        ),
    };
    tracing::info!(reason = code, "a CSRF check failed");
    let hint = if visit.is_ajax() {
        "The request was made by a script: call fetch with credentials \"include\", and check that the app, the base URL and the cookie's domain belong to one site."
    } else {
        "Send the flow's cookies along, and the csrf_token of its form. In a browser, the base URL must be the host that the person sees."
    };
    let error = ApiError::forbidden("A security check failed. Please go back and try again.")
        .id("security_csrf_violation")
        .detail("docs", "https://owasp.org/www-community/attacks/csrf")
        .detail("hint", hint);
    match why {
        Some(why) => error.detail("reject_reason", why),
        None => error,
    }
}
