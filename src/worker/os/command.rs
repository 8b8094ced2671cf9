//! What to start: a program, its arguments, its environment, and where its output goes.

use super::platform;
use std::ffi::OsString;
use std::sync::Arc;

/// One process to start. It gets exactly what stands here: nothing is looked up in `PATH`, no
/// variable and no descriptor is inherited besides these, and its standard input is the null
/// device. It runs in the host's working directory.
#[derive(Debug, Clone)]
pub struct ChildCommand {
    /// Path of the executable file; a relative one counts from the working directory.
    pub program: OsString,
    /// All arguments, the name the process goes by (`argv[0]`) included.
    pub argv: Vec<OsString>,
    /// The whole environment, in this order.
    pub env: Arc<EnvBlock>,
    /// Its niceness, unless that of the host is higher; 0 for the host's. Windows has none.
    pub nice: u8,
    /// Where standard output goes.
    pub stdout: Output,
    /// Where standard error goes.
    pub stderr: Output,
}

/// Where one of a process's output streams goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To where the host's own goes.
    Inherit,
    /// Into a pipe that the host reads.
    Pipe,
    /// Into the null device.
    Null,
}

/// A whole environment: names and values in the order given, shared by the processes started with
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvBlock {
    variables: Vec<(OsString, OsString)>,
}

/// How much a process can be given at its start. What is longer makes the start fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecRoom {
    /// Of one variable, as "NAME=VALUE" and the NUL byte after it.
    pub string_bytes: usize,
    /// Of all variables together, [`ExecRoom::POINTER_BYTES`] for each included.
    pub total_bytes: usize,
}

impl ExecRoom {
    /// What the system counts for a variable besides its text.
    pub const POINTER_BYTES: usize = size_of::<usize>();

    /// What is left for variables beside these arguments.
    pub fn beside(argv: &[OsString]) -> ExecRoom {
        let text = |argument: &OsString| argument.len() + "\0".len() + ExecRoom::POINTER_BYTES;
        let ExecRoom { string_bytes, total_bytes } = platform::exec_room();
        let taken: usize = argv.iter().map(text).sum();
        ExecRoom { string_bytes, total_bytes: total_bytes.saturating_sub(taken) }
    }
}

impl EnvBlock {
    /// An environment of these names and values.
    pub fn new<I, K, V>(variables: I) -> EnvBlock
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        EnvBlock { variables }
    }

    /// Names and values, in order.
    pub fn variables(&self) -> &[(OsString, OsString)] {
        &self.variables
    }
}
