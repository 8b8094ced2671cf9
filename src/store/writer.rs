//! The thread that owns the file: commits what has come in by then in one transaction, reads windows,
//! and deletes old history in between.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};
use rusqlite::Connection;

use super::backlog::Backlog;
use super::change::{Ticket, Write};
use super::error::{Fault, StoreError};
use super::fold::fold;
use super::found::{KnownRun, Outcome, Report, Window};
use super::lock::OwnerLock;
use super::place::Landmark;
use super::sqlite::{Log, Pruner, commit, read_window};
use crate::timer::EpochMs;

/// A transaction that has so many writes takes no more: the first ones wait for the last ones.
const LARGEST_BATCH: usize = 2_048;
/// Before what is owed is tried again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// Ended runs for which one step of the history is taken, where there is no time between batches.
const WRITES_PER_STEP: usize = 128;

/// What the thread is asked for.
pub(super) enum Command {
    Write(Vec<Write>),
    Read { job: Arc<str>, limit: usize, now: EpochMs },
    Close,
}

/// Takes what the store reports.
pub(super) type Reporter = Box<dyn Fn(Report) + Send>;

/// The owner of the file.
pub(super) struct Writer {
    pub(super) log: Log,
    pub(super) connection: Connection,
    pub(super) backlog: Backlog,
    pub(super) pruner: Pruner,
    pub(super) landmark: Landmark,
    /// Writes that record what has happened, and are not committed.
    pub(super) owed: Vec<Write>,
    pub(super) pause: Duration,
    pub(super) trouble: Option<Arc<StoreError>>,
    /// Held until all of the above is closed: fields are dropped in their order.
    pub(super) _lock: OwnerLock,
    pub(super) report: Reporter,
}

impl Writer {
    pub(super) const FIRST_PAUSE: Duration = FIRST_PAUSE;

    pub(super) fn path(&self) -> &Path {
        self.landmark.path()
    }

    /// Serves until it is asked to close, or nobody is left who could ask.
    ///
    /// # Errors
    /// Something that has happened could not be kept.
    pub(super) fn serve(mut self, inbox: &Receiver<Command>) -> Result<(), Arc<StoreError>> {
        let mut next = None;
        loop {
            let command = match next.take() {
                Some(command) => Ok(command),
                None => self.wait(inbox),
            };
            match command {
                Ok(Command::Write(writes)) => {
                    let batch;
                    (batch, next) = collect(writes, inbox);
                    self.settle(batch);
                }
                Ok(Command::Read { job, limit, now }) => self.read(&job, limit, now),
                Err(RecvTimeoutError::Timeout) => self.do_chores(),
                Ok(Command::Close) | Err(RecvTimeoutError::Disconnected) => return self.finish(),
            }
        }
    }

    /// The next command; a time-out where there is something else to do.
    fn wait(&self, inbox: &Receiver<Command>) -> Result<Command, RecvTimeoutError> {
        if !self.owed.is_empty() {
            return inbox.recv_timeout(self.pause);
        }
        if !self.pruner.is_due() {
            return inbox.recv().map_err(RecvTimeoutError::from);
        }
        inbox.try_recv().map_err(|error| match error {
            TryRecvError::Empty => RecvTimeoutError::Timeout,
            TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
        })
    }

    pub(super) fn do_chores(&mut self) {
        if self.owed.is_empty() {
            self.prune();
        } else {
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            self.settle(Vec::new());
        }
    }

    /// The history can wait: what fails here fails again where it matters.
    fn prune(&mut self) {
        if self.pruner.step(&self.connection).is_err() {
            self.pruner.rest();
        }
    }

    /// Commits a batch, with what is owed, and reports.
    pub(super) fn settle(&mut self, batch: Vec<Write>) {
        let steps = batch.len() / WRITES_PER_STEP;
        let mut writes = std::mem::take(&mut self.owed);
        writes.extend(batch);
        if writes.len() > 1 {
            fold(&mut writes);
        }
        match self.commit(&writes) {
            Ok(known) => self.kept(&writes, known),
            Err(Fault::Rejected { .. }) if writes.len() > 1 => self.settle_each(writes),
            Err(fault) => self.failed(writes, fault),
        }
        for _ in 0..steps {
            self.prune();
        }
        self.log.tend(&self.connection);
    }

    /// One of the writes is to blame.
    fn settle_each(&mut self, writes: Vec<Write>) {
        for write in writes {
            match self.commit(std::slice::from_ref(&write)) {
                Ok(known) => self.kept(std::slice::from_ref(&write), known),
                Err(fault) => self.failed(vec![write], fault),
            }
        }
    }

    fn commit(&mut self, writes: &[Write]) -> Result<Vec<Option<KnownRun>>, Fault> {
        if !self.landmark.is_there() {
            return Err(Fault::Gone);
        }
        commit(&mut self.connection, writes, self.backlog.first_key())
    }

    fn kept(&mut self, writes: &[Write], known: Vec<Option<KnownRun>>) {
        for change in writes.iter().flat_map(|write| &write.changes) {
            self.backlog.note_change(change);
            self.pruner.note_change(change);
        }
        let settled = writes.iter().zip(known).filter_map(|(write, known)| {
            let outcome = known.map_or(Outcome::Kept, Outcome::Known);
            Some((write.ticket?, outcome))
        });
        let settled: Vec<(Ticket, Outcome)> = settled.collect();
        if !settled.is_empty() {
            (self.report)(Report::Settled(settled));
        }
        if self.owed.is_empty() && self.trouble.take().is_some() {
            self.pause = FIRST_PAUSE;
            (self.report)(Report::Works);
        }
    }

    /// Requests are refused; what has happened stays owed, unless SQLite will never take it.
    fn failed(&mut self, writes: Vec<Write>, fault: Fault) {
        let is_final = matches!(fault, Fault::Rejected { .. });
        let error = Arc::new(StoreError::new(self.path(), fault));
        let mut settled = Vec::new();
        for mut write in writes {
            let is_refused = is_final || write.is_request();
            if let Some(ticket) = write.ticket.take() {
                let refused = || Outcome::Refused(Arc::clone(&error));
                settled.push((ticket, if is_refused { refused() } else { Outcome::Owed }));
            }
            if !is_refused {
                self.owed.push(write);
            }
        }
        if !settled.is_empty() {
            (self.report)(Report::Settled(settled));
        }
        if !is_final && self.trouble.replace(Arc::clone(&error)).is_none() {
            (self.report)(Report::Fails(error));
        }
    }

    /// A window that cannot be read is reported as an empty one, of which nothing is missing: it may be
    /// asked for again.
    fn read(&mut self, job: &Arc<str>, limit: usize, now: EpochMs) {
        let window = match read_window(&self.connection, &mut self.backlog, job, limit, now) {
            Ok(window) => window,
            Err(error) => {
                self.failed(Vec::new(), super::sqlite::fault::of_sqlite(&error));
                let left = self.backlog.left(job);
                Window {
                    job: Arc::clone(job),
                    runs: Vec::new(),
                    left,
                    next_begin: Some(now.plus(LONGEST_PAUSE)),
                }
            }
        };
        (self.report)(Report::Window(window));
    }

    /// Keeps what is owed, if it can.
    fn finish(mut self) -> Result<(), Arc<StoreError>> {
        if !self.owed.is_empty() {
            self.settle(Vec::new());
        }
        match self.trouble {
            Some(error) if !self.owed.is_empty() => Err(error),
            _ => Ok(()),
        }
    }
}

/// What has come in by now, and the command after it that is something else.
fn collect(mut batch: Vec<Write>, inbox: &Receiver<Command>) -> (Vec<Write>, Option<Command>) {
    while batch.len() < LARGEST_BATCH {
        match inbox.try_recv() {
            Ok(Command::Write(writes)) => batch.extend(writes),
            Ok(other) => return (batch, Some(other)),
            Err(_) => break,
        }
    }
    (batch, None)
}
