//! Codes and links that go out: nobody is flooded, and nobody learns whom we know (11.7).

use std::net::IpAddr;

use super::{Kind, Level, Limited, Streak, Throttle};
use crate::{clock::Timestamp, model::FlowId};

/// Whether messages of a challenge may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// They may.
    Send,
    /// One of the addresses, or the flow, has had enough: the answer is the same, and nothing is sent. For those who must hear it,
    /// with the time until the next.
    Silent(Limited),
}

impl Throttle {
    /// Counts messages to `addresses`, known or not, that `flow` is about to send.
    ///
    /// # Errors
    /// When the client has asked for too many, whatever the address.
    pub fn send(
        &self,
        addresses: &[&str],
        flow: FlowId,
        client: IpAddr,
        now: Timestamp,
    ) -> Result<Sending, Limited> {
        let Some(inner) = &self.0 else {
            return Ok(Sending::Send);
        };
        self.take(Kind::SendsBy, client, now)?;
        let rules = &inner.settings.sends;
        let in_flow = inner.keys.of(Kind::SendsIn, &[flow.0.as_bytes()]);
        let most = rules.resends_per_flow.saturating_add(1);
        let forget_after = inner.settings.first_factor.forget_after;
        let counted = inner.streaks.change(in_flow, now, Streak::NONE, |sent| {
            sent.count_up_to(most, forget_after, now)
        });
        if let Err(wait) = counted {
            return Ok(silent(Kind::SendsIn, wait));
        }
        let mut longest = None;
        for address in addresses {
            let key = inner.keys.of(Kind::SendsTo, &[address.as_bytes()]);
            let taken = inner.levels.change(key, now, Level::FULL, |level| {
                level.take(&rules.per_address, now)
            });
            longest = longest.max(taken.err());
        }
        Ok(longest.map_or(Sending::Send, |wait| silent(Kind::SendsTo, wait)))
    }
}

fn silent(kind: Kind, wait: std::time::Duration) -> Sending {
    Sending::Silent(Limited {
        bucket: kind.name(),
        wait,
    })
}
