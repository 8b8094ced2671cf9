//! Real processes: what a child gets, how it is signalled, and how its end is told.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed step of a helper fails the test that called it")]

use job_manager::worker::os::{ChildCommand, EnvBlock, ExitStatus, Output, SpawnError, StopSignal};
use job_manager::worker::spawner::Spawner;
use std::sync::Arc;
use tokio::io::AsyncReadExt;

fn command(program: &str, arguments: &[&str]) -> ChildCommand {
    ChildCommand {
        program: program.into(),
        argv: [program].iter().chain(arguments).map(Into::into).collect(),
        env: Arc::new(EnvBlock::new([("PATH", "/usr/bin:/bin"), ("EMPTY", "")])),
        stdout: Output::Pipe,
        stderr: Output::Inherit,
    }
}

fn shell(script: &str) -> ChildCommand {
    command("/bin/sh", &["-c", script])
}

/// Runs `command` to its end and returns what it printed and how it ended.
async fn run(command: ChildCommand) -> (String, ExitStatus) {
    let mut child = Spawner::global().spawn(command).await.unwrap();
    let mut printed = String::new();
    child.take_stdout().unwrap().read_to_string(&mut printed).await.unwrap();
    (printed, child.wait().await.unwrap().status)
}

#[tokio::test]
async fn the_environment_is_exactly_what_was_given_in_order() {
    let (printed, status) = run(command("/usr/bin/env", &[])).await;
    assert_eq!(printed, "PATH=/usr/bin:/bin\nEMPTY=\n");
    assert_eq!(status, ExitStatus::Code(0));
}

#[tokio::test]
async fn arguments_arrive_as_they_are() {
    let mut command = shell(r#"printf '<%s>' "$0" "$@""#);
    command.argv.extend(["a b", "", "ü", "\n$x"].map(Into::into));
    assert_eq!(run(command).await.0, "<a b><><ü><\n$x>");
}

#[tokio::test]
async fn exit_codes_and_signals_are_told_apart() {
    assert_eq!(run(shell("exit 3")).await.1, ExitStatus::Code(3));
    assert_eq!(run(shell("kill -9 $$")).await.1, ExitStatus::Signal(libc::SIGKILL));
    assert_eq!(run(shell("exit 137")).await.1, ExitStatus::Code(137));
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let error = Spawner::global().spawn(command("/no/such/program", &[])).await.unwrap_err();
    assert_eq!(error, SpawnError::MissingProgram { program: "/no/such/program".into() });
}

#[tokio::test]
async fn a_signal_to_the_group_reaches_grandchildren() {
    let mut child = Spawner::global().spawn(shell("sleep 1000 & echo; wait")).await.unwrap();
    let mut stdout = child.take_stdout().unwrap();
    stdout.read_u8().await.unwrap();
    child.signal_group(StopSignal::Terminate).unwrap();
    assert_eq!(child.wait().await.unwrap().status, ExitStatus::Signal(libc::SIGTERM));
    // Both held the pipe: it ends when both are gone.
    assert_eq!(stdout.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(child.signal_group(StopSignal::Kill).unwrap_err().raw_os_error(), Some(libc::ESRCH));
}
