//! Kills the process groups of a host that was killed itself.
//!
//! After `kill -9` of the host, the system kills the workers at best (Linux), but never the processes that
//! they have started. So a host with running workers has a *guard*: a shell, in a session of its own,
//! that reads the numbers of their process groups from a socket. The socket closes when the host ends;
//! the guard then kills the groups on its list. It is started with the first worker and ended when no
//! worker has run for a while.
//!
//! A number is written before the worker runs its program and removed before the worker is waited for, so
//! the list never contains a number that the system may have reused. The socket carries nothing else.
//!
//! Without a shell there is no guard, and grandchildren may outlive a killed host.

use super::wait::has_exited;
use super::{lease_guard, reaper};
use crate::worker::os::{ChildCommand, EnvBlock, Output};
use std::collections::BTreeSet;
use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Reads `+ GROUP` and `- GROUP`. Built-in commands only. It ignores the signals that a terminal or a
/// service manager sends to all processes.
const SCRIPT: &str = r#"cd /; trap '' HUP INT QUIT TERM; groups=' '
while read -r sign group; do case "$sign$groups" in
+*" $group "*) ;;
+*) groups="$groups$group " ;;
-*" $group "*) groups="${groups%% $group *} ${groups#* $group }" ;;
esac; done
for group in $groups; do kill -9 "-$group"; done"#;

static GUARD: Mutex<Guard> = Mutex::new(Guard { shell: None, groups: BTreeSet::new() });

/// Starts the shell with the given descriptor as its standard input and returns its pid.
pub(crate) type StartShell<'a> = dyn FnMut(&ChildCommand, RawFd) -> io::Result<libc::pid_t> + 'a;

struct Guard {
    shell: Option<Shell>,
    /// The groups to be killed with the host, which a new shell gets first.
    groups: BTreeSet<libc::pid_t>,
}

struct Shell {
    pid: libc::pid_t,
    line: Arc<OwnedFd>,
}

/// Makes sure that there is a guard, and returns the line to it, for [`write()`]. `None` if none
/// can be started.
pub(crate) fn ensure(start: &mut StartShell) -> Option<Arc<OwnedFd>> {
    let mut guard = lock();
    if guard.shell.is_none() {
        guard.start(start);
    }
    guard.shell.as_ref().map(|shell| Arc::clone(&shell.line))
}

/// Adds the group to the guard's list. A guard that does not read is replaced.
pub(crate) fn add(group: libc::pid_t, start: &mut StartShell) {
    let mut guard = lock();
    guard.groups.insert(group);
    if guard.write_line(b'+', group).is_err() {
        guard.dismiss();
        guard.start(start);
    }
}

/// Removes the group from the list. To be called before its leader is waited for, which frees its number.
pub(super) fn remove(group: libc::pid_t) {
    lease_guard::remove(group);
    let mut guard = lock();
    // A guard that cannot be reached must not stay: it could kill a later group with this number. The
    // next start or `tend` makes a new one.
    if guard.groups.remove(&group) && guard.write_line(b'-', group).is_err() {
        guard.dismiss();
    }
}

/// True as long as [`tend`] has something to do.
pub(crate) fn needs_tending() -> bool {
    let guard = lock();
    guard.shell.is_some() || !guard.groups.is_empty()
}

/// Ends a guard whose list is empty, and replaces one that has died.
pub(crate) fn tend(start: &mut StartShell) {
    let mut guard = lock();
    if guard.groups.is_empty() {
        guard.dismiss();
    } else if guard.shell.as_ref().is_none_or(Shell::has_died) {
        guard.dismiss();
        guard.start(start);
    }
}

/// Writes one line: `+` or `-` and a group. Neither allocates nor locks, so it is safe between fork
/// and exec.
///
/// # Errors
/// The guard is gone or does not read.
pub(crate) fn write(line: RawFd, sign: u8, group: libc::pid_t) -> io::Result<()> {
    send(line, Message::new(sign, group).bytes())
}

impl Guard {
    /// Writes a line to the shell, if there is one.
    fn write_line(&self, sign: u8, group: libc::pid_t) -> io::Result<()> {
        self.shell.as_ref().map_or(Ok(()), |shell| write(shell.line.as_raw_fd(), sign, group))
    }

    fn start(&mut self, start: &mut StartShell) {
        // Not an error of the run that it is started for, which has other safeguards.
        self.shell = Shell::start(&self.groups, start).ok();
    }

    fn dismiss(&mut self) {
        let Some(Shell { pid, line }) = self.shell.take() else { return };
        // SAFETY: no memory is involved; the shell is our child and not waited for.
        let is_killed = unsafe { libc::kill(pid, libc::SIGKILL) } == 0;
        if is_killed || self.groups.is_empty() {
            // Not before: the guard would take the closed socket for the end of the host.
            drop(line);
            reaper::adopt(pid);
        } else {
            // The host no longer has the right to kill it. Keep its socket open: if that closed, the
            // guard would kill the groups on its list.
            std::mem::forget(line);
        }
    }
}

impl Shell {
    fn start(groups: &BTreeSet<libc::pid_t>, start: &mut StartShell) -> io::Result<Shell> {
        let (ours, theirs) = UnixStream::pair()?;
        // Above the places of a worker's descriptors, so that it still is the line to the guard
        // when those are filled.
        let line = rustix::io::fcntl_dupfd_cloexec(ours.as_fd(), 5)?;
        // Written before the shell starts, so that it never runs without the list.
        send(line.as_raw_fd(), &introduction(groups))?;
        let pid = start(&shell_command(), theirs.as_raw_fd())?;
        Ok(Shell { pid, line: Arc::new(line) })
    }

    fn has_died(&self) -> bool {
        has_exited(self.pid).unwrap_or(true)
    }
}

fn shell_command() -> ChildCommand {
    ChildCommand {
        nice: 0,
        program: "/bin/sh".into(),
        argv: ["sh", "-c", SCRIPT, "job-manager-guard"].map(Into::into).into(),
        env: Arc::new(EnvBlock::new([("PATH", "/usr/bin:/bin")])),
        stdout: Output::Inherit,
        stderr: Output::Inherit,
    }
}

/// The lines for a new guard: all current groups.
fn introduction(groups: &BTreeSet<libc::pid_t>) -> Vec<u8> {
    groups.iter().flat_map(|&group| Message::new(b'+', group).bytes().to_vec()).collect()
}

/// One line to the guard, made without allocation.
struct Message {
    text: [u8; 16],
    start: usize,
}

impl Message {
    fn new(sign: u8, group: libc::pid_t) -> Message {
        let mut message = Message { text: [b'\n'; 16], start: 15 };
        let mut rest = group.unsigned_abs();
        loop {
            message.prepend(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        message.prepend(b' ');
        message.prepend(sign);
        message
    }

    fn prepend(&mut self, byte: u8) {
        self.start = self.start.saturating_sub(1);
        if let Some(place) = self.text.get_mut(self.start) {
            *place = byte;
        }
    }

    fn bytes(&self) -> &[u8] {
        self.text.get(self.start..).unwrap_or_default()
    }
}

/// Writes all or nothing, without blocking, and without SIGPIPE if the other end is closed.
fn send(line: RawFd, text: &[u8]) -> io::Result<()> {
    let flags: c_int = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
    // SAFETY: the text is valid for reading during the call.
    let sent = unsafe { libc::send(line, text.as_ptr().cast(), text.len(), flags) };
    match usize::try_from(sent) {
        Ok(bytes) if bytes == text.len() => Ok(()),
        Ok(_) => Err(io::ErrorKind::WriteZero.into()),
        Err(_) => Err(io::Error::last_os_error()),
    }
}

fn lock() -> MutexGuard<'static, Guard> {
    GUARD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        assert_eq!(Message::new(b'+', 7).bytes(), b"+ 7\n");
        assert_eq!(Message::new(b'-', i32::MAX).bytes(), b"- 2147483647\n");
    }
}
