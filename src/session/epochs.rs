//! When something was last touched, in a number that only grows: how a cached answer is known to be older than a commit.
//!
//! Every commit that touches something takes the next number and leaves it in the places of the sessions and identities touched. An
//! answer remembers the number that was current before its read began, and stands while its places hold nothing later. This is asked
//! at every hit, not only when an answer is put into the cache. So a read that began before a commit and ends after it cannot bring
//! the old state back (gateway ), and there is no index of entries to keep in step with evictions.
//!
//! Places are shared by hash: a collision costs a needless read of the store, never a wrong answer.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use uuid::Uuid;

use crate::{
    model::{IdentityId, SessionId},
    store::Touched,
};

/// The number that was current when a read began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Epoch(u64);

pub(super) struct Epochs {
    current: AtomicU64,
    places: Box<[AtomicU64]>,
    /// When a session was last created: what negative answers are measured by.
    created: AtomicU64,
    /// Commits whose places have all been written.
    told: AtomicU64,
}

impl Epochs {
    pub(super) fn new() -> Self {
        Self {
            current: AtomicU64::new(0),
            places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            created: AtomicU64::new(0),
            told: AtomicU64::new(0),
        }
    }

    /// To be called before a read begins.
    pub(super) fn now(&self) -> Epoch {
        Epoch(self.current.load(SeqCst))
    }

    /// To be called when a commit is on disk and before anybody is told.
    pub(super) fn touch(&self, touched: &Touched) {
        let number = self.current.fetch_add(1, SeqCst) + 1;
        // Commits may come here in another order than they took their numbers: the larger number stays.
        for session in &touched.sessions {
            self.place(session.0).fetch_max(number, SeqCst);
        }
        for identity in &touched.identities {
            self.place(identity.0).fetch_max(number, SeqCst);
        }
        if touched.created_sessions {
            self.created.fetch_max(number, SeqCst);
        }
        self.told.fetch_add(1, SeqCst);
    }

    /// Whether nothing has touched the session or its identity since `read`.
    pub(super) fn stands(&self, read: Epoch, session: SessionId, identity: IdentityId) -> bool {
        self.place(session.0).load(SeqCst) <= read.0
            && self.place(identity.0).load(SeqCst) <= read.0
    }

    /// How many commits have been heard of, to the end.
    pub(super) fn changes(&self) -> u64 {
        self.told.load(SeqCst)
    }

    /// Whether "there is no such session" is still right.
    pub(super) fn absence_stands(&self, read: Epoch) -> bool {
        self.created.load(SeqCst) <= read.0
    }

    fn place(&self, id: Uuid) -> &AtomicU64 {
        let (high, low) = id.as_u64_pair();
        // Imported ids may share their first or last bytes: mix before taking the upper bits.
        let mixed = (high ^ low.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let at = usize::try_from(mixed >> (64 - PLACE_BITS)).unwrap_or(0);
        self.places
            .get(at)
            .expect("there are as many places as the bits can name")
    }
}

const PLACE_BITS: u32 = 14;
const PLACES: usize = 1 << PLACE_BITS;
