//! When a process leaves: after its number of runs, its age or its idle time; when it does not have
//! what a process started now would have; for another job that waits; or since its job has gone.

use std::time::Duration;

use super::{Engine, Process};
use crate::engine::Deadline;
use crate::engine::ids::{JobId, RunId};
use crate::engine::lanes::Priority;
use crate::timer::{MonoMs, Now};
use crate::worker::os::StopSignal;

/// A process that has said why it ends and has not ended after this long is killed.
pub(super) const LEAVE_LIMIT: Duration = Duration::from_secs(5);
/// Where processes are scarce and other jobs wait for one, a process serves its job for so long: several
/// times what it takes to start another.
const TURN: Duration = Duration::from_millis(250);

impl Engine {
    /// Whether the process should serve no further run.
    pub(super) fn is_outdated(&self, number: RunId, now: Now) -> bool {
        let Some(process) = self.kept.processes.get(&number) else { return true };
        let Some(team) = self.kept.teams.get(&process.job) else { return true };
        let reuse = team.handler.reuse;
        process.is_worn
            || process.is_leaving
            || process.said.is_some()
            || process.stop.is_some()
            || process.served >= reuse.max_runs
            || (process.served > 0
                && reuse.max_age.is_some_and(|limit| now.mono.since(process.born) >= limit))
            || !self.jobs.contains_key(&process.job)
            || process.worker.is_none_or(|worker| !self.pool.is_current(worker, &self.host))
    }

    /// The process has no run.
    pub(super) fn rest(&mut self, number: RunId, now: Now) {
        if self.is_outdated(number, now) || self.gives_way(number, now) {
            return self.leave(number, now);
        }
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        process.rested = now.mono;
        if let Some(team) = self.kept.teams.get_mut(&process.job) {
            team.idle.push(number);
        }
    }

    /// Lets the process go when it has had nothing to do for a while.
    pub(super) fn wait_idle(&mut self, number: RunId, now: Now) {
        let Some(process) = self.kept.processes.get(&number) else { return };
        if process.current.is_some() || process.is_leaving || process.idle.is_some() || !process.is_online() {
            return;
        }
        let Some(team) = self.kept.teams.get(&process.job) else { return };
        let limit = if self.is_shutting_down() { Duration::ZERO } else { team.handler.reuse.idle };
        if limit.is_zero() {
            return self.kept_idle(number, now);
        }
        let key = self.deadlines.insert(now.mono.plus(limit), Deadline::KeptIdle(number));
        if let Some(process) = self.kept.processes.get_mut(&number) {
            process.idle = Some(key);
        }
    }

    /// The process has had no run for long enough.
    pub(in crate::engine) fn kept_idle(&mut self, number: RunId, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        process.idle = None;
        let job = process.job;
        self.leave(number, now);
        self.forget_team(job);
    }

    /// Ends a process that serves no run: SIGTERM, and SIGKILL when its grace is over.
    pub(super) fn leave(&mut self, number: RunId, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number).filter(|process| !process.is_leaving) else {
            return;
        };
        process.is_leaving = true;
        self.kept.leaving += 1;
        let (worker, keys) = (process.worker, [process.idle.take(), process.recall.take()]);
        let mut grace = LEAVE_LIMIT;
        if let Some(team) = self.kept.teams.get_mut(&process.job) {
            team.idle.retain(|&idle| idle != number);
            grace = team.policy.limits.term_grace;
            if !process.is_online() {
                team.booting = team.booting.saturating_sub(1);
            }
        }
        self.cancel_deadlines(keys);
        if let Some(worker) = worker {
            self.limit_worker(worker, Some(grace), now);
            self.signal(worker, StopSignal::Terminate);
        }
    }

    /// Lets go of every process that has no run, those that load their module included: of one job, or of all.
    pub(in crate::engine) fn leave_unused(&mut self, job: Option<JobId>, now: Now) {
        let is_unused =
            |process: &Process| process.current.is_none() && job.is_none_or(|job| job == process.job);
        let started = |process: &Process| process.worker.is_some();
        let processes = self.kept.processes.iter();
        let unused: Vec<(RunId, JobId)> = processes
            .filter(|(_, process)| is_unused(process) && started(process))
            .map(|(&number, process)| (number, process.job))
            .collect();
        for (number, job) in unused {
            self.leave(number, now);
            self.forget_team(job);
        }
    }

    /// Lets go of idle processes, those that have rested longest first, so that what waits may have
    /// their places.
    pub(in crate::engine) fn make_room(&mut self, now: Now) {
        while self.kept.leaving < self.queue.len() {
            let idle = self.kept.teams.values().filter_map(|team| team.idle.first().copied());
            let rested = |number: &RunId| self.kept.processes.get(number).map(|process| process.rested);
            let Some(number) = idle.min_by_key(|number| (rested(number), *number)) else { return };
            self.kept_idle(number, now);
        }
    }

    /// Whether the process should make room for another job: all places are taken, one of another job
    /// waits, and this process has had its turn.
    pub(super) fn should_give_way(&self, number: RunId, now: Now) -> bool {
        let Some(process) = self.kept.processes.get(&number) else { return false };
        self.pool.is_full()
            && process.served > 0
            && now.mono.since(process.turn_began) >= TURN
            && self.kept.leaving < self.queue.len()
            && self.queue.iter().any(|waiting| self.is_of_another_job(waiting, process.job))
    }

    fn is_of_another_job(&self, waiting: RunId, job: JobId) -> bool {
        let process = self.kept.processes.get(&waiting);
        let of = process.map(|process| process.job).or_else(|| self.runs.get(&waiting).map(|run| run.job));
        of.is_some_and(|of| of != job)
    }

    /// As above; and the processes that the same job has asked for go behind the other's.
    fn gives_way(&mut self, number: RunId, now: Now) -> bool {
        if !self.should_give_way(number, now) {
            return false;
        }
        let Some(job) = self.kept.processes.get(&number).map(|process| process.job) else { return false };
        let asked = self.kept.teams.get_mut(&job).map(|team| std::mem::take(&mut team.asked));
        for number in asked.into_iter().flatten() {
            self.ask_later(number, job);
        }
        true
    }

    fn ask_later(&mut self, number: RunId, job: JobId) {
        let later = self.run_numbers.next();
        let Some(team) = self.kept.teams.get_mut(&job) else { return };
        let Some(process) = team.handler.process.as_ref() else { return };
        self.queue.remove(number, &process.boot);
        self.queue.push(later, Priority::default(), &process.boot);
        team.asked.push_back(later);
        if let Some(process) = self.kept.processes.remove(&number) {
            self.kept.processes.insert(later, process);
        }
    }

    pub(super) fn forget_team(&mut self, job: JobId) {
        if self.jobs.contains_key(&job) {
            return;
        }
        let has_process = || self.kept.processes.values().any(|process| process.job == job);
        if self.kept.teams.get(&job).is_some_and(|team| team.ready.is_empty()) && !has_process() {
            self.kept.teams.remove(&job);
        }
    }
}

/// When rights of the host that were read so long ago are read again before a run is handed to a
/// process. Reading them takes a fifth of a short run.
pub(in crate::engine) const RIGHTS_HOLD: Duration = Duration::from_millis(20);

impl Engine {
    /// Whether the host's rights should be read before a process is handed a run.
    pub(in crate::engine) fn are_rights_old(&self, now: Now) -> bool {
        let read: Option<MonoMs> = self.host.rights_read;
        read.is_none_or(|read| now.mono.since(read) >= RIGHTS_HOLD)
    }
}
