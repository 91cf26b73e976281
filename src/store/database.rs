//! The one holder of the store: what commits also invalidates (gateway ).

use std::{ops::Deref, sync::Arc};

use super::{Commit, Store, StoreError, Touched};

/// Hears what a commit has touched, before the commit's caller does.
pub trait Invalidate: Send + Sync + 'static {
    /// Forgets everything known about what was touched. Must not block.
    fn invalidate(&self, touched: &Touched);
}

/// The store as every service holds it.
#[derive(Clone)]
pub struct Database {
    store: Arc<dyn Store>,
    listeners: Arc<[Arc<dyn Invalidate>]>,
}

impl Database {
    /// Wraps `store`; `listeners` are told of every commit, in order.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, listeners: Vec<Arc<dyn Invalidate>>) -> Self {
        Self {
            store,
            listeners: listeners.into(),
        }
    }

    /// Applies `commit`, makes every cache forget what it touched, and only then returns.
    ///
    /// # Errors
    /// Those of [`Store::commit`]; nothing was changed then.
    #[expect(
        clippy::disallowed_methods,
        reason = "one of the owners of tasks: a commit outlives its caller"
    )]
    pub async fn commit(&self, commit: Commit) -> Result<Touched, StoreError> {
        // The caller may be cancelled while the commit is on its way to disk: the caches must hear of it all the same.
        let (store, listeners) = (self.store.clone(), self.listeners.clone());
        let applied = tokio::spawn(async move {
            let touched = store.commit(commit).await?;
            for listener in listeners.iter() {
                listener.invalidate(&touched);
            }
            Ok(touched)
        });
        applied
            .await
            .unwrap_or_else(|failure| Err(StoreError::Driver(failure.to_string())))
    }
}

/// Reads go straight to the store; the inherent `commit` above hides the store's own.
impl Deref for Database {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}
