//! What follows a failed attempt, row by row of the tables in `docs/retries.md`.

use super::*;

const PAUSE: Duration = Duration::from_secs(10);

fn retry(attempts: u32) -> RetryPolicy {
    RetryPolicy { attempts, backoff: Backoff::List([PAUSE].into()), ..RetryPolicy::default() }
}

fn with_policy(spec: JobSpec, change: impl FnOnce(&mut Policy)) -> JobSpec {
    let mut policy = (*spec.policy).clone();
    change(&mut policy);
    JobSpec { policy: Arc::new(policy), ..spec }
}

fn retried(when: When, attempts: u32) -> JobSpec {
    with_policy(offloaded("job", when), |policy| policy.retry = retry(attempts))
}

/// A bench with a job that runs now, and is tried so many times.
fn trying(attempts: u32) -> Bench {
    let mut bench = Bench::new();
    bench.add(retried(When::Now, attempts)).unwrap();
    bench
}

fn fail(bench: &mut Bench, worker: WorkerId) {
    bench.bring_online(worker);
    bench.exit(worker, ExitStatus::Code(1));
}

fn error(bench: &mut Bench, worker: WorkerId, is_permanent: bool) {
    bench.bring_online(worker);
    bench.frame(worker, WorkerFrame::Error { envelope: vec![1], is_permanent });
    bench.exit(worker, ExitStatus::Code(1));
}

/// How the run ended: its cause, and why it was not tried again.
fn end(bench: &mut Bench) -> Option<(EndCause, Option<GaveUp>)> {
    let ends: Vec<_> = bench
        .events()
        .into_iter()
        .filter_map(|event| match event {
            JobEvent::RunEnded { cause, gave_up, .. } => Some((cause, gave_up)),
            _ => None,
        })
        .collect();
    assert!(ends.len() <= 1, "a run ends once: {ends:?}");
    ends.into_iter().next()
}

fn gave_up(bench: &mut Bench) -> Option<GaveUp> {
    end(bench).and_then(|(_, gave_up)| gave_up)
}

fn worker(number: u32) -> WorkerId {
    WorkerId(number)
}

#[test]
fn done_and_exit_code_0_complete_the_run() {
    let mut bench = trying(3);
    bench.bring_online(FIRST);
    bench.say_done(FIRST);
    assert_eq!(end(&mut bench), Some((EndCause::Done, None)));
    let mut bench = trying(3);
    bench.bring_online(FIRST);
    bench.exit(FIRST, ExitStatus::Code(0));
    assert_eq!(end(&mut bench), Some((EndCause::ExitCode(0), None)));
}

#[test]
fn an_error_is_tried_again_unless_it_is_permanent() {
    let mut bench = trying(2);
    error(&mut bench, FIRST, false);
    assert_eq!(end(&mut bench), None);
    bench.pass(PAUSE);
    assert_eq!(bench.boots(), [SECOND]);
    let mut bench = trying(2);
    error(&mut bench, FIRST, true);
    assert_eq!(end(&mut bench), Some((EndCause::Error(vec![1]), Some(GaveUp::Permanent))));
}

#[test]
fn an_exit_code_other_than_0_is_tried_again() {
    let mut bench = trying(2);
    fail(&mut bench, FIRST);
    bench.take();
    bench.pass(PAUSE);
    assert_eq!(bench.boots(), [SECOND]);
    fail(&mut bench, SECOND);
    assert_eq!(end(&mut bench), Some((EndCause::ExitCode(1), Some(GaveUp::Attempts))));
}

#[test]
fn a_signal_is_tried_again() {
    let mut bench = trying(2);
    bench.bring_online(FIRST);
    bench.exit(FIRST, ExitStatus::Signal(11));
    bench.take();
    bench.pass(PAUSE);
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_time_limit_counts_for_each_attempt_and_is_tried_again() {
    let spec = with_policy(retried(When::Now, 2), |policy| {
        policy.limits.timeout = Some(Duration::from_secs(1));
    });
    let mut bench = Bench::new();
    bench.add(spec).unwrap();
    for number in [1, 2] {
        bench.bring_online(worker(number));
        bench.pass_ms(1_000);
        bench.exit(worker(number), ExitStatus::Signal(15));
        if number == 1 {
            bench.pass(PAUSE);
        }
    }
    let limit = Duration::from_secs(1);
    assert_eq!(end(&mut bench), Some((EndCause::Timeout(limit), Some(GaveUp::Attempts))));
}

#[test]
fn a_memory_limit_is_tried_again() {
    let spec = with_policy(retried(When::Now, 2), |policy| policy.limits.memory_bytes = Some(100));
    let mut bench = Bench::new();
    bench.add(spec).unwrap();
    bench.bring_online(FIRST);
    bench.send(Input::MemoryExceeded { worker: FIRST, used_bytes: 200 }).unwrap();
    bench.exit(FIRST, ExitStatus::Signal(9));
    bench.take();
    bench.pass(PAUSE);
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_start_that_fails_is_tried_again() {
    let mut bench = trying(2);
    let error = crate::worker::os::SpawnError::SpawnerGone;
    bench.send(Input::StartFailed { worker: FIRST, error }).unwrap();
    assert_eq!(end(&mut bench), None);
    bench.pass(PAUSE);
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_spare_that_died_before_the_job_began_is_no_attempt() {
    let mut bench = Bench::with(PoolLimits { warm_workers: WarmWorkers::Count(1), ..PoolLimits::default() });
    bench.add(retried(in_ms(60_000), 1)).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.send(Input::RunJob("job".into())).unwrap();
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(end(&mut bench), None, "the run goes on, with its one attempt");
}

#[test]
fn a_cancelled_run_is_never_tried_again() {
    let mut bench = trying(3);
    bench.bring_online(FIRST);
    bench.send(Input::StopJob { name: "job".into(), request: RequestId(1) }).unwrap();
    bench.exit(FIRST, ExitStatus::Code(1));
    assert_eq!(end(&mut bench), Some((EndCause::Cancelled, None)));
}

#[test]
fn a_terminated_run_is_never_tried_again() {
    let mut bench = trying(3);
    bench.bring_online(FIRST);
    bench.send(Input::Terminate(RunId(1))).unwrap();
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(end(&mut bench), Some((EndCause::Terminated, None)));
}

#[test]
fn only_the_causes_of_retry_on_are_tried_again() {
    let only_signals = |policy: &mut Policy| policy.retry.retry_on = Causes::NONE.with(Cause::Signal);
    let mut bench = Bench::new();
    bench.add(with_policy(retried(When::Now, 3), only_signals)).unwrap();
    fail(&mut bench, FIRST);
    assert_eq!(gave_up(&mut bench), Some(GaveUp::Attempts));
}

#[test]
fn each_failed_attempt_is_an_event_with_the_time_of_the_next() {
    let mut bench = trying(2);
    bench.events();
    fail(&mut bench, FIRST);
    let events = bench.events();
    let expected = EpochMs(START_MS + 10_000);
    assert!(
        matches!(
            events[..],
            [
                JobEvent::RunOnline { .. },
                JobEvent::AttemptFailed { attempt: 1, attempts: 2, retry_at: Some(at), .. }
            ] if at == expected
        ),
        "{events:?}"
    );
    bench.pass(PAUSE);
    let events = bench.events();
    assert!(
        matches!(events[..], [JobEvent::RunStarted { run: RunId(1), attempt: 2, thread: 2, .. }]),
        "the same run, another thread: {events:?}"
    );
}

#[test]
fn a_retry_that_would_meet_the_next_due_time_is_not_waited_for() {
    for overlap in [Overlap::Skip, Overlap::Replace] {
        let mut bench = Bench::new();
        let spec = overlapping(overlap, retried(every("every 5 seconds"), 3));
        bench.add(spec).unwrap();
        bench.pass_ms(5_000);
        fail(&mut bench, FIRST);
        assert_eq!(gave_up(&mut bench), Some(GaveUp::NextDue), "{overlap:?}");
    }
}

#[test]
fn a_due_time_waits_behind_a_retry_where_due_times_queue() {
    for overlap in [Overlap::Queue, Overlap::QueueOne] {
        let mut bench = Bench::new();
        bench.add(overlapping(overlap, retried(every("every 5 seconds"), 2))).unwrap();
        bench.pass_ms(5_000);
        fail(&mut bench, FIRST);
        bench.take();
        bench.pass_ms(5_000);
        assert_eq!(bench.boots(), [], "{overlap:?}: the retry comes first");
        bench.pass_ms(5_000);
        assert_eq!(bench.boots(), [SECOND], "{overlap:?}: the second attempt");
        bench.bring_online(SECOND);
        bench.say_done(SECOND);
        assert_eq!(bench.boots(), [worker(3)], "{overlap:?}: the due time that waited");
    }
}

#[test]
fn a_due_time_is_independent_of_a_retry_where_runs_may_overlap() {
    let mut bench = Bench::new();
    bench.add(overlapping(Overlap::Allow, retried(every("every 5 seconds"), 2))).unwrap();
    bench.pass_ms(5_000);
    fail(&mut bench, FIRST);
    bench.take();
    bench.pass_ms(5_000);
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn queue_one_gives_one_run_for_all_that_fell_due_meanwhile() {
    let mut bench = Bench::new();
    bench.add(overlapping(Overlap::QueueOne, offloaded("job", every("every second")))).unwrap();
    bench.pass_ms(1_000);
    bench.bring_online(FIRST);
    for _ in 0..5 {
        bench.pass_ms(1_000);
    }
    bench.take();
    bench.say_done(FIRST);
    assert_eq!(bench.boots(), [SECOND]);
    bench.bring_online(SECOND);
    bench.say_done(SECOND);
    assert_eq!(bench.boots(), []);
}

#[test]
fn a_request_while_a_retry_waits_begins_the_next_attempt_now() {
    let mut bench = trying(2);
    fail(&mut bench, FIRST);
    bench.take();
    let reply = bench.send(Input::RunJob("job".into()));
    assert_eq!(reply, Ok(Reply::Promoted(RunId(1))));
    assert_eq!(bench.boots(), [SECOND]);
    bench.pass(PAUSE);
    assert_eq!(bench.boots(), [], "its time comes no more");
}

#[test]
fn removal_stop_and_shutdown_give_up_a_waiting_retry_at_once() {
    let name = || Arc::from("job");
    let request = RequestId(1);
    let cases = [
        (Input::RemoveJob { name: name(), request }, GaveUp::Removed),
        (Input::StopJob { name: name(), request }, GaveUp::Stopped),
        (Input::Shutdown { request, timeout: PAUSE }, GaveUp::Shutdown),
    ];
    for (input, expected) in cases {
        let mut bench = trying(2);
        fail(&mut bench, FIRST);
        bench.take();
        bench.send(input).unwrap();
        let events = bench.take();
        let found = events.iter().find_map(|effect| match effect {
            Effect::Emit(JobEvent::RunEnded { cause: EndCause::ExitCode(1), gave_up, .. }) => *gave_up,
            _ => None,
        });
        assert_eq!(found, Some(expected), "{events:?}");
        let is_settled = |effect: &Effect| matches!(effect, Effect::Emit(JobEvent::RequestSettled { .. }));
        assert!(events.iter().any(is_settled), "{events:?}");
        bench.pass(PAUSE);
        assert_eq!(bench.boots(), []);
    }
}

#[test]
fn a_retry_whose_time_passed_while_the_machine_slept_is_one_attempt_late() {
    let mut bench = trying(3);
    fail(&mut bench, FIRST);
    bench.take();
    bench.pass(Duration::from_secs(3_600));
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn no_attempt_begins_after_the_time_to_give_up() {
    let mut bench = Bench::new();
    let limited = |policy: &mut Policy| policy.retry.give_up_after = Some(Duration::from_secs(5));
    bench.add(with_policy(retried(When::Now, 3), limited)).unwrap();
    fail(&mut bench, FIRST);
    assert_eq!(gave_up(&mut bench), Some(GaveUp::Time));
}

#[test]
fn a_function_of_the_host_is_asked_and_may_say_no() {
    let asking = |policy: &mut Policy| policy.retry.backoff = Backoff::Asked;
    let start = || {
        let mut bench = Bench::new();
        bench.add(with_policy(retried(When::Now, 3), asking)).unwrap();
        fail(&mut bench, FIRST);
        let events = bench.events();
        assert!(matches!(events.last(), Some(JobEvent::AttemptFailed { retry_at: None, .. })), "{events:?}");
        bench
    };
    let run = RunId(1);
    let mut bench = start();
    bench.send(Input::SetBackoff { run, delay: Some(PAUSE) }).unwrap();
    assert!(matches!(bench.events()[..], [JobEvent::RetryPlanned { .. }]));
    bench.send(Input::SetBackoff { run, delay: None }).unwrap();
    assert!(bench.events().is_empty(), "the first answer counts");
    bench.pass(PAUSE);
    assert_eq!(bench.boots(), [SECOND]);
    let mut bench = start();
    bench.send(Input::SetBackoff { run, delay: None }).unwrap();
    assert_eq!(gave_up(&mut bench), Some(GaveUp::Backoff));
}

#[test]
fn an_inline_run_is_tried_again_by_the_host() {
    let mut bench = Bench::new();
    let spec = with_policy(inline("job", When::Now), |policy| policy.retry = retry(2));
    bench.add(spec).unwrap();
    bench.take();
    let failed = InlineOutcome::Failed { is_permanent: false };
    bench.send(Input::InlineEnded { run: RunId(1), outcome: failed, bytes: None }).unwrap();
    assert_eq!(end(&mut bench), None);
    bench.pass(PAUSE);
    let events = bench.events();
    assert!(matches!(events[..], [JobEvent::InlineDue { run: RunId(1), attempt: 2, .. }]), "{events:?}");
    bench.send(Input::InlineEnded { run: RunId(1), outcome: failed, bytes: None }).unwrap();
    assert_eq!(gave_up(&mut bench), Some(GaveUp::Attempts));
}

#[test]
fn the_count_starts_anew_with_every_run() {
    let mut bench = Bench::new();
    bench.add(retried(every("every 10 minutes"), 2)).unwrap();
    for run in 0..2 {
        bench.pass_ms(10 * MINUTE_MS - 20_000 * u64::from(run > 0));
        fail(&mut bench, worker(1 + 2 * run));
        assert_eq!(end(&mut bench), None);
        bench.pass(PAUSE);
        fail(&mut bench, worker(2 + 2 * run));
        assert_eq!(gave_up(&mut bench), Some(GaveUp::Attempts));
        bench.pass(PAUSE);
    }
}

#[test]
fn a_run_knows_why_there_is_one_and_which_due_time_it_answers() {
    let queued = |bench: &mut Bench| {
        bench
            .events()
            .into_iter()
            .filter_map(|event| match event {
                JobEvent::RunQueued { trigger, due, .. } => Some((trigger, due)),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    let mut bench = Bench::new();
    bench.add(inline("now", When::Now)).unwrap();
    assert_eq!(queued(&mut bench), [(Trigger::Now, None)]);
    bench.add(inline("minute", every("every minute"))).unwrap();
    bench.pass_ms(MINUTE_MS);
    assert_eq!(queued(&mut bench), [(Trigger::Schedule, Some(EpochMs(START_MS + 60_000)))]);
    bench.send(Input::RunJob("now".into())).unwrap();
    bench.add(inline("date", in_ms(61_000))).unwrap();
    bench.pass_ms(5_000);
    assert_eq!(queued(&mut bench), [(Trigger::Missed, Some(EpochMs(START_MS + 61_000)))]);
}

#[test]
fn as_many_go_at_once_as_the_concurrency_says_and_the_rest_by_overlap() {
    let three = |overlap| {
        let spec =
            with_policy(offloaded("job", every("every second")), |policy| policy.concurrency = Some(2));
        let mut bench = Bench::with(PoolLimits { max_boots: 9, ..PoolLimits::default() });
        bench.add(overlapping(overlap, spec)).unwrap();
        for _ in 0..3 {
            bench.pass_ms(1_000);
        }
        bench
    };
    for overlap in [Overlap::Skip, Overlap::Queue, Overlap::Allow] {
        assert_eq!(three(overlap).boots().len(), 2, "{overlap:?}");
    }
}
