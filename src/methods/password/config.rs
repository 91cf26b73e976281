//! `selfservice.methods.password.config`: what a new password must be like (flows 2.3).

use crate::{
    config::MethodSettings,
    crypto::hash::HashError,
    flows::{Failure, Problem},
    ui::text,
};

/// The rules for new passwords.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    min_length: usize,
}

impl Rules {
    pub(super) fn of(settings: Option<&MethodSettings>) -> Self {
        let length = settings.map_or(SHORTEST, |settings| {
            settings
                .section
                .integer("config.min_password_length", SHORTEST)
        });
        Self {
            min_length: usize::try_from(length).unwrap_or(usize::MAX),
        }
    }

    /// What is wrong with a new password, if anything.
    pub(super) fn check(self, password: &str) -> Option<Problem> {
        let actual = password.len();
        (actual < self.min_length).then(|| {
            Problem::node(
                "password",
                text::password_too_short(self.min_length, actual),
            )
        })
    }
}

/// What a hash that was not made means for the form.
pub(super) fn unhashed(error: HashError) -> Result<Problem, Failure> {
    match error {
        HashError::TooLong { max, actual } => Ok(Problem::node(
            "password",
            text::password_too_long(max, actual),
        )),
        HashError::Overloaded => Err(error.into()),
    }
}

const SHORTEST: u64 = 8;
