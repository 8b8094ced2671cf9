//! Which jobs exist, and when they are due.

use std::sync::Arc;

use super::event::SkipReason;
use super::ids::JobId;
use super::job::{Job, JobSpec, MISSED_AFTER, When, Work};
use super::pausing::Awaits;
use super::run::{Origin, Trigger};
use super::slots::Resumed;
use super::{Engine, Refusal, Reply};
use crate::timer::{EpochMs, Now};

impl Engine {
    pub(super) fn add_job(
        &mut self,
        spec: JobSpec,
        replace_finished: bool,
        is_held: bool,
        now: Now,
    ) -> Result<Reply, Refusal> {
        self.accept_work()?;
        if let Some(&id) = self.names.get(&spec.name) {
            if !(replace_finished && self.jobs.get(&id).is_some_and(|job| job.is_finished())) {
                return Err(Refusal::DuplicateName);
            }
            self.forget_job(id);
        }
        let first_due = spec.when.next_after(now.wall);
        if first_due.is_none() && spec.when.is_never() {
            return Err(Refusal::NeverDue);
        }
        if let Work::Offloaded(work) = &spec.work {
            self.usual_profile.get_or_insert_with(|| Arc::clone(&work.boot));
        }
        let id = JobId(self.next_job);
        self.next_job += 1;
        self.names.insert(Arc::clone(&spec.name), id);
        self.jobs.insert(id, Box::new(Job::new(spec)));
        self.pause_new_job(id, now);
        let reply = if is_held { Reply::Accepted } else { self.arm(id, first_due, now) };
        self.read_runs_of(id);
        Ok(reply)
    }

    pub(super) fn schedule_job(&mut self, name: &str, now: Now) -> Result<Reply, Refusal> {
        self.accept_work()?;
        let id = self.job_named(name)?;
        match self.jobs.get(&id) {
            Some(job) if job.is_finished() => {
                let first_due = job.spec.when.next_after(now.wall);
                Ok(self.arm(id, first_due, now))
            }
            _ => Err(Refusal::AlreadyStarted),
        }
    }

    /// Refuses work once a shutdown has begun.
    pub(super) fn accept_work(&self) -> Result<(), Refusal> {
        match (self.is_shut_down, self.is_shutting_down()) {
            (false, _) => Ok(()),
            (true, true) => Err(Refusal::ShuttingDown),
            (true, false) => Err(Refusal::ShutDown),
        }
    }

    pub(super) fn job_named(&self, name: &str) -> Result<JobId, Refusal> {
        self.names.get(name).copied().ok_or(Refusal::UnknownJob)
    }

    /// Arms the first due time, or starts the run when there is nothing to wait for.
    fn arm(&mut self, id: JobId, first_due: Option<EpochMs>, now: Now) -> Reply {
        let Resumed { first_due, passed } = self.resume_schedule(id, first_due, now);
        let Some(job) = self.jobs.get_mut(&id) else { return Reply::Accepted };
        job.is_held = false;
        let is_paused = job.paused.is_some();
        if is_paused {
            let awaits = match (&job.spec.when, first_due) {
                (When::Now, _) => Awaits::Now,
                (_, due) => passed.or(due).map_or(Awaits::Nothing, Awaits::Due),
            };
            self.await_resume(id, awaits);
        } else {
            self.set_due(id, first_due);
        }
        if let Some(passed) = passed.filter(|_| !is_paused) {
            self.make_up(id, passed, now);
        }
        let Some(job) = self.jobs.get(&id) else { return Reply::Accepted };
        match (&job.spec.when, first_due) {
            (When::Now, _) if job.paused.is_some() => Reply::Accepted,
            (When::Now, _) => {
                self.trigger(id, Origin::of(Trigger::Now, None), now);
                Reply::Accepted
            }
            (When::At(_) | When::Recurring { .. }, None) => Reply::InThePast,
            _ => Reply::Accepted,
        }
    }

    /// A due time has come. The next one is counted from now: no slot is made up for.
    pub(super) fn fall_due(&mut self, id: JobId, at: EpochMs, now: Now) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.answered = now.wall;
        let is_clustered = self.is_clustered(id);
        let granted = self.take_granted(id);
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let next = match &job.spec.when {
            When::Recurring { .. } => job.spec.when.next_after(now.wall),
            _ => None,
        };
        self.set_due(id, next);
        if is_clustered {
            if let Some(grant) = granted {
                self.slot_due(id, &grant, at, now);
            }
            return;
        }
        let slot = self.slot(id, now.wall);
        let Some(job) = self.jobs.get(&id) else { return };
        if job.spec.policy.missed.runs(now.wall.since(at)) {
            let is_late = now.wall.since(at) > MISSED_AFTER;
            let trigger = match (&job.spec.when, is_late) {
                (_, true) => Trigger::Missed,
                (When::At(_), _) => Trigger::Date,
                _ => Trigger::Schedule,
            };
            self.trigger(id, Origin { slot, ..Origin::of(trigger, Some(at)) }, now);
        } else {
            let count = job.spec.when.count_due(at, now.wall);
            self.keep_slot(slot);
            self.skip(id, SkipReason::Missed, count, Some(at), now);
        }
    }

    /// No due time of the job comes any more.
    pub(super) fn disarm(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.backlog = 0;
        job.is_held = true;
        self.set_due(id, None);
        self.await_resume(id, Awaits::Nothing);
    }

    /// Drops the job from the registry; its runs go on without it.
    pub(super) fn forget_job(&mut self, id: JobId) {
        self.disarm(id);
        if let Some(job) = self.jobs.remove(&id) {
            self.names.remove(&job.spec.name);
        }
        if self.jobs.is_empty() {
            self.usual_profile = None;
        }
    }
}

impl When {
    /// The first due time after now; a date may also be now itself.
    pub(super) fn next_after(&self, now: EpochMs) -> Option<EpochMs> {
        match self {
            When::Now | When::HostClock => None,
            When::At(at) => Some(*at).filter(|at| *at >= now),
            When::Recurring { plan, anchor } => plan.next_after(now, *anchor),
        }
    }

    /// How many due times there are from `first`, which is one, up to `until`.
    pub(super) fn count_due(&self, first: EpochMs, until: EpochMs) -> u32 {
        match self {
            _ if first > until => 0,
            When::Recurring { plan, anchor } => plan.count_between(first, until, *anchor).saturating_add(1),
            _ => 1,
        }
    }

    /// There is no such time in any year.
    fn is_never(&self) -> bool {
        matches!(self, When::Recurring { plan, .. } if plan.schedule.never_due().is_some())
    }
}
