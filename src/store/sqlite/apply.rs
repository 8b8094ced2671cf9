//! The statement of each change.

use std::time::Duration;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, params};

use crate::store::change::{Change, EndState, Ending, FailedAttempt, NewRun, Pause, RunKey, Slot};
use crate::store::found::KnownRun;
use crate::timer::EpochMs;

const ACCEPT: &str = "
INSERT INTO runs (run, id, job, state, trigger, priority, attempt, attempts, timeout_ms, due_at, queued_at, begin_at,
    retry_of, data)
VALUES (?1, ?2, ?3, 'waiting', ?4, ?5, 1, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT (id) DO NOTHING";

const BEGIN: &str = "
UPDATE runs SET state = 'running', attempt = ?2, started_at = ?3, begin_at = NULL
WHERE run = ?1 AND ended_at IS NULL";

const RETRY: &str = "
UPDATE runs SET state = 'retrying', attempt = ?2 + 1, begin_at = ?3
WHERE run = ?1 AND ended_at IS NULL";

const WITHDRAW: &str = "
UPDATE runs SET state = iif(attempt > 1, 'retrying', 'waiting'), started_at = NULL, begin_at = ?2
WHERE run = ?1 AND state = 'running'";

const NOTE_ATTEMPT: &str = "
INSERT OR REPLACE INTO attempts (run, attempt, started_at, ended_at, cause, message, error)
SELECT run, ?2, ?3, ?4, ?5, ?6, ?7 FROM runs WHERE run = ?1";

// What a run that completed was called with is of no use any more; a dead letter can be sent again.
const END: &str = "
UPDATE runs SET state = ?2, attempt = ?3, started_at = ?4, ended_at = ?5, begin_at = NULL, cause = ?6, message = ?7,
    error = ?8, gave_up = ?9, result = ?10, data = iif(?2 = 'failed', data, NULL)
WHERE run = ?1 AND ended_at IS NULL";

const END_UNREAD: &str = "
UPDATE runs SET state = ?3, ended_at = ?4, begin_at = NULL, cause = ?5, message = ?6, error = ?7, gave_up = ?8,
    data = iif(?3 = 'failed', data, NULL)
WHERE job = ?1 AND begin_at IS NOT NULL AND run < ?2";

const ANSWER: &str = "
INSERT INTO schedules (job, schedule, time_zone, anchor_at, answered_at) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (job) DO UPDATE SET schedule = excluded.schedule, time_zone = excluded.time_zone,
    anchor_at = excluded.anchor_at, answered_at = excluded.answered_at";

const PAUSE: &str = "
INSERT INTO pauses (job, since_at, by, note) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (job) DO UPDATE SET since_at = excluded.since_at, by = excluded.by, note = excluded.note";

/// Carries a change out, within the transaction of the caller. `first_key` is the first run of this host.
///
/// Returns the run whose id a new one has: then the caller undoes the write.
pub(super) fn apply(
    connection: &Connection,
    change: &Change,
    first_key: RunKey,
) -> rusqlite::Result<Option<KnownRun>> {
    match change {
        Change::Accept(run) => return accept(connection, run),
        Change::Begin { run, attempt, at } => execute(connection, BEGIN, (run.0, attempt, at.0))?,
        Change::Withdraw { run, begin_at } => execute(connection, WITHDRAW, (run.0, begin_at.0))?,
        Change::Retry { run, failed, begin_at } => retry(connection, *run, failed, *begin_at)?,
        Change::Postpone { run, begin_at } => {
            let statement = "UPDATE runs SET begin_at = ?2 WHERE run = ?1 AND begin_at IS NOT NULL";
            execute(connection, statement, (run.0, begin_at.0))?;
        }
        Change::End { run, ending, .. } => end(connection, *run, ending)?,
        Change::EndUnread { job, ending } => end_unread(connection, job, ending, first_key)?,
        Change::Answer(Slot { job, schedule, time_zone, anchor, answered }) => {
            execute(connection, ANSWER, (job, schedule, time_zone, anchor.0, answered.map(|at| at.0)))?;
        }
        Change::ForgetSchedule { job } => {
            execute(connection, "DELETE FROM schedules WHERE job = ?1", (job,))?;
        }
        Change::Pause(Pause { job, since, by, note }) => {
            execute(connection, PAUSE, (job, since.0, by, note))?;
        }
        Change::Resume { job } => execute(connection, "DELETE FROM pauses WHERE job = ?1", (job,))?,
    }
    Ok(None)
}

fn accept(connection: &Connection, run: &NewRun) -> rusqlite::Result<Option<KnownRun>> {
    let mut statement = connection.prepare_cached(ACCEPT)?;
    let inserted = statement.execute(params![
        run.key.0,
        run.id,
        run.job,
        run.trigger,
        run.priority,
        run.attempts,
        run.timeout.map(millis),
        run.due.map(|at| at.0),
        run.queued_at.0,
        run.begin_at.0,
        run.retry_of,
        run.data,
    ])?;
    if inserted == 1 { Ok(None) } else { known(connection, &run.id) }
}

fn known(connection: &Connection, id: &str) -> rusqlite::Result<Option<KnownRun>> {
    let mut statement = connection.prepare_cached("SELECT run, job, state FROM runs WHERE id = ?1")?;
    statement
        .query_row((id,), |row| {
            Ok(KnownRun { key: RunKey(row.get(0)?), job: row.get(1)?, state: row.get(2)? })
        })
        .optional()
}

fn retry(
    connection: &Connection,
    run: RunKey,
    failed: &FailedAttempt,
    begin_at: EpochMs,
) -> rusqlite::Result<()> {
    execute(connection, RETRY, (run.0, failed.attempt, begin_at.0))?;
    note_attempt(connection, run, failed)
}

/// Adds an attempt that is followed by another one.
pub(super) fn note_attempt(
    connection: &Connection,
    run: RunKey,
    failed: &FailedAttempt,
) -> rusqlite::Result<()> {
    let FailedAttempt { attempt, started_at, ended_at, failure } = failed;
    let facts = (run.0, attempt, started_at.map(|at| at.0), ended_at.0);
    let parameters =
        params![facts.0, facts.1, facts.2, facts.3, failure.cause, failure.message, failure.error];
    execute(connection, NOTE_ATTEMPT, parameters)
}

fn end(connection: &Connection, run: RunKey, ending: &Ending) -> rusqlite::Result<()> {
    if !ending.is_kept && ending.state != EndState::Failed {
        return execute(connection, "DELETE FROM runs WHERE run = ?1 AND ended_at IS NULL", (run.0,));
    }
    let parameters = params![
        run.0,
        ending.state.name(),
        ending.attempt,
        ending.started_at.map(|at| at.0),
        ending.at.0,
        cause(ending),
        ending.failure.message,
        ending.failure.error,
        ending.gave_up,
        ending.result,
    ];
    execute(connection, END, parameters)
}

fn end_unread(
    connection: &Connection,
    job: &str,
    ending: &Ending,
    first_key: RunKey,
) -> rusqlite::Result<()> {
    let parameters = params![
        job,
        first_key.0,
        ending.state.name(),
        ending.at.0,
        cause(ending),
        ending.failure.message,
        ending.failure.error,
        ending.gave_up,
    ];
    execute(connection, END_UNREAD, parameters)
}

fn cause(ending: &Ending) -> Option<&str> {
    (ending.state != EndState::Completed).then_some(&*ending.failure.cause)
}

fn execute(connection: &Connection, statement: &str, parameters: impl Params) -> rusqlite::Result<()> {
    let mut statement: CachedStatement<'_> = connection.prepare_cached(statement)?;
    statement.execute(parameters)?;
    Ok(())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
