//! "Did you mean …": the known word nearest to what was written.

/// The nearest of `known`, if one is near enough to be meant.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let plain = bare(word);
    let most = (plain.chars().count() / 3).max(1);
    known
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&plain, &bare(candidate));
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `trustedProxies`, `trusted-proxies` and `trusted_proxies` are the same word.
fn bare(word: &str) -> String {
    word.chars()
        .filter(|c| c.is_alphanumeric() || *c == '.')
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typo_another_case_and_a_near_ending_find_the_word_and_a_stranger_does_not() {
        let known = ["trusted_proxies", "session_cache", "email"];
        let find = |word| nearest(word, known.into_iter());
        assert_eq!(find("trustedProxies"), Some("trusted_proxies"));
        assert_eq!(find("session_cahce"), Some("session_cache"));
        assert_eq!(find("emial"), Some("email"));
        assert_eq!(find("banana"), None);
    }
}
