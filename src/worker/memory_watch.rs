//! The thread that checks the memory of runs with a `memoryLimitMb`.
//!
//! One thread for all managers of a host, because one scan of the system's processes serves all runs. It is
//! started with the first process (`spawner.rs`), so that limits are enforced even when the system
//! allows no further thread. While no run has a limit it sleeps.

use super::os::MemoryScan;
use crossbeam_channel::{Receiver, Sender, unbounded};
use once_cell::sync::OnceCell;
use std::io;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// How often the memory of runs with a limit is measured.
const PERIOD: Duration = Duration::from_millis(250);

static INBOX: OnceCell<Sender<Watched>> = OnceCell::new();

/// A process group with a limit. It is dropped when its `over_limit` has no receiver any more.
#[derive(Debug)]
struct Watched {
    leader: u32,
    limit_bytes: u64,
    over_limit: oneshot::Sender<u64>,
}

/// Starts the thread, if it does not run yet.
///
/// # Errors
/// The system allows no further thread.
pub(super) fn start() -> io::Result<()> {
    let started = INBOX.get_or_try_init(|| {
        let (sender, inbox) = unbounded();
        thread::Builder::new().name("job-memory".into()).spawn(move || serve(&inbox))?;
        Ok(sender)
    });
    started.map(|_| ())
}

/// Watches the memory of the group led by `leader` until the receiver is dropped, and sends what it
/// uses once that is more than the limit.
pub(super) fn watch(leader: u32, limit_bytes: u64) -> oneshot::Receiver<u64> {
    let (over_limit, receiver) = oneshot::channel();
    if let Some(inbox) = INBOX.get() {
        // The thread lives as long as the host.
        let _sent = inbox.send(Watched { leader, limit_bytes, over_limit });
    }
    receiver
}

fn serve(inbox: &Receiver<Watched>) {
    while let Ok(first) = inbox.recv() {
        let mut scan = MemoryScan::default();
        let mut watched = vec![first];
        while !watched.is_empty() {
            thread::sleep(PERIOD);
            watched.extend(inbox.try_iter());
            watched.retain(|watched| !watched.over_limit.is_closed());
            watched = look(&mut scan, watched);
        }
    }
}

/// Reports those over their limits, and gives back the others.
fn look(scan: &mut MemoryScan, watched: Vec<Watched>) -> Vec<Watched> {
    let leaders: Vec<u32> = watched.iter().map(|watched| watched.leader).collect();
    let used = scan.group_bytes(&leaders);
    let mut within = Vec::with_capacity(watched.len());
    for watched in watched {
        match used.get(&watched.leader) {
            Some(&used_bytes) if used_bytes > watched.limit_bytes => {
                let _sent = watched.over_limit.send(used_bytes);
            }
            _ => within.push(watched),
        }
    }
    within
}
