//! Runs that the store keeps begin in it first: until then their process does not know of them.

use super::Engine;
use crate::engine::event::Usage;
use crate::engine::ids::{RunId, WorkerId};
use crate::engine::run::{EndCause, Phase};
use crate::timer::Now;

impl Engine {
    /// The run begins in its process, or waits until the store has that.
    pub(super) fn begin_or_wait(&mut self, id: RunId, worker: WorkerId, now: Now) {
        if self.may_begin(id, now) {
            self.send_run(worker, id);
            self.begin(id, worker, now);
        } else {
            self.wait_for_store(id, worker);
        }
    }

    /// The process comes to the run that stood ahead, which has begun if it was sent.
    pub(super) fn begin_ahead(&mut self, id: RunId, worker: WorkerId, now: Now) {
        if self.is_begun(id) {
            self.begin(id, worker, now);
        } else {
            self.wait_for_store(id, worker);
        }
    }

    fn wait_for_store(&mut self, id: RunId, worker: WorkerId) {
        self.count(id);
        self.move_run(id, Phase::Beginning(Some(worker)));
    }

    /// Whether the run has a process that does not know of it yet.
    pub(super) fn is_beginning(&self, id: RunId) -> bool {
        self.runs.get(&id).is_some_and(|run| matches!(run.phase, Phase::Beginning(_)))
    }

    /// The store has the begin of a run whose process waits for that.
    pub(in crate::engine) fn begin_in_process(&mut self, id: RunId, worker: WorkerId, now: Now) {
        let is_stopped = self.runs.get(&id).is_some_and(|run| run.stop.is_some());
        match self.pool.run_of(worker).filter(|_| is_stopped) {
            Some(number) => self.run_settled(number, id, EndCause::Cancelled, false, now),
            None => self.begin_or_wait(id, worker, now),
        }
    }

    /// The store has the begin of a run that stands ahead in this process.
    pub(in crate::engine) fn send_ahead_now(&mut self, id: RunId, worker: WorkerId, now: Now) {
        if self.runs.get(&id).is_none_or(|run| run.stop.is_none()) {
            return self.send_run(worker, id);
        }
        if let Some(number) = self.pool.run_of(worker) {
            self.take_from_ahead(number);
        }
        self.end_run(id, EndCause::Cancelled, Usage::default(), None, now);
    }

    /// No run stands ahead in the process any more.
    pub(super) fn take_from_ahead(&mut self, number: RunId) {
        if let Some(process) = self.kept.processes.get_mut(&number) {
            process.ahead = None;
        }
    }
}
