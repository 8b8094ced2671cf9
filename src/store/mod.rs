//! What outlives the host: one SQLite file, and the thread that owns it.
//!
//! ```text
//! driver ─ write, read ─▶ inbox ─▶ writer thread ─▶ sqlite/ ─▶ jobs.db
//!    ▲                                   │
//!    └──────────── Report ───────────────┘
//! ```
//!
//! | part | what it is for |
//! |---|---|
//! | `change`, `found` | what is asked for, and what is reported |
//! | `fold`, `recovery`, `backlog` | decisions, pure |
//! | `writer` | batches, failures, and what is still owed |
//! | `lock`, `place` | one manager at a time, on a local disk |
//! | `sqlite` | tables and statements: the only code that names SQLite |
//!
//! The store decides nothing about jobs: it keeps what the engine has decided. It reads no clock.

mod backlog;
mod change;
mod error;
mod fold;
mod found;
mod lock;
mod options;
mod place;
mod recovery;
mod sqlite;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{SendError, Sender, unbounded};

pub use change::{
    Change, EndState, Ending, FailedAttempt, Failure, NewRun, Pause, RunKey, Slot, Ticket, Write,
};
pub use error::{Fault, StoreError};
pub use found::{DiedRun, Found, KnownRun, Outcome, Report, WaitingJob, WaitingRun, Window};
pub use options::{Bounds, Durability, Options};
pub use recovery::HOST_DIED;
pub use sqlite::{Attempt, KeptRun, Reader, RunFilter, Stage};

use crate::timer::EpochMs;
use backlog::Backlog;
use lock::{LockError, OwnerLock};
use place::{Landmark, locate};
use writer::{Command, Reporter, Writer};

/// An open store. Dropped, it keeps what has been flushed, and closes the file on its own thread.
#[derive(Debug)]
pub struct Store {
    inbox: Mutex<Inbox>,
    path: Arc<Path>,
    thread: JoinHandle<Result<(), Arc<StoreError>>>,
}

#[derive(Debug)]
struct Inbox {
    sender: Sender<Command>,
    /// Given, and not sent yet: see [`Store::flush`].
    waiting: Vec<Write>,
}

impl Inbox {
    fn flush(&mut self) -> Result<(), SendError<Command>> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.sender.send(Command::Write(std::mem::take(&mut self.waiting)))
    }
}

impl Store {
    /// Opens or creates the file, puts in order what the last host left, and starts the thread. Takes
    /// milliseconds, and a tenth of a second for a file with 100,000 waiting runs. `now` is the wall clock;
    /// `report` is called on the thread of the store.
    ///
    /// # Errors
    /// See [`Fault`]: nothing has been changed then.
    pub fn open(
        options: &Options,
        now: EpochMs,
        report: impl Fn(Report) + Send + 'static,
    ) -> Result<(Store, Found), StoreError> {
        let (writer, found) = prepare(options, now, Box::new(report))?;
        let path: Arc<Path> = Arc::from(writer.path());
        let (sender, commands) = unbounded();
        let thread = thread::Builder::new()
            .name("job-store".to_owned())
            .spawn(move || writer.serve(&commands))
            .map_err(|error| StoreError::new(&path, sqlite::fault::of_system(&error)))?;
        let inbox = Mutex::new(Inbox { sender, waiting: Vec::new() });
        Ok((Store { inbox, path, thread }, found))
    }

    /// The file, by a path without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Has changes kept, together, after all that were given before, once [`Store::flush`] is called. Never waits.
    pub fn write(&self, write: Write) {
        self.lock().waiting.push(write);
    }

    /// Sends what has been given to the thread: it is committed in one transaction. To be called once for what
    /// belongs to one turn of a loop. A thread that was woken for each write by itself would, on the same core,
    /// commit each by itself. Never waits.
    ///
    /// # Errors
    /// The thread has ended.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.lock().flush().map_err(|_| self.closed())
    }

    /// Asks for the next runs of a job that an earlier host left and that may begin by `now`, `limit` at
    /// most, after all that was written before: answered by [`Report::Window`]. Never waits.
    ///
    /// # Errors
    /// The thread has ended.
    pub fn read(&self, job: Arc<str>, limit: usize, now: EpochMs) -> Result<(), StoreError> {
        self.send(Command::Read { job, limit, now })
    }

    /// Keeps what it has been given, closes the file, and waits for that.
    ///
    /// # Errors
    /// Something that has happened could not be kept.
    pub fn close(self) -> Result<(), Arc<StoreError>> {
        let closed = Arc::new(self.closed());
        self.send(Command::Close).map_err(|_| Arc::clone(&closed))?;
        self.thread.join().map_err(|_| closed)?
    }

    fn send(&self, command: Command) -> Result<(), StoreError> {
        let mut inbox = self.lock();
        let sent = inbox.flush().and_then(|()| inbox.sender.send(command));
        sent.map_err(|_| self.closed())
    }

    fn closed(&self) -> StoreError {
        StoreError::new(&self.path, Fault::Closed)
    }

    /// Ignores poisoning: each change is a single step.
    fn lock(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All of opening but the thread.
fn prepare(options: &Options, now: EpochMs, report: Reporter) -> Result<(Writer, Found), StoreError> {
    let path = locate(&options.path).map_err(|fault| StoreError::new(&options.path, fault))?;
    let at_path = |fault| StoreError::new(&path, fault);
    let lock = OwnerLock::take(&path).map_err(|error| at_path(lock_fault(error)))?;
    let (connection, found) = sqlite::open(&path, options.durability, now).map_err(at_path)?;
    let writer = Writer {
        log: sqlite::Log::of(&path),
        connection,
        backlog: Backlog::of(&found),
        pruner: sqlite::Pruner::new(options, now),
        landmark: Landmark::of(&path),
        report,
        owed: Vec::new(),
        pause: Writer::FIRST_PAUSE,
        trouble: None,
        _lock: lock,
    };
    Ok((writer, found))
}

fn lock_fault(error: LockError) -> Fault {
    match error {
        LockError::Held(owner) => Fault::InUse { owner },
        LockError::System(error) => sqlite::fault::of_system(&error),
    }
}
