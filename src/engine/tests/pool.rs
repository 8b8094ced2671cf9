//! Spares, bursts, and boots that fail.

use super::*;

fn auto() -> Bench {
    Bench::with(PoolLimits::default())
}

fn retired(bench: &mut Bench) -> Vec<WorkerId> {
    let retired = |effect: &Effect| match effect {
        Effect::Retire(worker) => Some(*worker),
        _ => None,
    };
    bench.take().iter().filter_map(retired).collect()
}

#[test]
fn a_spare_boots_one_lead_before_the_due_time_and_takes_the_job() {
    let mut bench = auto();
    bench.add(offloaded("job", in_ms(60_000))).unwrap();
    assert!(bench.boots().is_empty(), "at rest there is no process");
    let wake_ms = bench.engine.next_wakeup().wall.unwrap().0 - START_MS;
    assert_eq!(wake_ms, 60_000 - 500, "woken one lead ahead");
    bench.pass_ms(59_500);
    let effects = bench.take();
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Boot { warm_up: WarmUp::Full, .. })),
        "{effects:?}"
    );
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Emit(JobEvent::EnvironmentWanted))));
    bench.pass_ms(40);
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.pass_ms(460);
    let effects = bench.take();
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Start { worker: FIRST, .. })),
        "{effects:?}"
    );
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Boot { .. })), "{effects:?}");
}

/// A spare that has its job, due in 400 ms, and waits for GO.
fn primed() -> Bench {
    let mut bench = auto();
    bench.add(offloaded("job", in_ms(400))).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.pass_ms(380);
    let wake_ms = bench.engine.next_wakeup().wall.unwrap().0 - START_MS;
    assert_eq!(wake_ms, 390, "woken a little before the due time");
    bench.take();
    bench.pass_ms(10);
    let effects = bench.take();
    assert!(
        matches!(
            effects[..],
            [Effect::Start { worker: FIRST, thread_id: 1, .. }, Effect::WatchMemory { worker: FIRST, .. }]
        ),
        "{effects:?}"
    );
    bench
}

#[test]
fn a_spare_is_given_its_job_just_before_it_is_due_and_the_word_when_it_is() {
    let mut bench = primed();
    let wake_ms = bench.engine.next_wakeup().wall.unwrap().0 - START_MS;
    assert_eq!(wake_ms, 400);
    bench.pass_ms(10);
    let effects = bench.take();
    assert!(
        matches!(
            effects[..],
            [
                Effect::Emit(JobEvent::RunQueued { .. }),
                Effect::Emit(JobEvent::RunStarted { run: RunId(1), .. }),
                Effect::Go(FIRST)
            ]
        ),
        "{effects:?}"
    );
    bench.frame(FIRST, WorkerFrame::Online);
    bench.say_done(FIRST);
    assert!(bench.is_idle());
}

#[test]
fn a_primed_spare_that_never_reaches_its_job_is_given_up() {
    let mut bench = primed();
    bench.pass_ms(10);
    bench.take();
    bench.pass(PoolLimits::default().start_timeout);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
}

#[test]
fn a_primed_spare_is_let_go_when_its_job_is_removed() {
    let mut bench = primed();
    bench.send(Input::RemoveJob { name: Arc::from("job"), request: RequestId(1) }).unwrap();
    assert_eq!(retired(&mut bench), [FIRST]);
}

#[test]
fn a_primed_spare_is_let_go_when_the_clock_is_set_back() {
    let mut bench = primed();
    bench.set_wall(EpochMs(START_MS));
    assert_eq!(retired(&mut bench), [FIRST]);
    bench.set_wall(EpochMs(START_MS + 400));
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_primed_spare_is_let_go_when_the_environment_has_changed() {
    use crate::worker::environment::Environment;
    let mut bench = primed();
    bench.send(Input::SetEnvironment(Arc::new(Environment::new(vec!["A=1".to_owned()])))).unwrap();
    assert_eq!(retired(&mut bench), [FIRST]);
}

#[test]
fn a_primed_spare_is_let_go_at_shutdown() {
    let mut bench = primed();
    bench.send(Input::Shutdown { request: RequestId(1), timeout: Duration::from_secs(1) }).unwrap();
    assert_eq!(retired(&mut bench), [FIRST]);
}

#[test]
fn a_primed_spare_that_dies_loses_no_run() {
    let mut bench = primed();
    bench.exit(FIRST, ExitStatus::Signal(9));
    bench.pass_ms(10);
    assert_eq!(bench.boots(), [SECOND]);
    bench.bring_online(SECOND);
    bench.say_done(SECOND);
    assert_eq!(bench.ends(), [(RunId(2), EndCause::Done)]);
}

#[test]
fn a_primed_spare_takes_no_other_job() {
    let mut bench = primed();
    bench.add(offloaded("other", When::Now)).unwrap();
    assert_eq!(bench.boots(), [SECOND]);
    bench.pass_ms(10);
    assert!(bench.take().iter().any(|effect| matches!(effect, Effect::Go(FIRST))));
}

#[test]
fn a_job_that_runs_already_when_it_is_due_lets_its_primed_spare_go() {
    let mut bench = primed();
    bench.send(Input::RunJob(Arc::from("job"))).unwrap();
    let effects = bench.take();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Go(FIRST))), "{effects:?}");
    bench.frame(FIRST, WorkerFrame::Online);
    bench.pass_ms(10);
    let events = bench.events();
    assert!(events.iter().any(|event| matches!(event, JobEvent::Skipped { .. })), "{events:?}");
    assert!(retired(&mut bench).is_empty());
}

#[test]
fn the_lead_follows_what_boots_take() {
    let mut bench = auto();
    for (minute, boot_ms, lead_ms) in [(1, 80, 160), (2, 300, 600), (3, 100, 550)] {
        let at = minute * i64::try_from(MINUTE_MS).unwrap();
        bench.add(offloaded(&format!("job{minute}"), in_ms(at))).unwrap();
        let prepare = bench.engine.next_wakeup().wall.unwrap();
        bench.pass(prepare.since(bench.now.wall));
        let spare = *bench.boots().first().unwrap();
        bench.pass_ms(boot_ms);
        bench.frame(spare, WorkerFrame::Ready);
        assert_eq!(bench.engine.pool.boot_lead(), Duration::from_millis(lead_ms), "minute {minute}");
        bench.set_wall(EpochMs(START_MS + at));
        bench.frame(spare, WorkerFrame::Online);
        bench.say_done(spare);
        bench.take();
    }
}

#[test]
fn a_process_that_reaches_its_job_makes_room_for_the_next_boot() {
    let mut bench = Bench::new();
    for name in ["first", "second", "third"] {
        bench.add(offloaded(name, When::Now)).unwrap();
    }
    assert_eq!(bench.boots(), [FIRST, SECOND]);
    bench.bring_online(FIRST);
    assert_eq!(bench.boots(), [WorkerId(3)]);
}

#[test]
fn a_spare_that_nothing_needs_any_more_is_let_go() {
    let mut bench = auto();
    bench.add(offloaded("job", in_ms(400))).unwrap();
    assert_eq!(bench.boots(), [FIRST]);
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.send(Input::RemoveJob { name: Arc::from("job"), request: RequestId(1) }).unwrap();
    bench.pass_ms(9_999);
    assert!(retired(&mut bench).is_empty());
    bench.pass_ms(1);
    assert_eq!(retired(&mut bench), [FIRST]);
}

#[test]
fn a_spare_is_used_only_by_a_job_that_boots_the_same_way() {
    let mut bench = auto();
    let other =
        Arc::new(BootProfile { exec_args: vec!["--no-warnings".to_owned()], ..BootProfile::default() });
    bench.add(offloaded("plain", in_ms(400))).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.take();
    bench.add(offloaded_with("flagged", When::Now, limits(), &other)).unwrap();
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_spare_is_not_used_when_what_node_reads_at_start_has_changed() {
    use crate::worker::environment::Environment;
    let mut bench = auto();
    bench.add(offloaded("plain", in_ms(400))).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    let environment = Environment::new(vec!["NODE_OPTIONS=--no-warnings".to_owned()]);
    bench.send(Input::SetEnvironment(Arc::new(environment))).unwrap();
    bench.take();
    bench.pass_ms(400);
    let effects = bench.take();
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Start { worker: FIRST, .. })),
        "{effects:?}"
    );
}

#[test]
fn a_changed_environment_goes_along_with_the_job() {
    use crate::worker::environment::Environment;
    let mut bench = auto();
    bench.add(offloaded("plain", in_ms(400))).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.send(Input::SetEnvironment(Arc::new(Environment::new(vec!["A=1".to_owned()])))).unwrap();
    bench.pass_ms(400);
    let effects = bench.take();
    let given = effects.iter().find_map(|effect| match effect {
        Effect::Start { worker: FIRST, env, .. } => env.clone(),
        _ => None,
    });
    assert_eq!(given.unwrap().variables, ["A=1"]);
}

#[test]
fn a_spare_that_dies_before_the_job_begins_loses_no_run() {
    let mut bench = auto();
    bench.add(offloaded("job", in_ms(400))).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.pass_ms(400);
    bench.take();
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.boots(), [SECOND]);
    bench.bring_online(SECOND);
    bench.say_done(SECOND);
    let events = bench.events();
    assert!(
        !events.iter().any(|event| matches!(event, JobEvent::RunStarted { .. })),
        "told once: {events:?}"
    );
    assert!(matches!(events.last(), Some(JobEvent::RunEnded { run: RunId(1), cause: EndCause::Done, .. })));
}

#[test]
fn a_run_that_is_stopped_before_its_spare_reached_the_job_is_not_started_again() {
    let mut bench = auto();
    bench.add(offloaded("job", in_ms(400))).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.pass_ms(400);
    bench.send(Input::RemoveJob { name: Arc::from("job"), request: RequestId(1) }).unwrap();
    bench.take();
    bench.exit(FIRST, ExitStatus::Signal(9));
    let effects = bench.take();
    let ended = |effect: &Effect| {
        matches!(effect, Effect::Emit(JobEvent::RunEnded { cause: EndCause::Cancelled, .. }))
    };
    assert!(effects.iter().any(ended), "{effects:?}");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Boot { .. })), "{effects:?}");
}

#[test]
fn a_burst_boots_a_few_at_a_time_and_keeps_its_order() {
    let mut bench = Bench::new();
    for index in 0..500 {
        bench.add(offloaded(&format!("job{index}"), in_ms(1_000))).unwrap();
    }
    bench.pass_ms(1_000);
    let mut started = Vec::new();
    let mut booting = Vec::new();
    loop {
        for effect in bench.take() {
            match effect {
                Effect::Boot { worker, .. } => booting.push(worker),
                Effect::Start { thread_id, .. } => started.push(thread_id),
                _ => {}
            }
        }
        assert!(booting.len() <= 2);
        let Some(worker) = booting.pop() else { break };
        bench.bring_online(worker);
        bench.say_done(worker);
    }
    assert_eq!(started, (1..=500).collect::<Vec<u32>>());
    assert!(bench.is_idle());
}

#[test]
fn no_more_workers_than_allowed_run_at_once() {
    let mut bench = Bench::with(PoolLimits { max_boots: 4, max_workers: Some(1), ..PoolLimits::default() });
    for name in ["a", "b"] {
        bench.add(offloaded(name, When::Now)).unwrap();
    }
    assert_eq!(bench.boots(), [FIRST]);
    bench.bring_online(FIRST);
    assert!(bench.boots().is_empty());
    bench.say_done(FIRST);
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn boots_that_fail_in_a_row_are_tried_less_and_less_often() {
    let mut bench = Bench::new();
    let mut pauses_ms = Vec::new();
    for index in 0..9 {
        bench.add(offloaded(&format!("job{index}"), When::Now)).unwrap();
        let before = bench.now.mono;
        let worker = loop {
            if let Some(worker) = bench.boots().first() {
                break *worker;
            }
            let next = bench.engine.next_wakeup().mono.unwrap();
            bench.pass(next.since(bench.now.mono));
        };
        pauses_ms.push(bench.now.mono.since(before).as_millis());
        bench.exit(worker, ExitStatus::Code(9));
        assert_eq!(bench.ends().len(), 1);
    }
    assert_eq!(pauses_ms, [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000]);
}

#[test]
fn a_spare_that_reports_an_error_is_a_failed_boot() {
    let mut bench = auto();
    bench.add(offloaded("job", in_ms(300))).unwrap();
    assert_eq!(bench.boots(), [FIRST]);
    bench.frame(FIRST, WorkerFrame::Error { envelope: vec![1], is_permanent: false });
    assert!(bench.signals().is_empty(), "it ends itself");
    bench.exit(FIRST, ExitStatus::Code(1));
    bench.pass_ms(99);
    assert!(bench.boots().is_empty(), "it would fail again at once");
    bench.pass_ms(1);
    assert_eq!(bench.boots(), [SECOND]);
    bench.frame(SECOND, WorkerFrame::Error { envelope: vec![1], is_permanent: false });
    bench.pass_ms(5_000);
    assert_eq!(bench.signals(), [(SECOND, StopSignal::Kill)], "it did not end");
}

#[test]
fn a_run_that_is_stopped_while_its_process_boots_is_no_failed_boot() {
    let mut bench = Bench::new();
    bench.add(offloaded("job", When::Now)).unwrap();
    bench.send(Input::RemoveJob { name: Arc::from("job"), request: RequestId(1) }).unwrap();
    assert!(bench.signals().contains(&(FIRST, StopSignal::Kill)));
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Cancelled)]);
    bench.add(offloaded("next", When::Now)).unwrap();
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_process_that_does_not_boot_is_killed_in_the_end() {
    let mut bench = Bench::new();
    bench.add(offloaded("job", When::Now)).unwrap();
    bench.pass_ms(60_000);
    assert!(bench.signals().contains(&(FIRST, StopSignal::Kill)));
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert!(matches!(
        &bench.ends()[..],
        [(RunId(1), EndCause::FailedToStart { code: "WORKER_BOOT_TIMEOUT", .. })]
    ));
    bench.add(offloaded("next", When::Now)).unwrap();
    assert!(bench.boots().is_empty(), "that was a failed boot");
}

#[test]
fn a_spare_that_does_not_begin_its_job_is_killed_and_the_job_gets_another_process() {
    let mut bench = auto();
    bench.add(offloaded("job", in_ms(400))).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.pass_ms(400);
    bench.take();
    bench.pass_ms(60_000);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_job_that_runs_has_no_such_limit() {
    let mut bench = auto();
    bench.add(offloaded("job", in_ms(400))).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.pass_ms(400);
    bench.frame(FIRST, WorkerFrame::Online);
    bench.take();
    bench.pass_ms(3_600_000);
    assert!(bench.signals().is_empty());
}

#[test]
fn a_spare_that_is_let_go_and_stays_is_killed() {
    let mut bench = auto();
    bench.add(offloaded("job", in_ms(400))).unwrap();
    bench.send(Input::Shutdown { request: RequestId(1), timeout: Duration::from_secs(30) }).unwrap();
    assert_eq!(retired(&mut bench), [FIRST]);
    bench.pass_ms(4_999);
    assert!(bench.signals().is_empty());
    bench.pass_ms(1);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
}

#[test]
fn a_process_that_dies_in_its_handshake_is_a_failed_boot() {
    let mut bench = Bench::new();
    bench.add(offloaded("job", When::Now)).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.exit(FIRST, ExitStatus::Code(76));
    bench.take();
    bench.add(offloaded("next", When::Now)).unwrap();
    assert!(bench.boots().is_empty());
    bench.pass_ms(100);
    assert_eq!(bench.boots(), [SECOND]);
    bench.frame(SECOND, WorkerFrame::Ready);
    bench.exit(SECOND, ExitStatus::Code(76));
    bench.add(offloaded("last", When::Now)).unwrap();
    bench.pass_ms(199);
    assert!(bench.boots().is_empty(), "the pause has doubled");
    bench.pass_ms(1);
    assert_eq!(bench.boots(), [WorkerId(3)]);
}

#[test]
fn a_number_of_spares_is_kept_while_a_job_is_registered() {
    let mut bench = Bench::with(PoolLimits { warm_workers: WarmWorkers::Count(2), ..PoolLimits::default() });
    bench.add(offloaded("job", in_ms(3_600_000))).unwrap();
    assert_eq!(bench.boots(), [FIRST, SECOND]);
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.frame(SECOND, WorkerFrame::Ready);
    bench.pass_ms(MINUTE_MS);
    assert!(retired(&mut bench).is_empty());
}

#[test]
fn no_spare_is_kept_after_a_shutdown() {
    let mut bench = Bench::with(PoolLimits { warm_workers: WarmWorkers::Count(1), ..PoolLimits::default() });
    bench.add(offloaded("job", in_ms(3_600_000))).unwrap();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.send(Input::Shutdown { request: RequestId(1), timeout: Duration::from_secs(30) }).unwrap();
    bench.exit(FIRST, ExitStatus::Code(0));
    bench.take();
    assert_eq!(bench.engine.next_wakeup().mono, None, "nothing is left to wait for");
    bench.pass_ms(MINUTE_MS);
    assert!(bench.boots().is_empty());
    assert_eq!(bench.send(Input::ScheduleJob(Arc::from("job"))), Err(Refusal::ShutDown));
    assert!(bench.boots().is_empty());
}

#[test]
fn the_spares_that_are_kept_are_of_the_kind_that_the_jobs_need() {
    let mut bench = Bench::with(PoolLimits { warm_workers: WarmWorkers::Count(1), ..PoolLimits::default() });
    bench.add(inline("inline", in_ms(3_600_000))).unwrap();
    assert!(bench.boots().is_empty(), "an inline job needs no process");
    let profile =
        Arc::new(BootProfile { exec_args: vec!["--no-warnings".to_owned()], ..BootProfile::default() });
    bench.add(offloaded_with("later", in_ms(3_600_000), limits(), &profile)).unwrap();
    assert_eq!(bench.boots(), [FIRST]);
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.add(offloaded_with("now", When::Now, limits(), &profile)).unwrap();
    let effects = bench.take();
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Start { worker: FIRST, .. })),
        "{effects:?}"
    );
}
