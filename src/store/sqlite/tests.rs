//! What the contract cannot see from outside: plans, migrations, settings.

use super::{connection, file::Claimed, migrate};
use crate::store::{OpenError, sql};

#[test]
fn every_look_up_finds_its_rows_by_an_index() {
    let mut connection = connection::memory().expect("memory opens");
    migrate::run(&mut connection, None, migrate::STEPS).expect("the schema is made");
    for statement in sql::look_ups() {
        let plan = plan(&connection, statement);
        let scans = |step: &&String| step.starts_with("SCAN") && !step.contains("USING");
        assert_eq!(plan.iter().find(scans), None, "{statement}");
        let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
        // That one sorts at most two rows.
        assert!(
            !sorts || statement.contains("CASE WHEN c.identifier"),
            "{statement}"
        );
    }
}

#[test]
fn ended_sessions_do_not_slow_down_what_concerns_live_ones() {
    let mut connection = connection::memory().expect("memory opens");
    migrate::run(&mut connection, None, migrate::STEPS).expect("the schema is made");
    let of_flagged = |statement: &&str| {
        statement.contains("identity_id = ?") && statement.contains(" AND active = 1")
            || statement.contains(" AND s.active = 1")
    };
    let statements: Vec<_> = sql::look_ups().filter(of_flagged).collect();
    assert_eq!(statements.len(), 5);
    for statement in statements {
        let plan = plan(&connection, statement);
        let by_state = plan.iter().any(|step| step.contains("sessions_by_state"));
        assert!(by_state, "{statement} {plan:?}");
    }
}

fn plan(connection: &rusqlite::Connection, statement: &str) -> Vec<String> {
    let explained = ["EXPLAIN QUERY PLAN ", statement].concat();
    let mut plan = connection.prepare(&explained).expect("it is valid");
    for at in 1..=plan.parameter_count() {
        plan.raw_bind_parameter(at, 1)
            .expect("it has that parameter");
    }
    let mut rows = plan.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().expect("it has a plan") {
        steps.push(row.get(3).expect("a step has words"));
    }
    steps
}

#[test]
fn an_older_file_is_copied_before_it_is_upgraded() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, both) = steps();
    upgrade(&folder, first).expect("the file is made");
    upgrade(&folder, both).expect("the file is upgraded");

    assert!(has_table(&folder, "db.sqlite", "second"));
    assert!(has_table(&folder, "db.sqlite.pre-2", "first"));
    assert!(!has_table(&folder, "db.sqlite.pre-2", "second"));
}

#[test]
fn a_failed_upgrade_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, _) = steps();
    upgrade(&folder, first).expect("the file is made");
    let broken = [
        step(1, ""),
        step(2, "CREATE TABLE second (a); CREATE TABLE first (a);"),
    ];

    let failure = upgrade(&folder, &broken).expect_err("the table exists already");

    assert!(
        matches!(failure, OpenError::Migration { step: 2, .. }),
        "{failure}"
    );
    assert!(!has_table(&folder, "db.sqlite", "second"));
    let repaired = [step(1, ""), step(2, "CREATE TABLE second (a);")];
    upgrade(&folder, &repaired).expect("the next start goes on from there");
    assert!(has_table(&folder, "db.sqlite", "second"));
}

fn steps() -> (&'static [migrate::Step], &'static [migrate::Step]) {
    const BOTH: &[migrate::Step] = &[
        step(1, "CREATE TABLE first (a);"),
        step(2, "CREATE TABLE second (a);"),
    ];
    (&BOTH[..1], BOTH)
}

const fn step(number: i64, sql: &'static str) -> migrate::Step {
    migrate::Step { number, sql }
}

fn upgrade(folder: &tempfile::TempDir, steps: &[migrate::Step]) -> Result<(), OpenError> {
    let path = folder.path().join("db.sqlite");
    let file = Claimed::claim(&path, migrate::newest(steps))?;
    let mut connection = connection::open(&file)?;
    migrate::run(&mut connection, Some(&file), steps)?;
    connection::prepare_writer(&connection, None)
}

fn has_table(folder: &tempfile::TempDir, file: &str, table: &str) -> bool {
    let connection = rusqlite::Connection::open(folder.path().join(file)).expect("it opens");
    connection
        .table_exists(None, table)
        .expect("it can be read")
}
