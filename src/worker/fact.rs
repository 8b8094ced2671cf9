//! What happens to a worker process, in this room's own words: the driver translates.

use super::ipc::{ChannelError, WorkerFrame};
use super::os::{Exit, Rights, SpawnError};

/// One thing that happened to a worker process.
#[derive(Debug)]
pub(crate) enum Fact {
    /// It was started.
    Started {
        /// Its process id.
        pid: u32,
        /// The host's rights, which it has got.
        rights: Rights,
    },
    /// It could not be started; nothing else is reported of it.
    StartFailed(SpawnError),
    /// It wrote a frame.
    Frame(WorkerFrame),
    /// It wrote to a captured stream.
    Output {
        /// Standard error instead of standard output.
        is_stderr: bool,
        /// As written.
        bytes: Vec<u8>,
    },
    /// The system refused to kill it.
    KillFailed {
        /// The system's error number.
        errno: i32,
    },
    /// Its channel cannot be read any further.
    ChannelBroke(ChannelError),
    /// Its process group uses more memory than its limit.
    MemoryExceeded {
        /// What the group uses.
        used_bytes: u64,
    },
    /// It has exited, and all it wrote has been reported. Nothing else is reported of it.
    Exited(Exit),
}

/// Where the facts of one process go.
pub(crate) trait Report: Send + Sync + 'static {
    /// Takes the next fact. Never waits.
    fn report(&self, fact: Fact);
    /// Returns when the host has taken enough of what was reported for more to be read.
    fn room(&self) -> impl Future<Output = ()> + Send;
}
