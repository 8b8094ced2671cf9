//! Pages of jobs and runs, and due times to come.

use super::super::{JobCursor, JobQuery, JobSort, JobState, PausedBy, RunQuery};
use super::*;

fn names(bench: &Bench, query: &JobQuery) -> Vec<String> {
    bench.engine.jobs(query, bench.now).0.iter().map(|row| row.name.to_string()).collect()
}

fn page(limit: usize) -> JobQuery {
    JobQuery { limit, ..JobQuery::default() }
}

fn after(name: &str, due: Option<EpochMs>, query: JobQuery) -> JobQuery {
    JobQuery { after: Some(JobCursor { due, name: name.into() }), ..query }
}

fn upcoming(bench: &Bench, from_ms: i64, to_ms: i64, limit: usize) -> Vec<(String, i64)> {
    let found = bench.engine.upcoming(EpochMs(START_MS + from_ms), EpochMs(START_MS + to_ms), limit);
    found.into_iter().map(|upcoming| (upcoming.name.to_string(), upcoming.due.0 - START_MS)).collect()
}

#[test]
fn jobs_come_page_by_page_in_the_order_of_their_code_units() {
    let mut bench = Bench::new();
    for name in ["b", "a", "ä", "\u{ffee}", "😀", "B"] {
        bench.add(inline(name, every("every hour"))).unwrap();
    }
    assert_eq!(names(&bench, &page(9)), ["B", "a", "b", "ä", "😀", "\u{ffee}"]);
    assert_eq!(names(&bench, &page(2)), ["B", "a"]);
    assert!(bench.engine.jobs(&page(2), bench.now).1);
    let last = after("b", None, page(3));
    assert_eq!(names(&bench, &last), ["ä", "😀", "\u{ffee}"]);
    assert!(!bench.engine.jobs(&last, bench.now).1);
    assert_eq!(names(&bench, &page(0)), [] as [&str; 0]);
}

#[test]
fn jobs_come_by_their_due_times_and_a_page_goes_on_where_it_ended() {
    let mut bench = Bench::new();
    for (name, ms) in [("late", 9_000), ("b", 5_000), ("a", 5_000), ("past", -1)] {
        bench.add(inline(name, in_ms(ms))).unwrap();
    }
    let by_due = |limit| JobQuery { sort: JobSort::Due, ..page(limit) };
    assert_eq!(names(&bench, &by_due(9)), ["a", "b", "late", "past"]);
    assert_eq!(names(&bench, &after("a", Some(EpochMs(START_MS + 5_000)), by_due(2))), ["b", "late"]);
    assert_eq!(names(&bench, &after("late", Some(EpochMs(START_MS + 9_000)), by_due(2))), ["past"]);
}

#[test]
fn every_state_of_a_job_can_be_seen_and_asked_for() {
    let mut bench = Bench::new();
    let retry = RetryPolicy { attempts: 2, ..RetryPolicy::default() };
    let spec = offloaded("retrying", When::Now);
    let policy = Arc::new(Policy { retry, ..(*spec.policy).clone() });
    bench.add(JobSpec { policy, ..spec }).unwrap();
    bench.bring_online(FIRST);
    bench.exit(FIRST, ExitStatus::Code(1));
    bench.add(inline("running", When::Now)).unwrap();
    bench.add(inline("armed", every("every hour"))).unwrap();
    bench.add(inline("paused", every("every hour"))).unwrap();
    bench
        .send(Input::Pause { name: "paused".into(), by: PausedBy::Operator, note: None, cancel: None })
        .unwrap();
    bench.add(inline("finished", in_ms(-1))).unwrap();
    let spec = inline("held", every("every hour"));
    bench.send(Input::AddJob { spec, replace_finished: false, is_held: true }).unwrap();
    bench.add(inline("asked", When::HostClock)).unwrap();
    let spec = inline("waiting", When::HostClock);
    bench.add(spec).unwrap();
    let request = RunRequest { delay: Some(Duration::from_secs(60)), ..RunRequest::default() };
    bench.send(Input::RequestRun { name: "waiting".into(), request }).unwrap();
    for (name, state) in JobState::NAMES {
        let expected: &[&str] = if name == "armed" { &["armed", "asked"] } else { &[name] };
        assert_eq!(names(&bench, &JobQuery { state: Some(state), ..page(9) }), expected);
    }
    let rows = bench.engine.jobs_named(["retrying", "unknown", "armed"].into_iter(), bench.now);
    assert_eq!(rows.len(), 2, "what is not registered is left out");
    assert_eq!((rows[0].retrying, rows[0].running), (1, 0));
    assert!(rows[0].retry_at.is_some_and(|at| at > bench.now.wall));
    assert!(rows[1].due.is_some());
}

#[test]
fn jobs_are_found_by_a_tag_and_by_a_part_of_their_name() {
    let mut bench = Bench::new();
    for (name, tag) in [("Send-mail", "mail"), ("send-news", "mail"), ("clean", "disk")] {
        let spec = inline(name, every("every hour"));
        let policy = Arc::new(Policy { tags: Arc::from([Box::from(tag)]), ..(*spec.policy).clone() });
        bench.add(JobSpec { policy, ..spec }).unwrap();
    }
    assert_eq!(names(&bench, &JobQuery { tag: Some("mail".into()), ..page(9) }), ["Send-mail", "send-news"]);
    assert_eq!(names(&bench, &JobQuery { text: Some("SEND".into()), ..page(9) }), ["Send-mail", "send-news"]);
}

#[test]
fn runs_that_wait_and_go_are_counted() {
    let mut bench = Bench::new();
    bench.add(overlapping(Overlap::Queue, offloaded("job", every("every minute")))).unwrap();
    for _ in 0..3 {
        bench.pass_ms(MINUTE_MS);
    }
    bench.send(Input::RequestRun { name: "job".into(), request: RunRequest::default() }).unwrap();
    let row = |bench: &Bench| bench.engine.jobs_named(["job"].into_iter(), bench.now).remove(0);
    assert_eq!((row(&bench).running, row(&bench).waiting), (1, 3));
    bench.bring_online(FIRST);
    bench.say_done(FIRST);
    assert_eq!((row(&bench).running, row(&bench).waiting), (1, 2));
}

#[test]
fn runs_are_seen_with_their_stamps_newest_first() {
    let mut bench = Bench::new();
    bench.add(overlapping(Overlap::Allow, offloaded("job", every("every minute")))).unwrap();
    bench.pass_ms(MINUTE_MS);
    bench.pass_ms(500);
    bench.bring_online(FIRST);
    bench.pass_ms(MINUTE_MS - 500);
    let query = RunQuery { limit: 9, ..RunQuery::default() };
    let (rows, has_more) = bench.engine.live_runs(&query, bench.now);
    assert_eq!(rows.iter().map(|row| row.run).collect::<Vec<_>>(), [RunId(2), RunId(1)]);
    assert!(!has_more);
    let minute = EpochMs(START_MS + 60_000);
    let first = &rows[1];
    assert_eq!(
        (first.facts.due, first.facts.queued, first.facts.started),
        (Some(minute), minute, Some(minute))
    );
    assert_eq!((first.facts.online, first.pid), (Some(EpochMs(START_MS + 60_500)), Some(101)));
    assert_eq!((first.state, first.facts.trigger, first.facts.attempt), ("running", Trigger::Schedule, 1));
    assert_eq!(rows[0].facts.online, None);
    let older = RunQuery { before: Some(RunId(2)), ..query.clone() };
    assert_eq!(bench.engine.live_runs(&older, bench.now).0.len(), 1);
    assert!(bench.engine.live_runs(&RunQuery { limit: 1, ..query.clone() }, bench.now).1);
    let of_job = |job: &str| RunQuery { job: Some(job.into()), ..query.clone() };
    assert_eq!(bench.engine.live_runs(&of_job("job"), bench.now).0.len(), 2);
    assert_eq!(bench.engine.live_runs(&of_job("other"), bench.now).0.len(), 0);
    bench.send(Input::RemoveJob { name: "job".into(), request: RequestId(1) }).unwrap();
    let stopping = RunQuery { state: Some("stopping".into()), ..of_job("job") };
    assert_eq!(bench.engine.live_runs(&stopping, bench.now).0.len(), 2, "also of a job that was removed");
}

#[test]
fn a_run_that_waits_stays_small() {
    assert!(size_of::<super::super::run::Run>() <= 328, "{}", size_of::<super::super::run::Run>());
}

#[test]
fn due_times_of_all_jobs_come_in_order() {
    let mut bench = Bench::new();
    bench.add(inline("minute", every("every minute"))).unwrap();
    bench.add(inline("half", every("every 30 seconds"))).unwrap();
    bench.add(inline("once", in_ms(45_000))).unwrap();
    bench.add(inline("paused", every("every second"))).unwrap();
    bench.send(Input::Pause { name: "paused".into(), by: PausedBy::Host, note: None, cancel: None }).unwrap();
    let expected = [
        ("half", 30_000),
        ("once", 45_000),
        ("minute", 60_000),
        ("half", 60_000),
        ("half", 90_000),
        ("minute", 120_000),
        ("half", 120_000),
    ];
    let expected = expected.map(|(name, ms)| (name.to_owned(), ms));
    let sorted = |mut found: Vec<(String, i64)>| {
        found.sort_by_key(|(name, ms)| (*ms, name.len() < 5));
        found
    };
    assert_eq!(sorted(upcoming(&bench, 0, 120_001, 100)), expected);
    assert_eq!(upcoming(&bench, 0, 120_001, 2), expected[..2]);
    assert_eq!(sorted(upcoming(&bench, 45_000, 120_000, 100)), expected[1..5]);
    assert_eq!(sorted(upcoming(&bench, 45_001, 120_000, 100)), expected[2..5]);
    assert_eq!(upcoming(&bench, 120_000, 0, 100), []);
}

#[test]
fn many_jobs_that_are_due_every_second_are_merged_up_to_the_limit() {
    let mut bench = Bench::new();
    for number in 0..1_000 {
        bench.add(inline(&number.to_string(), every("every second"))).unwrap();
    }
    let found = upcoming(&bench, 0, 86_400_000, 2_500);
    assert_eq!(found.len(), 2_500);
    assert_eq!((found[999].1, found[1_000].1, found[2_499].1), (1_000, 2_000, 3_000));
}
