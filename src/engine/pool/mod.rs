//! The worker processes of a manager: how many boot at once, how many spares (started before a job needs
//! them) are kept, and how long to wait after failed boots.
//!
//! ```text
//! Booting(no run) ──▶ Idle ──▶ Primed ──▶ Busy ──▶ (exited)
//!        │ claimed      ├─────────┼──────▶ Busy ──▶ Kept
//!        │              └─────────┴──────▶ Leaving ──▶ (exited)
//!        ▼
//! Booting(run) ──────────────────────────▶ Busy
//! ```

mod again;
mod demand;
mod spares;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::effect::WarmUp;
use super::event::Survivor;
use super::host::Host;
use super::ids::{RunId, WorkerId};
use super::job::BootProfile;
use super::output::Stream;
use crate::timer::{MonoMs, Now, TimerKey};
use crate::worker::backlog::Payload;
use crate::worker::environment::Environment;
use crate::worker::os::Rights;
use demand::Demand;
use worker::{Worker, WorkerState};

/// Bounds on processes.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// Processes that boot at the same time. More would only share the same cores.
    pub max_boots: usize,
    /// Processes with a job at the same time; `None` for no bound.
    pub max_workers: Option<usize>,
    /// Spares.
    pub warm_workers: WarmWorkers,
    /// A process that has not become ready, or reached its job, after this long is given up.
    pub start_timeout: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        PoolLimits {
            max_boots: 2,
            max_workers: None,
            warm_workers: WarmWorkers::Auto,
            // Far more than a busy machine needs (tens of milliseconds at rest), far less than for ever.
            start_timeout: Duration::from_secs(60),
        }
    }
}

/// How many spares are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarmWorkers {
    /// None at rest; for runs that are due soon or probably asked for soon, as many as may boot at once.
    Auto,
    /// This many while any offloaded job is registered, and for runs that are due or probably asked for soon.
    Count(usize),
}

/// The lead before the first boot has been measured.
const FIRST_BOOT_LEAD: Duration = Duration::from_millis(500);
/// Bounds on the lead whatever was measured.
const BOOT_LEAD: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(5);
/// The pause after the first failed boot; it doubles with each further one in a row.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// What a process may print before it has a run.
const EARLY_BYTES: usize = 64 * 1024;
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// All processes of a manager that have not exited.
#[derive(Debug)]
pub(super) struct Pool {
    workers: BTreeMap<WorkerId, Worker>,
    limits: PoolLimits,
    booting: usize,
    with_run: usize,
    demand: Demand,
    /// `None` before a boot has been measured.
    boot_lead: Option<Duration>,
    failures_in_a_row: u32,
    is_paused: bool,
    next_worker: u32,
}

/// How many processes are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct PoolCounts {
    pub(super) booting: usize,
    pub(super) spare: usize,
    /// They belong to a run, or are kept for a handler.
    pub(super) claimed: usize,
    /// They have been told to leave, or cannot be ended.
    pub(super) leaving: usize,
}

/// What a process leaves behind.
#[derive(Debug, Default)]
pub(super) struct Gone {
    pub(super) run: Option<RunId>,
    pub(super) was_spare: bool,
    pub(super) has_failed_to_boot: bool,
    pub(super) deadlines: [Option<TimerKey<MonoMs>>; 2],
    /// Boots were paused until then.
    pub(super) boots_resume_at: Option<MonoMs>,
}

impl Pool {
    pub(super) fn new(limits: PoolLimits) -> Self {
        Pool {
            workers: BTreeMap::new(),
            limits,
            booting: 0,
            with_run: 0,
            demand: Demand::new(),
            boot_lead: None,
            failures_in_a_row: 0,
            is_paused: false,
            next_worker: 1,
        }
    }

    /// How long before a due time its process should be booted.
    pub(super) fn boot_lead(&self) -> Duration {
        self.boot_lead.unwrap_or(FIRST_BOOT_LEAD)
    }

    /// The same, once a boot has been measured.
    pub(super) fn measured_boot_lead(&self) -> Option<Duration> {
        self.boot_lead
    }

    pub(super) fn start_timeout(&self) -> Duration {
        self.limits.start_timeout
    }

    /// Whether no further run may have a process.
    pub(super) fn is_full(&self) -> bool {
        self.limits.max_workers.is_some_and(|max| self.with_run >= max)
    }

    /// Whether a process may be booted now.
    pub(super) fn can_boot(&self) -> bool {
        !self.is_paused && self.booting < self.limits.max_boots
    }

    /// How many processes are in each state.
    pub(super) fn counts(&self) -> PoolCounts {
        let mut counts = PoolCounts::default();
        for worker in self.workers.values() {
            let count = match worker.state {
                WorkerState::Booting(_) => &mut counts.booting,
                WorkerState::Idle(_) | WorkerState::Primed(..) => &mut counts.spare,
                WorkerState::Busy(_) | WorkerState::Kept(_) => &mut counts.claimed,
                WorkerState::Leaving | WorkerState::Abandoned => &mut counts.leaving,
            };
            *count += 1;
        }
        counts
    }

    pub(super) fn may_have_spares(&self) -> bool {
        self.limits.warm_workers != WarmWorkers::Count(0)
    }

    pub(super) fn has_spares(&self) -> bool {
        self.workers.len() > self.with_run && self.workers.values().any(Worker::is_unused)
    }

    /// Whether no process is left that can be ended.
    pub(super) fn is_empty(&self) -> bool {
        self.workers.values().all(|worker| worker.state == WorkerState::Abandoned)
    }

    pub(super) fn all(&self) -> Vec<WorkerId> {
        self.workers.keys().copied().collect()
    }

    pub(super) fn add(
        &mut self,
        profile: Arc<BootProfile>,
        env: Arc<Environment>,
        warm_up: WarmUp,
        now: Now,
    ) -> WorkerId {
        let id = WorkerId(self.next_worker);
        self.next_worker += 1;
        self.workers.insert(id, Worker::new(profile, env, warm_up, now));
        self.booting += 1;
        id
    }

    /// Sets the limit and returns the previous one, to be cancelled.
    pub(super) fn set_limit(
        &mut self,
        id: WorkerId,
        limit: Option<TimerKey<MonoMs>>,
    ) -> Option<TimerKey<MonoMs>> {
        let worker = self.workers.get_mut(&id)?;
        std::mem::replace(&mut worker.limit, limit)
    }

    /// The process runs, and has these rights of the host.
    pub(super) fn note_start(&mut self, id: WorkerId, pid: u32, rights: Rights) {
        if let Some(worker) = self.workers.get_mut(&id) {
            worker.pid = Some(pid);
            worker.rights = Some(rights);
        }
    }

    /// A handler's process has booted, and loads the module.
    pub(super) fn note_loading(&mut self, id: WorkerId, run: RunId) {
        if let Some(worker) =
            self.workers.get_mut(&id).filter(|worker| worker.state == WorkerState::Busy(run))
        {
            worker.state = WorkerState::Kept(run);
        }
    }

    pub(super) fn note_signal(&mut self, id: WorkerId) {
        if let Some(worker) = self.workers.get_mut(&id) {
            worker.is_signalled = true;
        }
    }

    /// The system refused to kill the process.
    pub(super) fn note_refusal(&mut self, id: WorkerId, errno: i32) {
        if let Some(worker) = self.workers.get_mut(&id) {
            worker.refusal = Some(errno);
        }
    }

    pub(super) fn refused_to_end(&self, id: WorkerId) -> Option<Survivor> {
        self.workers.get(&id)?.survivor()
    }

    /// The process is no longer waited for. Gives its run.
    pub(super) fn abandon(&mut self, id: WorkerId) -> Option<RunId> {
        let worker = self.workers.get_mut(&id)?;
        let before = std::mem::replace(&mut worker.state, WorkerState::Abandoned);
        self.booting -= usize::from(matches!(before, WorkerState::Booting(_)));
        self.with_run -= usize::from(before.run().is_some());
        before.run()
    }

    /// The processes that are no longer waited for, and still run.
    pub(super) fn survivors(&self) -> Vec<Survivor> {
        let abandoned = self.workers.values().filter(|worker| worker.state == WorkerState::Abandoned);
        abandoned.filter_map(Worker::survivor).collect()
    }

    pub(super) fn is_abandoned(&self, id: WorkerId) -> bool {
        self.workers.get(&id).is_some_and(|worker| worker.state == WorkerState::Abandoned)
    }

    /// Whether the process has what one booted now would have, its environment included.
    pub(super) fn is_current(&self, id: WorkerId, host: &Host) -> bool {
        self.workers.get(&id).is_some_and(|worker| {
            worker.is_current(host)
                && (Arc::ptr_eq(&worker.env, &host.environment)
                    || worker.env.variables == host.environment.variables)
        })
    }

    pub(super) fn pid(&self, id: WorkerId) -> Option<u32> {
        self.workers.get(&id)?.pid
    }

    pub(super) fn was_primed(&self, id: WorkerId) -> bool {
        self.workers.get(&id).is_some_and(|worker| worker.was_primed)
    }

    /// What becomes of a stream of the process.
    pub(super) fn stream(&self, id: WorkerId, is_stderr: bool) -> Stream {
        let stream = |worker: &Worker| if is_stderr { worker.profile.stderr } else { worker.profile.stdout };
        self.workers.get(&id).map(stream).unwrap_or_default()
    }

    /// A process without a run has printed: as it boots, say. Returns false if that is too much to be kept.
    pub(super) fn note_early(&mut self, id: WorkerId, is_stderr: bool, bytes: Payload) -> bool {
        let Some(worker) = self.workers.get_mut(&id).filter(|worker| worker.is_unused()) else {
            return false;
        };
        let noted: usize = worker.early.iter().map(|(_, bytes)| bytes.len()).sum();
        let has_room = noted + bytes.len() <= EARLY_BYTES;
        if has_room {
            worker.early.push((is_stderr, bytes));
        }
        has_room
    }

    /// What the process has printed before it had its run.
    pub(super) fn take_early(&mut self, id: WorkerId) -> Vec<(bool, Payload)> {
        self.workers.get_mut(&id).map(|worker| std::mem::take(&mut worker.early)).unwrap_or_default()
    }

    /// Whether output of the process is kept with its runs.
    pub(super) fn keeps_output(&self, id: WorkerId) -> bool {
        [false, true].into_iter().any(|is_stderr| self.stream(id, is_stderr).is_kept())
    }

    pub(super) fn run_of(&self, id: WorkerId) -> Option<RunId> {
        self.workers.get(&id)?.state.run()
    }

    /// The process belongs to the run from now on. Returns the idle deadline, to be cancelled.
    pub(super) fn claim(&mut self, id: WorkerId, run: RunId) -> Option<TimerKey<MonoMs>> {
        let worker = self.workers.get_mut(&id)?;
        self.with_run += 1;
        let before = worker.state;
        worker.state = match before {
            WorkerState::Booting(_) => WorkerState::Booting(Some(run)),
            _ => WorkerState::Busy(run),
        };
        match before {
            WorkerState::Idle(key) => Some(key),
            _ => None,
        }
    }

    /// The environment that a process must be given with its job; `None` if it has it already.
    pub(super) fn changed_environment(
        &self,
        id: WorkerId,
        env: &Arc<Environment>,
    ) -> Option<Arc<Environment>> {
        let booted_with = &self.workers.get(&id)?.env;
        (!Arc::ptr_eq(booted_with, env)).then(|| Arc::clone(env))
    }

    /// The process has booted. Returns whether it is idle, and how long that took; `None` for one that was ready before.
    fn ready(&mut self, id: WorkerId, idle: TimerKey<MonoMs>, now: Now) -> Option<(bool, Duration)> {
        let worker = self.workers.get_mut(&id)?;
        let WorkerState::Booting(run) = worker.state else { return None };
        worker.state = run.map_or(WorkerState::Idle(idle), WorkerState::Busy);
        self.booting -= 1;
        if run.is_none() {
            self.failures_in_a_row = 0;
        }
        let boot = now.mono.since(worker.asked_at);
        self.demand.measured(boot);
        if worker.warm_up == WarmUp::Full {
            self.boot_lead = Some(next_lead(self.boot_lead, boot));
        }
        Some((run.is_none(), boot))
    }

    /// A process has reached its job: boots work.
    pub(super) fn boot_succeeded(&mut self) {
        self.failures_in_a_row = 0;
    }

    pub(super) fn exited(&mut self, id: WorkerId, now: Now) -> Gone {
        let Some(worker) = self.workers.remove(&id) else { return Gone::default() };
        let run = worker.state.run();
        if run.is_some() {
            self.with_run -= 1;
        }
        if worker.is_unused() {
            self.demand.wasted(&worker.profile);
        }
        if matches!(worker.state, WorkerState::Booting(_)) {
            self.booting -= 1;
        }
        let has_failed_to_boot = worker.has_failed_to_boot();
        let boots_resume_at = if has_failed_to_boot { self.pause_boots(now) } else { None };
        let idle = match worker.state {
            WorkerState::Idle(key) => Some(key),
            _ => None,
        };
        let was_spare = worker.is_spare();
        Gone { run, was_spare, has_failed_to_boot, deadlines: [worker.limit, idle], boots_resume_at }
    }

    /// A boot failed: wait, longer each time in a row, before the next try.
    fn pause_boots(&mut self, now: Now) -> Option<MonoMs> {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures_in_a_row.min(10)).min(LONGEST_PAUSE);
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        let already_paused = std::mem::replace(&mut self.is_paused, true);
        (!already_paused).then(|| now.mono.plus(pause))
    }

    pub(super) fn resume_boots(&mut self) {
        self.is_paused = false;
    }
}

/// The lead follows what boots take: up at once, down slowly, and twice as long to be safe.
fn next_lead(before: Option<Duration>, boot: Duration) -> Duration {
    let wanted = boot * 2;
    let next = match before {
        Some(lead) if wanted <= lead => (lead * 7 + wanted) / 8,
        _ => wanted,
    };
    next.clamp(*BOOT_LEAD.start(), *BOOT_LEAD.end())
}
