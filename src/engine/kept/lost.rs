//! What becomes of runs whose process has exited, could not be started, or could not be ended.

use std::sync::Arc;

use super::{Engine, Process, Stage};
use crate::engine::event::{JobEvent, Survivor, Usage};
use crate::engine::ids::{JobId, RunId};
use crate::engine::retry::GaveUp;
use crate::engine::run::{EndCause, Said, end_cause};
use crate::timer::Now;
use crate::worker::os::Exit;

impl Engine {
    /// A process could not be started.
    pub(in crate::engine) fn kept_start_failed(&mut self, number: RunId, cause: EndCause, now: Now) {
        let Some(process) = self.forget_process(number, now) else { return };
        self.fail_oldest(process.job, cause, false, now);
        self.carry_on(process.job, now);
    }

    /// A process has exited.
    pub(in crate::engine) fn kept_exited(&mut self, number: RunId, was_spare: bool, exit: &Exit, now: Now) {
        let Some(mut process) = self.forget_process(number, now) else { return };
        let job = process.job;
        let said = process.said.take();
        let has_failed = said.is_some() || process.stop.is_some();
        // A spare that died before it loaded anything: that is not the fault of the job.
        let is_unlucky = was_spare && process.stage == Stage::Booting && !has_failed;
        if let Some(run) = process.current.filter(|&run| self.is_beginning(run)) {
            // It has not been sent to the process.
            self.comes_back(run, now);
        } else if let Some(run) = process.current {
            self.run_lost_its_process(run, said, exit, now);
        } else if is_unlucky || (process.is_leaving && !has_failed) {
            // Another one is asked for, if it is still wanted.
        } else if process.is_online() {
            self.idle_process_lost(&process, said, exit);
        } else {
            let is_permanent = matches!(said, Some(Said::Error { is_permanent: true, .. }));
            let cause = end_cause(said, process.stop, false, exit);
            self.fail_oldest(job, cause, is_permanent, now);
        }
        self.carry_on(job, now);
    }

    /// A process cannot be ended, and is no longer waited for.
    pub(in crate::engine) fn kept_abandoned(&mut self, number: RunId, survivor: Survivor, now: Now) {
        let Some(process) = self.forget_process(number, now) else { return };
        if let Some(id) = process.current.filter(|&run| self.is_beginning(run)) {
            self.comes_back(id, now);
        } else if let Some(id) = process.current {
            let started = self.runs.get(&id).and_then(|run| run.started);
            let elapsed = now.mono.since(started.unwrap_or(now.stamp()).mono);
            self.requests.note_survivor(id, survivor);
            let usage = Usage { elapsed, ..Usage::default() };
            self.end_run(id, EndCause::NotStopped(survivor), usage, Some(GaveUp::Stopped), now);
        }
        self.carry_on(process.job, now);
    }

    /// Takes the process out of the tables. The run that stood ahead in it comes back.
    fn forget_process(&mut self, number: RunId, now: Now) -> Option<Process> {
        let process = self.kept.processes.remove(&number)?;
        self.cancel_deadlines([process.idle, process.recall]);
        self.kept.leaving -= usize::from(process.is_leaving);
        if let Some(team) = self.kept.teams.get_mut(&process.job) {
            team.idle.retain(|&idle| idle != number);
            if !process.is_online() && !process.is_leaving {
                team.booting = team.booting.saturating_sub(1);
            }
        }
        if let Some(ahead) = process.ahead {
            self.comes_back(ahead, now);
        }
        Some(Process { idle: None, recall: None, ahead: None, ..process })
    }

    fn carry_on(&mut self, job: JobId, now: Now) {
        self.feed(job, now);
        self.forget_team(job);
    }

    fn run_lost_its_process(&mut self, id: RunId, said: Option<Said>, exit: &Exit, now: Now) {
        let Some(run) = self.runs.get(&id) else { return };
        let usage = Usage {
            elapsed: now.mono.since(run.started.unwrap_or(now.stamp()).mono),
            cpu_time: exit.cpu_time,
            peak_memory_bytes: exit.peak_memory_bytes,
        };
        let is_permanent = matches!(said, Some(Said::Error { is_permanent: true, .. }));
        let cause = of_handler(end_cause(said, run.stop, true, exit));
        self.attempt_ended(id, cause, usage, is_permanent, now);
    }

    /// No run is to blame: the host is told, and the next run gets another process.
    fn idle_process_lost(&mut self, process: &Process, said: Option<Said>, exit: &Exit) {
        let Some(job) = self.jobs.get(&process.job) else { return };
        let (name, registration) = (Arc::clone(&job.spec.name), job.spec.registration);
        let cause = end_cause(said, process.stop, true, exit);
        self.emit(JobEvent::ProcessLost { name, registration, cause });
    }

    /// The process that was asked for did not come to be: the run that has waited longest fails.
    fn fail_oldest(&mut self, job: JobId, cause: EndCause, is_permanent: bool, now: Now) {
        let run = self.kept.teams.get_mut(&job).and_then(|team| team.ready.pop_front());
        if let Some(run) = run {
            self.attempt_ended(run, cause, Usage::default(), is_permanent, now);
        }
    }
}

/// A handler has not returned, whatever the exit code is.
fn of_handler(cause: EndCause) -> EndCause {
    match cause {
        EndCause::ExitCode(code) => EndCause::HandlerExited(code),
        other => other,
    }
}
