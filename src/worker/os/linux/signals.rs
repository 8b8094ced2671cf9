//! The signal mask of a thread as the kernel knows it. The C library's own call would leave out the
//! signals that it uses itself.

use std::ffi::c_long;
use std::ptr;

/// Bytes of a set of signals in the kernel, one bit for each of 64.
const KERNEL_SIGSET_BYTES: usize = 8;

#[derive(Clone, Copy)]
pub(super) struct SignalMask(u64);

impl SignalMask {
    pub(super) const ALL: SignalMask = SignalMask(u64::MAX);
    pub(super) const NONE: SignalMask = SignalMask(0);

    /// Blocks exactly these signals in the calling thread, and returns what was blocked before.
    pub(super) fn apply(self) -> SignalMask {
        let mut before = SignalMask::NONE;
        // SAFETY: both pointers are to sets of the size given.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigprocmask,
                c_long::from(libc::SIG_SETMASK),
                ptr::from_ref(&self.0),
                ptr::from_mut(&mut before.0),
                KERNEL_SIGSET_BYTES,
            )
        };
        before
    }
}
