//! The kill ladder, limits of a run, removal and shutdown.

use super::*;

const REQUEST: RequestId = RequestId(1);

fn online(limits: Limits) -> Bench {
    let mut bench = Bench::new();
    bench.add(offloaded_with("job", When::Now, limits, &Arc::default())).unwrap();
    bench.bring_online(FIRST);
    bench.take();
    bench
}

fn remove(bench: &mut Bench) {
    bench.send(Input::RemoveJob { name: Arc::from("job"), request: REQUEST }).unwrap();
}

fn asked_to_cancel(bench: &mut Bench) -> bool {
    bench
        .take()
        .iter()
        .any(|effect| matches!(effect, Effect::Write { frame, .. } if &*frame.tail == b"cancel"))
}

fn settled_in_time() -> JobEvent {
    JobEvent::RequestSettled { request: REQUEST, timed_out: false, survivors: Vec::new() }
}

fn settled(bench: &mut Bench) -> Vec<bool> {
    let settled = |event| match event {
        JobEvent::RequestSettled { timed_out, .. } => Some(timed_out),
        _ => None,
    };
    bench.events().into_iter().filter_map(settled).collect()
}

#[test]
fn a_run_is_asked_then_terminated_then_killed() {
    let mut bench = online(limits());
    remove(&mut bench);
    assert!(asked_to_cancel(&mut bench));
    bench.pass_ms(4_999);
    assert!(bench.signals().is_empty());
    bench.pass_ms(1);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
    bench.pass_ms(1_999);
    assert!(bench.signals().is_empty());
    bench.pass_ms(1);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Cancelled)]);
}

#[test]
fn a_run_that_says_cancelled_is_over_when_it_has_left() {
    let mut bench = online(limits());
    remove(&mut bench);
    bench.frame(FIRST, WorkerFrame::Cancelled(b"cancelled".to_vec()));
    assert!(settled(&mut bench).is_empty());
    bench.exit(FIRST, ExitStatus::Code(0));
    let events = bench.events();
    assert!(matches!(&events[0], JobEvent::RunEnded { cause: EndCause::Cancelled, .. }), "{events:?}");
    assert_eq!(events[1], settled_in_time());
}

#[test]
fn cancelled_is_an_ordinary_message_when_nobody_asked() {
    let mut bench = online(limits());
    bench.frame(FIRST, WorkerFrame::Cancelled(b"cancelled".to_vec()));
    bench.pass_ms(MINUTE_MS);
    assert!(bench.signals().is_empty());
    bench.say_done(FIRST);
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Done)]);
}

#[test]
fn a_run_that_completes_although_it_was_asked_to_stop_is_done() {
    let mut bench = online(limits());
    remove(&mut bench);
    bench.say_done(FIRST);
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Done)]);
}

const SIGTERM: i32 = 15;

fn told_to_take_its_signal(bench: &mut Bench) -> bool {
    bench
        .take()
        .iter()
        .any(|effect| matches!(effect, Effect::Write { frame, .. } if *frame == HostFrame::take_signal()))
}

#[test]
fn a_signal_from_outside_asks_a_listening_job_to_stop_and_takes_the_ladder() {
    let mut bench = online(limits());
    bench.frame(FIRST, WorkerFrame::Signal(SIGTERM));
    assert!(asked_to_cancel(&mut bench));
    bench.frame(FIRST, WorkerFrame::Signal(SIGTERM));
    assert!(bench.take().is_empty(), "it has been asked");
    bench.pass_ms(5_000);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
    bench.exit(FIRST, ExitStatus::Signal(SIGTERM));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::CancelledBySignal(SIGTERM))]);
}

#[test]
fn the_signal_of_the_ladder_ends_a_job_that_asks_about_it() {
    let mut bench = online(limits());
    remove(&mut bench);
    bench.frame(FIRST, WorkerFrame::Signal(SIGTERM));
    assert!(!told_to_take_its_signal(&mut bench), "that one came from outside, and the job is being asked");
    bench.pass_ms(5_000);
    bench.frame(FIRST, WorkerFrame::Signal(SIGTERM));
    assert!(told_to_take_its_signal(&mut bench));
    bench.exit(FIRST, ExitStatus::Signal(SIGTERM));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Cancelled)]);
}

#[test]
fn a_shutdown_waits_for_a_job_that_a_signal_has_asked_to_stop() {
    let mut bench = online(limits());
    bench.frame(FIRST, WorkerFrame::Signal(SIGTERM));
    bench.take();
    bench.send(Input::Shutdown { request: REQUEST, timeout: Duration::from_secs(30) }).unwrap();
    assert!(!asked_to_cancel(&mut bench), "once is enough");
    bench.frame(FIRST, WorkerFrame::Cancelled(b"cancelled".to_vec()));
    bench.exit(FIRST, ExitStatus::Code(0));
    assert_eq!(bench.events().last(), Some(&settled_in_time()));
}

#[test]
fn a_time_limit_counts_from_the_first_line_and_takes_the_ladder() {
    let limits = Limits { timeout: Some(Duration::from_secs(1)), ..limits() };
    let mut bench = Bench::new();
    bench.add(offloaded_with("job", When::Now, limits, &Arc::default())).unwrap();
    bench.pass_ms(5_000);
    bench.bring_online(FIRST);
    bench.take();
    bench.pass_ms(999);
    assert!(!asked_to_cancel(&mut bench));
    bench.pass_ms(1);
    assert!(asked_to_cancel(&mut bench));
    bench.pass_ms(5_000);
    bench.exit(FIRST, ExitStatus::Signal(15));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Timeout(Duration::from_secs(1)))]);
}

#[test]
fn too_much_memory_is_killed_at_once() {
    let mut bench = online(Limits { memory_bytes: Some(100), ..limits() });
    bench.send(Input::MemoryExceeded { worker: FIRST, used_bytes: 150 }).unwrap();
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Memory { limit_bytes: 100, used_bytes: 150 })]);
}

#[test]
fn terminate_kills_at_once_also_in_the_middle_of_the_ladder() {
    let mut bench = online(limits());
    remove(&mut bench);
    bench.take();
    bench.send(Input::Terminate(RunId(1))).unwrap();
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Cancelled)], "the first reason stands");
}

#[test]
fn a_run_that_waits_for_a_process_is_cancelled_without_one() {
    let mut bench = Bench::new();
    for name in ["a", "b", "job"] {
        bench.add(offloaded(name, When::Now)).unwrap();
    }
    bench.take();
    remove(&mut bench);
    let events = bench.events();
    assert!(matches!(&events[0], JobEvent::RunEnded { run: RunId(3), cause: EndCause::Cancelled, .. }));
    assert_eq!(events[1], settled_in_time());
}

#[test]
fn removing_an_unknown_job_is_refused() {
    let mut bench = Bench::new();
    let reply = bench.send(Input::RemoveJob { name: Arc::from("job"), request: REQUEST });
    assert_eq!(reply, Err(Refusal::UnknownJob));
}

#[test]
fn shutdown_starts_nothing_and_waits_for_the_last_process() {
    let mut bench = online(limits());
    bench.add(inline("later", in_ms(60_000))).unwrap();
    bench.send(Input::Shutdown { request: REQUEST, timeout: Duration::from_secs(30) }).unwrap();
    assert!(asked_to_cancel(&mut bench));
    assert_eq!(bench.add(offloaded("new", When::Now)), Err(Refusal::ShuttingDown));
    assert!(settled(&mut bench).is_empty());
    bench.exit(FIRST, ExitStatus::Code(0));
    assert_eq!(settled(&mut bench), [false]);
    bench.pass_ms(120_000);
    assert!(bench.events().is_empty(), "the job that was due later is disarmed");
}

#[test]
fn nothing_is_accepted_once_a_shutdown_has_begun() {
    let mut bench = online(limits());
    bench.add(inline("held", in_ms(60_000))).unwrap();
    bench.send(Input::Shutdown { request: REQUEST, timeout: Duration::from_secs(30) }).unwrap();
    let requests = || {
        let name: Arc<str> = Arc::from("held");
        let spec = offloaded("new", When::Now);
        [
            Input::AddJob { spec, replace_finished: false, is_held: true },
            Input::ScheduleJob(Arc::clone(&name)),
            Input::RunJob(name),
        ]
    };
    for request in requests() {
        assert_eq!(bench.send(request), Err(Refusal::ShuttingDown));
    }
    bench.exit(FIRST, ExitStatus::Code(0));
    assert_eq!(settled(&mut bench), [false]);
    for request in requests() {
        assert_eq!(bench.send(request), Err(Refusal::ShutDown));
    }
    bench.send(Input::Shutdown { request: REQUEST, timeout: Duration::from_secs(30) }).unwrap();
    assert_eq!(settled(&mut bench), [false], "a second shutdown is settled at once");
    bench.pass_ms(120_000);
    assert!(bench.take().is_empty(), "no job runs, and no spare is kept");
}

#[test]
fn shutdown_kills_what_is_left_at_its_time_limit() {
    let mut bench = online(Limits { cancel_grace: Duration::from_secs(600), ..limits() });
    bench.send(Input::Shutdown { request: REQUEST, timeout: Duration::from_secs(3) }).unwrap();
    bench.pass_ms(3_000);
    assert!(bench.signals().contains(&(FIRST, StopSignal::Kill)));
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(settled(&mut bench), [true]);
}

#[test]
fn shutdown_does_not_wait_for_ever_on_what_the_kernel_holds() {
    let mut bench = online(limits());
    bench.send(Input::Shutdown { request: REQUEST, timeout: Duration::from_secs(3) }).unwrap();
    bench.pass_ms(3_000);
    assert!(settled(&mut bench).is_empty());
    bench.pass_ms(5_000);
    assert_eq!(settled(&mut bench), [true]);
}

#[test]
fn shutdown_at_rest_is_settled_at_once() {
    let mut bench = Bench::new();
    bench.send(Input::Shutdown { request: REQUEST, timeout: Duration::from_secs(3) }).unwrap();
    assert_eq!(settled(&mut bench), [false]);
}

#[test]
fn close_kills_everything_and_tells_nobody() {
    let mut bench = online(limits());
    bench.send(Input::Close).unwrap();
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert!(bench.events().is_empty());
    assert!(bench.is_idle());
}

const EPERM: i32 = 1;
const SURVIVOR: Survivor = Survivor { pid: 101, errno: EPERM };

/// The ladder up to SIGKILL, which the system refuses.
fn refuse_kill(bench: &mut Bench) {
    bench.pass_ms(5_000);
    bench.pass_ms(2_000);
    assert!(bench.signals().contains(&(FIRST, StopSignal::Kill)));
    bench.send(Input::KillFailed { worker: FIRST, errno: EPERM }).unwrap();
}

#[test]
fn a_process_that_cannot_be_killed_has_its_channel_closed_and_may_still_leave() {
    let mut bench = online(limits());
    remove(&mut bench);
    refuse_kill(&mut bench);
    assert!(bench.take().iter().any(|effect| matches!(effect, Effect::Retire(FIRST))));
    bench.pass_ms(999);
    bench.exit(FIRST, ExitStatus::Signal(9));
    let events = bench.events();
    assert!(matches!(&events[0], JobEvent::RunEnded { cause: EndCause::Cancelled, .. }), "{events:?}");
    assert_eq!(events[1], settled_in_time());
}

#[test]
fn a_request_is_settled_with_the_process_that_cannot_be_killed() {
    let mut bench = online(limits());
    remove(&mut bench);
    refuse_kill(&mut bench);
    bench.pass_ms(1_000);
    let events = bench.events();
    let [JobEvent::RunEnded { cause, .. }, JobEvent::RequestSettled { survivors, .. }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!((cause, &survivors[..]), (&EndCause::NotStopped(SURVIVOR), &[SURVIVOR][..]));
    assert!(bench.is_idle(), "the host can exit");
    bench.frame(FIRST, WorkerFrame::Message(vec![1].into()));
    bench.exit(FIRST, ExitStatus::Code(0));
    assert!(bench.take().is_empty(), "what it does later concerns nothing");
}

#[test]
fn a_shutdown_names_the_processes_that_cannot_be_killed() {
    let mut bench = online(limits());
    bench.send(Input::Shutdown { request: REQUEST, timeout: Duration::from_secs(30) }).unwrap();
    refuse_kill(&mut bench);
    bench.pass_ms(1_000);
    let survivors = vec![SURVIVOR];
    let settled = JobEvent::RequestSettled { request: REQUEST, timed_out: false, survivors };
    assert_eq!(bench.events().last(), Some(&settled));
    assert!(bench.is_idle());
}

#[test]
fn a_job_that_is_done_is_done_although_its_process_cannot_be_killed() {
    let mut bench = online(limits());
    bench.frame(FIRST, WorkerFrame::Done(b"done".to_vec()));
    bench.pass_ms(1_000);
    bench.send(Input::KillFailed { worker: FIRST, errno: EPERM }).unwrap();
    bench.pass_ms(1_000);
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Done)]);
}

#[test]
fn a_run_that_writes_output_after_done_is_given_time_for_each_piece() {
    let mut bench = Bench::new();
    bench.add(offloaded("job", When::Now)).unwrap();
    bench.bring_online(FIRST);
    // Before 'done' it has no meaning.
    bench.frame(FIRST, WorkerFrame::Flushing);
    bench.frame(FIRST, WorkerFrame::Done(b"done".to_vec()));
    for _ in 0..3 {
        bench.frame(FIRST, WorkerFrame::Flushing);
        bench.pass_ms(29_000);
        assert_eq!(bench.signals(), []);
    }
    bench.pass_ms(2_000);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Done)]);
}

#[test]
fn a_run_on_the_hosts_event_loop_is_not_waited_for() {
    for remove in [true, false] {
        let mut bench = Bench::new();
        bench.add(inline("job", When::Now)).unwrap();
        bench.take();
        let (name, request) = (Arc::from("job"), RequestId(1));
        let input =
            if remove { Input::RemoveJob { name, request } } else { Input::StopJob { name, request } };
        bench.send(input).unwrap();
        let events = bench.events();
        assert!(matches!(events[..], [JobEvent::RequestSettled { .. }]), "{events:?}");
    }
}
