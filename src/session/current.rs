//! For who holds on to a session longer than a request: whether it is still what it was, and what it is now (gateway ).

use std::sync::Arc;

use super::{Lookup, Sessions, Snapshot, Unavailable};

impl Sessions {
    /// A number that grows whenever some session or identity has changed.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.0.cache.epochs.changes()
    }

    /// Whether no commit has touched the session or its identity since `snapshot` was read. Never waits and takes no lock.
    #[must_use]
    pub fn stands(&self, snapshot: &Snapshot) -> bool {
        let read = snapshot.source.map(|(_, read)| read);
        read.is_some_and(|read| self.0.cache.stands(read, Some(snapshot)))
    }

    /// What the token of `snapshot` resolves to now; nothing when it lets nobody in any more.
    ///
    /// # Errors
    /// When neither memory nor the store can say.
    pub async fn current(&self, snapshot: &Snapshot) -> Result<Option<Arc<Snapshot>>, Unavailable> {
        let Some((digest, _)) = snapshot.source else {
            return Ok(None);
        };
        match self.lookup(&digest, self.0.clock.now()) {
            Lookup::Hit(snapshot) => Ok(Some(snapshot)),
            Lookup::Absent => Ok(None),
            Lookup::Unknown => self.load(&digest).await,
        }
    }
}
