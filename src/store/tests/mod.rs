//! The store on real files, with its thread; failures of the disk without it, step by step.

mod failing;
mod history;
mod life;
mod log;
mod opening;
mod waiting;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use tempfile::TempDir;

use super::*;

/// When hosts open the store in these tests.
pub(super) const NOW: EpochMs = EpochMs(1_000_000);
/// Far beyond what anything here takes.
const HANGING: Duration = Duration::from_secs(60);

/// A host with a store.
pub(super) struct Host {
    pub(super) store: Store,
    pub(super) found: Found,
    pub(super) reports: Receiver<Report>,
}

impl Host {
    pub(super) fn start(options: &Options) -> Host {
        Host::start_at(options, NOW)
    }

    pub(super) fn start_at(options: &Options, now: EpochMs) -> Host {
        let (sender, reports) = unbounded();
        let report = move |report| drop(sender.send(report));
        let (store, found) = Store::open(options, now, report).unwrap();
        Host { store, found, reports }
    }

    pub(super) fn report(&self) -> Report {
        self.reports.recv_timeout(HANGING).unwrap()
    }

    /// Writes, and waits until that is settled.
    pub(super) fn keep(&self, changes: Vec<Change>) -> Outcome {
        self.store.write(Write { ticket: Some(Ticket(7)), changes });
        self.store.flush().unwrap();
        let Report::Settled(settled) = self.report() else { panic!("another report") };
        let [(Ticket(7), outcome)] = &settled[..] else { panic!("{settled:?}") };
        outcome.clone()
    }

    pub(super) fn read(&self, job: &str, limit: usize, now: EpochMs) -> Window {
        self.store.read(job.into(), limit, now).unwrap();
        let Report::Window(window) = self.report() else { panic!("another report") };
        window
    }

    pub(super) fn reader(&self) -> Reader {
        Reader::open(self.store.path()).unwrap()
    }

    pub(super) fn run(&self, id: &str) -> KeptRun {
        self.reader().run(id).unwrap().unwrap()
    }

    pub(super) fn close(self) {
        self.store.close().unwrap();
    }
}

pub(super) fn new_store() -> (TempDir, Options) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(folder.path().canonicalize().unwrap().join("jobs.db"));
    (folder, options)
}

/// Ids are `run-KEY`, and the data is the id.
pub(super) fn new_run(key: i64, job: &str) -> NewRun {
    let id: Arc<str> = format!("run-{key}").into();
    NewRun {
        key: RunKey(key),
        data: Arc::from(id.as_bytes()),
        id,
        job: job.into(),
        priority: 0,
        trigger: "manual".into(),
        due: None,
        begin_at: NOW,
        queued_at: NOW,
        attempts: 1,
        timeout: None,
        retry_of: None,
    }
}

pub(super) fn accept(key: i64, job: &str) -> Change {
    Change::Accept(new_run(key, job))
}

pub(super) fn begin(key: i64, attempt: u32) -> Change {
    Change::Begin { run: RunKey(key), attempt, at: NOW.plus(Duration::from_millis(5)) }
}

pub(super) fn failed(attempt: u32) -> FailedAttempt {
    FailedAttempt { attempt, started_at: Some(NOW), ended_at: EpochMs(NOW.0 + 10), failure: error() }
}

pub(super) fn error() -> Failure {
    Failure { cause: "error".into(), message: Some("no network".into()), error: Some(Arc::from(&b"env"[..])) }
}

pub(super) fn ending(state: EndState, at: EpochMs) -> Ending {
    let failure = if state == EndState::Completed { Failure::default() } else { error() };
    let gave_up = (state == EndState::Failed).then_some("attempts".into());
    let result = (state == EndState::Completed).then(|| Arc::from(&b"result"[..]));
    Ending { state, attempt: 1, started_at: Some(NOW), at, failure, gave_up, result, is_kept: true }
}

pub(super) fn end(key: i64, job: &str, state: EndState) -> Change {
    Change::End { run: RunKey(key), job: job.into(), ending: ending(state, EpochMs(NOW.0 + 20)) }
}

pub(super) fn ids(window: &Window) -> Vec<&str> {
    window.runs.iter().map(|run| &*run.id).collect()
}

pub(super) fn beside(options: &Options, suffix: &str) -> PathBuf {
    let mut name = options.path.clone().into_os_string();
    name.push(suffix);
    name.into()
}
