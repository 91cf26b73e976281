//! The admin API: `/admin/…`.

mod courier;
mod edge;
mod identities;
mod lists;
mod patches;
mod sessions;
