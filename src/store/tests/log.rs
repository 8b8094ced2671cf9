//! The log beside the file, while there is no pause between commits.

use super::*;

const BYTES: usize = 100_000;
/// Enough for more than one log.
const RUNS: i64 = 800;
const LONGEST_LOG: u64 = 70_000_000;

fn fill(host: &Host) {
    for key in 1..=RUNS {
        let run = NewRun { data: vec![7; BYTES].into(), ..new_run(key, "mail") };
        assert_eq!(host.keep(vec![Change::Accept(run)]), Outcome::Kept);
    }
}

fn length(options: &Options, suffix: &str) -> u64 {
    std::fs::metadata(beside(options, suffix)).unwrap().len()
}

#[test]
fn the_log_is_written_back_while_the_host_writes() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    fill(&host);
    assert!(length(&options, "-wal") < LONGEST_LOG);
    host.close();
    assert!(!beside(&options, "-wal").exists());
    assert!(length(&options, "") > 80_000_000);
}

#[test]
fn a_reader_that_does_not_end_lets_the_log_grow_and_keeps_nothing_waiting() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    let reader = rusqlite::Connection::open(&options.path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM runs").unwrap();
    fill(&host);
    assert!(length(&options, "-wal") > LONGEST_LOG);
    reader.execute_batch("COMMIT").unwrap();
    host.close();
}
