//! macOS: starts processes by `posix_spawn`, watches them by threads, measures them by `libproc`.
//!
//! Type-checked only: it has not yet run on a Mac.
//!
//! Unlike Linux, macOS has no parent-death signal. The workers of a killed host are ended by the guard, and
//! by the end of their channel.

use super::unix::plan::{Plan, Source};
pub(super) use super::unix::rights::hash_rights;
use super::unix::{ExitWatch, watch_by_thread};
use super::{ExecRoom, Stage};
use std::ffi::{c_char, c_int, c_short, c_void};
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr;

/// What the system answers for a file that it cannot run.
pub(super) const BAD_FORMAT: &[i32] =
    &[libc::ENOEXEC, libc::EBADEXEC, libc::EBADARCH, libc::EBADMACHO, libc::ESHLIBVERS];

/// The first descriptor that no place takes.
const FIRST_FREE: RawFd = 5;
/// From `spawn.h`, since macOS 10.15; missing in the libc crate.
const POSIX_SPAWN_SETSID: c_int = 0x0400;

unsafe extern "C" {
    /// From `spawn.h`; missing in the libc crate.
    fn posix_spawn_file_actions_addinherit_np(
        actions: *mut libc::posix_spawn_file_actions_t,
        descriptor: c_int,
    ) -> c_int;
}

/// Starts one process after another.
pub(crate) struct Starter;

impl Starter {
    #[expect(clippy::unnecessary_wraps, reason = "the same as on Linux, where it can fail")]
    pub(crate) fn new() -> io::Result<Starter> {
        Ok(Starter)
    }

    /// Starts a process by `plan` and returns its pid once it runs the program.
    ///
    /// # Errors
    /// The system's error, reported for the stage of running the program: `posix_spawn` does not
    /// distinguish stages.
    #[expect(clippy::unused_self, reason = "the same as on Linux, where it has a stack")]
    pub(crate) fn start(&mut self, plan: &Plan) -> Result<libc::pid_t, (Stage, io::Error)> {
        let actions = FileActions::new(plan.places).map_err(|error| (Stage::Descriptors, error))?;
        let attributes = Attributes::new().map_err(|error| (Stage::Group, error))?;
        let mut pid = 0;
        loop {
            // SAFETY: initialised actions and attributes, and null-terminated strings and arrays,
            // all of which live beyond the call.
            let answer = unsafe {
                libc::posix_spawn(
                    &raw mut pid,
                    plan.image.program().as_ptr(),
                    &raw const actions.raw,
                    &raw const attributes.raw,
                    plan.image.argv().cast::<*mut c_char>(),
                    plan.image.env().cast::<*mut c_char>(),
                )
            };
            match answer {
                0 => return Ok(pid),
                libc::EINTR => {}
                errno => return Err((Stage::Exec, io::Error::from_raw_os_error(errno))),
            }
        }
    }
}

/// Which descriptors the process gets. `POSIX_SPAWN_CLOEXEC_DEFAULT` keeps all others from it.
struct FileActions {
    raw: libc::posix_spawn_file_actions_t,
    /// Copies of sources that stood in the places of others, kept open until the start.
    moved: Vec<OwnedFd>,
}

impl FileActions {
    fn new(places: &[Source]) -> io::Result<FileActions> {
        let mut raw = ptr::null_mut();
        // SAFETY: initialises it.
        check(unsafe { libc::posix_spawn_file_actions_init(&raw mut raw) })?;
        let mut actions = FileActions { raw, moved: Vec::new() };
        for (target, source) in (0..).zip(places) {
            actions.place(target, *source)?;
        }
        Ok(actions)
    }

    fn place(&mut self, target: RawFd, source: Source) -> io::Result<()> {
        let actions = &raw mut self.raw;
        match source {
            Source::Descriptor(descriptor) => {
                let descriptor = self.out_of_the_way(descriptor)?;
                // SAFETY: initialised actions.
                check(unsafe { libc::posix_spawn_file_actions_adddup2(actions, descriptor, target) })
            }
            Source::Inherit if is_open(target) => {
                // SAFETY: initialised actions.
                check(unsafe { posix_spawn_file_actions_addinherit_np(actions, target) })
            }
            Source::Inherit | Source::Null => {
                let path = c"/dev/null".as_ptr();
                // SAFETY: initialised actions and a constant string.
                check(unsafe {
                    libc::posix_spawn_file_actions_addopen(actions, target, path, libc::O_RDWR, 0)
                })
            }
        }
    }

    fn out_of_the_way(&mut self, descriptor: RawFd) -> io::Result<RawFd> {
        if descriptor >= FIRST_FREE {
            return Ok(descriptor);
        }
        // SAFETY: the plan's sources are open as long as it lives.
        let descriptor = unsafe { BorrowedFd::borrow_raw(descriptor) };
        let moved = rustix::io::fcntl_dupfd_cloexec(descriptor, FIRST_FREE)?;
        let number = moved.as_raw_fd();
        self.moved.push(moved);
        Ok(number)
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: initialised, and not used again.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.raw) };
    }
}

struct Attributes {
    raw: libc::posix_spawnattr_t,
}

impl Attributes {
    /// A session of its own, no other descriptors than those of the file actions, every
    /// signal with its default action and none blocked.
    fn new() -> io::Result<Attributes> {
        let mut raw = ptr::null_mut();
        // SAFETY: initialises it.
        check(unsafe { libc::posix_spawnattr_init(&raw mut raw) })?;
        let mut attributes = Attributes { raw };
        let flags = POSIX_SPAWN_SETSID
            | libc::POSIX_SPAWN_CLOEXEC_DEFAULT
            | libc::POSIX_SPAWN_SETSIGDEF
            | libc::POSIX_SPAWN_SETSIGMASK;
        let flags = c_short::try_from(flags).map_err(io::Error::other)?;
        let mut all: libc::sigset_t = 0;
        let mut none: libc::sigset_t = 0;
        let attributes_raw = &raw mut attributes.raw;
        // SAFETY: initialised attributes, and sets valid during the calls.
        unsafe {
            libc::sigfillset(&raw mut all);
            libc::sigemptyset(&raw mut none);
            check(libc::posix_spawnattr_setflags(attributes_raw, flags))?;
            check(libc::posix_spawnattr_setsigdefault(attributes_raw, &raw const all))?;
            check(libc::posix_spawnattr_setsigmask(attributes_raw, &raw const none))?;
        }
        Ok(attributes)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised, and not used again.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.raw) };
    }
}

/// For calls that answer with an error number.
fn check(errno: c_int) -> io::Result<()> {
    if errno == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(errno)) }
}

fn is_open(descriptor: RawFd) -> bool {
    // SAFETY: no memory is involved.
    unsafe { libc::fcntl(descriptor, libc::F_GETFD) != -1 }
}

/// # Errors
/// No thread is left.
pub(super) fn watch_exit(pid: libc::pid_t) -> io::Result<ExitWatch> {
    watch_by_thread(pid)
}

/// A process's usage record counts only its own memory, so the host's peak is not needed for comparison.
pub(super) fn host_peak_bytes() -> u64 {
    0
}

/// The peak resident memory in a usage record.
pub(super) fn max_rss_bytes(usage: &libc::rusage) -> u64 {
    u64::try_from(usage.ru_maxrss).unwrap_or(0)
}

/// A megabyte for arguments and environment together (`ARG_MAX`), less what the system itself puts
/// there.
pub(super) fn exec_room() -> ExecRoom {
    const TOTAL_BYTES: usize = (1 << 20) - (16 << 10);
    ExecRoom { string_bytes: TOTAL_BYTES, total_bytes: TOTAL_BYTES }
}

/// There is no such choice here.
pub(super) fn prefer_as_victim(_pid: libc::pid_t) {}

/// Not needed where the usage record can be relied on.
pub(super) fn peak_memory_bytes(_pid: libc::pid_t) -> Option<u64> {
    None
}

/// Resident memory now of all processes in the group led by `pid`. Pages that they share count in
/// each.
///
/// # Errors
/// The group cannot be listed.
pub(super) fn tree_memory_bytes(pid: u32) -> io::Result<u64> {
    let members = group_members(pid.cast_signed())?;
    Ok(members.into_iter().filter_map(resident_bytes).sum())
}

fn group_members(group: libc::pid_t) -> io::Result<Vec<libc::pid_t>> {
    let mut pids: Vec<libc::pid_t> = vec![0; 64];
    loop {
        let bytes = c_int::try_from(size_of::<libc::pid_t>() * pids.len()).map_err(io::Error::other)?;
        // SAFETY: the buffer has that many bytes.
        let count = unsafe { libc::proc_listpgrppids(group, pids.as_mut_ptr().cast::<c_void>(), bytes) };
        let Ok(count) = usize::try_from(count) else { return Err(io::Error::last_os_error()) };
        // A full buffer may not have held them all.
        if count < pids.len() {
            pids.truncate(count);
            return Ok(pids);
        }
        pids.resize(pids.len() * 2, 0);
    }
}

/// `None` for a process that has ended.
fn resident_bytes(pid: libc::pid_t) -> Option<u64> {
    let mut info = MaybeUninit::<libc::proc_taskinfo>::zeroed();
    let bytes = c_int::try_from(size_of::<libc::proc_taskinfo>()).ok()?;
    // SAFETY: the buffer has that many bytes.
    let filled = unsafe {
        libc::proc_pidinfo(pid, libc::PROC_PIDTASKINFO, 0, info.as_mut_ptr().cast::<c_void>(), bytes)
    };
    // SAFETY: plain data, zeroed and then filled.
    (filled == bytes).then(|| unsafe { info.assume_init() }.pti_resident_size)
}
