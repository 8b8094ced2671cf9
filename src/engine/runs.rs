//! The life of offloaded runs: the queue, the process each is given, what it says, and its end.

use std::sync::Arc;

use super::event::{JobEvent, Usage};
use super::ids::{JobId, RunId, WorkerId};
use super::job::{JobSpec, Offloaded};
use super::run::{EndCause, Phase, Run, Said, end_cause};
use super::{Deadline, Effect, Engine, Refusal, Reply};
use crate::timer::Now;
use crate::worker::backlog::Payload;
use crate::worker::ipc::{HostFrame, WorkerFrame};
use crate::worker::os::SpawnError;
use crate::worker::os::{Exit, StopSignal};

impl Engine {
    pub(super) fn queue_run(&mut self, id: RunId, job: JobId, spec: &JobSpec, work: Offloaded) {
        let run = Run {
            job,
            name: Arc::clone(&spec.name),
            registration: spec.registration,
            work,
            limits: spec.policy.limits,
            phase: Phase::Queued,
            outbox: Vec::new(),
            started: None,
            time_limit: None,
            next_step: None,
            said: None,
            stop: None,
        };
        self.queue.push(id, &run.work.boot);
        self.runs_of.insert((job, id));
        self.runs.insert(id, run);
    }

    /// Gives waiting runs their processes, in order. One that has to wait for a boot does not hold
    /// up one behind it that a ready spare fits.
    pub(super) fn dispatch(&mut self, now: Now) {
        while let Some((id, spare)) = self.next_to_start() {
            let Some(run) = self.runs.get(&id) else { return };
            let profile = Arc::clone(&run.work.boot);
            self.queue.remove(id, &profile);
            let worker = spare.unwrap_or_else(|| self.boot(profile, Some(id), now));
            self.hand_over(id, worker, now);
        }
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
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.phase = Phase::Starting(worker);
        let is_first = run.started.is_none();
        run.started.get_or_insert(now.mono);
        let (name, registration, job) = (Arc::clone(&run.name), run.registration, Arc::clone(&run.work.job));
        if is_first {
            self.effects.push(Effect::Emit(JobEvent::RunStarted { run: id, name, registration }));
        }
        if !is_primed {
            self.effects.push(Effect::Start { worker, thread_id: id.0, env, job });
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
            Phase::Queued | Phase::Starting(_) => run.outbox.push(bytes),
        }
        Ok(Reply::Accepted)
    }

    pub(super) fn take_frame(&mut self, worker: WorkerId, frame: WorkerFrame, now: Now) {
        let run = self.pool.run_of(worker);
        match (frame, run) {
            (WorkerFrame::Ready, _) => self.worker_ready(worker, now),
            // It could not be ended, so nothing it writes counts.
            (_, None) if self.pool.is_abandoned(worker) => {}
            // It cannot boot, and ends itself: a failed boot, after which the next one waits.
            (WorkerFrame::Error(_), None) => self.spare_failed(worker, now),
            // Only a process with a run has anything else to write.
            (_, None) => self.signal(worker, StopSignal::Kill),
            (WorkerFrame::Online, Some(run)) => {
                // A cold start says nothing before.
                self.worker_ready(worker, now);
                self.run_online(run, worker, now);
            }
            (WorkerFrame::Message(bytes), Some(run)) => self.emit(JobEvent::Message { run, bytes }),
            (WorkerFrame::Done(bytes), Some(run)) => {
                self.emit(JobEvent::Message { run, bytes: bytes.into() });
                self.last_word(run, worker, Said::Done, now);
            }
            (WorkerFrame::Error(envelope), Some(run)) => {
                self.last_word(run, worker, Said::Error(envelope), now);
            }
            (WorkerFrame::Signal(signal), Some(run)) => self.signalled(run, signal, now),
            (WorkerFrame::Cancelled(bytes), Some(run)) => {
                self.emit(JobEvent::Message { run, bytes: bytes.into() });
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

    pub(super) fn take_output(&mut self, worker: WorkerId, is_stderr: bool, bytes: Payload) {
        if let Some(run) = self.pool.run_of(worker) {
            self.emit(JobEvent::Output { run, is_stderr, bytes });
        }
    }

    /// The host program has read output of the run: its process may be let go on.
    pub(super) fn output_read(&mut self, id: RunId, is_stderr: bool, bytes: usize) {
        let Some(run) = self.runs.get(&id) else { return };
        match run.phase {
            Phase::Queued => {}
            Phase::Starting(worker)
            | Phase::Running(worker)
            | Phase::Stopping(worker, _)
            | Phase::Finishing(worker) => {
                self.effects.push(Effect::OutputRead { worker, is_stderr, bytes });
            }
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
            .limits
            .timeout
            .map(|timeout| self.deadlines.insert(now.mono.plus(timeout), Deadline::TimeLimit(id)));
        let limit_bytes = run.limits.memory_bytes;
        // Looked at when it was primed, and not again in the moment that its job begins.
        if limit_bytes.is_some() || !self.pool.was_primed(worker) {
            self.effects.push(Effect::WatchMemory { worker, limit_bytes });
        }
        for bytes in std::mem::take(&mut run.outbox) {
            self.effects.push(Effect::Write { worker, frame: HostFrame::message(bytes) });
        }
        self.emit(JobEvent::RunOnline { run: id, pid });
    }

    fn last_word(&mut self, id: RunId, worker: WorkerId, said: Said, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        match (&run.said, said) {
            // The run stays a completion, and the host is given the error to log.
            (Some(Said::Done), Said::Error(bytes)) => self.emit(JobEvent::LateError { run: id, bytes }),
            // A process may still be at work after 'cancelled'.
            (None | Some(Said::Cancelled), said) => run.said = Some(said),
            _ => {}
        }
        self.finishing(id, worker, now);
    }

    pub(super) fn start_failed(&mut self, worker: WorkerId, error: &SpawnError, now: Now) {
        let gone = self.pool.exited(worker, now);
        self.cancel_deadlines(gone.deadlines);
        if let Some(resume_at) = gone.boots_resume_at {
            self.deadlines.insert(resume_at, Deadline::BootsResume);
        }
        if let Some(run) = gone.run {
            let cause = EndCause::FailedToStart { code: error.code(), message: error.to_string() };
            self.end_run(run, cause, Usage::default());
        }
    }

    pub(super) fn worker_exited(&mut self, worker: WorkerId, exit: &Exit, now: Now) {
        let gone = self.pool.exited(worker, now);
        self.cancel_deadlines(gone.deadlines);
        if let Some(resume_at) = gone.boots_resume_at {
            self.deadlines.insert(resume_at, Deadline::BootsResume);
        }
        let Some(id) = gone.run else { return };
        let Some(run) = self.runs.get_mut(&id) else { return };
        let is_starting = matches!(run.phase, Phase::Starting(_));
        if is_starting && gone.was_spare && run.said.is_none() {
            // The spare died before it reached the job, so the job has not begun: it is not lost.
            run.phase = Phase::Queued;
            run.stop = None;
            self.queue.push_cold(id);
            return;
        }
        let usage = Usage {
            elapsed: now.mono.since(run.started.unwrap_or(now.mono)),
            cpu_time: exit.cpu_time,
            peak_memory_bytes: exit.peak_memory_bytes,
        };
        let cause = end_cause(run.said.take(), run.stop, !is_starting, exit);
        self.end_run(id, cause, usage);
    }

    /// The run leaves the table; whatever waited for it goes on.
    pub(super) fn end_run(&mut self, id: RunId, cause: EndCause, usage: Usage) {
        let Some(run) = self.runs.remove(&id) else { return };
        self.runs_of.remove(&(run.job, id));
        self.cancel_deadlines([run.time_limit, run.next_step]);
        self.requests.run_ended(id);
        let registration = run.registration;
        self.emit(JobEvent::RunEnded { run: id, name: run.name, registration, cause, usage });
        self.run_of_job_ended(run.job);
    }

    fn cancel_deadlines(&mut self, keys: [Option<crate::timer::TimerKey<crate::timer::MonoMs>>; 2]) {
        for key in keys.into_iter().flatten() {
            self.deadlines.cancel(key);
        }
    }

    pub(super) fn boot(
        &mut self,
        profile: Arc<super::BootProfile>,
        run: Option<RunId>,
        now: Now,
    ) -> WorkerId {
        let env = Arc::clone(&self.host.environment);
        let worker = self.pool.add(Arc::clone(&profile), Arc::clone(&env), run.is_none(), now);
        self.limit_worker(worker, Some(self.pool.start_timeout()), now);
        self.effects.push(Effect::Boot { worker, profile, env, is_cold: run.is_some() });
        worker
    }
}
