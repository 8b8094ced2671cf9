//! One process of the pool, and which jobs it can run.

use std::sync::Arc;

use crate::engine::effect::WarmUp;
use crate::engine::event::Survivor;
use crate::engine::host::Host;
use crate::engine::ids::{JobId, RunId};
use crate::engine::job::BootProfile;
use crate::timer::{MonoMs, Now, TimerKey};
use crate::worker::backlog::Payload;
use crate::worker::environment::Environment;
use crate::worker::os::Rights;

#[derive(Debug)]
pub(super) struct Worker {
    pub(super) profile: Arc<BootProfile>,
    /// What it was booted with.
    pub(super) env: Arc<Environment>,
    /// The host's when it was started, which it keeps; `None` until that is known.
    pub(super) rights: Option<Rights>,
    pub(super) state: WorkerState,
    pub(super) pid: Option<u32>,
    pub(super) asked_at: MonoMs,
    /// What it did, or does, before it takes a job.
    pub(super) warm_up: WarmUp,
    /// Given its job before that was due.
    pub(super) was_primed: bool,
    /// By when it must be ready, have reached its job, or have left, whichever is next.
    pub(super) limit: Option<TimerKey<MonoMs>>,
    /// Whether we ended it, so that its end does not count as a failed boot.
    pub(super) is_signalled: bool,
    /// The error number with which the system refused to kill it.
    pub(super) refusal: Option<i32>,
    /// What it has printed before it had a run, to be kept with the one that it gets.
    pub(super) early: Vec<(bool, Payload)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WorkerState {
    Booting(Option<RunId>),
    Idle(TimerKey<MonoMs>),
    /// It is ready for a run of this job, which is due in a moment, and waits for GO.
    Primed(JobId, RunId),
    Busy(RunId),
    /// It has booted, and is kept for a handler, whose faults are its own.
    Kept(RunId),
    Leaving,
    /// It cannot be ended, and is no longer waited for.
    Abandoned,
}

impl Worker {
    pub(super) fn new(profile: Arc<BootProfile>, env: Arc<Environment>, warm_up: WarmUp, now: Now) -> Self {
        Worker {
            profile,
            env,
            rights: None,
            state: WorkerState::Booting(None),
            pid: None,
            asked_at: now.mono,
            warm_up,
            was_primed: false,
            limit: None,
            is_signalled: false,
            refusal: None,
            early: Vec::new(),
        }
    }

    /// Whether it was booted ahead of any run.
    pub(super) fn is_spare(&self) -> bool {
        self.warm_up != WarmUp::Cold
    }

    /// Idle, or booting without a run.
    pub(super) fn is_free(&self) -> bool {
        matches!(self.state, WorkerState::Idle(_) | WorkerState::Booting(None))
    }

    /// Free, or primed: no run has it yet.
    pub(super) fn is_unused(&self) -> bool {
        self.is_free() || matches!(self.state, WorkerState::Primed(..))
    }

    /// Whether a job can still be given to it: it has what a process booted now would have.
    pub(super) fn is_current(&self, host: &Host) -> bool {
        self.env.can_become(&host.environment)
            && self.rights.is_none_or(|rights| host.rights.is_none_or(|current| current == rights))
    }

    /// Whether it was booted as such a job needs it.
    pub(super) fn fits(&self, profile: &BootProfile, host: &Host) -> bool {
        *self.profile == *profile && self.is_current(host)
    }

    /// The process as one that the system refused to kill, if it did.
    pub(super) fn survivor(&self) -> Option<Survivor> {
        Some(Survivor { pid: self.pid?, errno: self.refusal? })
    }

    /// Whether its end counts as a failed boot: it ended by itself before it was ready, or before it reached its job.
    pub(super) fn has_failed_to_boot(&self) -> bool {
        let is_too_early = match self.state {
            WorkerState::Booting(_) => true,
            WorkerState::Busy(_) => self.limit.is_some() && !self.is_spare(),
            _ => false,
        };
        is_too_early && !self.is_signalled
    }
}

impl WorkerState {
    pub(super) fn run(self) -> Option<RunId> {
        match self {
            WorkerState::Booting(run) => run,
            WorkerState::Busy(run) | WorkerState::Kept(run) => Some(run),
            _ => None,
        }
    }
}
