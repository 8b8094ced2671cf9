//! Starts processes on Unix.

use super::plan::{Plan, Tie, guard_places, worker_places};
use super::rights::niceness;
use super::{ExecImage, Launched, Pipes, Process, guard, lease_guard, spawn_error};
use crate::worker::os::platform::{Starter, host_peak_bytes, prefer_as_victim, watch_exit};
use crate::worker::os::{ChildCommand, Rights, SpawnError, Stage};
use std::io;
use std::os::fd::{AsRawFd, RawFd};

/// Starts processes, one after another. Linux ties them to the thread that calls
/// [`launch`](Launcher::launch): when that thread ends, they are killed.
pub struct Launcher {
    starter: Starter,
}

impl Launcher {
    /// Sets aside what a start needs.
    ///
    /// # Errors
    /// No memory.
    pub fn new() -> io::Result<Launcher> {
        Ok(Launcher { starter: Starter::new()? })
    }

    /// Starts `command`. Blocks until the new process runs the program: on Linux a fraction of a
    /// millisecond, whatever the size of the host.
    ///
    /// # Errors
    /// See [`SpawnError`]; no process is left then.
    pub fn launch(&mut self, command: &ChildCommand) -> Result<Launched, SpawnError> {
        let failed = |stage, error: io::Error| spawn_error(stage, &error, &command.program);
        let image = ExecImage::new(command)?;
        let pipes = Pipes::open(command).map_err(|error| failed(Stage::Pipes, error))?;
        let line = guard::ensure(&mut |command, line| start_guard(&mut self.starter, command, line));
        let tie = Tie::ToHost { line: line.as_ref().map(AsRawFd::as_raw_fd) };
        let plan = Plan { image: &image, places: &worker_places(command, &pipes), tie };
        let rights = Rights::read();
        let pid = self.starter.start(&plan).map_err(|(stage, error)| failed(stage, error))?;
        guard::add(pid, &mut |command, line| start_guard(&mut self.starter, command, line));
        let process = Process::new(pid, host_peak_bytes());
        prefer_as_victim(pid);
        be_nice(pid, command.nice);
        drop(pipes.child);
        let watch = watch_exit(pid).map_err(|error| failed(Stage::Watch, error))?;
        Ok(Launched::new(process, rights, watch, pipes.host))
    }

    /// True as long as [`tend`](Launcher::tend) is to be called every few seconds.
    pub fn needs_tending(&self) -> bool {
        guard::needs_tending() || lease_guard::needs_tending()
    }

    /// Replaces a guard that has died, and ends it when no process has run for a while.
    pub fn tend(&mut self) {
        lease_guard::tend();
        guard::tend(&mut |command, line| start_guard(&mut self.starter, command, line));
    }
}

/// Gives the new process this niceness, with all threads that it has already: it leads a group. Never a lower one
/// than the host's, which takes rights.
fn be_nice(pid: libc::pid_t, nice: u8) {
    let nice = libc::c_int::from(nice);
    if nice > niceness() {
        // SAFETY: a system call without memory. A process that has ended by now needs no niceness.
        unsafe { libc::setpriority(libc::PRIO_PGRP, pid.cast_unsigned(), nice) };
    }
}

fn start_guard(starter: &mut Starter, command: &ChildCommand, line: RawFd) -> io::Result<libc::pid_t> {
    let image = ExecImage::new(command).map_err(io::Error::other)?;
    let plan = Plan { image: &image, places: &guard_places(line), tie: Tie::None };
    starter.start(&plan).map_err(|(_, error)| error)
}
