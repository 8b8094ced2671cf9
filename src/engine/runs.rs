//! The life of offloaded runs: the queue, the process each is given, what it says, and its end.

use std::sync::Arc;

use super::event::{JobEvent, Usage};
use super::ids::{JobId, RunId, WorkerId};
use super::job::Work;
use super::measures::EXITED;
use super::output::Source;
use super::retry::GaveUp;
use super::run::{EndCause, Origin, Phase, Run, Said, end_cause};
use super::{Deadline, Effect, Engine, Refusal, Reply, WarmUp};
use crate::timer::Now;
use crate::worker::backlog::Payload;
use crate::worker::ipc::{HostFrame, ReportKind, WorkerFrame};
use crate::worker::os::SpawnError;
use crate::worker::os::{Exit, StopSignal};

impl Engine {
    /// A run of the job begins its life.
    pub(super) fn add_run(&mut self, id: RunId, job: JobId, origin: Origin, phase: Phase, now: Now) {
        let Some(registered) = self.jobs.get_mut(&job) else { return };
        *registered.runs.of(phase.standing()) += 1;
        let is_beside_pause = registered.paused.is_some() && origin.trigger.is_request();
        let spec = &registered.spec;
        let policy = origin.policy(&spec.policy);
        let Origin { trigger, due, priority, data, id: given, resumed, .. } = origin;
        // One that waits is at the attempt before, as on one host.
        let next = resumed.map_or(1, |resumed| resumed.attempt.get());
        let attempt = if phase == Phase::Retrying { next - 1 } else { next };
        let first_started = resumed.and_then(|resumed| resumed.first_started.or(due));
        let priority = priority.unwrap_or(policy.priority);
        let run = Run {
            job,
            name: Arc::clone(&spec.name),
            registration: spec.registration,
            work: spec.work.clone(),
            policy,
            trigger,
            due,
            attempt,
            put_off_ms: 0,
            priority,
            data: data.unwrap_or_else(|| spec.work.own_data()),
            id: given,
            record: None,
            is_counted: false,
            is_beside_pause,
            queued_at: now.wall,
            thread: id.0,
            first_started,
            failure: None,
            phase,
            watch: None,
            outbox: Vec::new(),
            started: None,
            time_limit: None,
            next_step: None,
            said: None,
            stop: None,
        };
        if !matches!(phase, Phase::Delayed | Phase::Accepting) {
            self.note_request(&run, now);
        }
        self.runs_of.insert((job, id));
        self.runs.insert(id, run);
        if phase != Phase::Accepting {
            self.tell_queued(id);
        }
    }

    /// A run has been accepted.
    pub(super) fn tell_queued(&mut self, id: RunId) {
        let Some(run) = self.runs.get(&id) else { return };
        // The host knows of what it has asked for, and handlers are asked for often.
        let is_told = self.is_watched || !matches!(run.work, Work::Handler(_)) || !run.trigger.is_request();
        if is_told {
            self.emit(JobEvent::RunQueued {
                run: id,
                name: Arc::clone(&run.name),
                registration: run.registration,
                trigger: run.trigger,
                due: run.due,
                granted: run.id.clone().zip(self.fence(run.id.as_ref())),
                at: run.queued_at,
            });
        }
    }

    /// Gives waiting runs their processes, in order. One that has to wait for a boot does not hold
    /// up one behind it that a ready spare fits.
    pub(super) fn dispatch(&mut self, now: Now) {
        if self.pool.is_full() && self.queue.first().is_some() {
            self.make_room(now);
        }
        while let Some((id, spare)) = self.next_to_start() {
            if self.kept.is_process(id) {
                self.start_process(id, spare, now);
                continue;
            }
            let Some(run) = self.runs.get(&id) else { return };
            let Some(profile) = run.boot().map(Arc::clone) else { return };
            self.queue.remove(id, &profile);
            let worker = spare.unwrap_or_else(|| self.boot(profile, WarmUp::Cold, now));
            self.hand_over(id, worker, now);
        }
    }

    /// A process for a handler has its turn.
    fn start_process(&mut self, number: RunId, spare: Option<WorkerId>, now: Now) {
        let Some(profile) = self.take_asked(number) else { return };
        let worker = spare.unwrap_or_else(|| self.boot(profile, WarmUp::Cold, now));
        self.start_kept(number, worker, now);
    }

    /// The run that can have a process now, and the spare for it; without one, a process is booted.
    fn next_to_start(&self) -> Option<(RunId, Option<WorkerId>)> {
        let first = self.queue.first()?;
        if self.pool.is_full() {
            return None;
        }
        let with_spare = self.pool.spare_for_queue(&self.queue, &self.host);
        match with_spare {
            Some((run, spare)) if run == first || !self.pool.can_boot() => Some((run, Some(spare))),
            _ => self.pool.can_boot().then_some((first, None)),
        }
    }

    /// The process may still be booting: what it is told waits for it in the channel.
    fn hand_over(&mut self, id: RunId, worker: WorkerId, now: Now) {
        let is_primed = self.pool.is_primed(worker);
        let idle = self.pool.claim(worker, id);
        if idle.is_some() || is_primed {
            self.limit_worker(worker, Some(self.pool.start_timeout()), now);
        }
        if let Some(idle) = idle {
            self.deadlines.cancel(idle);
        }
        let env = self.pool.changed_environment(worker, &self.host.environment);
        self.move_run(id, Phase::Starting(worker));
        self.take_early_output(worker, now);
        self.hold_worker_of(id);
        let Some(run) = self.runs.get_mut(&id) else { return };
        let Work::Offloaded(work) = &run.work else { return };
        let is_first = run.started.is_none();
        run.started.get_or_insert(now.stamp());
        run.first_started.get_or_insert(now.wall);
        // A run that was asked for with data of its own has a job of its own.
        let job = if run.data.is_empty() { &work.job } else { &run.data };
        let (name, job) = (Arc::clone(&run.name), Arc::clone(job));
        let (registration, thread, attempt) = (run.registration, run.thread, run.attempt);
        if is_first {
            let pid = self.pool.pid(worker);
            let event =
                JobEvent::RunStarted { run: id, name, registration, thread, attempt, pid, at: now.wall };
            self.effects.push(Effect::Emit(event));
        }
        if !is_primed {
            let run = self.runs.get(&id);
            let run = run.map(|run| run.facts(id, &self.instance, self.fence(run.id.as_ref())));
            self.effects.push(Effect::Start { worker, thread_id: thread, env, job, run });
        }
        self.effects.push(Effect::Go(worker));
    }

    pub(super) fn post_message(&mut self, id: RunId, bytes: Arc<[u8]>) -> Result<Reply, Refusal> {
        let run = self.runs.get_mut(&id).ok_or(Refusal::UnknownRun)?;
        match run.phase {
            Phase::Running(worker) | Phase::Stopping(worker, _) | Phase::Finishing(worker) => {
                self.effects.push(Effect::Write { worker, frame: HostFrame::message(bytes) });
            }
            // The process it gets may yet be another one.
            Phase::Queued
            | Phase::Starting(_)
            | Phase::Retrying
            | Phase::HeldAttempt
            | Phase::Delayed
            | Phase::Behind => run.outbox.push(bytes),
            // The function of a handler is called with data, and hears of nothing else.
            Phase::Accepting
            | Phase::Beginning(_)
            | Phase::Inline
            | Phase::Waiting
            | Phase::HeldInLane
            | Phase::Ready
            | Phase::Ahead(_) => {}
        }
        Ok(Reply::Accepted)
    }

    pub(super) fn take_frame(&mut self, worker: WorkerId, frame: WorkerFrame, now: Now) {
        let run = self.pool.run_of(worker);
        if let Some(number) = run.filter(|&run| self.kept.is_process(run)) {
            return self.take_kept_frame(number, worker, frame, now);
        }
        if let (WorkerFrame::Message(_) | WorkerFrame::Report { .. }, Some(run)) = (&frame, run) {
            self.note_alive(run, now);
        }
        match (frame, run) {
            (WorkerFrame::Ready, _) => self.worker_ready(worker, now),
            // It could not be ended, so nothing it writes counts.
            (_, None) if self.pool.is_abandoned(worker) => {}
            // It cannot boot, and ends itself: a failed boot, after which the next one waits.
            (WorkerFrame::Error { .. }, None) => self.spare_failed(worker, now),
            // Only a process with a run has anything else to write.
            (_, None) => self.signal(worker, StopSignal::Kill),
            (WorkerFrame::Online, Some(run)) => {
                // A cold start says nothing before.
                self.worker_ready(worker, now);
                self.run_online(run, worker, now);
            }
            (WorkerFrame::Report { kind, payload, .. }, Some(run)) => {
                self.take_report(run, kind, payload, now);
            }
            // Only a process that is kept has handlers.
            (
                WorkerFrame::Returned { .. }
                | WorkerFrame::Threw { .. }
                | WorkerFrame::NotBegun { .. }
                | WorkerFrame::Loading
                | WorkerFrame::Worn { .. },
                Some(_),
            ) => {
                self.signal(worker, StopSignal::Kill);
            }
            (WorkerFrame::Message(bytes), Some(run)) => {
                self.emit(JobEvent::Message { run, handler: None, bytes });
            }
            (WorkerFrame::Done(bytes), Some(run)) => {
                self.emit(JobEvent::Message { run, handler: None, bytes: bytes.into() });
                self.last_word(run, worker, Said::Done, now);
            }
            (WorkerFrame::Error { envelope, is_permanent }, Some(run)) => {
                self.last_word(run, worker, Said::Error { envelope, is_permanent }, now);
            }
            (WorkerFrame::Signal(signal), Some(run)) => self.signalled(run, signal, now),
            (WorkerFrame::Cancelled(bytes), Some(run)) => {
                self.emit(JobEvent::Message { run, handler: None, bytes: bytes.into() });
                if self.runs.get(&run).is_some_and(|run| run.stop.is_some()) {
                    self.last_word(run, worker, Said::Cancelled, now);
                }
            }
            (WorkerFrame::ExportsFunction { is_idle }, Some(run)) => {
                self.emit(JobEvent::ExportsFunction { run, is_idle });
            }
            (WorkerFrame::Flushing, Some(run)) => self.flushing(run, worker, now),
        }
    }

    pub(super) fn take_report(&mut self, run: RunId, kind: ReportKind, payload: Payload, now: Now) {
        let Some(of) = self.runs.get(&run).filter(|_| kind != ReportKind::Alive) else { return };
        let (name, registration) = (Arc::clone(&of.name), of.registration);
        if kind == ReportKind::Log {
            self.print(run, Source::Log, payload.clone(), now);
        }
        self.emit(JobEvent::Reported { run, name, registration, kind, payload });
    }

    /// The host program has read output of the run: its process may be let go on.
    pub(super) fn output_read(&mut self, id: RunId, is_stderr: bool, bytes: usize) {
        let Some(run) = self.runs.get(&id) else { return };
        if let Some(worker) = run.phase.worker() {
            self.effects.push(Effect::OutputRead { worker, is_stderr, bytes });
        }
    }

    fn run_online(&mut self, id: RunId, worker: WorkerId, now: Now) {
        self.limit_worker(worker, None, now);
        self.pool.boot_succeeded();
        let pid = self.pool.pid(worker).unwrap_or(0);
        let Some(run) = self.runs.get_mut(&id) else { return };
        // A run that was stopped meanwhile is being killed, and one that says so again is no news.
        if run.phase != Phase::Starting(worker) {
            return;
        }
        run.phase = Phase::Running(worker);
        run.time_limit = run
            .policy
            .limits
            .timeout
            .map(|timeout| self.deadlines.insert(now.mono.plus(timeout), Deadline::TimeLimit(id)));
        let limit_bytes = run.policy.limits.memory_bytes;
        // Looked at when it was primed, and not again in the moment that its job begins.
        if limit_bytes.is_some() || !self.pool.was_primed(worker) {
            self.effects.push(Effect::WatchMemory { worker, limit_bytes });
        }
        for bytes in std::mem::take(&mut run.outbox) {
            self.effects.push(Effect::Write { worker, frame: HostFrame::message(bytes) });
        }
        self.emit(JobEvent::RunOnline { run: id, pid, at: now.wall });
        self.note_begun(id, now);
        self.watch(id, now);
    }

    fn last_word(&mut self, id: RunId, worker: WorkerId, said: Said, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        match (&run.said, said) {
            // The run stays a completion, and the host is given the error to log.
            (Some(Said::Done), Said::Error { envelope, .. }) => {
                self.emit(JobEvent::LateError { run: id, bytes: envelope });
            }
            // A process may still be at work after 'cancelled'.
            (None | Some(Said::Cancelled), said) => run.said = Some(said),
            _ => {}
        }
        self.finishing(id, worker, now);
    }

    pub(super) fn start_failed(&mut self, worker: WorkerId, error: &SpawnError, now: Now) {
        self.measures.start_failed(error.code());
        let gone = self.pool.exited(worker, now);
        self.cancel_deadlines(gone.deadlines);
        if let Some(resume_at) = gone.boots_resume_at {
            self.deadlines.insert(resume_at, Deadline::BootsResume);
        }
        if let Some(run) = gone.run {
            let cause = EndCause::FailedToStart { code: error.code(), message: error.to_string() };
            if self.kept.is_process(run) {
                return self.kept_start_failed(run, cause, now);
            }
            self.attempt_ended(run, cause, Usage::default(), false, now);
        }
    }

    pub(super) fn worker_exited(&mut self, worker: WorkerId, exit: &Exit, now: Now) {
        let gone = self.pool.exited(worker, now);
        self.cancel_deadlines(gone.deadlines);
        if let Some(resume_at) = gone.boots_resume_at {
            self.deadlines.insert(resume_at, Deadline::BootsResume);
        }
        if gone.has_failed_to_boot {
            self.measures.start_failed(EXITED);
        }
        let Some(id) = gone.run else { return };
        if self.kept.is_process(id) {
            return self.kept_exited(id, gone.was_spare, exit, now);
        }
        let Some(run) = self.runs.get_mut(&id) else { return };
        let is_starting = matches!(run.phase, Phase::Starting(_));
        if is_starting && gone.was_spare && run.said.is_none() {
            // The spare died before it reached the job, so the job has not begun: it is not lost.
            run.stop = None;
            let priority = run.priority;
            self.move_run(id, Phase::Queued);
            self.queue.push_cold(id, priority);
            return;
        }
        let usage = Usage {
            elapsed: now.mono.since(run.started.unwrap_or(now.stamp()).mono),
            cpu_time: exit.cpu_time,
            peak_memory_bytes: exit.peak_memory_bytes,
        };
        let is_permanent = matches!(run.said, Some(Said::Error { is_permanent: true, .. }));
        let cause = end_cause(run.said.take(), run.stop, !is_starting, exit);
        self.attempt_ended(id, cause, usage, is_permanent, now);
    }

    /// The run leaves the table; whatever waited for it goes on.
    pub(super) fn end_run(
        &mut self,
        id: RunId,
        cause: EndCause,
        usage: Usage,
        gave_up: Option<GaveUp>,
        now: Now,
    ) {
        self.leave_lane(id, now);
        let Some(facts) = self.runs.get(&id).map(Run::stamps) else { return };
        self.unwatch(id);
        let Some(run) = self.runs.remove(&id) else { return };
        let outcome = cause.outcome();
        self.note_request_ended(&run, now);
        self.runs_of.remove(&(run.job, id));
        self.cancel_deadlines([run.time_limit, run.next_step]);
        let leased = run.id.clone().filter(|id| self.fence(Some(id)).is_some());
        if self.cluster.is_some() {
            self.leased_run_ended(run.id.as_deref(), run.phase.worker());
        }
        let event = JobEvent::RunEnded {
            registration: run.registration,
            run: id,
            name: Arc::clone(&run.name),
            id: leased,
            facts,
            cause,
            usage,
            gave_up,
            at: now.wall,
        };
        if run.record.is_some() {
            self.keep_end(id, &run, event);
        } else {
            self.requests.run_ended(id);
            self.emit(event);
        }
        self.run_of_job_ended(run.job, id, run.phase.standing(), outcome, now);
    }

    pub(super) fn cancel_deadlines(
        &mut self,
        keys: [Option<crate::timer::TimerKey<crate::timer::MonoMs>>; 2],
    ) {
        for key in keys.into_iter().flatten() {
            self.deadlines.cancel(key);
        }
    }

    pub(super) fn boot(&mut self, profile: Arc<super::BootProfile>, warm_up: WarmUp, now: Now) -> WorkerId {
        let env = Arc::clone(&self.host.environment);
        let worker = self.pool.add(Arc::clone(&profile), Arc::clone(&env), warm_up, now);
        self.limit_worker(worker, Some(self.pool.start_timeout()), now);
        self.effects.push(Effect::Boot { worker, profile, env, warm_up });
        worker
    }
}
