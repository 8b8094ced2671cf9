//! Notices the end of a process.

use crate::worker::os::unix::{ExitWatch, watch_by_thread};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io;

/// A pidfd, or a thread where the kernel (before 5.3) or a sandbox does not give one.
///
/// # Errors
/// No descriptor or no thread is left.
pub(crate) fn watch_exit(pid: libc::pid_t) -> io::Result<ExitWatch> {
    let Some(id) = Pid::from_raw(pid) else {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    };
    match pidfd_open(id, PidfdFlags::empty()) {
        Ok(descriptor) => Ok(ExitWatch::Descriptor(descriptor)),
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => watch_by_thread(pid),
        Err(error) => Err(error.into()),
    }
}
