//! A full disk, failing writes, and a process that is killed.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::FileExt,
    process::Stdio,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use vestibule::{
    model::{ErrorId, IdentityId, SelfServiceError, Session},
    store::{
        Change, Commit, Store, StoreError,
        sqlite::{Options, Sqlite},
    },
};

use super::{child, records::*};

#[tokio::test]
async fn a_full_disk_refuses_writes_until_there_is_room_again() {
    let folder = folder();
    let store = small(&folder);
    let anna = somebody(&store).await;
    let live = signed_in(&store, &anna).await;
    let failure = fill(&store).await;
    assert!(matches!(failure, StoreError::Unwritable(_)), "{failure}");
    assert!(!store.stats().is_writable());

    // Reads go on, and so do writes that need no room.
    assert!(find(&store, &live).await.active);
    commit(&store, Change::RevokeSession(live.id)).await;
    assert!(!find(&store, &live).await.active);

    // Everything that fills it is stale by then.
    store
        .purge(NOW.plus(2 * DAY), 1_000)
        .await
        .expect("it makes room");
    commit(&store, large_error()).await;
    assert!(store.stats().is_writable());
    store.close().await;
}

#[tokio::test]
async fn a_commit_that_does_not_fit_does_not_fail_its_neighbours() {
    let folder = folder();
    let store = small(&folder);
    let sessions = {
        let anna = somebody(&store).await;
        [
            signed_in(&store, &anna).await,
            signed_in(&store, &anna).await,
        ]
    };
    fill(&store).await;
    let other = rusqlite::Connection::open(path(&folder)).expect("it opens");
    other
        .execute_batch("BEGIN IMMEDIATE")
        .expect("it waits for nobody");
    let revoke = |session: &Session| store.commit(Commit::of(Change::RevokeSession(session.id)));

    let (first, large, second, ()) = tokio::join!(
        biased;
        revoke(&sessions[0]),
        store.commit(Commit::of(large_error())),
        revoke(&sessions[1]),
        async { other.execute_batch("COMMIT").expect("it lets go") },
    );

    assert!(matches!(large, Err(StoreError::Unwritable(_))), "{large:?}");
    assert_eq!(first.expect("it fits").revoked, 1);
    assert_eq!(second.expect("it fits").revoked, 1);
    for session in &sessions {
        assert!(!find(&store, session).await.active);
    }
    store.close().await;
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_is_named() {
    let folder = folder();
    let store = in_file(&folder);
    let (anna, bert) = (somebody(&*store).await, somebody(&*store).await);
    let raw = rusqlite::Connection::open(path(&folder)).expect("it opens");
    let damage = "UPDATE identities SET traits = '{' WHERE id = ?1";
    raw.execute(damage, [anna.id.0.as_bytes()])
        .expect("it is damaged");

    let failure = store
        .find_identity(anna.id)
        .await
        .expect_err("it is no document");

    let StoreError::Corrupt { table, column, id } = failure else {
        panic!("{failure}");
    };
    assert_eq!(
        (table, column, id),
        ("identities", "traits", anna.id.to_string())
    );
    // The others are not harmed.
    assert!(
        store
            .find_identity(bert.id)
            .await
            .expect("it answers")
            .is_some()
    );
    store.close().await;
}

#[tokio::test]
async fn a_damaged_file_is_written_no_more() {
    let folder = folder();
    let store = in_file(&folder);
    let anna = somebody(&*store).await;
    store.close().await;
    damage(&path(&folder), "identities");
    let before = std::fs::read(path(&folder)).expect("it is there");

    let store = Sqlite::file(&path(&folder), clock()).expect("its beginning is fine");
    store
        .find_identity(anna.id)
        .await
        .expect_err("the row is lost");
    let refused = store.commit(Commit::of(put(&flow()))).await;

    assert!(
        matches!(refused, Err(StoreError::Unwritable(_))),
        "{refused:?}"
    );
    assert!(store.stats().is_damaged());
    store.close().await;
    assert_eq!(std::fs::read(path(&folder)).expect("it is there"), before);
}

/// Overwrites the first page of `table`.
fn damage(path: &std::path::Path, table: &str) {
    let raw = rusqlite::Connection::open(path).expect("it opens");
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: u32 = raw
        .query_row(root, [table], |row| row.get(0))
        .expect("it has one");
    drop(raw);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(path)
        .expect("it is ours");
    file.write_all_at(&[0x33; 4096], u64::from(page - 1) * 4096)
        .expect("it is written");
}

#[test]
fn failing_writes_leave_the_process_alive_and_stop_failing_by_themselves() {
    let folder = folder();
    child::run(child::command(
        "store::faults::writes_fail_for_a_while",
        &path(&folder),
    ));
}

#[tokio::test]
async fn writes_fail_for_a_while() {
    let Some(path) = child::path() else {
        return;
    };
    let store = Sqlite::file(&path, clock()).expect("it opens");
    let anna = somebody(&store).await;
    let live = signed_in(&store, &anna).await;

    let unlimited = getrlimit(Resource::Fsize);
    let wal = path.with_file_name("db.sqlite-wal");
    let here = std::fs::metadata(wal).expect("it is there").len();
    let limited = Rlimit {
        current: Some(here),
        ..unlimited
    };
    setrlimit(Resource::Fsize, limited).expect("a lower limit is allowed");
    let failure = store.commit(Commit::of(insert(&bare_identity()))).await;
    assert!(
        matches!(failure, Err(StoreError::Unwritable(_))),
        "{failure:?}"
    );
    assert!(find(&store, &live).await.active);

    setrlimit(Resource::Fsize, unlimited).expect("back to what was allowed");
    commit(&store, insert(&bare_identity())).await;
    assert_eq!(store.count_identities().await.expect("it answers"), 2);
    store.close().await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = folder();
    let mut command = child::command("store::faults::sign_ups_until_killed", &path(&folder));
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut acknowledged: Vec<IdentityId> = Vec::new();
    for line in output.lines().map_while(Result::ok) {
        // The test runner writes to the same place.
        acknowledged.extend(
            line.rsplit(' ')
                .next()
                .and_then(|id| id.parse::<IdentityId>().ok()),
        );
        if acknowledged.len() == 300 {
            // More may be acknowledged before it dies; the pipe still gives them.
            child.kill().expect("it is ours");
        }
    }
    child.wait().expect("it is ours");
    assert!(acknowledged.len() >= 300);

    let store = in_file(&folder);
    for id in acknowledged {
        let found = store.find_identity(id).await.expect("it answers");
        assert!(!found.expect("it was acknowledged").credentials.is_empty());
    }
    store.close().await;
    let raw = rusqlite::Connection::open(path(&folder)).expect("it opens");
    let verdict: String = raw
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .expect("it answers");
    assert_eq!(verdict, "ok");
}

#[tokio::test]
async fn sign_ups_until_killed() {
    let Some(path) = child::path() else {
        return;
    };
    let store = Sqlite::file(&path, clock()).expect("it opens");
    let one_after_the_other = |lane: usize| {
        let store = &store;
        async move {
            for number in 0..100_000 {
                let person = identity(&format!("{number}@{lane}.example.org"));
                commit(store, insert(&person)).await;
                println!("signed up {}", person.id);
            }
        }
    };
    futures_util::future::join_all((0..8).map(one_after_the_other)).await;
}

/// A store that holds some fifty pages of data.
fn small(folder: &tempfile::TempDir) -> Sqlite {
    let options = Options {
        max_pages: Some(80),
        ..Options::default()
    };
    Sqlite::file_with(&path(folder), clock(), options).expect("it opens")
}

/// Writes until nothing fits any more.
async fn fill(store: &Sqlite) -> StoreError {
    for _ in 0..1_000 {
        if let Err(failure) = store.commit(Commit::of(large_error())).await {
            return failure;
        }
    }
    panic!("the store takes everything");
}

fn large_error() -> Change {
    Change::InsertError(SelfServiceError {
        id: ErrorId::random(),
        error: json!({ "message": "x".repeat(20_000) }),
        created_at: NOW,
    })
}
