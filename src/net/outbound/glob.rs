//! Patterns of URLs: `*` is anything but `.` and `/`, `**` is anything, `?` one character but those, `{a,b}` one of these
//! (admin-and-config 4.8). Everything else stands for itself.

/// A pattern, in all its variants.
#[derive(Clone, Debug)]
pub(super) struct Glob(Vec<Vec<Token>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    One,
    Some,
    All,
}

impl Glob {
    pub(super) fn parse(text: &str) -> Self {
        Self(variants(text).iter().map(|text| tokens(text)).collect())
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.0.iter().any(|tokens| matches(tokens, &text))
    }
}

/// A pattern without braces for each choice of what they list; braces do not nest.
fn variants(text: &str) -> Vec<String> {
    let braces = text
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (choices, after))) = braces else {
        return vec![text.to_owned()];
    };
    let rests = variants(after);
    let choices = choices.split(',').take(MOST_VARIANTS);
    choices
        .flat_map(|choice| {
            let variant = |rest: &String| [before, choice, rest].concat();
            rests.iter().map(variant).collect::<Vec<_>>()
        })
        .take(MOST_VARIANTS)
        .collect()
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for letter in text.chars() {
        match (letter, tokens.last()) {
            ('*', Some(Token::Some | Token::All)) => {
                tokens.pop();
                tokens.push(Token::All);
            }
            ('*', _) => tokens.push(Token::Some),
            ('?', _) => tokens.push(Token::One),
            (letter, _) => tokens.push(Token::Char(letter)),
        }
    }
    tokens
}

/// By which tokens of the pattern may come next; never more work than pattern times text.
fn matches(tokens: &[Token], text: &[char]) -> bool {
    let mut at = vec![false; tokens.len() + 1];
    let spread = |at: &mut Vec<bool>| {
        for (place, token) in tokens.iter().enumerate() {
            let empty = matches!(token, Token::Some | Token::All);
            if empty && at.get(place) == Some(&true) {
                at.splice(place + 1..place + 2, [true]);
            }
        }
    };
    if let Some(first) = at.first_mut() {
        *first = true;
    }
    spread(&mut at);
    for letter in text {
        let plain = !matches!(letter, '.' | '/');
        let mut next = vec![false; tokens.len() + 1];
        for (place, token) in tokens.iter().enumerate() {
            if at.get(place) != Some(&true) {
                continue;
            }
            let to = match token {
                Token::Char(wanted) if wanted == letter => place + 1,
                Token::One if plain => place + 1,
                Token::Some if plain => place,
                Token::All => place,
                _ => continue,
            };
            next.splice(to..=to, [true]);
        }
        at = next;
        spread(&mut at);
    }
    at.last() == Some(&true)
}

const MOST_VARIANTS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stop_at_dots_and_slashes_unless_doubled() {
        for (pattern, text, fits) in [
            ("http://a.test/*", "http://a.test/hook", true),
            ("http://a.test/*", "http://a.test/", true),
            ("http://a.test/*", "http://a.test/hook/x", false),
            ("http://a.test/**", "http://a.test/hook/x.y", true),
            ("http://*.test/x", "http://a.test/x", true),
            ("http://*.test/x", "http://b.a.test/x", false),
            ("http://**.test/x", "http://b.a.test/x", true),
            ("http{,s}://a.test/", "https://a.test/", true),
            ("http{,s}://a.test/", "http://a.test/", true),
            ("http://10.0.0.?/{a,b}/**", "http://10.0.0.7/b/c", true),
            ("http://10.0.0.?/{a,b}/**", "http://10.0.0.7/c/c", false),
            ("http://[::1]:80/*", "http://[::1]:80/a", true),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
        ] {
            assert_eq!(
                Glob::parse(pattern).matches(text),
                fits,
                "{pattern} and {text}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn a_text_without_signs_matches_itself_alone(text in "[a-z:/.0-9]{0,20}", other in "[a-z:/.0-9]{0,20}") {
            assert!(Glob::parse(&text).matches(&text));
            assert_eq!(Glob::parse(&text).matches(&other), text == other);
            assert!(Glob::parse("**").matches(&other));
        }

        #[test]
        fn any_pattern_is_read(pattern in "[a.*?{},/]{0,24}", text in "[a./]{0,24}") {
            let _either = Glob::parse(&pattern).matches(&text);
        }
    }
}
