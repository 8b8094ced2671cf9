//! How much of the past is kept.

use std::time::Instant;

use super::*;

fn small(mut options: Options, per_job: u32, total: u32) -> Options {
    options.history = Bounds { per_job, total, max_age: Duration::from_secs(3_600) };
    options.failed = Bounds { per_job: 4, total: 6, max_age: Duration::from_secs(7_200) };
    options
}

/// Runs that end one millisecond after the other, as an earlier host.
fn run_through(host: &Host, keys: std::ops::RangeInclusive<i64>, job: &str, state: EndState) {
    for key in keys {
        let end =
            Change::End { run: RunKey(key), job: job.into(), ending: ending(state, EpochMs(NOW.0 + key)) };
        host.store.write(Write { ticket: None, changes: vec![accept(key, job), begin(key, 1), end] });
        host.store.flush().unwrap();
    }
}

/// The ids that are left, once there are no more than `count`: old ones are deleted between two batches.
fn left(host: &Host, filter: &RunFilter<'_>, count: usize) -> Vec<i64> {
    let started = Instant::now();
    loop {
        // Any answer means that the thread has come round.
        host.keep(vec![Change::Resume { job: "nothing".into() }]);
        let runs = host.reader().runs(&RunFilter { limit: 10_000, ..filter.clone() }).unwrap();
        if runs.len() <= count {
            return runs.iter().map(|run| run.key.0).collect();
        }
        assert!(started.elapsed() < HANGING, "{} are left", runs.len());
    }
}

#[test]
fn each_job_keeps_its_last_runs_and_more_of_its_dead_letters() {
    let (_folder, options) = new_store();
    let host = Host::start(&small(options, 3, 10_000));
    run_through(&host, 1..=300, "often", EndState::Completed);
    run_through(&host, 301..=302, "seldom", EndState::Completed);
    run_through(&host, 303..=600, "often", EndState::Failed);
    let of = |job| RunFilter { job: Some(job), ..RunFilter::default() };
    let completed = RunFilter { state: Some("completed"), ..of("often") };
    run_through(&host, 601..=1_000, "often", EndState::Completed);
    assert_eq!(left(&host, &completed, 3), [1_000, 999, 998]);
    assert_eq!(left(&host, &RunFilter { state: Some("failed"), ..of("often") }, 4), [600, 599, 598, 597]);
    assert_eq!(left(&host, &of("seldom"), 2), [302, 301]);
}

#[test]
fn all_jobs_together_keep_so_many() {
    let (_folder, options) = new_store();
    let host = Host::start(&small(options, 20, 7));
    for key in 1..=1_000 {
        run_through(&host, key..=key, &format!("job-{}", key % 100), EndState::Cancelled);
    }
    assert_eq!(left(&host, &RunFilter::default(), 7), [1_000, 999, 998, 997, 996, 995, 994]);
}

#[test]
fn what_is_old_is_deleted_at_the_next_start() {
    let (_folder, options) = new_store();
    let options = small(options, 20, 100);
    let host = Host::start(&options);
    run_through(&host, 1..=5, "mail", EndState::Completed);
    run_through(&host, 6..=8, "mail", EndState::Failed);
    let retry = Change::Retry { run: RunKey(9), failed: failed(1), begin_at: NOW };
    host.keep(vec![accept(9, "mail"), begin(9, 1), retry]);
    host.close();
    let host = Host::start_at(&options, EpochMs(NOW.0 + 3_600_004));
    assert_eq!(left(&host, &RunFilter::default(), 6), [9, 8, 7, 6, 5, 4]);
    host.close();
    let host = Host::start_at(&options, EpochMs(NOW.0 + 100_000_000));
    assert_eq!(left(&host, &RunFilter::default(), 1), [9], "what waits is no history");
}
