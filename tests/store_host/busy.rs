//! A host in the middle of everything: it accepts, begins, fails, retries and ends runs, and prints what it
//! knows for sure: `A id` a run was accepted, `B id` an attempt begins, `E id` its end is kept, `D id` it
//! died with an earlier host.

use std::collections::{HashMap, VecDeque};
use std::io::Write as _;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use job_manager::store::{
    Change, EndState, Ending, FailedAttempt, Failure, Found, NewRun, Outcome, Report, RunKey, Store, Ticket,
    Write,
};
use job_manager::timer::{EpochMs, Now};

pub(crate) const JOB: &str = "mail";
const WINDOW: usize = 40;
/// Runs that it keeps waiting or under way.
const LIVE: usize = 60;

/// Attempts of the run with this number: 1 to 3.
pub(crate) fn attempts_of(key: i64) -> u32 {
    u32::try_from(key.rem_euclid(3)).unwrap() + 1
}

/// Works until it is killed.
pub(crate) fn work() {
    let mut host = Host::open();
    loop {
        host.accept_some();
        host.step();
        host.listen();
    }
}

/// Ends all that is left, and exits.
pub(crate) fn finish() {
    let mut host = Host::open();
    while !host.is_done() {
        host.step();
        host.listen();
    }
    host.store.close().unwrap();
}

#[derive(Clone, Copy)]
struct Run {
    key: RunKey,
    attempt: u32,
}

struct Host {
    store: Store,
    reports: Receiver<Report>,
    next_key: i64,
    /// Runs of earlier hosts that are still to be read.
    left: u64,
    is_reading: bool,
    waiting: VecDeque<Run>,
    running: VecDeque<Run>,
    /// What is to be kept before it is true.
    awaited: HashMap<Ticket, (Step, Run)>,
    next_ticket: u64,
}

#[derive(Clone, Copy)]
enum Step {
    Accept,
    AcceptAndBegin,
    Begin,
    End,
}

impl Host {
    fn open() -> Host {
        let (store, found, reports) = super::open();
        let Found { first_key, waiting, died, .. } = found;
        for run in died {
            say("D", run.key);
        }
        println!("open");
        Host {
            store,
            reports,
            next_key: first_key.0,
            left: waiting.iter().map(|waiting| waiting.runs).sum(),
            is_reading: false,
            waiting: VecDeque::new(),
            running: VecDeque::new(),
            awaited: HashMap::new(),
            next_ticket: 0,
        }
    }

    fn is_done(&self) -> bool {
        self.left == 0 && self.live() == 0
    }

    fn live(&self) -> usize {
        self.waiting.len() + self.running.len() + self.awaited.len()
    }

    fn accept_some(&mut self) {
        if self.live() >= LIVE {
            return;
        }
        for _ in 0..fastrand::usize(1..20) {
            let run = Run { key: RunKey(self.next_key), attempt: 1 };
            self.next_key += 1;
            let accept = Change::Accept(new_run(run.key));
            if fastrand::bool() {
                self.keep(Step::Accept, run, vec![accept]);
            } else {
                self.keep(Step::AcceptAndBegin, run, vec![accept, begin(run)]);
            }
        }
    }

    /// Begins some runs, and lets some attempts end.
    fn step(&mut self) {
        if self.left > 0 && self.waiting.len() < WINDOW / 2 && !self.is_reading {
            self.store.read(Arc::from(JOB), WINDOW, Now::read().wall).unwrap();
            self.is_reading = true;
        }
        for _ in 0..fastrand::usize(0..10) {
            let Some(run) = self.waiting.pop_front() else { break };
            self.keep(Step::Begin, run, vec![begin(run)]);
        }
        for _ in 0..fastrand::usize(0..10) {
            let Some(run) = self.running.pop_front() else { break };
            self.end_attempt(run);
        }
    }

    fn end_attempt(&mut self, run: Run) {
        let now = Now::read().wall;
        let has_failed = fastrand::bool();
        if has_failed && run.attempt < attempts_of(run.key.0) {
            let failed =
                FailedAttempt { attempt: run.attempt, started_at: None, ended_at: now, failure: failure() };
            let retry = Change::Retry { run: run.key, failed, begin_at: now };
            self.store.write(Write { ticket: None, changes: vec![retry] });
            self.waiting.push_back(Run { attempt: run.attempt + 1, ..run });
            return;
        }
        let state = if has_failed { EndState::Failed } else { EndState::Completed };
        let ending = ending(state, run.attempt, now);
        self.keep(Step::End, run, vec![Change::End { run: run.key, job: Arc::from(JOB), ending }]);
    }

    /// Takes the reports that are there, and waits for one where nothing else can be done.
    fn listen(&mut self) {
        self.store.flush().unwrap();
        let has_nothing_to_do = self.waiting.is_empty() && self.running.is_empty();
        if has_nothing_to_do && (self.is_reading || !self.awaited.is_empty()) {
            let report = self.reports.recv().unwrap();
            self.take(report);
        }
        while let Ok(report) = self.reports.try_recv() {
            self.take(report);
        }
    }

    fn take(&mut self, report: Report) {
        match report {
            Report::Settled(settled) => settled.into_iter().for_each(|settled| self.settled(settled)),
            Report::Window(window) => {
                self.is_reading = false;
                self.left = window.left;
                let runs = window.runs.iter().map(|run| Run { key: run.key, attempt: run.attempt });
                self.waiting.extend(runs);
            }
            other => unreachable!("{other:?}"),
        }
    }

    fn settled(&mut self, (ticket, outcome): (Ticket, Outcome)) {
        assert_eq!(outcome, Outcome::Kept);
        let Some((step, run)) = self.awaited.remove(&ticket) else { unreachable!("{ticket:?}") };
        if matches!(step, Step::Accept | Step::AcceptAndBegin) {
            say("A", run.key);
        }
        match step {
            Step::Accept => self.waiting.push_back(run),
            Step::AcceptAndBegin | Step::Begin => {
                say("B", run.key);
                self.running.push_back(run);
            }
            Step::End => say("E", run.key),
        }
    }

    fn keep(&mut self, step: Step, run: Run, changes: Vec<Change>) {
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        self.awaited.insert(ticket, (step, run));
        self.store.write(Write { ticket: Some(ticket), changes });
    }
}

fn begin(run: Run) -> Change {
    Change::Begin { run: run.key, attempt: run.attempt, at: Now::read().wall }
}

/// One system call, so that the line is out, or not, when the host is killed.
fn say(what: &str, run: RunKey) {
    let line = format!("{what} {}\n", run.0);
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

fn new_run(key: RunKey) -> NewRun {
    let now = Now::read().wall;
    NewRun {
        key,
        id: format!("run-{}", key.0).into(),
        job: Arc::from(JOB),
        data: vec![7; fastrand::usize(0..300)].into(),
        priority: fastrand::i8(-2..2),
        trigger: "manual".into(),
        due: None,
        begin_at: now,
        queued_at: now,
        attempts: attempts_of(key.0),
        timeout: None,
        retry_of: None,
    }
}

fn failure() -> Failure {
    Failure { cause: "error".into(), message: Some("on purpose".into()), error: None }
}

fn ending(state: EndState, attempt: u32, at: EpochMs) -> Ending {
    Ending {
        state,
        attempt,
        started_at: Some(at),
        at,
        failure: failure(),
        gave_up: None,
        result: None,
        is_kept: true,
    }
}
