//! What happens to a worker process, as facts that the driver translates into inputs of the engine.

use super::backlog::Payload;
use super::ipc::{ChannelError, WorkerFrame};
use super::os::{Exit, Rights, SpawnError};

/// One thing that happened to a worker process.
#[derive(Debug)]
pub(crate) enum Fact {
    /// It was started.
    Started {
        /// Its process id.
        pid: u32,
        /// The host's rights at its start, which it has.
        rights: Rights,
    },
    /// It could not be started. This is its only fact.
    StartFailed(SpawnError),
    /// It wrote a frame.
    Frame(WorkerFrame),
    /// It wrote to a captured stream.
    Output {
        /// Standard error instead of standard output.
        is_stderr: bool,
        /// As written.
        bytes: Payload,
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
    /// It has exited, and everything that it wrote has been reported. This is its last fact.
    Exited(Exit),
}

/// Receives the facts about one process.
pub(crate) trait Report: Send + Sync + 'static {
    /// Takes the next fact. Never waits.
    fn report(&self, fact: Fact);
}

/// A list of what was reported, for tests.
#[cfg(test)]
#[derive(Debug, Default)]
pub(super) struct Recorder {
    facts: std::sync::Mutex<Vec<Fact>>,
}

#[cfg(test)]
impl Recorder {
    /// What was reported since the last call, in short.
    pub(super) fn take(&self) -> Vec<String> {
        let facts = std::mem::take(&mut *self.facts.lock().unwrap());
        let short = |fact| match fact {
            Fact::Started { .. } => "started".to_owned(),
            Fact::StartFailed(error) => format!("start failed: {}", error.code()),
            Fact::Frame(WorkerFrame::Message(bytes)) => format!("message of {}", bytes.len()),
            Fact::Frame(WorkerFrame::Done(_)) => "done".to_owned(),
            Fact::Frame(frame) => format!("{frame:?}").to_lowercase(),
            Fact::Output { bytes, .. } => format!("output of {}", bytes.len()),
            Fact::ChannelBroke(error) => error.to_string(),
            Fact::MemoryExceeded { .. } => "too much memory".to_owned(),
            Fact::KillFailed { errno } => format!("kill failed: {errno}"),
            Fact::Exited(exit) => format!("exited: {}", exit.status),
        };
        facts.into_iter().map(short).collect()
    }
}

#[cfg(test)]
impl Report for Recorder {
    fn report(&self, fact: Fact) {
        self.facts.lock().unwrap().push(fact);
    }
}
