//! What the host is told, in the past tense.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::cluster::Fence;
use super::ids::{RegistrationId, RequestId, RunId};
use super::pausing::PausedBy;
use super::retry::GaveUp;
use super::run::{EndCause, Trigger};
use crate::store::StoreError;
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
        /// Its id and the number of its grant, of a run of a cluster.
        granted: Option<(Arc<str>, Fence)>,
        /// When.
        at: EpochMs,
    },
    /// Runs that the host has asked for are in the store.
    RunsAccepted {
        /// The runs.
        runs: Vec<RunId>,
    },
    /// A run that the host has asked for was not accepted: there is no such run.
    RunRefused {
        /// The run.
        run: RunId,
        /// Its job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// Why the store cannot keep it.
        error: Option<Arc<StoreError>>,
        /// The run that has its id.
        known: Option<KnownRun>,
    },
    /// A run that an earlier host has accepted waits in this one.
    RunRead {
        /// The run.
        run: RunId,
        /// Its job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// Its id.
        id: Arc<str>,
        /// Why there is one.
        trigger: Trigger,
        /// The due time that it answers.
        due: Option<EpochMs>,
        /// When it was accepted.
        queued: EpochMs,
        /// Which try comes next.
        attempt: u32,
        /// Tries in all.
        attempts: u32,
        /// The longest attempt, in place of what its job says.
        timeout: Option<Duration>,
        /// What a function on the host's event loop is called with.
        data: Option<Arc<[u8]>>,
    },
    /// Runs wait in the store for a job that has not been defined.
    OrphanRuns {
        /// The job.
        name: Arc<str>,
        /// How many.
        runs: u64,
        /// They have failed with that.
        have_failed: bool,
    },
    /// The store cannot keep anything now.
    StoreFails(Arc<StoreError>),
    /// It can again.
    StoreWorks,
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
        /// Its process, if that runs already.
        pid: Option<u32>,
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
        /// Its job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
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
    /// Output of a run has been kept since the host last looked at it.
    OutputGrew {
        /// The run.
        run: RunId,
        /// Its job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
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
        /// When the first one was given its process, or its place on the host's event loop.
        first_started: Option<EpochMs>,
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
        /// Its id, of a run that only an earlier host knew, and of one of a cluster.
        id: Option<Arc<str>>,
        /// What is to be known of it besides.
        facts: RunFacts,
        /// How.
        cause: EndCause,
        /// What its last attempt used.
        usage: Usage,
        /// Why a run that failed is not tried again; `None` for one that completed or was cancelled.
        gave_up: Option<GaveUp>,
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
        /// Since when the run could have begun.
        wanted: EpochMs,
    },
    /// Due times got no run.
    Skipped {
        /// The job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// Why.
        reason: SkipReason,
        /// The due time, or the first of them; `None` for a run that the host has asked for.
        due: Option<EpochMs>,
        /// How many since the last event of this kind: at most one a second is sent for each job.
        count: u32,
        /// How many so far for this reason.
        skipped: u32,
        /// When.
        at: EpochMs,
    },
    /// A job was paused.
    JobPaused {
        /// The job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// Who paused it.
        by: PausedBy,
        /// Why, where the store has kept the pause.
        note: Option<Arc<str>>,
        /// When.
        at: EpochMs,
    },
    /// A paused job goes on.
    JobResumed {
        /// The job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// When.
        at: EpochMs,
    },
    /// All jobs were paused. Those that were not paused before have no event of their own.
    AllPaused {
        /// Who paused them.
        by: PausedBy,
        /// Why.
        note: Option<Arc<str>>,
        /// When.
        at: EpochMs,
    },
    /// The jobs that were paused with all others go on.
    AllResumed {
        /// When.
        at: EpochMs,
    },
    /// An attempt takes longer than usual; it goes on. Once for each run.
    RunSlow {
        /// The run.
        run: RunId,
        /// Its job.
        name: Arc<str>,
        /// The job's registration.
        registration: RegistrationId,
        /// The limit that it has passed.
        limit: Duration,
        /// When.
        at: EpochMs,
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
    /// The wall clock was set back while recurring jobs were scheduled: they are scheduled anew.
    ClockSetBack {
        /// By how much.
        step: Duration,
        /// How many jobs.
        jobs: usize,
        /// Jobs at fixed times do not repeat the times that they have answered.
        repeats_nothing: bool,
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

/// The run that has the id of a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRun {
    /// Its job.
    pub job: Box<str>,
    /// Its number; `None` for one that has ended.
    pub run: Option<RunId>,
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

impl SkipReason {
    /// The name in JavaScript.
    pub fn name(self) -> &'static str {
        match self {
            SkipReason::Overlap => "overlap",
            SkipReason::Missed => "missed",
            SkipReason::Paused => "paused",
        }
    }
}

/// Where a run came from, and when its last attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunFacts {
    /// Why there was a run.
    pub trigger: Trigger,
    /// The due time that it answered.
    pub due: Option<EpochMs>,
    /// When it was accepted.
    pub queued: EpochMs,
    /// When its last attempt was given its process, or its place on the host's event loop.
    pub started: Option<EpochMs>,
    /// When that reached the job's first line.
    pub online: Option<EpochMs>,
    /// Its last attempt, or the one that it waited for.
    pub attempt: u32,
    /// Tries in all.
    pub attempts: u32,
    /// What the job saw as `threadId` in its last attempt.
    pub thread: u32,
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
