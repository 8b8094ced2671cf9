//! Processes that are booted before a job needs them, and what becomes of one that is late.

use std::sync::Arc;
use std::time::Duration;

use super::{WarmWorkers, Worker, WorkerId, WorkerState};
use crate::engine::job::{BootProfile, Overlap, Work};
use crate::engine::run::StopReason;
use crate::engine::{Deadline, Effect, Engine, JobEvent, JobId};
use crate::timer::Now;
use crate::worker::os::StopSignal;

/// A spare that nothing has needed for so long is let go.
const SPARE_IDLE: Duration = Duration::from_secs(10);
/// A process that was let go and has not left after this long is killed. It needs a millisecond.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);
/// Due times looked at ahead of time, so that a crowd at one second costs no time now.
const DUE_SCAN: usize = 64;

impl Engine {
    /// The process is killed unless it is further within this time; `None` lets it be.
    pub(in crate::engine) fn limit_worker(&mut self, worker: WorkerId, limit: Option<Duration>, now: Now) {
        let limit =
            limit.map(|limit| self.deadlines.insert(now.mono.plus(limit), Deadline::WorkerLimit(worker)));
        if let Some(before) = self.pool.set_limit(worker, limit) {
            self.deadlines.cancel(before);
        }
    }

    pub(in crate::engine) fn worker_limit_reached(&mut self, worker: WorkerId) {
        self.pool.set_limit(worker, None);
        let start_timeout = self.pool.start_timeout();
        if let Some(run) = self.pool.run_of(worker).and_then(|run| self.runs.get_mut(&run)) {
            run.stop.get_or_insert(StopReason::TooLate(start_timeout));
        }
        // Not as a stop on request: that it had to be killed is a failed boot.
        self.effects.push(Effect::Signal { worker, signal: StopSignal::Kill });
    }

    pub(in crate::engine) fn worker_ready(&mut self, worker: WorkerId, now: Now) {
        let idle = self.deadlines.insert(now.mono.plus(SPARE_IDLE), Deadline::SpareIdle(worker));
        if self.pool.ready(worker, idle, now) {
            self.limit_worker(worker, None, now);
        } else {
            self.deadlines.cancel(idle);
        }
    }

    /// Boots spares for what is due within the lead, so that a process waits for the job and not the
    /// job for a process.
    pub(in crate::engine) fn prepare_spares(&mut self, now: Now) {
        if self.is_shutting_down() {
            return;
        }
        let horizon = now.wall.plus(self.pool.boot_lead());
        let has_new_due = self.due.next_after(self.prepared_until).is_some_and(|due| due <= horizon);
        self.prepared_until = horizon;
        for (profile, wanted) in self.wanted_spares(now) {
            let missing = wanted.saturating_sub(self.pool.free_spares(&profile, &self.environment));
            for _ in 0..missing {
                if self.pool.can_boot() {
                    self.boot(Arc::clone(&profile), None, now);
                }
            }
        }
        if has_new_due {
            self.emit(JobEvent::EnvironmentWanted);
        }
    }

    /// How many spares of which kind are wanted now.
    fn wanted_spares(&self, now: Now) -> Vec<(Arc<BootProfile>, usize)> {
        let limits = self.pool.limits;
        let (kept, bound) = match limits.warm_workers {
            WarmWorkers::Auto => (0, limits.max_boots),
            WarmWorkers::Count(count) => (count, count),
        };
        let mut wanted: Vec<(Arc<BootProfile>, usize)> = Vec::new();
        let horizon = now.wall.plus(self.pool.boot_lead());
        let due = self.due.iter_until(horizon).take(DUE_SCAN).filter_map(|id| self.profile_to_prepare(*id));
        for profile in due.take(bound) {
            match wanted.iter_mut().find(|(known, _)| known == profile) {
                Some((_, count)) => *count += 1,
                None => wanted.push((Arc::clone(profile), 1)),
            }
        }
        if kept > 0
            && !self.is_shut_down
            && wanted.is_empty()
            && let Some(profile) = &self.usual_profile
        {
            wanted.push((Arc::clone(profile), kept));
        }
        wanted
    }

    /// The kind of process that the next run of a job needs; `None` if that run needs none.
    fn profile_to_prepare(&self, id: JobId) -> Option<&Arc<BootProfile>> {
        let job = self.jobs.get(&id)?;
        match &job.spec.work {
            Work::Offloaded(work) if job.live_runs == 0 || job.spec.policy.overlap == Overlap::Allow => {
                Some(&work.boot)
            }
            _ => None,
        }
    }

    /// A spare has waited long enough. It stays while it is wanted.
    pub(in crate::engine) fn spare_idle(&mut self, worker: WorkerId, now: Now) {
        let wanted = self.wanted_spares(now);
        let Some(found) = self.pool.workers.get_mut(&worker) else { return };
        if wanted.iter().any(|(profile, _)| **profile == *found.profile) {
            let key = self.deadlines.insert(now.mono.plus(SPARE_IDLE), Deadline::SpareIdle(worker));
            found.state = WorkerState::Idle(key);
        } else {
            self.retire(worker, now);
        }
    }

    pub(in crate::engine) fn retire_spares(&mut self, now: Now) {
        for worker in self.pool.all() {
            if self.pool.workers.get(&worker).is_some_and(Worker::is_free) {
                self.retire(worker, now);
            }
        }
    }

    fn retire(&mut self, worker: WorkerId, now: Now) {
        let Some(found) = self.pool.workers.get_mut(&worker) else { return };
        match std::mem::replace(&mut found.state, WorkerState::Leaving) {
            WorkerState::Idle(key) => {
                self.deadlines.cancel(key);
            }
            WorkerState::Booting(_) => self.pool.booting -= 1,
            WorkerState::Busy(_) | WorkerState::Leaving => {}
        }
        self.limit_worker(worker, Some(LEAVE_LIMIT), now);
        self.effects.push(Effect::Retire(worker));
    }
}
