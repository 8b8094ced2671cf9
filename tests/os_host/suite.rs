//! The tests.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use crate::hosts::ROLE;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io::{BufRead, BufReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Far beyond what anything here takes: so that a failure is one, and not a hanging test.
const HANGING: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("nothing_outlives_a_killed_host", nothing_outlives_a_killed_host),
    ("nothing_outlives_a_killed_host_whose_guard_was_replaced", || ends_when_killed("with_replaced_guard")),
    ("a_worker_does_not_outlive_a_killed_host_without_guard", || ends_when_killed("with_dead_guard")),
    ("nothing_outlives_a_host_that_exits", nothing_outlives_a_host_that_exits),
    ("a_host_without_descriptors_says_so_and_recovers", || succeeds("without_descriptors")),
    ("a_host_without_processes_says_so_and_recovers", || succeeds("without_processes")),
    ("a_thousand_starts_leave_nothing", || succeeds("thousand_starts")),
    ("a_cancelled_start_leaves_nothing", || succeeds("cancelled_start")),
    ("a_worker_outlives_the_thread_that_asked_for_it", || succeeds("short_lived_thread")),
    ("a_guard_lasts_as_long_as_there_is_something_to_watch", || succeeds("tending")),
    ("output_arrives_from_a_close_on_exec_host", output_arrives_from_a_close_on_exec_host),
    ("a_worker_gets_five_descriptors_and_no_other", || succeeds("inheritable_descriptors")),
    ("a_host_with_closed_standard_streams_starts_workers", || succeeds("closed_streams")),
    ("a_host_that_waits_for_everyone_loses_the_status_only", || succeeds("ignoring_children")),
    ("a_host_that_inherits_orphans_keeps_no_zombies", || succeeds("inheriting_orphans")),
    ("a_worker_gets_the_rights_that_the_host_has_at_its_start", || succeeds("changing_rights")),
    ("a_kill_that_is_refused_says_so", || succeeds("dropped_root")),
    ("memory_of_a_worker_is_not_the_hosts", || succeeds("large")),
];

fn nothing_outlives_a_killed_host() {
    let mut host = Host::start("with_spinning_job");
    let processes = host.processes();
    assert_eq!(processes.len(), 3, "job, grandchild and guard");
    host.kill();
    host.has_ended_with(&processes);
}

/// Kills a host of that role: the processes that it reported are gone as well.
fn ends_when_killed(role: &str) {
    let mut host = Host::start(role);
    let processes = host.processes();
    host.kill();
    host.has_ended_with(&processes);
}

fn nothing_outlives_a_host_that_exits() {
    let mut host = Host::start("exiting_with_job");
    let processes = host.processes();
    host.has_ended_with(&processes);
}

fn output_arrives_from_a_close_on_exec_host() {
    let output = host_command("close_on_exec_output").output().unwrap();
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
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
            readable(process);
        }
        readable(self.stdout.get_ref());
        assert_eq!(self.stdout.read(&mut [0; 1]).unwrap(), 0);
    }
}

/// Waits until there is something to read, the end included.
fn readable(descriptor: &impl AsFd) {
    let ready = poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&HANGING)).unwrap();
    assert_eq!(ready, 1, "waited in vain");
}
