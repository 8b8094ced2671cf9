//! The rights that only `/proc` reports, and those that Linux keeps for each thread.

use crate::worker::os::unix::rights;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::mem::{MaybeUninit, size_of};

/// More than either file holds.
const FILE_BYTES: usize = 8192;
/// Lines of `/proc/self/status`: the file mode mask, capabilities, restrictions and processors.
const STATUS_LINES: [&str; 6] =
    ["Umask:", "Cap", "NoNewPrivs:", "Seccomp:", "Cpus_allowed:", "Mems_allowed:"];

/// Feeds what a process started now inherits from this one to `hasher`.
pub(crate) fn hash_rights(hasher: &mut impl Hasher) {
    rights::hash_rights(hasher);
    let mut bytes = [0; FILE_BYTES];
    for line in read("/proc/self/status", &mut bytes).lines() {
        if STATUS_LINES.iter().any(|start| line.starts_with(start)) {
            line.hash(hasher);
        }
    }
    read("/proc/self/cgroup", &mut bytes).hash(hasher);
}

/// Empty where there is no such file.
fn read<'a>(path: &str, bytes: &'a mut [u8]) -> &'a str {
    let length = File::open(path).and_then(|mut file| file.read(bytes)).unwrap_or(0);
    bytes.get(..length).and_then(|read| str::from_utf8(read).ok()).unwrap_or_default()
}

/// What Linux keeps for each thread, as the host's first thread has it. A new process inherits that of
/// the thread that starts it, which was started before the host may have changed its own.
pub(super) struct ThreadRights {
    niceness: libc::c_int,
    processors: libc::cpu_set_t,
}

impl ThreadRights {
    /// `None` where the calling thread has the same.
    pub(super) fn differing() -> Option<ThreadRights> {
        // SAFETY: a system call without memory.
        let host = unsafe { libc::getpid() };
        let (ours, theirs) = (processors(0), processors(host));
        // SAFETY: as above.
        let niceness = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let host_niceness = rights::niceness();
        // SAFETY: compares two values.
        let has_same_processors = unsafe { libc::CPU_EQUAL(&ours, &theirs) };
        let is_different = niceness != host_niceness || !has_same_processors;
        is_different.then_some(ThreadRights { niceness: host_niceness, processors: theirs })
    }

    /// Gives them to the calling thread, as far as the system allows. Safe between clone and exec.
    pub(super) fn apply(&self) {
        // SAFETY: system calls on memory that is valid for reading.
        unsafe {
            libc::setpriority(libc::PRIO_PROCESS, 0, self.niceness);
            libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const self.processors);
        }
    }
}

fn processors(thread: libc::pid_t) -> libc::cpu_set_t {
    // SAFETY: plain data, for which zero is a value.
    let mut set: libc::cpu_set_t = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: `set` is valid for writing. Left empty, it changes nothing when it is applied.
    unsafe { libc::sched_getaffinity(thread, size_of::<libc::cpu_set_t>(), &raw mut set) };
    set
}
