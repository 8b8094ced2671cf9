//! Which run the output of a process belongs to.

use super::handlers::{ask, bench_with, handler_with, online, returns, sent};
use super::*;
use crate::engine::{Source, Stream};
use crate::worker::ipc::ReportKind;

fn keeping(stream: Stream) -> Arc<BootProfile> {
    Arc::new(BootProfile { stdout: stream, ..BootProfile::default() })
}

/// A script that goes, whose standard output is used so.
fn script(stream: Stream) -> Bench {
    let mut bench = Bench::new();
    bench.add(offloaded_with("job", When::Now, limits(), &keeping(stream))).unwrap();
    bench.bring_online(FIRST);
    bench.take();
    bench
}

/// A handler whose output is kept.
fn handler(concurrency: usize) -> Bench {
    bench_with(handler_with(concurrency, |handler| {
        let process = Offloaded { boot: keeping(Stream::Capture), job: Arc::from(b"job".as_slice()) };
        handler.process = Some(process);
    }))
}

fn print(bench: &mut Bench, text: &str) {
    let bytes = text.as_bytes().to_vec().into();
    bench.send(Input::Output { worker: FIRST, is_stderr: false, bytes }).unwrap();
}

/// What is to be kept since the last look; '-' for what belongs to no run.
fn kept(bench: &mut Bench) -> Vec<String> {
    let text = |effect| match effect {
        Effect::Print(printed) => {
            let text = String::from_utf8_lossy(&printed.bytes).into_owned();
            Some(format!("{} in attempt {}: {text}", printed.run.0, printed.attempt))
        }
        Effect::Discard { bytes } => Some(format!("- {bytes}")),
        _ => None,
    };
    bench.take().into_iter().filter_map(text).collect()
}

#[test]
fn output_is_kept_with_the_run_of_its_process_or_passed_to_the_host() {
    for stream in [Stream::Capture, Stream::Both] {
        let mut bench = script(stream);
        print(&mut bench, "hello");
        assert_eq!(kept(&mut bench), ["1 in attempt 1: hello"]);
    }
    let mut bench = script(Stream::Read);
    print(&mut bench, "hello");
    assert!(matches!(bench.events()[..], [JobEvent::Output { run: RunId(1), is_stderr: false, .. }]));
}

#[test]
fn output_is_that_of_the_attempt_that_goes() {
    let mut bench = Bench::new();
    let spec = offloaded_with("job", When::Now, limits(), &keeping(Stream::Capture));
    let mut policy = (*spec.policy).clone();
    policy.retry = RetryPolicy {
        attempts: 2,
        backoff: Backoff::List([Duration::from_secs(1)].into()),
        ..RetryPolicy::default()
    };
    bench.add(JobSpec { policy: Arc::new(policy), ..spec }).unwrap();
    bench.bring_online(FIRST);
    print(&mut bench, "one");
    bench.exit(FIRST, ExitStatus::Code(1));
    bench.pass_ms(1_000);
    bench.bring_online(SECOND);
    let bytes = b"two".to_vec().into();
    bench.send(Input::Output { worker: SECOND, is_stderr: false, bytes }).unwrap();
    assert_eq!(kept(&mut bench), ["1 in attempt 1: one", "1 in attempt 2: two"]);
}

#[test]
fn the_output_of_a_handler_is_that_of_the_run_that_goes() {
    let mut bench = handler(1);
    let first = ask(&mut bench);
    bench.send(Input::WorkerStarted { worker: FIRST, pid: 101, rights: Rights::numbered(0) }).unwrap();
    bench.frame(FIRST, WorkerFrame::Loading);
    print(&mut bench, "loading");
    bench.frame(FIRST, WorkerFrame::Online);
    print(&mut bench, "going");
    returns(&mut bench, FIRST, first);
    print(&mut bench, "late");
    let second = ask(&mut bench);
    print(&mut bench, "next");
    let expected = [
        format!("{} in attempt 1: loading", first.0),
        format!("{} in attempt 1: going", first.0),
        "- 4".to_owned(),
        format!("{} in attempt 1: next", second.0),
    ];
    assert_eq!(kept(&mut bench), expected);
}

#[test]
fn what_a_process_prints_before_it_has_a_run_is_kept_with_the_one_that_it_gets() {
    let limits = PoolLimits { warm_workers: WarmWorkers::Count(1), ..PoolLimits::default() };
    let mut bench = Bench::with(limits);
    let spec = offloaded_with("job", every("every 1 hour"), super::limits(), &keeping(Stream::Capture));
    bench.add(spec).unwrap();
    assert_eq!(bench.boots(), [FIRST]);
    bench.send(Input::WorkerStarted { worker: FIRST, pid: 101, rights: Rights::numbered(0) }).unwrap();
    print(&mut bench, "booting");
    bench.frame(FIRST, WorkerFrame::Ready);
    print(&mut bench, "ready");
    print(&mut bench, &"x".repeat(64 * 1024));
    assert_eq!(kept(&mut bench), ["- 65536"]);
    bench.send(Input::RunJob("job".into())).unwrap();
    assert_eq!(kept(&mut bench), ["1 in attempt 1: booting", "1 in attempt 1: ready"]);
}

#[test]
fn no_run_is_sent_ahead_to_a_process_whose_output_is_kept() {
    let mut bench = handler(1);
    let runs: Vec<RunId> = (0..3).map(|_| ask(&mut bench)).collect();
    online(&mut bench, FIRST);
    for run in &runs {
        assert_eq!(sent(&mut bench), [(FIRST, run.0)]);
        returns(&mut bench, FIRST, *run);
    }
}

#[test]
fn lines_of_the_log_are_kept_and_reported_whatever_becomes_of_the_output() {
    let mut bench = script(Stream::Inherit);
    let payload = b"{}".to_vec().into();
    bench.frame(FIRST, WorkerFrame::Report { run: 1, kind: ReportKind::Log, payload });
    let effects = bench.take();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Print(printed)
        if printed.source == Source::Log && printed.run == RunId(1) && printed.limit == 1024)));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Emit(JobEvent::Reported { .. }))));
}

#[test]
fn an_inline_run_that_has_ended_logs_nothing_more() {
    let mut bench = Bench::new();
    bench.add(inline("job", When::Now)).unwrap();
    let line = |bench: &mut Bench| {
        bench.send(Input::InlineLogged { run: RunId(1), line: b"{}".to_vec() }).unwrap();
        kept(bench)
    };
    assert_eq!(line(&mut bench), ["1 in attempt 1: {}"]);
    bench.send(Input::InlineEnded { run: RunId(1), outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    assert_eq!(line(&mut bench), ["- 2"]);
}
