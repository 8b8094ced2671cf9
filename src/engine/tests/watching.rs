//! Runs without a sign of life, and runs that take longer than usual.

use super::*;
use crate::worker::ipc::ReportKind;

const STALL: Duration = Duration::from_secs(10);

fn watched(spec: JobSpec, change: impl FnOnce(&mut Limits)) -> JobSpec {
    let mut policy = (*spec.policy).clone();
    change(&mut policy.limits);
    JobSpec { policy: Arc::new(policy), ..spec }
}

/// A bench with a run that is online and stalls after ten seconds.
fn stalling(attempts: u32) -> Bench {
    let mut bench = Bench::new();
    let spec = watched(offloaded("job", When::Now), |limits| limits.stall_after = Some(STALL));
    let mut policy = (*spec.policy).clone();
    policy.retry = RetryPolicy { attempts, backoff: Backoff::List([STALL].into()), ..RetryPolicy::default() };
    bench.add(JobSpec { policy: Arc::new(policy), ..spec }).unwrap();
    bench.bring_online(FIRST);
    bench.take();
    bench
}

fn is_asked_to_stop(bench: &mut Bench) -> bool {
    bench.take().iter().any(|effect| matches!(effect, Effect::Write { .. }))
}

fn slow(bench: &mut Bench) -> usize {
    bench.events().iter().filter(|event| matches!(event, JobEvent::RunSlow { .. })).count()
}

#[test]
fn a_run_without_a_sign_of_life_is_stopped_by_the_ladder() {
    let mut bench = stalling(1);
    bench.pass_ms(9_999);
    assert!(!is_asked_to_stop(&mut bench));
    bench.pass_ms(1);
    assert!(is_asked_to_stop(&mut bench));
    bench.pass_ms(5_000);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
    bench.pass_ms(2_000);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Stalled(STALL))]);
    assert_eq!(bench.engine.activity(), Activity::Idle);
}

/// The run stalls when the limit is over, counted from now.
fn stalls_after_the_whole_limit(bench: &mut Bench) {
    bench.take();
    bench.pass_ms(9_999);
    assert!(!is_asked_to_stop(bench));
    bench.pass_ms(1);
    assert!(is_asked_to_stop(bench));
}

#[test]
fn messages_logs_progress_and_heartbeats_are_signs_of_life() {
    let report = |kind| WorkerFrame::Report { run: 1, kind, payload: Vec::new().into() };
    let frames = [
        WorkerFrame::Message(Vec::new().into()),
        report(ReportKind::Progress),
        report(ReportKind::Log),
        report(ReportKind::Alive),
    ];
    let mut bench = stalling(1);
    for frame in frames {
        bench.pass_ms(9_000);
        bench.frame(FIRST, frame);
    }
    stalls_after_the_whole_limit(&mut bench);
}

#[test]
fn a_run_that_stalled_is_tried_again_and_watched_again() {
    let mut bench = stalling(2);
    bench.pass(STALL);
    bench.exit(FIRST, ExitStatus::Code(0));
    let failed =
        |event: &JobEvent| matches!(event, JobEvent::AttemptFailed { cause: EndCause::Stalled(_), .. });
    assert!(bench.events().iter().any(failed));
    bench.pass(STALL);
    bench.bring_online(SECOND);
    stalls_after_the_whole_limit(&mut bench);
}

#[test]
fn a_run_that_ends_is_watched_no_longer() {
    let mut bench = stalling(1);
    bench.say_done(FIRST);
    assert_eq!(bench.engine.next_wakeup().mono, None);
}

#[test]
fn a_slow_run_is_reported_once_and_goes_on() {
    let mut bench = Bench::new();
    let limit = Duration::from_secs(3);
    bench.add(watched(offloaded("job", When::Now), |limits| limits.warn_after = Some(limit))).unwrap();
    bench.pass_ms(60_000);
    assert_eq!(slow(&mut bench), 0, "counted from the first line");
    bench.bring_online(FIRST);
    bench.pass_ms(2_999);
    assert_eq!(slow(&mut bench), 0);
    bench.pass_ms(1);
    assert_eq!(slow(&mut bench), 1);
    assert!(bench.engine.live_run(RunId(1), bench.now).unwrap().is_slow);
    bench.pass_ms(60_000);
    let effects = bench.take();
    assert!(effects.is_empty(), "{effects:?}");
}

#[test]
fn a_slow_inline_run_is_reported_too() {
    let mut bench = Bench::new();
    let limit = Duration::from_secs(3);
    bench.add(watched(inline("job", When::Now), |limits| limits.warn_after = Some(limit))).unwrap();
    bench.pass(limit);
    assert_eq!(slow(&mut bench), 1);
}

#[test]
fn an_inline_run_that_stalls_is_not_waited_for() {
    let mut bench = Bench::new();
    bench.add(watched(inline("job", When::Now), |limits| limits.stall_after = Some(STALL))).unwrap();
    bench.pass_ms(9_000);
    bench.send(Input::Alive(RunId(1))).unwrap();
    bench.pass_ms(9_000);
    assert_eq!(bench.ends(), []);
    bench.pass_ms(1_000);
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Stalled(STALL))]);
    bench.send(Input::InlineEnded { run: RunId(1), outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    assert_eq!(bench.ends(), []);
}
