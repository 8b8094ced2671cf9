//! What the host process is still needed for, so that it knows whether it may end.

use super::run::Phase;
use super::{Engine, JobId};
use crate::timer::{EpochMs, TimerKey};

/// What is still to come, the weakest reason to stay alive first. JavaScript compares the numbers
/// (`lib/host/keep-alive.js`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Activity {
    /// Nothing.
    Idle = 0,
    /// Due times, all of jobs that do not keep the host process alive ([`Policy::unref`](super::Policy)).
    UnrefDue = 1,
    /// Due times.
    Due = 2,
    /// Runs that have not ended, or requests that are not settled.
    Busy = 3,
}

impl Engine {
    /// The strongest reason for the host process to stay alive.
    pub fn activity(&self) -> Activity {
        let is_keeping = || {
            let is_writing = self.keeping.as_ref().is_some_and(|keeping| keeping.is_busy());
            is_writing || self.has_unread_runs()
        };
        if self.has_live_runs() || !self.requests.is_empty() || is_keeping() {
            Activity::Busy
        } else if self.holding_due > 0 {
            Activity::Due
        } else if self.unref_due > 0 {
            Activity::UnrefDue
        } else {
            Activity::Idle
        }
    }

    /// Once everything has been shut down, a function that still goes is not waited for: it may never settle.
    fn has_live_runs(&self) -> bool {
        if self.is_shut_down {
            self.runs.values().any(|run| run.phase != Phase::Inline)
        } else {
            !self.runs.is_empty()
        }
    }

    /// Sets, moves or clears the due time of a job.
    pub(super) fn set_due(&mut self, id: JobId, at: Option<EpochMs>) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let timer = at.map(|at| self.due.insert(at, id));
        let before = std::mem::replace(&mut job.timer, timer);
        let is_unref = job.spec.policy.unref;
        self.note_due(at.is_some(), before.is_some(), is_unref);
        if self.cluster.is_some() {
            if before.as_ref().map(TimerKey::at) != at {
                self.return_grant(id);
            }
            self.plan_claim(id, at);
        }
        if let Some(before) = before {
            // Without effect where it has just fallen due.
            self.due.cancel(before);
        }
    }

    /// A job has a due time now, or had one; also one that it gets when it is resumed.
    pub(super) fn note_due(&mut self, is_due: bool, was_due: bool, is_unref: bool) {
        let jobs = if is_unref { &mut self.unref_due } else { &mut self.holding_due };
        *jobs += usize::from(is_due);
        *jobs -= usize::from(was_due);
    }
}
