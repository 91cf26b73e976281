//! An upstream: its targets, and which of them a request gets (gateway 14.2). One target ⇒ none of this runs.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{Endpoint, Fault, health};
use crate::config::{ActiveHealth, Failure, HashOn, PassiveHealth, Policy, Upstream};

/// An upstream as the workers share it.
pub struct Group {
    /// What the file calls it.
    pub name: Box<str>,
    members: Box<[Member]>,
    total: u64,
    policy: Policy,
    /// The order of `round_robin`, weights included.
    cycle: Box<[u16]>,
    turn: AtomicU64,
    panic_threshold: usize,
    pub(super) active: Option<ActiveHealth>,
    passive: Option<PassiveHealth>,
}

struct Member {
    endpoint: Arc<Endpoint>,
    weight: u32,
}

/// The target that a request got.
pub struct Picked {
    /// The target.
    pub endpoint: Arc<Endpoint>,
    counted: bool,
}

impl Drop for Picked {
    fn drop(&mut self) {
        if self.counted {
            self.endpoint.in_flight.fetch_sub(1, Relaxed);
        }
    }
}

impl Group {
    /// Of these endpoints, in the order of the upstream's targets.
    #[must_use]
    pub fn new(settings: &Upstream, endpoints: Vec<Arc<Endpoint>>) -> Self {
        let weights: Vec<u32> = settings
            .targets
            .iter()
            .map(|target| target.weight.max(1))
            .collect();
        Self {
            name: settings.name.as_str().into(),
            total: weights.iter().map(|weight| u64::from(*weight)).sum(),
            cycle: cycle(&weights),
            members: endpoints
                .into_iter()
                .zip(weights)
                .map(|(endpoint, weight)| Member { endpoint, weight })
                .collect(),
            policy: settings.policy.clone(),
            turn: AtomicU64::new(0),
            panic_threshold: usize::from(settings.panic_threshold),
            active: settings.health.active.clone(),
            passive: settings.health.passive.clone(),
        }
    }

    /// Its targets.
    pub fn endpoints(&self) -> impl Iterator<Item = &Arc<Endpoint>> {
        self.members.iter().map(|member| &member.endpoint)
    }

    /// Whether there is anything to choose from.
    #[must_use]
    pub fn has_choice(&self) -> bool {
        self.members.len() > 1
    }

    /// What the choice depends on.
    #[must_use]
    pub fn hash_on(&self) -> Option<&HashOn> {
        match &self.policy {
            Policy::Hash(on) if self.has_choice() => Some(on),
            _ => None,
        }
    }

    /// A target for a request with this hash, rather not the one to `avoid`.
    ///
    /// # Errors
    /// When no target may be used.
    pub fn pick(&self, hash: Option<u64>, avoid: Option<&Endpoint>) -> Result<Picked, Fault> {
        if let [only] = self.members.as_ref()
            && self.passive.is_none()
            && self.active.is_none()
        {
            return Ok(only.picked(false));
        }
        let now = health::now();
        let usable = self
            .members
            .iter()
            .filter(|one| one.endpoint.state.is_usable(now));
        let panics = usable.count() * 100 < self.panic_threshold * self.members.len();
        let may = |at: usize| {
            self.members
                .get(at)
                .is_some_and(|one| panics || one.endpoint.state.is_usable(now))
        };
        let is_avoided = |at: usize| {
            let one = self.members.get(at);
            one.zip(avoid)
                .is_some_and(|(one, avoid)| one.endpoint.index == avoid.index)
        };
        let chosen = self
            .choose(hash, |at| may(at) && !is_avoided(at))
            .or_else(|| self.choose(hash, may))
            .and_then(|at| self.members.get(at))
            .ok_or(Fault::Unavailable)?;
        chosen.endpoint.state.chosen(now);
        Ok(chosen.picked(self.has_choice()))
    }

    fn choose(&self, hash: Option<u64>, may: impl Fn(usize) -> bool) -> Option<usize> {
        let count = self.members.len();
        let from = |start: usize| {
            (start..start + count)
                .map(|at| at % count)
                .find(|at| may(*at))
        };
        match (&self.policy, hash) {
            (Policy::First, _) => from(0),
            (Policy::Hash(_), Some(hash)) => (0..count)
                .filter(|at| may(*at))
                .max_by(|one, other| self.score(hash, *one).total_cmp(&self.score(hash, *other))),
            (Policy::RoundRobin, _) => {
                let turn = self.turn.fetch_add(1, Relaxed);
                let length = u64::try_from(self.cycle.len()).ok()?.max(1);
                let mut turns = (turn..turn + length).filter_map(|turn| {
                    let at = self.cycle.get(usize::try_from(turn % length).ok()?)?;
                    Some(usize::from(*at))
                });
                turns.find(|at| may(*at))
            }
            (Policy::Random, _) => from(self.by_weight(self.chance())),
            (Policy::LeastRequest | Policy::Hash(_), _) => {
                let one = from(self.by_weight(self.chance()))?;
                let other = (one + 1..one + count)
                    .map(|at| at % count)
                    .skip(
                        usize::try_from(self.chance() % 64).unwrap_or(0)
                            % count.max(2).saturating_sub(1),
                    )
                    .find(|at| may(*at))
                    .unwrap_or(one);
                Some(if self.load(other) < self.load(one) {
                    other
                } else {
                    one
                })
            }
        }
    }

    /// Requests under way by weight; smaller is better.
    fn load(&self, at: usize) -> u64 {
        self.members.get(at).map_or(u64::MAX, |member| {
            let busy = u64::try_from(member.endpoint.in_flight.load(Relaxed)).unwrap_or(u64::MAX);
            busy.saturating_mul(1_000) / u64::from(member.weight)
        })
    }

    /// Rendezvous hashing: each target draws for each key, a heavier one from longer straws.
    #[expect(clippy::cast_precision_loss, reason = "a draw needs no last digit")]
    fn score(&self, hash: u64, at: usize) -> f64 {
        let Some(member) = self.members.get(at) else {
            return f64::MIN;
        };
        let salt = mix(u64::try_from(member.endpoint.index).unwrap_or(0));
        let drawn = (mix(hash ^ salt) >> 11) as f64 / (1_u64 << 53) as f64;
        -f64::from(member.weight) / drawn.max(f64::MIN_POSITIVE).ln()
    }

    fn by_weight(&self, chance: u64) -> usize {
        let mut left = chance % self.total.max(1);
        for (at, member) in self.members.iter().enumerate() {
            let weight = u64::from(member.weight);
            if left < weight {
                return at;
            }
            left -= weight;
        }
        0
    }

    fn chance(&self) -> u64 {
        mix(self.turn.fetch_add(1, Relaxed))
    }

    /// Notes how an exchange with one of the targets went.
    pub(super) fn note(&self, endpoint: &Endpoint, failure: Option<Failure>) {
        let Some(rules) = &self.passive else {
            return;
        };
        let failure = failure.filter(|failure| rules.on.contains(failure));
        if failure.is_none() {
            endpoint.state.worked();
            return;
        }
        let ejected = self
            .endpoints()
            .filter(|one| one.state.is_ejected())
            .count();
        let most = self.members.len() * usize::from(rules.max_ejected_percent);
        let may_eject = (ejected + 1) * 100 <= most;
        if endpoint.state.failed(rules, health::now(), may_eject) {
            tracing::warn!(
                upstream = %self.name,
                target = %endpoint.label(),
                "this target fails again and again and is left out for a while: look at its own log"
            );
        }
    }
}

impl Member {
    fn picked(&self, counted: bool) -> Picked {
        if counted {
            self.endpoint.in_flight.fetch_add(1, Relaxed);
        }
        Picked {
            endpoint: Arc::clone(&self.endpoint),
            counted,
        }
    }
}

/// Smooth weighted round robin, written out for one round.
fn cycle(weights: &[u32]) -> Box<[u16]> {
    let divisor = weights.iter().fold(0, |one, other| gcd(one, *other)).max(1);
    let weights: Vec<i64> = weights
        .iter()
        .map(|weight| i64::from(weight / divisor))
        .collect();
    let total: i64 = weights.iter().sum();
    let mut current = vec![0; weights.len()];
    let mut order = Vec::new();
    for _ in 0..total.min(LONGEST_CYCLE) {
        for (now, weight) in current.iter_mut().zip(&weights) {
            *now += weight;
        }
        let best = (0..current.len())
            .rev()
            .max_by_key(|at| current.get(*at).copied());
        let Some(best) = best else { break };
        if let Some(now) = current.get_mut(best) {
            *now -= total;
        }
        order.extend(u16::try_from(best));
    }
    order.into()
}

const fn gcd(one: u32, other: u32) -> u32 {
    if other == 0 {
        one
    } else {
        gcd(other, one % other)
    }
}

/// Spreads numbers that follow each other over all there are.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

const LONGEST_CYCLE: i64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavier_targets_come_more_often_and_never_all_at_once() {
        assert_eq!(cycle(&[5, 1, 1]).as_ref(), [0, 0, 1, 0, 2, 0, 0]);
        assert_eq!(cycle(&[10, 10]).as_ref(), [0, 1]);
        assert_eq!(cycle(&[3]).as_ref(), [0]);
    }
}
