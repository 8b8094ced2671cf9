//! Processes that are kept for handlers: each serves one run after another.
//!
//! To the pool such a process is busy with one long run, whose number names the process. The runs
//! that it serves are in the table of runs like all others.
//!
//! ```text
//! Asked ──▶ Booting ──▶ Idle ◀──▶ Serving(run) ──▶ (exited)
//!                         └────────────┴──▶ Leaving ──▶ (exited)
//! ```

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::event::{JobEvent, Usage};
use super::ids::{JobId, RunId, WorkerId};
use super::job::{Handler, Policy, Work};
use super::run::{EndCause, Phase, Said, StopReason, end_cause};
use super::{Deadline, Effect, Engine};
use crate::timer::{MonoMs, Now, TimerKey};
use crate::worker::backlog::Payload;
use crate::worker::ipc::{HostFrame, WorkerFrame};
use crate::worker::os::{Exit, StopSignal};

/// A process that was let go and has not left after this long is killed.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);
/// Runs shorter than this on average are sent ahead, so that a process need not wait for the host
/// between two of them.
const SHORT_RUN: Duration = Duration::from_millis(5);

/// Every process that is kept, and the runs that wait for one.
#[derive(Debug, Default)]
pub(super) struct Kept {
    processes: HashMap<RunId, Process>,
    teams: HashMap<JobId, Team>,
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
    /// Processes asked for that are not online.
    asked: usize,
    /// How long runs take, roughly.
    average: Option<Duration>,
}

#[derive(Debug)]
struct Process {
    job: JobId,
    worker: Option<WorkerId>,
    is_online: bool,
    is_leaving: bool,
    current: Option<RunId>,
    ahead: Option<RunId>,
    served: u32,
    born: MonoMs,
    idle: Option<TimerKey<MonoMs>>,
    said: Option<Said>,
}

impl Kept {
    /// Whether this is the number of a process.
    pub(super) fn is_process(&self, number: RunId) -> bool {
        self.processes.contains_key(&number)
    }

    /// How many processes are ready and serve no run.
    pub(super) fn without_run(&self) -> usize {
        self.processes.values().filter(|process| process.is_online && process.current.is_none()).count()
    }

    /// The run that the process serves.
    pub(super) fn current(&self, number: RunId) -> Option<RunId> {
        self.processes.get(&number)?.current
    }
}

impl Engine {
    /// A run of a handler waits for a process: it gets an idle one, or one is asked for.
    pub(super) fn serve(&mut self, id: RunId, handler: &Arc<Handler>, now: Now) {
        self.move_run(id, Phase::Ready);
        let Some(run) = self.runs.get(&id) else { return };
        let (job, policy) = (run.job, Arc::clone(&run.policy));
        let team = self.kept.teams.entry(job).or_insert_with(|| Team {
            handler: Arc::clone(handler),
            policy,
            ready: VecDeque::new(),
            idle: Vec::new(),
            asked: 0,
            average: None,
        });
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

    fn ask_for_processes(&mut self, job: JobId, now: Now) {
        let Some(team) = self.kept.teams.get_mut(&job) else { return };
        let Some(process) = team.handler.process.as_ref() else { return };
        let boot = Arc::clone(&process.boot);
        let missing = team.ready.len().saturating_sub(team.asked);
        team.asked += missing;
        for _ in 0..missing {
            let number = self.run_numbers.next();
            self.kept.processes.insert(number, Process::new(job, now));
            self.queue.push(number, &boot);
        }
    }

    /// Whether the process should serve no further run.
    fn is_outdated(&self, number: RunId, now: Now) -> bool {
        let Some(process) = self.kept.processes.get(&number) else { return true };
        let Some(team) = self.kept.teams.get(&process.job) else { return true };
        let reuse = team.handler.reuse;
        let is_worn = process.served >= reuse.max_runs
            || reuse.max_age.is_some_and(|limit| now.mono.since(process.born) >= limit);
        is_worn
            || process.is_leaving
            || !self.jobs.contains_key(&process.job)
            || process.worker.is_none_or(|worker| !self.pool.is_current(worker, &self.host))
    }

    /// What the process for a handler is booted with; `None` when it is not wanted any more.
    pub(super) fn wanted_process(&mut self, number: RunId) -> Option<Arc<super::BootProfile>> {
        let job = self.kept.processes.get(&number)?.job;
        let team = self.kept.teams.get_mut(&job)?;
        let boot = Arc::clone(&team.handler.process.as_ref()?.boot);
        if team.ready.is_empty() {
            team.asked -= 1;
            self.kept.processes.remove(&number);
            self.queue.remove(number, &boot);
            self.forget_team(job);
            return None;
        }
        Some(boot)
    }

    /// A process has been found for a handler: it loads the module.
    pub(super) fn start_kept(&mut self, number: RunId, worker: WorkerId, now: Now) {
        let idle = self.pool.claim(worker, number);
        if let Some(idle) = idle {
            self.limit_worker(worker, Some(self.pool.start_timeout()), now);
            self.deadlines.cancel(idle);
        }
        let env = self.pool.changed_environment(worker, &self.host.environment);
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        process.worker = Some(worker);
        process.born = now.mono;
        let Some(team) = self.kept.teams.get(&process.job) else { return };
        let Some(offloaded) = team.handler.process.as_ref() else { return };
        let job = Arc::clone(&offloaded.job);
        self.effects.push(Effect::Start { worker, thread_id: number.0, env, job, run: None });
        self.effects.push(Effect::Go(worker));
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
            WorkerFrame::Report { run, kind, payload } => {
                self.note_alive(RunId(run), now);
                self.take_report(RunId(run), kind, payload);
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
                if let Some(process) = self.kept.processes.get_mut(&number) {
                    process.said = Some(Said::Error { envelope, is_permanent });
                    process.is_leaving = true;
                }
                self.limit_worker(worker, Some(LEAVE_LIMIT), now);
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
        self.limit_worker(worker, None, now);
        self.pool.boot_succeeded();
        let Some(process) = self.kept.processes.get_mut(&number).filter(|process| !process.is_online) else {
            return;
        };
        process.is_online = true;
        let job = process.job;
        let Some(team) = self.kept.teams.get_mut(&job) else { return };
        team.asked = team.asked.saturating_sub(1);
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
        self.send_run(worker, id);
        self.begin(id, worker, now);
    }

    fn send_run(&mut self, worker: WorkerId, id: RunId) {
        let Some(run) = self.runs.get(&id) else { return };
        let frame = HostFrame::run(id.0, &run.facts(id, &self.instance), Arc::clone(&run.data));
        self.effects.push(Effect::Write { worker, frame });
    }

    fn begin(&mut self, id: RunId, worker: WorkerId, now: Now) {
        self.count(id);
        self.move_run(id, Phase::Running(worker));
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.started = Some(now.mono);
        run.started_at = Some(now.wall);
        run.first_started.get_or_insert(now.wall);
        let timeout = run.policy.limits.timeout;
        run.time_limit =
            timeout.map(|timeout| self.deadlines.insert(now.mono.plus(timeout), Deadline::TimeLimit(id)));
        if run.stop.is_some() {
            // It was stopped while it stood ahead.
            self.effects.push(Effect::Write { worker, frame: HostFrame::abort(id.0) });
        }
        self.tell_start(id, now);
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
        process.served += 1;
        let (job, ahead, worker) = (process.job, process.ahead.take(), process.worker);
        let Some(run) = self.runs.get(&id) else { return };
        let elapsed = now.mono.since(run.started.unwrap_or(now.mono));
        let cause = stopped(run.stop).unwrap_or(cause);
        if matches!(run.phase, Phase::Stopping(_, step) if step > super::run::StopStep::Asked) {
            self.mark_leaving(number, now);
        }
        self.note_length(job, elapsed);
        match (ahead, worker) {
            (Some(next), Some(worker)) => {
                if let Some(process) = self.kept.processes.get_mut(&number) {
                    process.current = Some(next);
                }
                self.begin(next, worker, now);
            }
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

    /// Sends the process the run that it shall serve after this one, where runs are short.
    fn send_ahead(&mut self, number: RunId, job: JobId, now: Now) {
        let Some(team) = self.kept.teams.get(&job) else { return };
        if team.average.is_none_or(|average| average > SHORT_RUN) || self.is_outdated(number, now) {
            return;
        }
        let Some(process) = self.kept.processes.get(&number) else { return };
        let (Some(worker), Some(current), None) = (process.worker, process.current, process.ahead) else {
            return;
        };
        let Some(key) = self.runs.get(&current).and_then(super::run::Run::lane) else { return };
        let Some(next) = self.lanes.first(&key) else { return };
        let Some(run) = self.runs.get_mut(&next).filter(|run| run.job == job) else { return };
        run.phase = Phase::Ahead(worker);
        self.lanes.remove(next);
        if let Some(process) = self.kept.processes.get_mut(&number) {
            process.ahead = Some(next);
        }
        self.send_run(worker, next);
    }

    /// The process has no run.
    fn rest(&mut self, number: RunId, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        let job = process.job;
        if self.is_outdated(number, now) {
            self.leave(number, now);
        } else if let Some(team) = self.kept.teams.get_mut(&job) {
            team.idle.push(number);
        }
    }

    /// Lets the process go when it has had nothing to do for a while.
    fn wait_idle(&mut self, number: RunId, now: Now) {
        let Some(process) = self.kept.processes.get(&number) else { return };
        if process.current.is_some() || process.is_leaving || process.idle.is_some() || !process.is_online {
            return;
        }
        let Some(team) = self.kept.teams.get(&process.job) else { return };
        let limit = if self.is_shutting_down() { Duration::ZERO } else { team.handler.reuse.idle };
        if limit.is_zero() {
            return self.kept_idle(number, now);
        }
        let key = self.deadlines.insert(now.mono.plus(limit), Deadline::KeptIdle(number));
        if let Some(process) = self.kept.processes.get_mut(&number) {
            process.idle = Some(key);
        }
    }

    /// The process has had no run for long enough.
    pub(super) fn kept_idle(&mut self, number: RunId, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        process.idle = None;
        let job = process.job;
        if let Some(team) = self.kept.teams.get_mut(&job) {
            team.idle.retain(|&idle| idle != number);
        }
        self.leave(number, now);
        self.forget_team(job);
    }

    /// Ends a process that has no run.
    fn leave(&mut self, number: RunId, now: Now) {
        self.mark_leaving(number, now);
        let worker = self.kept.processes.get(&number).and_then(|process| process.worker);
        if let Some(worker) = worker {
            self.signal(worker, StopSignal::Terminate);
        }
    }

    fn mark_leaving(&mut self, number: RunId, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        process.is_leaving = true;
        let keys = [process.idle.take(), None];
        let worker = process.worker;
        self.cancel_deadlines(keys);
        if let Some(worker) = worker {
            self.limit_worker(worker, Some(LEAVE_LIMIT), now);
        }
    }

    /// Lets go of every process that has no run: of one job, or of all.
    pub(super) fn leave_idle(&mut self, job: Option<JobId>, now: Now) {
        let teams = self.kept.teams.iter().filter(|(id, _)| job.is_none_or(|job| job == **id));
        let idle: Vec<RunId> = teams.flat_map(|(_, team)| team.idle.iter().copied()).collect();
        for number in idle {
            self.kept_idle(number, now);
        }
    }

    /// Lets go of one idle process, so that another run may have its place.
    pub(super) fn make_room(&mut self, now: Now) {
        let oldest = self.kept.teams.values().find_map(|team| team.idle.first().copied());
        if let Some(number) = oldest {
            self.kept_idle(number, now);
        }
    }

    /// A process could not be started.
    pub(super) fn kept_start_failed(&mut self, number: RunId, cause: EndCause, now: Now) {
        let Some(process) = self.kept.processes.remove(&number) else { return };
        self.fail_oldest(process.job, cause, false, now);
    }

    /// A process has exited.
    pub(super) fn kept_exited(&mut self, number: RunId, was_spare: bool, exit: &Exit, now: Now) {
        let Some(process) = self.kept.processes.remove(&number) else { return };
        if let Some(key) = process.idle {
            self.deadlines.cancel(key);
        }
        let job = process.job;
        if let Some(team) = self.kept.teams.get_mut(&job) {
            team.idle.retain(|&idle| idle != number);
        }
        if let Some(ahead) = process.ahead {
            self.comes_back(ahead);
        }
        let is_permanent = matches!(process.said, Some(Said::Error { is_permanent: true, .. }));
        match process.current {
            Some(run) => self.run_lost_its_process(run, process.said, is_permanent, exit, now),
            None if !process.is_online && was_spare && process.said.is_none() => {
                // A spare that died before it loaded anything: another one is asked for.
                if let Some(team) = self.kept.teams.get_mut(&job) {
                    team.asked = team.asked.saturating_sub(1);
                }
            }
            None if !process.is_online => {
                let cause = end_cause(process.said, None, false, exit);
                self.fail_oldest(job, cause, is_permanent, now);
            }
            None => {}
        }
        self.feed(job, now);
        self.forget_team(job);
    }

    /// A run that stood ahead has not begun: it is the next one for another process.
    fn comes_back(&mut self, id: RunId) {
        self.count(id);
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.phase = Phase::Ready;
        if let Some(team) = self.kept.teams.get_mut(&run.job) {
            team.ready.push_front(id);
        }
    }

    fn run_lost_its_process(
        &mut self,
        id: RunId,
        said: Option<Said>,
        is_permanent: bool,
        exit: &Exit,
        now: Now,
    ) {
        let Some(run) = self.runs.get(&id) else { return };
        let usage = Usage {
            elapsed: now.mono.since(run.started.unwrap_or(now.mono)),
            cpu_time: exit.cpu_time,
            peak_memory_bytes: exit.peak_memory_bytes,
        };
        let cause = match end_cause(said, run.stop, true, exit) {
            EndCause::ExitCode(code) => EndCause::HandlerExited(code),
            other => other,
        };
        self.attempt_ended(id, cause, usage, is_permanent, now);
    }

    /// The process that was asked for did not come to be: the run that has waited longest fails.
    fn fail_oldest(&mut self, job: JobId, cause: EndCause, is_permanent: bool, now: Now) {
        let Some(team) = self.kept.teams.get_mut(&job) else { return };
        team.asked = team.asked.saturating_sub(1);
        if let Some(run) = team.ready.pop_front() {
            self.attempt_ended(run, cause, Usage::default(), is_permanent, now);
        }
        self.feed(job, now);
        self.forget_team(job);
    }

    /// A run that waits for a process does not wait any more.
    pub(super) fn unready(&mut self, id: RunId, job: JobId) {
        if let Some(team) = self.kept.teams.get_mut(&job) {
            team.ready.retain(|&ready| ready != id);
        }
    }

    fn forget_team(&mut self, job: JobId) {
        let is_over = |team: &Team| team.ready.is_empty() && team.idle.is_empty() && team.asked == 0;
        let has_process = || self.kept.processes.values().any(|process| process.job == job);
        if self.kept.teams.get(&job).is_some_and(is_over) && !self.jobs.contains_key(&job) && !has_process() {
            self.kept.teams.remove(&job);
        }
    }
}

impl Process {
    fn new(job: JobId, now: Now) -> Self {
        Process {
            job,
            worker: None,
            is_online: false,
            is_leaving: false,
            current: None,
            ahead: None,
            served: 0,
            born: now.mono,
            idle: None,
            said: None,
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
        StopReason::TooLate(_) => None,
    }
}
