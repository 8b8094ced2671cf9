//! Runs that outlive the host: those of handlers, where the manager has a store.
//!
//! The engine decides what is kept and when: it orders [`Effect::Keep`], and goes on when the store reports the
//! write as settled.
//!
//! ```text
//!  requested ─▶ Accepting ─[Accept kept]─▶ lane, process ─▶ Beginning ─[Begin kept]─▶ handler is called
//!                                                                                        │
//!                          told to the host ◀─[End kept]─ ended ◀────────────────────────┘
//! ```
//!
//! So a handler is never called more often than its run has attempts, and what the host has been told of a run is
//! in the file. Without a store, or for other jobs, nothing of this happens.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::event::{JobEvent, KnownRun, Usage};
use super::ids::{JobId, RunId};
use super::job::Work;
use super::lanes::LaneKey;
use super::reading::Unread;
use super::retry::GaveUp;
use super::run::{EndCause, Outcome, Phase, Run};
use super::{Effect, Engine};
use crate::store::{
    Change, EndState, Ending, FailedAttempt, Failure, NewRun, Outcome as Settled, Pause, RunKey, Slot,
    StoreError, Ticket, Write,
};
use crate::timer::{EpochMs, Now};
use crate::worker::envelope;

/// What the engine knows of the store.
#[derive(Debug)]
pub(super) struct Keeping {
    next_key: i64,
    next_ticket: u64,
    awaited: HashMap<Ticket, Awaited>,
    /// Runs that have been accepted, and of which the host has not been told.
    accepted: Vec<RunId>,
    /// What is known of lanes.
    lanes: HashMap<LaneKey, Pace>,
    /// Runs that cannot be kept go on in memory, instead of being refused.
    pub(super) goes_on_in_memory: bool,
    /// Jobs of which the file has runs that this host has not read.
    pub(super) unread: HashMap<Arc<str>, Unread>,
    /// Numbers given to unread runs, because the host has asked for them by their ids.
    pub(super) claimed: HashMap<RunKey, RunId>,
    /// The next place in a lane of a run that is read.
    pub(super) next_place: i64,
    /// Runs of jobs that are not defined within a minute fail.
    pub(super) fails_orphans: bool,
    /// Slots that were answered last, of jobs that have not been registered since.
    pub(super) slots: HashMap<Arc<str>, Slot>,
    /// Pauses of jobs that have not been registered since.
    pub(super) pauses: HashMap<Arc<str>, Pause>,
}

/// What goes on when a write is settled.
#[derive(Debug)]
enum Awaited {
    Accept(RunId, LaneKey),
    Begin(RunId),
    End(RunId, RunKey, Box<JobEvent>),
}

/// How the runs of a lane go. Kept for as long as the manager: there are as many as handlers.
#[derive(Debug, Default)]
struct Pace {
    /// Runs whose acceptance is not settled.
    accepting: usize,
    /// Runs that wait in the lane, and whose begin is in the file.
    begun_ahead: usize,
    /// How long attempts take, roughly.
    average: Option<Duration>,
}

impl Pace {
    fn note_length(&mut self, elapsed: Duration) {
        self.average = Some(self.average.map_or(elapsed, |average| (average * 15 + elapsed) / 16));
    }

    /// How many begins are kept ahead: with one commit for each run, runs that take no longer than a commit would wait for
    /// it most of the time.
    fn wanted_ahead(&self) -> usize {
        if self.average.is_some_and(|average| average < SHORT_RUN) { AHEAD } else { 0 }
    }
}

/// Runs that take less than this on average are begun ahead in the file.
const SHORT_RUN: Duration = Duration::from_millis(1);
/// So many of them at most. If the host dies, that attempt counts for them although their handler was not called.
const AHEAD: usize = 32;

/// What the file has of a run.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) key: RunKey,
    /// The begin of the attempt that goes or comes next.
    begun: Begun,
    /// When the first attempt may begin.
    begin_at: EpochMs,
    /// The run stops because the manager shuts down: what has not been done is for the next host.
    is_left: bool,
    /// It waits in its lane, and its begin is in the file.
    is_begun_ahead: bool,
    /// The place of a run that was read, in the lane of its first attempt.
    pub(super) place: Option<i64>,
    /// It was read, and has not begun: more are read when few of these are left.
    pub(super) is_ahead: bool,
    /// What the function on the host's event loop has returned.
    pub(super) result: Option<Arc<[u8]>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    No,
    Ordered,
    Yes,
}

impl Record {
    pub(super) fn new(key: RunKey, begin_at: EpochMs) -> Self {
        Record {
            key,
            begun: Begun::No,
            begin_at,
            is_left: false,
            is_begun_ahead: false,
            place: None,
            is_ahead: false,
            result: None,
        }
    }

    /// Of a run that an earlier host has accepted.
    pub(super) fn read(key: RunKey, begin_at: EpochMs, place: i64) -> Self {
        Record { place: Some(place), is_ahead: true, ..Record::new(key, begin_at) }
    }
}

impl Keeping {
    pub(super) fn new(first_key: RunKey) -> Self {
        Keeping {
            next_key: first_key.0,
            next_ticket: 0,
            awaited: HashMap::new(),
            accepted: Vec::new(),
            lanes: HashMap::new(),
            goes_on_in_memory: false,
            unread: HashMap::new(),
            claimed: HashMap::new(),
            next_place: 0,
            fails_orphans: false,
            slots: HashMap::new(),
            pauses: HashMap::new(),
        }
    }

    fn key(&mut self) -> RunKey {
        let key = RunKey(self.next_key);
        self.next_key += 1;
        key
    }

    fn ticket(&mut self, awaited: Awaited) -> Ticket {
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        self.awaited.insert(ticket, awaited);
        ticket
    }

    /// Whether writes are under way that something waits for.
    pub(super) fn is_busy(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Runs that are going to wait in this lane.
    pub(super) fn accepting(&self, lane: &LaneKey) -> usize {
        self.lanes.get(lane).map_or(0, |pace| pace.accepting)
    }
}

impl Engine {
    /// Whether the runs of this job are kept.
    pub(super) fn is_kept(&self, job: JobId) -> bool {
        self.keeping.is_some()
            && self.jobs.get(&job).is_some_and(|job| matches!(job.spec.work, Work::Handler(_)))
    }

    /// Orders a write that nothing waits for. Without a store nothing happens.
    pub(super) fn keep(&mut self, changes: Vec<Change>) {
        if self.keeping.is_some() {
            self.effects.push(Effect::Keep(Write { ticket: None, changes }));
        }
    }

    /// A run in the phase `Accepting`: it goes on when it is in the file.
    pub(super) fn accept(&mut self, id: RunId, asked: Accepted, now: Now) {
        let (Some(keeping), Some(run)) = (self.keeping.as_mut(), self.runs.get_mut(&id)) else { return };
        let Some(lane) = run.lane() else { return };
        let key = keeping.key();
        let begin_at = asked.delay.map_or(now.wall, |delay| now.wall.plus(delay));
        keeping.lanes.entry(lane.clone()).or_default().accepting += 1;
        run.record = Some(Box::new(Record::new(key, begin_at)));
        let numbered = || Arc::from(format!("{}-{}", self.instance, id.0));
        let accept = Change::Accept(NewRun {
            key,
            id: run.id.clone().unwrap_or_else(numbered),
            job: Arc::clone(&run.name),
            data: Arc::clone(&run.data),
            priority: run.priority.0,
            trigger: run.trigger.name().into(),
            due: asked.date.or(run.due),
            begin_at,
            queued_at: now.wall,
            attempts: run.policy.retry.attempts,
            timeout: asked.timeout,
            retry_of: asked.retry_of,
        });
        let changes = std::iter::once(accept).chain(asked.slot.map(Change::Answer)).collect();
        let ticket = Some(keeping.ticket(Awaited::Accept(id, lane)));
        self.effects.push(Effect::Keep(Write { ticket, changes }));
    }

    /// Writes are settled.
    pub(super) fn writes_settled(&mut self, settled: Vec<(Ticket, Settled)>, now: Now) {
        for (ticket, outcome) in settled {
            match self.keeping.as_mut().and_then(|keeping| keeping.awaited.remove(&ticket)) {
                Some(Awaited::Accept(run, lane)) => {
                    if let Some(pace) = self.pace(&lane) {
                        pace.accepting = pace.accepting.saturating_sub(1);
                    }
                    self.acceptance_settled(run, outcome, now);
                }
                Some(Awaited::Begin(run)) => self.begin_settled(run, now),
                Some(Awaited::End(run, key, event)) => self.end_settled(run, key, *event, &outcome),
                None => {}
            }
        }
        let accepted = self.keeping.as_mut().map(|keeping| std::mem::take(&mut keeping.accepted));
        if let Some(runs) = accepted.filter(|runs| !runs.is_empty()) {
            self.emit(JobEvent::RunsAccepted { runs });
        }
    }

    fn acceptance_settled(&mut self, id: RunId, outcome: Settled, now: Now) {
        match outcome {
            Settled::Kept | Settled::Owed => {
                let record = self.runs.get(&id).and_then(|run| run.record.as_ref());
                self.accepted(id, record.map_or(now.wall, |record| record.begin_at), now);
            }
            Settled::Known(known) => {
                let ended = |state: &str| EndState::ALL.iter().any(|end| end.name() == state);
                let live =
                    || self.runs.iter().find(|(_, run)| run.key() == Some(known.key)).map(|(&run, _)| run);
                let run = if ended(&known.state) { None } else { Some(live().unwrap_or(id)) };
                if run == Some(id)
                    && let Some(keeping) = self.keeping.as_mut()
                {
                    keeping.claimed.insert(known.key, id);
                }
                self.refuse(id, None, Some(KnownRun { job: known.job, run }), now);
            }
            Settled::Refused(error) => {
                let is_request = self.runs.get(&id).is_some_and(|run| run.trigger.is_request());
                let goes_on = self.keeping.as_ref().is_some_and(|keeping| keeping.goes_on_in_memory);
                if is_request && !goes_on {
                    return self.refuse(id, Some(error), None, now);
                }
                // A due time gets its run all the same.
                let record = self.runs.get_mut(&id).and_then(|run| run.record.take());
                self.accepted(id, record.map_or(now.wall, |record| record.begin_at), now);
            }
        }
    }

    /// A run has been accepted: it waits for its time, or takes its place in its lane.
    fn accepted(&mut self, id: RunId, begin_at: EpochMs, now: Now) {
        let Some(run) = self.runs.get(&id) else { return };
        let (is_request, is_stopped) = (run.trigger.is_request(), run.stop.is_some());
        self.tell_queued(id);
        if let Some(keeping) = self.keeping.as_mut().filter(|_| is_request) {
            keeping.accepted.push(id);
        }
        if is_stopped {
            self.end_run(id, EndCause::Cancelled, Usage::default(), None, now);
        } else if begin_at > now.wall {
            self.move_run(id, Phase::Delayed);
            self.wait_for_attempt(id, begin_at.since(now.wall), now);
        } else {
            self.line_up_or_hold(id, now);
        }
    }

    /// A run of the schedule of a job that has been paused meanwhile is held.
    pub(super) fn line_up_or_hold(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get(&id) else { return };
        let is_paused = self.jobs.get(&run.job).is_some_and(|job| job.paused.is_some());
        if is_paused && !run.trigger.is_request() {
            self.move_run(id, Phase::HeldInLane);
        } else {
            self.line_up(id, now);
        }
    }

    /// There is no such run.
    fn refuse(&mut self, id: RunId, error: Option<Arc<StoreError>>, known: Option<KnownRun>, now: Now) {
        let Some(run) = self.runs.remove(&id) else { return };
        self.runs_of.remove(&(run.job, id));
        self.requests.run_ended(id);
        let (name, registration) = (Arc::clone(&run.name), run.registration);
        self.emit(JobEvent::RunRefused { run: id, name, registration, error, known });
        self.run_of_job_ended(run.job, id, run.phase.standing(), Outcome::Cancelled, now);
    }

    /// Whether the store has the begin of the attempt, so that its process may know of the run.
    pub(super) fn is_begun(&self, id: RunId) -> bool {
        self.runs.get(&id).is_none_or(Run::is_begun)
    }

    /// Whether the attempt of this run may begin now. If not, it is told later, by `begin_settled`.
    pub(super) fn may_begin(&mut self, id: RunId, now: Now) -> bool {
        let Some(run) = self.runs.get_mut(&id).filter(|run| run.record.is_some()) else { return true };
        let lane = run.lane();
        self.not_begun_ahead(id);
        self.order_begin(id, now);
        if let Some(lane) = lane {
            self.begin_ahead_of_turn(&lane, now);
        }
        self.is_begun(id)
    }

    /// Orders the begin of an attempt, unless that has been done.
    fn order_begin(&mut self, id: RunId, now: Now) {
        let (Some(keeping), Some(run)) = (self.keeping.as_mut(), self.runs.get_mut(&id)) else { return };
        let Some(record) = run.record.as_mut().filter(|record| record.begun == Begun::No) else { return };
        record.begun = Begun::Ordered;
        let change = Change::Begin { run: record.key, attempt: run.attempt, at: now.wall };
        let was_read = std::mem::take(&mut record.is_ahead);
        let name = was_read.then(|| Arc::clone(&run.name));
        let ticket = Some(keeping.ticket(Awaited::Begin(id)));
        self.effects.push(Effect::Keep(Write { ticket, changes: vec![change] }));
        if let Some(name) = name {
            self.one_less_ahead(&name);
        }
    }

    /// Where runs are short, the next ones of the lane are begun in the file together, before it is their turn.
    fn begin_ahead_of_turn(&mut self, lane: &LaneKey, now: Now) {
        let is_closing = self.is_shut_down;
        let Some(pace) = self.pace(lane).filter(|_| !is_closing) else { return };
        let missing = pace.wanted_ahead().saturating_sub(pace.begun_ahead);
        if missing <= AHEAD / 2 {
            return;
        }
        let is_new = |id: &RunId| {
            let record = self.runs.get(id).and_then(|run| run.record.as_ref());
            record.is_some_and(|record| record.begun == Begun::No)
        };
        let next: Vec<RunId> =
            self.lanes.in_line(lane).take(2 * AHEAD).filter(is_new).take(missing).collect();
        for &id in &next {
            self.order_begin(id, now);
            if let Some(record) = self.runs.get_mut(&id).and_then(|run| run.record.as_mut()) {
                record.is_begun_ahead = true;
            }
        }
        if let Some(pace) = self.pace(lane) {
            pace.begun_ahead += next.len();
        }
    }

    /// A run leaves its lane.
    fn not_begun_ahead(&mut self, id: RunId) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let Some(lane) = run.lane() else { return };
        if run.record.as_mut().is_some_and(|record| std::mem::take(&mut record.is_begun_ahead))
            && let Some(pace) = self.pace(&lane)
        {
            pace.begun_ahead = pace.begun_ahead.saturating_sub(1);
        }
    }

    fn pace(&mut self, lane: &LaneKey) -> Option<&mut Pace> {
        self.keeping.as_mut()?.lanes.get_mut(lane)
    }

    fn begin_settled(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let Some(record) = run.record.as_mut() else { return };
        record.begun = Begun::Yes;
        let is_stopped = run.stop.is_some();
        match run.phase {
            Phase::Beginning(Some(worker)) => self.begin_in_process(id, worker, now),
            Phase::Beginning(None) if is_stopped => {
                self.end_run(id, EndCause::Cancelled, Usage::default(), None, now);
            }
            Phase::Beginning(None) => self.go(id, now),
            Phase::Ahead(worker) => self.send_ahead_now(id, worker, now),
            // Its process has exited meanwhile, and it waits for another one.
            _ => {}
        }
    }

    /// An attempt has failed, and another one follows.
    pub(super) fn keep_retry(&mut self, id: RunId, cause: &EndCause, delay: Option<Duration>, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let (lane, elapsed) = (run.lane(), run.started.map(|started| now.mono.since(started.mono)));
        let Some(record) = run.record.as_mut() else { return };
        record.begun = Begun::No;
        let failed = FailedAttempt {
            attempt: run.attempt,
            started_at: run.started.map(|started| started.wall),
            ended_at: now.wall,
            failure: failure(cause),
        };
        // While the host is asked for the pause: at once, for the next host.
        let begin_at = now.wall.plus(delay.unwrap_or_default());
        let change = Change::Retry { run: record.key, failed, begin_at };
        self.keep(vec![change]);
        if let (Some(elapsed), Some(pace)) = (elapsed, lane.and_then(|lane| self.pace(&lane))) {
            pace.note_length(elapsed);
        }
    }

    /// The time of the next attempt has been decided.
    pub(super) fn keep_time(&mut self, id: RunId, begin_at: EpochMs) {
        if let Some(key) = self.runs.get(&id).and_then(Run::key) {
            self.keep(vec![Change::Postpone { run: key, begin_at }]);
        }
    }

    /// The manager shuts down, and stops a run that nobody has asked to stop before.
    pub(super) fn mark_left(&mut self, id: RunId) {
        let Some(run) = self.runs.get_mut(&id).filter(|run| run.stop.is_none()) else { return };
        if let Some(record) = run.record.as_mut() {
            record.is_left = true;
        }
    }

    /// A run has ended: the host is told when that is in the file.
    pub(super) fn keep_end(&mut self, id: RunId, run: &Run, mut event: JobEvent) {
        let Some(record) = run.record.as_ref() else { return };
        let JobEvent::RunEnded { cause, gave_up, usage, at, .. } = &mut event else { return };
        if record.is_ahead {
            self.one_less_ahead(&run.name);
        }
        if let Some(pace) = run.lane().and_then(|lane| self.pace(&lane)) {
            pace.begun_ahead -= usize::from(record.is_begun_ahead && pace.begun_ahead > 0);
            if run.started.is_some() {
                pace.note_length(usage.elapsed);
            }
        }
        if record.is_for_next_host(run, cause) {
            if record.begun != Begun::No && run.started.is_none() {
                self.keep(vec![Change::Withdraw { run: record.key, begin_at: *at }]);
            }
            *cause = EndCause::Left;
            *gave_up = None;
            self.requests.run_ended(id);
            return self.emit(event);
        }
        let ending = ending(run, record, cause, *gave_up, *at);
        let key = record.key;
        let Some(keeping) = self.keeping.as_mut() else { return };
        let ticket = Some(keeping.ticket(Awaited::End(id, key, Box::new(event))));
        let changes = vec![Change::End { run: key, job: Arc::clone(&run.name), ending }];
        self.effects.push(Effect::Keep(Write { ticket, changes }));
    }

    fn end_settled(&mut self, id: RunId, key: RunKey, event: JobEvent, outcome: &Settled) {
        if let (Settled::Refused(_), JobEvent::RunEnded { name, facts, cause, gave_up, at, .. }) =
            (outcome, &event)
        {
            // What it has returned or thrown is too large for the file: it is kept without.
            let state = end_state(cause);
            let failure = Failure { error: None, ..failure(cause) };
            let ending = Ending {
                state,
                attempt: facts.attempt,
                started_at: facts.started,
                at: *at,
                failure,
                gave_up: gave_up.map(|why| why.name().into()),
                result: None,
                is_kept: true,
            };
            let job = Arc::clone(name);
            self.keep(vec![Change::End { run: key, job, ending }]);
        }
        self.requests.run_ended(id);
        self.emit(event);
    }
}

impl Run {
    /// Whether the store has the begin of its attempt, or keeps nothing of it.
    pub(super) fn is_begun(&self) -> bool {
        self.record.as_ref().is_none_or(|record| record.begun == Begun::Yes)
    }
}

impl Record {
    /// Whether the run goes on in the next host: it was stopped because this one shuts down, and has not begun, or
    /// has attempts left.
    fn is_for_next_host(&self, run: &Run, cause: &EndCause) -> bool {
        let is_stopped = cause.outcome() == Outcome::Cancelled;
        let has_begun = self.begun != Begun::No && run.started.is_some();
        self.is_left && is_stopped && (!has_begun || run.attempt < run.policy.retry.attempts)
    }
}

/// What a run is accepted with, beside what it has itself.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    pub(super) delay: Option<Duration>,
    /// The date that was asked for.
    pub(super) date: Option<EpochMs>,
    pub(super) timeout: Option<Duration>,
    pub(super) retry_of: Option<Arc<str>>,
    /// The due time that is answered by this run.
    pub(super) slot: Option<Slot>,
}

fn ending(run: &Run, record: &Record, cause: &EndCause, gave_up: Option<GaveUp>, at: EpochMs) -> Ending {
    let (keep_result, is_kept) = match &run.work {
        Work::Handler(handler) => (handler.keep_result, handler.keeps_history),
        Work::Inline | Work::Offloaded(_) => (0, true),
    };
    let returned = match cause {
        EndCause::Returned(bytes) => Some(Arc::from(bytes.as_slice())),
        _ => record.result.clone(),
    };
    let is_short = |bytes: &Arc<[u8]>| !bytes.is_empty() && bytes.len() <= keep_result;
    Ending {
        state: end_state(cause),
        attempt: run.attempt,
        started_at: run.started_at(),
        at,
        failure: if cause.outcome() == Outcome::Completed { Failure::default() } else { failure(cause) },
        gave_up: gave_up.map(|why| why.name().into()),
        result: returned.filter(is_short),
        is_kept,
    }
}

fn end_state(cause: &EndCause) -> EndState {
    match cause.outcome() {
        Outcome::Completed => EndState::Completed,
        Outcome::Failed => EndState::Failed,
        Outcome::Cancelled => EndState::Cancelled,
    }
}

fn failure(cause: &EndCause) -> Failure {
    let error: Option<Arc<[u8]>> = match cause {
        EndCause::Error(bytes) if !bytes.is_empty() => Some(Arc::from(bytes.as_slice())),
        _ => None,
    };
    let message = match cause {
        EndCause::Error(bytes) => envelope::message(bytes),
        other => other.sentence(),
    };
    Failure { cause: cause.name().into(), message: message.map(Arc::from), error }
}
