//! A run of a job is wanted: it begins, waits for an earlier one of the job, takes its place, or there is none.

use std::collections::VecDeque;

use super::event::SkipReason;
use super::ids::{JobId, RunId};
use super::input::RunRequest;
use super::job::{Overlap, Work};
use super::keeping::Accepted;
use super::lanes::LaneKey;
use super::run::{Origin, Outcome, Phase, Standing, Trigger};
use super::stopping::Stop;
use super::{Engine, Refusal, Reply};
use crate::timer::Now;

/// Runs that the host has asked for and that may wait behind another one of their job.
const MOST_BEHIND: usize = 100_000;

impl Engine {
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
            && request.grant.is_none()
            && let Some(run) = self.run_aside(id)
        {
            return Ok(self.promote(run, now));
        }
        let Some(job) = self.jobs.get(&id) else { return Err(Refusal::UnknownJob) };
        let origin = Origin {
            trigger: if request.retry_of.is_some() { Trigger::Retry } else { Trigger::Manual },
            due: None,
            priority: request.priority,
            data: request.data,
            id: request.id,
            delay: request.delay,
            attempts: request.attempts,
            timeout: request.timeout,
            date: request.date,
            retry_of: request.retry_of,
            slot: None,
            resumed: request.grant.and_then(|grant| grant.resumed),
        };
        match &job.spec.work {
            Work::Handler(handler) => {
                let key = handler.lane(id);
                if self.waiting_in(&key, name) >= handler.max_waiting {
                    return Err(Refusal::QueueFull);
                }
                Ok(Reply::Run(self.start_run(id, origin, now)))
            }
            _ if origin.delay.is_some() || job.has_room() => Ok(Reply::Run(self.start_run(id, origin, now))),
            _ => self.request_behind(id, origin, now),
        }
    }

    /// Runs that wait in the lane, are going to, or wait for it in the store.
    fn waiting_in(&self, key: &LaneKey, job: &str) -> usize {
        let accepting = self.keeping.as_ref().map_or(0, |keeping| keeping.accepting(key));
        let unread = usize::try_from(self.unread_runs(job)).unwrap_or(usize::MAX);
        self.lanes.waiting(key).saturating_add(accepting).saturating_add(unread)
    }

    /// The run that was asked for has no room now.
    fn request_behind(&mut self, id: JobId, origin: Origin, now: Now) -> Result<Reply, Refusal> {
        let Some(job) = self.jobs.get_mut(&id) else { return Err(Refusal::UnknownJob) };
        let behind = self.behind.get(&id);
        match job.spec.policy.overlap {
            Overlap::Skip => return Ok(self.already_running(id)),
            Overlap::Queue | Overlap::Allow if behind.is_some_and(|runs| runs.len() >= MOST_BEHIND) => {
                return Err(Refusal::QueueFull);
            }
            Overlap::Queue | Overlap::Allow => {}
            Overlap::QueueOne => {
                // The run that waits answers the due time that waits, too.
                job.backlog = 0;
                if let Some(run) = behind.and_then(|runs| runs.front()).copied() {
                    return Ok(self.join(run, origin));
                }
            }
            Overlap::Replace => {
                job.backlog = 0;
                self.stop_runs_of(id, Stop::CANCEL, now);
                if self.jobs.get(&id).is_some_and(|job| job.has_room()) {
                    return Ok(Reply::Run(self.start_run(id, origin, now)));
                }
            }
        }
        Ok(Reply::Run(self.wait_behind(id, origin, now)))
    }

    /// A run that begins when earlier ones of its job have ended.
    pub(super) fn wait_behind(&mut self, id: JobId, origin: Origin, now: Now) -> RunId {
        let run = self.run_numbers.next();
        self.add_run(run, id, origin, Phase::Behind, now);
        self.behind.entry(id).or_default().push_back(run);
        run
    }

    /// A run that waits answers one more request; the newest data count.
    fn join(&mut self, id: RunId, origin: Origin) -> Reply {
        if let (Some(run), Some(data)) = (self.runs.get_mut(&id), origin.data) {
            run.data = data;
        }
        Reply::Waiting(id)
    }

    /// A run of the job that waits for its next attempt, where runs of it must not overlap.
    fn run_aside(&self, id: JobId) -> Option<RunId> {
        let job = self.jobs.get(&id).filter(|job| job.runs.aside > 0)?;
        if job.spec.policy.overlap == Overlap::Allow {
            return None;
        }
        self.first_run_at(id, Standing::Aside)
    }

    /// The oldest run of the job that stands there.
    fn first_run_at(&self, id: JobId, standing: Standing) -> Option<RunId> {
        let stands = |run: &RunId| self.runs.get(run).is_some_and(|run| run.phase.standing() == standing);
        self.runs_between(id).find(stands)
    }

    /// One run of the job is wanted now: its overlap policy says whether it gets it.
    pub(super) fn trigger(&mut self, id: JobId, origin: Origin, now: Now) -> Reply {
        let Some(job) = self.jobs.get_mut(&id) else { return Reply::Accepted };
        if job.has_room() {
            return Reply::Run(self.start_run(id, origin, now));
        }
        match job.spec.policy.overlap {
            Overlap::Skip => {
                self.keep_slot(origin.slot);
                self.skip(id, SkipReason::Overlap, 1, origin.due, now);
                return self.already_running(id);
            }
            // Allowed to overlap, up to its concurrency: no due time is dropped.
            Overlap::Queue | Overlap::Allow => job.backlog = job.backlog.saturating_add(1),
            // A run that was asked for and waits answers this due time, too.
            Overlap::QueueOne => job.backlog = u32::from(!self.behind.contains_key(&id)),
            Overlap::Replace => {
                job.backlog = 1;
                self.stop_runs_of(id, Stop::CANCEL, now);
            }
        }
        Reply::Accepted
    }

    fn already_running(&self, id: JobId) -> Reply {
        let standings = [Standing::Going, Standing::Waiting, Standing::Aside];
        let Some(run) = standings.into_iter().find_map(|standing| self.first_run_at(id, standing)) else {
            return Reply::Accepted;
        };
        let since = self.runs.get(&run).map(|run| run.started_at().unwrap_or(run.queued_at));
        Reply::AlreadyRunning { run, since }
    }

    pub(super) fn start_run(&mut self, id: JobId, origin: Origin, now: Now) -> RunId {
        // A spare that has been told its job cannot be told another.
        let is_plain = origin.data.is_none() && origin.delay.is_none() && origin.resumed.is_none();
        let primed = if is_plain { self.primed_run(id) } else { None };
        let run = primed.unwrap_or_else(|| self.run_numbers.next());
        let delay = origin.delay;
        if self.is_kept(id) {
            let asked = Accepted {
                delay,
                date: origin.date,
                timeout: origin.timeout,
                retry_of: origin.retry_of.clone(),
                slot: origin.slot.clone(),
            };
            self.add_run(run, id, origin, Phase::Accepting, now);
            self.accept(run, asked, now);
            return run;
        }
        self.keep_slot(origin.slot.clone());
        if let Some(wait) = origin.resumed.and_then(|resumed| resumed.wait(now)) {
            self.add_run(run, id, origin, Phase::Retrying, now);
            self.wait_for_attempt(run, wait, now);
            return run;
        }
        let phase = if delay.is_some() { Phase::Delayed } else { Phase::Queued };
        self.add_run(run, id, origin, phase, now);
        match delay {
            Some(delay) => self.wait_for_attempt(run, delay, now),
            None => self.line_up(run, now),
        }
        run
    }

    /// The time that the host has asked for has come.
    pub(super) fn delay_is_over(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.next_step = None;
        let put_off = now.wall.since(run.queued_at).as_millis();
        run.put_off_ms = u32::try_from(put_off).unwrap_or(u32::MAX);
        let job = run.job;
        let is_handler = matches!(run.work, Work::Handler(_));
        if is_handler || self.jobs.get(&job).is_none_or(|job| job.has_room()) {
            return self.line_up(id, now);
        }
        self.move_run(id, Phase::Behind);
        self.behind.entry(job).or_default().push_back(id);
    }

    /// A run has left its place: one that waited for that may start.
    pub(super) fn run_of_job_ended(
        &mut self,
        id: JobId,
        run: RunId,
        standing: Standing,
        outcome: Outcome,
        now: Now,
    ) {
        if standing == Standing::Apart {
            self.not_behind(id, run);
        }
        if let Some(job) = self.jobs.get_mut(&id) {
            let count = job.runs.of(standing);
            *count = count.saturating_sub(1);
        }
        self.count_failure(id, outcome, now);
        self.start_backlog(id, now);
    }

    fn not_behind(&mut self, id: JobId, run: RunId) {
        let Some(runs) = self.behind.get_mut(&id) else { return };
        runs.retain(|&waiting| waiting != run);
        if runs.is_empty() {
            self.behind.remove(&id);
        }
    }

    /// Starts what waits, for as long as there is room: what was asked for first, then due times.
    pub(super) fn start_backlog(&mut self, id: JobId, now: Now) {
        while let Some(job) = self.jobs.get_mut(&id).filter(|job| job.has_room()) {
            if let Some(run) = self.behind.get_mut(&id).and_then(VecDeque::pop_front) {
                if self.behind.get(&id).is_some_and(VecDeque::is_empty) {
                    self.behind.remove(&id);
                }
                self.line_up(run, now);
            } else if job.backlog > 0 && job.paused.is_none() {
                job.backlog -= 1;
                self.start_run(id, Origin::of(Trigger::Schedule, None), now);
            } else {
                return;
            }
        }
    }

    /// A run is somewhere else from now on. The one place where the runs of a job are counted.
    pub(super) fn move_run(&mut self, id: RunId, phase: Phase) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let (before, after) = (run.phase.standing(), phase.standing());
        run.phase = phase;
        if before != after
            && let Some(job) = self.jobs.get_mut(&run.job)
        {
            let left = job.runs.of(before);
            *left = left.saturating_sub(1);
            *job.runs.of(after) += 1;
        }
    }

    /// The runs of a job that have not ended, oldest first; those of a removed one too.
    pub(super) fn runs_between(&self, id: JobId) -> impl DoubleEndedIterator<Item = RunId> {
        self.runs_of.range((id, RunId(u32::MIN))..=(id, RunId(u32::MAX))).map(|&(_, run)| run)
    }

    pub(super) fn runs_of(&self, id: JobId) -> Vec<RunId> {
        self.runs_between(id).collect()
    }
}
