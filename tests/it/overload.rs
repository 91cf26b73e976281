//! Hashing cannot take the box down (security 10.2): the memory budget holds, and who does not fit is told when to come back.

use reqwest::StatusCode;

use crate::support::{Gateway, Native};

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_simultaneous_log_ins_stay_within_the_memory_budget() {
    let gateway = Gateway::dev(&[]);
    let native = Native::of(&gateway);
    native
        .register("crowd@example.com", "a plain long passphrase 7")
        .await
        .unwrap()
        .unwrap();
    let before = gateway.memory();
    let crowd_of: Vec<_> = (2..6)
        .map(|last| Native::from_address(&gateway, last))
        .collect();
    let crowd: Vec<_> = (0..500)
        .map(|number| {
            let native = crowd_of[number % crowd_of.len()].clone();
            tokio::spawn(async move {
                native
                    .login("crowd@example.com", "a plain long passphrase 7")
                    .await
            })
        })
        .collect();
    let (mut let_in, mut turned_away) = (0, 0);
    for attempt in crowd {
        match attempt.await.unwrap().unwrap() {
            (StatusCode::OK, ..) => let_in += 1,
            (StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS, wait, _) => {
                assert!(
                    wait.is_some_and(|wait| wait.parse::<u32>().is_ok_and(|seconds| seconds >= 1))
                );
                turned_away += 1;
            }
            (status, _, body) => panic!("{status}: {body}"),
        }
    }
    let grown = gateway.memory().saturating_sub(before) / (1 << 20);
    eprintln!("{let_in} let in, {turned_away} turned away, {grown} MiB more memory");
    assert!(let_in > 0 && turned_away > 0);
    // The budget of 256 MiB is for the hashes; five hundred open connections need a little as well.
    assert!(grown < 256 + 64, "memory grew by {grown} MiB");
}
