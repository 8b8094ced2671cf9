//! The engine's rules, with a virtual clock and no process.

mod activity;
mod again;
mod clock_step;
mod cluster;
mod handlers;
mod inspection;
mod keeping;
mod kept;
mod measures;
mod outdated;
mod output;
mod pausing;
mod pool;
mod queue;
mod queues;
mod registry;
mod requests;
mod resumed;
mod retries;
mod runs;
mod stopping;
mod waiting;
mod watching;

use std::sync::Arc;
use std::time::Duration;

use super::backoff::Backoff;
use super::ids::{RegistrationId, RunId, RunNumbers, WorkerId};
use super::job::{
    BootProfile, JobSpec, Limits, Missed, ModuleKind, Offloaded, Overlap, Plan, Policy, Scope, When, Work,
};
use super::pool::{PoolLimits, WarmWorkers};
use super::retry::{Cause, Causes, GaveUp, RetryPolicy};
use super::run::{EndCause, Trigger};
use super::{
    Activity, Effect, Engine, InlineOutcome, Input, JobEvent, Priority, Queue, Refusal, Reply, RequestId,
    RunRequest, Setup, SkipReason, Survivor, WarmUp,
};
use crate::schedule::{ClockChange, Schedule};
use crate::timer::{BootMs, EpochMs, MonoMs, Now};
use crate::worker::ipc::{HostFrame, WorkerFrame};
use crate::worker::os::{Exit, ExitStatus, Rights, StopSignal};

/// A fixed start of both clocks: a whole minute.
const START_MS: i64 = 1_800_000_000_000;

/// An engine, its clocks, and what it has ordered since it was last looked at.
struct Bench {
    engine: Engine,
    now: Now,
    effects: Vec<Effect>,
}

impl Bench {
    fn new() -> Self {
        Self::with(PoolLimits { warm_workers: WarmWorkers::Count(0), ..PoolLimits::default() })
    }

    fn with(limits: PoolLimits) -> Self {
        let now = Now { wall: EpochMs(START_MS), mono: MonoMs(1_000), boot: BootMs(1_000) };
        Bench {
            engine: Engine::new(Setup {
                limits,
                cancel_message: Arc::from(b"cancel".as_slice()),
                run_numbers: RunNumbers::default(),
                seed: 1,
                instance: Arc::from("test"),
            }),
            now,
            effects: Vec::new(),
        }
    }

    fn send(&mut self, input: Input) -> Result<Reply, Refusal> {
        let reply = self.engine.handle(input, self.now);
        self.effects.extend(self.engine.drain_effects());
        reply
    }

    fn add(&mut self, spec: JobSpec) -> Result<Reply, Refusal> {
        self.send(Input::AddJob { spec, replace_finished: false, is_held: false })
    }

    /// Both clocks go on, and the engine is told.
    fn pass(&mut self, duration: Duration) {
        self.now.wall = self.now.wall.plus(duration);
        self.now.mono = self.now.mono.plus(duration);
        self.now.boot = self.now.boot.plus(duration);
        self.send(Input::TimePassed).unwrap();
    }

    fn pass_ms(&mut self, ms: u64) {
        self.pass(Duration::from_millis(ms));
    }

    /// Somebody sets the wall clock.
    fn set_wall(&mut self, wall: EpochMs) {
        self.now.wall = wall;
        self.send(Input::TimePassed).unwrap();
    }

    fn frame(&mut self, worker: WorkerId, frame: WorkerFrame) {
        self.send(Input::Frame { worker, frame }).unwrap();
    }

    fn exit(&mut self, worker: WorkerId, status: ExitStatus) {
        let exit = Exit { status, cpu_time: Duration::from_millis(7), peak_memory_bytes: 42 };
        self.send(Input::Exited { worker, exit }).unwrap();
    }

    /// The process boots for its job and reaches it.
    fn bring_online(&mut self, worker: WorkerId) {
        self.send(Input::WorkerStarted { worker, pid: 100 + worker.0, rights: Rights::numbered(0) }).unwrap();
        self.frame(worker, WorkerFrame::Online);
    }

    fn say_done(&mut self, worker: WorkerId) {
        self.frame(worker, WorkerFrame::Done(b"done".to_vec()));
        self.exit(worker, ExitStatus::Code(0));
    }

    /// Is there nothing that the host process should stay alive for?
    fn is_idle(&self) -> bool {
        self.engine.activity() == Activity::Idle
    }

    fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The processes ordered since the last look.
    fn boots(&mut self) -> Vec<WorkerId> {
        let booted = |effect: &Effect| match effect {
            Effect::Boot { worker, .. } => Some(*worker),
            _ => None,
        };
        self.take().iter().filter_map(booted).collect()
    }

    /// The events since the last look; wishes for the environment left out.
    fn events(&mut self) -> Vec<JobEvent> {
        let event = |effect| match effect {
            Effect::Emit(JobEvent::EnvironmentWanted) => None,
            Effect::Emit(event) => Some(event),
            _ => None,
        };
        self.take().into_iter().filter_map(event).collect()
    }

    fn ends(&mut self) -> Vec<(RunId, EndCause)> {
        let end = |event| match event {
            JobEvent::RunEnded { run, cause, .. } => Some((run, cause)),
            _ => None,
        };
        self.events().into_iter().filter_map(end).collect()
    }

    /// The ends among the effects so far, which are kept.
    fn ends_so_far(&mut self) -> Vec<(RunId, EndCause)> {
        let end = |effect: &Effect| match effect {
            Effect::Emit(JobEvent::RunEnded { run, cause, .. }) => Some((*run, cause.clone())),
            _ => None,
        };
        self.effects.iter().filter_map(end).collect()
    }

    fn signals(&mut self) -> Vec<(WorkerId, StopSignal)> {
        let signal = |effect: &Effect| match effect {
            Effect::Signal { worker, signal } => Some((*worker, *signal)),
            _ => None,
        };
        self.take().iter().filter_map(signal).collect()
    }
}

fn limits() -> Limits {
    Limits {
        timeout: None,
        memory_bytes: None,
        cancel_grace: Duration::from_secs(5),
        term_grace: Duration::from_secs(2),
        stall_after: None,
        warn_after: None,
    }
}

fn offloaded_with(name: &str, when: When, limits: Limits, boot: &Arc<BootProfile>) -> JobSpec {
    let work = Work::Offloaded(Offloaded { boot: Arc::clone(boot), job: Arc::from(name.as_bytes()) });
    let missed = Missed::Once { start_deadline: None };
    let retry = RetryPolicy::default();
    let policy = Arc::new(Policy {
        overlap: Overlap::Skip,
        missed,
        limits,
        retry,
        concurrency: None,
        priority: Priority::default(),
        queue: None,
        takes_context: false,
        is_paused: false,
        pause_after_failures: None,
        tags: Arc::default(),
        unref: false,
        module_kind: ModuleKind::CommonJs,
        output_limit: 1024,
        scope: Scope::Host,
    });
    JobSpec { name: Arc::from(name), registration: RegistrationId(1), when, work, policy }
}

fn offloaded(name: &str, when: When) -> JobSpec {
    offloaded_with(name, when, limits(), &Arc::default())
}

fn overlapping(overlap: Overlap, spec: JobSpec) -> JobSpec {
    JobSpec { policy: Arc::new(Policy { overlap, ..(*spec.policy).clone() }), ..spec }
}

fn inline(name: &str, when: When) -> JobSpec {
    JobSpec { work: Work::Inline, ..offloaded(name, when) }
}

fn every(text: &str) -> When {
    let schedule = Schedule::parse(text).unwrap();
    let (zone, clock_change) = (jiff::tz::TimeZone::UTC, ClockChange::Debian);
    let plan = Plan { text: Arc::from(text), schedule, zone, clock_change };
    When::Recurring { plan: Arc::new(plan), anchor: EpochMs(START_MS) }
}

fn in_ms(ms: i64) -> When {
    When::At(EpochMs(START_MS + ms))
}

const FIRST: WorkerId = WorkerId(1);
const SECOND: WorkerId = WorkerId(2);
const MINUTE_MS: u64 = 60_000;
