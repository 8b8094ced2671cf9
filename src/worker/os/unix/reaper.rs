//! Waits for killed processes whose owner did not: a thread that lives as long as there are some.

use super::wait::wait_for;
use std::sync::{Mutex, PoisonError};
use std::thread;

static ORPHANS: Mutex<Orphans> = Mutex::new(Orphans { pids: Vec::new(), thread_runs: false });

struct Orphans {
    pids: Vec<libc::pid_t>,
    thread_runs: bool,
}

/// Takes over the wait for `pid`, a killed child of this process. Never blocks the caller on its
/// end. Should no thread be startable, the zombie stays until the next call.
pub(super) fn adopt(pid: libc::pid_t) {
    let mut orphans = ORPHANS.lock().unwrap_or_else(PoisonError::into_inner);
    orphans.pids.push(pid);
    if !orphans.thread_runs {
        orphans.thread_runs =
            thread::Builder::new().name("job-reaper".into()).stack_size(64 << 10).spawn(reap_all).is_ok();
    }
}

fn reap_all() {
    while let Some(pid) = next_orphan() {
        // An error means that someone else has waited for it.
        let _ = wait_for(pid);
    }
}

fn next_orphan() -> Option<libc::pid_t> {
    let mut orphans = ORPHANS.lock().unwrap_or_else(PoisonError::into_inner);
    let next = orphans.pids.pop();
    orphans.thread_runs = next.is_some();
    next
}
