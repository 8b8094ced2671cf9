//! Why a process could not be started.

use std::io;
use std::path::PathBuf;

/// A failed start. Nothing is left behind: no process, no descriptor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpawnError {
    /// There is no file of that name, or what it needs to run (its interpreter or loader) is
    /// missing.
    #[error("program {} does not exist, or its interpreter does not", program.display())]
    MissingProgram {
        /// The program asked for.
        program: PathBuf,
    },
    /// The file is there and may not be run.
    #[error("program {} is not executable", program.display())]
    NotExecutable {
        /// The program asked for.
        program: PathBuf,
    },
    /// The file is marked as executable, and this system cannot run it.
    #[error("program {} is not in a format that this system can execute", program.display())]
    BadFormat {
        /// The program asked for.
        program: PathBuf,
    },
    /// Arguments and environment together are longer than the system allows.
    #[error("arguments and environment are too long")]
    ArgumentsTooLong,
    /// A NUL byte, which no text that is passed to a process can contain.
    #[error("the {part} contains a NUL byte")]
    UnpassableText {
        /// What contains it: "program", "argument" or "environment variable".
        part: &'static str,
    },
    /// The host, or the system, has no file descriptor left.
    #[error("the limit of open file descriptors is reached ({stage})")]
    NoDescriptors {
        /// What was being done.
        stage: Stage,
    },
    /// No memory, or the limit on processes or threads is reached.
    #[error("out of memory, or the limit of processes is reached ({stage})")]
    NoResources {
        /// What was being done.
        stage: Stage,
    },
    /// Any other error of the system.
    #[error("{stage} failed: {}", io::Error::from_raw_os_error(*errno))]
    Other {
        /// What was being done.
        stage: Stage,
        /// The system's error number.
        errno: i32,
    },
    /// The thread that starts processes ended before it answered.
    #[error("the thread that starts processes has ended")]
    SpawnerGone,
}

impl SpawnError {
    /// A stable name of the error for programs, the same on every platform.
    pub fn code(&self) -> &'static str {
        match self {
            SpawnError::MissingProgram { .. } => "SPAWN_PROGRAM_MISSING",
            SpawnError::NotExecutable { .. } => "SPAWN_NOT_EXECUTABLE",
            SpawnError::BadFormat { .. } => "SPAWN_BAD_FORMAT",
            SpawnError::ArgumentsTooLong => "SPAWN_ARGUMENTS_TOO_LONG",
            SpawnError::UnpassableText { .. } => "SPAWN_UNPASSABLE_TEXT",
            SpawnError::NoDescriptors { .. } => "SPAWN_NO_DESCRIPTORS",
            SpawnError::NoResources { .. } => "SPAWN_NO_RESOURCES",
            SpawnError::Other { .. } | SpawnError::SpawnerGone => "SPAWN_FAILED",
        }
    }
}

/// The steps of a start, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stage {
    /// Starting the thread that starts processes.
    #[error("starting a thread")]
    Thread,
    /// Making the pipes between host and process.
    #[error("making pipes")]
    Pipes,
    /// Making the new process.
    #[error("creating the process")]
    Create,
    /// Giving it a session and a process group of its own.
    #[error("making a session")]
    Group,
    /// Tying its life to the host's.
    #[error("arranging that the process is killed with its parent")]
    ParentDeath,
    /// Placing its descriptors.
    #[error("placing descriptors")]
    Descriptors,
    /// Loading the program.
    #[error("running the program")]
    Exec,
    /// Watching for its end.
    #[error("watching the process")]
    Watch,
}
