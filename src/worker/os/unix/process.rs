//! A child process that has not been waited for, so that its pid is valid and may be signalled.

use super::wait::{has_exited, wait_for};
use super::{guard, reaper};
use crate::worker::os::{Exit, ExitStatus, StopSignal, platform};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A started process, leader of its own group. Until it is waited for, the system keeps its pid (as
/// a zombie at least), so no other process can have it; from then on nothing is sent to it. If it is
/// dropped before that, the whole group is killed.
#[derive(Debug)]
pub(crate) struct Process {
    pid: libc::pid_t,
    waited_for: bool,
    /// The host's own peak at the start: what Linux may report as the process's.
    host_peak_bytes: u64,
    seen_peak_bytes: AtomicU64,
}

impl Process {
    /// Takes charge of `pid`, a child of this process and leader of its own group.
    pub(crate) fn new(pid: libc::pid_t, host_peak_bytes: u64) -> Process {
        Process { pid, waited_for: false, host_peak_bytes, seen_peak_bytes: AtomicU64::new(0) }
    }

    pub(crate) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    /// Sends `signal` to the process alone.
    pub(super) fn signal(&self, signal: StopSignal) -> io::Result<()> {
        self.is_zombie()?;
        kill(self.pid, signal)
    }

    /// Sends `signal` to every process of the group, and to the process itself should it have left it.
    ///
    /// # Errors
    /// The system's answer for the process itself, whether or not others of its group were reached.
    pub(super) fn signal_group(&self, signal: StopSignal) -> io::Result<()> {
        self.is_zombie()?;
        self.note_memory();
        let group = kill(-self.pid, signal);
        // Not twice to one that is reached by its group: its handler may expect one signal.
        if self.has_left_its_group() { kill(self.pid, signal) } else { group }
    }

    fn has_left_its_group(&self) -> bool {
        // SAFETY: no memory is involved.
        unsafe { libc::getpgid(self.pid) != self.pid }
    }

    /// Remembers how much memory the process holds now, if that is the most so far.
    pub(super) fn note_memory(&self) {
        if let Some(bytes) = platform::peak_memory_bytes(self.pid) {
            self.seen_peak_bytes.fetch_max(bytes, Ordering::Relaxed);
        }
    }

    /// Waits for the process if it has ended, once what is left of its group is killed.
    ///
    /// # Errors
    /// `ECHILD` when someone else in the host has waited for it, for instance by ignoring
    /// `SIGCHLD`: how it ended is then unknown for ever.
    pub(super) fn try_reap(&mut self) -> io::Result<Option<Exit>> {
        if !self.is_zombie()? {
            return Ok(None);
        }
        self.kill_group();
        let (status, usage) = wait_for(self.pid)?;
        self.waited_for = true;
        reaper::reap_group(self.pid);
        Ok(Some(Exit {
            status: exit_status(status),
            cpu_time: duration(usage.ru_utime) + duration(usage.ru_stime),
            peak_memory_bytes: self.peak_memory_bytes(platform::max_rss_bytes(&usage)),
        }))
    }

    /// Kills the remaining members of the group. To be called before the leader is waited for: after
    /// that its pid, which is the number of the group, may be reused.
    fn kill_group(&self) {
        // An error means that the group has no member left.
        let _ = kill(-self.pid, StopSignal::Kill);
        guard::remove(self.pid);
    }

    /// The kernel counts the memory that a process held before its `execve`, which is the host's,
    /// as the process's own. A figure clearly above the host's is the process's; below that only
    /// what was seen counts. The margin covers the inexact counting of pages on many processors.
    fn peak_memory_bytes(&self, reported: u64) -> u64 {
        let margin = self.host_peak_bytes / 8;
        if reported > self.host_peak_bytes + margin {
            reported
        } else {
            self.seen_peak_bytes.load(Ordering::Relaxed).min(reported)
        }
    }

    /// # Errors
    /// `ECHILD` if it is no longer a child of ours, so that its pid may belong to another process.
    fn is_zombie(&self) -> io::Result<bool> {
        if self.waited_for { Err(io::Error::from_raw_os_error(libc::ECHILD)) } else { has_exited(self.pid) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        match self.is_zombie() {
            Ok(_) => {
                self.kill_group();
                reaper::adopt(self.pid);
            }
            Err(_) => guard::remove(self.pid),
        }
    }
}

fn kill(target: libc::pid_t, signal: StopSignal) -> io::Result<()> {
    let number = match signal {
        StopSignal::Terminate => libc::SIGTERM,
        StopSignal::Kill => libc::SIGKILL,
    };
    // SAFETY: no memory is involved; the callers own the target.
    if unsafe { libc::kill(target, number) } == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn exit_status(status: libc::c_int) -> ExitStatus {
    if libc::WIFEXITED(status) {
        ExitStatus::Code(libc::WEXITSTATUS(status))
    } else {
        ExitStatus::Signal(libc::WTERMSIG(status))
    }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let microseconds = u64::try_from(time.tv_usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(microseconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::os::unix::wait::block_until_exited;
    use std::process::{Child, Command};

    fn sleeping(in_own_group: bool) -> Child {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new("/bin/sleep");
        command.arg("1000");
        if in_own_group {
            command.process_group(0);
        }
        command.spawn().unwrap()
    }

    #[test]
    fn a_process_that_has_left_its_group_is_signalled_all_the_same() {
        for in_own_group in [true, false] {
            let mut process = Process::new(sleeping(in_own_group).id().cast_signed(), 0);
            assert_eq!(process.has_left_its_group(), !in_own_group);
            process.signal_group(StopSignal::Terminate).unwrap();
            block_until_exited(process.pid()).unwrap();
            let exit = process.try_reap().unwrap().unwrap();
            assert_eq!(exit.status, ExitStatus::Signal(libc::SIGTERM));
        }
    }
}
