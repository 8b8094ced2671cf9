//! Windows: a job object for every process, named pipes for its channel, a thread that sees its end.
//!
//! Run under Wine with Node 20 so far, not yet on Windows itself.
//!
//! Where Unix has a process group there is a job object here: whatever a worker starts is in it, and
//! the system ends all of it when the last handle to the job is closed, so also when the host is
//! killed. No process outlives its host, and no guard is needed.
//!
//! The channel has the same form as on Unix, descriptors 3 and 4 of the C runtime, handed over the
//! way libuv does it. The pipes need a name to exist; it is random, allows one connection, and that
//! one is taken before the process starts.

mod attributes;
mod child;
mod job;
mod launcher;
mod pipes;
mod start;
mod text;

use super::{ExecRoom, SpawnError, Stage};
pub use child::{Channel, ChannelReader, ChannelWriter, Child, Launched, OutputReader, reader_is_gone};
pub(super) use job::tree_memory_bytes;
pub use launcher::Launcher;
use std::ffi::OsStr;
use std::hash::Hasher;
use std::io;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_BAD_EXE_FORMAT, ERROR_COMMITMENT_LIMIT, ERROR_DIRECTORY,
    ERROR_EXE_MACHINE_TYPE_MISMATCH, ERROR_FILE_NOT_FOUND, ERROR_FILENAME_EXCED_RANGE, ERROR_INVALID_NAME,
    ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_ENOUGH_QUOTA, ERROR_OUTOFMEMORY,
    ERROR_PATH_NOT_FOUND, ERROR_TOO_MANY_OPEN_FILES,
};
use windows_sys::core::BOOL;

/// What a process has of the host's rights it has for life, and so has the host.
pub(super) fn hash_rights(_hasher: &mut impl Hasher) {}

/// A variable may be as long as any text of a start; all together as long as there is memory.
pub(super) fn exec_room() -> ExecRoom {
    const LONGEST_VARIABLE: usize = 32_767;
    ExecRoom { string_bytes: LONGEST_VARIABLE, total_bytes: usize::MAX }
}

/// For calls that answer with zero when they fail.
fn check(success: BOOL) -> io::Result<()> {
    if success == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Names what the system answered at `stage` while `program` was being started.
fn spawn_error(stage: Stage, error: &io::Error, program: &OsStr) -> SpawnError {
    let program = || program.into();
    let errno = error.raw_os_error().unwrap_or(0);
    match (stage, errno.cast_unsigned()) {
        (Stage::Exec, ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND | ERROR_INVALID_NAME | ERROR_DIRECTORY) => {
            SpawnError::MissingProgram { program: program() }
        }
        (Stage::Exec, ERROR_ACCESS_DENIED) => SpawnError::NotExecutable { program: program() },
        (Stage::Exec, ERROR_BAD_EXE_FORMAT | ERROR_EXE_MACHINE_TYPE_MISMATCH) => {
            SpawnError::BadFormat { program: program() }
        }
        (Stage::Exec, ERROR_FILENAME_EXCED_RANGE) => SpawnError::ArgumentsTooLong,
        (_, ERROR_TOO_MANY_OPEN_FILES) => SpawnError::NoDescriptors { stage },
        (
            _,
            ERROR_NOT_ENOUGH_MEMORY
            | ERROR_OUTOFMEMORY
            | ERROR_NO_SYSTEM_RESOURCES
            | ERROR_COMMITMENT_LIMIT
            | ERROR_NOT_ENOUGH_QUOTA,
        ) => SpawnError::NoResources { stage },
        _ => SpawnError::Other { stage, errno },
    }
}
