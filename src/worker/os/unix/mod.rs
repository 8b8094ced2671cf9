//! What Linux and macOS share: the handle of a running process, its pipes, and its end.

mod child;
mod exec_image;
mod exit_watch;
pub(crate) mod guard;
mod launcher;
mod lease_guard;
mod pipes;
pub(super) mod plan;
mod process;
mod reaper;
pub(super) mod rights;
pub(super) mod wait;

pub use child::{Channel, ChannelReader, ChannelWriter, Child, Launched, OutputReader, reader_is_gone};
pub(super) use exec_image::ExecImage;
pub(super) use exit_watch::{ExitWatch, watch_by_thread};
pub use launcher::Launcher;
use process::Process;

use super::{SpawnError, Stage, platform};
use pipes::Pipes;
use std::ffi::OsStr;
use std::io;

/// Names what the system answered at `stage` while `program` was being started.
pub(super) fn spawn_error(stage: Stage, error: &io::Error, program: &OsStr) -> SpawnError {
    let program = || program.into();
    match (stage, error.raw_os_error().unwrap_or(0)) {
        (Stage::Exec, libc::ENOENT | libc::ENOTDIR) => SpawnError::MissingProgram { program: program() },
        (Stage::Exec, libc::EACCES | libc::EPERM) => SpawnError::NotExecutable { program: program() },
        (Stage::Exec, errno) if platform::BAD_FORMAT.contains(&errno) => {
            SpawnError::BadFormat { program: program() }
        }
        (Stage::Exec, libc::E2BIG) => SpawnError::ArgumentsTooLong,
        (_, libc::EMFILE | libc::ENFILE) => SpawnError::NoDescriptors { stage },
        (_, libc::ENOMEM | libc::EAGAIN) => SpawnError::NoResources { stage },
        (_, errno) => SpawnError::Other { stage, errno },
    }
}
