//! Who am I, and where else am I signed in (flows 4.3, 4.5).

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Public,
    listing::{Listing, with_links},
    whoami,
};
use crate::{
    api::{json as wire, respond, view},
    flows::{Failure, Visit},
    model::{FlowKind, PageRequest, Session, SessionId},
    session::{Assurance, Presented, Snapshot, assurance, presented},
    store::{Change, Commit, Constraint, SessionFilter, StoreError},
    web::ApiError,
};

pub(super) async fn whoami(State(public): State<Public>, visit: Visit) -> Response {
    let snapshot = match signed_in(&public, &visit) {
        Ok(snapshot) => snapshot,
        Err(failure) => return nobody(&public, &visit, failure),
    };
    if visit.parameter("tokenize_as").is_some() {
        let error = ApiError::bad_request("There is no such tokenizer template.");
        return respond::error_json(&visit, &error);
    }
    let mut response = whoami::shown(&public.flows, snapshot, visit.now).map(Body::from);
    match public.flows.cookie_again(&visit).await {
        Ok(cookie) => respond::set_cookies(&mut response, cookie.as_slice()),
        Err(failure) => return respond::failed_json(&visit, failure),
    }
    response
}

/// That nobody is signed in may be kept for a minute, as long as no credential says otherwise: a bad one may be good soon.
fn nobody(public: &Public, visit: &Visit, failure: Failure) -> Response {
    let mut response = respond::failed_json(visit, failure);
    let cookie_name = public.flows.sessions().cookie_name();
    let absent = match presented(&visit.headers, cookie_name) {
        Presented::None => true,
        Presented::Tokens(tokens) => tokens.digests().is_empty(),
        Presented::Malformed(_) | Presented::AccessToken(_) => false,
    };
    if absent && public.flows.config().session.cacheable.is_some() {
        whoami::may_be_kept(&mut response, 60);
    }
    response
}

pub(super) async fn list(State(public): State<Public>, visit: Visit) -> Response {
    match others(&public, &visit).await {
        Ok(response) => response,
        Err(failure) => respond::failed_json(&visit, failure),
    }
}

async fn others(public: &Public, visit: &Visit) -> Result<Response, Failure> {
    let snapshot = signed_in(public, visit)?;
    let filter = SessionFilter {
        identity_id: Some(snapshot.identity.id),
        active: Some((true, visit.now)),
        except: Some(snapshot.session.id),
    };
    let db = public.flows.database();
    let total = db.count_sessions(&filter).await?;
    let listing = Listing::of(visit, total);
    let page = PageRequest {
        after: None,
        size: listing.reach(),
    };
    let found = db.list_sessions(&filter, page).await?;
    let shown = listing
        .cut(&found.items)
        .map(|(session, _)| without_addresses(session, snapshot, visit, public));
    let response = wire::answer(StatusCode::OK, &Value::Array(shown.collect()));
    Ok(with_links(response, "/sessions", &listing))
}

/// A list of sessions shows their identity without addresses and schema.
fn without_addresses(session: &Session, owner: &Snapshot, visit: &Visit, public: &Public) -> Value {
    let base = &public.flows.config().serve.public.base_url;
    let mut identity = owner.identity.clone();
    identity.verifiable_addresses.clear();
    identity.recovery_addresses.clear();
    let mut shown = view::public_session(session, &identity, base, visit.now);
    if let Some(url) = shown.pointer_mut("/identity/schema_url") {
        *url = "".into();
    }
    shown
}

pub(super) async fn revoke_others(State(public): State<Public>, visit: Visit) -> Response {
    match end_others(&public, &visit).await {
        Ok(count) => wire::answer(StatusCode::OK, &json!({ "count": count })),
        Err(failure) => respond::failed_json(&visit, failure),
    }
}

/// The answer counts ended sessions too, as Kratos does.
async fn end_others(public: &Public, visit: &Visit) -> Result<u64, Failure> {
    let snapshot = signed_in(public, visit)?;
    let filter = SessionFilter {
        identity_id: Some(snapshot.identity.id),
        active: None,
        except: Some(snapshot.session.id),
    };
    let db = public.flows.database();
    let count = db.count_sessions(&filter).await?;
    db.commit(Commit::of(Change::RevokeSessions {
        identity_id: snapshot.identity.id,
        except: Some(snapshot.session.id),
    }))
    .await?;
    let ended = count.to_string();
    public
        .flows
        .record("sessions.revoked", visit, &[("count", &ended)]);
    Ok(count)
}

pub(super) async fn revoke(
    State(public): State<Public>,
    Path(id): Path<String>,
    visit: Visit,
) -> Response {
    match end_one(&public, &visit, &id).await {
        Ok(()) => {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::NO_CONTENT;
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json; charset=utf-8"),
            );
            response
        }
        Err(failure) => respond::failed_json(&visit, failure),
    }
}

/// Only sessions of the same person are ended; whether another id exists stays untold (security 7.14).
async fn end_one(public: &Public, visit: &Visit, id: &str) -> Result<(), Failure> {
    let snapshot = signed_in(public, visit)?;
    let Ok(id) = id.parse::<SessionId>() else {
        return Err(ApiError::bad_request("The session id is no UUID.").into());
    };
    if id == snapshot.session.id {
        let reason = "This is the session you are using. Sign out to end it.";
        return Err(ApiError::bad_request(reason).into());
    }
    let db = public.flows.database();
    let own = db
        .find_session(id)
        .await?
        .is_some_and(|(session, _)| session.identity_id == snapshot.identity.id);
    if !own {
        return Ok(());
    }
    match db.commit(Commit::of(Change::RevokeSession(id))).await {
        Ok(_) | Err(StoreError::Conflict(Constraint::Missing)) => {}
        Err(error) => return Err(error.into()),
    }
    let ended = id.to_string();
    public
        .flows
        .record("session.revoked", visit, &[("session", &ended)]);
    Ok(())
}

/// The session in use, if it has proven enough.
pub(super) fn signed_in<'v>(public: &Public, visit: &'v Visit) -> Result<&'v Snapshot, Failure> {
    let Some(snapshot) = visit.snapshot() else {
        return Err(ApiError::unauthorized("No valid session was found in this request.").into());
    };
    let required = public.flows.config().session.required_aal;
    if assurance(snapshot, required) == Assurance::Enough {
        return Ok(snapshot);
    }
    let login = public
        .flows
        .links()
        .init_with(FlowKind::Login, &[("aal", "aal2")]);
    Err(crate::flows::second_factor_missing(&login).into())
}
