//! One manager at a time: a lock file beside the store, which the system unlocks when its holder ends,
//! however it does. SQLite's own locks would keep readers out as well.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Longest signature that is read.
const SIGNATURE_BYTES: u64 = 512;

/// Held while a store is open.
#[derive(Debug)]
pub(super) struct OwnerLock {
    _file: File,
}

/// Why there is no lock.
#[derive(Debug)]
pub(super) enum LockError {
    /// As the holder has signed.
    Held(String),
    /// The lock file cannot be used.
    System(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> Self {
        LockError::System(error)
    }
}

impl OwnerLock {
    /// Takes the lock of the store at `path`, and signs for it. The lock file stays when the store is
    /// closed: whoever deleted it might delete that of the next holder.
    pub(super) fn take(path: &Path) -> Result<Self, LockError> {
        let mut file = open(&lock_path(path))?;
        if !system::try_lock(&file)? {
            return Err(LockError::Held(signature_of(&mut file)));
        }
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(signature().as_bytes())?;
        Ok(OwnerLock { _file: file })
    }
}

/// `jobs.db-lock` for `jobs.db`.
pub(super) fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    PathBuf::from(name)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn signature() -> String {
    format!("process {} on host {}", std::process::id(), system::host_name())
}

/// The holder may be about to sign.
fn signature_of(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(SIGNATURE_BYTES).read_to_string(&mut text) {
        Ok(_) if !text.is_empty() => text,
        _ => "another process".to_owned(),
    }
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io;

    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    /// Whether the lock was free.
    pub(super) fn try_lock(file: &File) -> io::Result<bool> {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn host_name() -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
}

#[cfg(windows)]
mod system {
    use std::fs::File;
    use std::io;
    use std::os::windows::io::AsRawHandle;

    use windows_sys::Win32::Foundation::ERROR_LOCK_VIOLATION;
    use windows_sys::Win32::Storage::FileSystem::{
        LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx,
    };
    use windows_sys::Win32::System::IO::OVERLAPPED;

    /// Far behind the signature, since a locked region cannot be read by others.
    const LOCKED_OFFSET: u32 = 1 << 30;

    /// Whether the lock was free.
    pub(super) fn try_lock(file: &File) -> io::Result<bool> {
        let mut place = OVERLAPPED::default();
        place.Anonymous.Anonymous.Offset = LOCKED_OFFSET;
        let flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
        // SAFETY: the handle is open, and the structure lives until the call returns.
        if unsafe { LockFileEx(file.as_raw_handle(), flags, 0, 1, 0, &raw mut place) } != 0 {
            return Ok(true);
        }
        let error = io::Error::last_os_error();
        let is_held = error.raw_os_error() == Some(ERROR_LOCK_VIOLATION.cast_signed());
        if is_held { Ok(false) } else { Err(error) }
    }

    pub(super) fn host_name() -> String {
        std::env::var("COMPUTERNAME").unwrap_or_else(|_| "?".to_owned())
    }
}
