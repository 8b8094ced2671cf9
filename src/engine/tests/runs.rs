//! A run from its start to its end.

use super::*;

fn run_now(bench: &mut Bench) {
    bench.add(offloaded("job", When::Now)).unwrap();
}

#[test]
fn a_run_starts_goes_online_and_completes() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    let effects = bench.take();
    assert!(matches!(&effects[0], Effect::Emit(JobEvent::RunQueued { .. })), "{effects:?}");
    assert!(matches!(effects[1], Effect::Boot { worker: FIRST, warm_up: WarmUp::Cold, .. }), "{effects:?}");
    assert!(matches!(&effects[2], Effect::Emit(JobEvent::RunStarted { run: RunId(1), .. })), "{effects:?}");
    assert!(
        matches!(&effects[3], Effect::Start { worker: FIRST, thread_id: 1, env: None, .. }),
        "{effects:?}"
    );
    bench.bring_online(FIRST);
    let effects = bench.take();
    assert!(matches!(effects[0], Effect::WatchMemory { worker: FIRST, limit_bytes: None }), "{effects:?}");
    assert!(
        matches!(effects[1], Effect::Emit(JobEvent::RunOnline { run: RunId(1), pid: 101, .. })),
        "{effects:?}"
    );
    bench.pass_ms(300);
    bench.say_done(FIRST);
    let events = bench.events();
    assert!(matches!(&events[0], JobEvent::Message { bytes, .. } if **bytes == *b"done"));
    let JobEvent::RunEnded { cause, usage, .. } = &events[1] else { panic!("{events:?}") };
    assert_eq!(*cause, EndCause::Done);
    assert_eq!((usage.elapsed, usage.peak_memory_bytes), (Duration::from_millis(300), 42));
    assert!(bench.is_idle());
}

#[test]
fn the_end_is_told_after_every_message() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.bring_online(FIRST);
    bench.take();
    for byte in 0..3 {
        bench.frame(FIRST, WorkerFrame::Message(vec![byte].into()));
    }
    bench.exit(FIRST, ExitStatus::Code(3));
    let events = bench.events();
    assert!(matches!(events.last(), Some(JobEvent::RunEnded { cause: EndCause::ExitCode(3), .. })));
    assert_eq!(events.len(), 4);
}

#[test]
fn an_uncaught_error_ends_the_run_with_it() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.bring_online(FIRST);
    bench.frame(FIRST, WorkerFrame::Error { envelope: b"envelope".to_vec(), is_permanent: false });
    bench.exit(FIRST, ExitStatus::Code(1));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Error(b"envelope".to_vec()))]);
}

#[test]
fn a_process_that_cannot_be_started_fails_its_run_and_the_next_one_works() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.exit(FIRST, ExitStatus::Code(9));
    let ends = bench.ends();
    assert!(
        matches!(&ends[..], [(RunId(1), EndCause::FailedToStart { code: "WORKER_BOOT_FAILED", .. })]),
        "{ends:?}"
    );
    bench.add(offloaded("next", When::Now)).unwrap();
    assert!(bench.boots().is_empty(), "boots pause after a failed one");
    bench.pass_ms(100);
    assert_eq!(bench.boots(), [SECOND]);
    bench.bring_online(SECOND);
    bench.say_done(SECOND);
    assert_eq!(bench.ends(), [(RunId(2), EndCause::Done)]);
}

#[test]
fn a_process_that_says_done_and_stays_is_killed() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.bring_online(FIRST);
    bench.frame(FIRST, WorkerFrame::Done(b"done".to_vec()));
    bench.pass_ms(1_000);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Done)]);
}

#[test]
fn messages_posted_before_the_run_is_online_wait_for_it() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.take();
    let bytes: Arc<[u8]> = Arc::from(b"early".as_slice());
    bench.send(Input::PostMessage { run: RunId(1), bytes: Arc::clone(&bytes) }).unwrap();
    assert!(bench.take().is_empty());
    bench.bring_online(FIRST);
    let is_early = |effect: &Effect| matches!(effect, Effect::Write { frame, .. } if frame.tail == bytes);
    assert_eq!(bench.take().iter().filter(|effect| is_early(effect)).count(), 1);
    bench.say_done(FIRST);
    let late = bench.send(Input::PostMessage { run: RunId(1), bytes });
    assert_eq!(late, Err(Refusal::UnknownRun));
}

#[test]
fn a_job_due_while_its_run_goes_is_not_started_again() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.take();
    assert_eq!(
        bench.send(Input::RunJob(Arc::from("job"))),
        Ok(Reply::AlreadyRunning { run: RunId(1), since: Some(EpochMs(START_MS)) })
    );
    assert!(bench.boots().is_empty());
}

#[test]
fn a_channel_that_breaks_ends_the_run() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.bring_online(FIRST);
    bench.take();
    let error = crate::worker::ipc::ChannelError::UnknownKind(77);
    bench.send(Input::ChannelBroke { worker: FIRST, error }).unwrap();
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::ChannelBroke(error))]);
}

#[test]
fn a_message_that_the_host_cannot_read_ends_the_run() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.bring_online(FIRST);
    bench.take();
    bench.send(Input::BadMessage(RunId(1))).unwrap();
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    let broke = EndCause::ChannelBroke(crate::worker::ipc::ChannelError::BadMessage);
    assert_eq!(bench.ends(), [(RunId(1), broke)]);
    bench.send(Input::BadMessage(RunId(1))).unwrap();
    assert!(bench.take().is_empty(), "the run is over");
}

#[test]
fn a_run_goes_online_once() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.bring_online(FIRST);
    bench.take();
    bench.frame(FIRST, WorkerFrame::Online);
    assert!(bench.take().is_empty());
}

#[test]
fn late_facts_of_an_ended_worker_change_nothing() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.bring_online(FIRST);
    bench.say_done(FIRST);
    bench.take();
    bench.frame(FIRST, WorkerFrame::Ready);
    bench.exit(FIRST, ExitStatus::Code(0));
    bench.send(Input::MemoryExceeded { worker: FIRST, used_bytes: 1 }).unwrap();
    assert!(bench.events().is_empty());
}

#[test]
fn output_that_was_read_is_reported_to_the_process_that_the_run_has() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.take();
    let read = |run| Input::OutputRead { run: RunId(run), is_stderr: true, bytes: 7 };
    let expected = |effects: &[Effect]| {
        matches!(effects, [Effect::OutputRead { worker: FIRST, is_stderr: true, bytes: 7 }])
    };
    // Something loaded before the job may print, too.
    bench.send(read(1)).unwrap();
    assert!(expected(&bench.take()));
    bench.bring_online(FIRST);
    bench.take();
    bench.send(read(1)).unwrap();
    assert!(expected(&bench.take()));
    bench.send(read(2)).unwrap();
    assert!(bench.take().is_empty());
}

#[test]
fn an_error_after_done_is_reported_and_the_run_stays_a_completion() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.bring_online(FIRST);
    bench.take();
    bench.frame(FIRST, WorkerFrame::Done(b"done".to_vec()));
    bench.frame(FIRST, WorkerFrame::Error { envelope: b"late".to_vec(), is_permanent: false });
    bench.exit(FIRST, ExitStatus::Code(1));
    let events = bench.events();
    assert!(matches!(&events[1], JobEvent::LateError { run: RunId(1), bytes } if bytes == b"late"));
    assert!(matches!(&events[2], JobEvent::RunEnded { cause: EndCause::Done, .. }), "{events:?}");
}

#[test]
fn what_the_main_module_exports_is_passed_on() {
    let mut bench = Bench::new();
    run_now(&mut bench);
    bench.bring_online(FIRST);
    bench.take();
    bench.frame(FIRST, WorkerFrame::ExportsFunction { is_idle: true });
    bench.exit(FIRST, ExitStatus::Code(0));
    let events = bench.events();
    assert_eq!(events[0], JobEvent::ExportsFunction { run: RunId(1), is_idle: true });
    assert!(matches!(&events[1], JobEvent::RunEnded { cause: EndCause::ExitCode(0), .. }));
}
