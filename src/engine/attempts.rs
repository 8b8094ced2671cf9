//! The attempts of a run: what follows a failed one, and the wait for the next.

use std::sync::Arc;
use std::time::Duration;

use super::event::{JobEvent, Usage};
use super::ids::RunId;
use super::job::Work;
use super::kept::stopped;
use super::lanes::LaneKey;
use super::retry::{Cause, Failure, GaveUp, Next};
use super::run::{EndCause, Phase, Run, StopReason};
use super::{Deadline, Engine, Reply};
use crate::timer::{Now, TimerKey};

impl Engine {
    /// An attempt has ended: the run ends with it, or is tried again.
    pub(super) fn attempt_ended(
        &mut self,
        id: RunId,
        cause: EndCause,
        usage: Usage,
        is_permanent: bool,
        now: Now,
    ) {
        let Some(kind) = Cause::of(&cause) else { return self.end_run(id, cause, usage, None, now) };
        let Some(failure) = self.failure(id, kind, is_permanent, now) else { return };
        let random = self.random();
        let Some(run) = self.runs.get(&id) else { return };
        let next = match self.gives_up(run) {
            Some(why) => Next::GiveUp(why),
            None => run.policy.retry.after(&failure, random, now),
        };
        self.follow(id, next, cause, usage, now);
    }

    /// What keeps the run from another attempt, whatever its policy says.
    fn gives_up(&self, run: &Run) -> Option<GaveUp> {
        if self.is_shut_down && run.record.is_none() && !self.is_leased(run.id.as_ref()) {
            Some(GaveUp::Shutdown)
        } else if run.stop.is_some_and(StopReason::is_request) {
            Some(GaveUp::Stopped)
        } else if !self.jobs.contains_key(&run.job) {
            Some(GaveUp::Removed)
        } else {
            None
        }
    }

    fn failure(&self, id: RunId, cause: Cause, is_permanent: bool, now: Now) -> Option<Failure> {
        let run = self.runs.get(&id)?;
        Some(Failure {
            cause,
            is_permanent,
            attempt: run.attempt,
            first_started: run.first_started.unwrap_or(now.wall),
            next_due: self.jobs.get(&run.job).and_then(|job| job.timer.as_ref()).map(TimerKey::at),
            overlap: run.policy.overlap,
        })
    }

    fn follow(&mut self, id: RunId, next: Next, cause: EndCause, usage: Usage, now: Now) {
        let delay = match next {
            Next::GiveUp(why) => return self.end_run(id, cause, usage, Some(why), now),
            Next::Retry(delay) => Some(delay),
            Next::Ask => None,
        };
        self.keep_retry(id, &cause, delay, now);
        let is_leased = self.runs.get(&id).is_some_and(|run| self.is_leased(run.id.as_ref()));
        if self.is_shut_down && !is_leased {
            // It waits for its next attempt in the store.
            self.mark_left(id);
            return self.end_run(id, EndCause::Cancelled, usage, None, now);
        }
        let Some(run) = self.runs.get_mut(&id) else { return };
        let keys = [run.time_limit.take(), run.next_step.take()];
        run.failure = Some(Box::new((cause.clone(), usage)));
        let event = JobEvent::AttemptFailed {
            run: id,
            name: Arc::clone(&run.name),
            registration: run.registration,
            attempt: run.attempt,
            attempts: run.policy.retry.attempts,
            cause,
            usage,
            first_started: run.first_started,
            retry_at: delay.map(|delay| now.wall.plus(delay)),
            at: now.wall,
        };
        let job = run.job;
        self.move_run(id, Phase::Retrying);
        self.unwatch(id);
        self.leave_lane(id, now);
        self.cancel_deadlines(keys);
        self.emit(event);
        if self.is_shut_down {
            // Another host goes on with it.
            return self.give_up_waiting(id, GaveUp::Shutdown, now);
        }
        if let Some(delay) = delay {
            self.wait_for_attempt(id, delay, now);
        }
        self.start_backlog(job, now);
    }

    pub(super) fn wait_for_attempt(&mut self, id: RunId, delay: Duration, now: Now) {
        let key = self.deadlines.insert(now.mono.plus(delay), Deadline::NextAttempt(id));
        if let Some(before) = self.runs.get_mut(&id).and_then(|run| run.next_step.replace(key)) {
            self.deadlines.cancel(before);
        }
    }

    /// The time that a run has waited for has come.
    pub(super) fn attempt_due(&mut self, id: RunId, now: Now) {
        match self.runs.get(&id).map(|run| run.phase) {
            Some(Phase::Delayed) => self.delay_is_over(id, now),
            Some(Phase::Retrying) if self.is_held_back(id) => {
                self.move_run(id, Phase::HeldAttempt);
                self.set_next_step(id, None, now);
            }
            _ => self.begin_attempt(id, now),
        }
    }

    /// The host has said how long a run shall wait before its next attempt; `None` for not again. An
    /// answer for a run that does not wait for one is dropped.
    pub(super) fn set_backoff(&mut self, id: RunId, delay: Option<Duration>, now: Now) {
        let Some(run) = self.runs.get(&id) else { return };
        let is_asked = run.phase == Phase::Retrying && run.next_step.is_none();
        let (true, Some((cause, usage))) = (is_asked, run.failure.as_deref().cloned()) else { return };
        let kind = Cause::of(&cause).unwrap_or(Cause::Error);
        let Some(failure) = self.failure(id, kind, false, now) else { return };
        let next = match delay {
            Some(delay) => run.policy.retry.within_time(&failure, delay, now),
            None => Next::GiveUp(GaveUp::Backoff),
        };
        match next {
            Next::Retry(delay) => {
                self.wait_for_attempt(id, delay, now);
                self.keep_time(id, now.wall.plus(delay));
                let event = JobEvent::RetryPlanned { run: id, retry_at: now.wall.plus(delay) };
                self.emit(event);
            }
            Next::GiveUp(why) => self.end_run(id, cause, usage, Some(why), now),
            Next::Ask => {}
        }
    }

    /// The next attempt of a run that waits for it begins.
    pub(super) fn begin_attempt(&mut self, id: RunId, now: Now) {
        let thread = self.run_numbers.next();
        let Some(run) = self.runs.get_mut(&id) else { return };
        if !matches!(run.phase, Phase::Retrying | Phase::HeldAttempt) {
            return;
        }
        let key = run.next_step.take();
        run.attempt += 1;
        run.thread = thread.0;
        run.started = None;
        run.said = None;
        run.stop = None;
        run.failure = None;
        self.cancel_deadlines([key, None]);
        self.line_up(id, now);
    }

    /// A run takes its place in its lane, or goes at once where it has none.
    pub(super) fn line_up(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get(&id) else { return };
        let (Some(key), limit, priority) = (run.lane(), run.lane_limit(), run.priority) else {
            return self.go(id, now);
        };
        self.move_run(id, Phase::Waiting);
        let place = self.runs.get_mut(&id).and_then(|run| run.record.as_mut()?.place.take());
        self.lanes.push(key.clone(), limit, id, (priority, place));
        self.let_go(&key, now);
    }

    /// The lane lets go as many as it has room for.
    pub(super) fn let_go(&mut self, key: &LaneKey, now: Now) {
        while let Some(id) = self.lanes.next(key) {
            if let Some(run) = self.runs.get_mut(&id) {
                run.is_counted = true;
            }
            self.go(id, now);
        }
    }

    /// A run does not go any more: its place in its lane is free.
    pub(super) fn leave_lane(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get_mut(&id).filter(|run| run.is_counted) else { return };
        run.is_counted = false;
        if let Some(key) = run.lane() {
            self.lanes.leave(&key);
            self.let_go(&key, now);
        }
    }

    /// A run waits for its process, or is handed to the host.
    pub(super) fn go(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        match &run.work {
            Work::Offloaded(work) => {
                self.queue.push(id, run.priority, &work.boot);
                self.move_run(id, Phase::Queued);
            }
            Work::Handler(handler) if handler.process.is_some() => {
                let handler = Arc::clone(handler);
                self.serve(id, &handler, now);
            }
            Work::Inline | Work::Handler(_) => {
                if !self.may_begin(id, now) {
                    return self.move_run(id, Phase::Beginning(None));
                }
                let Some(run) = self.runs.get_mut(&id) else { return };
                run.started = Some(now.stamp());
                run.first_started.get_or_insert(now.wall);
                self.tell_start(id, now);
                let Some(run) = self.runs.get_mut(&id) else { return };
                let event = JobEvent::InlineDue {
                    run: id,
                    name: Arc::clone(&run.name),
                    registration: run.registration,
                    attempt: run.attempt,
                    wanted: run.wanted_at(),
                };
                self.emit(event);
                self.move_run(id, Phase::Inline);
                self.watch(id, now);
            }
        }
    }

    /// The host's function for an inline run has settled.
    pub(super) fn inline_ended(
        &mut self,
        id: RunId,
        outcome: InlineOutcome,
        bytes: Option<Arc<[u8]>>,
        now: Now,
    ) {
        let Some(run) = self.runs.get_mut(&id).filter(|run| run.phase == Phase::Inline) else { return };
        let elapsed = now.mono.since(run.started.unwrap_or(now.stamp()).mono);
        let usage = Usage { elapsed, ..Usage::default() };
        let stopped = if run.has_signal() { stopped(run.stop) } else { None };
        if let Some(cause) = stopped {
            return self.end_run(id, cause, usage, Some(GaveUp::Stopped), now);
        }
        match outcome {
            InlineOutcome::Completed => {
                if let Some(record) = run.record.as_mut() {
                    record.result = bytes;
                }
                self.end_run(id, EndCause::Done, usage, None, now);
            }
            InlineOutcome::Failed { is_permanent } => {
                let envelope = bytes.map(|bytes| bytes.to_vec()).unwrap_or_default();
                self.attempt_ended(id, EndCause::Error(envelope), usage, is_permanent, now);
            }
        }
    }

    /// A run that waits for its next attempt is not tried again, or not here. Its end is that of the last attempt, unless
    /// the host has cancelled it, or another one goes on with it.
    pub(super) fn give_up_waiting(&mut self, id: RunId, why: GaveUp, now: Now) {
        let Some(run) = self.runs.get(&id) else { return };
        let is_given_back = why == GaveUp::Shutdown && self.is_leased(run.id.as_ref());
        let Some(run) = self.runs.get_mut(&id) else { return };
        let last = run.failure.take().map(|failure| *failure);
        let (cause, usage) = last.unwrap_or((EndCause::Cancelled, Usage::default()));
        let cause = match run.stop {
            Some(StopReason::LeaseLost) => EndCause::LeaseLost,
            _ if is_given_back || why == GaveUp::Cancelled => EndCause::Cancelled,
            _ => cause,
        };
        self.end_run(id, cause, usage, Some(why), now);
    }

    /// A run of the job that waits for its next attempt, which is to begin now.
    pub(super) fn promote(&mut self, id: RunId, now: Now) -> Reply {
        self.begin_attempt(id, now);
        Reply::Promoted(id)
    }
}

/// How the host's function for an inline run settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InlineOutcome {
    /// It returned.
    Completed,
    /// It threw; the host keeps the error.
    Failed {
        /// Trying again is of no use.
        is_permanent: bool,
    },
}
