//! Which jobs exist, and when they are due.

use std::sync::Arc;

use super::event::{JobEvent, SkipReason};
use super::ids::{JobId, RunId};
use super::input::RunRequest;
use super::job::{Job, JobSpec, MISSED_AFTER, Overlap, When, Work};
use super::lanes::LaneKey;
use super::run::{Origin, Phase, Trigger};
use super::stopping::Stop;
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
        let answered = EpochMs(i64::MIN);
        let job = Job { spec, timer: None, answered, live_runs: 0, aside: 0, backlog: 0, skipped: 0 };
        self.jobs.insert(id, Box::new(job));
        Ok(if is_held { Reply::Accepted } else { self.arm(id, first_due, now) })
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

    pub(super) fn run_job(&mut self, name: &str, now: Now) -> Result<Reply, Refusal> {
        self.accept_work()?;
        let id = self.job_named(name)?;
        if let Some(run) = self.run_aside(id) {
            return Ok(self.promote(run, now));
        }
        Ok(self.trigger(id, Origin::of(Trigger::Manual, None), now))
    }

    /// A run of the job, asked for by the host.
    pub(super) fn request_run(
        &mut self,
        name: &str,
        request: RunRequest,
        now: Now,
    ) -> Result<Reply, Refusal> {
        self.accept_work()?;
        let id = self.job_named(name)?;
        if request.data.is_none()
            && let Some(run) = self.run_aside(id)
        {
            return Ok(self.promote(run, now));
        }
        let Some(job) = self.jobs.get(&id) else { return Err(Refusal::UnknownJob) };
        let origin = Origin {
            trigger: Trigger::Manual,
            due: None,
            priority: request.priority,
            data: request.data,
            id: request.id,
            delay: request.delay,
            attempts: request.attempts,
            timeout: request.timeout,
        };
        match &job.spec.work {
            Work::Handler(handler) => {
                let key =
                    handler.queue.as_ref().map_or(LaneKey::Own(id), |name| LaneKey::Named(Arc::clone(name)));
                if self.lanes.waiting(&key) >= handler.max_waiting {
                    return Err(Refusal::QueueFull);
                }
                Ok(Reply::Run(self.start_run(id, origin, now)))
            }
            _ if job.has_room() => Ok(Reply::Run(self.start_run(id, origin, now))),
            _ => match self.trigger(id, origin, now) {
                Reply::AlreadyRunning => Err(Refusal::AlreadyRunning),
                reply => Ok(reply),
            },
        }
    }

    /// A run of the job that waits for its next attempt, where runs of it must not overlap.
    fn run_aside(&self, id: JobId) -> Option<RunId> {
        let job = self.jobs.get(&id).filter(|job| job.aside > 0)?;
        if job.spec.policy.overlap == Overlap::Allow {
            return None;
        }
        let runs = self.runs_of.range((id, RunId(u32::MIN))..=(id, RunId(u32::MAX)));
        runs.map(|&(_, run)| run)
            .find(|run| self.runs.get(run).is_some_and(|run| run.phase == Phase::Retrying))
    }

    /// Refuses work once a shutdown has begun.
    fn accept_work(&self) -> Result<(), Refusal> {
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
        self.set_due(id, first_due);
        let Some(job) = self.jobs.get(&id) else { return Reply::Accepted };
        match (&job.spec.when, first_due) {
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
        let next = match &job.spec.when {
            When::Recurring { .. } => job.spec.when.next_after(now.wall),
            _ => None,
        };
        self.set_due(id, next);
        let Some(job) = self.jobs.get(&id) else { return };
        if job.spec.policy.missed.runs(now.wall.since(at)) {
            let is_late = now.wall.since(at) > MISSED_AFTER;
            let trigger = match (&job.spec.when, is_late) {
                (_, true) => Trigger::Missed,
                (When::At(_), _) => Trigger::Date,
                _ => Trigger::Schedule,
            };
            self.trigger(id, Origin::of(trigger, Some(at)), now);
        } else {
            let (name, registration) = (Arc::clone(&job.spec.name), job.spec.registration);
            let skipped = job.skipped;
            self.emit(JobEvent::Skipped { name, registration, reason: SkipReason::Missed, skipped });
        }
    }

    /// One run of the job is wanted now: its overlap policy says whether it gets it.
    fn trigger(&mut self, id: JobId, origin: Origin, now: Now) -> Reply {
        let Some(job) = self.jobs.get_mut(&id) else { return Reply::Accepted };
        if job.has_room() {
            return Reply::Run(self.start_run(id, origin, now));
        }
        match job.spec.policy.overlap {
            Overlap::Skip => {
                job.skipped += 1;
                let (name, registration) = (Arc::clone(&job.spec.name), job.spec.registration);
                let skipped = job.skipped;
                self.emit(JobEvent::Skipped { name, registration, reason: SkipReason::Overlap, skipped });
                return Reply::AlreadyRunning;
            }
            // Allowed to overlap, up to its concurrency: no due time is dropped.
            Overlap::Queue | Overlap::Allow => job.backlog = job.backlog.saturating_add(1),
            Overlap::QueueOne => job.backlog = 1,
            Overlap::Replace => {
                job.backlog = 1;
                self.stop_runs_of(id, Stop::CANCEL, now);
            }
        }
        Reply::Accepted
    }

    fn start_run(&mut self, id: JobId, origin: Origin, now: Now) -> RunId {
        // A spare that has been told its job cannot be told another.
        let primed = if origin.data.is_none() { self.primed_run(id) } else { None };
        let run = primed.unwrap_or_else(|| self.run_numbers.next());
        if let Some(job) = self.jobs.get_mut(&id) {
            job.live_runs += 1;
            let spec = job.spec.clone();
            self.add_run(run, id, &spec, origin, now);
        }
        run
    }

    /// A run has ended, after the wait for another attempt or not: one that waited for that may start.
    pub(super) fn run_of_job_ended(&mut self, id: JobId, was_aside: bool, now: Now) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.live_runs = job.live_runs.saturating_sub(1);
        job.aside = job.aside.saturating_sub(u32::from(was_aside));
        self.start_backlog(id, now);
    }

    /// A run of the job waits for another attempt: meanwhile its place may be free.
    pub(super) fn run_stands_aside(&mut self, id: JobId, now: Now) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.aside += 1;
        self.start_backlog(id, now);
    }

    fn start_backlog(&mut self, id: JobId, now: Now) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if job.backlog > 0 && job.has_room() {
            job.backlog -= 1;
            self.start_run(id, Origin::of(Trigger::Schedule, None), now);
        }
    }

    /// No due time of the job comes any more.
    pub(super) fn disarm(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.backlog = 0;
        self.set_due(id, None);
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
    fn next_after(&self, now: EpochMs) -> Option<EpochMs> {
        match self {
            When::Now | When::HostClock => None,
            When::At(at) => Some(*at).filter(|at| *at >= now),
            When::Recurring { plan, anchor } => plan.next_after(now, *anchor),
        }
    }

    /// There is no such time in any year.
    fn is_never(&self) -> bool {
        matches!(self, When::Recurring { plan, .. } if plan.schedule.never_due().is_some())
    }
}

impl Job {
    /// Whether one more run may go. A run that waits for another attempt takes no place where runs may
    /// overlap; elsewhere what falls due waits behind it.
    fn has_room(&self) -> bool {
        let policy = &self.spec.policy;
        match (policy.overlap, policy.concurrency) {
            (Overlap::Allow, None) => true,
            (Overlap::Allow, Some(limit)) => self.live_runs - self.aside.min(self.live_runs) < limit,
            (_, limit) => self.live_runs < limit.unwrap_or(1),
        }
    }

    /// Registered, but nothing of it runs or is due.
    pub(super) fn is_finished(&self) -> bool {
        self.timer.is_none() && self.live_runs == 0 && self.backlog == 0
    }
}
