//! What a job is: its name, when it is due, and what a run of it does.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::ids::{JobId, RegistrationId};
use super::lanes::{LaneKey, Priority};
use super::output::Stream;
use super::pausing::{Awaits, Paused};
use super::retry::RetryPolicy;
use super::run::Standing;
use super::skips::Skips;
use crate::schedule::{ClockChange, Place, Schedule};
use crate::timer::{EpochMs, TimerKey};

/// A job as the host asked for it. What many jobs have in common is shared by them: a host may
/// register a hundred thousand.
#[derive(Debug, Clone)]
pub struct JobSpec {
    /// Unique among the registered jobs.
    pub name: Arc<str>,
    /// The host's own name for this registration.
    pub registration: RegistrationId,
    /// When it is due.
    pub when: When,
    /// What a run does.
    pub work: Work,
    /// What is made of it when things do not go by the plan.
    pub policy: Arc<Policy>,
}

/// When a job is due.
#[derive(Debug, Clone)]
pub enum When {
    /// As soon as it is added.
    Now,
    /// Once.
    At(EpochMs),
    /// Again and again.
    Recurring {
        /// Shared by all jobs with the same text in the same zone.
        plan: Arc<Plan>,
        /// What plain intervals count from: when the job was registered.
        anchor: EpochMs,
    },
    /// When the host says so: its timers are not Node's own, and keep this job's time.
    HostClock,
}

/// A schedule and the clock that it is read against.
#[derive(Debug)]
pub struct Plan {
    /// The text.
    pub text: Arc<str>,
    /// What the text says.
    pub schedule: Schedule,
    /// Where its wall-clock times are read.
    pub zone: TimeZone,
    /// What happens where the clocks of the zone change.
    pub clock_change: ClockChange,
}

impl Plan {
    /// The name of its zone, as the store keeps it.
    pub(super) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("")
    }

    /// The first due instant strictly after `after`; `None` when there is none.
    pub fn next_after(&self, after: EpochMs, anchor: EpochMs) -> Option<EpochMs> {
        self.schedule.next_after(instant(after)?, &self.place(anchor)?).map(epoch_ms)
    }

    /// How many due instants there are after `after`, up to `until`. What it costs grows with the days between
    /// them, not with the due instants.
    pub fn count_between(&self, after: EpochMs, until: EpochMs, anchor: EpochMs) -> u32 {
        let (Some(after), Some(until), Some(place)) = (instant(after), instant(until), self.place(anchor))
        else {
            return 0;
        };
        u32::try_from(self.schedule.count_between(after, until, &place)).unwrap_or(u32::MAX)
    }

    /// The first `count` due instants strictly after `after`, or fewer when there are no more: the
    /// same as repeated calls of [`Plan::next_after`], and faster.
    pub fn upcoming(&self, after: EpochMs, anchor: EpochMs, count: usize) -> Vec<EpochMs> {
        let (Some(after), Some(place)) = (instant(after), self.place(anchor)) else { return Vec::new() };
        self.schedule.upcoming(after, &place).take(count).map(epoch_ms).collect()
    }

    fn place(&self, anchor: EpochMs) -> Option<Place> {
        let anchor = instant(anchor)?;
        Some(Place { zone: self.zone.clone(), clock_change: self.clock_change, anchor })
    }
}

/// `None` beyond what calendars cover.
fn instant(at: EpochMs) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.0).ok()
}

fn epoch_ms(due: Timestamp) -> EpochMs {
    EpochMs(due.as_millisecond())
}

/// What a run does.
#[derive(Debug, Clone)]
pub enum Work {
    /// The host calls a function on its own event loop.
    Inline,
    /// A process runs a module.
    Offloaded(Offloaded),
    /// A function is called again and again, with data.
    Handler(Arc<Handler>),
}

impl Work {
    /// What a run of the job's schedule is called with.
    pub(super) fn own_data(&self) -> Arc<[u8]> {
        match self {
            Work::Handler(handler) => Arc::clone(&handler.data),
            Work::Inline | Work::Offloaded(_) => Arc::default(),
        }
    }
}

/// A job that is a function.
#[derive(Debug)]
pub struct Handler {
    /// The process that is kept for it; `None` for a function of the host.
    pub process: Option<Offloaded>,
    /// What a run of its schedule is called with: structured-clone bytes.
    pub data: Arc<[u8]>,
    /// How long a process is kept.
    pub reuse: Reuse,
    /// The queue of the manager that its runs wait in, instead of one of their own.
    pub queue: Option<Arc<str>>,
    /// Runs of that queue that may go at once.
    pub concurrency: usize,
    /// Runs that may wait; one more is refused.
    pub max_waiting: usize,
    /// Longest result that the store keeps, in bytes.
    pub keep_result: usize,
    /// Whether the store keeps runs of it that have completed or were cancelled.
    pub keeps_history: bool,
}

impl Handler {
    /// Where runs of this handler wait, which is the work of `job`.
    pub(super) fn lane(&self, job: JobId) -> LaneKey {
        self.queue.as_ref().map_or(LaneKey::Own(job), |name| LaneKey::Named(Arc::clone(name)))
    }
}

/// How long a process is kept for a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reuse {
    /// It leaves after so many runs.
    pub max_runs: u32,
    /// It leaves when it has had no run for so long.
    pub idle: Duration,
    /// It leaves after this age, between two runs.
    pub max_age: Option<Duration>,
}

/// How a worker process is started and what it is given.
#[derive(Debug, Clone)]
pub struct Offloaded {
    /// What must be known before the process boots.
    pub boot: Arc<BootProfile>,
    /// The job for `lib/worker/bootstrap.js`, opaque here.
    pub job: Arc<[u8]>,
}

/// What is made of a job when things do not go by the plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Policy {
    /// It is due while a run of it still goes.
    pub overlap: Overlap,
    /// Its time has passed unnoticed.
    pub missed: Missed,
    /// Limits on a run.
    pub limits: Limits,
    /// What follows a failed attempt.
    pub retry: RetryPolicy,
    /// Runs of the job that may go at once; `None` for one, or any number with [`Overlap::Allow`].
    pub concurrency: Option<u32>,
    /// The place of its runs among those that wait, unless the host asks for another.
    pub priority: Priority,
    /// The queue of the manager that its runs wait in; of a handler see [`Handler::queue`].
    pub queue: Option<Queue>,
    /// The function of an inline job is called with its run, and can be asked to stop by its signal.
    pub takes_context: bool,
    /// It is registered as if it had been paused at once.
    pub is_paused: bool,
    /// So many runs in a row that failed for good pause it.
    pub pause_after_failures: Option<u32>,
    /// What the host lists its jobs by.
    pub tags: Arc<[Box<str>]>,
    /// For which host its due times are.
    pub scope: Scope,
    /// Its due times alone do not keep the host process alive; a run of it does.
    pub unref: bool,
    /// Bytes that are kept of what a run prints and logs.
    pub output_limit: usize,
    /// How its process probably loads it.
    pub module_kind: ModuleKind,
}

/// Which loader of Node a module needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ModuleKind {
    /// `require`.
    #[default]
    CommonJs,
    /// `import`, whose loader takes long to load itself.
    Es,
}

/// A queue of the manager, which jobs share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Queue {
    /// Its name.
    pub name: Arc<str>,
    /// Runs of it that may go at once.
    pub concurrency: usize,
}

/// Whose the due times of a job are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// Each host's own.
    #[default]
    Host,
    /// One host's of those that share the job, if the manager is in a cluster.
    Cluster,
}

/// What a process must be booted with. Two jobs with equal profiles can use the same spare.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct BootProfile {
    /// The `node` binary; the manager's where absent.
    pub exec_path: Option<String>,
    /// Flags for `node`, before the script.
    pub exec_args: Vec<String>,
    /// Variables ("KEY=VALUE") laid over the host's environment, because `node` reads them at start.
    pub env: Vec<String>,
    /// Its niceness, from 0 to 19, unless that of the host is higher; 0 for the host's.
    pub nice: u8,
    /// What becomes of standard output.
    pub stdout: Stream,
    /// What becomes of standard error.
    pub stderr: Stream,
}

/// Limits on one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Longest time from the job's first line to its end.
    pub timeout: Option<Duration>,
    /// Most resident memory of the run's processes.
    pub memory_bytes: Option<u64>,
    /// From the message 'cancel' to SIGTERM.
    pub cancel_grace: Duration,
    /// From SIGTERM to SIGKILL.
    pub term_grace: Duration,
    /// Longest time without a sign of life: a message, a log line, progress or a heartbeat.
    pub stall_after: Option<Duration>,
    /// A run that takes longer is reported once, and goes on.
    pub warn_after: Option<Duration>,
}

/// What happens to a due time while an earlier run of the job still goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Overlap {
    /// It is dropped, and counted. What the old package does.
    #[default]
    Skip,
    /// It waits for its turn; every due time gets its run.
    Queue,
    /// It waits for its turn, one due time at most: whatever fell due meanwhile gets one run.
    QueueOne,
    /// Both go at once.
    Allow,
    /// The earlier run is cancelled, and the new one starts once that has ended.
    Replace,
}

/// What happens to a due time that passed while the host slept or was suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missed {
    /// One run, late, however many due times have passed; none if it would be later than this.
    Once {
        /// Latest useful start after the due time; `None` for no limit.
        start_deadline: Option<Duration>,
    },
    /// No run.
    Skip,
}

/// A registered job.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) spec: JobSpec,
    /// The armed due time, if one is still to come.
    pub(super) timer: Option<TimerKey<EpochMs>>,
    /// Due times up to here have been answered.
    pub(super) answered: EpochMs,
    /// Runs of this job that have not ended.
    pub(super) runs: RunCounts,
    /// Due times that wait for a live run to end.
    pub(super) backlog: u32,
    /// Runs that have failed for good since the last one that completed.
    pub(super) failures_in_a_row: u32,
    /// Due times that got no run; `None` as long as there are none.
    pub(super) skips: Option<Box<Skips>>,
    /// Set while the job is paused.
    pub(super) paused: Option<Box<Paused>>,
    /// Registered, and not armed: it has yet to be started, or was stopped.
    pub(super) is_held: bool,
}

impl Job {
    pub(super) fn new(spec: JobSpec) -> Self {
        Job {
            spec,
            timer: None,
            answered: EpochMs(i64::MIN),
            runs: RunCounts::default(),
            backlog: 0,
            failures_in_a_row: 0,
            skips: None,
            paused: None,
            is_held: true,
        }
    }

    /// Whether one more run may go. A run that waits for another attempt takes no place where runs may
    /// overlap; elsewhere what falls due waits behind it.
    pub(super) fn has_room(&self) -> bool {
        let policy = &self.spec.policy;
        let RunCounts { aside, waiting, going, .. } = self.runs;
        match (policy.overlap, policy.concurrency) {
            (Overlap::Allow, None) => true,
            (Overlap::Allow, Some(limit)) => waiting + going < limit,
            (_, limit) => aside + waiting + going < limit.unwrap_or(1),
        }
    }

    /// Registered, but nothing of it runs or is due.
    pub(super) fn is_finished(&self) -> bool {
        !self.is_armed() && self.runs == RunCounts::default() && self.backlog == 0
    }

    /// Whether a due time is to come, once it is resumed at the latest.
    pub(super) fn is_armed(&self) -> bool {
        self.timer.is_some() || self.paused.as_ref().is_some_and(|paused| paused.awaits != Awaits::Nothing)
    }
}

/// How many runs of a job stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RunCounts {
    /// Take no place of the job's: they wait for the time that the host has asked for, or behind another run.
    pub(super) apart: u32,
    /// Wait for another attempt.
    pub(super) aside: u32,
    /// Wait for their lane, a process, or to be resumed.
    pub(super) waiting: u32,
    /// Have a process, or a place on the host's event loop.
    pub(super) going: u32,
}

impl RunCounts {
    pub(super) fn of(&mut self, standing: Standing) -> &mut u32 {
        match standing {
            Standing::Apart => &mut self.apart,
            Standing::Aside => &mut self.aside,
            Standing::Waiting => &mut self.waiting,
            Standing::Going => &mut self.going,
        }
    }
}

/// How late a start may be before its due time counts as missed rather than as a busy moment.
pub(super) const MISSED_AFTER: Duration = Duration::from_secs(1);

impl Missed {
    /// Is a due time noticed `late` still worth a run?
    pub(super) fn runs(self, late: Duration) -> bool {
        match self {
            Missed::Once { start_deadline } => start_deadline.is_none_or(|limit| late <= limit),
            Missed::Skip => late <= MISSED_AFTER,
        }
    }
}
