//! Hosts that inherit orphans, and hosts whose rights change.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test that started the host")]

use crate::hosts::{children, is_guard, no_worker_is_left, read_line, wait_until};
use crate::support::{run, shell};
use job_manager::worker::os::{Rights, StopSignal};
use job_manager::worker::spawner::Spawner;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

const NOBODY: u32 = 65_534;

fn is_zombie(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
}

/// As process 1 of a container without an init: the orphans of the workers become its children.
pub(crate) async fn inheriting_orphans() {
    // SAFETY: no memory is involved.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) }, 0);
    // Not one of ours, and its status is the host's to take.
    let mut foreign = Command::new("/bin/sh").args(["-c", "exit 3"]).process_group(0).spawn().unwrap();
    wait_until(|| is_zombie(foreign.id())).await;
    let with_orphans = "sleep 1000 & sh -c 'sleep 1000 & sleep 1000 & wait' & (sleep 0 &) ; echo on >&4;";
    for end in ["exit 0", "wait", "while :; do :; done"] {
        let mut child = Spawner::global().spawn(shell(&format!("{with_orphans} {end}"))).await.unwrap();
        read_line(&mut child).await;
        if end != "exit 0" {
            child.signal_group(StopSignal::Kill).unwrap();
        }
        child.wait().await.unwrap();
    }
    let mut dropped = Spawner::global().spawn(shell(&format!("{with_orphans} wait"))).await.unwrap();
    read_line(&mut dropped).await;
    drop(dropped);
    wait_until(|| children().into_iter().all(|pid| is_guard(pid) || pid == foreign.id())).await;
    assert_eq!(foreign.wait().unwrap().code(), Some(3));
    no_worker_is_left().await;
}

async fn printed(script: &str) -> String {
    run(shell(script)).await.0.trim().to_owned()
}

/// Changes one thing after the other: the next worker has it, and the rights are other ones.
pub(crate) async fn changing_rights() {
    assert_eq!(printed("ps -o ni= -p $$").await, "0");
    let mut before = Rights::read();
    assert_eq!(before, Rights::read());
    let mut have_changed = || {
        let now = Rights::read();
        std::mem::replace(&mut before, now) != now
    };
    // SAFETY: a system call without memory.
    unsafe { libc::umask(0o027) };
    assert!(have_changed(), "mask");
    assert_eq!(printed("umask").await, "0027");
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: current.map(|limit| limit - 1), maximum }).unwrap();
    assert!(have_changed(), "limit");
    // The thread that starts processes has been there for a while, with its own niceness.
    // SAFETY: as above.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, libc::getpid().cast_unsigned(), 7) };
    assert!(have_changed(), "niceness");
    assert_eq!(printed("ps -o ni= -p $$").await, "7");
    let child = Spawner::global().spawn(shell("exit 0")).await.unwrap();
    assert_eq!(child.rights(), Rights::read());
    assert!(!have_changed());
}

/// A host that was started as root, has started a worker, and is root no more. Where these tests do
/// not run as root, the worker can be killed, and that is all there is to see.
pub(crate) async fn dropped_root() {
    // SAFETY: no memory is involved.
    let is_root = unsafe { libc::geteuid() } == 0;
    let mut child = Spawner::global().spawn(shell("echo on >&4; read line <&3; exit 5")).await.unwrap();
    let mut channel = child.take_channel().unwrap();
    tokio::io::AsyncReadExt::read_u8(&mut channel.reader).await.unwrap();
    if is_root {
        // SAFETY: no memory is involved.
        assert_eq!(unsafe { libc::setuid(NOBODY) }, 0);
        assert_ne!(child.rights(), Rights::read());
        let refusal = child.signal_group(StopSignal::Kill).unwrap_err();
        assert_eq!(refusal.raw_os_error(), Some(libc::EPERM));
    } else {
        child.signal_group(StopSignal::Kill).unwrap();
    }
    drop(channel);
    child.wait().await.unwrap();
}
