//! Sessions as everybody else meets them: who presents one, whose it is, how one begins, goes on and ends.
//!
//! The data plane asks [`Sessions::lookup`], which never waits, and [`Sessions::load`] for what is not known yet; the other parts ask
//! [`Sessions::resolve`]. Records are written by the caller's commit: issuing and renewing give the change to put into it. What a
//! commit touched comes back through [`Invalidate`], and from then on no answer is older than it.

mod access_token;
mod assurance;
mod cache;
mod cookies;
mod current;
mod epochs;
mod issue;
mod load;
mod logout;
mod presented;
mod resolve;
mod snapshot;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;

use crate::{
    clock::SharedClock,
    config::{Config, SessionCacheSettings, SessionSettings},
    crypto::{Secret, random},
    store::{Invalidate, Store, Touched},
    telemetry::Counter,
};

pub use access_token::{Claim, Credential, HeldToken, TokenUse, carries_access_token};
pub use assurance::{Assurance, assurance};
pub use cache::{Lookup, SessionStats};
pub use issue::{Issued, NewToken, device};
pub use load::Unavailable;
pub use presented::{Candidates, Presented, Source, presented, presented_to};
pub use resolve::Resolved;
pub use snapshot::{RenderedHeaders, Snapshot};

use cache::Cache;
use load::Flights;

/// The service. Clones share everything.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    clock: SharedClock,
    settings: Settings,
    cache: Cache,
    flights: Flights,
    ambiguous: Counter,
    uses: OnceLock<mpsc::Sender<TokenUse>>,
}

/// What the service needs of the configuration.
#[derive(Clone)]
pub struct Settings {
    /// `session`
    pub session: SessionSettings,
    /// `gateway.session_cache`
    pub cache: SessionCacheSettings,
    /// `secrets.default`: the first makes log-out tokens, all are accepted.
    pub secrets: Vec<Secret<Vec<u8>>>,
    /// Host of the public base URL, where the cookie is set.
    pub public_host: String,
    /// How many sets of identity headers a snapshot has room for.
    pub slots: usize,
}

impl Settings {
    /// Picks them out; `slots` is the number of different identity header sets of the routes.
    #[must_use]
    pub fn of(config: &Config, slots: usize) -> Self {
        Self {
            session: config.session.clone(),
            cache: config.gateway.session_cache,
            secrets: config.secrets.default.clone(),
            public_host: config
                .serve
                .public
                .base_url
                .host_str()
                .unwrap_or_default()
                .to_owned(),
            slots,
        }
    }
}

impl Sessions {
    /// Builds the service over the raw store; hand a clone of it to [`Database::new`](crate::store::Database::new) as listener.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: SharedClock, mut settings: Settings) -> Self {
        if settings.secrets.is_empty() {
            // An empty key would let anybody make log-out tokens.
            settings.secrets = vec![Secret::new(random::<32>().to_vec())];
        }
        Self(Arc::new(Inner {
            store,
            clock,
            cache: Cache::new(settings.cache),
            settings,
            flights: Flights::default(),
            ambiguous: Counter::default(),
            uses: OnceLock::new(),
        }))
    }

    /// Name of the session cookie, as [`presented()`] wants it.
    #[must_use]
    pub fn cookie_name(&self) -> &str {
        &self.0.settings.session.cookie_name
    }

    /// Numbers for metrics and the cache's own page.
    #[must_use]
    pub fn stats(&self) -> SessionStats {
        SessionStats {
            ambiguous: self.0.ambiguous.get(),
            ..self.0.cache.stats()
        }
    }
}

impl Invalidate for Sessions {
    fn invalidate(&self, touched: &Touched) {
        self.0.cache.invalidate(touched);
    }
}
