//! The tests.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::print_stdout, reason = "the tests are listed there")]

use crate::hosts::ROLE;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStdout, Command, Stdio};

const TESTS: &[(&str, fn())] = &[
    ("nothing_outlives_a_killed_host", nothing_outlives_a_killed_host),
    (
        "nothing_outlives_a_host_whose_guard_was_killed_before",
        nothing_outlives_a_host_whose_guard_was_killed_before,
    ),
    ("nothing_outlives_a_host_that_exits", nothing_outlives_a_host_that_exits),
    ("a_host_without_descriptors_says_so_and_recovers", || succeeds("without_descriptors")),
    ("a_thousand_starts_leave_nothing", || succeeds("thousand_starts")),
    ("a_worker_outlives_the_thread_that_asked_for_it", || succeeds("short_lived_thread")),
    ("a_guard_lasts_as_long_as_there_is_something_to_watch", || succeeds("tending")),
    ("a_host_with_closed_standard_streams_starts_workers", || succeeds("closed_streams")),
];

/// Runs the tests whose name contains the first argument that is no option, or all.
pub(crate) fn run() {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let chosen =
        TESTS.iter().filter(|(name, _)| filter.as_ref().is_none_or(|part| name.contains(part.as_str())));
    for (name, test) in chosen {
        println!("test {name} ...");
        test();
    }
    println!("test result: ok.");
}

fn nothing_outlives_a_killed_host() {
    let mut host = Host::start("with_spinning_job");
    let processes = host.processes();
    assert_eq!(processes.len(), 3, "job, grandchild and guard");
    host.kill();
    host.has_ended_with(&processes);
}

fn nothing_outlives_a_host_whose_guard_was_killed_before() {
    let mut host = Host::start("with_replaced_guard");
    let processes = host.processes();
    host.kill();
    host.has_ended_with(&processes);
}

fn nothing_outlives_a_host_that_exits() {
    let mut host = Host::start("exiting_with_job");
    let processes = host.processes();
    host.has_ended_with(&processes);
}

/// Runs a host that tests by itself and ends with 0.
fn succeeds(role: &str) {
    assert!(host_command(role).status().unwrap().success());
}

/// A host process. Everything that it starts holds its standard output.
struct Host {
    process: Child,
    stdout: BufReader<ChildStdout>,
}

fn host_command(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(ROLE, role);
    command
}

impl Host {
    fn start(role: &str) -> Host {
        let mut process = host_command(role).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        Host { process, stdout }
    }

    /// The pids that the host prints, a line each, up to an empty line. They are held, so that
    /// they are not reused.
    fn processes(&mut self) -> Vec<OwnedFd> {
        let lines = self.stdout.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty());
        lines
            .map(|line| {
                pidfd_open(Pid::from_raw(line.parse().unwrap()).unwrap(), PidfdFlags::empty()).unwrap()
            })
            .collect()
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
    }

    /// Waits for the ends of all, and of whatever else holds the host's output.
    fn has_ended_with(mut self, processes: &[OwnedFd]) {
        self.process.wait().unwrap();
        for process in processes {
            poll(&mut [PollFd::new(process, PollFlags::IN)], None).unwrap();
        }
        assert_eq!(self.stdout.read(&mut [0; 1]).unwrap(), 0);
    }
}
