//! Hosts with a store as processes of their own: they are killed in the middle, find the file locked, or the
//! disk full. Without arguments, or with part of a test's name, it runs the tests; with a role in the
//! environment it is such a host.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test, or the host that it started")]
#![expect(clippy::print_stdout, reason = "hosts answer there")]

mod busy;
#[path = "../harness/mod.rs"]
mod harness;
mod killed;
#[cfg(target_os = "linux")]
mod small_disk;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use job_manager::store::{Bounds, Found, Options, Report, Store};
use job_manager::timer::Now;

/// Names the role in the environment.
const ROLE: &str = "STORE_HOST_ROLE";
/// Names the file.
const FILE: &str = "STORE_HOST_FILE";

const TESTS: &[(&str, fn())] = &[
    ("nothing_accepted_is_lost_and_nothing_ends_twice_in_300_kills", killed::three_hundred_times),
    ("a_store_is_free_as_soon_as_its_host_is_dead", a_store_is_free_as_soon_as_its_host_is_dead),
    #[cfg(target_os = "linux")]
    ("a_full_disk_refuses_runs_until_there_is_space", small_disk::fills_up),
];

fn main() {
    match std::env::var(ROLE).as_deref() {
        Ok("holder") => hold(),
        Ok("busy") => busy::work(),
        Ok("last") => busy::finish(),
        #[cfg(target_os = "linux")]
        Ok("small_disk") => small_disk::fill(),
        Ok(role) => unreachable!("there is no role {role}"),
        Err(_) => harness::run(TESTS),
    }
}

/// A host of that role.
fn command(role: &str, file: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(ROLE, role).env(FILE, file).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

fn start(role: &str, file: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = command(role, file).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (child, lines)
}

/// The store that the environment names, which keeps all of its history.
fn open() -> (Store, Found, Receiver<Report>) {
    let all = Bounds { per_job: u32::MAX, total: u32::MAX, max_age: Duration::MAX };
    let file = PathBuf::from(std::env::var_os(FILE).unwrap());
    let options = Options { history: all, failed: all, ..Options::new(file) };
    let (sender, reports) = unbounded();
    let opened = Store::open(&options, Now::read().wall, move |report| drop(sender.send(report)));
    let (store, found) = opened.unwrap();
    (store, found, reports)
}

fn hold() {
    let (_store, _found, reports) = open();
    println!("open");
    // Nothing is reported to it: it waits for its end.
    drop(reports.recv());
}

fn a_store_is_free_as_soon_as_its_host_is_dead() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.db");
    for _ in 0..20 {
        let (mut holder, mut lines) = start("holder", &file);
        lines.read_line(&mut String::new()).unwrap();
        let error = Store::open(&Options::new(&file), Now::read().wall, |_| {}).unwrap_err();
        assert_eq!(error.code(), "STORE_IN_USE");
        assert!(error.to_string().contains(&format!("process {} on host", holder.id())), "{error}");
        holder.kill().unwrap();
        holder.wait().unwrap();
        let (store, _found) = Store::open(&Options::new(&file), Now::read().wall, |_| {}).unwrap();
        store.close().unwrap();
    }
}
