//! Starts a program the way `posix_spawn` does, with the steps that `posix_spawn` lacks.
//!
//! The child shares the host's memory (`CLONE_VM`) and the calling thread stands still
//! (`CLONE_VFORK`) until the child runs the program or ends. So nothing of the host's memory is
//! copied or marked, and the time does not grow with it.

use super::child_side;
use super::sealing::{Seal, Sealing};
use super::signals::SignalMask;
use super::stack::Stack;
use crate::worker::os::Stage;
use crate::worker::os::unix::{ExecImage, wait_for};
use std::ffi::c_void;
use std::io;
use std::os::fd::RawFd;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

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

/// How the child is bound to the host.
#[derive(Clone, Copy)]
pub(super) enum Tie {
    /// It leads a process group of its own, is killed when the thread that started it ends, and
    /// tells the guard at the end of this line of itself.
    ToHost { line: Option<RawFd> },
    /// It leads a session of its own and outlives the host.
    None,
}

/// What the child is to become.
pub(super) struct Plan<'a> {
    pub(super) image: &'a ExecImage,
    /// Its descriptors from 0 up, [`child_side::MAX_PLACES`] at most; it gets no others.
    pub(super) places: &'a [Source],
    pub(super) tie: Tie,
}

/// One start, in memory that host and child both see: the plan and the child's report.
pub(super) struct Errand<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) seal: Seal,
    pub(super) host_pid: libc::pid_t,
    /// 0, or the number of the stage that failed.
    pub(super) failed_stage: AtomicI32,
    pub(super) errno: AtomicI32,
}

/// Starts one child after another, all on the same stack.
pub(super) struct Cloner {
    stack: Stack,
    sealing: Sealing,
}

impl Cloner {
    /// # Errors
    /// No memory for the stack.
    pub(super) fn new(sealing: Sealing) -> io::Result<Cloner> {
        Ok(Cloner { stack: Stack::new()?, sealing })
    }

    /// Starts a process by `plan` and returns its pid once it runs the program.
    ///
    /// # Errors
    /// The stage that failed and the system's answer; no process is left then.
    pub(super) fn start(&mut self, plan: &Plan) -> Result<libc::pid_t, (Stage, io::Error)> {
        let errand = Errand {
            plan,
            seal: self.sealing.prepare().map_err(|error| (Stage::Descriptors, error))?,
            // SAFETY: no memory is involved.
            host_pid: unsafe { libc::getpid() },
            failed_stage: AtomicI32::new(0),
            errno: AtomicI32::new(0),
        };
        let pid = self.clone(&errand).map_err(|error| (Stage::Create, error))?;
        let Some(stage) = child_side::stage_from_number(errand.failed_stage.load(Relaxed)) else {
            return Ok(pid);
        };
        // It has ended or is about to. An error means that someone else has waited for it.
        let _ = wait_for(pid);
        Err((stage, io::Error::from_raw_os_error(errand.errno.load(Relaxed))))
    }

    fn clone(&mut self, errand: &Errand) -> io::Result<libc::pid_t> {
        // The host's handlers must not run in the child, with the host's memory.
        let mask = SignalMask::ALL.apply();
        // SAFETY: the stack is mapped, large enough and used by nobody else, since this thread
        // stands still until the child has left it; `errand` lives beyond that; `child_side::main`
        // keeps to what is allowed in a process that shares its memory with another.
        let pid = unsafe {
            libc::clone(
                child_side::main,
                self.stack.top().as_ptr(),
                libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
                ptr::from_ref(errand).cast_mut().cast::<c_void>(),
            )
        };
        let error = io::Error::last_os_error();
        mask.apply();
        if pid == -1 { Err(error) } else { Ok(pid) }
    }
}
