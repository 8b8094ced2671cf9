//! Real processes on Windows: what a child gets, how it is ended, and how its end is reported. They run
//! the `node` that is on the path.
#![cfg(windows)]
#![expect(clippy::unwrap_used, reason = "a failed step of a helper fails the test that called it")]

use job_manager::worker::os::{
    Child, ChildCommand, EnvBlock, ExitStatus, MemoryScan, Output, SpawnError, StopSignal,
};
use job_manager::worker::spawner::Spawner;
use std::env;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn node() -> PathBuf {
    let path = env::var_os("PATH").unwrap();
    env::split_paths(&path).map(|folder| folder.join("node.exe")).find(|file| file.is_file()).unwrap()
}

/// The host's environment: Windows and Node rely on some of it.
fn environment() -> Arc<EnvBlock> {
    Arc::new(EnvBlock::new(env::vars_os()))
}

fn script(source: &str) -> ChildCommand {
    ChildCommand {
        nice: 0,
        program: node().into(),
        argv: ["node", "-e", source].map(Into::into).into(),
        env: environment(),
        stdout: Output::Pipe,
        stderr: Output::Inherit,
    }
}

async fn start(source: &str) -> Child {
    Spawner::global().spawn(script(source)).await.unwrap()
}

async fn run(command: ChildCommand) -> (String, ExitStatus) {
    let mut child = Spawner::global().spawn(command).await.unwrap();
    let mut printed = String::new();
    child.take_stdout().unwrap().read_to_string(&mut printed).await.unwrap();
    (printed, child.wait().await.unwrap().status)
}

#[tokio::test]
async fn arguments_arrive_as_they_are() {
    let mut command = script("process.stdout.write(process.argv.slice(1).join('|'))");
    command.argv.extend(["a b", "", r#"say "x\""#, r"C:\Program Files\", "ü"].map(Into::into));
    assert_eq!(run(command).await.0, r#"a b||say "x\"|C:\Program Files\|ü"#);
}

#[tokio::test]
async fn the_environment_is_what_was_given() {
    let mut command = script("process.stdout.write(String([process.env.GIVEN, process.env.HOME_OF_NOBODY]))");
    let given = [("GIVEN".into(), "ü=1".into())];
    command.env = Arc::new(EnvBlock::new(env::vars_os().chain(given)));
    assert_eq!(run(command).await.0, "ü=1,");
}

#[tokio::test]
async fn the_channel_carries_both_ways_and_ends_with_the_process() {
    let mut child = start("fs.writeSync(4, fs.readFileSync(3))").await;
    let mut channel = child.take_channel().unwrap();
    channel.writer.write_all(b"there and back").await.unwrap();
    drop(channel.writer);
    let mut answer = String::new();
    channel.reader.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "there and back");
    assert_eq!(child.wait().await.unwrap().status, ExitStatus::Code(0));
}

#[tokio::test]
async fn standard_input_is_empty() {
    assert_eq!(run(script("process.stdin.pipe(process.stdout)")).await.0, "");
}

#[tokio::test]
async fn exit_codes_and_signals_are_told_apart() {
    assert_eq!(run(script("process.exit(3)")).await.1, ExitStatus::Code(3));
    for (signal, number) in [(StopSignal::Terminate, 15), (StopSignal::Kill, 9)] {
        let mut child = start("fs.writeSync(4, 'x'); for (;;);").await;
        child.take_channel().unwrap().reader.read_u8().await.unwrap();
        child.signal_group(signal).unwrap();
        let exit = child.wait().await.unwrap();
        assert_eq!(exit.status, ExitStatus::Signal(number));
        assert_eq!(child.wait().await.unwrap(), exit);
        assert_eq!(child.signal_group(signal).unwrap_err().kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn processor_time_and_memory_are_counted() {
    let exit = start("for (let end = Date.now() + 100; Date.now() < end;);").await.wait().await.unwrap();
    assert!(exit.cpu_time > Duration::ZERO);
    assert!(exit.peak_memory_bytes > 1 << 20);
}

/// Starts a process that has started another, both holding its standard output.
async fn with_grandchild(then: &str) -> Child {
    let mut child = start(&format!(
        "child_process.spawn(process.execPath, ['-e', 'setInterval(() => {{}}, 1000)'], {{stdio: 'inherit'}})
            .on('spawn', () => {{ fs.writeSync(4, 'x'); {then} }});"
    ))
    .await;
    child.take_channel().unwrap().reader.read_u8().await.unwrap();
    child
}

#[tokio::test]
async fn a_signal_to_the_group_reaches_grandchildren() {
    let mut child = with_grandchild("").await;
    assert!(MemoryScan::default().group_bytes(&[child.pid()])[&child.pid()] > 0);
    child.signal_group(StopSignal::Kill).unwrap();
    assert_eq!(child.take_stdout().unwrap().read(&mut [0; 8]).await.unwrap(), 0);
    child.wait().await.unwrap();
    assert!(MemoryScan::default().group_bytes(&[child.pid()]).is_empty());
}

#[tokio::test]
async fn grandchildren_do_not_outlive_a_process_that_ended_by_itself() {
    let mut child = with_grandchild("process.exit(0)").await;
    assert_eq!(child.wait().await.unwrap().status, ExitStatus::Code(0));
    assert_eq!(child.take_stdout().unwrap().read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_dropped_child_takes_what_it_started_with_it() {
    let mut child = with_grandchild("for (;;);").await;
    let mut stdout = child.take_stdout().unwrap();
    drop(child);
    assert_eq!(stdout.read(&mut [0; 8]).await.unwrap(), 0);
}

async fn refusal(file_name: &str, text: &str) -> SpawnError {
    let folder = tempfile::tempdir().unwrap();
    let mut command = script("");
    command.program = folder.path().join(file_name).into();
    if !text.is_empty() {
        std::fs::write(&command.program, text).unwrap();
    }
    Spawner::global().spawn(command).await.unwrap_err()
}

#[tokio::test]
async fn starts_that_fail_say_why() {
    assert_eq!(refusal("missing.exe", "").await.code(), "SPAWN_PROGRAM_MISSING");
    assert_eq!(refusal("nonsense.exe", "nonsense").await.code(), "SPAWN_BAD_FORMAT");
    assert_eq!(refusal("commands.cmd", "echo x").await.code(), "SPAWN_NOT_EXECUTABLE");
}
