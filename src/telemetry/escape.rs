//! Putting foreign text into lines: nothing from a client can begin a line of its own or turn its direction (security 14.5).

use std::fmt::Write;

/// Appends `text` as a JSON string, quotes included.
pub(super) fn json(into: &mut Vec<u8>, text: &str) {
    into.push(b'"');
    let mut done = 0;
    for (at, letter) in text.char_indices() {
        // Everything that may stay as it is goes over in one piece.
        if !(letter == '"' || letter == '\\' || is_unsafe(letter)) {
            continue;
        }
        into.extend_from_slice(text.get(done..at).unwrap_or_default().as_bytes());
        done = at + letter.len_utf8();
        match letter {
            '"' => into.extend_from_slice(b"\\\""),
            '\\' => into.extend_from_slice(b"\\\\"),
            '\n' => into.extend_from_slice(b"\\n"),
            '\t' => into.extend_from_slice(b"\\t"),
            // All unsafe characters are in the basic plane.
            _ => unicode(into, letter),
        }
    }
    into.extend_from_slice(text.get(done..).unwrap_or_default().as_bytes());
    into.push(b'"');
}

fn unicode(into: &mut Vec<u8>, letter: char) {
    into.extend_from_slice(b"\\u");
    for shift in [12_u32, 8, 4, 0] {
        let digit = char::from_digit(u32::from(letter) >> shift & 0xf, 16).unwrap_or('0');
        into.push(u8::try_from(digit).unwrap_or(b'0'));
    }
}

/// Appends `text` for a line that people read: unsafe characters become `\u{…}`.
pub(super) fn plain(into: &mut String, text: &str) {
    for letter in text.chars() {
        if is_unsafe(letter) {
            // Writing into a string cannot fail.
            let _ = write!(into, "\\u{{{:x}}}", u32::from(letter));
        } else {
            into.push(letter);
        }
    }
}

/// Control characters, line and paragraph separators, and what changes the direction of writing.
fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain_text(text: &str) -> String {
        let mut into = String::new();
        plain(&mut into, text);
        into
    }

    #[test]
    fn people_see_what_could_mislead_them() {
        assert_eq!(plain_text("a\nb\x1b[31m"), "a\\u{a}b\\u{1b}[31m");
        assert_eq!(plain_text("ab\u{202e}c\u{2066}é"), "ab\\u{202e}c\\u{2066}é");
    }

    proptest::proptest! {
        #[test]
        fn any_text_survives_as_json_on_one_line(text in "\\PC{0,20}|.{0,20}|[\\x00-\\x1f\"\\\\\u{202e}]{0,20}") {
            let mut line = Vec::new();
            json(&mut line, &text);
            proptest::prop_assert!(!line.contains(&b'\n'));
            let read: String = serde_json::from_slice(&line).expect("it is JSON");
            proptest::prop_assert_eq!(read, text);
        }
    }
}
