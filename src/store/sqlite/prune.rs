//! Deletes ended runs beyond the bounds, oldest first, a few at a time: the history delays no job.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use rusqlite::Connection;

use crate::store::change::{Change, EndState};
use crate::store::options::{Bounds, Options};
use crate::timer::EpochMs;

/// Rows that one statement deletes: under a millisecond.
const ROWS_AT_ONCE: u16 = 200;
/// Ended runs after which it is time to look again.
const ENDS_BETWEEN: usize = 500;

const BEYOND_JOB: &str = "
DELETE FROM runs WHERE run IN (SELECT run FROM runs WHERE job = ?1 AND state = ?2 AND ended_at IS NOT NULL
    ORDER BY ended_at DESC, run DESC LIMIT ?4 OFFSET ?3)";
const BEYOND_TOTAL: &str = "
DELETE FROM runs WHERE run IN (SELECT run FROM runs WHERE state = ?1 AND ended_at IS NOT NULL
    ORDER BY ended_at DESC, run DESC LIMIT ?3 OFFSET ?2)";
const TOO_OLD: &str = "
DELETE FROM runs WHERE run IN (SELECT run FROM runs WHERE state = ?1 AND ended_at < ?2 ORDER BY ended_at LIMIT ?3)";

/// What is still to be deleted.
#[derive(Debug)]
pub(in crate::store) struct Pruner {
    history: Bounds,
    failed: Bounds,
    /// Jobs of which runs have ended since the last look.
    touched: BTreeSet<(Arc<str>, EndState)>,
    ends: usize,
    tasks: VecDeque<Task>,
    /// By the clock of the last end.
    now: EpochMs,
}

#[derive(Debug)]
enum Task {
    OfJob(Arc<str>, EndState),
    Total(EndState),
    Age(EndState),
}

impl Pruner {
    pub(in crate::store) fn new(options: &Options, now: EpochMs) -> Self {
        let Options { history, failed, .. } = *options;
        let tasks = VecDeque::new();
        let mut pruner = Pruner { history, failed, touched: BTreeSet::new(), ends: 0, tasks, now };
        pruner.look();
        pruner
    }

    /// A change has been committed.
    pub(in crate::store) fn note_change(&mut self, change: &Change) {
        if let Change::End { job, ending, .. } | Change::EndUnread { job, ending } = change {
            self.ends += 1;
            self.now = ending.at;
            self.touched.insert((Arc::clone(job), ending.state));
        }
        if self.ends >= ENDS_BETWEEN {
            self.look();
        }
    }

    fn look(&mut self) {
        self.ends = 0;
        let touched = std::mem::take(&mut self.touched);
        self.tasks.extend(touched.into_iter().map(|(job, state)| Task::OfJob(job, state)));
        self.tasks.extend(EndState::ALL.map(Task::Total));
        self.tasks.extend(EndState::ALL.map(Task::Age));
    }

    pub(in crate::store) fn is_due(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Deletes some rows.
    pub(in crate::store) fn step(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let Some(task) = self.tasks.pop_front() else { return Ok(()) };
        let deleted = self.delete(connection, &task)?;
        if deleted == usize::from(ROWS_AT_ONCE) {
            self.tasks.push_front(task);
        }
        Ok(())
    }

    /// Leaves it until more runs have ended.
    pub(in crate::store) fn rest(&mut self) {
        self.tasks.clear();
    }

    fn delete(&self, connection: &Connection, task: &Task) -> rusqlite::Result<usize> {
        let limit = ROWS_AT_ONCE;
        match task {
            Task::OfJob(job, state) => connection.prepare_cached(BEYOND_JOB)?.execute((
                job,
                state.name(),
                self.bounds(*state).per_job,
                limit,
            )),
            Task::Total(state) => connection.prepare_cached(BEYOND_TOTAL)?.execute((
                state.name(),
                self.bounds(*state).total,
                limit,
            )),
            Task::Age(state) => {
                let oldest = self.now.minus(self.bounds(*state).max_age);
                connection.prepare_cached(TOO_OLD)?.execute((state.name(), oldest.0, limit))
            }
        }
    }

    fn bounds(&self, state: EndState) -> Bounds {
        match state {
            EndState::Failed => self.failed,
            EndState::Completed | EndState::Cancelled => self.history,
        }
    }
}
