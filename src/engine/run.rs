//! A run: one execution of a job, from its due time to its end.
//!
//! ```text
//! Queued ──▶ Starting ──▶ Running ──▶ Finishing ──▶ (ended)
//!    │           │           │  ╲          ▲
//!    │           │           │   ╲ said 'done' or threw
//!    └───────────┴───────────┴──▶ Stopping ──▶ (ended)
//! ```
//! A run leaves the table when its process has exited and everything it said has been read.

use std::sync::Arc;
use std::time::Duration;

use super::cluster::{Fence, Resumed};
use super::event::{RunFacts, Survivor, Usage};
use super::ids::{JobId, RegistrationId, RunId, WorkerId};
use super::job::{BootProfile, Policy, Work};
use super::keeping::Record;
use super::lanes::{LaneKey, Priority};
use super::watching::Watch;
use crate::store::{HOST_DIED, RunKey, Slot};
use crate::timer::{EpochMs, MonoMs, Stamp, TimerKey};
use crate::worker::ipc::ChannelError;
use crate::worker::os::{Exit, ExitStatus};

/// A run of a worker process that has not ended.
#[derive(Debug)]
pub(super) struct Run {
    /// It may have been removed since.
    pub(super) job: JobId,
    pub(super) name: Arc<str>,
    pub(super) registration: RegistrationId,
    pub(super) work: Work,
    pub(super) policy: Arc<Policy>,
    pub(super) trigger: Trigger,
    /// The due time that it answers.
    pub(super) due: Option<EpochMs>,
    /// The try that goes, or that comes next; 1 is the first.
    pub(super) attempt: u32,
    /// What the job sees as `threadId` in this attempt.
    pub(super) thread: u32,
    /// How long after it was accepted the host wanted it to begin, in milliseconds. Short, because runs are many.
    pub(super) put_off_ms: u32,
    /// When the first attempt was given its process, or its place on the host's event loop.
    pub(super) first_started: Option<EpochMs>,
    /// Its place among those that wait.
    pub(super) priority: Priority,
    /// What a handler is called with: structured-clone bytes.
    pub(super) data: Arc<[u8]>,
    /// The id that the host has given it.
    pub(super) id: Option<Arc<str>>,
    /// What the store has of it; `None` for a run that is not kept.
    pub(super) record: Option<Box<Record>>,
    /// How the last attempt failed, while the run waits for the next one.
    pub(super) failure: Option<Box<(EndCause, Usage)>>,
    pub(super) phase: Phase,
    /// Messages posted before there was a process to take them.
    pub(super) outbox: Vec<Arc<[u8]>>,
    /// Its lane counts it among those that go.
    pub(super) is_counted: bool,
    /// The host asked for it while its job was paused: nothing of it is held.
    pub(super) is_beside_pause: bool,
    /// When the run was accepted.
    pub(super) queued_at: EpochMs,
    /// When this attempt was given its process, or its place on the host's event loop.
    pub(super) started: Option<Stamp>,
    /// The job's time limit, counted from its first line.
    pub(super) time_limit: Option<TimerKey<MonoMs>>,
    /// What is watched while this attempt goes.
    pub(super) watch: Option<Box<Watch>>,
    /// The next step of whatever the phase waits for.
    pub(super) next_step: Option<TimerKey<MonoMs>>,
    /// What the job said of its own end.
    pub(super) said: Option<Said>,
    /// Why it was asked to stop.
    pub(super) stop: Option<StopReason>,
}

/// Where a run comes from, and what it is given.
#[derive(Debug, Default)]
pub(super) struct Origin {
    pub(super) trigger: Trigger,
    /// The due time that it answers.
    pub(super) due: Option<EpochMs>,
    /// In place of the job's own.
    pub(super) priority: Option<Priority>,
    /// In place of the job's own.
    pub(super) data: Option<Arc<[u8]>>,
    /// The id that the host has given it.
    pub(super) id: Option<Arc<str>>,
    /// Its first attempt begins after so long.
    pub(super) delay: Option<Duration>,
    /// In place of what the job says.
    pub(super) attempts: Option<u32>,
    /// In place of what the job says.
    pub(super) timeout: Option<Duration>,
    /// The date that the host has asked for.
    pub(super) date: Option<EpochMs>,
    /// The run that it repeats.
    pub(super) retry_of: Option<Arc<str>>,
    /// What the store keeps when this due time is answered.
    pub(super) slot: Option<Slot>,
    /// Attempts of it have failed on another host of the cluster.
    pub(super) resumed: Option<Resumed>,
}

impl Origin {
    pub(super) fn of(trigger: Trigger, due: Option<EpochMs>) -> Self {
        Origin { trigger, due, ..Origin::default() }
    }

    /// The policy of the run: the job's, but for what was asked for.
    pub(super) fn policy(&self, of_job: &Arc<Policy>) -> Arc<Policy> {
        let is_usual = self.attempts.is_none_or(|attempts| attempts == of_job.retry.attempts);
        if is_usual && self.timeout.is_none() {
            return Arc::clone(of_job);
        }
        let mut policy = (**of_job).clone();
        policy.retry.attempts = self.attempts.unwrap_or(policy.retry.attempts);
        policy.limits.timeout = self.timeout.or(policy.limits.timeout);
        Arc::new(policy)
    }
}

/// Why there is a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trigger {
    /// The job was added without a time.
    #[default]
    Now,
    /// Its schedule.
    Schedule,
    /// Its date.
    Date,
    /// A request of the host.
    Manual,
    /// A request of the host to run again what has failed.
    Retry,
    /// A due time that was noticed late.
    Missed,
    /// Its host died in the middle of an attempt.
    Recovered,
}

impl Trigger {
    /// Whether the host has asked for the run, rather than its schedule.
    pub(super) fn is_request(self) -> bool {
        matches!(self, Trigger::Manual | Trigger::Retry)
    }

    /// The name in JavaScript.
    pub fn name(self) -> &'static str {
        match self {
            Trigger::Now => "now",
            Trigger::Schedule => "schedule",
            Trigger::Date => "date",
            Trigger::Manual => "manual",
            Trigger::Retry => "retry",
            Trigger::Missed => "missed",
            Trigger::Recovered => "recovered",
        }
    }

    /// As the store has kept it.
    pub(super) fn of_name(name: &str) -> Self {
        let all = [
            Trigger::Now,
            Trigger::Schedule,
            Trigger::Date,
            Trigger::Retry,
            Trigger::Missed,
            Trigger::Recovered,
        ];
        all.into_iter().find(|trigger| trigger.name() == name).unwrap_or(Trigger::Manual)
    }
}

/// Where a run is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Is being written to the store.
    Accepting,
    /// The begin of its attempt is being written to the store. It has this process, or is to go on the host's event loop.
    Beginning(Option<WorkerId>),
    /// Waits for a place to boot in.
    Queued,
    /// Has a process, which has not reached the job yet.
    Starting(WorkerId),
    /// The job's module is running.
    Running(WorkerId),
    /// Asked to stop; the step says how firmly.
    Stopping(WorkerId, StopStep),
    /// Said its last word; its process ends itself.
    Finishing(WorkerId),
    /// Goes on the host's event loop.
    Inline,
    /// Waits for its lane to let it go.
    Waiting,
    /// Waits for a process that is kept for its job.
    Ready,
    /// Has been sent ahead to a process that serves another run.
    Ahead(WorkerId),
    /// Waits for its next attempt.
    Retrying,
    /// Waits for its job to be resumed; its next attempt is due.
    HeldAttempt,
    /// Waits for its job to be resumed, and then for its lane.
    HeldInLane,
    /// Waits for the time that the host has asked for.
    Delayed,
    /// Waits for an earlier run of its job to end.
    Behind,
}

/// What a run takes of its job's places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// None: it has yet to get one.
    Apart,
    /// One that may be free meanwhile (see `Job::has_room`).
    Aside,
    /// One, and waits for what it needs.
    Waiting,
    /// One, and goes.
    Going,
}

impl Phase {
    pub(super) fn standing(self) -> Standing {
        match self {
            Phase::Delayed | Phase::Behind => Standing::Apart,
            Phase::Retrying | Phase::HeldAttempt => Standing::Aside,
            Phase::Accepting
            | Phase::Beginning(_)
            | Phase::Queued
            | Phase::Waiting
            | Phase::Ready
            | Phase::Ahead(_)
            | Phase::HeldInLane => Standing::Waiting,
            Phase::Starting(_)
            | Phase::Running(_)
            | Phase::Stopping(..)
            | Phase::Finishing(_)
            | Phase::Inline => Standing::Going,
        }
    }

    /// The process that the run has.
    pub(super) fn worker(self) -> Option<WorkerId> {
        match self {
            Phase::Starting(worker)
            | Phase::Running(worker)
            | Phase::Stopping(worker, _)
            | Phase::Finishing(worker) => Some(worker),
            _ => None,
        }
    }

    /// As the host is told.
    pub(super) fn name(self) -> &'static str {
        match (self, self.standing()) {
            (Phase::Stopping(..), _) => "stopping",
            (_, Standing::Apart | Standing::Waiting) => "queued",
            (_, Standing::Aside) => "retrying",
            (_, Standing::Going) => "running",
        }
    }
}

/// How firmly a run has been asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StopStep {
    /// It got the message 'cancel'.
    Asked,
    /// Its process group got SIGTERM.
    Terminated,
    /// Its process group got SIGKILL.
    Killed,
}

/// What a job said of its own end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// The message 'done'.
    Done,
    /// The message 'cancelled'.
    Cancelled,
    /// An uncaught error: the bytes of its envelope.
    Error {
        /// For the host to read.
        envelope: Vec<u8>,
        /// Trying again is of no use.
        is_permanent: bool,
    },
}

/// Why a run was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// The host removed or stopped the job, or shuts down.
    Cancelled,
    /// A signal from outside the host reached a job that listens for messages.
    Signal(i32),
    /// The host ended the worker at once.
    Terminated,
    /// The run took longer than its limit.
    Timeout(Duration),
    /// It gave no sign of life for so long.
    Stalled(Duration),
    /// Its process did not reach the job in this time.
    TooLate(Duration),
    /// The run's processes took more memory than its limit.
    Memory { limit_bytes: u64, used_bytes: u64 },
    /// Its channel could not be read any further.
    ChannelBroke(ChannelError),
    /// The lease that the host has for it was not renewed in time.
    LeaseLost,
}

impl StopReason {
    /// How a run ends that had not begun when it was stopped.
    pub(super) fn end_before_start(self) -> EndCause {
        match self {
            StopReason::Terminated => EndCause::Terminated,
            StopReason::LeaseLost => EndCause::LeaseLost,
            _ => EndCause::Cancelled,
        }
    }

    /// Whether the host asked for it, rather than a limit or a fault.
    pub(super) fn is_request(self) -> bool {
        matches!(self, StopReason::Cancelled | StopReason::Signal(_) | StopReason::Terminated)
    }
}

impl Run {
    /// What the host is shown of it, while it goes and when it has ended.
    pub(super) fn stamps(&self) -> RunFacts {
        RunFacts {
            trigger: self.trigger,
            due: self.due,
            queued: self.queued_at,
            started: self.started_at(),
            online: self.online_at(),
            attempt: self.attempt,
            attempts: self.policy.retry.attempts,
            thread: self.thread,
        }
    }

    /// When this attempt began, by the wall clock.
    pub(super) fn started_at(&self) -> Option<EpochMs> {
        self.started.map(|started| started.wall)
    }

    /// Since when it could have begun: its due time, when it was accepted, or the time that the host asked for.
    pub(super) fn wanted_at(&self) -> EpochMs {
        let put_off = Duration::from_millis(self.put_off_ms.into());
        self.due.unwrap_or_else(|| self.queued_at.plus(put_off))
    }

    /// Its number in the store.
    pub(super) fn key(&self) -> Option<RunKey> {
        self.record.as_ref().map(|record| record.key)
    }

    /// Whether it is one of a handler in a process.
    pub(super) fn is_in_process(&self) -> bool {
        matches!(&self.work, Work::Handler(handler) if handler.process.is_some())
    }

    /// Whether its function on the host's event loop can be asked to stop.
    pub(super) fn has_signal(&self) -> bool {
        matches!(self.work, Work::Handler(_)) || self.policy.takes_context
    }

    /// The lane that it takes, if it takes one.
    pub(super) fn lane(&self) -> Option<LaneKey> {
        match &self.work {
            Work::Handler(handler) => Some(handler.lane(self.job)),
            _ => self.policy.queue.as_ref().map(|queue| LaneKey::Named(Arc::clone(&queue.name))),
        }
    }

    /// Runs of its lane that may go at once.
    pub(super) fn lane_limit(&self) -> usize {
        match &self.work {
            Work::Handler(handler) => handler.concurrency,
            _ => self.policy.queue.as_ref().map_or(usize::MAX, |queue| queue.concurrency),
        }
    }

    /// What the job can learn about its run, for `lib/wire/run-context.js`.
    pub(super) fn facts(&self, id: RunId, instance: &str, fence: Option<Fence>) -> serde_json::Value {
        serde_json::json!({
            "id": self.id.as_deref().map_or_else(|| format!("{instance}-{}", id.0), str::to_owned),
            "name": &*self.name,
            "attempt": self.attempt,
            "attempts": self.policy.retry.attempts,
            "trigger": self.trigger.name(),
            "dueMs": self.due.map(|due| due.0),
            "fence": fence,
        })
    }

    /// What its process is booted with; `None` for an inline run.
    pub(super) fn boot(&self) -> Option<&Arc<BootProfile>> {
        match &self.work {
            Work::Offloaded(work) => Some(&work.boot),
            Work::Inline | Work::Handler(_) => None,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndCause {
    /// It said 'done'.
    Done,
    /// A handler returned: the bytes of its value.
    Returned(Vec<u8>),
    /// The process of a handler ended with this exit code before the handler had returned.
    HandlerExited(i32),
    /// Its process ended with this exit code. Zero is a completion too.
    ExitCode(i32),
    /// It threw: the bytes of the error's envelope.
    Error(Vec<u8>),
    /// A signal that the host did not send ended it.
    Signal(i32),
    /// It was stopped on request.
    Cancelled,
    /// It was stopped because a signal from outside the host asked for that.
    CancelledBySignal(i32),
    /// The host ended it at once.
    Terminated,
    /// It took longer than this limit.
    Timeout(Duration),
    /// It gave no sign of life for so long.
    Stalled(Duration),
    /// It took more memory than its limit.
    Memory {
        /// The limit.
        limit_bytes: u64,
        /// What was measured.
        used_bytes: u64,
    },
    /// No process could be started for it, or the process did not get as far as the job.
    FailedToStart {
        /// Stable, for programs.
        code: &'static str,
        /// One sentence, for people.
        message: String,
    },
    /// Its channel could not be read any further.
    ChannelBroke(ChannelError),
    /// It had to be ended, and could not be: its process still runs.
    NotStopped(Survivor),
    /// Its host died while it went, and it has no attempt left.
    HostDied,
    /// Its host had no connection to the cluster, and so could not go on with it.
    LeaseLost,
    /// The manager was shut down before it was done: it stays in the store, and goes on in the next host.
    Left,
}

/// What a run comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Completed,
    Failed,
    Cancelled,
}

impl EndCause {
    /// Whether a run with this end has failed.
    pub fn is_failure(&self) -> bool {
        self.outcome() == Outcome::Failed
    }

    pub(super) fn outcome(&self) -> Outcome {
        match self {
            EndCause::Done | EndCause::Returned(_) | EndCause::ExitCode(0) => Outcome::Completed,
            EndCause::Cancelled | EndCause::CancelledBySignal(_) | EndCause::Left => Outcome::Cancelled,
            _ => Outcome::Failed,
        }
    }

    /// The name in JavaScript and in the store.
    pub fn name(&self) -> &'static str {
        match self {
            EndCause::Done => "done",
            EndCause::Returned(_) => "returned",
            EndCause::HandlerExited(_) => "exited",
            EndCause::ExitCode(_) => "exit",
            EndCause::Error(_) => "error",
            EndCause::Signal(_) => "signal",
            EndCause::Cancelled | EndCause::CancelledBySignal(_) => "cancelled",
            EndCause::Terminated => "terminated",
            EndCause::Timeout(_) => "timeout",
            EndCause::Stalled(_) => "stalled",
            EndCause::Memory { .. } => "memory",
            EndCause::FailedToStart { .. } => "start",
            EndCause::ChannelBroke(_) => "channel",
            EndCause::NotStopped(_) => "notStopped",
            EndCause::HostDied => HOST_DIED,
            EndCause::LeaseLost => "leaseLost",
            EndCause::Left => "left",
        }
    }

    /// What happened, for people who read the store; `None` where the error of the job says it.
    pub(super) fn sentence(&self) -> Option<String> {
        Some(match self {
            EndCause::Done | EndCause::Returned(_) | EndCause::Error(_) | EndCause::ExitCode(0) => {
                return None;
            }
            EndCause::HandlerExited(code) => {
                format!("Its process exited with code {code} before the handler had returned")
            }
            EndCause::ExitCode(code) => format!("Its process exited with code {code}"),
            EndCause::Signal(signal) => format!("Its process was ended by signal {signal}"),
            EndCause::Cancelled => "It was cancelled".to_owned(),
            EndCause::CancelledBySignal(signal) => {
                format!("It was cancelled by signal {signal} from outside the host")
            }
            EndCause::Terminated => "It was terminated".to_owned(),
            EndCause::Timeout(limit) => {
                format!("It was stopped: it exceeded its timeout of {} ms", limit.as_millis())
            }
            EndCause::Stalled(limit) => {
                format!("It was stopped: it gave no sign of life for {} ms", limit.as_millis())
            }
            EndCause::Memory { limit_bytes, used_bytes } => {
                format!(
                    "It was stopped: it used {used_bytes} bytes of memory, and its limit is {limit_bytes}"
                )
            }
            EndCause::FailedToStart { message, .. } => format!("It failed to start: {message}"),
            EndCause::ChannelBroke(error) => format!("It was stopped: {error}"),
            EndCause::NotStopped(survivor) => format!("It could not be stopped: {survivor}"),
            EndCause::HostDied => "The host died while this attempt was running".to_owned(),
            EndCause::LeaseLost => {
                "It was stopped: its lease could not be renewed, because the cluster was out of reach"
                    .to_owned()
            }
            EndCause::Left => return None,
        })
    }
}

/// The end cause of a run whose process has exited: what the job said comes first, then what the
/// host did, then how the process ended.
pub(super) fn end_cause(
    said: Option<Said>,
    stop: Option<StopReason>,
    reached_job: bool,
    exit: &Exit,
) -> EndCause {
    match (said, stop) {
        (Some(Said::Done), _) => EndCause::Done,
        (_, Some(StopReason::Cancelled)) => EndCause::Cancelled,
        (_, Some(StopReason::Signal(signal))) => EndCause::CancelledBySignal(signal),
        (_, Some(StopReason::Terminated)) => EndCause::Terminated,
        (_, Some(StopReason::Timeout(limit))) => EndCause::Timeout(limit),
        (_, Some(StopReason::Stalled(limit))) => EndCause::Stalled(limit),
        (_, Some(StopReason::TooLate(limit))) => EndCause::FailedToStart {
            code: "WORKER_BOOT_TIMEOUT",
            message: format!("the worker process did not reach the job within {} ms", limit.as_millis()),
        },
        (_, Some(StopReason::Memory { limit_bytes, used_bytes })) => {
            EndCause::Memory { limit_bytes, used_bytes }
        }
        (_, Some(StopReason::ChannelBroke(error))) => EndCause::ChannelBroke(error),
        (_, Some(StopReason::LeaseLost)) => EndCause::LeaseLost,
        (Some(Said::Error { envelope, .. }), None) => EndCause::Error(envelope),
        (Some(Said::Cancelled) | None, None) if reached_job => match exit.status {
            ExitStatus::Code(code) => EndCause::ExitCode(code),
            ExitStatus::Signal(signal) => EndCause::Signal(signal),
        },
        (Some(Said::Cancelled) | None, None) => EndCause::FailedToStart {
            code: "WORKER_BOOT_FAILED",
            message: format!("the worker process ended before it reached the job ({})", exit.status),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(status: ExitStatus) -> Exit {
        Exit { status, cpu_time: Duration::ZERO, peak_memory_bytes: 0 }
    }

    #[test]
    fn what_the_job_said_comes_before_how_its_process_ended() {
        let killed = exit(ExitStatus::Signal(9));
        let code = |code| exit(ExitStatus::Code(code));
        let cancelled = Some(StopReason::Cancelled);
        let cases = [
            (Some(Said::Done), None, code(0), EndCause::Done),
            (Some(Said::Done), cancelled, killed.clone(), EndCause::Done),
            (
                Some(Said::Error { envelope: vec![1], is_permanent: false }),
                None,
                code(1),
                EndCause::Error(vec![1]),
            ),
            (
                Some(Said::Error { envelope: vec![1], is_permanent: false }),
                cancelled,
                code(1),
                EndCause::Cancelled,
            ),
            (Some(Said::Cancelled), cancelled, code(0), EndCause::Cancelled),
            (Some(Said::Cancelled), None, code(0), EndCause::ExitCode(0)),
            (None, None, code(0), EndCause::ExitCode(0)),
            (None, None, code(3), EndCause::ExitCode(3)),
            (None, None, killed.clone(), EndCause::Signal(9)),
            (None, cancelled, killed.clone(), EndCause::Cancelled),
            (Some(Said::Done), Some(StopReason::Signal(15)), code(0), EndCause::Done),
            (Some(Said::Cancelled), Some(StopReason::Signal(15)), code(0), EndCause::CancelledBySignal(15)),
            (None, Some(StopReason::Signal(15)), killed.clone(), EndCause::CancelledBySignal(15)),
            (None, Some(StopReason::Terminated), killed.clone(), EndCause::Terminated),
        ];
        for (said, stop, exit, expected) in cases {
            let found = end_cause(said.clone(), stop, true, &exit);
            assert_eq!(found, expected, "{said:?} {stop:?} {exit:?}");
        }
    }

    #[test]
    fn a_process_that_never_reached_the_job_failed_to_start() {
        let cause = end_cause(None, None, false, &exit(ExitStatus::Code(9)));
        assert!(matches!(cause, EndCause::FailedToStart { code: "WORKER_BOOT_FAILED", .. }));
    }
}
