//! Making and checking one-time codes and links (methods 1.1, security 12.1–12.3). A code is stored as a digest; the number of tries is
//! counted before anything is compared.

use std::{sync::Arc, time::Duration};

use crate::{
    clock::Timestamp,
    config::{Config, MethodSettings},
    crypto::{self, Digest, Secret, random_digits, token::random_text},
    flows::{Ctx, Failure},
    model::{Channel, Code, CodeForm, CodeId, FlowId, FlowKind, IdentityId},
};

/// Makes and checks codes. Clones share the keys.
#[derive(Clone)]
pub struct Codes {
    keys: Arc<[Secret<Vec<u8>>]>,
    form: CodeForm,
    /// How long a code works.
    pub lifespan: Duration,
    /// How often the codes of one flow may be tried.
    pub max_submissions: u32,
}

/// Whom a code is sent to.
#[derive(Clone, Debug)]
pub struct Addressee {
    /// Whose account, if there is one.
    pub identity_id: Option<IdentityId>,
    /// By which channel.
    pub via: Channel,
    /// Where, normalised.
    pub address: String,
}

/// What a submitted code is worth.
#[derive(Debug)]
pub enum Verdict {
    /// It is this one, and unused. Whoever acts on it spends it in the same commit.
    Right(Box<Code>),
    /// There is none like it, or it is too old.
    Wrong,
    /// It was used before.
    Used,
    /// There were too many tries already; nothing was compared.
    TooOften,
}

impl Codes {
    /// Codes or links, by the settings of their method.
    #[must_use]
    pub fn new(form: CodeForm, config: &Config, own: Option<&MethodSettings>) -> Self {
        let lifespan = own.map_or(HOUR, |own| own.section.duration("config.lifespan", HOUR));
        let tries = own.map_or(TRIES, |own| {
            own.section.integer("config.max_submissions", TRIES)
        });
        Self {
            keys: config.secrets.default.clone().into(),
            form,
            lifespan,
            max_submissions: u32::try_from(tries).unwrap_or(u32::MAX),
        }
    }

    /// The same, with codes that work no longer than this.
    #[must_use]
    pub fn at_most(self, lifespan: Duration) -> Self {
        let lifespan = self.lifespan.min(lifespan);
        Self { lifespan, ..self }
    }

    /// A fresh code for a flow: what is stored, and what is sent.
    #[must_use]
    pub fn make(
        &self,
        flow: (FlowId, FlowKind),
        to: Addressee,
        now: Timestamp,
    ) -> (Code, Secret<String>) {
        let secret = match self.form {
            CodeForm::Code => random_digits(),
            CodeForm::Link => random_text(),
        };
        let (flow_id, purpose) = flow;
        let mut code = Code {
            id: CodeId::random(),
            flow_id,
            identity_id: to.identity_id,
            address: to.address,
            via: to.via,
            purpose,
            form: self.form,
            digest: Digest([0; 32]),
            by_admin: false,
            issued_at: now,
            expires_at: now.plus(self.lifespan),
            used_at: None,
        };
        // There is always a key: the start draws one where the file has none.
        let digests = self
            .keys
            .first()
            .map(|key| digest(key, &code, secret.expose()));
        code.digest = digests.unwrap_or_else(|| Digest(crypto::random()));
        (code, secret)
    }

    /// Looks for the code of this flow that was typed, among those that `fit`. The try counts whatever comes of it.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn check(
        &self,
        ctx: &Ctx<'_>,
        typed: &str,
        fit: impl Fn(&Code) -> bool,
    ) -> Result<Verdict, Failure> {
        if self.may_try(ctx).await? {
            self.judge(ctx, typed, fit).await
        } else {
            Ok(Verdict::TooOften)
        }
    }

    /// Counts a try of this flow's codes (security 11.6); false when there were too many already.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn may_try(&self, ctx: &Ctx<'_>) -> Result<bool, Failure> {
        ctx.count_submission(self.max_submissions).await
    }

    /// Compares what was typed with the codes of this flow that `fit`, after the try was counted.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn judge(
        &self,
        ctx: &Ctx<'_>,
        typed: &str,
        fit: impl Fn(&Code) -> bool,
    ) -> Result<Verdict, Failure> {
        let codes = ctx.codes().await?;
        let candidates = codes
            .into_iter()
            .filter(|code| code.form == self.form && code.purpose == ctx.flow.kind && fit(code));
        let mut verdict = Verdict::Wrong;
        for code in candidates {
            if self.matches(&code, typed) {
                verdict = match code {
                    code if code.used_at.is_some() => Verdict::Used,
                    code if code.is_expired(ctx.now) => Verdict::Wrong,
                    code => Verdict::Right(Box::new(code)),
                };
            }
        }
        Ok(verdict)
    }

    /// Tries all keys, so that codes outlive a change of keys.
    fn matches(&self, code: &Code, typed: &str) -> bool {
        self.keys.iter().fold(false, |found, key| {
            found | crypto::same(&digest(key, code, typed).0, &code.digest.0)
        })
    }
}

/// The flow and the purpose are part of what is digested: a row that is moved to another flow is worth nothing there.
fn digest(key: &Secret<Vec<u8>>, code: &Code, secret: &str) -> Digest {
    let bound = format!("{}:{}:{secret}", code.flow_id, code.purpose);
    crypto::mac(key.expose(), bound.as_bytes())
}

const HOUR: Duration = Duration::from_secs(3600);
const TRIES: u64 = 5;
