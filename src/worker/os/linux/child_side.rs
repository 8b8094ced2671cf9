//! What the new process does until it runs its program.
//!
//! It does so in the host's memory, on a stack of its own, while one of the host's threads stands
//! still for it and the others run on. So it must keep to what a signal handler may do: system calls on
//! memory that was prepared before, no allocation, no lock, no panic.

use super::rights::ThreadRights;
use super::sealing::Seal;
use super::signals::SignalMask;
use crate::worker::os::Stage;
use crate::worker::os::unix::guard;
use crate::worker::os::unix::plan::{MAX_PLACES, Plan, Source, Tie};
use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

/// The first descriptor that no place takes.
const FIRST_FREE: RawFd = 5;
const LAST_SIGNAL: c_int = 64;
/// The shell's exit code for a program that could not be run.
const EXIT_NOT_STARTED: c_int = 127;

/// One start, in memory that host and child both see: the plan and the child's report.
pub(super) struct Errand<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) seal: Seal,
    pub(super) host_pid: libc::pid_t,
    /// Where the thread that starts the process has others than the host.
    pub(super) thread_rights: Option<ThreadRights>,
    /// 0, or the number of the stage that failed.
    pub(super) failed_stage: AtomicI32,
    pub(super) errno: AtomicI32,
}

type Step<T> = Result<T, (Stage, c_int)>;
enum Never {}

/// The entry point, for `clone`.
pub(super) extern "C" fn main(errand: *mut c_void) -> c_int {
    // SAFETY: what `Starter::clone` passed, valid while the host's thread stands still.
    let errand = unsafe { &*errand.cast::<Errand>() };
    let (stage, errno) = match become_program(errand) {
        Err(failure) => failure,
        Ok(never) => match never {},
    };
    errand.errno.store(errno, Relaxed);
    errand.failed_stage.store(stage_number(stage), Relaxed);
    // SAFETY: ends the child at once; none of the host's exit handlers run.
    unsafe { libc::_exit(EXIT_NOT_STARTED) }
}

/// The stage that [`main`] reported, if it did.
pub(super) fn stage_from_number(number: i32) -> Option<Stage> {
    [Stage::Group, Stage::ParentDeath, Stage::Descriptors, Stage::Exec]
        .into_iter()
        .find(|&stage| stage_number(stage) == number)
}

fn stage_number(stage: Stage) -> i32 {
    stage as i32 + 1
}

fn become_program(errand: &Errand) -> Step<Never> {
    // A session of its own, and so a group: the host's terminal neither stops nor signals it.
    // SAFETY: a system call without memory.
    check(Stage::Group, unsafe { libc::setsid() })?;
    match errand.plan.tie {
        Tie::ToHost { line } => {
            die_with_host(errand.host_pid)?;
            if let Some(rights) = &errand.thread_rights {
                rights.apply();
            }
            announce(line, b'+');
            let failure = run_program(errand);
            announce(line, b'-');
            failure
        }
        Tie::None => run_program(errand),
    }
}

/// Writes the group of this process to the guard's socket, if there is a guard.
fn announce(line: Option<RawFd>, sign: u8) {
    if let Some(line) = line {
        // SAFETY: a system call without memory.
        let group = unsafe { libc::getpid() };
        // If this fails, the host notices when it writes the same line.
        let _ = guard::write(line, sign, group);
    }
}

fn die_with_host(host_pid: libc::pid_t) -> Step<()> {
    // SAFETY: system calls without memory.
    unsafe {
        check(Stage::ParentDeath, libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
        // The host may have ended before the line above: then no signal will come.
        if libc::getppid() != host_pid {
            return Err((Stage::ParentDeath, libc::ESRCH));
        }
    }
    Ok(())
}

fn run_program(errand: &Errand) -> Step<Never> {
    let first_beyond = place_descriptors(errand.plan.places)?;
    check(Stage::Descriptors, errand.seal.close_on_exec_from(first_beyond))?;
    reset_signals();
    let image = errand.plan.image;
    // SAFETY: null-terminated strings and arrays that the host keeps as long as it stands still.
    unsafe { libc::execve(image.program().as_ptr(), image.argv(), image.env()) };
    Err((Stage::Exec, errno()))
}

/// Puts every source in its place and returns the first number beyond.
fn place_descriptors(places: &[Source]) -> Step<RawFd> {
    // SAFETY: a system call on a constant string.
    let null = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) };
    let null = move_out_of_the_way(check(Stage::Descriptors, null)?)?;
    // Move all sources before filling the first place, which may be another's source.
    let mut sources = [Source::Null; MAX_PLACES];
    for (source, place) in sources.iter_mut().zip(places) {
        *source = match *place {
            Source::Descriptor(descriptor) => Source::Descriptor(move_out_of_the_way(descriptor)?),
            other => other,
        };
    }
    let mut target = 0;
    for source in sources.into_iter().take(places.len()) {
        match source {
            Source::Null => duplicate(null, target)?,
            Source::Descriptor(descriptor) => duplicate(descriptor, target)?,
            Source::Inherit => keep_open(target).or_else(|_| duplicate(null, target))?,
        }
        target += 1;
    }
    Ok(target)
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

/// Node marks its own 1 and 2 close-on-exec.
fn keep_open(descriptor: RawFd) -> Step<()> {
    // SAFETY: a system call without memory.
    check(Stage::Descriptors, unsafe { libc::fcntl(descriptor, libc::F_SETFD, 0) }).map(|_| ())
}

/// Gives every signal its default action and blocks none: a program expects neither what the host
/// ignores nor what it blocks, and the host's handlers must not run here once nothing is blocked.
fn reset_signals() {
    for signal in 1..=LAST_SIGNAL {
        // SAFETY: sets no handler. That a number is no signal, or cannot be caught, is no matter.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    SignalMask::NONE.apply();
}

fn check(stage: Stage, result: c_int) -> Step<c_int> {
    if result == -1 { Err((stage, errno())) } else { Ok(result) }
}

/// The last error of the host's thread that stands still, whose storage this is.
fn errno() -> c_int {
    // SAFETY: the C library's pointer to it is always valid.
    unsafe { *libc::__errno_location() }
}
