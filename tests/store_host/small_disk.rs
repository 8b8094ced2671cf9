//! A file system of one megabyte, in a mount namespace of the host's own.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use job_manager::store::{Change, NewRun, Outcome, Report, RunKey, Ticket, Write};
use job_manager::timer::Now;

use crate::{FILE, command, open};

/// Where a file system cannot be mounted (some systems keep that to root), the unit test of the same fault
/// limits the file instead.
pub(crate) fn fills_up() {
    let folder = tempfile::tempdir().unwrap();
    let host = command("small_disk", &folder.path().join("jobs.db"));
    let can_mount = Command::new("unshare").args(["--mount", "--map-root-user", "true"]).status();
    if !can_mount.is_ok_and(|status| status.success()) {
        println!("    this system lets no file system be mounted: see store::tests::failing");
        return;
    }
    let script = "mount -t tmpfs -o size=1m tmpfs \"$0\" && exec \"$1\"";
    let mut child = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", script])
        .arg(folder.path())
        .arg(host.get_program())
        .envs(host.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert_eq!(said, "refused\nrefused\naccepted\n");
}

/// Is that host.
pub(crate) fn fill() {
    let file = PathBuf::from(std::env::var_os(FILE).unwrap());
    let ballast = file.with_file_name("ballast");
    fs::write(&ballast, vec![1; 400_000]).unwrap();
    let (store, _found, reports) = open();
    let mut key = 0;
    let mut ask = || {
        key += 1;
        store.write(Write { ticket: Some(Ticket(1)), changes: vec![large(key)] });
        store.flush().unwrap();
        outcome(&reports)
    };
    while ask() == Outcome::Kept {}
    // It was refused; and so is the next one, with all that can be said about it.
    println!("refused");
    let Outcome::Refused(error) = ask() else { unreachable!("there is no space") };
    assert_eq!(error.code(), "STORE_FULL");
    assert!(error.to_string().contains(&*file_name(&file)), "{error}");
    println!("refused");
    fs::remove_file(ballast).unwrap();
    assert_eq!(ask(), Outcome::Kept);
    println!("accepted");
    store.close().unwrap();
}

fn file_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap().to_string_lossy()
}

fn large(key: i64) -> Change {
    let now = Now::read().wall;
    Change::Accept(NewRun {
        key: RunKey(key),
        id: format!("run-{key}").into(),
        job: Arc::from("mail"),
        data: vec![7; 50_000].into(),
        priority: 0,
        trigger: "manual".into(),
        due: None,
        begin_at: now,
        queued_at: now,
        attempts: 1,
        timeout: None,
        retry_of: None,
    })
}

fn outcome(reports: &Receiver<Report>) -> Outcome {
    loop {
        if let Report::Settled(mut settled) = reports.recv().unwrap() {
            return settled.remove(0).1;
        }
    }
}
