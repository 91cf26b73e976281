//! Pages of a list, keyed by the last row seen.

/// What part of a list is asked for.
#[derive(Clone, Debug)]
pub struct PageRequest<K> {
    /// Rows after this key; from the start when absent.
    pub after: Option<K>,
    /// At most so many rows.
    pub size: usize,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Whether there are more after the last one.
    pub more: bool,
}
