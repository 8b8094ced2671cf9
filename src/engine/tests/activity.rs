//! What the host process stays alive for.

use super::*;

fn unref(spec: JobSpec) -> JobSpec {
    JobSpec { policy: Arc::new(Policy { unref: true, ..(*spec.policy).clone() }), ..spec }
}

fn remove(bench: &mut Bench, name: &str) {
    bench.send(Input::RemoveJob { name: Arc::from(name), request: RequestId(1) }).unwrap();
}

#[test]
fn due_times_of_an_unref_job_do_not_keep_the_host_and_its_runs_do() {
    let mut bench = Bench::new();
    bench.add(unref(inline("a", every("every 1 minute")))).unwrap();
    assert_eq!(bench.engine.activity(), Activity::UnrefDue);
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.engine.activity(), Activity::Busy);
    bench.send(Input::InlineEnded { run: RunId(1), outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    assert_eq!(bench.engine.activity(), Activity::UnrefDue);
    remove(&mut bench, "a");
    assert!(bench.is_idle());
}

#[test]
fn a_run_of_an_unref_job_that_waits_keeps_the_host() {
    let mut bench = Bench::with(PoolLimits { max_workers: Some(1), ..PoolLimits::default() });
    bench.add(offloaded("first", When::Now)).unwrap();
    bench.add(unref(offloaded("second", When::Now))).unwrap();
    bench.bring_online(FIRST);
    bench.say_done(FIRST);
    assert_eq!(bench.engine.activity(), Activity::Busy, "the second has its turn now");
}

#[test]
fn one_job_that_is_due_keeps_the_host_among_unref_ones() {
    let mut bench = Bench::new();
    bench.add(unref(inline("unref", every("every 1 minute")))).unwrap();
    bench.add(inline("holds", in_ms(90_000))).unwrap();
    assert_eq!(bench.engine.activity(), Activity::Due);
    remove(&mut bench, "holds");
    assert_eq!(bench.engine.activity(), Activity::UnrefDue);
}

#[test]
fn due_times_are_counted_through_steps_of_the_clock_dates_and_removal() {
    let mut bench = Bench::new();
    for name in ["a", "b"] {
        bench.add(overlapping(Overlap::Skip, inline(name, every("every 1 minute")))).unwrap();
    }
    bench.add(inline("date", in_ms(30_000))).unwrap();
    bench.set_wall(EpochMs(START_MS - 3_600_000));
    bench.set_wall(EpochMs(START_MS));
    bench.pass(Duration::from_secs(600));
    for run in 1..=3 {
        bench
            .send(Input::InlineEnded { run: RunId(run), outcome: InlineOutcome::Completed, bytes: None })
            .unwrap();
    }
    assert_eq!(bench.engine.activity(), Activity::Due);
    remove(&mut bench, "a");
    assert_eq!(bench.engine.activity(), Activity::Due);
    remove(&mut bench, "b");
    assert!(bench.is_idle());
}

#[test]
fn a_shutdown_keeps_the_host_until_it_is_settled() {
    let mut bench = Bench::new();
    bench.add(unref(offloaded("a", When::Now))).unwrap();
    bench.bring_online(FIRST);
    bench.send(Input::Shutdown { request: RequestId(1), timeout: Duration::from_secs(30) }).unwrap();
    assert_eq!(bench.engine.activity(), Activity::Busy);
    bench.exit(FIRST, ExitStatus::Code(0));
    assert!(bench.is_idle());
}
