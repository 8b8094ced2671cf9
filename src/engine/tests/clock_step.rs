//! A wall clock that is set back while jobs wait.

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
/// `START_MS` on the clock: 2027-01-15 08:00:00 UTC.
const START: EpochMs = EpochMs(START_MS);

fn ticking(name: &str, text: &str) -> JobSpec {
    overlapping(Overlap::Allow, inline(name, every(text)))
}

fn due_runs(bench: &mut Bench) -> usize {
    bench.events().iter().filter(|event| matches!(event, JobEvent::InlineDue { .. })).count()
}

/// Minutes until the first run, of `limit`.
fn minutes_until_due(bench: &mut Bench, limit: usize) -> Option<usize> {
    (1..=limit).find(|_| {
        bench.pass(MINUTE);
        due_runs(bench) > 0
    })
}

#[test]
fn a_clock_that_was_hours_fast_silences_nothing_once_it_is_right() {
    let mut bench = Bench::new();
    bench.add(ticking("five", "every 5 minutes")).unwrap();
    bench.set_wall(START.plus(3 * HOUR));
    assert_eq!(due_runs(&mut bench), 1);
    bench.set_wall(START.plus(Duration::from_secs(10)));
    assert_eq!(minutes_until_due(&mut bench, 240), Some(5));
}

#[test]
fn a_job_added_while_the_clock_was_a_year_fast_runs_once_it_is_right() {
    for text in ["every 5 minutes", "every 7 minutes", "PT5M"] {
        let mut bench = Bench::new();
        let year_ahead = START.plus(365 * 24 * HOUR);
        bench.set_wall(year_ahead);
        let When::Recurring { plan, .. } = every(text) else { panic!("{text}") };
        let when = When::Recurring { plan, anchor: year_ahead };
        bench.add(overlapping(Overlap::Allow, inline("a", when))).unwrap();
        bench.set_wall(START);
        bench.take();
        let runs: usize = (0..35)
            .map(|_| {
                bench.pass(MINUTE);
                due_runs(&mut bench)
            })
            .sum();
        assert_eq!(runs, if text == "every 7 minutes" { 5 } else { 7 }, "{text}");
    }
}

#[test]
fn an_interval_waits_no_longer_for_a_clock_that_is_set_back() {
    let mut bench = Bench::new();
    bench.add(ticking("a", "PT90M")).unwrap();
    bench.pass(60 * MINUTE);
    bench.set_wall(START.plus(10 * MINUTE));
    assert_eq!(minutes_until_due(&mut bench, 240), Some(30));
    assert_eq!(minutes_until_due(&mut bench, 240), Some(90));
}

#[test]
fn a_correction_up_to_a_minute_changes_no_due_time_and_repeats_none() {
    let mut bench = Bench::new();
    bench.add(ticking("a", "every 10 seconds")).unwrap();
    bench.pass_ms(30_000);
    bench.take();
    bench.set_wall(START.plus(Duration::from_secs(1)));
    bench.pass_ms(38_000);
    assert_eq!(due_runs(&mut bench), 0, "all up to 30 s have been answered");
    bench.pass_ms(1_000);
    assert_eq!(due_runs(&mut bench), 1);
}

#[test]
fn small_corrections_add_up() {
    let mut bench = Bench::new();
    bench.add(ticking("a", "every 1 minute")).unwrap();
    bench.pass(10 * MINUTE);
    for step in 1..=10 {
        bench.set_wall(START.plus(10 * MINUTE).minus(Duration::from_secs(50 * step)));
    }
    bench.take();
    // 500 s back: of that at most a minute is waited for.
    assert!(minutes_until_due(&mut bench, 10).is_some_and(|minutes| minutes <= 2));
}

#[test]
fn a_job_at_fixed_times_repeats_no_slot_after_a_step_of_up_to_three_hours() {
    let mut bench = Bench::new();
    bench.add(ticking("daily", "0 0 9 * * *")).unwrap();
    bench.set_wall(START.plus(HOUR + MINUTE));
    assert_eq!(due_runs(&mut bench), 1, "at nine by a clock that is an hour fast");
    bench.set_wall(START.plus(MINUTE));
    assert_eq!(minutes_until_due(&mut bench, 26 * 60), Some(24 * 60 + 59));
}

#[test]
fn a_job_at_fixed_times_runs_at_its_time_after_a_clock_that_was_wrong_by_more() {
    let mut bench = Bench::new();
    bench.add(ticking("daily", "0 0 9 * * *")).unwrap();
    bench.set_wall(START.plus(5 * HOUR));
    assert_eq!(due_runs(&mut bench), 1, "nine has passed by a clock that is hours fast");
    bench.set_wall(START.plus(MINUTE));
    assert_eq!(minutes_until_due(&mut bench, 26 * 60), Some(59));
}

#[test]
fn a_date_keeps_its_instant_and_runs_once() {
    let mut bench = Bench::new();
    bench.add(inline("date", in_ms(3_600_000))).unwrap();
    bench.add(ticking("text", "2027-01-15T09:00:00Z")).unwrap();
    bench.set_wall(START.plus(30 * MINUTE));
    bench.set_wall(START);
    assert_eq!(minutes_until_due(&mut bench, 120), Some(60));
    bench.set_wall(START);
    assert_eq!(minutes_until_due(&mut bench, 120), None);
    for run in [1, 2] {
        let outcome = InlineOutcome::Completed;
        bench.send(Input::InlineEnded { run: RunId(run), outcome, bytes: None }).unwrap();
    }
    assert!(bench.is_idle());
}

#[test]
fn a_stopped_job_stays_stopped() {
    let mut bench = Bench::new();
    bench.add(ticking("a", "every 5 minutes")).unwrap();
    bench.send(Input::StopJob { name: Arc::from("a"), request: RequestId(1) }).unwrap();
    bench.set_wall(START.minus(HOUR));
    assert_eq!(minutes_until_due(&mut bench, 60), None);
}

#[test]
fn jobs_keep_the_order_of_their_registration() {
    let mut bench = Bench::new();
    for name in ["c", "a", "b"] {
        bench.add(ticking(name, "every 5 minutes")).unwrap();
    }
    bench.set_wall(START.minus(HOUR));
    bench.pass(5 * MINUTE);
    let name = |event| match event {
        JobEvent::InlineDue { name, .. } => Some(name.to_string()),
        _ => None,
    };
    assert_eq!(bench.events().into_iter().filter_map(name).collect::<Vec<_>>(), ["c", "a", "b"]);
}

#[test]
fn a_spare_is_booted_ahead_of_a_due_time_that_has_moved() {
    let mut bench = Bench::with(PoolLimits { warm_workers: WarmWorkers::Auto, ..PoolLimits::default() });
    bench.add(offloaded("a", every("every 1 hour"))).unwrap();
    bench.set_wall(START.plus(5 * HOUR));
    bench.bring_online(FIRST);
    bench.say_done(FIRST);
    bench.set_wall(START);
    bench.take();
    bench.pass(59 * MINUTE + Duration::from_millis(59_950));
    assert_eq!(bench.boots().len(), 1);
}

fn steps(bench: &mut Bench) -> Vec<(Duration, usize, bool)> {
    let step = |event| match event {
        JobEvent::ClockSetBack { step, jobs, repeats_nothing } => Some((step, jobs, repeats_nothing)),
        _ => None,
    };
    bench.events().into_iter().filter_map(step).collect()
}

#[test]
fn the_host_is_notified_of_each_step_that_moves_recurring_jobs() {
    let mut bench = Bench::new();
    bench.set_wall(START.minus(HOUR));
    assert_eq!(steps(&mut bench), [], "there is no job");
    bench.add(inline("date", in_ms(3_600_000))).unwrap();
    bench.set_wall(START.minus(2 * HOUR));
    assert_eq!(steps(&mut bench), [], "a date keeps its instant");
    bench.add(ticking("a", "every 5 minutes")).unwrap();
    bench.add(ticking("b", "0 0 9 * * *")).unwrap();
    bench.set_wall(START.minus(2 * HOUR).minus(MINUTE));
    assert_eq!(steps(&mut bench), [], "a correction");
    bench.set_wall(START.minus(4 * HOUR));
    assert_eq!(steps(&mut bench), [(2 * HOUR, 2, true)]);
    bench.set_wall(START.minus(9 * HOUR));
    assert_eq!(steps(&mut bench), [(5 * HOUR, 2, false)]);
}
