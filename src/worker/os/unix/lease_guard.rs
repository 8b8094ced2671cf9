//! Kills process groups whose lease is over while the host itself is stopped (SIGSTOP, a debugger).
//!
//! The host kills them by itself at that instant, from a thread that its event loop cannot block. A host that is stopped
//! has no such thread. So while runs with leases go there is a second guard beside `guard.rs`: a shell pipeline, in a
//! process group of its own, that knows for each group until when it may live, and looks once a second.
//!
//! It counts by `/proc/uptime`, which goes on while the machine is suspended. Without that file, or without a shell, there is no
//! such guard: a run of a host that is stopped then goes on until the host is continued.

use super::reaper;
use super::wait::has_exited;
use crate::timer::BootMs;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Reads `= GROUP MILLISECONDS` (may live for so long from now), `- GROUP` (forget it), and its own ticks, which are empty lines.
const SCRIPT: &str = r#"cd /; trap '' HUP INT QUIT TERM; set -f
now() { read -r up rest </proc/uptime; up="${up%.*}${up#*.}"; }
drop() { new=' '; for entry in $table; do [ "${entry%:*}" = "$group" ] || new="$new$entry "; done; table=$new; }
{ while sleep 1; do echo || exit; done </dev/null & ticks=$!; cat; kill -9 $ticks; echo q; } 2>/dev/null | {
table=' '
while read -r sign group ms; do case $sign in
=) now; drop; table="$table$group:$((up + ms / 10)) " ;;
-) drop ;;
q) exit ;;
'') now; for entry in $table; do
    if [ "$up" -ge "${entry#*:}" ]; then group=${entry%:*}; kill -9 "-$group"; drop; fi
done ;;
esac; done; } 2>/dev/null"#;

/// The host is ahead by so much: what the guard kills is found as a process that was killed by a signal, and what the host ends as a
/// run that has lost its lease. It is less than the time that passes before another host has the run (`lib/cluster/lock.js`).
const BEHIND_HOST: Duration = Duration::from_millis(500);
/// A guard without a group is ended after so long.
const IDLE: Duration = Duration::from_secs(10);

static GUARD: Mutex<Guard> = Mutex::new(Guard { shell: None, groups: BTreeMap::new(), idle_since: None });

struct Guard {
    shell: Option<Shell>,
    /// Until when each group may live.
    groups: BTreeMap<libc::pid_t, BootMs>,
    idle_since: Option<Instant>,
}

struct Shell {
    pid: libc::pid_t,
    line: OwnedFd,
}

/// The group may live until this instant, and not much longer if the host is stopped then.
pub(super) fn hold(group: libc::pid_t, until: BootMs) {
    let mut guard = lock();
    if guard.groups.insert(group, until) == Some(until) {
        return;
    }
    guard.idle_since = None;
    let is_told = guard.shell.as_ref().is_some_and(|shell| shell.send(&holding(group, until)).is_ok());
    if !is_told {
        guard.dismiss();
        guard.shell = Shell::start(&guard.groups).ok();
    }
}

/// The group has no lease, or is about to be waited for, which frees its number.
pub(super) fn remove(group: libc::pid_t) {
    let mut guard = lock();
    if guard.groups.remove(&group).is_none() {
        return;
    }
    let line = format!("- {group}\n");
    if guard.shell.as_ref().is_some_and(|shell| shell.send(line.as_bytes()).is_err()) {
        // It could kill a later group of this number.
        guard.dismiss();
        guard.shell = Shell::start(&guard.groups).ok().filter(|_| !guard.groups.is_empty());
    }
    if guard.groups.is_empty() {
        guard.idle_since = Some(Instant::now());
    }
}

/// True as long as [`tend`] has something to do.
pub(super) fn needs_tending() -> bool {
    lock().shell.is_some()
}

/// Ends a guard that has had nothing to do for a while, and replaces one that has died.
pub(super) fn tend() {
    let mut guard = lock();
    let is_idle = guard.groups.is_empty() && guard.idle_since.is_none_or(|since| since.elapsed() >= IDLE);
    let has_died = guard.shell.as_ref().is_some_and(Shell::has_died);
    if is_idle || has_died {
        guard.dismiss();
    }
    if has_died && !guard.groups.is_empty() {
        guard.shell = Shell::start(&guard.groups).ok();
    }
}

impl Guard {
    fn dismiss(&mut self) {
        let Some(Shell { pid, line }) = self.shell.take() else { return };
        // At the end of its input it leaves: it kills nobody by that.
        drop(line);
        reaper::adopt(pid);
    }
}

impl Shell {
    fn start(groups: &BTreeMap<libc::pid_t, BootMs>) -> io::Result<Shell> {
        let (ours, theirs) = UnixStream::pair()?;
        let shell = Shell { pid: 0, line: OwnedFd::from(ours) };
        for (&group, &until) in groups {
            shell.send(&holding(group, until))?;
        }
        let child = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "job-manager-lease-guard"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Shell { pid: child.id().cast_signed(), ..shell })
    }

    /// Writes all or nothing, without blocking.
    fn send(&self, text: &[u8]) -> io::Result<()> {
        let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
        // SAFETY: the text is valid for reading during the call.
        let sent = unsafe { libc::send(self.line.as_raw_fd(), text.as_ptr().cast(), text.len(), flags) };
        match usize::try_from(sent) {
            Ok(bytes) if bytes == text.len() => Ok(()),
            Ok(_) => Err(io::ErrorKind::WriteZero.into()),
            Err(_) => Err(io::Error::last_os_error()),
        }
    }

    fn has_died(&self) -> bool {
        has_exited(self.pid).unwrap_or(true)
    }
}

fn holding(group: libc::pid_t, until: BootMs) -> Vec<u8> {
    let left = until.remaining() + BEHIND_HOST;
    format!("= {group} {}\n", left.as_millis()).into_bytes()
}

fn lock() -> MutexGuard<'static, Guard> {
    GUARD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Child;

    fn sleeping() -> Child {
        Command::new("/bin/sleep").arg("1000").process_group(0).spawn().unwrap()
    }

    #[test]
    fn the_host_ends_a_run_before_its_guard_would() {
        let line = String::from_utf8(holding(7, BootMs::now().plus(Duration::from_secs(60)))).unwrap();
        let left_ms: u128 = line.trim_end().strip_prefix("= 7 ").unwrap().parse().unwrap();
        assert!((60_100..=60_500).contains(&left_ms), "{left_ms}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_group_lives_as_long_as_its_lease_and_no_longer() {
        let (mut over, mut renewed, mut removed) = (sleeping(), sleeping(), sleeping());
        let group = |child: &Child| child.id().cast_signed();
        let soon = || BootMs::now().plus(Duration::from_millis(300));
        for child in [&over, &renewed, &removed] {
            hold(group(child), soon());
        }
        hold(group(&renewed), BootMs::now().plus(Duration::from_secs(600)));
        remove(group(&removed));
        assert!(!over.wait().unwrap().success(), "the guard has killed it");
        // The guard has looked at all of them by then.
        for child in [&mut renewed, &mut removed] {
            assert!(child.try_wait().unwrap().is_none());
        }
        remove(group(&over));
        remove(group(&renewed));
        for mut child in [renewed, removed] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert!(needs_tending());
        lock().idle_since = None;
        tend();
        assert!(!needs_tending());
    }
}
