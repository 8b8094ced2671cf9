//! Reads runs for inspection, through a connection of its own: a dashboard delays no commit.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

use super::fault::of_sqlite;
use crate::store::change::{EndState, RunKey};
use crate::store::error::StoreError;
use crate::timer::EpochMs;

const BUSY_LIMIT: Duration = Duration::from_millis(100);

const COLUMNS: &str = "run, id, job, state, trigger, priority, attempt, attempts, due_at, queued_at, begin_at, \
    started_at, ended_at, cause, gave_up, message, error, result, retry_of, data";

/// Reads a store, beside the manager that writes it.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: std::path::PathBuf,
}

/// Which runs are wanted.
#[derive(Debug, Clone, Default)]
pub struct RunFilter<'a> {
    /// Of this job.
    pub job: Option<&'a str>,
    /// In this state.
    pub state: Option<&'a str>,
    /// Only those that have ended, or that wait.
    pub stage: Option<Stage>,
    /// Accepted at this time or before.
    pub until: Option<EpochMs>,
    /// Accepted before this one: the last of the page before.
    pub before: Option<RunKey>,
    /// So many at most.
    pub limit: u32,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It waits for its turn, or for its next attempt.
    Waiting,
    /// It has ended.
    Ended,
}

/// A run in the file.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the columns, which docs/design/store.md describes")]
pub struct KeptRun {
    pub key: RunKey,
    pub id: String,
    pub job: String,
    pub state: String,
    pub trigger: String,
    pub priority: i8,
    pub attempt: u32,
    pub attempts: u32,
    pub due: Option<EpochMs>,
    pub queued_at: EpochMs,
    pub begin_at: Option<EpochMs>,
    pub started_at: Option<EpochMs>,
    pub ended_at: Option<EpochMs>,
    pub cause: Option<String>,
    pub gave_up: Option<String>,
    pub message: Option<String>,
    pub error: Option<Vec<u8>>,
    pub result: Option<Vec<u8>>,
    pub retry_of: Option<String>,
    pub data: Option<Vec<u8>>,
}

/// An attempt that was followed by another one.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are the columns, which docs/design/store.md describes")]
pub struct Attempt {
    pub attempt: u32,
    pub started_at: Option<EpochMs>,
    pub ended_at: EpochMs,
    pub cause: String,
    pub message: Option<String>,
}

impl Reader {
    /// Opens the file for reading.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).and_then(|connection| {
            connection.busy_timeout(BUSY_LIMIT)?;
            Ok(connection)
        });
        let connection = connection.map_err(|error| StoreError::new(path, of_sqlite(&error)))?;
        Ok(Reader { connection, path: path.to_path_buf() })
    }

    /// Runs, the one that was accepted last first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn runs(&self, filter: &RunFilter<'_>) -> Result<Vec<KeptRun>, StoreError> {
        self.read(|connection| {
            // Only what is asked for is compared, so that an index can serve it.
            let of_job = if filter.job.is_some() { "job = ?1" } else { "?1 IS NULL" };
            let in_state = if filter.state.is_some() { "state = ?2" } else { "?2 IS NULL" };
            let stage = match filter.stage {
                Some(Stage::Waiting) => "begin_at IS NOT NULL",
                Some(Stage::Ended) => "ended_at IS NOT NULL",
                None => "true",
            };
            let until = if filter.until.is_some() { "queued_at <= ?5" } else { "?5 IS NULL" };
            let query = format!(
                "SELECT {COLUMNS} FROM runs WHERE {of_job} AND {in_state} AND {stage} AND {until} AND run < ?3 \
                 ORDER BY run DESC LIMIT ?4"
            );
            let before = filter.before.map_or(i64::MAX, |key| key.0);
            let until_at = filter.until.map(|at| at.0);
            connection
                .prepare_cached(&query)?
                .query_map(params![filter.job, filter.state, before, filter.limit, until_at], kept_run)?
                .collect()
        })
    }

    /// The run of that id.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn run(&self, id: &str) -> Result<Option<KeptRun>, StoreError> {
        self.read(|connection| {
            let query = format!("SELECT {COLUMNS} FROM runs WHERE id = ?1");
            connection.prepare_cached(&query)?.query_row((id,), kept_run).optional()
        })
    }

    /// The run of the job that ended last.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last(&self, job: &str) -> Result<Option<KeptRun>, StoreError> {
        self.read(|connection| {
            // One seek in the index for each state.
            let query = format!(
                "SELECT {COLUMNS} FROM runs WHERE job = ?1 AND state = ?2 AND ended_at IS NOT NULL \
                 ORDER BY ended_at DESC LIMIT 1"
            );
            let mut statement = connection.prepare_cached(&query)?;
            let mut last: Option<KeptRun> = None;
            for state in EndState::ALL {
                let found = statement.query_row((job, state.name()), kept_run).optional()?;
                last = [last, found].into_iter().flatten().max_by_key(|run| (run.ended_at, run.key));
            }
            Ok(last)
        })
    }

    /// The attempts of a run that were followed by another one, in order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn attempts(&self, run: RunKey) -> Result<Vec<Attempt>, StoreError> {
        self.read(|connection| {
            let query = "SELECT attempt, started_at, ended_at, cause, message FROM attempts WHERE run = ?1 \
                         ORDER BY attempt";
            connection.prepare_cached(query)?.query_map((run.0,), attempt)?.collect()
        })
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        query(&self.connection).map_err(|error| StoreError::new(&self.path, of_sqlite(&error)))
    }
}

fn kept_run(row: &Row<'_>) -> rusqlite::Result<KeptRun> {
    let instant = |index: usize| row.get::<_, Option<i64>>(index).map(|at| at.map(EpochMs));
    Ok(KeptRun {
        key: RunKey(row.get(0)?),
        id: row.get(1)?,
        job: row.get(2)?,
        state: row.get(3)?,
        trigger: row.get(4)?,
        priority: row.get(5)?,
        attempt: row.get(6)?,
        attempts: row.get(7)?,
        due: instant(8)?,
        queued_at: EpochMs(row.get(9)?),
        begin_at: instant(10)?,
        started_at: instant(11)?,
        ended_at: instant(12)?,
        cause: row.get(13)?,
        gave_up: row.get(14)?,
        message: row.get(15)?,
        error: row.get(16)?,
        result: row.get(17)?,
        retry_of: row.get(18)?,
        data: row.get(19)?,
    })
}

fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        attempt: row.get(0)?,
        started_at: row.get::<_, Option<i64>>(1)?.map(EpochMs),
        ended_at: EpochMs(row.get(2)?),
        cause: row.get(3)?,
        message: row.get(4)?,
    })
}
