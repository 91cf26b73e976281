//! The admin API: `/admin/…`.

mod edge;
mod identities;
mod lists;
mod patches;
mod sessions;
