//! Jobs that are functions: lanes, kept processes, and what becomes of their runs.

use super::*;
use crate::engine::PausedBy;
use crate::engine::job::{Handler, Reuse};
use crate::engine::lanes::Priority;
use crate::worker::ipc::ReportKind;

pub(super) const IDLE: Duration = Duration::from_secs(30);

pub(super) fn handler_with(concurrency: usize, change: impl FnOnce(&mut Handler)) -> JobSpec {
    let process = Offloaded { boot: Arc::default(), job: Arc::from(b"job".as_slice()) };
    let mut handler = Handler {
        process: Some(process),
        data: Arc::from(b"own".as_slice()),
        reuse: Reuse { max_runs: u32::MAX, idle: IDLE, max_age: None },
        queue: None,
        concurrency,
        max_waiting: 100,
        keep_result: 1_000,
        keeps_history: true,
    };
    change(&mut handler);
    JobSpec { work: Work::Handler(Arc::new(handler)), ..offloaded("job", When::HostClock) }
}

pub(super) fn bench_with(spec: JobSpec) -> Bench {
    let limits = PoolLimits { max_boots: 9, warm_workers: WarmWorkers::Count(0), ..PoolLimits::default() };
    let mut bench = Bench::with(limits);
    bench.add(spec).unwrap();
    bench
}

pub(super) fn handlers(concurrency: usize) -> Bench {
    bench_with(handler_with(concurrency, |_| {}))
}

pub(super) fn ask_with(bench: &mut Bench, request: RunRequest) -> RunId {
    match bench.send(Input::RequestRun { name: "job".into(), request }) {
        Ok(Reply::Run(run)) => run,
        other => panic!("{other:?}"),
    }
}

pub(super) fn ask(bench: &mut Bench) -> RunId {
    ask_with(bench, RunRequest { data: Some(Arc::from(b"data".as_slice())), ..RunRequest::default() })
}

/// The runs that were sent to processes since the last look.
pub(super) fn sent(bench: &mut Bench) -> Vec<(WorkerId, u32)> {
    bench
        .take()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Write { worker, frame } if frame.head[4] == 4 => {
                let number = frame.head[5..9].try_into().unwrap();
                Some((worker, u32::from_le_bytes(number)))
            }
            _ => None,
        })
        .collect()
}

pub(super) fn online(bench: &mut Bench, worker: WorkerId) {
    bench.send(Input::WorkerStarted { worker, pid: 100 + worker.0, rights: Rights::numbered(0) }).unwrap();
    bench.frame(worker, WorkerFrame::Loading);
    bench.frame(worker, WorkerFrame::Online);
}

pub(super) fn returns(bench: &mut Bench, worker: WorkerId, run: RunId) {
    bench.frame(worker, WorkerFrame::Returned { run: run.0, value: vec![7] });
}

#[test]
fn a_run_boots_a_process_and_the_next_one_finds_it() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    assert_eq!(bench.boots(), [FIRST]);
    online(&mut bench, FIRST);
    assert_eq!(sent(&mut bench), [(FIRST, first.0)]);
    returns(&mut bench, FIRST, first);
    assert_eq!(bench.ends(), [(first, EndCause::Returned(vec![7]))]);
    let second = ask(&mut bench);
    assert_eq!(sent(&mut bench), [(FIRST, second.0)]);
}

#[test]
fn as_many_processes_as_runs_up_to_the_concurrency_and_the_rest_wait_in_order() {
    let mut bench = handlers(2);
    let runs: Vec<RunId> = (0..4).map(|_| ask(&mut bench)).collect();
    assert_eq!(bench.boots(), [FIRST, SECOND]);
    online(&mut bench, FIRST);
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(FIRST, runs[0].0), (SECOND, runs[1].0)]);
    bench.pass_ms(100);
    returns(&mut bench, SECOND, runs[1]);
    assert_eq!(sent(&mut bench), [(SECOND, runs[2].0)]);
    bench.pass_ms(100);
    returns(&mut bench, FIRST, runs[0]);
    assert_eq!(sent(&mut bench), [(FIRST, runs[3].0)]);
}

#[test]
fn a_higher_priority_comes_first() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    ask(&mut bench);
    let urgent = ask_with(&mut bench, RunRequest { priority: Some(Priority(5)), ..RunRequest::default() });
    online(&mut bench, FIRST);
    bench.pass_ms(100);
    bench.take();
    returns(&mut bench, FIRST, first);
    assert_eq!(sent(&mut bench), [(FIRST, urgent.0)]);
}

#[test]
fn one_more_than_may_wait_is_refused() {
    let mut bench = bench_with(handler_with(1, |handler| handler.max_waiting = 2));
    for _ in 0..3 {
        ask(&mut bench);
    }
    let request = RunRequest { data: Some(Arc::default()), ..RunRequest::default() };
    let refused = bench.send(Input::RequestRun { name: "job".into(), request });
    assert_eq!(refused, Err(Refusal::QueueFull));
}

#[test]
fn a_handler_that_throws_leaves_its_process_in_use() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    bench.frame(FIRST, WorkerFrame::Threw { run: first.0, envelope: vec![1], is_permanent: false });
    assert_eq!(bench.ends(), [(first, EndCause::Error(vec![1]))]);
    let second = ask(&mut bench);
    assert_eq!(sent(&mut bench), [(FIRST, second.0)]);
}

#[test]
fn a_process_that_dies_takes_its_run_with_it_and_the_next_run_gets_another() {
    let mut bench = handlers(1);
    let (first, second) = (ask(&mut bench), ask(&mut bench));
    online(&mut bench, FIRST);
    bench.pass_ms(100);
    bench.take();
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends_so_far(), [(first, EndCause::Signal(9))]);
    assert_eq!(bench.boots(), [SECOND]);
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(SECOND, second.0)]);
}

#[test]
fn an_exit_with_code_0_before_the_handler_returned_is_a_failure() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    bench.exit(FIRST, ExitStatus::Code(0));
    assert_eq!(bench.ends(), [(first, EndCause::HandlerExited(0))]);
}

#[test]
fn a_module_that_cannot_be_loaded_fails_the_run_that_waited_longest() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    bench.send(Input::WorkerStarted { worker: FIRST, pid: 1, rights: Rights::numbered(0) }).unwrap();
    bench.frame(FIRST, WorkerFrame::Error { envelope: vec![3], is_permanent: true });
    bench.exit(FIRST, ExitStatus::Code(1));
    assert_eq!(bench.ends(), [(first, EndCause::Error(vec![3]))]);
}

#[test]
fn a_process_leaves_when_it_has_had_nothing_to_do_and_the_host_may_exit_before() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    returns(&mut bench, FIRST, first);
    assert!(bench.is_idle());
    bench.take();
    bench.pass(IDLE);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
    bench.exit(FIRST, ExitStatus::Signal(15));
    let second = ask(&mut bench);
    assert_eq!(bench.boots(), [SECOND]);
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(SECOND, second.0)]);
}

#[test]
fn a_process_is_replaced_after_its_number_of_runs() {
    let mut bench = bench_with(handler_with(1, |handler| handler.reuse.max_runs = 1));
    let (first, second) = (ask(&mut bench), ask(&mut bench));
    online(&mut bench, FIRST);
    bench.take();
    returns(&mut bench, FIRST, first);
    let effects = bench.take();
    let is_signal = |effect: &Effect| matches!(effect, Effect::Signal { worker: FIRST, .. });
    assert!(effects.iter().any(is_signal), "{effects:?}");
    let boots = |effect: &Effect| matches!(effect, Effect::Boot { worker: SECOND, .. });
    assert!(effects.iter().any(boots), "{effects:?}");
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(SECOND, second.0)]);
}

#[test]
fn where_runs_are_short_the_next_one_is_sent_ahead_and_counts_when_it_begins() {
    let mut bench = handlers(1);
    let runs: Vec<RunId> = (0..4).map(|_| ask(&mut bench)).collect();
    online(&mut bench, FIRST);
    bench.take();
    returns(&mut bench, FIRST, runs[0]);
    assert_eq!(sent(&mut bench), [(FIRST, runs[1].0), (FIRST, runs[2].0)]);
    returns(&mut bench, FIRST, runs[1]);
    assert_eq!(sent(&mut bench), [(FIRST, runs[3].0)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends_so_far(), [(runs[2], EndCause::Signal(9))]);
    assert_eq!(bench.boots(), [SECOND], "the one that stood ahead had not begun");
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(SECOND, runs[3].0)]);
    returns(&mut bench, SECOND, runs[3]);
    assert_eq!(bench.ends(), [(runs[3], EndCause::Returned(vec![7]))]);
}

#[test]
fn a_time_limit_asks_the_handler_first_and_then_ends_the_process() {
    let spec = handler_with(1, |_| {});
    let mut policy = (*spec.policy).clone();
    policy.limits.timeout = Some(Duration::from_secs(1));
    let mut bench = bench_with(JobSpec { policy: Arc::new(policy), ..spec });
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    bench.take();
    bench.pass_ms(1_000);
    let aborts = |effect: &Effect| matches!(effect, Effect::Write { frame, .. } if frame.head[4] == 5);
    assert!(bench.take().iter().any(aborts));
    returns(&mut bench, FIRST, first);
    assert_eq!(bench.ends(), [(first, EndCause::Timeout(Duration::from_secs(1)))]);
    let second = ask(&mut bench);
    assert_eq!(
        sent(&mut bench),
        [(FIRST, second.0)],
        "it answered in time: the process is as good as before"
    );
    bench.pass_ms(1_000);
    bench.pass_ms(5_000);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
    bench.exit(FIRST, ExitStatus::Signal(15));
    assert_eq!(bench.ends(), [(second, EndCause::Timeout(Duration::from_secs(1)))]);
}

#[test]
fn a_run_that_waits_is_cancelled_at_once_and_one_that_goes_by_its_handler() {
    let mut bench = handlers(1);
    let (first, second) = (ask(&mut bench), ask(&mut bench));
    online(&mut bench, FIRST);
    bench.take();
    bench.send(Input::CancelRun { run: second, request: RequestId(1) }).unwrap();
    assert_eq!(bench.ends(), [(second, EndCause::Cancelled)]);
    bench.send(Input::CancelRun { run: first, request: RequestId(2) }).unwrap();
    assert_eq!(bench.ends(), []);
    bench.frame(FIRST, WorkerFrame::Threw { run: first.0, envelope: vec![1], is_permanent: false });
    assert_eq!(bench.ends(), [(first, EndCause::Cancelled)]);
}

#[test]
fn an_idle_process_gives_its_place_to_another_job() {
    let limits =
        PoolLimits { max_workers: Some(1), warm_workers: WarmWorkers::Count(0), ..PoolLimits::default() };
    let mut bench = Bench::with(limits);
    bench.add(handler_with(1, |_| {})).unwrap();
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    returns(&mut bench, FIRST, first);
    bench.add(offloaded("script", When::Now)).unwrap();
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
    bench.exit(FIRST, ExitStatus::Signal(15));
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_due_time_is_a_run_with_the_jobs_own_data() {
    let spec = JobSpec { when: every("every minute"), ..handler_with(1, |_| {}) };
    let mut bench = bench_with(spec);
    bench.pass_ms(MINUTE_MS);
    bench.take();
    online(&mut bench, FIRST);
    let data = bench.take().into_iter().find_map(|effect| match effect {
        Effect::Write { frame, .. } if frame.head[4] == 4 => Some(frame.tail),
        _ => None,
    });
    assert_eq!(data.as_deref(), Some(b"own".as_slice()));
}

#[test]
fn a_delayed_run_begins_at_its_time() {
    let mut bench = handlers(1);
    let run =
        ask_with(&mut bench, RunRequest { delay: Some(Duration::from_secs(5)), ..RunRequest::default() });
    assert_eq!(bench.boots(), []);
    bench.pass_ms(5_000);
    assert_eq!(bench.boots(), [FIRST]);
    online(&mut bench, FIRST);
    assert_eq!(sent(&mut bench), [(FIRST, run.0)]);
}

#[test]
fn an_inline_handler_is_called_by_the_host_as_often_as_its_concurrency_allows() {
    let mut bench = bench_with(handler_with(2, |handler| handler.process = None));
    let due = |bench: &mut Bench| {
        let runs = bench.events().into_iter().filter_map(|event| match event {
            JobEvent::InlineDue { run, .. } => Some(run),
            _ => None,
        });
        runs.collect::<Vec<_>>()
    };
    let runs: Vec<RunId> = (0..3).map(|_| ask(&mut bench)).collect();
    assert_eq!(due(&mut bench), runs[..2]);
    bench.send(Input::InlineEnded { run: runs[0], outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    assert_eq!(due(&mut bench), runs[2..]);
}

#[test]
fn jobs_that_share_a_queue_share_its_places() {
    let mut bench = handlers(1);
    let shared = |handler: &mut Handler| handler.queue = Some("mail".into());
    for name in ["a", "b"] {
        bench.add(JobSpec { name: name.into(), ..handler_with(1, shared) }).unwrap();
        let input = Input::RequestRun { name: name.into(), request: RunRequest::default() };
        bench.send(input).unwrap();
    }
    assert_eq!(bench.boots(), [FIRST]);
}

#[test]
fn shutdown_ends_idle_processes_and_what_waits() {
    let mut bench = handlers(1);
    let (first, second) = (ask(&mut bench), ask(&mut bench));
    online(&mut bench, FIRST);
    bench.take();
    bench.send(Input::Shutdown { request: RequestId(1), timeout: IDLE }).unwrap();
    assert_eq!(bench.ends(), [(second, EndCause::Cancelled)]);
    returns(&mut bench, FIRST, first);
    bench.exit(FIRST, ExitStatus::Signal(15));
    let events = bench.events();
    assert!(
        events.iter().any(|event| matches!(event, JobEvent::RequestSettled { timed_out: false, .. })),
        "{events:?}"
    );
}

#[test]
fn the_processes_of_a_job_that_is_removed_leave() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    returns(&mut bench, FIRST, first);
    bench.take();
    bench.send(Input::RemoveJob { name: "job".into(), request: RequestId(1) }).unwrap();
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
}

#[test]
fn a_drain_lets_the_runs_of_handlers_end_and_begins_nothing_else() {
    let mut bench = handlers(1);
    let (first, second) = (ask(&mut bench), ask(&mut bench));
    let later =
        ask_with(&mut bench, RunRequest { delay: Some(Duration::from_secs(5)), ..RunRequest::default() });
    online(&mut bench, FIRST);
    bench.take();
    bench.send(Input::Drain { request: RequestId(1) }).unwrap();
    assert_eq!(bench.ends(), [(later, EndCause::Cancelled)]);
    let refused = bench.send(Input::RequestRun { name: "job".into(), request: RunRequest::default() });
    assert_eq!(refused, Err(Refusal::ShutDown));
    returns(&mut bench, FIRST, first);
    returns(&mut bench, FIRST, second);
    let events = bench.events();
    assert!(
        events.iter().any(|event| matches!(event, JobEvent::RequestSettled { timed_out: false, .. })),
        "{events:?}"
    );
}

#[test]
fn a_run_may_have_a_time_limit_and_tries_of_its_own() {
    let mut bench = handlers(1);
    let request = RunRequest {
        timeout: Some(Duration::from_secs(1)),
        attempts: Some(2),
        data: Some(Arc::default()),
        ..RunRequest::default()
    };
    let first = ask_with(&mut bench, request);
    online(&mut bench, FIRST);
    bench.take();
    bench.frame(FIRST, WorkerFrame::Threw { run: first.0, envelope: vec![1], is_permanent: false });
    let failed = |event: &JobEvent| matches!(event, JobEvent::AttemptFailed { attempt: 1, attempts: 2, .. });
    assert!(bench.events().iter().any(failed));
}

#[test]
fn an_inline_handler_is_asked_to_stop_and_its_run_ends_when_it_settles() {
    let mut bench = bench_with(handler_with(1, |handler| handler.process = None));
    let run = ask(&mut bench);
    bench.take();
    bench.send(Input::CancelRun { run, request: RequestId(1) }).unwrap();
    assert!(bench.events().contains(&JobEvent::InlineAbort { run }));
    bench.send(Input::InlineEnded { run, outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    assert_eq!(bench.ends(), [(run, EndCause::Cancelled)]);
}

#[test]
fn a_shutdown_waits_for_inline_handlers_and_at_its_time_no_longer() {
    let mut bench = bench_with(handler_with(1, |handler| handler.process = None));
    let run = ask(&mut bench);
    bench.take();
    bench.send(Input::Shutdown { request: RequestId(1), timeout: Duration::from_secs(1) }).unwrap();
    assert_eq!(bench.ends_so_far(), []);
    bench.pass_ms(1_000);
    let events = bench.events();
    let is_settled = |event: &JobEvent| matches!(event, JobEvent::RequestSettled { timed_out: true, .. });
    assert!(events.iter().any(is_settled), "{events:?}");
    let has_ended =
        |event: &JobEvent| matches!(event, JobEvent::RunEnded { run: ended, .. } if *ended == run);
    assert!(events.iter().any(has_ended), "{events:?}");
}

fn pause(bench: &mut Bench) {
    bench.send(Input::Pause { name: "job".into(), by: PausedBy::Host, note: None, cancel: None }).unwrap();
}

#[test]
fn runs_of_its_schedule_that_wait_in_the_lane_are_held_by_a_pause_and_those_asked_for_go() {
    let spec = handler_with(1, |handler| handler.process = None);
    let spec = JobSpec { when: every("every minute"), ..overlapping(Overlap::Allow, spec) };
    let mut bench = bench_with(spec);
    for _ in 0..2 {
        bench.pass_ms(MINUTE_MS);
    }
    let asked = ask(&mut bench);
    bench.take();
    pause(&mut bench);
    let row = bench.engine.jobs_named(["job"].into_iter(), bench.now).remove(0);
    assert_eq!((row.running, row.waiting), (1, 2));
    let due = |bench: &mut Bench| {
        let runs = bench.events().into_iter().filter_map(|event| match event {
            JobEvent::InlineDue { run, .. } => Some(run),
            _ => None,
        });
        runs.collect::<Vec<_>>()
    };
    let settle = |bench: &mut Bench, run| {
        bench.send(Input::InlineEnded { run, outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    };
    settle(&mut bench, RunId(1));
    assert_eq!(due(&mut bench), [asked]);
    settle(&mut bench, asked);
    assert_eq!(due(&mut bench), []);
    bench.send(Input::Resume { name: "job".into(), catch_up: false }).unwrap();
    assert_eq!(due(&mut bench), [RunId(2)]);
}

#[test]
fn a_drain_does_not_wait_for_what_a_pause_holds() {
    let spec = handler_with(1, |handler| handler.process = None);
    let spec = JobSpec { when: every("every minute"), ..overlapping(Overlap::Allow, spec) };
    let mut bench = bench_with(spec);
    for _ in 0..2 {
        bench.pass_ms(MINUTE_MS);
    }
    pause(&mut bench);
    bench.take();
    bench.send(Input::Drain { request: RequestId(1) }).unwrap();
    assert_eq!(bench.ends(), [(RunId(2), EndCause::Cancelled)]);
}

#[test]
fn a_handler_that_stalls_is_asked_to_stop_and_then_loses_its_process() {
    let spec = handler_with(1, |_| {});
    let mut policy = (*spec.policy).clone();
    policy.limits.stall_after = Some(Duration::from_secs(10));
    let mut bench = bench_with(JobSpec { policy: Arc::new(policy), ..spec });
    let run = ask(&mut bench);
    online(&mut bench, FIRST);
    bench.pass_ms(9_000);
    let alive = WorkerFrame::Report { run: run.0, kind: ReportKind::Alive, payload: Vec::new().into() };
    bench.frame(FIRST, alive);
    bench.pass_ms(9_999);
    bench.take();
    bench.pass_ms(1);
    let aborts = |effect: &Effect| matches!(effect, Effect::Write { frame, .. } if frame.head[4] == 5);
    assert!(bench.take().iter().any(aborts));
    bench.pass_ms(5_000);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
    bench.exit(FIRST, ExitStatus::Signal(15));
    assert_eq!(bench.ends(), [(run, EndCause::Stalled(Duration::from_secs(10)))]);
}
