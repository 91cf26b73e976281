//! A native program that finishes in a browser gets its session by two codes: it holds the first since the flow began, the browser
//! brings it the second (flows 1.9, security 9.6).
//!
//! The first code begins with the flow's id, so that nothing has to be searched. Both are stored as digests, with the flow.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Failure, Flows, View, Visit, view};
use crate::{
    clock::Timestamp,
    crypto::{self, Digest, SessionToken},
    model::{Flow, FlowId, FlowKind, FlowType, Identity, Session, SessionId},
    store::{Change, Commit},
    web::{ApiError, body},
};

/// What lies in a flow.
#[derive(Serialize, Deserialize)]
struct Exchange {
    first: String,
    second: Option<Second>,
}

#[derive(Serialize, Deserialize)]
struct Second {
    code: String,
    until: Timestamp,
    session: Option<SessionId>,
}

/// What two codes are worth.
pub enum Exchanged {
    /// A session, and a token that nobody else has.
    Session(Box<(SessionToken, Session, Identity)>),
    /// Signing in did not come to its end: the flow says why.
    Unfinished(Box<View>),
}

/// Notes in a flow that begins that its program wants to exchange codes; gives the first.
pub(super) fn promise(flow: &mut Flow, visit: &Visit) -> Option<String> {
    let asked = visit.parameter("return_session_token_exchange_code");
    let wanted = match flow.kind {
        FlowKind::Login => asked.and_then(body::truth) == Some(true),
        FlowKind::Registration => asked == Some("true"),
        FlowKind::Settings | FlowKind::Recovery | FlowKind::Verification => false,
    };
    if !wanted || flow.flow_type == FlowType::Browser {
        return None;
    }
    let code = format!(
        "{}{}",
        crypto::token::number(flow.id.0.as_u128()),
        random_code()
    );
    let code = code.get(..LENGTH)?.to_owned();
    let exchange = Exchange {
        first: Digest::of(code.as_bytes()).hex(),
        second: None,
    };
    note(flow, &exchange);
    Some(code)
}

impl Flows {
    /// The browser's part of a flow is over, with a session or without: gives the URL that brings the second code to the program.
    /// Nothing when the flow's program did not ask for codes, or has nowhere to return to.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn hand_over(
        &self,
        flow: FlowId,
        session: Option<SessionId>,
        visit: &Visit,
    ) -> Result<Option<Url>, Failure> {
        let inner = &self.0;
        let Some(mut flow) = inner.db.find_flow(flow).await? else {
            return Ok(None);
        };
        let default = inner.default_destination();
        let to = flow.return_to.as_deref();
        let to = to.and_then(|raw| inner.allowed.check(raw, default).ok());
        let (Some(mut exchange), Some(mut to)) = (noted(&flow), to) else {
            return Ok(None);
        };
        let code = random_code();
        exchange.second = Some(Second {
            code: Digest::of(code.as_bytes()).hex(),
            until: visit.now.plus(LONGEST).min(flow.expires_at),
            session,
        });
        note(&mut flow, &exchange);
        inner.save(&flow).await?;
        to.query_pairs_mut().append_pair("code", &code);
        if session.is_none() && flow.kind == FlowKind::Registration {
            let id = flow.id.to_string();
            to.query_pairs_mut().append_pair("flow", &id);
        }
        Ok(Some(to))
    }

    /// What the two codes are worth. They work once.
    ///
    /// # Errors
    /// 400 without both, 404 when they are not of one flow, too old, or used.
    pub async fn exchange(&self, visit: &Visit) -> Result<Exchanged, Failure> {
        let inner = &self.0;
        let codes = (
            visit.parameter("init_code"),
            visit.parameter("return_to_code"),
        );
        let (Some(first), Some(second)) = codes else {
            let reason = "Both init_code and return_to_code are needed.";
            return Err(ApiError::bad_request(reason).into());
        };
        let worthless = || -> Failure {
            let reason = "These codes are of no sign-in, or were used already.";
            ApiError::not_found().reason(reason).into()
        };
        let id = first.get(..ID).and_then(crypto::token::read_number);
        let id = id.ok_or_else(worthless)?;
        let found = inner
            .db
            .find_flow(FlowId(uuid::Uuid::from_u128(id)))
            .await?;
        let mut flow = found.ok_or_else(worthless)?;
        let second = noted(&flow)
            .filter(|exchange| is(&exchange.first, first))
            .and_then(|exchange| exchange.second)
            .filter(|known| is(&known.code, second) && visit.now < known.until)
            .ok_or_else(worthless)?;
        flow.internal.remove(NOTED);
        let used = Commit::of(Change::PutFlow(Box::new(flow.clone())));
        let Some(session) = second.session else {
            inner.db.commit(used).await?;
            return Ok(Exchanged::Unfinished(view(flow, None, visit)));
        };
        let stored = inner.db.find_session(session).await?;
        let live =
            stored.filter(|(session, owner)| session.is_live(visit.now) && owner.is_active());
        let (session, identity) = live.ok_or_else(worthless)?;
        // The token of the browser's part was never kept: the program gets one of its own, and only the last of several that come
        // with the same codes at once gets one that works.
        let token = SessionToken::generate();
        let renewal = Change::RenewSession {
            session: session.clone(),
            token: Some(token.digest()),
            former_until: None,
            device: None,
        };
        inner.db.commit(used.and(renewal)).await?;
        Ok(Exchanged::Session(Box::new((token, session, identity))))
    }
}

fn note(flow: &mut Flow, exchange: &Exchange) {
    if let Ok(value) = serde_json::to_value(exchange) {
        flow.internal.insert(NOTED.to_owned(), value);
    }
}

fn noted(flow: &Flow) -> Option<Exchange> {
    serde_json::from_value(flow.internal.get(NOTED)?.clone()).ok()
}

fn is(known: &str, code: &str) -> bool {
    crypto::same(
        known.as_bytes(),
        Digest::of(code.as_bytes()).hex().as_bytes(),
    )
}

fn random_code() -> String {
    crypto::token::random_letters(LENGTH)
}

const NOTED: &str = "exchange";
/// As many characters as Kratos' codes have.
const LENGTH: usize = 64;
/// Characters of the flow's id.
const ID: usize = 22;
const LONGEST: Duration = Duration::from_secs(600);
