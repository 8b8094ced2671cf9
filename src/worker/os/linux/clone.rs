//! Starts a program the way `posix_spawn` does, with the steps that `posix_spawn` lacks.
//!
//! The child shares the host's memory (`CLONE_VM`) and the calling thread stands still
//! (`CLONE_VFORK`) until the child has run the program or ended. So nothing of the host's memory is
//! copied or marked, and the time does not grow with it. In exchange, until then the child must act
//! like a signal handler in a stranger's address space: system calls on what was prepared before,
//! no allocation, no lock, no panic. All of that is in [`child`].

use crate::worker::os::Stage;
use crate::worker::os::unix::ExecImage;
use std::ffi::{c_char, c_int, c_long, c_uint, c_void};
use std::fs;
use std::io;
use std::os::fd::RawFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

/// Descriptors 0, 1, 2 and the two ends of the channel.
const MAX_PLACES: usize = 5;
/// The first descriptor that no place takes.
const FIRST_FREE: RawFd = 5;
/// What the child needs of it is a few hundred bytes; debug builds are greedier.
const STACK_BYTES: usize = 64 << 10;
/// Bytes of a set of signals as the kernel knows it (one bit for each of 64).
const KERNEL_SIGSET_BYTES: usize = 8;
const LAST_SIGNAL: c_int = 64;
/// The shell's exit code for a program that could not be run; nobody sees it but the wait below.
const EXIT_NOT_STARTED: c_int = 127;

/// What one of the child's descriptors is to be.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// The null device.
    Null,
    /// What the host has there, or the null device where it has nothing.
    Inherit,
    /// A copy of this descriptor of the host.
    Descriptor(RawFd),
}

/// Everything the child does, prepared by the host.
pub(super) struct Plan {
    program: *const c_char,
    argv: *const *const c_char,
    env: *const *const c_char,
    places: [Source; MAX_PLACES],
    host_pid: libc::pid_t,
}

impl Plan {
    /// A worker: a process group of its own, killed when the calling thread ends, with `places` as
    /// its descriptors from 0 up and no others. The plan must not outlive `image`.
    pub(super) fn worker(image: &ExecImage, places: [Source; MAX_PLACES]) -> Plan {
        Plan {
            program: image.program().as_ptr(),
            argv: image.argv(),
            env: image.env(),
            places,
            // SAFETY: no memory is involved.
            host_pid: unsafe { libc::getpid() },
        }
    }
}

/// Holds the child's stack, which one child after another uses.
pub(super) struct Cloner {
    stack: Stack,
    sealing: Sealing,
}

impl Cloner {
    pub(super) fn new() -> io::Result<Cloner> {
        Ok(Cloner { stack: Stack::new()?, sealing: Sealing::best_available() })
    }

    /// Starts a process by `plan` and returns its pid once it runs the program.
    ///
    /// # Errors
    /// The stage that failed and the system's answer; no process is left then.
    pub(super) fn start(&mut self, plan: &Plan) -> Result<libc::pid_t, (Stage, io::Error)> {
        let errand = Errand {
            plan,
            seal: self.sealing.now().map_err(|error| (Stage::Descriptors, error))?,
            failed_stage: AtomicI32::new(0),
            errno: AtomicI32::new(0),
        };
        let pid = self.clone(&errand).map_err(|error| (Stage::Create, error))?;
        let Some(stage) = stage_from_number(errand.failed_stage.load(Relaxed)) else {
            return Ok(pid);
        };
        // The child has ended or is about to.
        // SAFETY: no memory is involved but the null status.
        while unsafe { libc::waitpid(pid, ptr::null_mut(), 0) } == -1
            && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
        {}
        Err((stage, io::Error::from_raw_os_error(errand.errno.load(Relaxed))))
    }

    fn clone(&mut self, errand: &Errand) -> io::Result<libc::pid_t> {
        let all = u64::MAX;
        let mut before = 0_u64;
        set_signal_mask(&all, &mut before);
        // SAFETY: the stack is mapped, large enough and used by nobody else, since this thread
        // stands still until the child has left it; `errand` lives beyond that; `child_main` keeps
        // to what is allowed in a process that shares its memory with another.
        let pid = unsafe {
            libc::clone(
                child_main,
                self.stack.top().as_ptr(),
                libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
                ptr::from_ref(errand).cast_mut().cast::<c_void>(),
            )
        };
        let error = io::Error::last_os_error();
        set_signal_mask(&before, &mut 0);
        if pid == -1 { Err(error) } else { Ok(pid) }
    }
}

/// One start: the plan and the child's report, in memory that both see.
struct Errand<'a> {
    plan: &'a Plan,
    seal: Seal,
    failed_stage: AtomicI32,
    errno: AtomicI32,
}

/// Runs in the child, on its own stack, in the host's memory.
extern "C" fn child_main(errand: *mut c_void) -> c_int {
    // SAFETY: the pointer that `Cloner::clone` passed, valid while the host's thread stands still.
    let errand = unsafe { &*errand.cast::<Errand>() };
    let (stage, errno) = match child(errand) {
        Err(failure) => failure,
        Ok(never) => match never {},
    };
    errand.errno.store(errno, Relaxed);
    errand.failed_stage.store(stage as i32 + 1, Relaxed);
    // SAFETY: ends the child at once; none of the host's exit handlers run.
    unsafe { libc::_exit(EXIT_NOT_STARTED) }
}

enum Never {}
type Step<T> = Result<T, (Stage, c_int)>;

fn child(errand: &Errand) -> Step<Never> {
    let plan = errand.plan;
    // SAFETY: system calls without memory.
    unsafe {
        check(Stage::Group, libc::setpgid(0, 0))?;
        check(Stage::ParentDeath, libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
        // The host may have ended before the line above: then no signal will come.
        if libc::getppid() != plan.host_pid {
            return Err((Stage::ParentDeath, libc::ESRCH));
        }
    }
    place_descriptors(&plan.places)?;
    errand.seal.close_on_exec()?;
    reset_signals();
    // SAFETY: null-terminated strings and arrays that the host keeps until the child has left its
    // memory.
    unsafe { libc::execve(plan.program, plan.argv, plan.env) };
    Err((Stage::Exec, errno()))
}

fn place_descriptors(places: &[Source; MAX_PLACES]) -> Step<()> {
    // SAFETY: a system call on a constant string.
    let null = check(Stage::Descriptors, unsafe {
        libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC)
    })?;
    let null = move_out_of_the_way(null)?;
    // Move all sources before filling the first place, which may be another's source.
    let mut sources = *places;
    for source in &mut sources {
        if let Source::Descriptor(descriptor) = source {
            *descriptor = move_out_of_the_way(*descriptor)?;
        }
    }
    for (target, source) in (0..).zip(sources) {
        match source {
            Source::Null => duplicate(null, target)?,
            Source::Descriptor(descriptor) => duplicate(descriptor, target)?,
            Source::Inherit => keep_open(target).or_else(|_| duplicate(null, target))?,
        }
    }
    Ok(())
}

/// Node marks its own 1 and 2 close-on-exec.
fn keep_open(descriptor: RawFd) -> Step<()> {
    // SAFETY: a system call without memory.
    check(Stage::Descriptors, unsafe { libc::fcntl(descriptor, libc::F_SETFD, 0) }).map(|_| ())
}

fn move_out_of_the_way(descriptor: RawFd) -> Step<RawFd> {
    if descriptor >= FIRST_FREE {
        return Ok(descriptor);
    }
    // SAFETY: a system call without memory.
    check(Stage::Descriptors, unsafe { libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, FIRST_FREE) })
}

/// The copy is not close-on-exec.
fn duplicate(descriptor: RawFd, target: RawFd) -> Step<()> {
    // SAFETY: a system call without memory.
    check(Stage::Descriptors, unsafe { libc::dup2(descriptor, target) }).map(|_| ())
}

/// Gives every signal its default action and blocks none. The host's handlers must not run here,
/// and a program expects neither what the host ignores nor what it blocks.
fn reset_signals() {
    for signal in 1..=LAST_SIGNAL {
        // SAFETY: no handler of ours; the answers that there is no such signal, or that it cannot
        // be caught, do not matter.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    set_signal_mask(&0, &mut 0);
}

/// Sets this thread's mask as the kernel knows it. The C library's call would leave out the signals
/// that it uses itself.
fn set_signal_mask(mask: &u64, before: &mut u64) {
    // SAFETY: both point to sets of the size given.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            c_long::from(libc::SIG_SETMASK),
            ptr::from_ref(mask),
            ptr::from_mut(before),
            KERNEL_SIGSET_BYTES,
        )
    };
}

fn check(stage: Stage, result: c_int) -> Step<c_int> {
    if result == -1 { Err((stage, errno())) } else { Ok(result) }
}

/// The last error of this thread; in the child, of the host's thread that stands still.
fn errno() -> c_int {
    // SAFETY: the C library's pointer to it is always valid.
    unsafe { *libc::__errno_location() }
}

/// The inverse of `stage as i32 + 1` for the stages of the child.
fn stage_from_number(number: i32) -> Option<Stage> {
    [Stage::Group, Stage::ParentDeath, Stage::Descriptors, Stage::Exec]
        .into_iter()
        .find(|&stage| stage as i32 + 1 == number)
}

/// How the descriptors that the child is not meant to have are kept from the program.
enum Sealing {
    /// One call marks them all (Linux 5.11).
    Range,
    /// One call each, up to the highest that the host has open.
    Each,
}

/// A [`Sealing`] made ready for one child.
enum Seal {
    Range,
    UpTo(RawFd),
}

impl Sealing {
    fn best_available() -> Sealing {
        // An empty range: does nothing, and tells whether the call and its flag are known.
        if close_range_on_exec(c_uint::MAX) == 0 { Sealing::Range } else { Sealing::Each }
    }

    fn now(&self) -> io::Result<Seal> {
        match self {
            Sealing::Range => Ok(Seal::Range),
            Sealing::Each => Ok(Seal::UpTo(highest_descriptor()?)),
        }
    }
}

impl Seal {
    fn close_on_exec(&self) -> Step<()> {
        match *self {
            Seal::Range => {
                check(Stage::Descriptors, close_range_on_exec(FIRST_FREE.cast_unsigned())).map(|_| ())
            }
            Seal::UpTo(highest) => {
                for descriptor in FIRST_FREE..=highest {
                    // SAFETY: a system call without memory; most numbers are not open.
                    unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
                }
                Ok(())
            }
        }
    }
}

fn close_range_on_exec(first: c_uint) -> c_int {
    // SAFETY: a system call without memory; nothing is closed in this process.
    let result =
        unsafe { libc::syscall(libc::SYS_close_range, first, c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if result == 0 { 0 } else { -1 }
}

fn highest_descriptor() -> io::Result<RawFd> {
    let names =
        fs::read_dir("/proc/self/fd")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(names.max().unwrap_or(FIRST_FREE))
}

/// Memory for the child's stack, above a page that nobody can touch.
struct Stack {
    base: NonNull<c_void>,
}

// SAFETY: plain memory that only its owner uses.
unsafe impl Send for Stack {}

impl Stack {
    fn new() -> io::Result<Stack> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        // SAFETY: a new mapping, wherever the system likes.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                Self::mapped_bytes(),
                libc::PROT_READ | libc::PROT_WRITE,
                flags,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(base).ok_or(io::ErrorKind::OutOfMemory)?;
        let stack = Stack { base };
        // SAFETY: the first page of our own mapping.
        if unsafe { libc::mprotect(base.as_ptr(), rustix::param::page_size(), libc::PROT_NONE) } == -1 {
            return Err(io::Error::last_os_error());
        }
        Ok(stack)
    }

    fn mapped_bytes() -> usize {
        STACK_BYTES + rustix::param::page_size()
    }

    /// The end of the mapping: stacks grow downwards on every machine we build for.
    fn top(&self) -> NonNull<c_void> {
        // SAFETY: one past the end of our own mapping.
        unsafe { self.base.byte_add(Self::mapped_bytes()) }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: our own mapping, which no child uses: the thread that owns it is running.
        unsafe { libc::munmap(self.base.as_ptr(), Self::mapped_bytes()) };
    }
}
