//! The hosts.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test that started the host")]
#![expect(clippy::print_stdout, reason = "hosts answer there")]

use crate::inheritance;
use crate::support::{run as run_to_end, shell};
use job_manager::worker::os::{
    Child, ExitStatus, Launcher, MemoryScan, Output, SpawnError, Stage, StopSignal,
};
use job_manager::worker::spawner::Spawner;
use rustix::io::{FdFlags, fcntl_setfd};
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
        "with_dead_guard" => block_on(with_dead_guard()),
        "with_replaced_guard" => block_on(with_replaced_guard()),
        "exiting_with_job" => block_on(exiting_with_job()),
        "without_descriptors" => block_on(without_descriptors()),
        "thousand_starts" => block_on(thousand_starts()),
        "short_lived_thread" => short_lived_thread(),
        "close_on_exec_output" => block_on(close_on_exec_output()),
        "inheritable_descriptors" => block_on(inheritable_descriptors()),
        "without_processes" => block_on(without_processes()),
        "ignoring_children" => block_on(ignoring_children()),
        "cancelled_start" => block_on(cancelled_start()),
        "large" => block_on(large()),
        "closed_streams" => block_on(closed_streams()),
        "tending" => block_on(tending()),
        "inheriting_orphans" => block_on(inheritance::inheriting_orphans()),
        "changing_rights" => block_on(inheritance::changing_rights()),
        "dropped_root" => block_on(inheritance::dropped_root()),
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

pub(crate) async fn read_line(child: &mut Child) -> String {
    let mut line = String::new();
    let channel = child.take_channel().unwrap();
    tokio::io::BufReader::new(channel.reader).read_line(&mut line).await.unwrap();
    line.trim_end().to_owned()
}

/// Direct children of this process, whichever thread started them.
pub(crate) fn children() -> BTreeSet<u32> {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    threads
        .map(|thread| fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default())
        .flat_map(|pids| pids.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>())
        .collect()
}

pub(crate) fn is_guard(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains("job-manager-guard"))
}

/// The running guard. A new process has its own name only a moment after its start.
async fn guard_pid() -> u32 {
    let find = || children().into_iter().find(|&pid| is_guard(pid));
    wait_until(|| find().is_some()).await;
    find().unwrap()
}

/// Waits until no child is left but a guard.
pub(crate) async fn no_worker_is_left() {
    wait_until(|| children().into_iter().all(is_guard)).await;
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

async fn with_dead_guard() {
    let mut command = shell("while :; do :; done");
    command.stdout = Output::Inherit;
    let child = Spawner::global().spawn(command).await.unwrap();
    kill_and_see(guard_pid().await);
    print_pids([child.pid()]);
    std::future::pending::<()>().await;
}

async fn with_replaced_guard() {
    let (_first, grandchild) = spinning_job().await;
    let first_guard = guard_pid().await;
    kill_and_see(first_guard);
    // The next start finds it dead and writes both groups to a new one.
    let (_second, other_grandchild) = spinning_job().await;
    wait_until(|| !children().contains(&first_guard)).await;
    guard_pid().await;
    print_pids(children().into_iter().chain([grandchild, other_grandchild]));
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
    // Holds the guard, so that it is there from the beginning to the end.
    let first = Spawner::global().spawn(shell("read line <&3")).await.unwrap();
    guard_pid().await;
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
    wait_until(|| children().into_iter().all(|pid| pid == first.pid() || is_guard(pid))).await;
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
pub(crate) async fn wait_until(condition: impl Fn() -> bool) {
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

async fn closed_streams() {
    // Have what lasts opened before.
    run_to_end(shell("exit 0")).await;
    for descriptor in 0..3 {
        // SAFETY: nothing in this process owns them.
        unsafe { libc::close(descriptor) };
    }
    // The pipes get low numbers, which are the places of others in the child.
    let mut child = Spawner::global().spawn(shell("read line <&3; echo $line >&4; echo out")).await.unwrap();
    let mut channel = child.take_channel().unwrap();
    channel.writer.write_all(b"there and back\n").await.unwrap();
    assert_eq!(read_to_end(channel.reader).await, "there and back\n");
    assert_eq!(read_to_end(child.take_stdout().unwrap()).await, "out\n");
    // What the host does not have is the null device.
    let mut command = shell("echo nowhere && echo nowhere >&2");
    command.stdout = Output::Inherit;
    let mut child = Spawner::global().spawn(command).await.unwrap();
    assert_eq!(child.wait().await.unwrap().status, ExitStatus::Code(0));
}

async fn close_on_exec_output() {
    for stream in [rustix::stdio::stdout(), rustix::stdio::stderr()] {
        fcntl_setfd(stream, FdFlags::CLOEXEC).unwrap();
    }
    let mut command = shell("echo out; echo err >&2");
    command.stdout = Output::Inherit;
    Spawner::global().spawn(command).await.unwrap().wait().await.unwrap();
}

async fn inheritable_descriptors() {
    for number in [20, 300] {
        // SAFETY: the number is free; the copy is not close-on-exec.
        assert_eq!(unsafe { libc::dup2(1, number) }, number);
    }
    // The shell itself has the folder open while it lists it, and no longer when it prints.
    let script = "cd /proc/$$/fd; for n in *; do [ -e $n ] && echo $n; done; readlink 0";
    assert_eq!(run_to_end(shell(script)).await.0, "0\n1\n2\n3\n4\n/dev/null\n");
}

async fn without_processes() {
    run_to_end(shell("exit 0")).await;
    // The limit does not bind root.
    // SAFETY: no memory is involved; other threads of this process do not mind.
    unsafe { libc::setuid(65534) };
    let limit = getrlimit(Resource::Nproc);
    setrlimit(Resource::Nproc, Rlimit { current: Some(1), ..limit }).unwrap();
    let error = Spawner::global().spawn(shell("exit 0")).await.unwrap_err();
    assert_eq!(error, SpawnError::NoResources { stage: Stage::Create });
    setrlimit(Resource::Nproc, limit).unwrap();
    assert_eq!(run_to_end(shell("exit 0")).await.1, ExitStatus::Code(0));
}

async fn ignoring_children() {
    // SAFETY: sets no handler. The system now waits for children by itself.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    let mut child = Spawner::global().spawn(shell("read line <&3")).await.unwrap();
    drop(child.take_channel());
    assert_eq!(child.wait().await.unwrap_err().raw_os_error(), Some(libc::ECHILD));
    assert_eq!(child.signal_group(StopSignal::Kill).unwrap_err().raw_os_error(), Some(libc::ECHILD));
    drop(child);
    // SAFETY: sets no handler.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    assert_eq!(run_to_end(shell("exit 0")).await.1, ExitStatus::Code(0));
}

async fn cancelled_start() {
    tokio::select! {
        biased;
        child = Spawner::global().spawn(shell("while :; do :; done")) => unreachable!("{child:?}"),
        () = std::future::ready(()) => {}
    }
    // The spawner serves in order: once this has run, the other was started and given up.
    run_to_end(shell("exit 0")).await;
    no_worker_is_left().await;
}

async fn large() {
    const MEBIBYTE: u64 = 1 << 20;
    let memory = vec![1_u8; 300 << 20];
    let mut child = Spawner::global().spawn(shell("echo >&4; read line <&3; exec sleep 1000")).await.unwrap();
    let mut channel = child.take_channel().unwrap();
    channel.reader.read_u8().await.unwrap();
    assert!(MemoryScan::default().group_bytes(&[child.pid()])[&child.pid()] < 20 * MEBIBYTE);
    child.signal_group(StopSignal::Kill).unwrap();
    let peak = child.wait().await.unwrap().peak_memory_bytes;
    assert!(peak > MEBIBYTE / 2 && peak < 20 * MEBIBYTE, "{peak}");
    drop(memory);

    let mut hungry = shell("x=$(head -c 400000000 /dev/zero | tr '\\0' x); : $x");
    hungry.stdout = Output::Inherit;
    let peak = Spawner::global().spawn(hungry).await.unwrap().wait().await.unwrap().peak_memory_bytes;
    assert!(peak > 400 * MEBIBYTE, "{peak}");
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
