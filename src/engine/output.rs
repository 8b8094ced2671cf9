//! Which run the output of a process belongs to.

use std::sync::Arc;

use super::event::JobEvent;
use super::ids::{RegistrationId, RunId, WorkerId};
use super::{Effect, Engine};
use crate::timer::{EpochMs, Now};
use crate::worker::backlog::Payload;

/// What becomes of one output stream of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Stream {
    /// It goes to where the host's own goes.
    #[default]
    Inherit,
    /// It goes nowhere.
    Ignore,
    /// The host program reads it, through events.
    Read,
    /// It is kept with the run.
    Capture,
    /// It is kept with the run, and written to the host's own stream.
    Both,
}

impl Stream {
    /// Whether it is kept with the run.
    pub fn is_kept(self) -> bool {
        matches!(self, Stream::Capture | Stream::Both)
    }
}

/// Who wrote a part of the output of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Its process, to standard output.
    Stdout,
    /// Its process, to standard error.
    Stderr,
    /// The job, by `run.log`: JSON.
    Log,
    /// We: another attempt begins.
    Attempt,
}

/// Output of a run, to be kept.
#[derive(Debug)]
pub struct Printed {
    /// The run, and its job.
    pub run: RunId,
    /// Its job.
    pub name: Arc<str>,
    /// The job's registration.
    pub registration: RegistrationId,
    /// Which try wrote it.
    pub attempt: u32,
    /// How many bytes of the whole output of the run are kept.
    pub limit: usize,
    /// Who wrote it.
    pub source: Source,
    /// When it was read.
    pub at: EpochMs,
    /// As written.
    pub bytes: Payload,
}

impl Engine {
    /// A captured stream of a process gave output.
    ///
    /// That of a process that is kept belongs to the run that goes in it, and while it loads its module to the run
    /// that waits for it. Between two runs it belongs to none. What a process prints before it has a run is kept with
    /// the one that it gets.
    pub(super) fn take_output(&mut self, worker: WorkerId, is_stderr: bool, bytes: Payload, now: Now) {
        let is_kept = self.pool.stream(worker, is_stderr).is_kept();
        let Some(number) = self.pool.run_of(worker) else {
            let length = bytes.len();
            if is_kept && !self.pool.note_early(worker, is_stderr, bytes) {
                self.effects.push(Effect::Discard { bytes: length });
            }
            return;
        };
        if !is_kept {
            let run = self.kept.current(number).unwrap_or(number);
            return self.emit(JobEvent::Output { run, is_stderr, bytes });
        }
        let run = if self.kept.is_process(number) { self.kept.printing(number) } else { Some(number) };
        let source = if is_stderr { Source::Stderr } else { Source::Stdout };
        match run {
            Some(run) => self.print(run, source, bytes, now),
            None => self.effects.push(Effect::Discard { bytes: bytes.len() }),
        }
    }

    /// The process has got its run.
    pub(super) fn take_early_output(&mut self, worker: WorkerId, now: Now) {
        for (is_stderr, bytes) in self.pool.take_early(worker) {
            self.take_output(worker, is_stderr, bytes, now);
        }
    }

    /// Has output kept.
    pub(super) fn print(&mut self, id: RunId, source: Source, bytes: Payload, now: Now) {
        let Some(run) = self.runs.get(&id) else {
            return self.effects.push(Effect::Discard { bytes: bytes.len() });
        };
        self.effects.push(Effect::Print(Box::new(Printed {
            run: id,
            name: Arc::clone(&run.name),
            registration: run.registration,
            attempt: run.attempt,
            limit: run.policy.output_limit,
            source,
            at: now.wall,
            bytes,
        })));
    }
}
