//! Who may pass: the session, the guard against other sites, the route's mode (gateway 5, 7, 13).

mod require;
mod words;

use std::sync::Arc;

pub use require::Requirements;

use http::{HeaderValue, Method, request::Parts};

use self::require::Visitor;
use super::{
    Gateway, GatewayError,
    csrf::{self, Guard},
    error::{Clear, Key, Unauthenticated, Unmet},
    over::{Cache, Over},
    pipeline::{Arrival, is_read, may_carry_session},
    respond::{Asker, Kind, Step, Wanted},
    table::Route,
};
use crate::{
    clock::Timestamp,
    config::{AccessMode, Authenticator, SameSite},
    session::{Presented, Resolved, Snapshot, Source, presented_to},
    telemetry::{AuditEvent, Outcome},
    web::Scheme,
};

/// What the access stage found.
pub(super) enum Admitted {
    /// Somebody may pass; who, if anybody looked and found out.
    Visitor(Option<Arc<Snapshot>>),
    /// Nobody yet: the browser belongs on the identity host first.
    Elsewhere(String),
    /// Only the store can say.
    Unknown(Presented),
}

/// Decides whether a request may pass.
///
/// # Errors
/// What to answer otherwise.
pub(super) fn admit(
    gateway: &Gateway,
    route: &Route,
    arrival: &Arrival<'_>,
    parts: &Parts,
    known: Option<Resolved>,
    asker: &mut Asker,
) -> Result<Admitted, GatewayError> {
    match route.access.mode {
        AccessMode::Public => return Ok(Admitted::Visitor(None)),
        AccessMode::Deny => return Err(GatewayError::AccessDenied),
        AccessMode::Optional | AccessMode::Authenticated => {}
    }
    let host = arrival.host.name();
    if route.any_host && !gateway.own_cookies.reach(host) && !gateway.own.is_alias(host) {
        return Err(GatewayError::HostOutsideCookieDomain);
    }
    let (resolved, cache) = match known {
        Some(resolved) => (resolved, Cache::Miss),
        None => match authenticate(gateway, route, arrival, parts)? {
            Ok(resolved) => (resolved, Cache::Hit),
            Err(presented) => return Ok(Admitted::Unknown(presented)),
        },
    };
    asker.note(|over| note(over, &resolved, cache));
    let required = route.access.mode == AccessMode::Authenticated;
    let refused = match resolved {
        Resolved::One(snapshot, source, _) => {
            let allowed = guard(gateway, arrival, parts, source)
                .and_then(|()| within_reach(route, arrival, parts, &snapshot));
            if let Err(error) = allowed {
                asker.person = Some(snapshot.identity.id);
                return Err(error);
            }
            let unmet = required
                .then(|| unmet(route, arrival, parts, (&snapshot, source)))
                .flatten();
            let Some(unmet) = unmet else {
                return Ok(Admitted::Visitor(Some(snapshot)));
            };
            asker.person = Some(snapshot.identity.id);
            let error = GatewayError::Unmet(unmet);
            if route.access.report_only {
                would_refuse(gateway, route, &error, asker);
                return Ok(Admitted::Visitor(Some(snapshot)));
            }
            // Nobody stands behind a token who could prove more.
            if snapshot.access_token().is_none() {
                prepare_step_up(gateway, route, arrival, parts, unmet, asker);
            }
            return Err(error);
        }
        // A token that was sent and is no good is never ignored; a stale cookie is normal.
        Resolved::Invalid(source) => Unauthenticated {
            refused: Some(source),
            ..Unauthenticated::default()
        },
        _ if !required => return Ok(Admitted::Visitor(None)),
        Resolved::None => Unauthenticated::default(),
        Resolved::Stale => Unauthenticated {
            clear: Clear::Ours,
            ..Unauthenticated::default()
        },
        Resolved::Ambiguous => Unauthenticated {
            clear: Clear::AllVariants,
            ..Unauthenticated::default()
        },
    };
    if route.access.report_only {
        would_refuse(
            gateway,
            route,
            &GatewayError::SessionInactive(refused),
            asker,
        );
        return Ok(Admitted::Visitor(None));
    }
    if asker.kind == Kind::Navigation
        && let Some(location) = alias_redirect(gateway, arrival, &parts.method)
    {
        return Ok(Admitted::Elsewhere(location));
    }
    prepare_sign_in(gateway, route, arrival, parts, asker);
    asker.cookies = cookies(gateway, refused.clear, host);
    if asker.kind == Kind::Navigation && !is_read(&parts.method) {
        let secure = arrival.origin.scheme == Scheme::Https;
        let told = gateway.lost_form.told(secure).to_string();
        asker.cookies.extend(HeaderValue::from_str(&told).ok());
    }
    Err(GatewayError::SessionInactive(refused))
}

/// What the log says about the session of a request.
fn note(over: &mut Over, resolved: &Resolved, cache: Cache) {
    let nothing = match cache {
        Cache::Hit => Cache::Negative,
        other => other,
    };
    match resolved {
        Resolved::One(snapshot, source, _) => over.carried(snapshot, *source, cache),
        Resolved::Stale | Resolved::Ambiguous => {
            over.carried_nothing(Some(Source::Cookie), nothing);
        }
        Resolved::Invalid(source) => over.carried_nothing(Some(*source), nothing),
        Resolved::None => {}
    }
}

/// What memory knows; the error is no failure but what the store has to be asked about.
fn authenticate(
    gateway: &Gateway,
    route: &Route,
    arrival: &Arrival<'_>,
    parts: &Parts,
) -> Result<Result<Resolved, Presented>, GatewayError> {
    let Some(sessions) = &gateway.parts.sessions else {
        return Err(GatewayError::AuthenticatorUnavailable);
    };
    if !may_carry_session(arrival.notes) {
        return Ok(Ok(Resolved::None));
    }
    let authenticators = &route.access.authenticators;
    let presented = presented_to(authenticators, &parts.headers, sessions.cookie_name());
    let resolved = sessions.resolve_cached(&presented, arrival.now);
    Ok(resolved.ok_or(presented))
}

/// Asks the store.
pub(super) async fn ask(
    gateway: &Gateway,
    presented: &Presented,
    now: Timestamp,
) -> Result<Resolved, GatewayError> {
    let Some(sessions) = &gateway.parts.sessions else {
        return Err(GatewayError::AuthenticatorUnavailable);
    };
    let resolved = sessions.resolve(presented, now).await;
    resolved.map_err(|_| GatewayError::AuthenticatorUnavailable)
}

fn guard(
    gateway: &Gateway,
    arrival: &Arrival<'_>,
    parts: &Parts,
    source: Source,
) -> Result<(), GatewayError> {
    if source != Source::Cookie || !csrf::applies(&parts.method, arrival.upgrade.is_some()) {
        return Ok(());
    }
    let guard = Guard {
        host: arrival.host.name(),
        domain: gateway.cookie_domain.as_deref(),
        lax: gateway.same_site != SameSite::None,
    };
    if guard.allows(&parts.headers) {
        Ok(())
    } else {
        Err(GatewayError::Csrf)
    }
}

/// Whether a request is within what an access token is for. An upgrade is more than reading, whatever its method.
fn within_reach(
    route: &Route,
    arrival: &Arrival<'_>,
    parts: &Parts,
    snapshot: &Snapshot,
) -> Result<(), GatewayError> {
    let Some(token) = snapshot.access_token() else {
        return Ok(());
    };
    let only_reads = is_read(&parts.method) && arrival.upgrade.is_none();
    let covered = token.reach.covers(&route.id, arrival.origin.ip, only_reads);
    covered.map_err(|_| GatewayError::Unmet(Unmet::Denied(Key::Reach)))
}

/// What somebody lacks of what the route asks for.
fn unmet(
    route: &Route,
    arrival: &Arrival<'_>,
    parts: &Parts,
    person: (&Arc<Snapshot>, Source),
) -> Option<Unmet> {
    let requirements = route.requirements.as_ref()?;
    let unmet = with_visitor(route, arrival, parts, person, |visitor| {
        requirements.check(visitor).err()
    })?;
    Some(if route.access.forbids_step_up {
        Unmet::Denied(unmet.key())
    } else {
        unmet
    })
}

/// The person and their request as requirements see them.
fn with_visitor<T>(
    route: &Route,
    arrival: &Arrival<'_>,
    parts: &Parts,
    (snapshot, source): (&Arc<Snapshot>, Source),
    ask: impl FnOnce(&Visitor<'_>) -> T,
) -> T {
    let variable =
        |variable| words::value(variable, (snapshot, source), (arrival, parts, &*route.id));
    ask(&Visitor {
        now: arrival.now,
        snapshot,
        ip: arrival.origin.ip,
        route: &route.id,
        variable: &variable,
    })
}

/// Tells what would have been refused where the route only watches.
fn would_refuse(gateway: &Gateway, route: &Route, error: &GatewayError, asker: &mut Asker) {
    asker.note(|over| over.would_fail(error));
    let person = asker.person.map(|id| id.to_string());
    gateway.parts.audit.record(&AuditEvent {
        event: "access.would_deny",
        actor: person.as_deref().unwrap_or("anonymous"),
        subject: None,
        request_id: asker.id.as_str(),
        client_ip: asker.ip,
        outcome: Outcome::Denied,
        details: &[("route", &route.id), ("reason", error.id())],
    });
}

fn prepare_sign_in(
    gateway: &Gateway,
    route: &Route,
    arrival: &Arrival<'_>,
    parts: &Parts,
    asker: &mut Asker,
) {
    asker.on_unauthenticated = route.access.on_unauthenticated;
    asker.basic = route.access.authenticators.contains(&Authenticator::Basic);
    asker.realm = Some(route.id.clone());
    asker.app_name.clone_from(&route.app_name);
    let url = gateway
        .sign_in
        .url(Step::SignIn, &wanted(arrival, parts, asker));
    asker.sign_in = Some(url);
}

/// Where somebody gets what they lack (gateway 6.3).
fn prepare_step_up(
    gateway: &Gateway,
    route: &Route,
    arrival: &Arrival<'_>,
    parts: &Parts,
    unmet: Unmet,
    asker: &mut Asker,
) {
    asker.realm = Some(route.id.clone());
    asker.app_name.clone_from(&route.app_name);
    let step = match unmet {
        Unmet::SecondFactor => Step::SecondFactor,
        Unmet::Enrolment => Step::Enrol,
        Unmet::Fresh => Step::SignInAgain,
        Unmet::Verified => Step::Verify,
        Unmet::Denied(_) => return,
    };
    let url = gateway.sign_in.url(step, &wanted(arrival, parts, asker));
    asker.sign_in = Some(url);
}

fn wanted<'a>(arrival: &'a Arrival<'_>, parts: &'a Parts, asker: &Asker) -> Wanted<'a> {
    Wanted {
        kind: asker.kind,
        is_read: is_read(&parts.method),
        scheme: arrival.origin.scheme,
        authority: arrival.authority.to_str().unwrap_or_default(),
        target: arrival.target,
        headers: &parts.headers,
    }
}

/// `Set-Cookie` fields that clear what should not be sent again.
fn cookies(gateway: &Gateway, clear: Clear, host: &str) -> Vec<HeaderValue> {
    let Some(sessions) = &gateway.parts.sessions else {
        return Vec::new();
    };
    let removed = match clear {
        Clear::Nothing => Vec::new(),
        Clear::Ours => sessions.removal_cookies(),
        Clear::AllVariants => sessions.removal_cookies_for(host),
    };
    removed
        .iter()
        .filter_map(|cookie| HeaderValue::from_str(&cookie.to_string()).ok())
        .collect()
}

/// Where a browser that asks one of our pages or flows on another host belongs.
pub(super) fn elsewhere(
    gateway: &Gateway,
    arrival: &Arrival<'_>,
    method: &Method,
) -> Option<String> {
    let path = arrival.target.path();
    let page = path
        .strip_prefix("/.vestibule/")
        .is_some_and(|page| PAGES.contains(&page));
    let flow = path.starts_with("/self-service/") && path.ends_with("/browser");
    let host = arrival.host.name();
    if page && is_read(method) && !gateway.own.is_identity_host(host) {
        return Some(gateway.own.on_identity_host(arrival.target));
    }
    if page || flow {
        return alias_redirect(gateway, arrival, method);
    }
    None
}

fn alias_redirect(gateway: &Gateway, arrival: &Arrival<'_>, method: &Method) -> Option<String> {
    let alias = is_read(method) && gateway.own.is_alias(arrival.host.name());
    alias.then(|| gateway.own.on_identity_host(arrival.target))
}

/// Pages that belong to the identity host.
const PAGES: [&str; 7] = [
    "login",
    "registration",
    "recovery",
    "verification",
    "settings",
    "error",
    "signed-out",
];
