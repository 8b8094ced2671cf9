//! What reaches the engine: requests of the host, and facts from the workers and the clock.

use std::sync::Arc;
use std::time::Duration;

use super::attempts::InlineOutcome;
use super::cluster::Grant;
use super::event::SkipReason;
use super::ids::{RequestId, RunId, WorkerId};
use super::job::JobSpec;
use super::lanes::Priority;
use super::pausing::PausedBy;
use super::reading::StoreSetup;
use crate::store::{Outcome, StoreError, Ticket, Window};
use crate::timer::{BootMs, EpochMs};
use crate::worker::backlog::Payload;
use crate::worker::environment::Environment;
use crate::worker::ipc::{ChannelError, WorkerFrame};
use crate::worker::os::{Exit, Rights, SpawnError};

/// What a run that the host asks for is given.
#[derive(Debug, Clone, Default)]
pub struct RunRequest {
    /// In place of the job's own: what a handler is called with.
    pub data: Option<Arc<[u8]>>,
    /// Its place among those that wait.
    pub priority: Option<Priority>,
    /// The id that the host gives it.
    pub id: Option<Arc<str>>,
    /// Its first attempt begins after so long.
    pub delay: Option<Duration>,
    /// How often it is tried, in place of what the job says.
    pub attempts: Option<u32>,
    /// How long an attempt may take, in place of what the job says.
    pub timeout: Option<Duration>,
    /// The date of that, where the host has named one.
    pub date: Option<EpochMs>,
    /// The id of the run that has failed, and is to be run again.
    pub retry_of: Option<Arc<str>>,
    /// It is a run of the cluster, which was given to this host. Its id is that of the grant.
    pub grant: Option<Grant>,
}

/// One thing that happened.
#[derive(Debug)]
pub enum Input {
    /// Register a job and arm its first due time.
    AddJob {
        /// The job.
        spec: JobSpec,
        /// A registered job of that name without live run or due time gives way.
        replace_finished: bool,
        /// Register it only: `ScheduleJob` arms it.
        is_held: bool,
    },
    /// Arm the due times of a registered job that was held or stopped.
    ScheduleJob(Arc<str>),
    /// Start a run now, whatever its schedule says.
    RunJob(Arc<str>),
    /// A run of a job, asked for by the host.
    RequestRun {
        /// The job.
        name: Arc<str>,
        /// What the run is given.
        request: RunRequest,
    },
    /// Pause a job: its due times get no run until it is resumed.
    Pause {
        /// The job.
        name: Arc<str>,
        /// Who wants it.
        by: PausedBy,
        /// Why.
        note: Option<Arc<str>>,
        /// Cancel its runs too; settled when none of them is left.
        cancel: Option<RequestId>,
    },
    /// Arm a paused job again.
    Resume {
        /// The job.
        name: Arc<str>,
        /// One run now if a due time has passed meanwhile.
        catch_up: bool,
    },
    /// Pause all jobs, and those that are added from now on.
    PauseAll {
        /// Who wants it.
        by: PausedBy,
        /// Why.
        note: Option<Arc<str>>,
        /// Cancel all runs too; settled when none of them is left.
        cancel: Option<RequestId>,
    },
    /// Resume what `PauseAll` has paused.
    ResumeAll {
        /// As for `Resume`.
        catch_up: bool,
    },
    /// An inline run has given a sign of life.
    Alive(RunId),
    /// Whether the host is told of the start of each run of a handler, or on its event loop, that it has asked for. Of others it
    /// is told anyway.
    SetWatched(bool),
    /// Stop a run.
    CancelRun {
        /// The run.
        run: RunId,
        /// Settled when it has ended.
        request: RequestId,
    },
    /// Disarm a job's due times and cancel its runs; it stays registered.
    StopJob {
        /// The job.
        name: Arc<str>,
        /// Settled when no run of it is left.
        request: RequestId,
    },
    /// As `StopJob`, and the job is forgotten.
    RemoveJob {
        /// The job.
        name: Arc<str>,
        /// Settled when no run of it is left.
        request: RequestId,
    },
    /// Send a message to a run's `parentPort`.
    PostMessage {
        /// The run.
        run: RunId,
        /// Structured-clone bytes.
        bytes: Arc<[u8]>,
    },
    /// The host program has read output of a run.
    OutputRead {
        /// The run.
        run: RunId,
        /// Standard error instead of standard output.
        is_stderr: bool,
        /// How many bytes.
        bytes: usize,
    },
    /// End a run's processes at once.
    Terminate(RunId),
    /// The host's function for an inline run has settled.
    InlineEnded {
        /// The run.
        run: RunId,
        /// How.
        outcome: InlineOutcome,
        /// With a store: what it has returned, or the envelope of its error.
        bytes: Option<Arc<[u8]>>,
    },
    /// The host's answer to `JobEvent::AttemptFailed` without a time.
    SetBackoff {
        /// The run.
        run: RunId,
        /// The pause before its next attempt; `None` for no more attempts.
        delay: Option<Duration>,
    },
    /// The host's environment variables as they are now.
    SetEnvironment(Arc<Environment>),
    /// The host's rights as they are now (see `Engine::wants_rights`).
    SetRights(Rights),
    /// Disarm everything, accept nothing more, and stop what is no run of a handler that goes or waits to.
    Drain {
        /// Settled when those have ended.
        request: RequestId,
    },
    /// Disarm everything and stop every run.
    Shutdown {
        /// Settled when no worker is left.
        request: RequestId,
        /// After this long what is left is killed.
        timeout: Duration,
    },
    /// The host's JavaScript environment ends: kill everything, tell nobody.
    Close,
    /// A process was started.
    WorkerStarted {
        /// The process.
        worker: WorkerId,
        /// Its pid.
        pid: u32,
        /// The host's rights, which it has got.
        rights: Rights,
    },
    /// The system refused to kill a process that has not ended.
    KillFailed {
        /// The process.
        worker: WorkerId,
        /// The system's error number.
        errno: i32,
    },
    /// A process could not be started.
    StartFailed {
        /// The process that was asked for.
        worker: WorkerId,
        /// Why.
        error: SpawnError,
    },
    /// A process said something.
    Frame {
        /// The process.
        worker: WorkerId,
        /// What it said.
        frame: WorkerFrame,
    },
    /// A run on the host's event loop has written a line to its log.
    InlineLogged {
        /// The run.
        run: RunId,
        /// JSON.
        line: Vec<u8>,
    },
    /// A captured stream of a process gave output.
    Output {
        /// The process.
        worker: WorkerId,
        /// Standard error instead of standard output.
        is_stderr: bool,
        /// As written.
        bytes: Payload,
    },
    /// A process's channel cannot be read any further.
    ChannelBroke {
        /// The process.
        worker: WorkerId,
        /// Why.
        error: ChannelError,
    },
    /// The host could not read a message of that run.
    BadMessage(RunId),
    /// The processes of a run use more memory than its limit.
    MemoryExceeded {
        /// The process.
        worker: WorkerId,
        /// What they use.
        used_bytes: u64,
    },
    /// A process has exited, and all it said has been read.
    Exited {
        /// The process.
        worker: WorkerId,
        /// How, and what it used.
        exit: Exit,
    },
    /// A deadline may have come.
    TimePassed,
    /// The manager shares its jobs with other hosts. To be sent before any job is added.
    JoinCluster {
        /// How long before its due time a slot is claimed.
        lead: Duration,
    },
    /// This host has been granted a slot.
    GrantSlot {
        /// The job.
        name: Arc<str>,
        /// The due time.
        due: EpochMs,
        /// For how long, and as what.
        grant: Grant,
    },
    /// This host still has a run of the cluster.
    RenewLease {
        /// The id of the grant.
        id: Arc<str>,
        /// Its new end; an earlier one than before changes nothing.
        until: BootMs,
    },
    /// This host has lost a run of the cluster: it ends at once.
    RevokeLease(Arc<str>),
    /// A newer due time of its job takes the place of a run of the cluster: it is asked to stop.
    ReplaceRun(Arc<str>),
    /// Nobody runs a slot of a job of this host.
    SkipSlot {
        /// The job.
        name: Arc<str>,
        /// The due time, or the first of them.
        due: EpochMs,
        /// Why.
        reason: SkipReason,
        /// How many due times.
        count: u32,
    },
    /// The cluster has answered the due times of a job up to this one: what has passed since, while no host was there, is made
    /// up for as the job says.
    ResumeSlots {
        /// The job.
        name: Arc<str>,
        /// The last slot that was claimed.
        answered: EpochMs,
    },
    /// The manager has a store. To be sent before anything else.
    StoreOpened(Box<StoreSetup>),
    /// Writes of the store are settled.
    WritesSettled(Vec<(Ticket, Outcome)>),
    /// Runs have been read from the store.
    WindowRead(Window),
    /// The store cannot keep anything now.
    StoreFails(Arc<StoreError>),
    /// It can again.
    StoreWorks,
}
