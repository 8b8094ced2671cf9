//! What the host is told, in the past tense.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::ids::{RegistrationId, RequestId, RunId};
use super::retry::GaveUp;
use super::run::{EndCause, Trigger};
use crate::timer::EpochMs;
use crate::worker::backlog::Payload;
use crate::worker::ipc::ReportKind;

/// One thing that happened to a job.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEvent {
    /// A run was accepted. It waits for its process, or its place on the host's event loop.
    RunQueued {
        /// The run.
        run: RunId,
        /// Its job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// Why there is one.
        trigger: Trigger,
        /// The due time that it answers.
        due: Option<EpochMs>,
        /// When.
        at: EpochMs,
    },
    /// An attempt of a run was given a process.
    RunStarted {
        /// The run.
        run: RunId,
        /// Its job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// What the job sees as `threadId`: the number of the run in the first attempt.
        thread: u32,
        /// Which try this is; 1 is the first.
        attempt: u32,
        /// When.
        at: EpochMs,
    },
    /// A run's process is about to run the job's module.
    RunOnline {
        /// The run.
        run: RunId,
        /// Its process.
        pid: u32,
        /// When.
        at: EpochMs,
    },
    /// A process that was kept for a handler ended by itself while it had no run.
    ProcessLost {
        /// The job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// How.
        cause: EndCause,
    },
    /// A run posted a message.
    Message {
        /// The run.
        run: RunId,
        /// Of a handler: its job. The host has a worker of every other run.
        handler: Option<(Arc<str>, RegistrationId)>,
        /// Structured-clone bytes.
        bytes: Payload,
    },
    /// A run's main module has been loaded, and what it exports is a function.
    ExportsFunction {
        /// The run.
        run: RunId,
        /// Nothing kept its event loop alive then.
        is_idle: bool,
    },
    /// A run that had posted 'done' threw after that. It stays a completion.
    LateError {
        /// The run.
        run: RunId,
        /// The bytes of the error's envelope.
        bytes: Vec<u8>,
    },
    /// A run reported how far it has come, a line of its log, or its result.
    Reported {
        /// The run.
        run: RunId,
        /// What it reported.
        kind: ReportKind,
        /// JSON, or structured-clone bytes of a result.
        payload: Payload,
    },
    /// A run wrote to a captured stream.
    Output {
        /// The run.
        run: RunId,
        /// Standard error instead of standard output.
        is_stderr: bool,
        /// As written.
        bytes: Payload,
    },
    /// An attempt of a run failed, and another one follows.
    AttemptFailed {
        /// The run.
        run: RunId,
        /// Its job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// Which try it was.
        attempt: u32,
        /// Tries in all.
        attempts: u32,
        /// How it ended.
        cause: EndCause,
        /// What it used.
        usage: Usage,
        /// When the next one begins; `None` while the host is asked.
        retry_at: Option<EpochMs>,
        /// When it ended.
        at: EpochMs,
    },
    /// The host's answer has decided when the next attempt begins.
    RetryPlanned {
        /// The run.
        run: RunId,
        /// When.
        retry_at: EpochMs,
    },
    /// A run ended. Every run that was started or queued gets exactly one of these.
    RunEnded {
        /// The run.
        run: RunId,
        /// Its job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// Its last attempt, or the one that it waited for.
        attempt: u32,
        /// How.
        cause: EndCause,
        /// What its last attempt used.
        usage: Usage,
        /// Why a run that failed is not tried again; `None` for one that completed or was cancelled.
        gave_up: Option<GaveUp>,
        /// When its last attempt was given its process, or its place on the host's event loop.
        started: Option<EpochMs>,
        /// When.
        at: EpochMs,
    },
    /// The run of an inline handler is asked to stop.
    InlineAbort {
        /// The run.
        run: RunId,
    },
    /// An inline job is due: the host shall queue a run of it.
    InlineDue {
        /// The run, to be reported back by `Input::InlineEnded`.
        run: RunId,
        /// Its job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// Which try this is; 1 is the first.
        attempt: u32,
    },
    /// A due time got no run.
    Skipped {
        /// The job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// Why.
        reason: SkipReason,
        /// Due times of this job skipped so far for overlap.
        skipped: u32,
    },
    /// A request has been carried out.
    RequestSettled {
        /// The request.
        request: RequestId,
        /// Time ran out, and what was left was killed.
        timed_out: bool,
        /// Processes among those it waited for that could not be ended.
        survivors: Vec<Survivor>,
    },
    /// A job is due soon: the host's environment variables as they are now are wanted.
    EnvironmentWanted,
}

/// A process that the system refused to kill, usually because the host has given up rights (`setuid`)
/// since it started the process. It is no longer waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survivor {
    /// The process.
    pub pid: u32,
    /// The system's error number.
    pub errno: i32,
}

impl fmt::Display for Survivor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Survivor { pid, errno } = *self;
        write!(formatter, "process {pid} could not be killed: {}", io::Error::from_raw_os_error(errno))
    }
}

/// Why a due time got no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// An earlier run still goes.
    Overlap,
    /// It passed unnoticed, and the job does not want to start late.
    Missed,
    /// The job is paused.
    Paused,
}

/// What a run used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// From the request for its process to its end.
    pub elapsed: Duration,
    /// User and system time of its process and the descendants it waited for.
    pub cpu_time: Duration,
    /// Peak resident memory of its process.
    pub peak_memory_bytes: u64,
}
