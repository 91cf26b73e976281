use std::{sync::mpsc::sync_channel, time::Duration};

use super::*;
use crate::crypto::Secret;

fn quick() -> Hashers {
    Hashers {
        algorithm: HashAlgorithm::Argon2,
        bcrypt_cost: 4,
        argon2: Argon2Settings {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
            salt_length: 16,
            key_length: 32,
        },
        memory_budget: 256 * 1024 * 1024,
    }
}

fn bcrypt_settings() -> Hashers {
    Hashers {
        algorithm: HashAlgorithm::Bcrypt,
        ..quick()
    }
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn pool(settings: Hashers, cores: usize) -> HasherPool {
    HasherPool::start(settings, cores, Duration::from_millis(20))
}

fn compare(password: &str, stored: &str) -> bool {
    let stored = Stored::parse(stored).expect("the sample is well formed");
    stored.matches(password.as_bytes(), &mut Memory::default())
}

const ARGON2ID: &str = "$argon2id$v=19$m=32,t=2,p=4$cm94YnRVOW5jZzFzcVE4bQ$MNzk5BtR2vUhrp6qQEjRNw";
const ARGON2I: &str = "$argon2i$v=19$m=65536,t=3,p=4$kk51rW/vxIVCYn+EG4kTSg$NyT88uraJ6im6dyha/M5jhXvpqlEdlS/9fEm7ScMb8c";
const BCRYPT: &str = "$2a$12$o6hx.Wog/wvFSkT/Bp/6DOxCtLRTDj7lm9on9suF/WaCGNVHbkfL6";

#[test]
fn published_samples_verify() {
    for stored in [ARGON2ID, ARGON2I, BCRYPT] {
        assert!(compare("test", stored), "{stored}");
        assert!(!compare("Test", stored), "{stored}");
    }
}

#[test]
fn every_version_of_bcrypt_is_the_same_computation() {
    let made = bcrypt::hash(b"secret", 4);
    for version in ["$2$", "$2a$", "$2b$", "$2y$", "$2z$"] {
        assert!(
            compare("secret", &made.replacen("$2a$", version, 1)),
            "{version}"
        );
    }
    assert_eq!(
        check_import(&made.replacen("$2a$", "$2x$", 1)),
        Err(ImportError::UnknownFormat)
    );
}

#[test]
fn costs_beyond_the_bounds_are_refused() {
    for (from, to) in [
        ("m=32", "m=1048577"),
        ("m=32", "m=0"),
        ("t=2", "t=11"),
        ("p=4", "p=17"),
        ("m=32", "m=99999999999999"),
    ] {
        assert_eq!(
            check_import(&ARGON2ID.replace(from, to)),
            Err(ImportError::TooCostly),
            "{to}"
        );
    }
    assert_eq!(
        check_import(&BCRYPT.replace("$12$", "$16$")),
        Err(ImportError::TooCostly)
    );
    assert_eq!(check_import(&BCRYPT.replace("$12$", "$15$")), Ok(()));
}

#[test]
fn malformed_hashes_are_refused_without_a_panic() {
    for stored in [
        "$argon2id$",
        "$argon2id$v=19$m=32,t=2,p=4$$",
        "$argon2id$v=16$m=32,t=2,p=4$cm94YnRVOW5jZzFzcVE4bQ$MNzk5BtR2vUhrp6qQEjRNw",
        "$argon2id$v=19$m=32,t=2$cm94YnRVOW5jZzFzcVE4bQ$MNzk5BtR2vUhrp6qQEjRNw",
        "$argon2id$v=19$m=+32,t=2,p=4$cm94YnRVOW5jZzFzcVE4bQ$MNzk5BtR2vUhrp6qQEjRNw",
        "$2a$",
        "$2a$12$",
        "$2b$é€ß",
        "$2a$03$o6hx.Wog/wvFSkT/Bp/6DOxCtLRTDj7lm9on9suF/WaCGNVHbkfL6",
        "$2a$12$o6hx.Wog/wvFSkT/Bp/6DOxCtLRTDj7lm9on9suF/WaCGNVHbkf€",
    ] {
        assert_eq!(
            check_import(stored),
            Err(ImportError::Malformed),
            "{stored}"
        );
    }
    for stored in [
        "",
        "secret",
        "$6$salt$hash",
        "$argon2d$v=19$m=32,t=2,p=4$a$b",
        "é",
    ] {
        assert_eq!(
            check_import(stored),
            Err(ImportError::UnknownFormat),
            "{stored}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_either_readable_or_refused(tail in ".{0,80}") {
        for prefix in ["$argon2id$v=19$", "$argon2i$", "$2a$", "$2$", ""] {
            let _ = check_import(&format!("{prefix}{tail}"));
        }
    }
}

#[tokio::test]
async fn a_password_is_taken_byte_for_byte() {
    let hashers = pool(quick(), 2);
    let stored = hashers
        .hash(secret(" Pässwort "))
        .await
        .expect("there is room");
    for (given, expected) in [
        (" Pässwort ", true),
        ("Pässwort", false),
        (" pässwort ", false),
        ("", false),
    ] {
        let verdict = hashers
            .verify(secret(given), Some(stored.clone()))
            .await
            .expect("there is room");
        assert_eq!(
            verdict,
            Verdict {
                matches: expected,
                outdated: false
            },
            "{given:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_hash_matches_nothing() {
    let hashers = pool(quick(), 2);
    for stored in [
        None,
        Some(String::new()),
        Some("$6$x$y".to_owned()),
        Some("$2a$31$o6hx.Wog/wvFSkT/Bp/6DOxCtLRTDj7lm9on9suF/WaCGNVHbkfL6".to_owned()),
    ] {
        assert_eq!(
            hashers.verify(secret("test"), stored).await,
            Ok(Verdict::NO)
        );
    }
}

#[tokio::test]
async fn an_empty_password_never_matches() {
    let hashers = pool(quick(), 2);
    let stored = hashers.hash(secret("")).await.expect("there is room");
    assert_eq!(
        hashers.verify(secret(""), Some(stored)).await,
        Ok(Verdict::NO)
    );
}

#[tokio::test]
async fn too_long_is_said_and_nothing_is_cut() {
    let argon2 = pool(quick(), 2);
    assert!(argon2.hash(secret(&"x".repeat(1024))).await.is_ok());
    assert_eq!(
        argon2.hash(secret(&"x".repeat(1025))).await,
        Err(HashError::TooLong {
            max: 1024,
            actual: 1025
        })
    );
    let bcrypt = pool(bcrypt_settings(), 2);
    let stored = bcrypt
        .hash(secret(&"x".repeat(72)))
        .await
        .expect("72 bytes fit");
    assert_eq!(
        bcrypt.hash(secret(&"x".repeat(73))).await,
        Err(HashError::TooLong {
            max: 72,
            actual: 73
        })
    );
    let verdict = bcrypt
        .verify(secret(&"x".repeat(73)), Some(stored.clone()))
        .await
        .expect("there is room");
    assert!(!verdict.matches);
    assert!(
        bcrypt
            .verify(secret(&"x".repeat(72)), Some(stored))
            .await
            .expect("there is room")
            .matches
    );
}

#[tokio::test]
async fn another_algorithm_or_weaker_numbers_are_outdated() {
    let weak = pool(quick(), 2);
    let stored = weak.hash(secret("test")).await.expect("there is room");
    let mut stronger = quick();
    stronger.argon2.memory_kib = 128;
    let mut weaker = quick();
    weaker.argon2.memory_kib = 32;
    for (settings, stored, outdated) in [
        (stronger, stored.clone(), true),
        (weaker, stored.clone(), false),
        (bcrypt_settings(), stored, true),
        (quick(), ARGON2I.to_owned(), true),
        (quick(), bcrypt::hash(b"test", 4), true),
        (
            Hashers {
                bcrypt_cost: 5,
                ..bcrypt_settings()
            },
            bcrypt::hash(b"test", 4),
            true,
        ),
        (bcrypt_settings(), bcrypt::hash(b"test", 4), false),
    ] {
        let hashers = pool(settings, 2);
        let verdict = hashers.verify(secret("test"), Some(stored.clone())).await;
        assert_eq!(
            verdict,
            Ok(Verdict {
                matches: true,
                outdated
            }),
            "{stored}"
        );
    }
}

#[test]
fn permits_follow_cores_and_memory() {
    for (cores, kib, threads) in [
        (1, 19_456, 1),
        (2, 19_456, 1),
        (4, 19_456, 3),
        (64, 19_456, 13),
        (8, 1_048_576, 1),
    ] {
        let mut settings = quick();
        settings.argon2.memory_kib = kib;
        let hashers = pool(settings, cores);
        assert_eq!(hashers.stats().threads, threads, "{cores} cores, {kib} KiB");
    }
}

#[tokio::test]
async fn the_queue_has_an_end_and_a_wait_has_one_too() {
    let hashers = pool(quick(), 2);
    let (release, held) = sync_channel::<()>(0);
    let (entered, started) = tokio::sync::oneshot::channel();
    let mut busy = Box::pin(hashers.run(64, move |_| {
        let _ = entered.send(());
        held.recv().expect("the test lets go");
    }));
    assert!(futures_util::poll!(&mut busy).is_pending());
    started.await.expect("the thread takes the first");
    let waiting: Vec<_> = (0..64)
        .map(|_| Box::pin(hashers.verify(secret("test"), None)))
        .collect();
    let mut waiting = futures_util::future::join_all(waiting);
    assert!(futures_util::poll!(&mut waiting).is_pending());
    assert_eq!(hashers.stats().waiting, 64);
    assert_eq!(
        hashers.verify(secret("test"), None).await,
        Err(HashError::Overloaded)
    );
    assert!(
        waiting
            .await
            .into_iter()
            .all(|answer| answer == Err(HashError::Overloaded))
    );
    assert_eq!(hashers.stats().waiting, 0);
    release.send(()).expect("the thread still waits");
    busy.await.expect("the first is done");
    assert_eq!(hashers.verify(secret("test"), None).await, Ok(Verdict::NO));
}
