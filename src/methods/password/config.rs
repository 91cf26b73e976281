//! `selfservice.methods.password.config`: what a new password must be like (flows 2.3).

use crate::{
    config::MethodSettings,
    crypto::hash::HashError,
    flows::{Failure, Problem},
    ui::text,
};

/// The rules for new passwords, in the order in which they are told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    min_length: usize,
    refuse_similar: bool,
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
            refuse_similar: settings.is_none_or(|settings| {
                settings
                    .section
                    .bool("config.identifier_similarity_check_enabled", true)
            }),
        }
    }

    /// What is wrong with a new password of somebody with these identifiers, if anything.
    pub(super) fn check(self, password: &str, identifiers: &[String]) -> Option<Problem> {
        let actual = password.len();
        if actual < self.min_length {
            let message = text::password_too_short(self.min_length, actual);
            return Some(Problem::node("password", message));
        }
        let similar = |identifier: &String| are_similar(identifier, password);
        (self.refuse_similar && identifiers.iter().any(similar))
            .then(|| Problem::node("password", text::password_similar()))
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

/// Whether who knows the identifier has all but guessed the password: few edits away, or half of it is a part of the identifier.
fn are_similar(identifier: &str, password: &str) -> bool {
    let (a, b) = (identifier.to_lowercase(), password.to_lowercase());
    let longest = [identifier, password, &a, &b]
        .map(str::len)
        .into_iter()
        .max();
    if identifier.is_empty() || longest > Some(LONGEST_COMPARED) {
        return false;
    }
    let common = longest_common_part(a.as_bytes(), b.as_bytes());
    distance(&a, &b) < FEWEST_EDITS || common * 2 > password.len()
}

/// Levenshtein distance, by characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, x) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = *above;
            left = replaced.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// Length of the longest run of bytes that both have.
fn longest_common_part(a: &[u8], b: &[u8]) -> usize {
    let mut longest = 0;
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut next = vec![0; 1];
        for (y, diagonal) in b.iter().zip(&row) {
            let run = if x == y { diagonal + 1 } else { 0 };
            longest = longest.max(run);
            next.push(run);
        }
        row = next;
    }
    longest
}

const SHORTEST: u64 = 8;
const LONGEST_COMPARED: usize = 256;
const FEWEST_EDITS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_close_to_the_identifier_is_refused() {
        for (identifier, password) in [
            ("ada@example.com", "ada@example.com"),
            ("ada@example.com", "ADA@example.org1"),
            ("adalovelace", "adalovelace99"),
            ("someone", "s0meone12"),
        ] {
            assert!(are_similar(identifier, password), "{identifier} {password}");
        }
        for (identifier, password) in [
            ("ada@example.com", "correct-horse-7-battery"),
            ("", "password12"),
            ("ada", "x-ada-correct-horse"),
        ] {
            assert!(
                !are_similar(identifier, password),
                "{identifier} {password}"
            );
        }
    }

    #[test]
    fn the_distance_counts_edits() {
        for (a, b, edits) in [
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
    }
}
