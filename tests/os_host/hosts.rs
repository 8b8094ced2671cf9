//! The hosts.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test that started the host")]
#![expect(clippy::print_stdout, reason = "hosts answer there")]

use crate::support::{run as run_to_end, shell};
use job_manager::worker::os::{Child, ExitStatus, Launcher, Output, SpawnError, StopSignal};
use job_manager::worker::spawner::Spawner;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, getrlimit, kill_process, setrlimit, waitid,
};
use std::collections::BTreeSet;
use std::fs;
use std::future::Future;
use std::process::exit;
use std::thread;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt};

/// Names the role in the environment.
pub(crate) const ROLE: &str = "OS_HOST_ROLE";

/// Is the host of that role, until its end.
pub(crate) fn run(role: &str) {
    match role {
        "with_spinning_job" => block_on(with_spinning_job()),
        "with_replaced_guard" => block_on(with_replaced_guard()),
        "exiting_with_job" => block_on(exiting_with_job()),
        "without_descriptors" => block_on(without_descriptors()),
        "thousand_starts" => block_on(thousand_starts()),
        "short_lived_thread" => short_lived_thread(),
        "closed_streams" => closed_streams(),
        "tending" => block_on(tending()),
        other => unreachable!("no role {other}"),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

/// A job that spins and has a sleeping grandchild, whose pid it has written.
async fn spinning_job() -> (Child, u32) {
    let mut command = shell("sleep 1000 & echo $! >&4; while :; do :; done");
    command.stdout = Output::Inherit;
    let mut child = Spawner::global().spawn(command).await.unwrap();
    let grandchild = read_line(&mut child).await.parse().unwrap();
    (child, grandchild)
}

async fn read_to_end(mut reader: impl AsyncRead + Unpin) -> String {
    let mut text = String::new();
    reader.read_to_string(&mut text).await.unwrap();
    text
}

async fn read_line(child: &mut Child) -> String {
    let mut line = String::new();
    let channel = child.take_channel().unwrap();
    tokio::io::BufReader::new(channel.reader).read_line(&mut line).await.unwrap();
    line.trim_end().to_owned()
}

/// Direct children of this process, whichever thread started them.
fn children() -> BTreeSet<u32> {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    threads
        .map(|thread| fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default())
        .flat_map(|pids| pids.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>())
        .collect()
}

/// The running guard. A new process has its own name only a moment after its start.
async fn guard_pid() -> u32 {
    let is_guard = |pid: &u32| {
        fs::read_to_string(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| line.contains("job-manager-guard"))
    };
    let find = || children().into_iter().find(is_guard);
    wait_until(|| find().is_some()).await;
    find().unwrap()
}

fn print_pids(pids: impl IntoIterator<Item = u32>) {
    pids.into_iter().for_each(|pid| println!("{pid}"));
    println!();
}

async fn with_spinning_job() {
    let (_child, grandchild) = spinning_job().await;
    print_pids(children().into_iter().chain([grandchild]));
    std::future::pending::<()>().await;
}

async fn with_replaced_guard() {
    let (_first, grandchild) = spinning_job().await;
    let first_guard = guard_pid().await;
    kill_and_see(first_guard);
    // The next start finds it dead and tells a new one of both jobs.
    let (_second, other_grandchild) = spinning_job().await;
    assert_ne!(guard_pid().await, first_guard);
    print_pids(
        children().into_iter().chain([grandchild, other_grandchild]).filter(|&pid| pid != first_guard),
    );
    std::future::pending::<()>().await;
}

/// Kills a child and waits until it is dead, not for it.
fn kill_and_see(pid: u32) {
    let pid = Pid::from_raw(pid.cast_signed()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
}

async fn exiting_with_job() {
    let (_child, grandchild) = spinning_job().await;
    print_pids(children().into_iter().chain([grandchild]));
    exit(0);
}

async fn without_descriptors() {
    // The spawner, its guard and the runtime have theirs.
    run_to_end(shell("exit 0")).await;
    let limit = getrlimit(Resource::Nofile);
    let mut stages = BTreeSet::new();
    for descriptors in 8.. {
        let current = Some(descriptors);
        setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
        match Spawner::global().spawn(shell("exit 0")).await {
            Err(SpawnError::NoDescriptors { stage }) => stages.insert(stage.to_string()),
            Err(other) => unreachable!("{descriptors}: {other}"),
            Ok(mut child) => {
                assert_eq!(child.wait().await.unwrap().status, ExitStatus::Code(0));
                break;
            }
        };
    }
    assert_eq!(stages, ["making pipes", "placing descriptors"].map(String::from).into());
}

async fn thousand_starts() {
    run_to_end(shell("exit 0")).await;
    let guard = guard_pid().await;
    let open = open_descriptors();
    for round in 0..1000 {
        let mut child = Spawner::global().spawn(shell("kill $$")).await.unwrap();
        match round % 4 {
            0 => drop(child),
            1 => child.signal_group(StopSignal::Kill).unwrap(),
            _ => {
                child.wait().await.unwrap();
            }
        }
    }
    wait_until(|| children() == BTreeSet::from([guard])).await;
    assert_eq!(open_descriptors(), open);
}

fn open_descriptors() -> Vec<String> {
    let mut open: Vec<String> = fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| Some(fs::read_link(entry.ok()?.path()).ok()?.to_string_lossy().into_owned()))
        .map(|target| target.split(':').next().unwrap_or_default().to_owned())
        .collect();
    open.sort();
    open
}

/// For what another thread does in its own time.
async fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

fn short_lived_thread() {
    let runtime = runtime();
    let handle = runtime.handle().clone();
    let asker =
        thread::spawn(move || handle.block_on(Spawner::global().spawn(shell("read line <&3; exit 7"))));
    let mut child = asker.join().unwrap().unwrap();
    runtime.block_on(async {
        child.take_channel().unwrap().writer.write_all(b"\n").await.unwrap();
        assert_eq!(child.wait().await.unwrap().status, ExitStatus::Code(7));
    });
}

fn closed_streams() {
    for descriptor in 0..3 {
        // SAFETY: nothing in this process uses them any more, and nothing here has opened others.
        unsafe { libc::close(descriptor) };
    }
    block_on(async {
        // The pipes get low numbers, which are the places of others in the child.
        let mut child =
            Spawner::global().spawn(shell("read line <&3; echo $line >&4; echo out")).await.unwrap();
        let mut channel = child.take_channel().unwrap();
        channel.writer.write_all(b"there and back\n").await.unwrap();
        assert_eq!(read_to_end(channel.reader).await, "there and back\n");
        assert_eq!(read_to_end(child.take_stdout().unwrap()).await, "out\n");
        // What the host does not have is the null device.
        let mut command = shell("echo nowhere && echo nowhere >&2");
        command.stdout = Output::Inherit;
        let mut child = Spawner::global().spawn(command).await.unwrap();
        assert_eq!(child.wait().await.unwrap().status, ExitStatus::Code(0));
    });
}

async fn tending() {
    let mut launcher = Launcher::new().unwrap();
    assert!(!launcher.needs_tending());
    let mut child = launcher.launch(&shell("read line <&3")).unwrap().into_child().unwrap();
    let first_guard = guard_pid().await;
    launcher.tend();
    assert_eq!(guard_pid().await, first_guard);
    kill_and_see(first_guard);
    launcher.tend();
    assert_ne!(guard_pid().await, first_guard);
    drop(child.take_channel());
    child.wait().await.unwrap();
    launcher.tend();
    assert!(!launcher.needs_tending());
    wait_until(|| children().is_empty()).await;
}
