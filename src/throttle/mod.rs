//! How often something may be tried (security 11): buckets per client network, failures per account, and browsers that are known.
//!
//! Everything is counted in memory before anything is verified, and taken back when it turns out to be fine, so parallel requests
//! cannot slip through together. What must outlive the process comes back as changes for the commit of the answer: an attempt that
//! was answered is remembered, and one that was not has told nobody anything.

mod device;
mod gcra;
mod guess;
mod keys;
mod sends;
mod streak;
mod table;

use std::{net::IpAddr, sync::Arc, time::Duration};

use crate::{
    clock::Timestamp,
    config::{Bucket, Config, ThrottleSettings},
    crypto::Digest,
    store::{Change, Database},
};

pub use device::password_since;
pub use guess::{Guess, Refusal};
pub use sends::Sending;

use gcra::Level;
use guess::Factor;
use keys::{Account, Keys, Kind, prefix};
use streak::Streak;
use table::Table;

/// The counters. Clones share everything.
#[derive(Clone)]
pub struct Throttle(Option<Arc<Inner>>);

struct Inner {
    settings: ThrottleSettings,
    /// Attributes of the cookie of known devices.
    secure: bool,
    path: String,
    db: Database,
    keys: Keys,
    /// Submissions, flows, registrations, sends.
    levels: Table<Level>,
    /// Failures by client and account, by device, by flow.
    streaks: Table<Streak>,
    /// Failures by account.
    accounts: Table<Streak>,
    /// Failures of second factors.
    factors: Table<Factor>,
}

/// Too much was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    /// Which limit, for metrics.
    pub bucket: &'static str,
    /// When trying again makes sense.
    pub wait: Duration,
}

impl Throttle {
    /// As configured; with throttling off it lets everything pass and remembers nothing.
    #[must_use]
    pub fn new(config: &Config, db: Database) -> Self {
        let settings = config.throttle;
        if !settings.enabled {
            return Self(None);
        }
        let secret = config.secrets.default.first();
        Self(Some(Arc::new(Inner {
            settings,
            secure: config.cookies.secure,
            path: format!(
                "{}/self-service",
                config.serve.public.base_url.path().trim_end_matches('/')
            ),
            db,
            keys: Keys::new(secret.map_or(&[][..], |secret| secret.expose())),
            levels: Table::new(settings.keys),
            streaks: Table::new(settings.keys),
            accounts: Table::new(settings.keys),
            factors: Table::new(settings.keys),
        })))
    }

    /// Counts a submission of any form (11.1).
    ///
    /// # Errors
    /// When the client has sent too many.
    pub fn submission(&self, client: IpAddr, now: Timestamp) -> Result<(), Limited> {
        self.take(Kind::Submissions, client, now)
    }

    /// Counts a flow that begins (11.10).
    ///
    /// # Errors
    /// When the client has begun too many.
    pub fn flow(&self, client: IpAddr, now: Timestamp) -> Result<(), Limited> {
        self.take(Kind::Flows, client, now)
    }

    /// Counts an account that is about to be created (11.8).
    ///
    /// # Errors
    /// When the client has created too many.
    pub fn registration(&self, client: IpAddr, now: Timestamp) -> Result<(), Limited> {
        self.take(Kind::Registrations, client, now)
    }

    /// Takes a registration back that came to nothing.
    pub fn no_registration(&self, client: IpAddr) {
        if let Some(inner) = &self.0 {
            let (key, bucket) = inner.bucket(Kind::Registrations, client);
            inner
                .levels
                .change_known(key, |level| level.put_back(bucket));
        }
    }

    /// The name under which a client's flows are stored.
    #[must_use]
    pub fn network(&self, client: IpAddr) -> Option<Digest> {
        self.0.as_ref().map(|inner| inner.keys.network(client))
    }

    /// What keeps the number of a client's unfinished flows within its limit (11.10).
    #[must_use]
    pub fn oldest_flows(&self, client: Option<Digest>) -> Option<Change> {
        let inner = self.0.as_ref()?;
        client.map(|client| Change::DropOldFlows {
            client,
            keep: inner.settings.unfinished_flows,
        })
    }

    fn take(&self, kind: Kind, client: IpAddr, now: Timestamp) -> Result<(), Limited> {
        let Some(inner) = &self.0 else {
            return Ok(());
        };
        let (key, bucket) = inner.bucket(kind, client);
        let taken = inner
            .levels
            .change(key, now, Level::FULL, |level| level.take(bucket, now));
        taken.map_err(|wait| Limited {
            bucket: kind.name(),
            wait,
        })
    }
}

impl Inner {
    fn bucket(&self, kind: Kind, client: IpAddr) -> (u128, &Bucket) {
        let bucket = match kind {
            Kind::Flows => &self.settings.flows,
            Kind::Registrations => &self.settings.registrations,
            Kind::SendsBy => &self.settings.sends.per_client,
            _ => &self.settings.submissions,
        };
        (self.keys.of(kind, &[&prefix(client)]), bucket)
    }
}

impl Kind {
    /// In metrics.
    const fn name(self) -> &'static str {
        match self {
            Self::Submissions => "submissions",
            Self::Flows => "flows",
            Self::Registrations => "registrations",
            Self::Pair => "first_factor",
            Self::Account => "account",
            Self::Device => "device",
            Self::Factor | Self::FactorInFlow => "second_factor",
            Self::FactorLocked => "second_factor_locked",
            Self::SendsTo => "sends_to_address",
            Self::SendsBy => "sends_by_client",
            Self::SendsIn => "sends_in_flow",
        }
    }
}
