//! A submission on its way: load the flow → who may submit it → expiry → whose is it → CSRF → the method → finish (flows 1.6).
//!
//! Everything here is the same for all flows; what differs stands in their own files and is called from here.

use cookie::Cookie;
use serde_json::Value;

use super::{
    Answer, Claim, Ctx, Failed, Failure, Flows, Inner, Outcome, Problem, Replaced, Reply, Step,
    Submission, Unsafe, Visit, continuity,
    login::{LoginBar, announce},
    reply::echo,
    view,
};
use crate::{
    model::{CredentialType, Flow, FlowKind, FlowState, FlowType, Identity},
    store::{Change, Commit},
    throttle::Guess,
    ui::{Message, text},
    web::{
        ApiError,
        body::{Fields, Unreadable},
        csrf,
    },
};

impl Flows {
    /// Takes a submission. `id` is the `flow` of the query, `body` what the body came to.
    ///
    /// # Errors
    /// When it cannot be answered with a form or a success.
    pub async fn submit(
        &self,
        kind: FlowKind,
        id: Option<&str>,
        body: Result<Fields, Unreadable>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let inner = &self.0;
        if let Err(limited) = inner.throttle.submission(visit.client.ip, visit.now) {
            inner.note(limited, visit);
            return Err(limited.into());
        }
        if id.is_none_or(|id| id.parse::<crate::model::FlowId>().is_err()) {
            return Err(ApiError::bad_request("The flow parameter is missing or no id.").into());
        }
        let flow = inner.find(kind, id).await?;
        inner.open(kind)?;
        let native = flow.flow_type == FlowType::Api;
        inner
            .take(flow, body.map(Submission::new), visit)
            .await
            .map_err(|failed| {
                if let Failure::Limited(limited) = failed.why {
                    inner.note(limited, visit);
                }
                Failed {
                    native: failed.native || native,
                    ..failed
                }
            })
    }
}

impl Inner {
    async fn take(
        &self,
        mut flow: Flow,
        body: Result<Submission, Unreadable>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        match flow.kind {
            FlowKind::Login => match self.may_submit_login(&flow, visit)? {
                Some(LoginBar::Moved(reply)) => return Ok(Answer::plain(reply)),
                Some(LoginBar::Rejected(outcome)) => {
                    let submission = body.ok();
                    return self
                        .turn_down(flow, None, outcome, submission.as_ref(), visit)
                        .await;
                }
                None => {}
            },
            FlowKind::Registration => self.may_submit_registration(&flow, visit)?,
            FlowKind::Settings => {
                let back = self.links.submit(flow.kind, flow.id);
                self.may_use_settings(&flow, visit, &back)?;
            }
            FlowKind::Recovery | FlowKind::Verification => {}
        }
        if flow.is_expired(visit.now) {
            return self.replace(&flow, body.ok().as_ref(), visit).await;
        }
        if Self::comes_back(&flow, body.as_ref().ok(), visit) {
            return self.go_on(flow, visit).await;
        }
        continuity::forget(&mut flow);
        let identity = self.identity_of(&flow, visit).await?;
        match body {
            Ok(submission) => self.dispatch(flow, identity, submission, visit).await,
            Err(unreadable) => {
                let message = text::generic(&unreadable.to_string());
                let outcome = Outcome::Rejected(vec![Problem::form(message)]);
                self.turn_down(flow, identity, outcome, None, visit).await
            }
        }
    }

    /// A submission that reaches no method gets the form back, but only in the browser that began the flow: an id alone shows
    /// nobody what another has typed (security 8.3).
    async fn turn_down(
        &self,
        flow: Flow,
        identity: Option<Identity>,
        outcome: Outcome,
        submission: Option<&Submission>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        match (Self::check_reader(&flow, visit), submission) {
            (Ok(()), _) => self.conclude(flow, identity, outcome, None, visit).await,
            (Err(Failure::Refused(error)), Some(submission)) => {
                self.heal(&flow, error, submission, visit).await
            }
            (Err(failure), _) => Err(failure.into()),
        }
    }

    async fn dispatch(
        &self,
        flow: Flow,
        identity: Option<Identity>,
        submission: Submission,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let (step, method) = match self.registry.claim(&flow, &submission) {
            Claim::Step(step, method) => (step, method),
            Claim::Disabled => {
                return Err(ApiError::not_found()
                    .reason("This way to sign in is switched off.")
                    .into());
            }
            Claim::Nobody => {
                let outcome = Outcome::Rejected(vec![Problem::form(nobody_claims(flow.kind))]);
                return self
                    .turn_down(flow, identity, outcome, Some(&submission), visit)
                    .await;
            }
        };
        self.may_ask_to_recover(&flow, step, &submission, visit)?;
        let may = if step.carries_proof(&submission, &flow) {
            Ok(Self::proven_by_itself())
        } else {
            self.check_csrf(&flow, &submission, visit)
        };
        let (outcome, guess) = match may {
            Ok(checked) => {
                let ctx = self.ctx(&flow, identity.as_ref(), visit);
                let attempted = step.attempt(&submission, &ctx, checked).await;
                let guess = ctx.counting.into_guess();
                self.settle(attempted, guess, &flow, visit)?
            }
            Err(Unsafe::Browser(outcome)) => (outcome, None),
            Err(Unsafe::Forged(error)) => {
                return self.heal(&flow, error, &submission, visit).await;
            }
        };
        let taken = Taken {
            step,
            method,
            submission: &submission,
            guess: guess.as_ref(),
        };
        self.conclude(flow, identity, outcome, Some(taken), visit)
            .await
    }

    /// Turns an outcome into records and an answer.
    async fn conclude(
        &self,
        flow: Flow,
        identity: Option<Identity>,
        outcome: Outcome,
        taken: Option<Taken<'_>>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let problems = match outcome {
            Outcome::Rejected(problems) => Err(problems),
            Outcome::Proved(proof) => {
                let guess = taken.and_then(|taken| taken.guess);
                self.sign_in(&flow, *proof, guess, visit).await?
            }
            Outcome::Drafted(draft) => {
                let registered = self.register(&flow, *draft, visit).await;
                self.soften(registered, &flow, visit, Err)?
            }
            Outcome::Changed(changed) => self.store_settings(&flow, *changed, visit).await?,
            Outcome::Sent(challenge) => {
                return self.send(flow, identity, *challenge, taken, visit).await;
            }
            Outcome::Recovered(recovered) => {
                let submission = taken.map(|taken| taken.submission);
                return self.recover(&flow, *recovered, submission, visit).await;
            }
            Outcome::Verified(verified) => return self.verify(flow, *verified, taken, visit).await,
            Outcome::Opened(nodes) => return self.open_here(flow, nodes, visit).await,
            Outcome::Unmet(message) => return self.unmet(flow, message, taken, visit).await,
            Outcome::Restart(message) => return self.restart(&flow, message, visit).await,
            Outcome::Unprivileged => {
                let submission = taken.map(|taken| taken.submission);
                return Err(self.confirm_and_continue(flow, submission, visit).await);
            }
            Outcome::Identified(identified) => {
                self.show_ways_in(
                    &flow,
                    *identified,
                    taken.map(|taken| taken.submission),
                    visit,
                )
                .await?
            }
            Outcome::NextScreen(traits) => {
                return self.screen(flow, &traits, true, taken, visit).await;
            }
            Outcome::PreviousScreen(traits) => {
                return self.screen(flow, &traits, false, taken, visit).await;
            }
        };
        match problems {
            Ok(answer) => Ok(answer),
            Err(problems) => self.reject(flow, identity, problems, taken, visit).await,
        }
    }

    /// The form goes back with messages, keeping what may be kept (flows 7.5).
    async fn reject(
        &self,
        mut flow: Flow,
        identity: Option<Identity>,
        problems: Vec<Problem>,
        taken: Option<Taken<'_>>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        flow.ui.clear_messages();
        if let Some(taken) = taken {
            self.record_failure(flow.kind, taken.method, &problems, visit);
            let kept = {
                let ctx = self.ctx(&flow, identity.as_ref(), visit);
                taken.step.keep(taken.submission, &ctx)
            };
            for (node, value) in kept {
                flow.ui.set_value(&node, value);
            }
        }
        for problem in problems {
            flow.ui.add_message(problem.at.as_deref(), problem.message);
        }
        flow.updated_at = visit.now;
        self.sort(&mut flow, identity.as_ref());
        let failed = taken
            .and_then(|taken| taken.guess)
            .and_then(|guess| self.failed(guess, identity.as_ref(), visit));
        let mut commit = Commit::of(Change::PutFlow(Box::new(flow.clone())));
        commit.changes.extend(failed);
        self.db.commit(commit).await.map_err(Failure::from)?;
        let view = view(flow, identity, visit);
        Ok(Answer::plain(Reply::Incomplete(view)))
    }

    async fn screen(
        &self,
        mut flow: Flow,
        traits: &Value,
        forward: bool,
        taken: Option<Taken<'_>>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        if forward {
            self.show_credentials(&mut flow, traits, visit);
        } else {
            self.show_traits(&mut flow, traits, visit);
        }
        flow.active = None;
        flow.state = FlowState::ChooseMethod;
        flow.updated_at = visit.now;
        self.save(&flow).await?;
        let mut view = view(flow, None, visit);
        if let Some(taken) = taken.filter(|_| forward) {
            view = echo(view, taken.submission);
        }
        Ok(Answer::plain(Reply::Screen(view)))
    }

    /// An expired flow is replaced by a fresh one that says so (flows 1.7). On our own pages it keeps what was typed.
    async fn replace(
        &self,
        old: &Flow,
        submission: Option<&Submission>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let expired_at = old.expires_at;
        let message = text::expired(
            expiry_number(old.kind),
            &expired_at.to_string(),
            expired_at.seconds(),
        );
        let mut flow = self.renew(old, submission, visit).await?;
        flow.ui.messages.push(message);
        if old.kind == FlowKind::Verification {
            return self.go_to(flow, visit).await;
        }
        self.save(&flow).await?;
        let cookies = self.cookie_for(&flow, visit);
        if let Some(reply) = self.read_instead(&flow, visit) {
            return Ok(Answer { reply, cookies });
        }
        let mut failed = Failed::from(Failure::Gone(Box::new(Replaced {
            flow,
            expired_at,
            now: visit.now,
        })));
        failed.cookies = cookies;
        Err(failed)
    }

    /// A browser that has lost its cookie gets one for its fresh form.
    fn cookie_for(&self, flow: &Flow, visit: &Visit) -> Vec<Cookie<'static>> {
        let has_one = matches!(visit.presented, csrf::Presented::Secret(_));
        let needs_one = flow.csrf.is_some() && !has_one;
        let cookie = needs_one.then(|| self.csrf.cookie(&visit.secret));
        cookie.into_iter().collect()
    }

    /// A form of one of our own pages that fails its CSRF check comes back filled in, with a fresh token: a stale tab, a cookie that
    /// went, a log-in in another tab. Towards pages of others the refusal stands.
    async fn heal(
        &self,
        old: &Flow,
        error: Box<ApiError>,
        submission: &Submission,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let by_script = visit.wants.json || old.flow_type == FlowType::Api;
        if by_script || !self.page_is_ours(old.kind) || !self.comes_from_here(visit) {
            return Err(Failure::Refused(error).into());
        }
        let mut flow = self.renew(old, Some(submission), visit).await?;
        let hint =
            "This page had been open for a while. Please check what you entered and send it again.";
        flow.ui.messages.push(text::generic(hint));
        self.save(&flow).await?;
        let cookies = self.cookie_for(&flow, visit);
        let view = view(flow, None, visit);
        Ok(Answer {
            reply: Reply::Screen(view),
            cookies,
        })
    }

    async fn renew(
        &self,
        old: &Flow,
        submission: Option<&Submission>,
        visit: &Visit,
    ) -> Result<Flow, Failure> {
        let mut flow = self.successor(old, visit);
        let identity = self.identity_of(&flow, visit).await?;
        self.fill(&mut flow, identity.as_ref(), visit);
        announce(
            &mut flow,
            visit.session().filter(|_| old.kind == FlowKind::Login),
        );
        if let Some(submission) = submission.filter(|_| self.page_is_ours(old.kind)) {
            let kept = match self.registry.claim(old, submission) {
                Claim::Step(step, _) => {
                    let ctx: Ctx<'_> = self.ctx(&flow, identity.as_ref(), visit);
                    step.keep(submission, &ctx)
                }
                Claim::Disabled | Claim::Nobody => Vec::new(),
            };
            for (node, value) in kept {
                flow.ui.set_value(&node, value);
            }
        }
        Ok(flow)
    }

    /// A browser that comes back from confirming who it is: the change that waits for it is made as if it had just been submitted;
    /// without one it is shown its settings.
    async fn go_on(&self, mut flow: Flow, visit: &Visit) -> Result<Answer, Failed> {
        let Some(submission) = self.take_out(&mut flow, visit).await? else {
            return Ok(Answer::plain(Reply::Moved(self.page(&flow))));
        };
        let identity = self.identity_of(&flow, visit).await?;
        let mut answer = self.dispatch(flow, identity, submission, visit).await?;
        answer.cookies.push(self.spent_ticket_cookie());
        Ok(answer)
    }
}

/// The step that took a submission.
#[derive(Clone, Copy)]
pub(super) struct Taken<'a> {
    pub(super) step: &'a dyn Step,
    pub(super) method: CredentialType,
    pub(super) submission: &'a Submission,
    guess: Option<&'a Guess>,
}

fn nobody_claims(kind: FlowKind) -> Message {
    match kind {
        FlowKind::Login => text::no_login_method(),
        FlowKind::Registration => text::no_registration_method(),
        FlowKind::Settings => text::no_settings_method(),
        FlowKind::Recovery => text::no_recovery_method(),
        FlowKind::Verification => text::no_verification_method(),
    }
}

fn expiry_number(kind: FlowKind) -> u32 {
    match kind {
        FlowKind::Login => text::LOGIN_EXPIRED,
        FlowKind::Registration => text::REGISTRATION_EXPIRED,
        FlowKind::Settings => text::SETTINGS_EXPIRED,
        FlowKind::Recovery => text::RECOVERY_EXPIRED,
        FlowKind::Verification => text::VERIFICATION_EXPIRED,
    }
}
