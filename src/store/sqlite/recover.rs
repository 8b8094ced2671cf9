//! Opening, part two: puts in order what the last host left, in one transaction, and reports what the
//! file holds.

use std::sync::Arc;

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::apply::{apply, note_attempt};
use crate::store::change::{Change, EndState, Ending, FailedAttempt, Failure, Pause, RunKey, Slot};
use crate::store::found::{DiedRun, Found, WaitingJob};
use crate::store::recovery::{AfterHost, HOST_DIED, after_host, begin_after_step};
use crate::timer::EpochMs;

// It begins in the order of the times at which it had begun.
const AGAIN: &str = "
UPDATE runs SET state = 'waiting', trigger = 'recovered', attempt = ?2, begin_at = ?3 WHERE run = ?1";

const UNDER_WAY: &str = "
SELECT run, id, job, attempt, attempts, started_at FROM runs WHERE state = 'running' ORDER BY started_at, run";

const EARLY: &str = "
SELECT run, begin_at, coalesce((SELECT ended_at FROM attempts WHERE attempts.run = runs.run
    AND attempts.attempt = runs.attempt - 1), queued_at), due_at
FROM runs WHERE begin_at IS NOT NULL AND begin_at > ?1";

/// Puts the file in order.
pub(super) fn recover(connection: &mut Connection, now: EpochMs) -> rusqlite::Result<Found> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let first_key = first_key(&transaction)?;
    let (died, recovered) = settle_interrupted(&transaction, first_key, now)?;
    follow_clock(&transaction, now)?;
    let found = Found {
        first_key,
        waiting: all(&transaction, WAITING, |row| {
            Ok(WaitingJob {
                job: row.get(0)?,
                runs: row.get::<_, i64>(1)?.unsigned_abs(),
                first_begin: EpochMs(row.get(2)?),
            })
        })?,
        recovered,
        died,
        slots: all(
            &transaction,
            "SELECT job, schedule, time_zone, anchor_at, answered_at FROM schedules",
            slot,
        )?,
        pauses: all(&transaction, "SELECT job, since_at, by, note FROM pauses", pause)?,
        migrated_from: None,
    };
    transaction.commit()?;
    Ok(found)
}

const WAITING: &str = "
SELECT job, count(*), min(begin_at) FROM runs WHERE begin_at IS NOT NULL GROUP BY job ORDER BY job";

fn first_key(connection: &Connection) -> rusqlite::Result<RunKey> {
    connection.query_row("SELECT coalesce(max(run), 0) + 1 FROM runs", (), |row| row.get(0).map(RunKey))
}

struct Interrupted {
    attempts: u32,
    run: DiedRun,
}

/// The runs that were under way: this process has the lock, so their host is gone.
fn settle_interrupted(
    connection: &Connection,
    first_key: RunKey,
    now: EpochMs,
) -> rusqlite::Result<(Vec<DiedRun>, u64)> {
    let mut died = Vec::new();
    let mut recovered = 0;
    for Interrupted { attempts, run } in all(connection, UNDER_WAY, interrupted)? {
        match after_host(run.attempt, attempts) {
            AfterHost::Again { attempt } => {
                note_attempt(connection, run.key, &failed(&run, now))?;
                let begin_at = run.started_at.unwrap_or(now).min(now);
                connection.prepare_cached(AGAIN)?.execute(params![run.key.0, attempt, begin_at.0])?;
                recovered += 1;
            }
            AfterHost::Died => {
                let (job, ending) = (Arc::clone(&run.job), last_end(&run, now));
                apply(connection, &Change::End { run: run.key, job, ending }, first_key)?;
                died.push(run);
            }
        }
    }
    Ok((died, recovered))
}

fn interrupted(row: &Row<'_>) -> rusqlite::Result<Interrupted> {
    let run = DiedRun {
        key: RunKey(row.get(0)?),
        id: row.get(1)?,
        job: row.get(2)?,
        attempt: row.get(3)?,
        started_at: row.get::<_, Option<i64>>(5)?.map(EpochMs),
    };
    Ok(Interrupted { attempts: row.get(4)?, run })
}

fn failure() -> Failure {
    let message = "The host died while this attempt was running";
    Failure { cause: HOST_DIED.into(), message: Some(Arc::from(message)), error: None }
}

fn failed(run: &DiedRun, now: EpochMs) -> FailedAttempt {
    FailedAttempt { attempt: run.attempt, started_at: run.started_at, ended_at: now, failure: failure() }
}

fn last_end(run: &DiedRun, now: EpochMs) -> Ending {
    Ending {
        state: EndState::Failed,
        attempt: run.attempt,
        started_at: run.started_at,
        at: now,
        failure: failure(),
        gave_up: Some("attempts".into()),
        result: None,
        is_kept: true,
    }
}

/// Moves the times of runs that were noted by a clock that was ahead of this one.
fn follow_clock(connection: &Connection, now: EpochMs) -> rusqlite::Result<()> {
    let early = all_with(connection, EARLY, (now.0,), |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, i64>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, Option<i64>>(3)?,
        ))
    })?;
    for (run, begin_at, noted, due) in early {
        let begin_at = EpochMs(begin_at);
        let moved = begin_after_step(begin_at, EpochMs(noted), due.map(EpochMs), now);
        if moved != begin_at {
            let mut statement = connection.prepare_cached("UPDATE runs SET begin_at = ?2 WHERE run = ?1")?;
            statement.execute((run, moved.0))?;
        }
    }
    Ok(())
}

fn slot(row: &Row<'_>) -> rusqlite::Result<Slot> {
    Ok(Slot {
        job: row.get(0)?,
        schedule: row.get(1)?,
        time_zone: row.get(2)?,
        anchor: EpochMs(row.get(3)?),
        answered: row.get::<_, Option<i64>>(4)?.map(EpochMs),
    })
}

fn pause(row: &Row<'_>) -> rusqlite::Result<Pause> {
    Ok(Pause {
        job: row.get(0)?,
        since: EpochMs(row.get(1)?),
        by: row.get::<_, String>(2)?.into(),
        note: row.get(3)?,
    })
}

fn all<T>(
    connection: &Connection,
    query: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    all_with(connection, query, (), read)
}

fn all_with<T>(
    connection: &Connection,
    query: &str,
    parameters: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(query)?.query_map(parameters, read)?.collect()
}
