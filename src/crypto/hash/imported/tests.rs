use super::*;
use crate::crypto::hash::check_import;

/// Published samples, and what OpenSSL and Python made, with their passwords.
const SAMPLES: &[(&str, &str)] = &[
    (
        "test",
        "$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$1VHiu/31M4J2TMyqJhmQsZf5O7lYFTn1cO8W9a4xKiI",
    ),
    (
        "test",
        "$pbkdf2-sha512$i=1000,l=96$MDEyMzQ1Njc4OWFiY2RlZg$MftdIn9AsokTS9TDgFGFS1Bv8wXxMEkm13YRwjoqGVPG5mt/ESN6V+tryNJ536oFjFZcUVxPi175obtb4HuiT3ys7RfRLMvrqDlklMxL4AxEGsxiG2ZWszNu21PVsPzg",
    ),
    (
        "test",
        "$pbkdf2-sha224$i=1000,l=28$MDEyMzQ1Njc4OWFiY2RlZg$LBzvo6vj6BuV6e0whshfUXW7mHAnCwq22hXq0Q",
    ),
    (
        "test",
        "$pbkdf2-sha384$i=1000,l=48$MDEyMzQ1Njc4OWFiY2RlZg$trIkdTVbW64dahJWfHj59qnYmkCeHrwZiIEZ7zPGaHUZbYzT7pw2fjdFHuuFBj/2",
    ),
    (
        "test",
        "$scrypt$ln=16384,r=8,p=1$2npRo7P03Mt8keSoMbyD/tKFWyUzjiQf2svUaNDSrhA=$MiCzNcIplSMqSBrm4HckjYqYhaVPPjTARTzwB1cVNYE=",
    ),
    (
        "8x4WjoDbSxJZdR",
        "$firescrypt$ln=14,r=8,p=1$sPtDhWcd1MfdAw==$xbSou7FOl6mChCyzpCPIQ7tku7nsQMTFtyOZSXXd7tjBa4NtimOx7v42Gv2SfzPQu1oxM2/k4SsbOu73wlKe1A==$Bw==$YE0dO4bwD4JnJafh6lZZfkp1MtKzuKAXQcDCJNJNyeCHairWHKENOkbh3dzwaCdizzOspwr/FITUVlnOAwPKyw==",
    ),
    ("test123", "{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a"),
    (
        "test123",
        "{SSHA256}czO44OTV17PcF1cRxWrLZLy9xHd7CWyVYplr1rOhuMlx/7IK",
    ),
    (
        "test123",
        "{SSHA512}xPUl/px+1cG55rUH4rzcwxdOIPSB2TingLpiJJumN2xyDWN4Ix1WQG3ihnvHaWUE8MYNkvMi5rf0C9NYixHsE6Yh59M=",
    ),
    (
        "test",
        "$sha1$pf=e1NBTFR9e1BBU1NXT1JEfQ==$NW9wbWtnejAzcg==$2qU2SGWP8viTM1md3FiI3+rjWXQ=",
    ),
    ("test", "$md5$CY9rzUYh03PK3k6DJie09g=="),
    (
        "test",
        "$md5$pf=e1NBTFR9e1BBU1NXT1JEfQ==$MTIz$q+RdKCgc+ipCAcm5ChQwlQ==",
    ),
    ("test", "$md5-crypt$TVEiiKNb$SN6/pUaRQS/E8Jh46As2C/"),
    ("test", "$md5-crypt$$whuMjZj.HMFoaTaZRRtkO0"),
    (
        "test",
        "$sha256-crypt$rounds=1500$05R.9KB6UC2kLI3w$lbgLXfjEpiZZMGYkCC2OWkSWVun4VrTGTllr8y5mmYD",
    ),
    (
        "test",
        "$sha512-crypt$rounds=1500$05R.9KB6UC2kLI3w$SY/arPS06i0Olv1GYgL9/KOoeMvxOf1MpjLX/Mmdrxg7XdMLnEREmfhD.U/hWKIzmkCHWu8ohkDrIAqfLxdo7/",
    ),
    (
        "test",
        "$hmac-md4$MWQ5ZTI4Nzc2Zjg4YmE2MTQ5YjQ0OTMyOGE4NWU4YjA=$MTIzNDU=",
    ),
    (
        "test",
        "$sha1$pf=Pz9zdGF0aWNQcmVmaXg/P3tTQUxUfXtQQVNTV09SRH0=$NW9wbWtnejAzcg==$SAAxMUn7jxckQXkBmsVF0nHwqso=",
    ),
    (
        "test",
        "$sha256$pf=e1NBTFR9e1BBU1NXT1JEfQ==$NW9wbWtnejAzcg==$0gfRVLCvtBCk20udLDEY5vNhujWx7RGjwRIS1ebMsLY=",
    ),
    (
        "test",
        "$sha512$pf=e1NBTFR9e1BBU1NXT1JEfQ==$NW9wbWtnejAzcg==$6ctpVuApMNp0CgBXcdHw/GC562eFEFGr4gpgANX8ZYsX+j5B19IkdmOY2Fytsz3QUwSWdGcUjbqwgJGTH0UYvw==",
    ),
    (
        "test",
        "$hmac-md5$ZmU4Njk3Zjc0MmQwODA0MDVkMTI3MGU2MTYzMzE2Zjk=$MTIzNDU=",
    ),
    (
        "test",
        "$hmac-sha1$NDMyNjcxZTUyY2Y2YTBmYjZjZDE2NjQxYjAwNjFiZjAwOGEzNWM5MA==$MTIzNDU=",
    ),
    (
        "test",
        "$hmac-sha224$YmUwYmYzM2EwNGRlNDE0YjQzNjBhNmIyOThmNmIyYzI4OWQyMzk3MDUwZDFjMzliYjVmMDMyOTQ=$MTIzNDU=",
    ),
    (
        "test",
        "$hmac-sha256$ZTAzMWJhMWMyOTM4YjFkMjgzZjkxOWExZGY5YWM2NmMxOTJhN2RkNzQ0MzJkNWZkNGFkYTI5OTk0MWJhMTA5Zg==$MTIzNDU=",
    ),
    (
        "test",
        "$hmac-sha384$ZWEyMGM3NGE4Y2UzMTljNTdjZTlhZGQyYTZjNDE0MGQ4YjMwYWIwOWM4OTRiNWQ4MmZjODlhMzBhMmQzNGE5NmQ0NDY1NWRhYjQ2ZjhiYjBkNTRmYjk5YWZkZTA1MGY1$MTIzNDU=",
    ),
    (
        "test",
        "$hmac-sha512$OTFmODY0ZTI1NmU0ZjVhYjhiMDViZGFmNGVmNGZmMGVlNTY4ODYwNWJhYTk4MTk2OTgyMzc3NzI1YTc4MzcxMTMzNzZmY2YxYTk5MGMxM2RiZDk2MGFmMmQ1YzRmODdlMGMwYTNkYjcyNjY0NjM4NGE4YzQ2MjNhZDZkN2UxZTE=$MTIzNDU=",
    ),
    (
        "test",
        "$pbkdf2-sha1$i=1000,l=20$MDEyMzQ1Njc4OWFiY2RlZg$QvEGxi97vkYNn6fjg3u+Y5XyQc4",
    ),
    (
        "test",
        "$pbkdf2-sha999$i=1000,l=20$MDEyMzQ1Njc4OWFiY2RlZg$1VHiu/31M4J2TMyqJhmQsZf5O7k",
    ),
    (
        "test",
        "$sha256-crypt$short$8xSIMKz/4JSxAhNwj0E5KTZoAXGh2Ty.Hsr1bK3VkM5",
    ),
    (
        "test",
        "$sha512-crypt$short$0tC2p1C.p5Hrny61w88cjd2UOJ7bzE0XUnDc04MAUx01WCfgFzU17ho86TO052XAYTxtHlPHa1OtN0YpLu0RX/",
    ),
];

fn matches(password: &str, stored: &str) -> bool {
    read(stored).is_ok_and(|imported| imported.matches(password.as_bytes()))
}

#[test]
fn samples_verify() {
    for (password, stored) in SAMPLES {
        assert_eq!(check_import(stored), Ok(()), "{stored}");
        assert!(matches(password, stored), "{stored}");
        assert!(!matches(&password.to_uppercase(), stored), "{stored}");
    }
}

#[test]
fn md5_crypt_agrees_with_crypt_for_passwords_of_any_length() {
    for (password, stored) in [
        ("a", "$md5-crypt$x$P8VObTrxaqT4VBmnH06P8."),
        (
            "sixteen-bytes-ok",
            "$md5-crypt$saltsalt$j6Uy4rPnwm7lNFqo1y0mF1",
        ),
        (
            "a much longer password than one block of MD5 has",
            "$md5-crypt$longersa$WH5aWiK/DEgJEMT957N.p/",
        ),
        ("pässwort", "$md5-crypt$ab$whTyd6SHXuOaipc9zdcev."),
    ] {
        assert!(matches(password, stored), "{stored}");
    }
}

#[test]
fn costs_beyond_the_bounds_are_refused() {
    for stored in [
        "$pbkdf2-sha256$i=10000001,l=32$c2FsdA$aGFzaA",
        "$pbkdf2-sha256$i=0,l=32$c2FsdA$aGFzaA",
        "$pbkdf2-sha256$i=99999999999,l=32$c2FsdA$aGFzaA",
        "$scrypt$ln=131073,r=8,p=1$c2FsdA==$aGFzaA==",
        "$scrypt$ln=262144,r=8,p=1$c2FsdA==$aGFzaA==",
        "$scrypt$ln=16384,r=9,p=1$c2FsdA==$aGFzaA==",
        "$scrypt$ln=16384,r=8,p=11$c2FsdA==$aGFzaA==",
        "$firescrypt$ln=18,r=8,p=1$c2FsdA==$aGFzaA==$Bw==$YE0=",
        "$sha512-crypt$rounds=2000001$salt$hash",
    ] {
        assert_eq!(
            check_import(stored),
            Err(ImportError::TooCostly),
            "{stored}"
        );
    }
}

#[test]
fn only_derived_keys_are_read_before_they_are_stored() {
    for stored in [
        "$pbkdf2-sha256$i=1000$c2FsdA$aGFzaA",
        "$pbkdf2-sha256$i=1000,l=32$c2FsdA==$aGFzaA",
        "$pbkdf2-sha256$i=1000,l=32$c2FsdA$",
        "$pbkdf2-sha256$i=+1000,l=32$c2FsdA$aGFzaA",
        "$scrypt$ln=1000,r=8,p=1$c2FsdA==$aGFzaA==",
        "$scrypt$ln=1024,r=0,p=1$c2FsdA==$aGFzaA==",
        "$scrypt$ln=1024,r=8,p=1$c2FsdA$aGFzaA",
        "$firescrypt$ln=0,r=8,p=1$c2FsdA==$aGFzaA==$Bw==$YE0=",
        "$firescrypt$ln=14,r=8,p=1$c2FsdA==$aGFzaA==",
    ] {
        assert_eq!(
            check_import(stored),
            Err(ImportError::Malformed),
            "{stored}"
        );
    }
    for stored in [
        "{SSHA}x",
        "{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDw=",
        "$md5$a$b",
        "$sha1$pf=$NW9wbWtnejAzcg==$2qU2SGWP8viTM1md3FiI3+rjWXQ=",
        "$hmac-md5$ZmU4Njk3Zjc0MmQwODA0MDVkMTI3MGU2MTYzMzE2Zjk=$",
        "$sha512-crypt$x",
        "$md5-crypt$x",
    ] {
        assert_eq!(check_import(stored), Ok(()), "{stored}");
        assert!(!matches("", stored) && !matches("test", stored), "{stored}");
    }
}

#[test]
fn a_salt_is_data_and_never_a_template() {
    let encode = |text: &str| BASE64.encode(text.as_bytes());
    let digest = BASE64.encode(&md5("{PASSWORD}test"));
    let (template, salt) = (encode("{SALT}{PASSWORD}"), encode("{PASSWORD}"));
    assert!(matches(
        "test",
        &format!("$md5$pf={template}${salt}${digest}")
    ));
}

fn md5(text: &str) -> Vec<u8> {
    use md5::Digest;
    md5::Md5::digest(text.as_bytes()).to_vec()
}

proptest::proptest! {
    #[test]
    fn any_text_is_either_readable_or_refused(tail in ".{0,80}") {
        for prefix in ["$pbkdf2-sha256$", "$scrypt$ln=2,", "$firescrypt$ln=1,", "{SSHA}", "$md5$", "$sha1$pf=", "$hmac-md5$", "$md5-crypt$", "$sha512-crypt$rounds=1000$", "x"] {
            let stored = format!("{prefix}{tail}");
            let _ = check_import(&stored);
            matches("test", &stored);
        }
    }
}
