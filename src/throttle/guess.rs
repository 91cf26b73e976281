//! Guesses at a factor: counted before they are checked, forgiven when they were right (11.2–11.5).

use std::{net::IpAddr, time::Duration};

use super::{
    Account, Inner, Kind, Level, Limited, Streak, Throttle,
    keys::prefix,
    table::{Rank, Ranked},
};
use crate::{
    clock::Timestamp,
    crypto::Digest,
    model::{AccountFailures, FactorFailures, FlowId, Identity, IdentityId},
    store::{Change, StoreError},
};

/// An attempt that was counted and waits for its result.
#[derive(Debug)]
pub struct Guess(Counted);

#[derive(Debug)]
enum Counted {
    /// Nothing was counted.
    Nothing,
    /// Against a known device's own allowance.
    Device { device: u128, account: Digest },
    /// Against the client's and the account's.
    Account { pair: u128, account: Digest },
    /// A second factor.
    Second {
        flow: u128,
        factor: u128,
        identity_id: IdentityId,
    },
}

/// Failures of an identity's second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Factor {
    count: u32,
    level: Level,
}

impl Ranked for Factor {
    fn rank(&self, now: Timestamp) -> Rank {
        if self.count > 0 {
            Rank::Penalised
        } else {
            self.level.rank(now)
        }
    }
}

/// Why a guess is not taken.
#[derive(Debug)]
pub enum Refusal {
    /// There were too many.
    Limited(Limited),
    /// What was counted before cannot be read.
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Throttle {
    /// Counts a guess at the first factor of `identity`, or of nobody who would be `identifier`, before it is checked.
    ///
    /// # Errors
    /// When there were too many, or the store cannot tell.
    pub async fn first_factor(
        &self,
        (identifier, identity): (&str, Option<&Identity>),
        client: IpAddr,
        device: Option<Digest>,
        now: Timestamp,
    ) -> Result<Guess, Refusal> {
        let Some(inner) = &self.0 else {
            return Ok(Guess(Counted::Nothing));
        };
        let account = inner.keys.account(match identity {
            Some(identity) => Account::Known(identity.id),
            None => Account::Unknown(identifier),
        });
        let known_device = match device {
            Some(device) if inner.is_known(device, identity, now).await? => Some(device),
            _ => None,
        };
        if let Some(device) = known_device {
            let device = inner.keys.of(Kind::Device, &[&device.0, &account.0]);
            if inner.count_device(device, now).is_ok() {
                return Ok(Guess(Counted::Device { device, account }));
            }
        }
        let before = inner.load_account(account, now).await?;
        let pair = inner.keys.of(Kind::Pair, &[&prefix(client), &account.0]);
        inner.count_pair(pair, now).map_err(limited(Kind::Pair))?;
        if let Err(wait) = inner.count_account(account, before, known_device.is_some(), now) {
            inner.streaks.change_known(pair, Streak::take_back);
            return Err(limited(Kind::Account)(wait));
        }
        Ok(Guess(Counted::Account { pair, account }))
    }

    /// Counts a guess at a second factor before it is checked.
    ///
    /// # Errors
    /// When there were too many in this flow or for this identity, when the factor is locked, or when the store cannot tell.
    pub async fn second_factor(
        &self,
        identity_id: IdentityId,
        flow: FlowId,
        now: Timestamp,
    ) -> Result<Guess, Refusal> {
        let Some(inner) = &self.0 else {
            return Ok(Guess(Counted::Nothing));
        };
        let rules = &inner.settings.second_factor;
        let factor = inner.keys.of(Kind::Factor, &[identity_id.0.as_bytes()]);
        let fresh = inner.load_factor(identity_id, factor).await?;
        let flow = inner.keys.of(Kind::FactorInFlow, &[flow.0.as_bytes()]);
        let forget_after = inner.settings.first_factor.forget_after;
        let in_flow = inner.streaks.change(flow, now, Streak::NONE, |streak| {
            streak.count_up_to(rules.per_flow, forget_after, now)
        });
        in_flow.map_err(limited(Kind::FactorInFlow))?;
        let counted = inner.factors.change(factor, now, fresh, |factor| {
            if factor.count >= rules.lock_after {
                return Err((Kind::FactorLocked, forget_after));
            }
            factor
                .level
                .take(&rules.per_account, now)
                .map_err(|wait| (Kind::Factor, wait))?;
            factor.count += 1;
            Ok(())
        });
        if let Err((kind, wait)) = counted {
            inner.streaks.change_known(flow, Streak::take_back);
            return Err(limited(kind)(wait));
        }
        Ok(Guess(Counted::Second {
            flow,
            factor,
            identity_id,
        }))
    }

    /// It was wrong: what to store with the answer.
    #[must_use]
    pub fn failed(&self, guess: &Guess, now: Timestamp) -> Option<Change> {
        let inner = self.0.as_ref()?;
        match guess.0 {
            Counted::Nothing | Counted::Device { .. } => None,
            Counted::Account { account, .. } => inner.account_to_store(account, now),
            Counted::Second {
                factor,
                identity_id,
                ..
            } => {
                let Factor { count, level } = inner.factors.get(factor)?;
                Some(Change::PutFactorFailures(FactorFailures {
                    identity_id,
                    count,
                    full_at: level.0,
                }))
            }
        }
    }

    /// It was right: what was counted is forgotten, and what was stored is to go with the answer.
    #[must_use]
    pub fn succeeded(&self, guess: &Guess) -> Option<Change> {
        let inner = self.0.as_ref()?;
        match guess.0 {
            Counted::Nothing => None,
            Counted::Device { device, account } => {
                inner.streaks.remove(device);
                inner.forget_account(account)
            }
            Counted::Account { pair, account } => {
                inner.streaks.remove(pair);
                inner.forget_account(account)
            }
            Counted::Second {
                flow,
                factor,
                identity_id,
            } => {
                inner.streaks.change_known(flow, Streak::take_back);
                let before = inner.factors.remove(factor)?;
                (before.count > 1).then_some(Change::ForgetFactorFailures(identity_id))
            }
        }
    }

    /// It was never checked: it does not count.
    pub fn unchecked(&self, guess: &Guess) {
        let Some(inner) = &self.0 else {
            return;
        };
        match guess.0 {
            Counted::Nothing => {}
            Counted::Device { device, .. } => {
                inner.streaks.change_known(device, Streak::take_back);
            }
            Counted::Account { pair, account } => {
                inner.streaks.change_known(pair, Streak::take_back);
                inner
                    .accounts
                    .change_known(inner.account_key(account), Streak::take_back);
            }
            Counted::Second { flow, factor, .. } => {
                let bucket = &inner.settings.second_factor.per_account;
                inner.streaks.change_known(flow, Streak::take_back);
                inner.factors.change_known(factor, |factor| {
                    factor.count = factor.count.saturating_sub(1);
                    factor.level.put_back(bucket);
                });
            }
        }
    }

    /// Somebody has recovered their account: whatever others have tried before is forgotten, and the second factor is unlocked
    /// (11.3, 11.5).
    #[must_use]
    pub fn recovered(&self, identity_id: IdentityId) -> Vec<Change> {
        let Some(inner) = &self.0 else {
            return Vec::new();
        };
        let account = inner.keys.account(Account::Known(identity_id));
        inner.accounts.remove(inner.account_key(account));
        let factor = inner.keys.of(Kind::Factor, &[identity_id.0.as_bytes()]);
        inner.factors.remove(factor);
        vec![
            Change::ForgetAccountFailures(account),
            Change::ForgetFactorFailures(identity_id),
        ]
    }

    /// Whether this failure was the one that locked the second factor.
    #[must_use]
    pub fn has_locked(&self, guess: &Guess) -> bool {
        let (Some(inner), Counted::Second { factor, .. }) = (&self.0, &guess.0) else {
            return false;
        };
        let count = inner.factors.get(*factor).map(|factor| factor.count);
        count == Some(inner.settings.second_factor.lock_after)
    }
}

impl Inner {
    fn count_device(&self, device: u128, now: Timestamp) -> Result<(), Duration> {
        let most = self.settings.known_devices.failures;
        let forget_after = self.settings.first_factor.forget_after;
        self.streaks.change(device, now, Streak::NONE, |streak| {
            streak.count_up_to(most, forget_after, now)
        })
    }

    fn count_pair(&self, pair: u128, now: Timestamp) -> Result<(), Duration> {
        let rules = &self.settings.first_factor;
        self.streaks.change(pair, now, Streak::NONE, |streak| {
            streak.wait_or_count(rules, now)
        })
    }

    /// A known device may go on when strangers have used up the account's failures.
    fn count_account(
        &self,
        account: Digest,
        before: Streak,
        known_device: bool,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let rules = &self.settings.first_factor;
        let most = if known_device {
            u32::MAX
        } else {
            rules.per_account
        };
        self.accounts
            .change(self.account_key(account), now, before, |streak| {
                streak.count_up_to(most, rules.forget_after, now)
            })
    }

    /// Failures of an account as far as only the store knows them.
    async fn load_account(&self, account: Digest, now: Timestamp) -> Result<Streak, StoreError> {
        if self.accounts.get(self.account_key(account)).is_some() {
            return Ok(Streak::NONE);
        }
        let stored = self.db.find_account_failures(account).await?;
        let counts = stored.filter(|stored| stored.forgotten_at > now);
        Ok(counts.map_or(Streak::NONE, |stored| Streak {
            count: stored.count,
            last: stored.last_at,
        }))
    }

    async fn load_factor(&self, id: IdentityId, key: u128) -> Result<Factor, StoreError> {
        let none = Factor {
            count: 0,
            level: Level::FULL,
        };
        if self.factors.get(key).is_some() {
            return Ok(none);
        }
        let stored = self.db.find_factor_failures(id).await?;
        Ok(stored.map_or(none, |stored| Factor {
            count: stored.count,
            level: Level(stored.full_at),
        }))
    }

    /// A few failures are nothing to write down: they cost whoever restarts the process for them more than they gain.
    fn account_to_store(&self, account: Digest, now: Timestamp) -> Option<Change> {
        let rules = &self.settings.first_factor;
        let Streak { count, last } = self.accounts.get(self.account_key(account))?;
        (count > rules.per_account / 10).then(|| {
            Change::PutAccountFailures(AccountFailures {
                account,
                count,
                last_at: last,
                forgotten_at: now.plus(rules.forget_after),
            })
        })
    }

    fn forget_account(&self, account: Digest) -> Option<Change> {
        let before = self.accounts.remove(self.account_key(account))?;
        (before.count > self.settings.first_factor.per_account / 10)
            .then_some(Change::ForgetAccountFailures(account))
    }

    fn account_key(&self, account: Digest) -> u128 {
        self.keys.of(Kind::Account, &[&account.0])
    }
}

fn limited(kind: Kind) -> impl Fn(Duration) -> Refusal {
    move |wait| {
        Refusal::Limited(Limited {
            bucket: kind.name(),
            wait,
        })
    }
}
