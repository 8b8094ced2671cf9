//! Waiting for children of this process, by their pids.

use std::io;
use std::mem::MaybeUninit;

/// True once the process is a zombie; it stays one.
///
/// # Errors
/// `ECHILD`: it is not a child of ours, or no longer.
pub(crate) fn has_exited(pid: libc::pid_t) -> io::Result<bool> {
    wait_without_reaping(pid, libc::WNOHANG)
}

/// Blocks until the process is a zombie; it stays one.
pub(crate) fn block_until_exited(pid: libc::pid_t) -> io::Result<()> {
    wait_without_reaping(pid, 0).map(|_| ())
}

fn wait_without_reaping(pid: libc::pid_t, flags: libc::c_int) -> io::Result<bool> {
    loop {
        // SAFETY: siginfo_t is plain data, for which zero is a value.
        let mut info: libc::siginfo_t = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: `info` is valid for writing during the call.
        let result = unsafe {
            libc::waitid(
                libc::P_PID,
                pid.cast_unsigned(),
                &raw mut info,
                libc::WEXITED | libc::WNOWAIT | flags,
            )
        };
        if result == 0 {
            // SAFETY: waitid filled the field in, or left it zero where nothing has ended.
            return Ok(unsafe { info.si_pid() } != 0);
        }
        retry_if_interrupted(io::Error::last_os_error())?;
    }
}

/// Waits for `pid`, blocking, and takes its status and usage.
pub(crate) fn wait_for(pid: libc::pid_t) -> io::Result<(libc::c_int, libc::rusage)> {
    loop {
        let mut status = 0;
        // SAFETY: rusage is plain data, for which zero is a value.
        let mut usage: libc::rusage = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: both pointers are valid for writing during the call.
        if unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) } == pid {
            return Ok((status, usage));
        }
        retry_if_interrupted(io::Error::last_os_error())?;
    }
}

/// Whether children of this process are left in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Members {
    /// There are some that have not ended.
    Left,
    None,
}

/// Waits for the children of this process in `group` that have ended. To be called only for a killed
/// group: until the last of its members is waited for, no other group can have its number.
pub(crate) fn reap_members(group: libc::pid_t) -> Members {
    loop {
        // SAFETY: no memory is involved.
        match unsafe { libc::waitpid(-group, std::ptr::null_mut(), libc::WNOHANG) } {
            0 => return Members::Left,
            -1 if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted => return Members::None,
            _ => {}
        }
    }
}

fn retry_if_interrupted(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) }
}
