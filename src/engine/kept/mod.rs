//! Processes that are kept for handlers: each serves one run after another.
//!
//! To the pool such a process is busy with one long run, whose number names the process. The runs
//! that it serves are in the table of runs like all others.
//!
//! ```text
//! Asked ──▶ Booting ──▶ Idle ◀──▶ Serving(run) ──▶ (exited)
//!              │          │              │
//!              └──────────┴──────────────┴──▶ Leaving ──▶ (exited)
//! ```
//!
//! | file | what it decides |
//! |---|---|
//! | `asking.rs` | how many processes are asked for |
//! | `ahead.rs` | which run is sent to a process before it has ended the one that goes, and when that is taken back |
//! | `leaving.rs` | when a process leaves: worn, idle, wanted elsewhere, not wanted any more |
//! | `storing.rs` | what waits until the store has that a run begins |
//! | `lost.rs` | what becomes of runs whose process has gone |

mod ahead;
mod asking;
mod leaving;
mod lost;
mod storing;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::event::{JobEvent, Usage};
use super::ids::{JobId, RunId, WorkerId};
use super::job::{Handler, Policy, Work};
use super::run::{EndCause, Phase, Said, StopReason, StopStep};
use super::{Deadline, Effect, Engine, Input};
use crate::timer::{MonoMs, Now, TimerKey};
use crate::worker::backlog::Payload;
use crate::worker::ipc::{ChannelError, HostFrame, WorkerFrame};

/// Every process that is kept, and the runs that wait for one.
#[derive(Debug, Default)]
pub(super) struct Kept {
    processes: HashMap<RunId, Process>,
    teams: HashMap<JobId, Team>,
    /// Processes that leave, and have not left.
    leaving: usize,
}

/// The processes of one job.
#[derive(Debug)]
struct Team {
    handler: Arc<Handler>,
    policy: Arc<Policy>,
    /// Runs that their lane has let go.
    ready: VecDeque<RunId>,
    /// Processes without a run, the one that was used last at the end.
    idle: Vec<RunId>,
    /// Processes asked for that wait for their turn to be started.
    asked: VecDeque<RunId>,
    /// Processes that have been started, are not online, and are to serve.
    booting: usize,
    /// How long runs take, roughly.
    average: Option<Duration>,
}

#[derive(Debug)]
struct Process {
    job: JobId,
    worker: Option<WorkerId>,
    stage: Stage,
    is_leaving: bool,
    /// It serves no more runs.
    is_worn: bool,
    current: Option<RunId>,
    ahead: Option<RunId>,
    served: u32,
    born: MonoMs,
    /// When it came online: it serves for a while before it gives way to another job.
    turn_began: MonoMs,
    /// Since when it has had no run.
    rested: MonoMs,
    idle: Option<TimerKey<MonoMs>>,
    /// When the run that stands ahead is taken back.
    recall: Option<TimerKey<MonoMs>>,
    said: Option<Said>,
    /// Why it was ended while it had no run.
    stop: Option<StopReason>,
}

/// How far a process has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Its end is nobody's fault.
    Booting,
    /// Its end is the fault of the module.
    Loading,
    /// It has loaded the module.
    Online,
}

impl Kept {
    /// Processes that have not ended, those asked for included, and teams of jobs.
    #[cfg(test)]
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.processes.len(), self.teams.len(), self.leaving)
    }

    /// Whether this is the number of a process.
    pub(super) fn is_process(&self, number: RunId) -> bool {
        self.processes.contains_key(&number)
    }

    /// The run that the process serves.
    pub(super) fn current(&self, number: RunId) -> Option<RunId> {
        self.processes.get(&number)?.current
    }

    /// The run that what the process prints belongs to.
    pub(super) fn printing(&self, number: RunId) -> Option<RunId> {
        let process = self.processes.get(&number)?;
        let waits_for_it = || self.teams.get(&process.job)?.ready.front().copied();
        process.current.or_else(|| if process.is_online() { None } else { waits_for_it() })
    }

    /// How many processes are ready and serve no run.
    pub(super) fn without_run(&self) -> usize {
        self.processes.values().filter(|process| process.is_online() && process.current.is_none()).count()
    }

    /// Whether this input may hand a run to a process that was started earlier.
    pub(super) fn may_serve(&self, input: &Input) -> bool {
        !self.processes.is_empty()
            && matches!(input, Input::RequestRun { .. } | Input::Frame { .. } | Input::TimePassed)
    }

    /// The process has no run, and its channel cannot be read any further.
    pub(super) fn note_broken_channel(&mut self, number: RunId, error: ChannelError) {
        self.note_stop(number, StopReason::ChannelBroke(error));
    }

    /// The process has not loaded its module in time.
    pub(super) fn note_too_late(&mut self, number: RunId, limit: Duration) {
        self.note_stop(number, StopReason::TooLate(limit));
    }

    fn note_stop(&mut self, number: RunId, reason: StopReason) {
        let process = self.processes.get_mut(&number);
        if let Some(process) = process.filter(|process| !process.is_leaving) {
            process.stop.get_or_insert(reason);
        }
    }
}

impl Engine {
    /// A run of a handler waits for a process: it gets an idle one, or one is asked for.
    pub(super) fn serve(&mut self, id: RunId, handler: &Arc<Handler>, now: Now) {
        self.move_run(id, Phase::Ready);
        let Some(run) = self.runs.get(&id) else { return };
        let (job, policy) = (run.job, Arc::clone(&run.policy));
        let team = self.kept.teams.entry(job).or_insert_with(|| Team::new(handler, policy));
        team.ready.push_back(id);
        self.feed(job, now);
    }

    /// Gives the runs that are ready to processes, and asks for as many processes as are missing.
    fn feed(&mut self, job: JobId, now: Now) {
        loop {
            let Some(team) = self.kept.teams.get_mut(&job) else { return };
            if team.ready.is_empty() {
                break;
            }
            let Some(number) = team.idle.pop() else { break };
            if self.is_outdated(number, now) {
                self.leave(number, now);
                continue;
            }
            let Some(run) = self.kept.teams.get_mut(&job).and_then(|team| team.ready.pop_front()) else {
                return;
            };
            self.hand(number, run, now);
        }
        self.ask_for_processes(job, now);
    }

    /// A frame of a process that is kept.
    pub(super) fn take_kept_frame(&mut self, number: RunId, worker: WorkerId, frame: WorkerFrame, now: Now) {
        match frame {
            WorkerFrame::Ready => self.worker_ready(worker, now),
            WorkerFrame::Online => {
                self.worker_ready(worker, now);
                self.kept_online(number, worker, now);
            }
            WorkerFrame::Returned { run, value } => {
                self.run_settled(number, RunId(run), EndCause::Returned(value), false, now);
            }
            WorkerFrame::Threw { run, envelope, is_permanent } => {
                self.run_settled(number, RunId(run), EndCause::Error(envelope), is_permanent, now);
            }
            WorkerFrame::Loading => {
                self.worker_ready(worker, now);
                self.pool.note_loading(worker, number);
                if let Some(process) = self.kept.processes.get_mut(&number) {
                    process.stage = process.stage.max(Stage::Loading);
                }
            }
            WorkerFrame::NotBegun { run } => self.not_begun(number, RunId(run), now),
            WorkerFrame::Worn { going } => self.begins_no_more(number, RunId(going), now),
            WorkerFrame::Report { run, kind, payload } => {
                if self.kept.current(number) == Some(RunId(run)) {
                    self.note_alive(RunId(run), now);
                    self.take_report(RunId(run), kind, payload, now);
                }
            }
            WorkerFrame::Message(bytes) => {
                if let Some(run) = self.kept.current(number) {
                    self.note_alive(run, now);
                }
                self.kept_posted(number, bytes);
            }
            WorkerFrame::Done(bytes) | WorkerFrame::Cancelled(bytes) => {
                self.kept_posted(number, bytes.into());
            }
            // What concerns a script.
            WorkerFrame::ExportsFunction { .. } | WorkerFrame::Flushing => {}
            // A handler is asked to stop by its AbortSignal; the signal itself ends the process.
            WorkerFrame::Signal(_) => {
                self.effects.push(Effect::Write { worker, frame: HostFrame::take_signal() });
            }
            WorkerFrame::Error { envelope, is_permanent } => {
                let process = self.kept.processes.get_mut(&number);
                if let Some(process) = process.filter(|process| !process.is_leaving) {
                    process.said = Some(Said::Error { envelope, is_permanent });
                }
                self.limit_worker(worker, Some(leaving::LEAVE_LIMIT), now);
            }
        }
    }

    /// What the process posts is of the run that it serves.
    fn kept_posted(&mut self, number: RunId, bytes: Payload) {
        let Some(id) = self.kept.current(number) else { return };
        let handler = self.runs.get(&id).map(|run| (Arc::clone(&run.name), run.registration));
        self.emit(JobEvent::Message { run: id, handler, bytes });
    }

    fn kept_online(&mut self, number: RunId, worker: WorkerId, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number).filter(|process| !process.is_online())
        else {
            return;
        };
        process.stage = Stage::Online;
        process.turn_began = now.mono;
        if process.is_leaving {
            return;
        }
        let job = process.job;
        self.limit_worker(worker, None, now);
        self.pool.boot_succeeded();
        let Some(team) = self.kept.teams.get_mut(&job) else { return };
        team.booting = team.booting.saturating_sub(1);
        let limit_bytes = team.policy.limits.memory_bytes;
        if limit_bytes.is_some() {
            self.effects.push(Effect::WatchMemory { worker, limit_bytes });
        }
        self.rest(number, now);
        self.feed(job, now);
        self.wait_idle(number, now);
    }

    /// The process serves this run from now on.
    fn hand(&mut self, number: RunId, id: RunId, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        let Some(worker) = process.worker else { return };
        process.current = Some(id);
        if let Some(key) = process.idle.take() {
            self.deadlines.cancel(key);
        }
        self.begin_or_wait(id, worker, now);
    }

    fn send_run(&mut self, worker: WorkerId, id: RunId) {
        let Some(run) = self.runs.get(&id) else { return };
        let frame = HostFrame::run(
            id.0,
            &run.facts(id, &self.instance, self.fence(run.id.as_ref())),
            Arc::clone(&run.data),
        );
        self.effects.push(Effect::Write { worker, frame });
    }

    fn begin(&mut self, id: RunId, worker: WorkerId, now: Now) {
        self.count(id);
        self.move_run(id, Phase::Running(worker));
        self.hold_worker_of(id);
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.started = Some(now.stamp());
        run.first_started.get_or_insert(now.wall);
        let timeout = run.policy.limits.timeout;
        run.time_limit =
            timeout.map(|timeout| self.deadlines.insert(now.mono.plus(timeout), Deadline::TimeLimit(id)));
        if run.stop.is_some() {
            // It was stopped while it stood ahead, and began before its process heard of that.
            self.take_step(id, worker, StopStep::Asked, now);
        }
        self.tell_start(id, now);
        self.note_begun(id, now);
        self.watch(id, now);
    }

    /// A run that was sent ahead counts among those that go in its lane.
    fn count(&mut self, id: RunId) {
        let Some(run) = self.runs.get_mut(&id).filter(|run| !run.is_counted) else { return };
        let (Some(key), Work::Handler(handler)) = (run.lane(), &run.work) else { return };
        let limit = handler.concurrency;
        run.is_counted = true;
        self.lanes.enter(key, limit);
    }

    /// A handler has returned or thrown.
    fn run_settled(&mut self, number: RunId, id: RunId, cause: EndCause, is_permanent: bool, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        if process.current != Some(id) {
            return;
        }
        process.current = None;
        process.served = process.served.saturating_add(1);
        let (job, worker) = (process.job, process.worker);
        let Some(run) = self.runs.get(&id) else { return };
        let elapsed = now.mono.since(run.started.unwrap_or(now.stamp()).mono);
        let cause = stopped(run.stop).unwrap_or(cause);
        if matches!(run.phase, Phase::Stopping(_, step) if step > StopStep::Asked) {
            // A signal is on its way to the process.
            process.is_worn = true;
        }
        // What stood ahead has begun: else the process would have said otherwise before.
        let next = process.ahead.take();
        process.current = next;
        self.note_length(job, elapsed);
        match (next, worker) {
            (Some(next), Some(worker)) => self.begin_ahead(next, worker, now),
            _ => self.rest(number, now),
        }
        // The process is free before its lane lets the next run go.
        self.attempt_ended(id, cause, Usage { elapsed, ..Usage::default() }, is_permanent, now);
        self.feed(job, now);
        self.send_ahead(number, job, now);
        self.wait_idle(number, now);
    }

    fn note_length(&mut self, job: JobId, elapsed: Duration) {
        if let Some(team) = self.kept.teams.get_mut(&job) {
            team.average = Some(team.average.map_or(elapsed, |average| (average * 7 + elapsed) / 8));
        }
    }

    /// A run that waits for a process does not wait any more.
    pub(super) fn unready(&mut self, id: RunId, job: JobId) {
        if let Some(team) = self.kept.teams.get_mut(&job) {
            team.ready.retain(|&ready| ready != id);
            self.ask_for_fewer(job);
        }
    }
}

impl Team {
    fn new(handler: &Arc<Handler>, policy: Arc<Policy>) -> Self {
        Team {
            handler: Arc::clone(handler),
            policy,
            ready: VecDeque::new(),
            idle: Vec::new(),
            asked: VecDeque::new(),
            booting: 0,
            average: None,
        }
    }
}

impl Process {
    fn is_online(&self) -> bool {
        self.stage == Stage::Online
    }

    fn new(job: JobId, now: Now) -> Self {
        Process {
            job,
            worker: None,
            stage: Stage::Booting,
            is_leaving: false,
            is_worn: false,
            current: None,
            ahead: None,
            served: 0,
            born: now.mono,
            turn_began: now.mono,
            rested: now.mono,
            idle: None,
            recall: None,
            said: None,
            stop: None,
        }
    }
}

/// The end of a run that was asked to stop, whatever its handler answered to that.
pub(super) fn stopped(reason: Option<StopReason>) -> Option<EndCause> {
    match reason? {
        StopReason::Cancelled => Some(EndCause::Cancelled),
        StopReason::Signal(signal) => Some(EndCause::CancelledBySignal(signal)),
        StopReason::Terminated => Some(EndCause::Terminated),
        StopReason::Timeout(limit) => Some(EndCause::Timeout(limit)),
        StopReason::Stalled(limit) => Some(EndCause::Stalled(limit)),
        StopReason::Memory { limit_bytes, used_bytes } => Some(EndCause::Memory { limit_bytes, used_bytes }),
        StopReason::ChannelBroke(error) => Some(EndCause::ChannelBroke(error)),
        StopReason::LeaseLost => Some(EndCause::LeaseLost),
        StopReason::TooLate(_) => None,
    }
}
