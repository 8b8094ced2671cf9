//! Commands for tests with real processes.
#![expect(clippy::unwrap_used, reason = "a failed step of a helper fails the test that called it")]

use job_manager::worker::os::{ChildCommand, EnvBlock, ExitStatus, Output};
use job_manager::worker::spawner::Spawner;
use std::sync::Arc;
use tokio::io::AsyncReadExt;

/// `program` with a small environment of its own; what it prints is piped, its errors are seen.
pub(crate) fn command(program: &str, arguments: &[&str]) -> ChildCommand {
    ChildCommand {
        nice: 0,
        program: program.into(),
        argv: [program].iter().chain(arguments).map(Into::into).collect(),
        env: Arc::new(EnvBlock::new([("PATH", "/usr/bin:/bin"), ("EMPTY", "")])),
        stdout: Output::Pipe,
        stderr: Output::Inherit,
    }
}

pub(crate) fn shell(script: &str) -> ChildCommand {
    command("/bin/sh", &["-c", script])
}

/// Runs `command` to its end and returns what it printed and how it ended.
pub(crate) async fn run(command: ChildCommand) -> (String, ExitStatus) {
    let mut child = Spawner::global().spawn(command).await.unwrap();
    let mut printed = String::new();
    child.take_stdout().unwrap().read_to_string(&mut printed).await.unwrap();
    (printed, child.wait().await.unwrap().status)
}
