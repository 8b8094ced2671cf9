//! *Spares*: processes that are started before a job needs them and get the job (START) shortly before it is
//! due. Also handles processes that take too long to boot.

use std::sync::Arc;
use std::time::Duration;

use super::{Pool, WarmWorkers, Worker, WorkerId, WorkerState};
use crate::engine::effect::WarmUp;
use crate::engine::host::Host;
use crate::engine::job::{BootProfile, Overlap, RunCounts, Work};
use crate::engine::queue::RunQueue;
use crate::engine::run::StopReason;
use crate::engine::{Deadline, Effect, Engine, JobEvent, JobId, RunId, Trigger};
use crate::timer::{EpochMs, MonoMs, Now, TimerKey};
use crate::worker::environment::Environment;
use crate::worker::os::{Rights, StopSignal};

/// A spare that has been idle for so long is retired.
const SPARE_IDLE: Duration = Duration::from_secs(10);
/// How long before its due time a job is given to its spare. That takes a millisecond or two, and
/// what has just run starts faster than what has slept for long.
const PRIME_LEAD: Duration = Duration::from_millis(10);
/// A retired process that has not exited after this long is killed. It needs a millisecond.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);
/// The most due times looked at ahead, so that many jobs due at one second do not delay this input.
const DUE_SCAN: usize = 64;

/// Spares of one kind.
struct Wanted {
    profile: Arc<BootProfile>,
    count: usize,
    /// Of those that are not there yet.
    warm_up: WarmUp,
}

/// The entry for this kind, made if there is none.
fn wanted_of<'a>(wanted: &'a mut Vec<Wanted>, profile: &Arc<BootProfile>, warm_up: WarmUp) -> &'a mut Wanted {
    let index = wanted.iter().position(|wanted| wanted.profile == *profile).unwrap_or_else(|| {
        wanted.push(Wanted { profile: Arc::clone(profile), count: 0, warm_up });
        wanted.len() - 1
    });
    &mut wanted[index]
}

impl Engine {
    /// The process is killed unless it is further within this time; `None` lets it be.
    pub(in crate::engine) fn limit_worker(&mut self, worker: WorkerId, limit: Option<Duration>, now: Now) {
        let limit =
            limit.map(|limit| self.deadlines.insert(now.mono.plus(limit), Deadline::WorkerLimit(worker)));
        if let Some(before) = self.pool.set_limit(worker, limit) {
            self.deadlines.cancel(before);
        }
    }

    pub(in crate::engine) fn worker_limit_reached(&mut self, worker: WorkerId, now: Now) {
        self.pool.set_limit(worker, None);
        if let Some(survivor) = self.pool.refused_to_end(worker) {
            return self.abandon(worker, survivor, now);
        }
        let start_timeout = self.pool.start_timeout();
        match self.pool.run_of(worker) {
            Some(number) if self.kept.is_process(number) => self.kept.note_too_late(number, start_timeout),
            Some(run) => {
                if let Some(run) = self.runs.get_mut(&run) {
                    run.stop.get_or_insert(StopReason::TooLate(start_timeout));
                }
            }
            None => {}
        }
        // Do not record this as a requested stop: a process that has to be killed here is a failed boot.
        self.effects.push(Effect::Signal { worker, signal: StopSignal::Kill });
    }

    /// A process without a run has reported an error, which ends it.
    pub(in crate::engine) fn spare_failed(&mut self, worker: WorkerId, now: Now) {
        self.limit_worker(worker, Some(LEAVE_LIMIT), now);
    }

    pub(in crate::engine) fn worker_ready(&mut self, worker: WorkerId, now: Now) {
        let rest = self.pool.workers.get(&worker).map_or(SPARE_IDLE, |worker| self.spare_rest(worker, now));
        let idle = self.deadlines.insert(now.mono.plus(rest), Deadline::SpareIdle(worker));
        let ready = self.pool.ready(worker, idle, now);
        if let Some((_, boot)) = ready {
            self.measures.boots.observe(boot);
        }
        if matches!(ready, Some((true, _))) {
            self.limit_worker(worker, None, now);
        } else {
            self.deadlines.cancel(idle);
        }
    }

    /// Boots spares for jobs that are due within the lead, so that their processes are ready in time.
    pub(in crate::engine) fn prepare_spares(&mut self, now: Now) {
        if self.is_shutting_down() {
            return;
        }
        let horizon = now.wall.plus(self.pool.boot_lead());
        let has_new_due = self.due.next_after(self.prepared_until).is_some_and(|due| due <= horizon);
        self.prepared_until = horizon;
        // Where boots fail, only those that a run waits for, or will, are tried.
        let expected = self.pool.demand.to_boot(now.mono).filter(|_| self.pool.failures_in_a_row == 0);
        for Wanted { profile, count, warm_up } in self.wanted_spares(now, expected) {
            let missing = count.saturating_sub(self.pool.spares(&profile, &self.host));
            for _ in 0..missing {
                if self.pool.can_boot() {
                    self.boot(Arc::clone(&profile), warm_up, now);
                }
            }
        }
        if has_new_due {
            self.emit(JobEvent::EnvironmentWanted);
        }
    }

    /// Primes idle spares with the jobs that are due in a moment, so that at the due time only a GO frame
    /// remains to be sent.
    pub(in crate::engine) fn prime_spares(&mut self, now: Now) {
        let horizon = now.wall.plus(PRIME_LEAD);
        self.release_primed(horizon, now);
        self.primed_until = horizon;
        if self.is_shutting_down() || self.due.next_at().is_none_or(|at| at > horizon) {
            return;
        }
        let due: Vec<JobId> = self.due.iter_until(horizon).take(DUE_SCAN).copied().collect();
        for id in due {
            if self.pool.primed_for(id).is_none()
                && !self.has_queue(id)
                && let Some(profile) = self.profile_to_prepare(id)
                && let Some(worker) = self.pool.idle_spare(profile, &self.host)
            {
                self.prime(worker, id);
            }
        }
    }

    /// A run of such a job may have to wait for others when it is due, and a spare that knows its job waits for no other.
    fn has_queue(&self, id: JobId) -> bool {
        self.jobs.get(&id).is_some_and(|job| job.spec.policy.queue.is_some())
    }

    fn prime(&mut self, worker: WorkerId, id: JobId) {
        let Some(registered) = self.jobs.get(&id) else { return };
        let Work::Offloaded(work) = &registered.spec.work else { return };
        let job = Arc::clone(&work.job);
        let run = self.run_numbers.next();
        let granted = self.granted(id);
        let own_id = || format!("{}-{}", self.instance, run.0);
        let facts = serde_json::json!({
            "id": granted.map_or_else(own_id, |(id, _)| id.to_string()),
            "name": &*registered.spec.name,
            "attempt": 1,
            "attempts": registered.spec.policy.retry.attempts,
            "trigger": Trigger::Schedule.name(),
            "dueMs": registered.timer.as_ref().map(|timer| timer.at().0),
            "fence": granted.map(|(_, fence)| fence),
        });
        let env = self.pool.changed_environment(worker, &self.host.environment);
        if let Some(idle) = self.pool.prime(worker, id, run, &self.host.environment) {
            self.deadlines.cancel(idle);
        }
        self.effects.push(Effect::Start { worker, thread_id: run.0, env, job, run: Some(facts) });
        self.effects.push(Effect::WatchMemory { worker, limit_bytes: None });
    }

    /// Retires spares whose job will not run, or whose START frame is outdated.
    fn release_primed(&mut self, horizon: EpochMs, now: Now) {
        if !self.pool.has_spares() {
            return;
        }
        let is_wrong = |&(worker, job, _): &(WorkerId, JobId, RunId)| {
            let due = self.jobs.get(&job).and_then(|job| job.timer.as_ref()).map(TimerKey::at);
            due.is_none_or(|due| due > horizon)
                || self.pool.changed_environment(worker, &self.host.environment).is_some()
        };
        let wrong: Vec<_> = self.pool.primed().filter(is_wrong).collect();
        for (worker, ..) in wrong {
            self.retire(worker, now);
        }
    }

    /// The number of the run that a spare has been primed for.
    pub(in crate::engine) fn primed_run(&self, id: JobId) -> Option<RunId> {
        self.pool.primed_for(id).filter(|run| !self.runs.contains_key(run))
    }

    /// When the next spare should be given its job.
    pub(in crate::engine) fn prime_at(&self) -> Option<EpochMs> {
        let due = self.due.next_after(self.primed_until).filter(|_| self.pool.has_spares())?;
        Some(due.minus(PRIME_LEAD))
    }

    /// How many spares of which kind are wanted now, if these are for runs that are probably asked for soon.
    fn wanted_spares<'a>(
        &self,
        now: Now,
        expected: impl Iterator<Item = (&'a Arc<BootProfile>, usize, WarmUp)>,
    ) -> Vec<Wanted> {
        let limits = self.pool.limits;
        let (kept, bound) = match limits.warm_workers {
            WarmWorkers::Auto => (0, limits.max_boots),
            WarmWorkers::Count(count) => (count, count),
        };
        let mut wanted = Vec::new();
        let horizon = now.wall.plus(self.pool.boot_lead());
        let due = self.due.iter_until(horizon).take(DUE_SCAN).filter_map(|id| self.profile_to_prepare(*id));
        for profile in due.take(bound) {
            wanted_of(&mut wanted, profile, WarmUp::Full).count += 1;
        }
        if self.is_shut_down {
            return wanted;
        }
        let mut free = bound.min(limits.max_workers.unwrap_or(bound));
        free = free.saturating_sub(wanted.iter().map(|wanted| wanted.count).sum());
        for (profile, count, warm_up) in expected {
            let count = count.min(free);
            free -= count;
            wanted_of(&mut wanted, profile, warm_up).count += count;
        }
        if let Some(profile) = self.usual_profile.as_ref().filter(|_| kept > 0) {
            let wanted = wanted_of(&mut wanted, profile, WarmUp::Full);
            (wanted.count, wanted.warm_up) = (kept.max(wanted.count), WarmUp::Full);
        }
        wanted
    }

    /// How long the spare may be idle before it is looked at again.
    fn spare_rest(&self, worker: &Worker, now: Now) -> Duration {
        self.pool.demand.rest(&worker.profile, now.mono).unwrap_or(SPARE_IDLE)
    }

    /// The kind of process that the next run of a job needs; `None` if that run needs none.
    fn profile_to_prepare(&self, id: JobId) -> Option<&Arc<BootProfile>> {
        let job = self.jobs.get(&id)?;
        if self.is_clustered(id) && self.granted(id).is_none() {
            // Another host may have the slot.
            return None;
        }
        match &job.spec.work {
            Work::Offloaded(work)
                if job.runs == RunCounts::default() || job.spec.policy.overlap == Overlap::Allow =>
            {
                Some(&work.boot)
            }
            _ => None,
        }
    }

    /// A spare has been idle for long enough. It stays while no more of its kind are there than are
    /// wanted.
    pub(in crate::engine) fn spare_idle(&mut self, worker: WorkerId, now: Now) {
        let Some(found) = self.pool.workers.get(&worker) else { return };
        let rest = self.spare_rest(found, now);
        let profile = Arc::clone(&found.profile);
        let wanted = self.wanted_spares(now, self.pool.demand.to_keep(now.mono));
        let count = wanted.iter().find(|wanted| wanted.profile == profile).map_or(0, |wanted| wanted.count);
        if self.pool.spares(&profile, &self.host) > count {
            self.retire(worker, now);
        } else if let Some(found) = self.pool.workers.get_mut(&worker) {
            let key = self.deadlines.insert(now.mono.plus(rest), Deadline::SpareIdle(worker));
            found.state = WorkerState::Idle(key);
        }
    }

    /// The host's environment has changed.
    pub(in crate::engine) fn set_environment(&mut self, environment: Arc<Environment>, now: Now) {
        self.host.environment = environment;
        self.retire_outdated(now);
    }

    /// The host has these rights now.
    pub(in crate::engine) fn set_rights(&mut self, rights: Rights, now: Now) {
        self.host.rights_read = Some(now.mono);
        if self.host.rights.replace(rights) != Some(rights) {
            self.retire_outdated(now);
        }
    }

    /// Retires spares that no job can be given to any more.
    fn retire_outdated(&mut self, now: Now) {
        let host = &self.host;
        let is_outdated = |(_, worker): &(_, &Worker)| worker.is_unused() && !worker.is_current(host);
        let outdated: Vec<_> = self.pool.workers.iter().filter(is_outdated).map(|(&id, _)| id).collect();
        for worker in outdated {
            self.retire(worker, now);
        }
    }

    pub(in crate::engine) fn retire_spares(&mut self, now: Now) {
        for worker in self.pool.all() {
            if self.pool.workers.get(&worker).is_some_and(Worker::is_unused) {
                self.retire(worker, now);
            }
        }
    }

    fn retire(&mut self, worker: WorkerId, now: Now) {
        let Some(found) = self.pool.workers.get_mut(&worker) else { return };
        self.pool.demand.wasted(&found.profile);
        match std::mem::replace(&mut found.state, WorkerState::Leaving) {
            WorkerState::Idle(key) => {
                self.deadlines.cancel(key);
            }
            WorkerState::Booting(_) => self.pool.booting -= 1,
            _ => {}
        }
        self.limit_worker(worker, Some(LEAVE_LIMIT), now);
        self.effects.push(Effect::Retire(worker));
    }
}

impl Pool {
    pub(in crate::engine) fn is_primed(&self, id: WorkerId) -> bool {
        self.workers.get(&id).is_some_and(|worker| matches!(worker.state, WorkerState::Primed(..)))
    }

    /// The spares that wait for GO, each with its job and the number of the run.
    fn primed(&self) -> impl Iterator<Item = (WorkerId, JobId, RunId)> {
        self.workers.iter().filter_map(|(&id, worker)| match worker.state {
            WorkerState::Primed(job, run) => Some((id, job, run)),
            _ => None,
        })
    }

    /// The run that comes first in the queue among those that a spare can be given to, and its spare:
    /// the one that was primed for it, else an idle one, else one that still boots.
    pub(in crate::engine) fn spare_for_queue(
        &self,
        queue: &RunQueue,
        host: &Host,
    ) -> Option<(RunId, WorkerId)> {
        if !self.has_spares() {
            return None;
        }
        let is_ready_for =
            |worker: &Worker, run| queue.contains(run) && Arc::ptr_eq(&worker.env, &host.environment);
        let choice = |(&id, worker): (&WorkerId, &Worker)| {
            let (run, rank) = match worker.state {
                WorkerState::Primed(_, run) => (Some(run).filter(|run| is_ready_for(worker, *run)), 0),
                WorkerState::Idle(_) => (queue.first_for(&worker.profile), 1),
                WorkerState::Booting(None) => (queue.first_for(&worker.profile), 2),
                _ => (None, 3),
            };
            Some((queue.turn(run.filter(|_| worker.is_current(host))?), rank, id))
        };
        self.workers.iter().filter_map(choice).min().map(|((_, run), _, id)| (run, id))
    }

    /// Spares that a job of this kind has, or can have.
    fn spares(&self, profile: &BootProfile, host: &Host) -> usize {
        self.workers.values().filter(|worker| worker.is_unused() && worker.fits(profile, host)).count()
    }

    /// The run of this job that a spare waits for.
    fn primed_for(&self, job: JobId) -> Option<RunId> {
        self.primed().find(|&(_, primed, _)| primed == job).map(|(_, _, run)| run)
    }

    /// A spare that is ready for a job of this kind, best one that has warmed up fully.
    fn idle_spare(&self, profile: &BootProfile, host: &Host) -> Option<WorkerId> {
        let is_idle =
            |worker: &Worker| matches!(worker.state, WorkerState::Idle(_)) && worker.fits(profile, host);
        let idle = self.workers.iter().filter(|(_, worker)| is_idle(worker));
        idle.min_by_key(|(_, worker)| worker.warm_up).map(|(&id, _)| id)
    }

    /// The process waits for this run from now on. Returns the idle deadline, to be cancelled.
    fn prime(
        &mut self,
        id: WorkerId,
        job: JobId,
        run: RunId,
        env: &Arc<Environment>,
    ) -> Option<TimerKey<MonoMs>> {
        let worker = self.workers.get_mut(&id)?;
        worker.was_primed = true;
        worker.env = Arc::clone(env);
        match std::mem::replace(&mut worker.state, WorkerState::Primed(job, run)) {
            WorkerState::Idle(key) => Some(key),
            _ => None,
        }
    }
}
