//! Writes the log (`-wal`) back into the file, which waits for the disk: on a thread of its own, so that no
//! commit waits with it. Where little is written, closing the store does it.

use std::cell::Cell;
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::Connection;
use rusqlite::hooks::Wal;

/// 4 MB: reading a file slows down with a longer log.
const MANY_PAGES: c_int = 1_000;
/// 64 MB: while commits never pause, the log is never written back to its end, and does not start anew.
const TOO_MANY_PAGES: c_int = 16_000;

/// Writes back what it can without waiting for anybody.
const WRITE_BACK: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// Waits for readers, up to the busy limit, so that the next commit begins a new log.
const BEGIN_ANEW: &str = "PRAGMA wal_checkpoint(RESTART)";

thread_local! {
    /// The length of the log after the last commit of this thread, which has one store.
    static PAGES: Cell<c_int> = const { Cell::new(0) };
}

/// Has the length of the log noted at each commit, in place of writing it back there.
pub(super) fn note_length(connection: &Connection) {
    connection.wal_hook(Some(|_: &Wal, pages| {
        PAGES.set(pages);
        Ok(())
    }));
}

/// The log of a store.
#[derive(Debug)]
pub(in crate::store) struct Log {
    path: PathBuf,
    helper: Option<Helper>,
    /// Pages at which commits wait. Doubled while a reader keeps the log from beginning anew, since they would
    /// wait each time.
    limit: c_int,
}

#[derive(Debug)]
struct Helper {
    wake: Sender<()>,
    thread: JoinHandle<()>,
    /// Held while it works: SQLite does not let one wait for the other.
    turn: Arc<Mutex<()>>,
}

impl Log {
    pub(in crate::store) fn of(path: &Path) -> Self {
        Log { path: path.to_path_buf(), helper: None, limit: TOO_MANY_PAGES }
    }

    /// To be called after a commit. Errors are left to the commits that follow.
    pub(in crate::store) fn tend(&mut self, connection: &Connection) {
        let pages = PAGES.get();
        if pages < MANY_PAGES {
            self.limit = TOO_MANY_PAGES;
        } else if pages >= self.limit {
            if !self.begin_anew(connection) {
                self.limit = self.limit.saturating_mul(2);
            }
        } else if !self.wake() {
            succeeds(connection, WRITE_BACK);
        }
    }

    fn begin_anew(&self, connection: &Connection) -> bool {
        let _turn = self.helper.as_ref().map(|helper| lock(&helper.turn));
        succeeds(connection, BEGIN_ANEW)
    }

    /// Whether there is a thread that does it; one that is at it already does it again.
    fn wake(&mut self) -> bool {
        if self.helper.is_none() {
            self.helper = start(self.path.clone());
        }
        let Some(helper) = &self.helper else { return false };
        !matches!(helper.wake.try_send(()), Err(crossbeam_channel::TrySendError::Disconnected(())))
    }
}

impl Drop for Log {
    /// The thread's connection is closed before that of the store, which writes the rest back and deletes the log.
    fn drop(&mut self) {
        if let Some(Helper { wake, thread, .. }) = self.helper.take() {
            drop(wake);
            let _ended = thread.join();
        }
    }
}

/// `None` if the system has no thread left, or the file cannot be opened once more.
fn start(path: PathBuf) -> Option<Helper> {
    let connection = Connection::open(path).ok()?;
    let (wake, woken) = bounded(1);
    let turn = Arc::new(Mutex::new(()));
    let its_turn = Arc::clone(&turn);
    let work = move || write_back(&connection, &woken, &its_turn);
    let thread = thread::Builder::new().name("job-store-log".to_owned()).spawn(work).ok()?;
    Some(Helper { wake, thread, turn })
}

fn write_back(connection: &Connection, woken: &Receiver<()>, turn: &Mutex<()>) {
    while woken.recv().is_ok() {
        let _turn = lock(turn);
        succeeds(connection, WRITE_BACK);
    }
}

/// The lock guards no data.
fn lock(turn: &Mutex<()>) -> MutexGuard<'_, ()> {
    turn.lock().unwrap_or_else(PoisonError::into_inner)
}

fn succeeds(connection: &Connection, checkpoint: &str) -> bool {
    // The first column: whether something was in the way.
    connection.query_row(checkpoint, (), |row| row.get(0)).is_ok_and(|is_busy: i64| is_busy == 0)
}
