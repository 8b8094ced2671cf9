//! How a process is ended and how it ended.

use std::fmt;
use std::time::Duration;

/// A signal that ends a process group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// `SIGTERM`: the process may clean up, or ignore it.
    Terminate,
    /// `SIGKILL`: the system ends the process.
    Kill,
}

/// How a process ended, and the resources that it used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code, or the signal that ended it.
    pub status: ExitStatus,
    /// Processor time, user and system, of the process and of those of its children that it waited
    /// for.
    pub cpu_time: Duration,
    /// The most resident memory that the process, or one of its children that it waited for, held
    /// at once. On Linux, for a process that stayed below what the host itself holds, the system
    /// cannot tell; this is then the most that was seen while the process was waited for (looked
    /// at ever more seldom, last in the last fifth of its life), and 0 if it was too short for that.
    pub peak_memory_bytes: u64,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// It ended by itself with this exit code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExitStatus::Code(code) => write!(formatter, "exit code {code}"),
            ExitStatus::Signal(signal) => write!(formatter, "signal {signal}"),
        }
    }
}
