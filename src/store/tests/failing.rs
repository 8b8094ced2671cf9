//! A disk that fails while the store is open. Without the thread, one batch after the other.

#[cfg(unix)]
use std::fs;

use super::*;

struct Steps {
    writer: Writer,
    reports: Receiver<Report>,
}

impl Steps {
    fn of(options: &Options) -> Steps {
        let (sender, reports) = unbounded();
        let (writer, _found) =
            prepare(options, NOW, Box::new(move |report| drop(sender.send(report)))).unwrap();
        Steps { writer, reports }
    }

    /// Settles a batch of one write each, with tickets from 1, and returns what was reported.
    fn settle(&mut self, changes: Vec<Change>) -> Vec<Report> {
        let write = |(ticket, change)| Write { ticket: Some(Ticket(ticket)), changes: vec![change] };
        self.writer.settle((1..).zip(changes).map(write).collect());
        self.reports.try_iter().collect()
    }

    fn limit_pages(&self, pages: u32) {
        self.writer.connection.pragma_update(None, "max_page_count", pages).unwrap();
    }

    fn fill(&self) {
        self.limit_pages(1);
    }

    fn free(&self) {
        self.limit_pages(1_000_000);
    }
}

fn large(key: i64) -> Change {
    Change::Accept(NewRun { data: vec![7; 100_000].into(), ..new_run(key, "mail") })
}

fn settled(report: &Report) -> Vec<(u64, &'static str)> {
    let Report::Settled(settled) = report else { panic!("{report:?}") };
    let name = |outcome: &Outcome| match outcome {
        Outcome::Kept => "kept",
        Outcome::Known(_) => "known",
        Outcome::Refused(error) => error.code(),
        Outcome::Owed => "owed",
    };
    settled.iter().map(|(ticket, outcome)| (ticket.0, name(outcome))).collect()
}

#[test]
fn a_full_disk_refuses_what_is_new_and_owes_what_has_happened() {
    let (_folder, options) = new_store();
    let mut steps = Steps::of(&options);
    steps.settle(vec![accept(1, "mail"), accept(2, "mail")]);
    steps.fill();
    let reports = steps.settle(vec![begin(1, 1), large(3)]);
    assert_eq!(settled(&reports[0]), [(1, "owed"), (2, "STORE_FULL")]);
    let Report::Fails(error) = &reports[1] else { panic!("{reports:?}") };
    assert!(error.to_string().contains("Free some space"), "{error}");
    let reports = steps.settle(vec![end(1, "mail", EndState::Completed), large(4)]);
    assert_eq!(reports.len(), 1, "the failure is reported once");
    assert_eq!(settled(&reports[0]), [(1, "owed"), (2, "STORE_FULL")]);
    steps.free();
    steps.writer.do_chores();
    assert_eq!(steps.reports.try_iter().collect::<Vec<_>>(), [Report::Works]);
    let state = |id: &str| Reader::open(&options.path).unwrap().run(id).unwrap().map(|run| run.state);
    assert_eq!(["run-1", "run-2"].map(state), ["completed", "waiting"].map(|state| Some(state.to_owned())));
    assert_eq!(["run-3", "run-4"].map(state), [None, None], "what was refused is not there");
    assert_eq!(settled(&steps.settle(vec![large(5)])[0]), [(1, "kept")]);
}

#[test]
fn a_write_that_sqlite_cannot_keep_spoils_no_other() {
    let (_folder, options) = new_store();
    let mut steps = Steps::of(&options);
    steps.settle(vec![accept(1, "mail")]);
    // The key is taken, which the engine never asks for.
    let twice = Change::Accept(NewRun { id: "other".into(), ..new_run(1, "mail") });
    let reports = steps.settle(vec![accept(2, "mail"), twice, accept(3, "mail")]);
    let settled: Vec<_> = reports.iter().flat_map(settled).collect();
    assert_eq!(settled, [(1, "kept"), (2, "STORE_REJECTED"), (3, "kept")]);
    assert!(steps.writer.trouble.is_none());
}

#[test]
fn what_is_owed_is_kept_at_the_end_if_it_can_be() {
    let (_folder, options) = new_store();
    for can_be in [false, true] {
        let mut steps = Steps::of(&options);
        let key = if can_be { 2 } else { 1 };
        let failure = || Failure { error: Some(vec![7; 100_000].into()), ..error() };
        let ending = Ending { failure: failure(), ..ending(EndState::Failed, NOW) };
        steps.settle(vec![accept(key, "mail"), begin(key, 1)]);
        steps.fill();
        steps.settle(vec![Change::End { run: RunKey(key), job: "mail".into(), ending }]);
        if can_be {
            steps.free();
        }
        let (sender, inbox) = unbounded();
        drop(sender);
        let closed = steps.writer.serve(&inbox);
        assert_eq!(closed.map_err(|error| error.code()), if can_be { Ok(()) } else { Err("STORE_FULL") });
    }
}

// Elsewhere an open file cannot be removed.
#[cfg(unix)]
#[test]
fn a_file_that_is_removed_or_replaced_is_noticed() {
    let (_folder, options) = new_store();
    let mut steps = Steps::of(&options);
    steps.settle(vec![accept(1, "mail")]);
    fs::remove_file(&options.path).unwrap();
    assert_eq!(settled(&steps.settle(vec![accept(2, "mail")])[0]), [(1, "STORE_GONE")]);
    fs::write(&options.path, "").unwrap();
    assert_eq!(settled(&steps.settle(vec![accept(3, "mail")])[0]), [(1, "STORE_GONE")]);
}

// Elsewhere an open file cannot be removed.
#[cfg(unix)]
#[test]
fn a_log_that_is_removed_is_noticed() {
    let (_folder, options) = new_store();
    let mut steps = Steps::of(&options);
    assert_eq!(settled(&steps.settle(vec![accept(1, "mail")])[0]), [(1, "kept")]);
    fs::remove_file(beside(&options, "-wal")).unwrap();
    assert_eq!(settled(&steps.settle(vec![accept(2, "mail")])[0]), [(1, "STORE_GONE")]);
}

#[test]
fn a_file_that_another_program_locks_is_waited_for() {
    let (_folder, options) = new_store();
    let mut steps = Steps::of(&options);
    steps.writer.connection.busy_timeout(Duration::from_millis(1)).unwrap();
    let other = rusqlite::Connection::open(&options.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let reports = steps.settle(vec![accept(1, "mail")]);
    assert_eq!(settled(&reports[0]), [(1, "STORE_LOCKED")]);
    other.execute_batch("COMMIT").unwrap();
    let reports = steps.settle(vec![accept(1, "mail")]);
    assert_eq!((settled(&reports[0]), &reports[1]), (vec![(1, "kept")], &Report::Works));
}

#[test]
fn a_window_that_cannot_be_read_is_asked_for_again() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    host.keep(vec![accept(1, "mail")]);
    host.close();
    let Steps { writer, reports } = Steps::of(&options);
    writer.connection.execute_batch("DROP INDEX runs_that_wait; ALTER TABLE runs RENAME TO x").unwrap();
    let (sender, inbox) = unbounded();
    let read = || Command::Read { job: "mail".into(), limit: 9, now: NOW };
    sender.send(read()).unwrap();
    sender.send(Command::Close).unwrap();
    writer.serve(&inbox).unwrap();
    let reports: Vec<_> = reports.try_iter().collect();
    assert!(matches!(reports[0], Report::Fails(_)), "{reports:?}");
    let Report::Window(window) = &reports[1] else { panic!("{reports:?}") };
    assert_eq!((window.left, window.runs.len()), (1, 0));
    assert!(window.next_begin.is_some_and(|at| at > NOW));
}
