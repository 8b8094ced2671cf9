//! The rights that system calls report.

use std::hash::{Hash, Hasher};
use std::mem::MaybeUninit;

/// More resource limits than any system has.
const LIMITS: std::ops::Range<i32> = 0..24;

/// Feeds user, groups, niceness and resource limits of this process to `hasher`, and whether its output
/// is a terminal: Node notes that at its start, and aborts at its end if the terminal has gone.
pub(crate) fn hash_rights(hasher: &mut impl Hasher) {
    // SAFETY: system calls without memory.
    let ids = unsafe { (libc::getuid(), libc::geteuid(), libc::getgid(), libc::getegid()) };
    ids.hash(hasher);
    groups().hash(hasher);
    niceness().hash(hasher);
    // SAFETY: system calls without memory.
    unsafe { (libc::isatty(1), libc::isatty(2)) }.hash(hasher);
    for limit in LIMITS {
        resource_limit(limit).hash(hasher);
    }
}

/// Of the host's first thread: on Linux each thread has one of its own.
pub(crate) fn niceness() -> libc::c_int {
    // SAFETY: system calls without memory.
    unsafe { libc::getpriority(libc::PRIO_PROCESS, libc::getpid().cast_unsigned()) }
}

fn groups() -> Vec<libc::gid_t> {
    // SAFETY: without a buffer it only counts.
    let count = unsafe { libc::getgroups(0, std::ptr::null_mut()) };
    let mut groups = vec![0; usize::try_from(count).unwrap_or(0)];
    // SAFETY: the buffer has that many places; the system refuses should there be more by now.
    unsafe { libc::getgroups(count, groups.as_mut_ptr()) };
    groups
}

/// `None` where the system has no such limit.
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    expect(clippy::useless_conversion, reason = "the C libraries differ in the type of the number")
)]
fn resource_limit(number: i32) -> Option<(libc::rlim_t, libc::rlim_t)> {
    let mut limit = MaybeUninit::<libc::rlimit>::zeroed();
    // SAFETY: `limit` is valid for writing; the number is checked by the system. The C libraries
    // differ in the type of the number.
    let answer = unsafe { libc::getrlimit(number.try_into().ok()?, limit.as_mut_ptr()) };
    // SAFETY: plain data, zeroed.
    let limit = unsafe { limit.assume_init() };
    (answer == 0).then_some((limit.rlim_cur, limit.rlim_max))
}
