use proptest::prelude::*;

use super::*;

const CANONICAL: Form = Form::Canonical {
    reject_dot_segments: false,
    merge_slashes: true,
    keep_encoded: false,
};

fn canonical(path: &str) -> Result<String, Refusal> {
    CanonicalTarget::new(path, None, CANONICAL).map(|target| target.path().to_owned())
}

#[test]
fn spellings_of_one_path_become_one() {
    let cases = [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/%41%2D%7e", "/A-~"),
        ("/x%2etxt", "/x.txt"),
        ("/a%c3%a9", "/a%C3%A9"),
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/a/..", "/"),
        ("/a/.", "/a/"),
        ("//a///b", "/a/b"),
        ("/a//", "/a/"),
        ("//", "/"),
        ("/a//../b", "/b"),
        ("/a;v=1/b", "/a;v=1/b"),
        ("/%252e%252e/", "/%252e%252e/"),
        ("/a%20b", "/a%20b"),
        ("/a\"{}|^`b", "/a%22%7B%7D%7C%5E%60b"),
        ("/%23%3f", "/%23%3F"),
        ("/...", "/..."),
        ("/.well-known/x", "/.well-known/x"),
    ];
    for (path, expected) in cases {
        assert_eq!(canonical(path).as_deref(), Ok(expected), "{path}");
    }
}

#[test]
fn path_tricks_are_refused_by_their_rule() {
    let cases = [
        ("/%2e%2e/admin", Refusal::EncodedDots),
        ("/.%2E/admin", Refusal::EncodedDots),
        ("/%2e/admin", Refusal::EncodedDots),
        ("/%2e%2e;x/admin", Refusal::EncodedDots),
        ("/..;/admin", Refusal::DotParameters),
        ("/.;x/admin", Refusal::DotParameters),
        ("/../admin", Refusal::DotSegments),
        ("/a/../../admin", Refusal::DotSegments),
        ("/a%2fb", Refusal::EncodedSlash),
        ("/a%2Fb", Refusal::EncodedSlash),
        ("/a%5cb", Refusal::EncodedSlash),
        ("/a\\b", Refusal::RawByte),
        ("/a b", Refusal::RawByte),
        ("/é", Refusal::RawByte),
        ("/a\u{7f}", Refusal::RawByte),
        ("/%00", Refusal::EncodedControl),
        ("/%1f", Refusal::EncodedControl),
        ("/%7F", Refusal::EncodedControl),
        ("/%zz", Refusal::BadEscape),
        ("/%4", Refusal::BadEscape),
        ("/%", Refusal::BadEscape),
        ("a", Refusal::RawByte),
    ];
    for (path, expected) in cases {
        assert_eq!(canonical(path), Err(expected), "{path}");
    }
    let long = format!("/{}", "a".repeat(8 * 1024));
    assert_eq!(canonical(&long), Err(Refusal::TooLong));
    let query = CanonicalTarget::new("/", Some("a\u{1}"), CANONICAL);
    assert_eq!(query, Err(Refusal::QueryByte));
}

#[test]
fn dot_segments_may_be_refused_altogether() {
    let strict = Form::Canonical {
        reject_dot_segments: true,
        merge_slashes: true,
        keep_encoded: false,
    };
    assert_eq!(
        CanonicalTarget::new("/a/./b", None, strict),
        Err(Refusal::DotSegments)
    );
}

#[test]
fn where_the_path_decides_nothing_it_passes_as_written() {
    let verbatim = |path| CanonicalTarget::new(path, None, Form::Verbatim);
    for path in ["//a", "/a%2fb", "/a/../b", "/..;/x", "/https://x.example/y"] {
        assert_eq!(
            verbatim(path).map(|target| target.to_text()).as_deref(),
            Ok(path)
        );
    }
    assert_eq!(verbatim("/%00"), Err(Refusal::EncodedControl));
    assert_eq!(verbatim("/a\\b"), Err(Refusal::RawByte));
    assert_eq!(verbatim("/%zz"), Err(Refusal::BadEscape));
}

proptest! {
    #[test]
    fn a_canonical_path_is_its_own_canonical_form(path in "/([a-c./;%2eEfF5C~\"]|%2e|%2f|%41|//|\\.\\.){0,24}") {
        if let Ok(once) = canonical(&path) {
            prop_assert_eq!(canonical(&once), Ok(once.clone()));
            prop_assert!(!once.split('/').any(|segment| segment == "." || segment == ".."));
            prop_assert!(!once.contains("//"));
            prop_assert!(once.starts_with('/'));
        }
    }
}
