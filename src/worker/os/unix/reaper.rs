//! A thread that waits for killed processes whose owner was dropped. It lives as long as there are some.

use super::wait::{Members, reap_members, wait_for};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How often members of killed groups are looked for that the system has not ended yet. It takes a
/// millisecond, but for those that sit in the kernel.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

static ORPHANS: Mutex<Orphans> = Mutex::new(Orphans { waiting: Vec::new(), thread_runs: false });

struct Orphans {
    waiting: Vec<Orphan>,
    thread_runs: bool,
}

#[derive(Clone, Copy)]
enum Orphan {
    /// A killed child of this process, and then its group.
    Leader(libc::pid_t),
    /// A killed group whose leader has been waited for.
    Group(libc::pid_t),
}

/// Takes over the wait for `pid`, a killed child of this process and leader of a killed group. Never
/// blocks the caller on its end. Should no thread be startable, the zombie stays until the next call.
pub(super) fn adopt(pid: libc::pid_t) {
    add(Orphan::Leader(pid));
}

/// Waits for the members of a killed group, whose leader has been waited for, that have become
/// children of this process: in a container without an init of its own (the host is process 1), or
/// where the host is a subreaper, nothing else would ever do so. Elsewhere there are none.
pub(super) fn reap_group(group: libc::pid_t) {
    if reap_members(group) == Members::Left {
        add(Orphan::Group(group));
    }
}

fn add(orphan: Orphan) {
    let mut orphans = ORPHANS.lock().unwrap_or_else(PoisonError::into_inner);
    orphans.waiting.push(orphan);
    if !orphans.thread_runs {
        orphans.thread_runs =
            thread::Builder::new().name("job-reaper".into()).stack_size(64 << 10).spawn(reap_all).is_ok();
    }
}

fn reap_all() {
    let mut groups = Vec::new();
    while let Some(orphans) = next_orphans(!groups.is_empty()) {
        for orphan in orphans {
            if let Orphan::Leader(pid) = orphan {
                // An error means that someone else has waited for it.
                let _ = wait_for(pid);
            }
            let (Orphan::Leader(group) | Orphan::Group(group)) = orphan;
            groups.push(group);
        }
        groups.retain(|&group| reap_members(group) == Members::Left);
        if !groups.is_empty() {
            thread::sleep(LOOK_INTERVAL);
        }
    }
}

/// `None` when the thread shall end.
fn next_orphans(is_busy: bool) -> Option<Vec<Orphan>> {
    let mut orphans = ORPHANS.lock().unwrap_or_else(PoisonError::into_inner);
    let next = std::mem::take(&mut orphans.waiting);
    orphans.thread_runs = is_busy || !next.is_empty();
    orphans.thread_runs.then_some(next)
}
