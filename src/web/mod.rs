//! The web vocabulary that both planes share: who asks, in which form, with which cookies, and what an error looks like.

pub mod error;

pub use error::ApiError;
