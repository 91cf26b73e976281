//! One form for everything that looks alike (methods 9.4, security 14.12): identifiers, e-mail addresses, phone numbers.
//!
//! Whatever compares an identifier, wherever it came from, sends it through here first.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;

use super::format;

/// The form under which an identifier is stored and looked up. Never fails: what may not be in an identifier is left out.
#[must_use]
pub fn normalise(identifier: &str) -> String {
    let clean = fold(identifier, Disallowed::LeftOut).unwrap_or_default();
    phone(&clean).unwrap_or(clean)
}

/// The form under which an e-mail address is stored; `None` when it is none, or holds what a person cannot see.
#[must_use]
pub fn email(value: &str) -> Option<String> {
    let clean = fold(value, Disallowed::Refused)?;
    (format::is_email(&clean) && !mixes_directions(&clean)).then_some(clean)
}

/// E.164, or `None` when it is no international phone number.
///
/// Punctuation that people write between digits is dropped. Country codes are checked, the national numbering plans are not.
#[must_use]
pub fn phone(value: &str) -> Option<String> {
    let folded: String = value.trim().nfkc().collect();
    let rest = folded.strip_prefix('+')?;
    let mut digits = String::with_capacity(rest.len());
    for character in rest.chars() {
        match character {
            '0'..='9' => digits.push(character),
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}' => {}
            _ => return None,
        }
    }
    let plausible = (7..=15).contains(&digits.len()) && has_country_code(&digits);
    plausible.then(|| format!("+{digits}"))
}

#[derive(Clone, Copy, PartialEq)]
enum Disallowed {
    LeftOut,
    Refused,
}

/// Trims, folds compatibility forms and case. Lower-casing can open a new composition, so this runs until nothing changes.
fn fold(value: &str, disallowed: Disallowed) -> Option<String> {
    let mut current = value.trim().to_owned();
    for _ in 0..4 {
        let composed: String = current.nfkc().collect();
        if disallowed == Disallowed::Refused && composed.chars().any(is_disallowed) {
            return None;
        }
        // Per character: a final sigma is a sigma, wherever the word ends.
        let lower: String = composed
            .chars()
            .filter(|character| !is_disallowed(*character))
            .flat_map(char::to_lowercase)
            .nfkc()
            .collect();
        let next = lower.trim().to_owned();
        if next == current {
            break;
        }
        current = next;
    }
    Some(current)
}

/// What nobody sees or nobody has assigned; letters of every script and emoji stay.
fn is_disallowed(character: char) -> bool {
    matches!(
        get_general_category(character),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || matches!(
        character,
        // Default-ignorable code points that are letters or marks by category.
        '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{3164}' | '\u{FFA0}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}'
    )
}

/// Letters of both writing directions in one address can be drawn in an order that reads as another address.
fn mixes_directions(value: &str) -> bool {
    let letters = || value.chars().filter(|character| character.is_alphabetic());
    letters().any(is_right_to_left) && letters().any(|character| !is_right_to_left(character))
}

fn is_right_to_left(character: char) -> bool {
    matches!(
        character,
        '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}'
    )
}

/// Whether the number begins with a country code that ITU-T has assigned (E.164).
fn has_country_code(digits: &str) -> bool {
    let begins = |length: usize, codes: &[&str]| {
        digits
            .get(..length)
            .is_some_and(|prefix| codes.contains(&prefix))
    };
    begins(1, &["1", "7"]) || begins(2, TWO_DIGIT_CODES) || begins(3, THREE_DIGIT_CODES)
}

const TWO_DIGIT_CODES: &[&str] = &[
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

const THREE_DIGIT_CODES: &[&str] = &[
    "211", "212", "213", "216", "218", "220", "221", "222", "223", "224", "225", "226", "227",
    "228", "229", "230", "231", "232", "233", "234", "235", "236", "237", "238", "239", "240",
    "241", "242", "243", "244", "245", "246", "247", "248", "249", "250", "251", "252", "253",
    "254", "255", "256", "257", "258", "260", "261", "262", "263", "264", "265", "266", "267",
    "268", "269", "290", "291", "297", "298", "299", "350", "351", "352", "353", "354", "355",
    "356", "357", "358", "359", "370", "371", "372", "373", "374", "375", "376", "377", "378",
    "379", "380", "381", "382", "383", "385", "386", "387", "389", "420", "421", "423", "500",
    "501", "502", "503", "504", "505", "506", "507", "508", "509", "590", "591", "592", "593",
    "594", "595", "596", "597", "598", "599", "670", "672", "673", "674", "675", "676", "677",
    "678", "679", "680", "681", "682", "683", "685", "686", "687", "688", "689", "690", "691",
    "692", "800", "808", "850", "852", "853", "855", "856", "870", "878", "880", "881", "882",
    "883", "886", "888", "960", "961", "962", "963", "964", "965", "966", "967", "968", "970",
    "971", "972", "973", "974", "975", "976", "977", "979", "992", "993", "994", "995", "996",
    "998",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_that_look_alike_become_one() {
        let table = [
            ("case and space", " Foo@Bar.COM ", "foo@bar.com"),
            (
                "phone punctuation",
                "+49 (176) 671 11 638",
                "+4917667111638",
            ),
            ("full-width letters", "ＡＤＭＩＮ", "admin"),
            ("zero-width space", "ad\u{200B}min@x", "admin@x"),
            ("soft hyphen", "ad\u{AD}min@x", "admin@x"),
            ("bidi override", "\u{202E}admin@x", "admin@x"),
            ("control character", "ad\u{7}min", "admin"),
            ("ligature", "o\u{FB03}ce", "office"),
            ("Kelvin sign", "\u{212A}elvin", "kelvin"),
            ("combining accent", "e\u{301}", "é"),
            ("final sigma", "ΟΔΟΣ", "οδοσ"),
            ("emoji stays", "a🦀b", "a🦀b"),
            ("inner space stays", "Ann Lee", "ann lee"),
            ("letters of any script", "ИВАН", "иван"),
            ("private use", "a\u{E000}b", "ab"),
            ("invisible all the way", "\u{200B}\u{200D}", ""),
            ("a name with a plus is no phone", "+admin", "+admin"),
            ("not a country", "+9991234567", "+9991234567"),
        ];
        for (name, given, expected) in table {
            assert_eq!(normalise(given), expected, "{name}");
            assert_eq!(normalise(expected), expected, "{name}: again");
        }
    }

    #[test]
    fn an_address_with_anything_invisible_is_none() {
        assert_eq!(
            email(" Ann@Example.TEST "),
            Some("ann@example.test".to_owned())
        );
        for bad in [
            "ad\u{200B}min@x.test",
            "ann",
            "ann@",
            "@x",
            "a b@x.test",
            "ann@מבחן.test",
            "",
        ] {
            assert_eq!(email(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_phone_number_needs_its_country() {
        assert_eq!(phone("+1 650-253-0000"), Some("+16502530000".to_owned()));
        for bad in [
            "0176 671 11 638",
            "12",
            "+12",
            "+",
            "+49abc1234567",
            "+9991234567",
            "+1234567890123456",
        ] {
            assert_eq!(phone(bad), None, "{bad:?}");
        }
    }
}
