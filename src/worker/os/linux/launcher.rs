//! From a command to a running process.

use super::clone::{Cloner, Plan, Source, Tie};
use super::memory::max_rss_bytes;
use super::sealing::Sealing;
use crate::worker::os::unix::{
    ExecImage, ExitWatch, Launched, Pipes, Process, guard, spawn_error, watch_by_thread,
};
use crate::worker::os::{ChildCommand, SpawnError, Stage};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// Starts processes, one after another. The system ties them to the thread that calls
/// [`launch`](Launcher::launch): when that thread ends, they are killed.
pub struct Launcher {
    cloner: Cloner,
}

impl Launcher {
    /// Sets aside what a start needs.
    ///
    /// # Errors
    /// No memory.
    pub fn new() -> io::Result<Launcher> {
        Ok(Launcher { cloner: Cloner::new(Sealing::best_available())? })
    }

    /// Starts `command`. Blocks until the new process runs the program, a fraction of a
    /// millisecond whatever the size of the host.
    ///
    /// # Errors
    /// See [`SpawnError`]; no process is left then.
    pub fn launch(&mut self, command: &ChildCommand) -> Result<Launched, SpawnError> {
        let failed = |stage, error: io::Error| spawn_error(stage, &error, &command.program);
        let image = ExecImage::new(command)?;
        let pipes = Pipes::open(command).map_err(|error| failed(Stage::Pipes, error))?;
        let places = [
            Source::Null,
            output_source(pipes.child.stdout.as_ref()),
            output_source(pipes.child.stderr.as_ref()),
            Source::Descriptor(pipes.child.channel_reader.as_raw_fd()),
            Source::Descriptor(pipes.child.channel_writer.as_raw_fd()),
        ];
        let line = guard::ensure(&mut |command, line| start_guard(&mut self.cloner, command, line));
        let tie = Tie::ToHost { line: line.as_ref().map(AsRawFd::as_raw_fd) };
        let plan = Plan { image: &image, places: &places, tie };
        let pid = self.cloner.start(&plan).map_err(|(stage, error)| failed(stage, error))?;
        guard::add(pid, &mut |command, line| start_guard(&mut self.cloner, command, line));
        let process = Process::new(pid, host_peak_bytes());
        drop(pipes.child);
        let watch = watch_exit(pid).map_err(|error| failed(Stage::Watch, error))?;
        Ok(Launched::new(process, watch, pipes.host))
    }

    /// True as long as [`tend`](Launcher::tend) is to be called every few seconds.
    pub fn needs_tending(&self) -> bool {
        guard::needs_tending()
    }

    /// Keeps up what watches over the running processes, and lets it go when none runs.
    pub fn tend(&mut self) {
        guard::tend(&mut |command, line| start_guard(&mut self.cloner, command, line));
    }
}

fn start_guard(cloner: &mut Cloner, command: &ChildCommand, line: RawFd) -> io::Result<libc::pid_t> {
    let image = ExecImage::new(command).map_err(io::Error::other)?;
    let places = [Source::Descriptor(line), Source::Null, Source::Null];
    cloner.start(&Plan { image: &image, places: &places, tie: Tie::None }).map_err(|(_, error)| error)
}

fn output_source(pipe: Option<&OwnedFd>) -> Source {
    pipe.map_or(Source::Inherit, |pipe| Source::Descriptor(pipe.as_raw_fd()))
}

/// A pidfd, or a thread where the kernel (before 5.3) or a sandbox does not give one.
fn watch_exit(pid: libc::pid_t) -> io::Result<ExitWatch> {
    let Some(id) = Pid::from_raw(pid) else {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    };
    match pidfd_open(id, PidfdFlags::empty()) {
        Ok(descriptor) => Ok(ExitWatch::Descriptor(descriptor)),
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => watch_by_thread(pid),
        Err(error) => Err(error.into()),
    }
}

/// The most resident memory this process has held.
fn host_peak_bytes() -> u64 {
    // SAFETY: rusage is plain data, for which zero is a value.
    let mut usage: libc::rusage = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: `usage` is valid for writing during the call.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    max_rss_bytes(&usage)
}
