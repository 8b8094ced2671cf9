//! Queues that jobs share, and priorities of jobs: who waits for whom.

use super::*;

const REQUEST: RequestId = RequestId(1);

/// The same job in a queue that lets one run go at once.
fn in_queue(spec: JobSpec) -> JobSpec {
    let queue = Some(Queue { name: Arc::from("mail"), concurrency: 1 });
    JobSpec { policy: Arc::new(Policy { queue, ..(*spec.policy).clone() }), ..spec }
}

fn with_priority(spec: JobSpec, priority: i8) -> JobSpec {
    let priority = Priority(priority);
    JobSpec { policy: Arc::new(Policy { priority, ..(*spec.policy).clone() }), ..spec }
}

fn with_attempts(spec: JobSpec, attempts: u32) -> JobSpec {
    let retry = RetryPolicy {
        attempts,
        backoff: Backoff::List([Duration::from_secs(1)].into()),
        ..RetryPolicy::default()
    };
    JobSpec { policy: Arc::new(Policy { retry, ..(*spec.policy).clone() }), ..spec }
}

/// The names of the jobs whose runs have been given a process since the last look.
fn started(bench: &mut Bench) -> Vec<String> {
    let name = |event| match event {
        JobEvent::RunStarted { name, .. } => Some(name.to_string()),
        _ => None,
    };
    bench.events().into_iter().filter_map(name).collect()
}

fn last_worker(bench: &Bench) -> WorkerId {
    *bench.engine.pool.all().last().unwrap()
}

/// The run that goes completes.
fn finish(bench: &mut Bench) {
    let worker = last_worker(bench);
    bench.bring_online(worker);
    bench.say_done(worker);
}

#[test]
fn jobs_of_one_queue_take_turns_and_other_jobs_do_not_wait_for_them() {
    let mut bench = Bench::new();
    bench.add(in_queue(offloaded("first", When::Now))).unwrap();
    bench.add(in_queue(offloaded("second", When::Now))).unwrap();
    assert_eq!(started(&mut bench), ["first"]);
    finish(&mut bench);
    assert_eq!(started(&mut bench), ["second"]);
    bench.add(offloaded("other", When::Now)).unwrap();
    assert_eq!(started(&mut bench), ["other"]);
}

#[test]
fn a_queue_is_shared_by_processes_and_functions_of_the_host() {
    let mut bench = Bench::new();
    bench.add(in_queue(inline("function", When::Now))).unwrap();
    bench.add(in_queue(offloaded("script", When::Now))).unwrap();
    assert_eq!(started(&mut bench), [""; 0]);
    let run = *bench.engine.runs.keys().min().unwrap();
    let outcome = InlineOutcome::Completed;
    bench.send(Input::InlineEnded { run, outcome, bytes: None }).unwrap();
    assert_eq!(started(&mut bench), ["script"]);
}

#[test]
fn a_due_time_is_skipped_while_a_run_of_the_job_waits_in_its_queue() {
    let mut bench = Bench::new();
    bench.add(in_queue(offloaded("first", When::Now))).unwrap();
    bench.add(in_queue(offloaded("every second", every("* * * * * *")))).unwrap();
    started(&mut bench);
    bench.pass_ms(1_000);
    bench.pass_ms(1_000);
    let skipped = |event: &JobEvent| matches!(event, JobEvent::Skipped { .. });
    assert!(bench.events().iter().any(skipped));
    finish(&mut bench);
    assert_eq!(started(&mut bench), ["every second"]);
}

#[test]
fn a_run_that_waits_for_its_next_attempt_holds_no_place_in_its_queue() {
    let mut bench = Bench::new();
    bench.add(with_attempts(in_queue(offloaded("fails", When::Now)), 2)).unwrap();
    bench.add(in_queue(offloaded("waits", When::Now))).unwrap();
    let worker = last_worker(&bench);
    bench.bring_online(worker);
    started(&mut bench);
    bench.exit(worker, ExitStatus::Code(1));
    assert_eq!(started(&mut bench), ["waits"]);
    bench.pass_ms(1_000);
    assert_eq!(started(&mut bench), [""; 0]);
    finish(&mut bench);
    assert_eq!(started(&mut bench), ["fails"]);
}

#[test]
fn a_job_that_is_removed_while_it_waits_leaves_its_queue() {
    let mut bench = Bench::new();
    for name in ["first", "removed", "third"] {
        bench.add(in_queue(offloaded(name, When::Now))).unwrap();
    }
    bench.send(Input::RemoveJob { name: Arc::from("removed"), request: REQUEST }).unwrap();
    assert_eq!(bench.ends().len(), 1);
    finish(&mut bench);
    assert_eq!(started(&mut bench), ["third"]);
    finish(&mut bench);
    assert!(bench.is_idle());
}

#[test]
fn a_spare_is_not_given_a_job_ahead_of_its_turn_in_a_queue() {
    let mut bench = Bench::with(PoolLimits::default());
    bench.add(in_queue(offloaded("due", in_ms(1_000)))).unwrap();
    bench.pass_ms(900);
    let spare = last_worker(&bench);
    bench.frame(spare, WorkerFrame::Ready);
    bench.add(in_queue(offloaded("busy", When::Now))).unwrap();
    bench.pass_ms(95);
    assert!(!bench.engine.pool.is_primed(spare));
    bench.take();
    bench.pass_ms(5);
    assert_eq!(started(&mut bench), [""; 0]);
}

#[test]
fn runs_that_wait_for_a_process_go_by_priority_then_in_order() {
    let mut bench = Bench::with(PoolLimits { max_workers: Some(1), ..PoolLimits::default() });
    bench.add(offloaded("busy", When::Now)).unwrap();
    for (name, priority) in [("usual", 0), ("low", -1), ("high", 9), ("also usual", 0)] {
        bench.add(with_priority(offloaded(name, When::Now), priority)).unwrap();
    }
    let mut order = started(&mut bench);
    for _ in 0..4 {
        finish(&mut bench);
        order.extend(started(&mut bench));
    }
    assert_eq!(order, ["busy", "high", "usual", "also usual", "low"]);
}

#[test]
fn the_priority_that_is_asked_for_counts_instead_of_that_of_the_job() {
    let mut bench = Bench::with(PoolLimits { max_workers: Some(1), ..PoolLimits::default() });
    bench.add(offloaded("busy", When::Now)).unwrap();
    bench.add(with_priority(offloaded("later", in_ms(60_000)), -5)).unwrap();
    bench.add(offloaded("usual", When::Now)).unwrap();
    let request = RunRequest { priority: Some(Priority(1)), ..RunRequest::default() };
    bench.send(Input::RequestRun { name: Arc::from("later"), request }).unwrap();
    started(&mut bench);
    finish(&mut bench);
    assert_eq!(started(&mut bench), ["later"]);
}
