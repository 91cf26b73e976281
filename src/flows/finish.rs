//! The good end of a flow: hooks, session, and the one commit (flows 1.12–1.14). Only this file and `session` begin sessions.

use cookie::Cookie;

use super::{
    Answer, Changed, ContinueWith, Draft, Failure, Inner, Problem, Proof, Registered, Reply,
    SignedIn, Visit, is_taken, view,
};
use crate::{
    clock::Timestamp,
    config::Hook,
    crypto::SessionToken,
    model::{
        Aal, AddressStatus, AuthenticationMethod, Channel, CodeId, CredentialType, Flow, FlowKind,
        FlowState, FlowType, Identity, Session,
    },
    session::NewToken,
    store::{Change, Commit, Constraint, StoreError},
    throttle::Guess,
    ui::text,
    web::csrf,
};

/// An answer, or what is wrong with the form after all.
pub(super) type Finished = Result<Answer, Vec<Problem>>;

impl Inner {
    /// Login: the session begins, or goes on when it is the same person's.
    pub(super) async fn sign_in(
        &self,
        flow: &Flow,
        proof: Proof,
        guess: Option<&Guess>,
        visit: &Visit,
    ) -> Result<Finished, Failure> {
        if !proof.identity.is_active() {
            return Ok(Err(vec![Problem::form(text::account_disabled())]));
        }
        let factor = factor(proof.method, proof.aal, visit);
        let (session, token, change) = self.begin_or_renew(flow, &proof.identity, factor, visit);
        let mut commit = spent(proof.spends, visit.now);
        commit.changes.push(change);
        commit
            .changes
            .extend(guess.and_then(|guess| self.throttle.succeeded(guess)));
        let known = self
            .remember(flow, &proof.identity, proof.upkeep.is_some(), visit)
            .await?;
        let (known, device) = known.unzip();
        commit.changes.extend(known);
        let mut identity = proof.identity;
        if let Some((via, value)) = proof.verifies {
            let proven = proven(&mut identity, via, value, visit.now);
            commit.changes.extend(proven);
        }
        if let Some(upkeep) = proof.upkeep {
            commit = commit.and(Change::SwapCredential {
                identity_id: identity.id,
                kind: proof.method,
                expected: upkeep.expected,
                config: upkeep.config,
                at: visit.now,
            });
        }
        commit
            .changes
            .extend(self.ends_others(flow, proof.method, &session));
        match self.db.commit(commit).await {
            Ok(_) => {}
            Err(error) if is_spent(&error) => {
                return Ok(Err(vec![Problem::form(text::code_used())]));
            }
            Err(error) => return Err(error.into()),
        }
        self.record_success(flow.kind, proof.method, identity.id, visit);
        let mut cookies = self.session_cookies(flow, token.as_ref(), &session, visit);
        cookies.extend(device);
        let to = self.after(flow, proof.method);
        let token = token.or_else(|| visit.header_token());
        let reply = Reply::SignedIn(Box::new(SignedIn {
            flow_type: flow.flow_type,
            session,
            identity,
            token,
            to,
        }));
        Ok(Ok(Answer { reply, cookies }))
    }

    /// Registration: the identity is stored, and signed in when the `session` hook says so.
    pub(super) async fn register(
        &self,
        flow: &Flow,
        draft: Draft,
        visit: &Visit,
    ) -> Result<Finished, Failure> {
        let Draft {
            mut identity,
            method,
            spends,
            verifies,
        } = draft;
        if let Some((via, value)) = verifies
            && let Some(address) = identity.verifiable_mut(via, &value)
        {
            address.progress(AddressStatus::Completed, visit.now);
        }
        let hooks = self.settings(flow.kind).hooks(method.as_str());
        let signs_in = hooks.contains(&Hook::Session);
        let issued = signs_in.then(|| {
            let factor = factor(method, Aal::Aal1, visit);
            self.sessions.issue(
                &identity,
                factor,
                visit.device(),
                fresh_token(flow),
                visit.now,
            )
        });
        let mut commit = spent(spends, visit.now);
        commit = commit.and(Change::InsertIdentity(Box::new(identity.clone())));
        commit
            .changes
            .extend(issued.as_ref().map(|issued| issued.change.clone()));
        let device = if signs_in {
            self.remember(flow, &identity, false, visit).await?
        } else {
            None
        };
        let (known, device) = device.unzip();
        commit.changes.extend(known);
        let client = visit.client.ip;
        self.throttle.registration(client, visit.now)?;
        if let Err(error) = self.db.commit(commit).await {
            self.throttle.no_registration(client);
            if is_taken(&error) {
                return Ok(Err(vec![self.taken(&identity).await?]));
            }
            if is_spent(&error) {
                return Ok(Err(vec![Problem::form(text::code_used())]));
            }
            return Err(error.into());
        }
        self.record_success(flow.kind, method, identity.id, visit);
        let (session, token) = issued.map(|issued| (issued.session, issued.token)).unzip();
        let mut cookies = match &session {
            Some(session) => self.session_cookies(flow, token.as_ref(), session, visit),
            None => self.fresh_start(flow),
        };
        cookies.extend(device);
        let reply = Reply::Registered(Box::new(Registered {
            flow_type: flow.flow_type,
            identity,
            session,
            token,
            to: self.after(flow, method),
        }));
        Ok(Ok(Answer { reply, cookies }))
    }

    /// Settings: the identity is stored and the form shows it afresh.
    pub(super) async fn store_settings(
        &self,
        flow: &Flow,
        changed: Changed,
        visit: &Visit,
    ) -> Result<Finished, Failure> {
        let Some(session) = visit.session() else {
            return Err(Failure::Broken(
                "settings were changed without a session".to_owned(),
            ));
        };
        let mut flow = flow.clone();
        self.refill(&mut flow, &changed.identity, visit);
        let (session, token, renewal) = self.after_settings(&flow, session, &changed, visit);
        let mut commit = Commit::of(Change::UpdateIdentity(Box::new(changed.identity.clone())));
        commit.changes.extend(renewal);
        commit
            .changes
            .extend(self.ends_others(&flow, changed.method, &session));
        commit = commit.and(Change::PutFlow(Box::new(flow.clone())));
        let device = if changed.proves {
            self.remember(&flow, &changed.identity, false, visit)
                .await?
        } else {
            None
        };
        let (known, device) = device.unzip();
        commit.changes.extend(known);
        match self.db.commit(commit).await {
            Ok(_) => {}
            Err(error) if is_taken(&error) => {
                return Ok(Err(vec![Problem::form(text::identifier_taken())]));
            }
            Err(StoreError::Conflict(Constraint::Version)) => {
                let again = "Your account was changed elsewhere in the meantime. Please try again.";
                return Ok(Err(vec![Problem::form(text::generic(again))]));
            }
            Err(error) => return Err(error.into()),
        }
        self.record_success(flow.kind, changed.method, changed.identity.id, visit);
        let mut cookies = match (flow.flow_type, token) {
            (FlowType::Browser, Some(token)) => {
                vec![self.sessions.cookie(&token, &session, visit.now)]
            }
            _ => Vec::new(),
        };
        cookies.extend(device);
        let to = self
            .destination(&flow, changed.method.as_str())
            .map_or_else(|| self.page(&flow), String::from);
        let browser = flow.flow_type == FlowType::Browser;
        let mut view = view(flow, Some(changed.identity), visit);
        view.continue_with = browser
            .then(|| ContinueWith::redirect(&to))
            .into_iter()
            .collect();
        Ok(Ok(Answer {
            reply: Reply::Saved { view, to },
            cookies,
        }))
    }

    /// The session of a browser gets a new token with every factor; a native program keeps the one it has (security 7.2).
    fn begin_or_renew(
        &self,
        flow: &Flow,
        identity: &Identity,
        factor: AuthenticationMethod,
        visit: &Visit,
    ) -> (Session, Option<SessionToken>, Change) {
        let own = visit
            .session()
            .filter(|session| session.identity_id == identity.id);
        if let Some(session) = own {
            let token = new_token(flow);
            return self
                .sessions
                .renew(session, factor, visit.device(), token, visit.now);
        }
        let issued = self.sessions.issue(
            identity,
            factor,
            visit.device(),
            fresh_token(flow),
            visit.now,
        );
        (issued.session, Some(issued.token), issued.change)
    }

    /// The cookies of a browser that has just signed in. Its CSRF secret changes when it was somebody else's until now.
    fn session_cookies(
        &self,
        flow: &Flow,
        token: Option<&SessionToken>,
        session: &Session,
        visit: &Visit,
    ) -> Vec<Cookie<'static>> {
        let (FlowType::Browser, Some(token)) = (flow.flow_type, token) else {
            return Vec::new();
        };
        let mut cookies = vec![self.sessions.cookie(token, session, visit.now)];
        let same_person = visit
            .session()
            .is_some_and(|before| before.identity_id == session.identity_id);
        if !same_person {
            cookies.push(self.csrf.cookie(&csrf::Secret::random()));
        }
        cookies
    }

    /// A browser that may now prove an address of a new account does so under a secret of its own (flows 0.4).
    fn fresh_start(&self, flow: &Flow) -> Vec<Cookie<'static>> {
        let verifies = self.settings(FlowKind::Verification).enabled;
        let rotated = (verifies && flow.flow_type == FlowType::Browser)
            .then(|| self.csrf.cookie(&csrf::Secret::random()));
        rotated.into_iter().collect()
    }

    /// What a change of settings does to the session: one that proved a factor counts as used, all others only send the cookie again.
    fn after_settings(
        &self,
        flow: &Flow,
        session: &Session,
        changed: &Changed,
        visit: &Visit,
    ) -> (Session, Option<SessionToken>, Option<Change>) {
        if !changed.proves {
            let token = visit.cookie_token(self.sessions.cookie_name());
            let sent_again = token.is_some() && session.outlasts_its_cookie();
            let note = sent_again.then_some(Change::NoteCookie {
                id: session.id,
                until: session.expires_at,
            });
            return (session.clone(), token, note);
        }
        let factor = factor(changed.method, Aal::Aal1, visit);
        let (session, token, change) =
            self.sessions
                .renew(session, factor, visit.device(), new_token(flow), visit.now);
        (session, token, Some(change))
    }

    fn refill(&self, flow: &mut Flow, identity: &Identity, visit: &Visit) {
        flow.state = FlowState::Success;
        flow.updated_at = visit.now;
        self.fill(flow, Some(identity), visit);
        flow.ui.messages = vec![text::saved()];
    }

    /// The hook `revoke_active_sessions`: all other sessions of the identity end.
    fn ends_others(
        &self,
        flow: &Flow,
        method: CredentialType,
        session: &Session,
    ) -> Option<Change> {
        let hooks = self.settings(flow.kind).hooks(method.as_str());
        hooks
            .contains(&Hook::RevokeActiveSessions)
            .then_some(Change::RevokeSessions {
                identity_id: session.identity_id,
                except: Some(session.id),
            })
    }

    fn after(&self, flow: &Flow, method: CredentialType) -> String {
        let destination = self.destination(flow, method.as_str());
        destination
            .unwrap_or_else(|| self.default_destination().clone())
            .into()
    }
}

/// What the client of a new session will hold.
pub(super) fn fresh_token(flow: &Flow) -> SessionToken {
    match flow.flow_type {
        FlowType::Browser => SessionToken::for_cookie(),
        FlowType::Api => SessionToken::generate(),
    }
}

fn new_token(flow: &Flow) -> NewToken {
    match flow.flow_type {
        FlowType::Browser => NewToken::Issue,
        FlowType::Api => NewToken::Keep,
    }
}

/// A commit that begins with spending a code, so that of several that bring the same one, one goes through (security 12.2).
pub(super) fn spent(code: Option<CodeId>, at: Timestamp) -> Commit {
    Commit {
        changes: code
            .map(|id| Change::UseCode { id, at })
            .into_iter()
            .collect(),
    }
}

/// Whether a commit failed because its code was spent meanwhile.
pub(super) fn is_spent(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict(Constraint::Used))
}

/// Notes on `identity` that an address is proven, if it has it, and gives the change that stores it.
pub(super) fn proven(
    identity: &mut Identity,
    via: Channel,
    value: String,
    at: Timestamp,
) -> Option<Change> {
    let status = AddressStatus::Completed;
    identity.verifiable_mut(via, &value)?.progress(status, at);
    Some(Change::MarkAddress {
        identity_id: identity.id,
        via,
        value,
        status,
        at,
    })
}

pub(super) fn factor(method: CredentialType, aal: Aal, visit: &Visit) -> AuthenticationMethod {
    AuthenticationMethod {
        method,
        aal,
        completed_at: visit.now,
        provider: None,
    }
}
