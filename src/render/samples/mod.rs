//! Every page in every state, from made-up models: for the tests here and for the contact sheet that people look at.

pub(crate) mod config;
mod forms;
pub(crate) mod nodes;
mod others;

use super::{Rendered, Renderer};

/// A page and what it is called on the contact sheet.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) page: Rendered,
}

/// All samples.
pub(crate) fn all(renderer: &Renderer) -> Vec<Sample> {
    let mut samples = forms::all(renderer);
    samples.extend(others::notices(renderer));
    samples.extend(others::gateway_errors(renderer));
    samples.extend(others::facts(renderer));
    samples.extend(others::mailbox(renderer));
    samples
}
