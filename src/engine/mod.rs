//! All decisions: what is registered, what runs, what must stop, and what the host is told.
//!
//! [`Engine::handle`] takes one [`Input`] and the time, answers it, and leaves [`Effect`]s to be
//! carried out. It does no I/O, reads no clock and knows nothing of JavaScript, so that every rule
//! is tested with a virtual clock (`engine/tests/`). The rooms:
//!
//! | file | what it decides |
//! |---|---|
//! | `registry.rs` | which jobs exist, and their due times |
//! | `activity.rs` | whether the host process is still needed |
//! | `clock_step.rs` | what becomes of due times when the wall clock is set back |
//! | `runs.rs` | which process takes which run, how a run ends; `queue.rs`: the runs that wait for one |
//! | `overlap.rs` | whether a run that is wanted begins, waits, or is skipped |
//! | `pausing.rs` | which jobs are paused, and what of them is held; `skips.rs`: due times without a run |
//! | `cluster.rs` | which due times are claimed among several hosts, and how long runs may go on without a renewal |
//! | `watching.rs` | runs without a sign of life, and runs that take longer than usual |
//! | `inspection.rs` | nothing: pages of jobs and runs, due times to come; `measures.rs`: what is counted for metrics |
//! | `output.rs` | which run the output of a process belongs to |
//! | `stopping.rs` | 'cancel' → SIGTERM → SIGKILL, removal, shutdown; `requests.rs`: what waits for them |
//! | `keeping.rs` | what the store keeps of runs, and what waits for that |
//! | `reading.rs` | runs that an earlier host has left; `slots.rs`: due times that it has missed |
//! | `pool/` | processes: boots, limits, backing off; `spares.rs`: those booted ahead of a job; `demand.rs`: whether one is worth booting though nothing is due |

mod activity;
mod attempts;
mod backoff;
mod clock_step;
mod cluster;
mod code_units;
mod effect;
mod event;
mod histogram;
mod host;
mod ids;
mod input;
mod inspection;
mod job;
mod keeping;
mod kept;
mod lanes;
mod measures;
mod output;
mod overlap;
mod pausing;
mod pool;
mod queue;
mod reading;
mod registry;
mod requests;
mod retry;
mod run;
mod runs;
mod skips;
mod slots;
mod stopping;
#[cfg(test)]
mod tests;
mod watching;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use thiserror::Error;

pub use activity::Activity;
pub use attempts::InlineOutcome;
pub use backoff::{Backoff, Curve, Random};
pub use cluster::{ClusterEvent, Fence, Grant, Resumed};
pub use effect::{Effect, WarmUp};
pub use event::{JobEvent, KnownRun, RunFacts, SkipReason, Survivor, Usage};
pub use histogram::Histogram;
pub use ids::{JobId, RegistrationId, RequestId, RunId, RunNumbers, WorkerId};
pub use input::{Input, RunRequest};
pub use inspection::{Counts, JobCursor, JobQuery, JobRow, JobSort, JobState, RunQuery, RunRow, Upcoming};
pub use job::{
    BootProfile, Handler, JobSpec, Limits, Missed, ModuleKind, Offloaded, Overlap, Plan, Policy, Queue,
    Reuse, Scope, When, Work,
};
pub use lanes::{LaneKey, Priority};
pub use measures::{Measures, StateCount};
pub use output::{Printed, Source, Stream};
pub use pausing::PausedBy;
pub use pool::{PoolLimits, WarmWorkers};
pub use reading::{LeftJob, StoreSetup};
pub use retry::{Cause, Causes, GaveUp, RetryPolicy};
pub use run::{EndCause, Trigger};
pub use skips::Skipped;

use crate::timer::{BootMs, EpochMs, MonoMs, Now, TimerHeap};
use clock_step::ClockWatch;
use cluster::Cluster;
use host::Host;
use job::Job;
use keeping::Keeping;
use kept::Kept;
use lanes::Lanes;
use pausing::AllPaused;
use pool::Pool;
use queue::RunQueue;
use requests::Requests;
use run::Run;

/// The state of one job manager.
#[derive(Debug)]
pub struct Engine {
    /// Boxed: the table keeps room for more than it holds.
    jobs: HashMap<JobId, Box<Job>>,
    names: HashMap<Arc<str>, JobId>,
    /// Due times, by the wall clock.
    due: TimerHeap<EpochMs, JobId>,
    /// How many of them are of jobs that keep the host process alive.
    holding_due: usize,
    /// Everything else that waits for its time, by the monotonic clock.
    deadlines: TimerHeap<MonoMs, Deadline>,
    /// Runs that have not ended: of offloaded jobs, and of scheduled inline ones.
    runs: BTreeMap<RunId, Run>,
    /// The same by their jobs, removed ones included.
    runs_of: BTreeSet<(JobId, RunId)>,
    /// Those of `runs` that wait for a process.
    queue: RunQueue,
    /// Which runs of handlers go, and which wait.
    lanes: Lanes,
    /// The processes that are kept for handlers.
    kept: Kept,
    /// What the store keeps; `None` without one.
    keeping: Option<Box<Keeping>>,
    /// Of a manager that shares its jobs with other hosts.
    cluster: Option<Box<Cluster>>,
    /// Leads the ids of runs.
    instance: Arc<str>,
    pool: Pool,
    /// What the first of the registered jobs needs of a process, and so probably the others.
    usual_profile: Option<Arc<BootProfile>>,
    requests: Requests,
    /// Runs that the host has asked for and that wait for an earlier one of their job.
    behind: HashMap<JobId, VecDeque<RunId>>,
    all_paused: Option<AllPaused>,
    measures: Measures,
    /// Somebody wants to know of the start of each run.
    is_watched: bool,
    /// Jobs with a due time that do not keep the host process alive.
    unref_due: usize,
    /// A shutdown has begun: nothing is accepted any more, and no spares are kept.
    is_shut_down: bool,
    host: Host,
    clock: ClockWatch,
    /// Due times up to here have been prepared for.
    prepared_until: EpochMs,
    /// For due times up to here, idle spares have been given their jobs.
    primed_until: EpochMs,
    /// The message 'cancel', as structured-clone bytes.
    cancel_message: Arc<[u8]>,
    next_job: u32,
    run_numbers: RunNumbers,
    /// For the jitter of backoffs: seeded from outside, so that a run of the engine can be repeated.
    random: fastrand::Rng,
    effects: Vec<Effect>,
}

/// What an engine is made with.
#[derive(Debug)]
pub struct Setup {
    /// Bounds on processes.
    pub limits: PoolLimits,
    /// The message 'cancel', as structured-clone bytes.
    pub cancel_message: Arc<[u8]>,
    /// Shared by the engines of a process.
    pub run_numbers: RunNumbers,
    /// For the random part of pauses between attempts.
    pub seed: u64,
    /// Leads the ids of runs: different for each manager.
    pub instance: Arc<str>,
}

/// What falls due on the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deadline {
    /// A process must have come further by now: booted, reached its job, or left.
    WorkerLimit(WorkerId),
    /// A spare has been idle for long enough.
    SpareIdle(WorkerId),
    /// Spares are to be booted for runs that are probably asked for soon.
    SpareWanted,
    /// Boots may be tried again after failures.
    BootsResume,
    /// A run has reached its time limit.
    TimeLimit(RunId),
    /// A process that is kept has had no run for long enough.
    KeptIdle(RunId),
    /// A run that was sent ahead to a process may stand behind one that takes long.
    Recall(RunId),
    /// The next attempt of a run is due, or the first one that was to begin later.
    NextAttempt(RunId),
    /// A run may have given no sign of life for too long.
    Stall(RunId),
    /// A run takes longer than usual.
    Slow(RunId),
    /// The first of the unread runs of a job may begin.
    Unread(JobId),
    /// Runs in the store may have no job.
    Orphans,
    /// A run has not done in time what its phase waits for.
    NextStep(RunId),
    /// A shutdown has reached its time limit.
    ShutdownLimit(RequestId),
}

/// The answer to a request that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It is done, or under way.
    Accepted,
    /// The job was registered, but its due times are all in the past.
    InThePast,
    /// This run was started, or waits for its process.
    Run(RunId),
    /// This run waited for its next attempt, which begins now.
    Promoted(RunId),
    /// This run waits already, and answers this request too.
    Waiting(RunId),
    /// A run of that job still goes, so none was started.
    AlreadyRunning {
        /// That run.
        run: RunId,
        /// When its attempt began, or when it was accepted.
        since: Option<EpochMs>,
    },
    /// A slot of the cluster gets no run, for this reason.
    Declined(SkipReason),
}

/// Why a request was refused. Nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A job of that name is registered.
    #[error("a job of that name is registered already")]
    DuplicateName,
    /// No job of that name is registered.
    #[error("no job of that name is registered")]
    UnknownJob,
    /// That run has ended, or never was.
    #[error("no such run")]
    UnknownRun,
    /// Its schedule names no time that exists.
    #[error("the schedule never falls due")]
    NeverDue,
    /// The job is scheduled already.
    #[error("the job is started already")]
    AlreadyStarted,
    /// As many runs of its queue wait as may.
    #[error("its queue is full")]
    QueueFull,
    /// The lease of a run from the cluster is over.
    #[error("the lease of the run is over")]
    LeaseOver,
    /// The manager is shutting down.
    #[error("the job manager is shutting down")]
    ShuttingDown,
    /// The manager has been shut down.
    #[error("the job manager has been shut down")]
    ShutDown,
}

impl Refusal {
    /// Stable, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::DuplicateName => "JOB_DUPLICATE_NAME",
            Refusal::UnknownJob => "JOB_UNKNOWN",
            Refusal::UnknownRun => "RUN_UNKNOWN",
            Refusal::NeverDue => "SCHEDULE_NEVER_DUE",
            Refusal::AlreadyStarted => "JOB_ALREADY_STARTED",
            Refusal::QueueFull => "QUEUE_FULL",
            Refusal::LeaseOver => "LEASE_OVER",
            Refusal::ShuttingDown => "MANAGER_SHUTTING_DOWN",
            Refusal::ShutDown => "MANAGER_SHUT_DOWN",
        }
    }
}

/// When the engine next wants [`Input::TimePassed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wakeup {
    /// By the wall clock.
    pub wall: Option<EpochMs>,
    /// By the monotonic clock.
    pub mono: Option<MonoMs>,
    /// By the clock that counts suspended time.
    pub boot: Option<BootMs>,
}

impl Engine {
    /// An engine without jobs.
    pub fn new(setup: Setup) -> Self {
        Engine {
            jobs: HashMap::new(),
            names: HashMap::new(),
            due: TimerHeap::new(),
            holding_due: 0,
            deadlines: TimerHeap::new(),
            runs: BTreeMap::new(),
            runs_of: BTreeSet::new(),
            queue: RunQueue::default(),
            lanes: Lanes::default(),
            kept: Kept::default(),
            keeping: None,
            cluster: None,
            instance: setup.instance,
            pool: Pool::new(setup.limits),
            usual_profile: None,
            requests: Requests::default(),
            behind: HashMap::new(),
            all_paused: None,
            measures: Measures::new(),
            is_watched: false,
            unref_due: 0,
            is_shut_down: false,
            host: Host::default(),
            clock: ClockWatch::default(),
            prepared_until: EpochMs(i64::MIN),
            primed_until: EpochMs(i64::MIN),
            cancel_message: setup.cancel_message,
            next_job: 1,
            run_numbers: setup.run_numbers,
            random: fastrand::Rng::with_seed(setup.seed),
            effects: Vec::new(),
        }
    }

    /// Takes one input. What has to be done about it is left for [`Engine::drain_effects`].
    ///
    /// # Errors
    /// [`Refusal`] of a request; facts are never refused, the late ones are dropped.
    pub fn handle(&mut self, input: Input, now: Now) -> Result<Reply, Refusal> {
        self.watch_clock(now);
        self.watch_leases(now);
        let reply = match input {
            Input::AddJob { spec, replace_finished, is_held } => {
                self.add_job(spec, replace_finished, is_held, now)
            }
            Input::ScheduleJob(name) => self.schedule_job(&name, now),
            Input::RunJob(name) => self.run_job(&name, now),
            Input::RequestRun { name, request } => match request.grant.clone() {
                Some(grant) => self.request_leased(&name, request, &grant, now),
                None => self.request_run(&name, request, now),
            },
            Input::GrantSlot { name, due, grant } => self.grant(&name, due, &grant, now),
            Input::RenewLease { id, until } => self.renew_lease(&id, until),
            Input::CancelRun { run, request } => self.cancel_run(run, request, now),
            Input::Pause { name, by, note, cancel } => self.pause_job(&name, (by, note), cancel, now),
            Input::Resume { name, catch_up } => self.resume_job(&name, catch_up, now),
            Input::StopJob { name, request } => self.stop_job(&name, request, now),
            Input::RemoveJob { name, request } => self.remove_job(&name, request, now),
            Input::PostMessage { run, bytes } => self.post_message(run, bytes),
            Input::Terminate(run) => self.terminate(run, now),
            other => {
                self.take(other, now);
                Ok(Reply::Accepted)
            }
        };
        self.dispatch(now);
        self.prepare_spares(now);
        self.prime_spares(now);
        self.settle_requests();
        reply
    }

    /// Takes what is never refused: facts, and requests that can always be met.
    fn take(&mut self, input: Input, now: Now) {
        match input {
            Input::InlineEnded { run, outcome, bytes } => self.inline_ended(run, outcome, bytes, now),
            Input::SetBackoff { run, delay } => self.set_backoff(run, delay, now),
            Input::SetEnvironment(environment) => self.set_environment(environment, now),
            Input::SetRights(rights) => self.set_rights(rights, now),
            Input::WorkerStarted { worker, pid, rights } => {
                self.pool.note_start(worker, pid, rights);
                self.set_rights(rights, now);
            }
            Input::KillFailed { worker, errno } => self.kill_failed(worker, errno, now),
            Input::StartFailed { worker, error } => self.start_failed(worker, &error, now),
            Input::Frame { worker, frame } => self.take_frame(worker, frame, now),
            Input::Output { worker, is_stderr, bytes } => self.take_output(worker, is_stderr, bytes, now),
            Input::InlineLogged { run, line } => self.print(run, Source::Log, line.into(), now),
            Input::OutputRead { run, is_stderr, bytes } => self.output_read(run, is_stderr, bytes),
            Input::ChannelBroke { worker, error } => self.channel_broke(worker, error, now),
            Input::BadMessage(run) => self.bad_message(run, now),
            Input::MemoryExceeded { worker, used_bytes } => self.memory_exceeded(worker, used_bytes, now),
            Input::Exited { worker, exit } => self.worker_exited(worker, &exit, now),
            Input::TimePassed => self.time_passed(now),
            Input::JoinCluster { lead } => self.join_cluster(lead),
            Input::RevokeLease(id) => self.revoke_lease(&id, now),
            Input::ReplaceRun(id) => self.replace_run(&id, now),
            Input::SkipSlot { name, due, reason, count } => self.skip_slot(&name, due, (reason, count), now),
            Input::ResumeSlots { name, answered } => self.resume_slots(&name, answered, now),
            Input::Alive(run) => self.note_alive(run, now),
            Input::SetWatched(is_watched) => self.is_watched = is_watched,
            Input::PauseAll { by, note, cancel } => self.pause_all((by, note), cancel, now),
            Input::ResumeAll { catch_up } => self.resume_all(catch_up, now),
            Input::Drain { request } => self.drain(request, now),
            Input::Shutdown { request, timeout } => self.shutdown(request, timeout, now),
            Input::StoreOpened(setup) => self.store_opened(*setup, now),
            Input::WritesSettled(settled) => self.writes_settled(settled, now),
            Input::WindowRead(window) => self.window_read(window, now),
            Input::StoreFails(error) => self.emit(JobEvent::StoreFails(error)),
            Input::StoreWorks => self.emit(JobEvent::StoreWorks),
            Input::Close => self.close(),
            // The requests that can be refused were taken by `handle`.
            _ => {}
        }
    }

    /// What has to be done, in order.
    pub fn drain_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// When the next deadline falls due.
    pub fn next_wakeup(&self) -> Wakeup {
        let prepare_at = self.due.next_after(self.prepared_until).map(|due| due.minus(self.pool.boot_lead()));
        let prime_at = self.prime_at();
        let cluster = self.cluster.as_ref();
        let claim_at = cluster.and_then(|cluster| cluster.next_claim());
        Wakeup {
            wall: [self.due.next_at(), prepare_at, prime_at, claim_at].into_iter().flatten().min(),
            mono: self.deadlines.next_at(),
            boot: cluster.and_then(|cluster| cluster.next_expiry()),
        }
    }

    /// Is a job of that name registered that is due, runs, or waits to?
    pub fn is_busy(&self, name: &str) -> bool {
        self.names.get(name).and_then(|id| self.jobs.get(id)).is_some_and(|job| !job.is_finished())
    }

    /// Whether this input may give a spare, or a process that is kept, to a run, so that [`Input::SetRights`]
    /// should come first. Reading them takes some microseconds, so what was read just now will do for the latter.
    pub fn wants_rights(&self, input: &Input, now: Now) -> bool {
        let may_start = match input {
            Input::AddJob { spec, .. } => matches!(spec.when, When::Now),
            Input::ScheduleJob(_)
            | Input::RunJob(_)
            | Input::Resume { .. }
            | Input::ResumeAll { .. }
            | Input::TimePassed
            | Input::GrantSlot { .. }
            | Input::Exited { .. } => true,
            // Handlers have processes of their own, and are asked for often.
            Input::RequestRun { name, .. } => self.is_script(name),
            _ => false,
        };
        (may_start && self.pool.has_spares()) || (self.kept.may_serve(input) && self.are_rights_old(now))
    }

    fn is_script(&self, name: &str) -> bool {
        let job = self.names.get(name).and_then(|id| self.jobs.get(id));
        job.is_some_and(|job| matches!(job.spec.work, Work::Offloaded(_)))
    }

    fn time_passed(&mut self, now: Now) {
        self.claim_due(now);
        while let Some((at, job)) = self.due.pop_due(now.wall) {
            self.fall_due(job, at, now);
        }
        while let Some((_, deadline)) = self.deadlines.pop_due(now.mono) {
            match deadline {
                Deadline::WorkerLimit(worker) => self.worker_limit_reached(worker, now),
                Deadline::SpareIdle(worker) => self.spare_idle(worker, now),
                // `handle` looks after every input for spares to boot.
                Deadline::SpareWanted => {}
                Deadline::BootsResume => self.pool.resume_boots(),
                Deadline::KeptIdle(number) => self.kept_idle(number, now),
                Deadline::Recall(number) => self.look_ahead(number, now),
                Deadline::NextAttempt(run) => self.attempt_due(run, now),
                Deadline::Stall(run) => self.stall_due(run, now),
                Deadline::Slow(run) => self.slow_due(run, now),
                Deadline::TimeLimit(run) => self.time_limit_reached(run, now),
                Deadline::Unread(job) => self.unread_due(job),
                Deadline::Orphans => self.orphans_due(now),
                Deadline::NextStep(run) => self.take_next_step(run, now),
                Deadline::ShutdownLimit(request) => self.shutdown_limit_reached(request, now),
            }
        }
    }

    fn random(&mut self) -> Random {
        Random(self.random.f64())
    }

    fn emit(&mut self, event: JobEvent) {
        self.effects.push(Effect::Emit(event));
    }
}
