//! The admin API: `/admin/…`.

mod access_tokens;
mod courier;
mod edge;
mod identities;
mod lists;
mod patches;
mod sessions;
