//! Real processes: what a child inherits, how it is signalled, and how its end is reported.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed step of a helper fails the test that called it")]

#[path = "os_support/mod.rs"]
mod support;

use job_manager::worker::os::{Child, EnvBlock, ExecRoom, Exit, ExitStatus, SpawnError, StopSignal};
use job_manager::worker::spawner::Spawner;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;
use support::{command, run, shell};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn start(script: &str) -> Child {
    Spawner::global().spawn(shell(script)).await.unwrap()
}

// What it gets.

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
async fn the_channel_carries_both_ways_and_ends_with_the_process() {
    let mut child = start("cat <&3 >&4").await;
    let mut channel = child.take_channel().unwrap();
    assert!(child.take_channel().is_none());
    channel.writer.write_all(b"there and back").await.unwrap();
    drop(channel.writer);
    let mut answer = String::new();
    channel.reader.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "there and back");
    assert_eq!(child.wait().await.unwrap().status, ExitStatus::Code(0));
}

#[tokio::test]
async fn standard_input_is_empty() {
    assert_eq!(run(shell("cat")).await.0, "");
}

#[tokio::test]
async fn it_leads_a_session_and_a_process_group_of_its_own() {
    let mut child = start("read line <&3").await;
    let pid = child.pid().cast_signed();
    // SAFETY: system calls without memory.
    assert_eq!(unsafe { (libc::getsid(pid), libc::getpgid(pid)) }, (pid, pid));
    drop(child.take_channel());
    child.wait().await.unwrap();
}

#[tokio::test]
async fn it_has_no_terminal() {
    let (printed, _) = run(shell("exec 2>&1; cat </dev/tty || echo none")).await;
    assert!(printed.ends_with("none\n"), "{printed}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_kernel_takes_it_before_the_host_when_memory_runs_out() {
    let adjustment = |text: String| text.trim().parse::<i32>().unwrap();
    let host = adjustment(fs::read_to_string("/proc/self/oom_score_adj").unwrap());
    let mut child = start("read line <&3; cat /proc/self/oom_score_adj").await;
    drop(child.take_channel());
    let mut printed = String::new();
    child.take_stdout().unwrap().read_to_string(&mut printed).await.unwrap();
    assert_eq!(adjustment(printed), (host + 500).min(1000));
    child.wait().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_environment_as_large_as_there_is_room_for_can_be_given() {
    let room = ExecRoom::beside(&shell("exit 0").argv);
    let longest = "x".repeat(room.string_bytes - "LONG0=\0".len());
    let count = room.total_bytes / (room.string_bytes + ExecRoom::POINTER_BYTES);
    let names: Vec<String> = (0..count).map(|number| format!("LONG{number}")).collect();
    let mut command = shell("exit 0");
    command.env =
        Arc::new(EnvBlock::new(names.iter().map(|name| (name, longest.get(name.len() - 5..).unwrap()))));
    assert_eq!(run(command).await.1, ExitStatus::Code(0));
    let mut too_long = shell("exit 0");
    too_long.env = Arc::new(EnvBlock::new([("LONG00", longest)]));
    assert_eq!(Spawner::global().spawn(too_long).await.unwrap_err(), SpawnError::ArgumentsTooLong);
}

#[tokio::test]
async fn signals_that_the_host_ignores_end_it_as_usual() {
    // Rust's runtime ignores this one, and so does Node.
    assert_eq!(
        run(shell("kill -PIPE $$; echo survived")).await,
        (String::new(), ExitStatus::Signal(libc::SIGPIPE))
    );
}

// Its end.

#[tokio::test]
async fn exit_codes_and_signals_are_told_apart() {
    assert_eq!(run(shell("exit 3")).await.1, ExitStatus::Code(3));
    assert_eq!(run(shell("kill -9 $$")).await.1, ExitStatus::Signal(libc::SIGKILL));
    assert_eq!(run(shell("exit 137")).await.1, ExitStatus::Code(137));
}

#[tokio::test]
async fn processor_time_is_counted() {
    let exit = start("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done").await.wait().await.unwrap();
    assert!(exit.cpu_time > Duration::ZERO);
}

#[tokio::test]
async fn waiting_can_be_cancelled_and_repeated() {
    let mut child = start("read line <&3; exit 5").await;
    tokio::select! {
        biased;
        exit = child.wait() => unreachable!("{exit:?}"),
        () = std::future::ready(()) => {}
    }
    drop(child.take_channel());
    let exit: Exit = child.wait().await.unwrap();
    assert_eq!(exit.status, ExitStatus::Code(5));
    assert_eq!(child.wait().await.unwrap(), exit);
}

#[tokio::test]
async fn no_signal_is_sent_after_the_end() {
    let mut child = start("exit 0").await;
    child.wait().await.unwrap();
    for result in [child.signal_group(StopSignal::Kill), child.signal(StopSignal::Terminate)] {
        assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::ESRCH));
    }
}

#[tokio::test]
async fn a_process_that_has_not_been_waited_for_can_be_signalled_without_harm() {
    let mut child = start("exit 4").await;
    assert_eq!(child.take_stdout().unwrap().read(&mut [0; 8]).await.unwrap(), 0);
    child.signal_group(StopSignal::Terminate).unwrap();
    child.wait().await.unwrap();
}

// Its group.

/// Starts a process that waits for a sleeping one of its own, both holding its standard output.
async fn with_grandchild(then: &str) -> Child {
    let mut child = start(&format!("sleep 1000 & echo started >&4; {then}")).await;
    child.take_channel().unwrap().reader.read_u8().await.unwrap();
    child
}

async fn output_ends(mut child: Child) {
    assert_eq!(child.take_stdout().unwrap().read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_signal_to_the_group_reaches_grandchildren() {
    let mut child = with_grandchild("wait").await;
    child.signal_group(StopSignal::Terminate).unwrap();
    let mut stdout = child.take_stdout().unwrap();
    assert_eq!(stdout.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(child.wait().await.unwrap().status, ExitStatus::Signal(libc::SIGTERM));
}

#[tokio::test]
async fn grandchildren_do_not_outlive_a_process_that_ended_by_itself() {
    let mut child = with_grandchild("exit 0").await;
    assert_eq!(child.wait().await.unwrap().status, ExitStatus::Code(0));
    output_ends(child).await;
}

#[tokio::test]
async fn a_dropped_child_takes_its_group_with_it() {
    let mut child = with_grandchild("while :; do :; done").await;
    let mut stdout = child.take_stdout().unwrap();
    drop(child);
    assert_eq!(stdout.read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_process_that_will_not_terminate_is_killed() {
    let mut child = start("trap '' TERM; echo ready >&4; while :; do :; done").await;
    child.take_channel().unwrap().reader.read_u8().await.unwrap();
    child.signal_group(StopSignal::Terminate).unwrap();
    child.signal_group(StopSignal::Kill).unwrap();
    assert_eq!(child.wait().await.unwrap().status, ExitStatus::Signal(libc::SIGKILL));
}

// Starts that fail.

async fn refusal(program: &str) -> SpawnError {
    Spawner::global().spawn(command(program, &[])).await.unwrap_err()
}

/// A file in a folder that is removed with the returned value.
fn file(text: &str, mode: u32) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[tokio::test]
async fn a_missing_program_is_named() {
    for program in ["/no/such/program", "/bin/sh/program", ""] {
        assert_eq!(refusal(program).await, SpawnError::MissingProgram { program: program.into() });
    }
    assert_eq!(refusal("/no").await.code(), "SPAWN_PROGRAM_MISSING");
}

#[tokio::test]
async fn a_missing_interpreter_is_a_missing_program() {
    let (_folder, program) = file("#!/no/such/interpreter\n", 0o700);
    assert_eq!(refusal(&program).await.code(), "SPAWN_PROGRAM_MISSING");
}

#[tokio::test]
async fn a_file_that_is_not_executable_is_named() {
    let (_folder, program) = file("#!/bin/sh\n", 0o600);
    assert_eq!(refusal(&program).await.to_string(), format!("program {program} is not executable"));
    assert_eq!(refusal("/tmp").await.code(), "SPAWN_NOT_EXECUTABLE");
}

#[tokio::test]
async fn a_file_in_no_known_format_is_named() {
    let (_folder, program) = file("\u{1}nonsense", 0o700);
    assert_eq!(refusal(&program).await.code(), "SPAWN_BAD_FORMAT");
}

#[tokio::test]
async fn arguments_that_are_too_long_are_refused() {
    let long = "x".repeat(4 << 20);
    let error = Spawner::global().spawn(command("/bin/true", &[&long])).await.unwrap_err();
    assert_eq!(error, SpawnError::ArgumentsTooLong);
}

#[tokio::test]
async fn text_that_no_process_can_get_is_refused() {
    let mut bad_argument = shell("exit 0");
    bad_argument.argv.push("a\0b".into());
    let mut bad_variable = shell("exit 0");
    bad_variable.env = Arc::new(EnvBlock::new([("a", "b\0c")]));
    for (command, part) in [(bad_argument, "argument"), (bad_variable, "environment variable")] {
        let error = Spawner::global().spawn(command).await.unwrap_err();
        assert_eq!(error, SpawnError::UnpassableText { part });
    }
}
