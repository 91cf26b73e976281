//! The database file: what is made, what is refused, and what stays untouched.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
};

use vestibule::{
    config::Storage,
    store::{self, OpenError},
};

use super::{child, records::*};

#[tokio::test]
async fn folder_and_file_are_made_for_their_owner_alone() {
    let folder = folder();
    let store = in_file(&folder);
    commit(&*store, insert(&bare_identity())).await;

    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    let path = path(&folder);
    assert_eq!(mode(path.parent().expect("it has a folder")), 0o700);
    for suffix in ["", "-wal", "-shm", ".lock"] {
        assert_eq!(mode(Path::new(&beside(&path, suffix))), 0o600, "{suffix}");
    }
    store.close().await;
}

#[tokio::test]
async fn closing_writes_everything_into_the_file_itself() {
    let folder = folder();
    let anna = identity("anna@example.org");
    let store = in_file(&folder);
    commit(&*store, insert(&anna)).await;
    store.close().await;

    assert!(!Path::new(&beside(&path(&folder), "-wal")).exists());
    let store = in_file(&folder);
    let found = store.find_identity(anna.id).await.expect("it answers");
    assert_eq!(found, Some(anna));
    store.close().await;
}

#[tokio::test]
async fn a_second_opener_is_told_who_has_the_file() {
    let folder = folder();
    let store = in_file(&folder);

    let failure = refused(&path(&folder));

    let text = failure.to_string();
    assert!(matches!(failure, OpenError::InUse { .. }), "{text}");
    assert_eq!(failure.exit_code(), 4);
    assert!(text.contains(&*path(&folder).to_string_lossy()), "{text}");
    assert!(
        text.contains(&format!("process {}", std::process::id())),
        "{text}"
    );
    store.close().await;
    in_file(&folder).close().await;
}

#[tokio::test]
async fn a_link_to_a_file_in_use_is_in_use() {
    let folder = folder();
    let store = in_file(&folder);
    let link = folder.path().join("link.sqlite");
    std::os::unix::fs::symlink(path(&folder), &link).expect("a link");
    assert!(matches!(refused(&link), OpenError::InUse { .. }));
    store.close().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_untouched() {
    let folder = folder();
    in_file(&folder).close().await;
    let raw = rusqlite::Connection::open(path(&folder)).expect("it opens");
    raw.pragma_update(None, "journal_mode", "delete")
        .expect("it is set");
    raw.pragma_update(None, "user_version", 9_999)
        .expect("it is set");
    drop(raw);
    let before = fs::read(path(&folder)).expect("it is there");

    let failure = refused(&path(&folder));

    let text = failure.to_string();
    assert!(
        matches!(failure, OpenError::Newer { found: 9_999, .. }),
        "{text}"
    );
    assert_eq!(failure.exit_code(), 3);
    assert_eq!(fs::read(path(&folder)).expect("it is there"), before);
}

#[test]
fn a_newer_schema_that_only_the_log_knows_is_refused() {
    let (here, copy) = (folder(), folder());
    let written = here.path().join("db.sqlite");
    let raw = rusqlite::Connection::open(&written).expect("it opens");
    raw.pragma_update(None, "application_id", 0x5665_7374)
        .expect("it is set");
    raw.pragma_update(None, "journal_mode", "wal")
        .expect("it is set");
    raw.execute_batch("BEGIN; CREATE TABLE newer (a); PRAGMA user_version = 9999; COMMIT;")
        .expect("it is written");
    // As a killed process leaves them.
    let left = copy.path().join("db.sqlite");
    fs::copy(&written, &left).expect("a copy");
    fs::copy(beside(&written, "-wal"), beside(&left, "-wal")).expect("a copy");
    let content =
        || ["", "-wal"].map(|suffix| fs::read(beside(&left, suffix)).expect("it is there"));
    let before = content();

    assert!(matches!(
        refused(&left),
        OpenError::Newer { found: 9_999, .. }
    ));
    assert_eq!(content(), before);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_untouched() {
    let header = [b"SQLite format 3\0".as_slice(), &[0xff; 200]].concat();
    let cases = [
        b"short".as_slice(),
        &b"# Shopping list\n".repeat(64),
        b"SQLite format 3\0",
        &header,
    ];
    for content in cases {
        let folder = folder();
        let file = folder.path().join("db.sqlite");
        fs::write(&file, content).expect("it is written");

        let failure = refused(&file);

        assert_eq!(failure.exit_code(), 3, "{failure}");
        assert!(
            failure.to_string().contains(&*file.to_string_lossy()),
            "{failure}"
        );
        assert_eq!(fs::read(&file).expect("it is there"), content);
    }
}

#[test]
fn a_database_whose_start_is_damaged_is_refused_and_untouched() {
    let folder = folder();
    let file = folder.path().join("db.sqlite");
    let mut content = include_bytes!("../../fixtures/schema-0001.sqlite").to_vec();
    // The page size and the formats.
    content[16..24].fill(0x33);
    fs::write(&file, &content).expect("it is written");

    assert!(matches!(refused(&file), OpenError::NotADatabase { .. }));
    assert_eq!(fs::read(&file).expect("it is there"), content);
}

#[test]
fn a_database_of_another_program_is_refused_and_untouched() {
    for application_id in [0, 7] {
        let folder = folder();
        let file = folder.path().join("db.sqlite");
        let raw = rusqlite::Connection::open(&file).expect("it opens");
        raw.execute_batch("CREATE TABLE identities (id)")
            .expect("it is made");
        raw.pragma_update(None, "application_id", application_id)
            .expect("it is set");
        drop(raw);
        let before = fs::read(&file).expect("it is there");

        assert!(matches!(refused(&file), OpenError::Foreign { .. }));
        assert_eq!(fs::read(&file).expect("it is there"), before);
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = folder();
    let blocked = folder.path().join("a-file");
    fs::write(&blocked, "").expect("it is written");

    let failure = refused(&blocked.join("data").join("db.sqlite"));

    assert!(matches!(failure, OpenError::Folder { .. }), "{failure}");
    assert!(failure.to_string().contains("a-file/data"), "{failure}");
}

#[test]
fn a_folder_without_the_right_to_write_is_named() {
    let folder = folder();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("it is ours");
    let sealed = folder.path().join("sealed");
    fs::create_dir(&sealed).expect("a folder");
    fs::set_permissions(&sealed, Permissions::from_mode(0o555)).expect("it is ours");

    let test = "store::files::the_missing_right_is_named";
    let mut child = child::command(test, &sealed.join("db.sqlite"));
    // Nothing is forbidden to root, so the child is nobody then.
    if rustix::process::geteuid().is_root() {
        let copy = folder.path().join("tests");
        fs::copy(std::env::current_exe().expect("a path"), &copy).expect("a copy");
        child = child::command_of(&copy, test, &sealed.join("db.sqlite"));
        child.uid(65_534).gid(65_534);
    }
    child::run(child);
}

#[test]
fn the_missing_right_is_named() {
    let Some(path) = child::path() else {
        return;
    };
    let sealed = path
        .parent()
        .expect("it has a folder")
        .to_string_lossy()
        .into_owned();
    let failure = refused(&path).to_string();
    assert!(
        failure.contains(&sealed) && failure.contains("right to create and write files"),
        "{failure}"
    );

    let below = path.with_file_name("below").join("db.sqlite");
    let failure = refused(&below).to_string();
    let right = format!("right to create folders in {sealed}");
    assert!(failure.contains(&right), "{failure}");
}

#[test]
fn a_folder_in_place_of_the_file_is_named() {
    let folder = folder();
    let failure = refused(folder.path());
    assert!(matches!(failure, OpenError::File { .. }), "{failure}");
    assert!(
        failure
            .to_string()
            .contains(&*folder.path().to_string_lossy()),
        "{failure}"
    );
}

fn refused(path: &Path) -> OpenError {
    let storage = Storage::Sqlite(path.to_owned());
    match store::open(&storage, clock()) {
        Err(failure) => failure,
        Ok(_) => panic!("{} was opened", path.display()),
    }
}

fn beside(path: &Path, suffix: &str) -> String {
    format!("{}{suffix}", path.display())
}
