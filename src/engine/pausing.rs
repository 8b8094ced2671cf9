//! Paused jobs: no due time of theirs gets a run, and what waited to begin is held.
//!
//! A paused job is not armed at all. How many due times have passed is computed when it is resumed, or when somebody
//! looks, so that a night of pause on an every-second schedule wakes nobody up.
//!
//! | of a paused job | |
//! |---|---|
//! | a due time | counted as skipped; with `catch_up` one run at the resume, if any has passed |
//! | a run that goes, or waits for a process | goes on |
//! | a run of its schedule that waits in a lane, or behind another run | held |
//! | a run that waits for its next attempt | held once that is due, unless it was asked for during the pause |
//! | a run that the host asks for | goes |

use std::sync::Arc;

use super::event::{JobEvent, SkipReason};
use super::ids::{JobId, RequestId, RunId};
use super::job::{Job, When};
use super::reading::ALL_JOBS;
use super::run::{Origin, Outcome, Phase, Trigger};
use super::stopping::Stop;
use super::{Engine, Refusal, Reply};
use crate::store::{self, Change};
use crate::timer::{EpochMs, Now};

/// Who paused a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PausedBy {
    /// The host program, or the job's own options.
    Host,
    /// A person, through one of the tools.
    Operator,
    /// So many of its runs failed in a row.
    Failures,
}

impl PausedBy {
    /// The name in JavaScript.
    pub fn name(self) -> &'static str {
        match self {
            PausedBy::Host => "host",
            PausedBy::Operator => "operator",
            PausedBy::Failures => "failures",
        }
    }

    /// As the store has kept it.
    fn of_name(name: &str) -> Self {
        let all = [PausedBy::Operator, PausedBy::Failures];
        all.into_iter().find(|by| by.name() == name).unwrap_or(PausedBy::Host)
    }
}

/// The pause of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paused {
    pub(super) by: PausedBy,
    pub(super) since: EpochMs,
    /// Why, if that was said.
    pub(super) note: Option<Arc<str>>,
    /// It is one of all jobs that were paused at once, and goes on with them.
    pub(super) is_of_all: bool,
    pub(super) awaits: Awaits,
}

/// Who pauses, and why.
type Reason = (PausedBy, Option<Arc<str>>);

/// What a paused job would do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaits {
    Nothing,
    /// The first due time that has not been counted.
    Due(EpochMs),
    /// It was added to run at once.
    Now,
}

/// All jobs are paused, those too that are added from now on.
#[derive(Debug, Clone)]
pub(super) struct AllPaused {
    by: PausedBy,
    note: Option<Arc<str>>,
}

impl Engine {
    /// Pauses a job; one that is paused already stays so, now on its own.
    pub(super) fn pause_job(
        &mut self,
        name: &str,
        (by, note): Reason,
        cancel: Option<RequestId>,
        now: Now,
    ) -> Result<Reply, Refusal> {
        let id = self.job_named(name)?;
        self.pause(id, (by, note), false, now);
        self.keep_pause(id);
        if let Some(request) = cancel {
            let runs = self.stop_runs_of(id, Stop::CANCEL, now);
            self.requests.wait_for(request, &runs);
        }
        Ok(Reply::Accepted)
    }

    pub(super) fn resume_job(&mut self, name: &str, catch_up: bool, now: Now) -> Result<Reply, Refusal> {
        let id = self.job_named(name)?;
        self.resume(id, catch_up, now);
        Ok(Reply::Accepted)
    }

    /// Pauses all jobs, unless they are paused already; in any case it may cancel their runs.
    pub(super) fn pause_all(&mut self, reason: Reason, cancel: Option<RequestId>, now: Now) {
        if self.all_paused.is_none() {
            self.begin_pause_of_all(reason, now);
        }
        if let Some(request) = cancel {
            let jobs = self.jobs_in_order().into_iter();
            let runs: Vec<RunId> = jobs.flat_map(|id| self.stop_runs_of(id, Stop::CANCEL, now)).collect();
            self.requests.wait_for(request, &runs);
        }
    }

    fn begin_pause_of_all(&mut self, (by, note): Reason, now: Now) {
        self.all_paused = Some(AllPaused { by, note: note.clone() });
        self.keep(vec![Change::Pause(store::Pause {
            job: Arc::from(ALL_JOBS),
            since: now.wall,
            by: by.name().into(),
            note: note.clone(),
        })]);
        for id in self.jobs_in_order() {
            self.pause(id, (by, note.clone()), true, now);
        }
        self.emit(JobEvent::AllPaused { by, note, at: now.wall });
    }

    /// Resumes what `pause_all` has paused. A job that was paused on its own stays so.
    pub(super) fn resume_all(&mut self, catch_up: bool, now: Now) {
        if self.all_paused.take().is_none() {
            return;
        }
        self.emit(JobEvent::AllResumed { at: now.wall });
        self.keep(vec![Change::Resume { job: Arc::from(ALL_JOBS) }]);
        let is_of_all = |job: &Job| job.paused.as_ref().is_some_and(|paused| paused.is_of_all);
        for id in self.jobs_in_order() {
            if self.jobs.get(&id).is_some_and(|job| is_of_all(job)) {
                self.resume(id, catch_up, now);
            }
        }
    }

    /// In order of registration: equal due times fire in the order in which they are armed.
    fn jobs_in_order(&self) -> Vec<JobId> {
        let mut jobs: Vec<JobId> = self.jobs.keys().copied().collect();
        jobs.sort_unstable();
        jobs
    }

    /// A job is added: its own options may pause it, or the pause of all.
    pub(super) fn pause_new_job(&mut self, id: JobId, now: Now) {
        let Some(job) = self.jobs.get(&id) else { return };
        let is_paused = job.spec.policy.is_paused;
        let kept = self.keeping.as_mut().and_then(|keeping| keeping.pauses.remove(&job.spec.name));
        if let Some(pause) = kept {
            return self.restore_pause(id, pause);
        }
        match self.all_paused.clone() {
            _ if is_paused => self.pause(id, (PausedBy::Host, None), false, now),
            Some(AllPaused { by, note }) => self.pause(id, (by, note), true, now),
            None => {}
        }
    }

    fn pause(&mut self, id: JobId, (by, note): Reason, is_of_all: bool, now: Now) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if let Some(paused) = &mut job.paused {
            paused.is_of_all &= is_of_all;
            if !is_of_all && note.is_some() {
                paused.note = note;
            }
            return;
        }
        let awaits = job.timer.as_ref().map_or(Awaits::Nothing, |timer| Awaits::Due(timer.at()));
        let paused = Paused { by, since: now.wall, note: note.clone(), is_of_all, awaits: Awaits::Nothing };
        job.paused = Some(Box::new(paused));
        let (name, registration) = (Arc::clone(&job.spec.name), job.spec.registration);
        self.set_due(id, None);
        self.await_resume(id, awaits);
        self.hold_waiting(id);
        if !is_of_all {
            self.emit(JobEvent::JobPaused { name, registration, by, note, at: now.wall });
        }
    }

    /// A host before this one was told to pause the job.
    fn restore_pause(&mut self, id: JobId, pause: store::Pause) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let (by, since, note) = (PausedBy::of_name(&pause.by), pause.since, pause.note);
        let paused = Paused { by, since, note: note.clone(), is_of_all: false, awaits: Awaits::Nothing };
        job.paused = Some(Box::new(paused));
        let (name, registration) = (Arc::clone(&job.spec.name), job.spec.registration);
        self.emit(JobEvent::JobPaused { name, registration, by, note, at: since });
    }

    /// A host before this one was told to pause all jobs.
    pub(super) fn restore_pause_of_all(&mut self, pause: &store::Pause, now: Now) {
        let (by, note) = (PausedBy::of_name(&pause.by), pause.note.clone());
        self.all_paused = Some(AllPaused { by, note: note.clone() });
        self.emit(JobEvent::AllPaused { by, note, at: now.wall });
    }

    /// The pause of a job outlives the host.
    fn keep_pause(&mut self, id: JobId) {
        let Some(job) = self.jobs.get(&id) else { return };
        let Some(paused) = job.paused.as_deref().filter(|paused| !paused.is_of_all) else { return };
        let (since, by, note) = (paused.since, paused.by.name().into(), paused.note.clone());
        let pause = store::Pause { job: Arc::clone(&job.spec.name), since, by, note };
        self.keep(vec![Change::Pause(pause)]);
    }

    /// What a paused job will do once it is resumed; a job that is not paused awaits nothing.
    pub(super) fn await_resume(&mut self, id: JobId, awaits: Awaits) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let Some(paused) = &mut job.paused else { return };
        let before = std::mem::replace(&mut paused.awaits, awaits);
        let is_unref = job.spec.policy.unref;
        self.note_due(awaits != Awaits::Nothing, before != Awaits::Nothing, is_unref);
    }

    /// Takes the runs of its schedule that have not begun out of their lane.
    fn hold_waiting(&mut self, id: JobId) {
        for run in self.runs_of(id) {
            let is_of_schedule = |phase, trigger: Trigger| phase == Phase::Waiting && !trigger.is_request();
            if self.runs.get(&run).is_some_and(|run| is_of_schedule(run.phase, run.trigger)) {
                self.lanes.remove(run);
                self.move_run(run, Phase::HeldInLane);
            }
        }
    }

    fn resume(&mut self, id: JobId, catch_up: bool, now: Now) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let due_in_pause = job.passed_in_pause(now.wall);
        let Some(awaits) = job.paused.as_ref().map(|paused| paused.awaits) else { return };
        self.await_resume(id, Awaits::Nothing);
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let Some(paused) = job.paused.take() else { return };
        job.failures_in_a_row = 0;
        job.answered = now.wall;
        let is_recurring = matches!(job.spec.when, When::Recurring { .. });
        let (name, registration) = (Arc::clone(&job.spec.name), job.spec.registration);
        if !paused.is_of_all {
            self.keep(vec![Change::Resume { job: Arc::clone(&name) }]);
            self.emit(JobEvent::JobResumed { name, registration, at: now.wall });
        }
        if is_recurring {
            self.answer(id, now.wall);
        }
        self.release(id, now);
        match awaits {
            Awaits::Nothing => {}
            Awaits::Now => {
                self.trigger(id, Origin::of(Trigger::Now, None), now);
            }
            Awaits::Due(first) => {
                self.arm_again(id, first, now);
                let is_caught_up = catch_up && due_in_pause > 0;
                self.skip(id, SkipReason::Paused, due_in_pause - u32::from(is_caught_up), Some(first), now);
                if is_caught_up {
                    self.trigger(id, Origin::of(Trigger::Missed, Some(first)), now);
                }
            }
        }
        self.start_backlog(id, now);
    }

    fn arm_again(&mut self, id: JobId, first: EpochMs, now: Now) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let next = match &job.spec.when {
            When::Recurring { .. } => job.spec.when.next_after(now.wall),
            _ => Some(first).filter(|first| *first > now.wall),
        };
        self.set_due(id, next);
    }

    /// What was held goes on.
    fn release(&mut self, id: JobId, now: Now) {
        for run in self.runs_of(id) {
            match self.runs.get(&run).map(|run| run.phase) {
                Some(Phase::HeldAttempt) => self.begin_attempt(run, now),
                Some(Phase::HeldInLane) => self.line_up(run, now),
                _ => {}
            }
        }
    }

    /// Whether the next attempt of this run has to wait for its job to be resumed.
    pub(super) fn is_held_back(&self, id: RunId) -> bool {
        let Some(run) = self.runs.get(&id).filter(|run| !run.is_beside_pause) else { return false };
        self.jobs.get(&run.job).is_some_and(|job| job.paused.is_some())
    }

    /// A run has ended: so many failures in a row may pause its job.
    pub(super) fn count_failure(&mut self, id: JobId, outcome: Outcome, now: Now) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        match outcome {
            Outcome::Cancelled => return,
            Outcome::Completed => job.failures_in_a_row = 0,
            Outcome::Failed => job.failures_in_a_row = job.failures_in_a_row.saturating_add(1),
        }
        let limit = job.spec.policy.pause_after_failures;
        if limit.is_some_and(|limit| job.failures_in_a_row >= limit) {
            self.pause(id, (PausedBy::Failures, None), false, now);
            self.keep_pause(id);
        }
    }
}

impl Job {
    /// Due times that have passed in its pause up to `now`.
    pub(super) fn passed_in_pause(&self, now: EpochMs) -> u32 {
        match self.paused.as_deref() {
            Some(Paused { awaits: Awaits::Due(first), .. }) => self.spec.when.count_due(*first, now),
            _ => 0,
        }
    }
}
