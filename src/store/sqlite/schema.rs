//! The tables, and how older files get them. Other programs may read them: docs/design/store.md describes
//! them, and a change is a new version with a migration.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::fault::Trouble;
use crate::store::error::Fault;

/// "job!" in ASCII: marks the file as ours, in its header.
pub(super) const APPLICATION_ID: i32 = 0x6a6f_6221;

/// The statements that make version n of version n - 1.
pub(super) type Migrations = [&'static str];

pub(super) const MIGRATIONS: &Migrations = &[VERSION_1];

const VERSION_1: &str = "
CREATE TABLE runs (
    run         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    job         TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'retrying', 'completed', 'failed', 'cancelled')),
    trigger     TEXT NOT NULL,
    priority    INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    timeout_ms  INTEGER,
    due_at      INTEGER,
    queued_at   INTEGER NOT NULL,
    begin_at    INTEGER,
    started_at  INTEGER,
    ended_at    INTEGER,
    cause       TEXT,
    gave_up     TEXT,
    message     TEXT,
    error       BLOB,
    result      BLOB,
    retry_of    TEXT,
    data        BLOB,
    CHECK ((begin_at IS NOT NULL) = (state IN ('waiting', 'retrying'))),
    CHECK ((ended_at IS NOT NULL) = (state IN ('completed', 'failed', 'cancelled')))
) STRICT;
CREATE INDEX runs_that_wait ON runs (job, priority DESC, begin_at, run) WHERE begin_at IS NOT NULL;
CREATE INDEX runs_under_way ON runs (job) WHERE state = 'running';
CREATE INDEX runs_that_ended ON runs (state, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_that_ended_by_job ON runs (job, state, ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE attempts (
    run         INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    attempt     INTEGER NOT NULL,
    started_at  INTEGER,
    ended_at    INTEGER NOT NULL,
    cause       TEXT NOT NULL,
    message     TEXT,
    error       BLOB,
    PRIMARY KEY (run, attempt)
) STRICT, WITHOUT ROWID;
CREATE TABLE schedules (
    job         TEXT PRIMARY KEY,
    schedule    TEXT NOT NULL,
    time_zone   TEXT NOT NULL,
    anchor_at   INTEGER NOT NULL,
    answered_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE pauses (
    job         TEXT PRIMARY KEY,
    since_at    INTEGER NOT NULL,
    by          TEXT NOT NULL,
    note        TEXT
) STRICT, WITHOUT ROWID;
";

/// What a file is, by its header and its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// It has no tables yet.
    Empty,
    /// A store of this version.
    Store(usize),
}

/// Finds out what the file is.
///
/// # Errors
/// It is the database of another application, a store of a newer version, or cannot be read.
pub(super) fn identify(connection: &Connection, migrations: &Migrations) -> Result<Identity, Trouble> {
    let number = |pragma: &str| connection.query_row(pragma, (), |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let has_tables = number("SELECT EXISTS (SELECT 1 FROM sqlite_schema)")? == 1;
    if application == 0 && version == 0 && !has_tables {
        return Ok(Identity::Empty);
    }
    if application != i64::from(APPLICATION_ID) {
        return Err(Trouble::Ours(Fault::NotAStore {
            found: "a database of another application".to_owned(),
        }));
    }
    match usize::try_from(version) {
        Ok(version) if version <= migrations.len() => Ok(Identity::Store(version)),
        _ => Err(Trouble::Ours(Fault::Newer {
            found: version,
            known: i64::try_from(migrations.len()).unwrap_or(i64::MAX),
        })),
    }
}

/// Brings a file of version `from` to the newest one, in one transaction.
///
/// # Errors
/// The file cannot be written. It is as before then.
pub(super) fn migrate(
    connection: &mut Connection,
    from: usize,
    migrations: &Migrations,
) -> rusqlite::Result<()> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    for statements in migrations.iter().skip(from) {
        transaction.execute_batch(statements)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", i64::try_from(migrations.len()).unwrap_or(i64::MAX))?;
    transaction.commit()
}
