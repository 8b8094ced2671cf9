//! What a store cannot be opened for, and what the error says.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::*;

fn refusal(options: &Options) -> StoreError {
    Store::open(options, NOW, |_| {}).unwrap_err()
}

fn edit(path: &Path, statements: &str) {
    Connection::open(path).unwrap().execute_batch(statements).unwrap();
}

#[test]
fn a_store_is_marked_as_one() {
    let (_folder, options) = new_store();
    Host::start(&options).close();
    let header = fs::read(&options.path).unwrap();
    assert_eq!(header[68..72], *b"job!");
    assert_eq!(header[60..64], [0, 0, 0, 1]);
    assert!(!beside(&options, "-wal").exists(), "a closed store is one file");
}

#[test]
fn one_manager_at_a_time() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    let error = refusal(&options);
    assert_eq!(error.code(), "STORE_IN_USE");
    let message = error.to_string();
    assert!(message.contains(&format!("process {} on host ", std::process::id())), "{message}");
    assert!(message.contains("jobs.db is in use by"), "{message}");
    host.close();
    Host::start(&options).close();
}

#[test]
fn others_may_read_meanwhile() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    host.keep(vec![accept(1, "mail")]);
    let other = Connection::open(&options.path).unwrap();
    let count = || other.query_row("SELECT count(*) FROM runs", (), |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count(), 1);
    host.keep(vec![accept(2, "mail")]);
    assert_eq!(count(), 2);
}

#[test]
fn a_missing_folder_is_named() {
    let (folder, mut options) = new_store();
    options.path = folder.path().join("data/jobs.db");
    let error = refusal(&options);
    assert_eq!(error.code(), "STORE_FOLDER_MISSING");
    assert!(error.to_string().ends_with(&format!("create {}", folder.path().join("data").display())));
}

#[test]
fn a_text_is_not_a_store_and_stays_as_it_is() {
    let (_folder, options) = new_store();
    let text = "To whom it may concern. ".repeat(100);
    fs::write(&options.path, &text).unwrap();
    let error = refusal(&options);
    assert_eq!(error.code(), "STORE_NOT_A_STORE");
    assert!(error.to_string().contains("not a database"), "{error}");
    assert_eq!(fs::read_to_string(&options.path).unwrap(), text);
}

#[test]
fn the_database_of_another_application_stays_as_it_is() {
    let (_folder, options) = new_store();
    edit(&options.path, "CREATE TABLE posts (title TEXT)");
    let before = fs::read(&options.path).unwrap();
    assert_eq!(refusal(&options).code(), "STORE_NOT_A_STORE");
    assert_eq!(fs::read(&options.path).unwrap(), before);
}

#[test]
fn an_empty_file_becomes_a_store() {
    let (_folder, options) = new_store();
    fs::write(&options.path, "").unwrap();
    Host::start(&options).close();
}

#[test]
fn a_newer_file_is_refused_and_stays_as_it_is() {
    let (_folder, options) = new_store();
    Host::start(&options).close();
    edit(&options.path, "PRAGMA user_version = 9");
    let before = fs::read(&options.path).unwrap();
    let error = refusal(&options);
    assert_eq!(error.code(), "STORE_NEWER");
    assert_eq!(error.fault(), &Fault::Newer { found: 9, known: 1 });
    assert_eq!(fs::read(&options.path).unwrap(), before);
}

/// A store of some size.
fn filled() -> (TempDir, Options) {
    let (folder, options) = new_store();
    let host = Host::start(&options);
    host.keep((1..=500).map(|key| accept(key, "mail")).collect());
    host.close();
    (folder, options)
}

#[test]
fn a_file_that_was_cut_is_damaged() {
    let (_folder, options) = filled();
    let length = fs::metadata(&options.path).unwrap().len();
    for cut in [1, 4_096, length - 5_000] {
        let copy = Options::new(beside(&options, "-cut"));
        fs::copy(&options.path, &copy.path).unwrap();
        fs::File::options().write(true).open(&copy.path).unwrap().set_len(length - cut).unwrap();
        let error = refusal(&copy);
        assert_eq!(error.code(), "STORE_CORRUPT", "without {cut} bytes: {error}");
    }
}

#[test]
fn a_file_with_other_bytes_in_it_is_damaged() {
    let (_folder, options) = filled();
    let mut bytes = fs::read(&options.path).unwrap();
    // All pages but the first, which says what the file is.
    bytes[4_096..].fill(0xA5);
    fs::write(&options.path, bytes).unwrap();
    let error = refusal(&options);
    assert_eq!(error.code(), "STORE_CORRUPT");
    assert!(error.to_string().contains("restore a copy"), "{error}");
}

#[test]
fn a_torn_log_loses_nothing_committed() {
    let (folder, options) = new_store();
    let host = Host::start(&options);
    host.keep(vec![accept(1, "mail")]);
    // As the host dies: with half a transaction at the end of the log.
    let copy = Options::new(folder.path().join("copy.db"));
    fs::copy(&options.path, &copy.path).unwrap();
    let mut log = fs::read(beside(&options, "-wal")).unwrap();
    let frames = log.clone();
    log.extend(frames.iter().skip(32).take(6_000));
    fs::write(beside(&copy, "-wal"), log).unwrap();
    let copy = Host::start(&copy);
    assert_eq!(copy.found.waiting[0].runs, 1);
    copy.keep(vec![accept(2, "mail")]);
}

#[test]
fn a_file_that_another_program_writes_is_locked() {
    let (_folder, options) = new_store();
    Host::start(&options).close();
    let other = Connection::open(&options.path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = refusal(&options);
    assert_eq!(error.code(), "STORE_LOCKED");
    drop(other);
    Host::start(&options).close();
}

/// Runs `test` as a user without rights; only this thread becomes one.
#[cfg(target_os = "linux")]
fn as_nobody(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            const NOBODY: libc::uid_t = 65_534;
            const SAME: libc::uid_t = libc::uid_t::MAX;
            // SAFETY: a system call without memory. Raw, it concerns the calling thread alone.
            unsafe { libc::syscall(libc::SYS_setresuid, SAME, NOBODY, SAME) };
            test();
        });
        thread.join().unwrap();
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_may_only_be_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, options) = new_store();
    Host::start(&options).close();
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(&options.path, 0o444);
    allow(&beside(&options, "-lock"), 0o666);
    allow(folder.path(), 0o777);
    as_nobody(|| {
        let error = refusal(&options);
        assert_eq!(error.code(), "STORE_READ_ONLY");
        assert!(error.to_string().contains("make the file and its folder writable"), "{error}");
    });
    allow(&options.path, 0o666);
    fs::remove_file(beside(&options, "-lock")).unwrap();
    allow(folder.path(), 0o555);
    as_nobody(|| assert_eq!(refusal(&options).code(), "STORE_READ_ONLY", "no lock file can be made"));
    allow(folder.path(), 0o700);
}
