//! Marks the descriptors that a program must not inherit as close-on-exec.

use std::ffi::{c_int, c_uint};
use std::fs;
use std::io;
use std::os::fd::RawFd;

/// How that is done on this system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sealing {
    /// One call marks them all (Linux 5.11).
    Range,
    /// One call each, up to the highest that the host has open.
    Each,
}

impl Sealing {
    pub(super) fn best_available() -> Sealing {
        // An empty range changes nothing, but fails if the system does not know the call or its flag.
        if close_range_on_exec(c_uint::MAX) == 0 { Sealing::Range } else { Sealing::Each }
    }

    /// Makes ready for the descriptors that the host has now.
    ///
    /// # Errors
    /// `/proc` cannot be read, where the descriptors must be marked one by one.
    pub(super) fn prepare(self) -> io::Result<Seal> {
        match self {
            Sealing::Range => Ok(Seal::Range),
            Sealing::Each => Ok(Seal::UpTo(highest_descriptor()?)),
        }
    }
}

/// A [`Sealing`] made ready for one child.
pub(super) enum Seal {
    Range,
    UpTo(RawFd),
}

impl Seal {
    /// Marks all descriptors from `first` up as close-on-exec; −1 and `errno` when that fails. Safe
    /// between clone and exec.
    pub(super) fn close_on_exec_from(&self, first: RawFd) -> c_int {
        match *self {
            Seal::Range => close_range_on_exec(first.cast_unsigned()),
            Seal::UpTo(highest) => {
                for descriptor in first..=highest {
                    // SAFETY: a system call without memory; many of the numbers are not open.
                    unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
                }
                0
            }
        }
    }
}

fn close_range_on_exec(first: c_uint) -> c_int {
    // SAFETY: a system call without memory; it closes nothing in this process.
    let result =
        unsafe { libc::syscall(libc::SYS_close_range, first, c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if result == 0 { 0 } else { -1 }
}

fn highest_descriptor() -> io::Result<RawFd> {
    let names =
        fs::read_dir("/proc/self/fd")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(names.max().unwrap_or(0))
}
