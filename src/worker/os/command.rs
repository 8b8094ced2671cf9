//! What to start: a program, its arguments, its environment, and where its output goes.

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
}

/// A whole environment: names and values in the order given, shared by the processes started with
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvBlock {
    variables: Vec<(OsString, OsString)>,
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
