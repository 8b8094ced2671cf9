//! Starts a program the way `posix_spawn` does, with the steps that `posix_spawn` lacks.
//!
//! The child shares the host's memory (`CLONE_VM`) and the calling thread stands still
//! (`CLONE_VFORK`) until the child runs the program or ends. So nothing of the host's memory is
//! copied or marked, and the time does not grow with it.

use super::child_side::{self, Errand};
use super::rights::ThreadRights;
use super::sealing::Sealing;
use super::signals::SignalMask;
use super::stack::Stack;
use crate::worker::os::Stage;
use crate::worker::os::unix::plan::Plan;
use crate::worker::os::unix::wait::wait_for;
use std::ffi::c_void;
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

/// Starts one child after another, all on the same stack.
pub(crate) struct Starter {
    stack: Stack,
    sealing: Sealing,
}

impl Starter {
    /// # Errors
    /// No memory for the stack.
    pub(crate) fn new() -> io::Result<Starter> {
        Starter::with_sealing(Sealing::best_available())
    }

    fn with_sealing(sealing: Sealing) -> io::Result<Starter> {
        Ok(Starter { stack: Stack::new()?, sealing })
    }

    /// Starts a process by `plan` and returns its pid once it runs the program.
    ///
    /// # Errors
    /// The stage that failed and the system's answer; no process is left then.
    pub(crate) fn start(&mut self, plan: &Plan) -> Result<libc::pid_t, (Stage, io::Error)> {
        let errand = Errand {
            plan,
            seal: self.sealing.prepare().map_err(|error| (Stage::Descriptors, error))?,
            // SAFETY: no memory is involved.
            host_pid: unsafe { libc::getpid() },
            thread_rights: ThreadRights::differing(),
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
        // SAFETY: the stack is mapped, large enough and not used otherwise, since this thread
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::os::unix::ExecImage;
    use crate::worker::os::unix::plan::{Source, Tie};
    use crate::worker::os::{ChildCommand, EnvBlock, Output};
    use std::io::Read;
    use std::os::fd::AsRawFd;
    use std::sync::Arc;

    /// The descriptors of a process that was started while the host had one to inherit.
    fn descriptors_with(sealing: Sealing) -> String {
        // SAFETY: makes a copy that is not close-on-exec, and nothing else.
        let inheritable = unsafe { libc::fcntl(2, libc::F_DUPFD, 100) };
        assert!(inheritable >= 100);
        let script = "cd /proc/$$/fd; for n in *; do [ -e $n ] && echo $n; done";
        let command = ChildCommand {
            nice: 0,
            program: "/bin/sh".into(),
            argv: ["sh", "-c", script].map(Into::into).into(),
            env: Arc::new(EnvBlock::default()),
            stdout: Output::Inherit,
            stderr: Output::Inherit,
        };
        let image = ExecImage::new(&command).unwrap();
        let (mut reader, writer) = io::pipe().unwrap();
        let places = [Source::Null, Source::Descriptor(writer.as_raw_fd()), Source::Inherit];
        let plan = Plan { image: &image, places: &places, tie: Tie::ToHost { line: None } };
        let pid = Starter::with_sealing(sealing).unwrap().start(&plan).unwrap();
        drop(writer);
        let mut printed = String::new();
        reader.read_to_string(&mut printed).unwrap();
        wait_for(pid).unwrap();
        printed
    }

    #[test]
    fn descriptors_are_kept_from_the_program_on_new_and_old_kernels() {
        assert_eq!(descriptors_with(Sealing::Range), "0\n1\n2\n");
        assert_eq!(descriptors_with(Sealing::Each), "0\n1\n2\n");
    }
}
