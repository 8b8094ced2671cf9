//! What one input costs does not grow with the runs that wait.

use super::*;
use std::time::Instant;

/// Runs that wait: few, and a hundred times as many.
const FEW: u32 = 1_000;
const MANY: u32 = 100_000;
/// A step that looks at every waiting run takes a hundred times as long with [`MANY`]. One that does
/// not takes somewhat longer too: trees are deeper, and memory is further away.
const MOST_TIMES_LONGER: u32 = 20;
const REQUEST: RequestId = RequestId(1);

/// One process is busy, no other may have a run, and a spare of another kind is idle.
fn queued(count: u32) -> Bench {
    let limits_of_pool = PoolLimits { max_workers: Some(1), ..PoolLimits::default() };
    let mut bench = Bench::with(limits_of_pool);
    let other = Arc::new(BootProfile { exec_args: vec!["--other".to_owned()], ..BootProfile::default() });
    bench.add(offloaded_with("due soon", in_ms(400), limits(), &other)).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.add(offloaded("busy", When::Now)).unwrap();
    bench.bring_online(SECOND);
    for number in 0..count {
        bench.add(offloaded(&format!("job{number}"), When::Now)).unwrap();
    }
    bench.take();
    bench
}

/// The time for `inputs` of them, in the best of three rounds.
fn time(bench: &mut Bench, mut round: impl FnMut(&mut Bench)) -> Duration {
    let timed = |_| {
        let started = Instant::now();
        round(bench);
        bench.take();
        started.elapsed()
    };
    (0..3).map(timed).min().unwrap()
}

fn assert_no_growth(what: &str, measure: impl Fn(&mut Bench) -> Duration) {
    let few = measure(&mut queued(FEW));
    let many = measure(&mut queued(MANY));
    assert!(many <= few * MOST_TIMES_LONGER, "{what}: {few:?} with {FEW} waiting, {many:?} with {MANY}");
}

#[test]
fn a_message_costs_the_same_however_many_runs_wait_and_whatever_spare_is_idle() {
    assert_no_growth("messages", |bench| {
        time(bench, |bench| {
            for _ in 0..50 {
                bench.frame(SECOND, WorkerFrame::Message(Vec::new().into()));
            }
        })
    });
}

#[test]
fn stopping_a_run_that_waits_costs_the_same_however_many_others_do() {
    assert_no_growth("stops", |bench| {
        let mut numbers = 500..FEW;
        time(bench, |bench| {
            for number in numbers.by_ref().take(50) {
                let name = Arc::from(format!("job{number}"));
                bench.send(Input::RemoveJob { name, request: REQUEST }).unwrap();
            }
        })
    });
}

#[test]
fn the_end_of_a_run_costs_the_same_however_many_wait() {
    assert_no_growth("ends", |bench| {
        time(bench, |bench| {
            for _ in 0..50 {
                let busy = *bench.engine.pool.all().last().unwrap();
                bench.exit(busy, ExitStatus::Code(0));
                let next = *bench.engine.pool.all().last().unwrap();
                bench.bring_online(next);
            }
        })
    });
}

#[test]
fn a_shutdown_costs_the_same_for_each_run_that_waits() {
    let shut_down = |count| {
        let mut bench = queued(count);
        let timeout = Duration::from_secs(30);
        let started = Instant::now();
        bench.send(Input::Shutdown { request: REQUEST, timeout }).unwrap();
        (started.elapsed(), bench.ends().len())
    };
    let (few, many) = (shut_down(FEW), shut_down(MANY));
    assert_eq!((few.1, many.1), (1_000, 100_000));
    assert!(many.0 <= few.0 * (MANY / FEW) * MOST_TIMES_LONGER, "{few:?} {many:?}");
}

#[test]
fn requests_that_wait_for_a_run_are_found_by_the_run() {
    let mut bench = Bench::with(PoolLimits { max_boots: 64, ..PoolLimits::default() });
    for number in 1..=3 {
        bench.add(offloaded(&format!("job{number}"), When::Now)).unwrap();
        bench.bring_online(WorkerId(number));
        let name = Arc::from(format!("job{number}"));
        bench.send(Input::StopJob { name, request: RequestId(number) }).unwrap();
    }
    bench.take();
    bench.exit(SECOND, ExitStatus::Code(0));
    let settled = |event: &JobEvent| matches!(event, JobEvent::RequestSettled { .. });
    let events: Vec<JobEvent> = bench.events().into_iter().filter(settled).collect();
    assert!(matches!(events[..], [JobEvent::RequestSettled { request: RequestId(2), .. }]), "{events:?}");
}

#[test]
fn a_spare_goes_to_the_first_run_that_it_fits_and_a_boot_to_the_first_of_all() {
    let flagged = Arc::new(BootProfile { exec_args: vec!["--flag".to_owned()], ..BootProfile::default() });
    let mut bench = Bench::with(PoolLimits { max_boots: 1, ..PoolLimits::default() });
    bench.add(offloaded_with("soon", in_ms(400), limits(), &flagged)).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.take();
    bench.add(offloaded("boots", When::Now)).unwrap();
    bench.add(offloaded("waits", When::Now)).unwrap();
    assert_eq!(bench.boots(), [SECOND]);
    bench.add(offloaded_with("fits", When::Now, limits(), &flagged)).unwrap();
    assert!(bench.take().iter().any(|effect| matches!(effect, Effect::Go(FIRST))), "past the one that waits");
    bench.bring_online(SECOND);
    let effects = bench.take();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Start { thread_id: 2, .. })), "{effects:?}");
}
