//! How runs are stopped: the message 'cancel', then SIGTERM, then SIGKILL, each to the whole process
//! group after a grace period; and what becomes of a process that cannot be ended.

use std::sync::Arc;
use std::time::Duration;

use super::ids::{JobId, RequestId, RunId, WorkerId};
use super::job::{When, Work};
use super::kept::Kept;
use super::lanes::Lanes;
use super::queue::RunQueue;
use super::requests::{Requests, Settled, Shutdown};
use super::retry::GaveUp;
use super::run::{EndCause, Phase, Run, Said, Standing, StopReason, StopStep};
use super::{Deadline, Effect, Engine, JobEvent, Refusal, Reply, Survivor, Usage};
use crate::store::Change;
use crate::timer::Now;
use crate::worker::ipc::{ChannelError, HostFrame};
use crate::worker::os::StopSignal;

/// How long a process that said its last word may take to leave.
const FINISH_GRACE: Duration = Duration::from_secs(1);
/// How long it may take instead to write a piece of output that it announced: whoever reads may be slow.
const FLUSH_GRACE: Duration = Duration::from_secs(30);
/// How long a shutdown that ran out of time waits for the kernel to end what it killed.
const KILL_GRACE: Duration = Duration::from_secs(5);

/// A request to stop a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    reason: StopReason,
    /// The step of the ladder to begin with.
    first: StopStep,
    /// What is said of a run that waits for another attempt.
    gives_up: GaveUp,
}

impl Stop {
    pub(super) const CANCEL: Stop = Stop::cancel(GaveUp::Stopped);
    const KILL: Stop = Stop::kill(StopReason::Cancelled);

    const fn cancel(gives_up: GaveUp) -> Self {
        Stop { reason: StopReason::Cancelled, first: StopStep::Asked, gives_up }
    }

    /// It gave no sign of life for so long.
    pub(super) const fn stalled(limit: Duration) -> Self {
        Stop { reason: StopReason::Stalled(limit), first: StopStep::Asked, gives_up: GaveUp::Stopped }
    }

    pub(super) const fn kill(reason: StopReason) -> Self {
        Stop { reason, first: StopStep::Killed, gives_up: GaveUp::Stopped }
    }
}

impl Engine {
    pub(super) fn stop_job(&mut self, name: &str, request: RequestId, now: Now) -> Result<Reply, Refusal> {
        self.stop_with(name, request, Stop::CANCEL, now)
    }

    fn stop_with(&mut self, name: &str, request: RequestId, stop: Stop, now: Now) -> Result<Reply, Refusal> {
        let id = self.job_named(name)?;
        self.disarm(id);
        let runs = self.stop_runs_of(id, stop, now);
        self.requests.wait_for(request, &runs);
        Ok(Reply::Accepted)
    }

    pub(super) fn remove_job(&mut self, name: &str, request: RequestId, now: Now) -> Result<Reply, Refusal> {
        let id = self.job_named(name)?;
        let reply = self.stop_with(name, request, Stop::cancel(GaveUp::Removed), now);
        self.forget_in_store(id, now);
        self.forget_job(id);
        self.leave_unused(Some(id), now);
        reply
    }

    pub(super) fn terminate(&mut self, run: RunId, now: Now) -> Result<Reply, Refusal> {
        if !self.runs.contains_key(&run) {
            return Err(Refusal::UnknownRun);
        }
        self.stop_run(run, Stop::kill(StopReason::Terminated), now);
        Ok(Reply::Accepted)
    }

    pub(super) fn cancel_run(&mut self, run: RunId, request: RequestId, now: Now) -> Result<Reply, Refusal> {
        if !self.runs.contains_key(&run) {
            return Err(Refusal::UnknownRun);
        }
        self.requests.wait_for(request, &[run]);
        self.stop_run(run, Stop::cancel(GaveUp::Cancelled), now);
        Ok(Reply::Accepted)
    }

    pub(super) fn shutdown(&mut self, request: RequestId, timeout: Duration, now: Now) {
        let jobs: Vec<JobId> = self.jobs.keys().copied().collect();
        for id in jobs {
            self.disarm(id);
        }
        self.is_shut_down = true;
        self.leave_all_runs();
        self.stop_all_runs(Stop::cancel(GaveUp::Shutdown), now);
        self.retire_spares(now);
        self.leave_unused(None, now);
        let limit = Some(self.deadlines.insert(now.mono.plus(timeout), Deadline::ShutdownLimit(request)));
        self.requests.add_shutdown(Shutdown { request, limit, timed_out: false });
    }

    /// Nothing begins any more but the runs of handlers that have been accepted.
    pub(super) fn drain(&mut self, request: RequestId, now: Now) {
        let jobs: Vec<JobId> = self.jobs.keys().copied().collect();
        for id in jobs {
            self.disarm(id);
        }
        self.is_shut_down = true;
        let is_left = |run: &Run| {
            let is_held = matches!(run.phase.standing(), Standing::Apart | Standing::Aside)
                || run.phase == Phase::HeldInLane;
            // What the store has, and has not begun, is for the next host.
            let is_for_next_host =
                run.record.is_some() && matches!(run.phase, Phase::Accepting | Phase::Waiting | Phase::Ready);
            matches!(run.work, Work::Handler(_)) && !is_held && !is_for_next_host
        };
        let (left, others): (Vec<RunId>, Vec<RunId>) =
            self.runs.keys().copied().partition(|id| self.runs.get(id).is_some_and(is_left));
        for run in others {
            self.mark_left(run);
            self.stop_run(run, Stop::cancel(GaveUp::Shutdown), now);
        }
        self.requests.wait_for(request, &left);
    }

    pub(super) fn is_shutting_down(&self) -> bool {
        self.requests.is_shutting_down()
    }

    pub(super) fn shutdown_limit_reached(&mut self, request: RequestId, now: Now) {
        let Some(shutdown) = self.requests.shutdown_mut(request) else { return };
        if shutdown.timed_out {
            // What SIGKILL has not ended by now sits in the kernel: nothing can hurry it.
            shutdown.limit = None;
            return;
        }
        shutdown.timed_out = true;
        shutdown.limit =
            Some(self.deadlines.insert(now.mono.plus(KILL_GRACE), Deadline::ShutdownLimit(request)));
        self.stop_all_runs(Stop::KILL, now);
        self.kill_all_workers();
    }

    /// The host's environment ends: no event is sent any more.
    pub(super) fn close(&mut self) {
        self.jobs.clear();
        self.names.clear();
        self.due = crate::timer::TimerHeap::new();
        self.holding_due = 0;
        self.deadlines = crate::timer::TimerHeap::new();
        self.queue = RunQueue::default();
        self.lanes = Lanes::default();
        self.kept = Kept::default();
        self.keeping = None;
        self.cluster = None;
        self.runs.clear();
        self.runs_of.clear();
        self.behind.clear();
        self.unref_due = 0;
        self.requests = Requests::default();
        self.kill_all_workers();
    }

    fn kill_all_workers(&mut self) {
        for worker in self.pool.all() {
            self.signal(worker, StopSignal::Kill);
        }
    }

    /// What ends with this host goes on in the next one, where the store has it.
    fn leave_all_runs(&mut self) {
        if self.keeping.is_some() {
            let runs: Vec<RunId> = self.runs.keys().copied().collect();
            for run in runs {
                self.mark_left(run);
            }
        }
    }

    /// A job is removed: nothing of it is left for the next host.
    fn forget_in_store(&mut self, id: JobId, now: Now) {
        if self.keeping.is_none() {
            return;
        }
        let Some(job) = self.jobs.get(&id) else { return };
        let name = Arc::clone(&job.spec.name);
        let mut changes = Vec::new();
        if matches!(job.spec.when, When::Recurring { .. }) {
            changes.push(Change::ForgetSchedule { job: Arc::clone(&name) });
        }
        if job.paused.as_ref().is_some_and(|paused| !paused.is_of_all) {
            changes.push(Change::Resume { job: Arc::clone(&name) });
        }
        if !changes.is_empty() {
            self.keep(changes);
        }
        self.cancel_unread(&name, now);
    }

    fn stop_all_runs(&mut self, stop: Stop, now: Now) {
        let runs: Vec<RunId> = self.runs.keys().copied().collect();
        for run in runs {
            self.stop_run(run, stop, now);
        }
    }

    /// Stops the runs of a job, and says which of them have yet to end. Not inline ones on the
    /// host's event loop: the host waits for its functions itself, save for the one that asks.
    pub(super) fn stop_runs_of(&mut self, id: JobId, stop: Stop, now: Now) -> Vec<RunId> {
        let runs = self.runs_of(id);
        for &run in &runs {
            self.stop_run(run, stop, now);
        }
        // A function that the host scheduled itself is waited for there: it may be the one that asks.
        let is_waited_for = |run: &Run| !(run.phase == Phase::Inline && matches!(run.work, Work::Inline));
        runs.into_iter().filter(|run| self.runs.get(run).is_some_and(is_waited_for)).collect()
    }

    pub(super) fn time_limit_reached(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.time_limit = None;
        if let Some(limit) = run.policy.limits.timeout {
            let reason = StopReason::Timeout(limit);
            self.stop_run(id, Stop { reason, first: StopStep::Asked, gives_up: GaveUp::Stopped }, now);
        }
    }

    pub(super) fn memory_exceeded(&mut self, worker: WorkerId, used_bytes: u64, now: Now) {
        let Some(id) = self.run_at(worker) else { return };
        let limit = self.runs.get(&id).and_then(|run| run.policy.limits.memory_bytes);
        if let Some(limit_bytes) = limit {
            self.stop_run(id, Stop::kill(StopReason::Memory { limit_bytes, used_bytes }), now);
        }
    }

    pub(super) fn channel_broke(&mut self, worker: WorkerId, error: ChannelError, now: Now) {
        if let Some(run) = self.run_at(worker) {
            return self.stop_run(run, Stop::kill(StopReason::ChannelBroke(error)), now);
        }
        if let Some(number) = self.pool.run_of(worker) {
            self.kept.note_broken_channel(number, error);
        }
        self.signal(worker, StopSignal::Kill);
    }

    /// The run that goes in the process; `None` for one that has none.
    fn run_at(&self, worker: WorkerId) -> Option<RunId> {
        let id = self.pool.run_of(worker)?;
        if self.kept.is_process(id) { self.kept.current(id) } else { Some(id) }
    }

    pub(super) fn bad_message(&mut self, run: RunId, now: Now) {
        self.stop_run(run, Stop::kill(StopReason::ChannelBroke(ChannelError::BadMessage)), now);
    }

    /// A signal reached the process of a job that listens for messages, and the process asks what it
    /// means. From outside it is a request to stop, as the message 'cancel' is: the whole unit may be
    /// ending. Sent by this engine, it is to end the process.
    pub(super) fn signalled(&mut self, id: RunId, signal: i32, now: Now) {
        match self.runs.get(&id).map(|run| run.phase) {
            Some(Phase::Running(_)) => {
                self.stop_run(
                    id,
                    Stop {
                        reason: StopReason::Signal(signal),
                        first: StopStep::Asked,
                        gives_up: GaveUp::Stopped,
                    },
                    now,
                );
            }
            Some(Phase::Stopping(worker, StopStep::Terminated)) => {
                self.effects.push(Effect::Write { worker, frame: HostFrame::take_signal() });
            }
            // It is being asked, killed, or leaves by itself.
            _ => {}
        }
    }

    /// Begins to stop a run, or hurries a stop that is under way. The first reason stands.
    pub(super) fn stop_run(&mut self, id: RunId, stop: Stop, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let first_reason = *run.stop.get_or_insert(stop.reason);
        let run_job = run.job;
        match run.phase {
            Phase::Queued => {
                if let Some(boot) = run.boot() {
                    self.queue.remove(id, boot);
                }
                self.end_run(id, first_reason.end_before_start(), Usage::default(), None, now);
            }
            Phase::Retrying | Phase::HeldAttempt => self.give_up_waiting(id, stop.gives_up, now),
            Phase::Delayed | Phase::Behind | Phase::HeldInLane => {
                self.end_run(id, first_reason.end_before_start(), Usage::default(), None, now);
            }
            Phase::Waiting | Phase::Ready => {
                self.lanes.remove(id);
                self.unready(id, run_job);
                self.end_run(id, first_reason.end_before_start(), Usage::default(), None, now);
            }
            // It ends when its process has answered.
            Phase::Ahead(worker) if run.is_begun() => {
                self.effects.push(Effect::Write { worker, frame: HostFrame::abort(id.0) });
            }
            // A function cannot be stopped, but asked: the run ends when it settles, or is not waited for any more.
            Phase::Inline if stop.first == StopStep::Killed => {
                if first_reason == StopReason::LeaseLost {
                    self.emit(JobEvent::InlineAbort { run: id });
                }
                self.end_run(id, first_reason.end_before_start(), Usage::default(), None, now);
            }
            Phase::Inline if run.has_signal() => {
                self.emit(JobEvent::InlineAbort { run: id });
            }
            // The job has not begun: there is nothing to clean up, and nobody to ask.
            Phase::Starting(worker) => self.take_step(id, worker, StopStep::Killed, now),
            Phase::Running(worker) => self.take_step(id, worker, stop.first, now),
            Phase::Stopping(worker, reached) if reached < stop.first => {
                self.take_step(id, worker, stop.first, now);
            }
            Phase::Finishing(worker) if stop.first == StopStep::Killed => {
                self.take_step(id, worker, StopStep::Killed, now);
            }
            // A function of the host that was asked already, or has no signal: its run ends when it settles.
            // One that is being written to the store ends when that is settled.
            Phase::Stopping(..)
            | Phase::Finishing(_)
            | Phase::Inline
            | Phase::Accepting
            | Phase::Ahead(_)
            | Phase::Beginning(_) => {}
        }
    }

    /// The time for a run's current step is over.
    pub(super) fn take_next_step(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.next_step = None;
        match run.phase {
            Phase::Stopping(worker, StopStep::Asked) => self.take_step(id, worker, StopStep::Terminated, now),
            Phase::Stopping(worker, StopStep::Terminated) | Phase::Finishing(worker) => {
                self.take_step(id, worker, StopStep::Killed, now);
            }
            _ => {}
        }
    }

    pub(super) fn take_step(&mut self, id: RunId, worker: WorkerId, step: StopStep, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.phase = Phase::Stopping(worker, step);
        let limits = run.policy.limits;
        let grace = match step {
            StopStep::Asked => {
                let frame = match &run.work {
                    Work::Handler(_) => HostFrame::abort(id.0),
                    _ => HostFrame::message(std::sync::Arc::clone(&self.cancel_message)),
                };
                self.effects.push(Effect::Write { worker, frame });
                Some(limits.cancel_grace)
            }
            StopStep::Terminated => {
                self.signal(worker, StopSignal::Terminate);
                Some(limits.term_grace)
            }
            StopStep::Killed => {
                self.signal(worker, StopSignal::Kill);
                None
            }
        };
        self.set_next_step(id, grace, now);
    }

    /// The process has reported that it will exit by itself.
    pub(super) fn finishing(&mut self, id: RunId, worker: WorkerId, now: Now) {
        if let Some(run) = self.runs.get_mut(&id) {
            run.phase = Phase::Finishing(worker);
            self.set_next_step(id, Some(FINISH_GRACE), now);
        }
    }

    /// The process that is to leave has output to write first.
    pub(super) fn flushing(&mut self, id: RunId, worker: WorkerId, now: Now) {
        if self.runs.get(&id).is_some_and(|run| run.phase == Phase::Finishing(worker)) {
            self.set_next_step(id, Some(FLUSH_GRACE), now);
        }
    }

    pub(super) fn set_next_step(&mut self, id: RunId, grace: Option<Duration>, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        if let Some(key) = run.next_step.take() {
            self.deadlines.cancel(key);
        }
        run.next_step =
            grace.map(|grace| self.deadlines.insert(now.mono.plus(grace), Deadline::NextStep(id)));
    }

    pub(super) fn signal(&mut self, worker: WorkerId, signal: StopSignal) {
        self.pool.note_signal(worker);
        self.effects.push(Effect::Signal { worker, signal });
    }

    /// The system refused a SIGKILL. A process whose channel is closed ends itself, unless it never
    /// returns to its event loop.
    pub(super) fn kill_failed(&mut self, worker: WorkerId, errno: i32, now: Now) {
        self.pool.note_refusal(worker, errno);
        self.limit_worker(worker, Some(FINISH_GRACE), now);
        self.effects.push(Effect::Retire(worker));
    }

    /// Waits no longer for a process that cannot be ended. It is one of the host's until it exits.
    pub(super) fn abandon(&mut self, worker: WorkerId, survivor: Survivor, now: Now) {
        let Some(id) = self.pool.abandon(worker) else { return };
        if self.kept.is_process(id) {
            return self.kept_abandoned(id, survivor, now);
        }
        let Some(run) = self.runs.get_mut(&id) else { return };
        let cause = match run.said.take() {
            Some(Said::Done) => EndCause::Done,
            Some(Said::Error { envelope, .. }) if run.stop.is_none() => EndCause::Error(envelope),
            _ => EndCause::NotStopped(survivor),
        };
        let elapsed = now.mono.since(run.started.unwrap_or(now.stamp()).mono);
        self.requests.note_survivor(id, survivor);
        self.end_run(id, cause, Usage { elapsed, ..Usage::default() }, Some(GaveUp::Stopped), now);
    }

    pub(super) fn settle_requests(&mut self) {
        for Settled { request, survivors } in self.requests.take_ready() {
            self.emit(JobEvent::RequestSettled { request, timed_out: false, survivors });
        }
        if !self.requests.is_shutting_down() {
            return;
        }
        let is_called = |run: &Run| run.phase == Phase::Inline && matches!(run.work, Work::Handler(_));
        let is_writing = self.keeping.as_ref().is_some_and(|keeping| keeping.is_busy());
        let nothing_left = !is_writing
            && self.queue.first().is_none()
            && self.pool.is_empty()
            && !self.runs.values().any(is_called);
        for Shutdown { request, limit, timed_out } in self.requests.take_shutdowns(nothing_left) {
            if let Some(limit) = limit {
                self.deadlines.cancel(limit);
            }
            let survivors = self.pool.survivors();
            self.emit(JobEvent::RequestSettled { request, timed_out, survivors });
        }
    }
}
