//! What is counted for metrics.

use super::handlers::{ask, ask_with, handlers, online, returns};
use super::*;

fn delays(bench: &Bench) -> (u32, f64) {
    let delays = &bench.engine.measures().start_delays;
    (delays.counts.iter().sum(), delays.sum_ms)
}

#[test]
fn a_start_delay_is_from_the_due_time_to_the_first_line() {
    let mut bench = Bench::new();
    bench.add(offloaded("job", in_ms(1_000))).unwrap();
    bench.pass_ms(1_000);
    bench.pass_ms(70);
    bench.bring_online(FIRST);
    assert_eq!(delays(&bench), (1, 70.0));
    assert_eq!(bench.engine.measures().boots.counts.iter().sum::<u32>(), 1);
    assert!((bench.engine.measures().boots.sum_ms - 70.0).abs() < f64::EPSILON);
}

#[test]
fn only_the_first_attempt_has_a_start_delay() {
    let mut bench = Bench::new();
    let mut spec = offloaded("job", When::Now);
    let backoff = Backoff::List([Duration::ZERO].into());
    let retry = RetryPolicy { attempts: 2, backoff, ..RetryPolicy::default() };
    spec.policy = Arc::new(Policy { retry, ..(*spec.policy).clone() });
    bench.add(spec).unwrap();
    bench.bring_online(FIRST);
    bench.exit(FIRST, ExitStatus::Code(1));
    bench.pass_ms(1);
    bench.bring_online(SECOND);
    assert_eq!(delays(&bench).0, 1);
    assert_eq!(bench.engine.measures().boots.counts.iter().sum::<u32>(), 2);
}

#[test]
fn a_process_that_exits_before_it_reaches_its_job_is_a_failed_start() {
    let mut bench = Bench::new();
    bench.add(offloaded("job", When::Now)).unwrap();
    bench.exit(FIRST, ExitStatus::Code(1));
    assert_eq!(bench.engine.measures().failed_starts.get("SPAWN_EXITED"), Some(&1));
    assert_eq!(delays(&bench).0, 0);
}

#[test]
fn a_process_of_a_handler_is_counted_by_what_it_does_and_hides_no_script() {
    let mut bench = handlers(1);
    let run = ask(&mut bench);
    online(&mut bench, FIRST);
    let counts = |bench: &Bench| {
        let counts = bench.engine.counts();
        (counts.busy_processes, counts.kept_processes, counts.stopping_processes)
    };
    assert_eq!(counts(&bench), (1, 0, 0));
    returns(&mut bench, FIRST, run);
    assert_eq!(counts(&bench), (0, 1, 0));
    bench.add(offloaded("script", When::Now)).unwrap();
    bench.bring_online(SECOND);
    assert_eq!(counts(&bench), (1, 1, 0));
    bench.send(Input::RemoveJob { name: "script".into(), request: RequestId(1) }).unwrap();
    assert_eq!(counts(&bench), (0, 1, 1));
}

#[test]
fn a_run_that_was_asked_for_with_a_delay_is_wanted_when_that_is_over() {
    let mut bench = handlers(1);
    ask_with(&mut bench, RunRequest { delay: Some(Duration::from_secs(60)), ..RunRequest::default() });
    bench.pass(Duration::from_secs(60));
    bench.pass_ms(25);
    online(&mut bench, FIRST);
    assert_eq!(delays(&bench), (1, 25.0));
}
