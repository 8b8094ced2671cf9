//! Reads runs that an earlier host left, in windows.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::store::backlog::Backlog;
use crate::store::change::RunKey;
use crate::store::found::{WaitingRun, Window};
use crate::timer::EpochMs;

/// Priorities run from -100 to 100.
const ABOVE_ALL: i64 = i8::MAX as i64 + 1;

const NEXT_PRIORITY: &str = "
SELECT priority FROM runs WHERE job = ?1 AND priority < ?2 AND begin_at IS NOT NULL ORDER BY priority DESC LIMIT 1";

const DUE: &str = "
SELECT run, id, data, priority, trigger, due_at, begin_at, queued_at, attempt, attempts, timeout_ms
FROM runs WHERE job = ?1 AND priority = ?2 AND begin_at <= ?3 ORDER BY begin_at, run";

const NEXT_BEGIN: &str = "
SELECT begin_at, run FROM runs WHERE job = ?1 AND priority = ?2 AND begin_at > ?3 ORDER BY begin_at, run";

/// Reads up to `limit` runs of the job that may begin now, in order, and notes them as read.
pub(in crate::store) fn read_window(
    connection: &Connection,
    backlog: &mut Backlog,
    job: &Arc<str>,
    limit: usize,
    now: EpochMs,
) -> rusqlite::Result<Window> {
    let mut runs = Vec::new();
    let mut next_begin = None;
    if backlog.left(job) > 0 {
        let priorities = priorities(connection, job)?;
        for &priority in &priorities {
            read_due(connection, backlog, (job, priority, now), limit, &mut runs)?;
        }
        if runs.len() < limit {
            next_begin = first_after(connection, backlog, job, &priorities, now)?;
        }
        let is_last = runs.len() < limit && next_begin.is_none();
        backlog.note_read(job, runs.iter().map(|run| run.key), is_last);
    }
    let left = backlog.left(job);
    Ok(Window { job: Arc::clone(job), runs, left, next_begin: next_begin.filter(|_| left > 0) })
}

/// The priorities that waiting runs of the job have, highest first: a few seeks in the index.
fn priorities(connection: &Connection, job: &str) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(NEXT_PRIORITY)?;
    let mut priorities = Vec::new();
    let mut above = ABOVE_ALL;
    while let Some(priority) = statement.query_row((job, above), |row| row.get(0)).optional()? {
        priorities.push(priority);
        above = priority;
    }
    Ok(priorities)
}

fn read_due(
    connection: &Connection,
    backlog: &Backlog,
    (job, priority, now): (&str, i64, EpochMs),
    limit: usize,
    runs: &mut Vec<WaitingRun>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(DUE)?;
    let mut rows = statement.query((job, priority, now.0))?;
    while runs.len() < limit
        && let Some(row) = rows.next()?
    {
        let key = RunKey(row.get(0)?);
        if is_unread(backlog, key) {
            runs.push(waiting_run(key, row)?);
        }
    }
    Ok(())
}

fn first_after(
    connection: &Connection,
    backlog: &Backlog,
    job: &str,
    priorities: &[i64],
    now: EpochMs,
) -> rusqlite::Result<Option<EpochMs>> {
    let mut first: Option<EpochMs> = None;
    for priority in priorities {
        let mut statement = connection.prepare_cached(NEXT_BEGIN)?;
        let mut rows = statement.query((job, priority, now.0))?;
        while let Some(row) = rows.next()? {
            if is_unread(backlog, RunKey(row.get(1)?)) {
                let begin_at = EpochMs(row.get(0)?);
                first = Some(first.map_or(begin_at, |first| first.min(begin_at)));
                break;
            }
        }
    }
    Ok(first)
}

fn is_unread(backlog: &Backlog, key: RunKey) -> bool {
    key < backlog.first_key() && !backlog.is_read(key)
}

fn waiting_run(key: RunKey, row: &Row<'_>) -> rusqlite::Result<WaitingRun> {
    Ok(WaitingRun {
        key,
        id: row.get(1)?,
        data: row.get::<_, Option<Arc<[u8]>>>(2)?.unwrap_or_default(),
        priority: row.get(3)?,
        trigger: row.get(4)?,
        due: row.get::<_, Option<i64>>(5)?.map(EpochMs),
        begin_at: EpochMs(row.get(6)?),
        queued_at: EpochMs(row.get(7)?),
        attempt: row.get(8)?,
        attempts: row.get(9)?,
        timeout: row.get::<_, Option<i64>>(10)?.map(|ms| Duration::from_millis(ms.unsigned_abs())),
    })
}
