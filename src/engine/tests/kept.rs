//! Processes that are kept: what becomes of them, and of the runs that they have, when something goes wrong.

use super::handlers::*;
use super::*;
use crate::engine::event::JobEvent;
use crate::engine::job::Handler;
use crate::worker::environment::Environment;
use crate::worker::ipc::{ChannelError, ReportKind};

const THIRD: WorkerId = WorkerId(3);

fn started(bench: &mut Bench, worker: WorkerId) {
    bench.send(Input::WorkerStarted { worker, pid: worker.0, rights: Rights::numbered(0) }).unwrap();
}

fn written(bench: &mut Bench, kind: u8) -> Vec<(WorkerId, u32)> {
    let number = |frame: &HostFrame| u32::from_le_bytes(frame.head[5..9].try_into().unwrap());
    let write = |effect: &Effect| match effect {
        Effect::Write { worker, frame } if frame.head[4] == kind => Some((*worker, number(frame))),
        _ => None,
    };
    bench.take().iter().filter_map(write).collect()
}

const ABORT: u8 = 5;
const RECALL: u8 = 7;

/// A process that serves the first of these runs, and has the second one ahead.
fn with_one_ahead(concurrency: usize) -> (Bench, RunId, RunId) {
    let mut bench = handlers(concurrency);
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    returns(&mut bench, FIRST, first);
    let (current, ahead) = (ask(&mut bench), ask(&mut bench));
    let next = ask(&mut bench);
    bench.take();
    returns(&mut bench, FIRST, current);
    assert_eq!(sent(&mut bench), [(FIRST, ahead.0), (FIRST, next.0)]);
    (bench, ahead, next)
}

#[test]
fn a_run_behind_one_that_takes_long_is_taken_back_and_is_the_next_of_its_lane() {
    let (mut bench, current, ahead) = with_one_ahead(1);
    let last = ask(&mut bench);
    bench.pass_ms(49);
    assert_eq!(written(&mut bench, RECALL), []);
    bench.pass_ms(1);
    assert_eq!(written(&mut bench, RECALL), [(FIRST, ahead.0)]);
    bench.frame(FIRST, WorkerFrame::NotBegun { run: ahead.0 });
    assert_eq!(bench.boots(), [], "no more go at once than before");
    bench.pass_ms(1_000);
    returns(&mut bench, FIRST, current);
    assert_eq!(sent(&mut bench), [(FIRST, ahead.0)]);
    returns(&mut bench, FIRST, ahead);
    returns(&mut bench, FIRST, last);
    let returned = |run| (run, EndCause::Returned(vec![7]));
    assert_eq!(bench.ends(), [returned(ahead), returned(last)]);
}

#[test]
fn a_run_behind_one_that_takes_long_goes_to_another_process() {
    let mut bench = handlers(2);
    let runs: Vec<RunId> = (0..6).map(|_| ask(&mut bench)).collect();
    online(&mut bench, FIRST);
    online(&mut bench, SECOND);
    returns(&mut bench, FIRST, runs[0]);
    bench.take();
    returns(&mut bench, SECOND, runs[1]);
    assert_eq!(sent(&mut bench), [(SECOND, runs[4].0), (SECOND, runs[5].0)]);
    bench.pass_ms(40);
    returns(&mut bench, FIRST, runs[2]);
    bench.pass_ms(10);
    assert_eq!(written(&mut bench, RECALL), [(SECOND, runs[5].0)]);
    bench.frame(SECOND, WorkerFrame::NotBegun { run: runs[5].0 });
    returns(&mut bench, FIRST, runs[3]);
    assert_eq!(sent(&mut bench), [(FIRST, runs[5].0)]);
}

#[test]
fn a_run_that_has_begun_before_it_could_be_taken_back_goes_on() {
    let (mut bench, current, ahead) = with_one_ahead(1);
    bench.pass_ms(50);
    returns(&mut bench, FIRST, current);
    bench.frame(FIRST, WorkerFrame::NotBegun { run: current.0 });
    returns(&mut bench, FIRST, ahead);
    let ended: Vec<RunId> = bench.ends().into_iter().map(|(run, _)| run).collect();
    assert_eq!(ended, [current, ahead]);
}

#[test]
fn a_run_that_stands_ahead_is_cancelled_without_having_begun() {
    let (mut bench, current, ahead) = with_one_ahead(1);
    bench.send(Input::CancelRun { run: ahead, request: RequestId(1) }).unwrap();
    assert_eq!(written(&mut bench, ABORT), [(FIRST, ahead.0)]);
    bench.frame(FIRST, WorkerFrame::NotBegun { run: ahead.0 });
    assert_eq!(bench.ends(), [(ahead, EndCause::Cancelled)]);
    returns(&mut bench, FIRST, current);
    assert_eq!(bench.ends(), [(current, EndCause::Returned(vec![7]))]);
}

#[test]
fn a_run_that_is_given_back_after_the_one_before_it_has_ended_leaves_its_place_to_the_next() {
    let (mut bench, current, ahead) = with_one_ahead(1);
    let last = ask(&mut bench);
    bench.send(Input::CancelRun { run: ahead, request: RequestId(1) }).unwrap();
    bench.take();
    returns(&mut bench, FIRST, current);
    assert_eq!(sent(&mut bench), [], "what is being stopped may keep the process");
    bench.frame(FIRST, WorkerFrame::NotBegun { run: ahead.0 });
    assert_eq!(bench.ends_so_far(), [(ahead, EndCause::Cancelled)]);
    assert_eq!(sent(&mut bench), [(FIRST, last.0)]);
    returns(&mut bench, FIRST, last);
    assert_eq!(bench.ends(), [(last, EndCause::Returned(vec![7]))]);
}

#[test]
fn a_run_that_is_taken_back_as_it_seems_to_begin_is_not_run_twice() {
    let (mut bench, current, ahead) = with_one_ahead(1);
    bench.pass_ms(50);
    bench.take();
    returns(&mut bench, FIRST, current);
    assert_eq!(sent(&mut bench), []);
    bench.frame(FIRST, WorkerFrame::NotBegun { run: ahead.0 });
    assert_eq!(sent(&mut bench), [(FIRST, ahead.0)], "again, and nothing else was handed to the process");
    returns(&mut bench, FIRST, ahead);
    assert_eq!(bench.ends(), [(ahead, EndCause::Returned(vec![7]))]);
}

#[test]
fn a_run_that_is_cancelled_ahead_and_begins_all_the_same_gets_the_ladder() {
    let (mut bench, current, ahead) = with_one_ahead(1);
    bench.send(Input::CancelRun { run: ahead, request: RequestId(1) }).unwrap();
    returns(&mut bench, FIRST, current);
    bench.take();
    bench.pass_ms(5_000);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
    bench.exit(FIRST, ExitStatus::Signal(15));
    assert_eq!(bench.ends(), [(ahead, EndCause::Cancelled)]);
}

#[test]
fn a_run_that_is_cancelled_ahead_does_not_come_back_when_the_process_dies() {
    let (mut bench, current, ahead) = with_one_ahead(1);
    bench.send(Input::CancelRun { run: ahead, request: RequestId(1) }).unwrap();
    bench.take();
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(ahead, EndCause::Cancelled), (current, EndCause::Signal(9))]);
}

#[test]
fn a_process_serves_no_more_runs_than_reuse_allows_where_runs_are_short() {
    let mut bench = bench_with(handler_with(1, |handler| handler.reuse.max_runs = 3));
    let runs: Vec<RunId> = (0..5).map(|_| ask(&mut bench)).collect();
    online(&mut bench, FIRST);
    for &run in &runs[..3] {
        returns(&mut bench, FIRST, run);
    }
    let to_first: Vec<u32> =
        sent(&mut bench).into_iter().filter(|(worker, _)| *worker == FIRST).map(|(_, run)| run).collect();
    assert_eq!(to_first, [runs[0].0, runs[1].0, runs[2].0]);
}

#[test]
fn a_process_over_its_memory_is_replaced_and_its_run_ends_well() {
    let (mut bench, current, ahead) = with_one_ahead(1);
    // Sent ahead before the host has heard that the process is worn: it is not begun.
    bench.frame(FIRST, WorkerFrame::Worn { going: current.0 });
    returns(&mut bench, FIRST, current);
    assert_eq!(bench.ends_so_far(), [(current, EndCause::Returned(vec![7]))]);
    let effects = bench.take();
    let leaves = |effect: &Effect| matches!(effect, Effect::Signal { worker: FIRST, .. });
    assert!(effects.iter().any(leaves), "{effects:?}");
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(SECOND, ahead.0)]);
    bench.exit(FIRST, ExitStatus::Signal(15));
    assert_eq!(bench.ends(), []);
}

#[test]
fn a_process_that_dies_between_two_runs_fails_none_and_the_host_is_told() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    returns(&mut bench, FIRST, first);
    bench.take();
    bench.frame(FIRST, WorkerFrame::Error { envelope: vec![5], is_permanent: false });
    let second = ask(&mut bench);
    assert_eq!(sent(&mut bench), [], "it is about to end");
    bench.exit(FIRST, ExitStatus::Code(1));
    let lost = bench.take().into_iter().find_map(|effect| match effect {
        Effect::Emit(JobEvent::ProcessLost { cause, .. }) => Some(cause),
        _ => None,
    });
    assert_eq!(lost, Some(EndCause::Error(vec![5])));
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(SECOND, second.0)]);
}

#[test]
fn a_run_that_a_dying_process_had_not_begun_is_not_to_blame() {
    for is_ahead in [true, false] {
        let (mut bench, current, next) = with_one_ahead(1);
        if !is_ahead {
            bench.frame(FIRST, WorkerFrame::NotBegun { run: next.0 });
        }
        returns(&mut bench, FIRST, current);
        bench.frame(FIRST, WorkerFrame::Worn { going: 0 });
        bench.frame(FIRST, WorkerFrame::Error { envelope: vec![5], is_permanent: false });
        bench.exit(FIRST, ExitStatus::Code(1));
        assert_eq!(bench.ends_so_far(), [(current, EndCause::Returned(vec![7]))]);
        let is_lost = |effect: &Effect| matches!(effect, Effect::Emit(JobEvent::ProcessLost { .. }));
        assert!(bench.take().iter().any(is_lost));
        online(&mut bench, SECOND);
        assert_eq!(sent(&mut bench), [(SECOND, next.0)]);
    }
}

#[test]
fn a_run_that_goes_in_a_dying_process_fails_with_its_error() {
    let (mut bench, current, ahead) = with_one_ahead(1);
    bench.frame(FIRST, WorkerFrame::Worn { going: current.0 });
    bench.frame(FIRST, WorkerFrame::Error { envelope: vec![5], is_permanent: false });
    bench.exit(FIRST, ExitStatus::Code(1));
    assert_eq!(bench.ends_so_far(), [(current, EndCause::Error(vec![5]))]);
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(SECOND, ahead.0)]);
}

#[test]
fn a_channel_that_breaks_between_two_runs_ends_the_process_alone() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    returns(&mut bench, FIRST, first);
    bench.take();
    bench.send(Input::ChannelBroke { worker: FIRST, error: ChannelError::Cut }).unwrap();
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    let is_lost = |event: &JobEvent| {
        matches!(event, JobEvent::ProcessLost { cause: EndCause::ChannelBroke(ChannelError::Cut), .. })
    };
    assert!(bench.events().iter().any(is_lost));
}

#[test]
fn a_process_reports_for_its_own_run_only() {
    let mut bench = handlers(2);
    let (first, second) = (ask(&mut bench), ask(&mut bench));
    online(&mut bench, FIRST);
    online(&mut bench, SECOND);
    bench.take();
    let report =
        |run: RunId| WorkerFrame::Report { run: run.0, kind: ReportKind::Result, payload: vec![1].into() };
    bench.frame(FIRST, report(second));
    returns(&mut bench, FIRST, second);
    assert_eq!(bench.events(), []);
    bench.frame(FIRST, report(first));
    assert_eq!(bench.events().len(), 1);
}

#[test]
fn a_module_that_fails_to_load_does_not_hold_up_the_boots_of_others() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    bench.take();
    started(&mut bench, FIRST);
    bench.frame(FIRST, WorkerFrame::Loading);
    bench.frame(FIRST, WorkerFrame::Error { envelope: vec![3], is_permanent: false });
    bench.exit(FIRST, ExitStatus::Code(1));
    assert_eq!(bench.ends(), [(first, EndCause::Error(vec![3]))]);
    bench.add(offloaded("script", When::Now)).unwrap();
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn modules_that_take_long_to_load_do_not_hold_up_the_boots_of_others() {
    let limits = PoolLimits { max_boots: 1, warm_workers: WarmWorkers::Count(0), ..PoolLimits::default() };
    let mut bench = Bench::with(limits);
    bench.add(handler_with(1, |_| {})).unwrap();
    ask(&mut bench);
    bench.take();
    started(&mut bench, FIRST);
    bench.add(offloaded("script", When::Now)).unwrap();
    assert_eq!(bench.boots(), []);
    bench.frame(FIRST, WorkerFrame::Loading);
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_module_that_never_ends_loading_fails_its_run_in_words() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    bench.take();
    started(&mut bench, FIRST);
    bench.frame(FIRST, WorkerFrame::Loading);
    bench.pass(PoolLimits::default().start_timeout);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    let ends = bench.ends();
    assert!(
        matches!(&ends[..], [(run, EndCause::FailedToStart { code: "WORKER_BOOT_TIMEOUT", .. })] if *run == first),
        "{ends:?}"
    );
}

#[test]
fn a_process_that_still_loads_leaves_with_its_job_and_with_the_manager() {
    for is_shutdown in [false, true] {
        let mut bench = handlers(1);
        ask(&mut bench);
        bench.take();
        started(&mut bench, FIRST);
        bench.frame(FIRST, WorkerFrame::Loading);
        if is_shutdown {
            bench.send(Input::Shutdown { request: RequestId(1), timeout: IDLE }).unwrap();
        } else {
            bench.send(Input::RemoveJob { name: "job".into(), request: RequestId(1) }).unwrap();
        }
        assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
        bench.exit(FIRST, ExitStatus::Signal(15));
        assert!(bench.engine.kept.sizes().1 == 0 || is_shutdown);
    }
}

#[test]
fn a_process_that_ignores_the_end_of_its_keep_is_killed() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    returns(&mut bench, FIRST, first);
    bench.take();
    bench.pass(IDLE);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
    bench.pass(limits().term_grace);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Kill)]);
}

#[test]
fn a_process_that_cannot_be_killed_ends_its_run_and_gives_back_what_stood_ahead() {
    let (mut bench, current, ahead) = with_one_ahead(1);
    bench.send(Input::CancelRun { run: current, request: RequestId(1) }).unwrap();
    bench.pass_ms(5_000);
    bench.pass_ms(2_000);
    bench.take();
    bench.send(Input::KillFailed { worker: FIRST, errno: 1 }).unwrap();
    bench.pass_ms(1_000);
    let ends = bench.ends_so_far();
    assert!(
        matches!(&ends[..], [(run, EndCause::NotStopped(Survivor { errno: 1, .. }))] if *run == current),
        "{ends:?}"
    );
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(SECOND, ahead.0)]);
}

#[test]
fn a_process_is_replaced_when_the_environment_or_the_rights_have_changed() {
    let mut bench = handlers(1);
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    returns(&mut bench, FIRST, first);
    let environment = Arc::new(Environment::new(vec!["NEW=1".to_owned()]));
    bench.send(Input::SetEnvironment(environment)).unwrap();
    bench.take();
    let second = ask(&mut bench);
    assert_eq!(bench.boots(), [SECOND]);
    started(&mut bench, SECOND);
    online(&mut bench, SECOND);
    returns(&mut bench, SECOND, second);
    bench.send(Input::SetRights(Rights::numbered(7))).unwrap();
    bench.take();
    ask(&mut bench);
    assert_eq!(bench.boots(), [THIRD]);
}

#[test]
fn rights_are_read_again_before_a_process_serves_its_next_run_but_not_for_each_short_one() {
    let mut bench = handlers(1);
    let request = Input::RequestRun { name: "job".into(), request: RunRequest::default() };
    assert!(!bench.engine.wants_rights(&request, bench.now), "no process is there");
    let first = ask(&mut bench);
    online(&mut bench, FIRST);
    returns(&mut bench, FIRST, first);
    assert!(!bench.engine.wants_rights(&request, bench.now));
    bench.pass_ms(20);
    assert!(bench.engine.wants_rights(&request, bench.now));
}

/// Two jobs of which one has many runs, and one place for a process.
fn two_jobs(max_workers: usize) -> Bench {
    let limits = PoolLimits {
        max_boots: 9,
        max_workers: Some(max_workers),
        warm_workers: WarmWorkers::Count(0),
        ..PoolLimits::default()
    };
    let mut bench = Bench::with(limits);
    bench.add(handler_with(4, |_| {})).unwrap();
    bench.add(JobSpec { name: "other".into(), ..handler_with(1, |_| {}) }).unwrap();
    bench
}

fn ask_other(bench: &mut Bench) -> RunId {
    match bench.send(Input::RequestRun { name: "other".into(), request: RunRequest::default() }) {
        Ok(Reply::Run(run)) => run,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_job_with_many_runs_gives_way_to_another_one_after_its_turn() {
    let mut bench = two_jobs(1);
    let runs: Vec<RunId> = (0..20).map(|_| ask(&mut bench)).collect();
    online(&mut bench, FIRST);
    let other = ask_other(&mut bench);
    bench.pass_ms(100);
    returns(&mut bench, FIRST, runs[0]);
    bench.pass_ms(100);
    bench.take();
    returns(&mut bench, FIRST, runs[1]);
    assert_eq!(bench.signals(), [], "its turn is not over");
    bench.pass_ms(100);
    returns(&mut bench, FIRST, runs[2]);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)]);
    bench.exit(FIRST, ExitStatus::Signal(15));
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(SECOND, other.0)], "before the processes that the first job waits for");
    returns(&mut bench, SECOND, other);
    assert_eq!(bench.signals(), [(SECOND, StopSignal::Terminate)], "it is idle, and others wait");
    bench.exit(SECOND, ExitStatus::Signal(15));
    online(&mut bench, THIRD);
    assert_eq!(sent(&mut bench), [(THIRD, runs[3].0)]);
}

#[test]
fn a_job_that_waits_for_more_processes_of_its_own_keeps_those_that_it_has() {
    let mut bench = two_jobs(1);
    let runs: Vec<RunId> = (0..20).map(|_| ask(&mut bench)).collect();
    online(&mut bench, FIRST);
    bench.pass_ms(1_000);
    returns(&mut bench, FIRST, runs[0]);
    assert_eq!(bench.signals(), []);
}

#[test]
fn no_more_idle_processes_leave_than_others_wait_for() {
    let mut bench = two_jobs(3);
    let runs: Vec<RunId> = (0..3).map(|_| ask(&mut bench)).collect();
    let workers = [FIRST, SECOND, THIRD];
    for worker in workers {
        online(&mut bench, worker);
    }
    for (worker, &run) in workers.into_iter().zip(&runs) {
        bench.pass_ms(10);
        returns(&mut bench, worker, run);
    }
    bench.take();
    ask_other(&mut bench);
    assert_eq!(bench.signals(), [(FIRST, StopSignal::Terminate)], "the one that has rested longest");
    bench.pass_ms(1);
    assert_eq!(bench.signals(), []);
}

#[test]
fn processes_that_were_asked_for_are_no_longer_when_their_runs_have_left() {
    let mut bench = two_jobs(1);
    bench.add(offloaded("script", When::Now)).unwrap();
    let runs: Vec<RunId> = (0..4).map(|_| ask(&mut bench)).collect();
    for (number, &run) in (1..).zip(&runs) {
        bench.send(Input::CancelRun { run, request: RequestId(number) }).unwrap();
    }
    assert_eq!(bench.engine.queue.len(), 0);
    assert!(bench.engine.kept.sizes().0 == 0);
}

#[test]
fn nothing_is_kept_of_a_job_that_was_removed() {
    let mut bench = bench_with(handler_with(2, |handler: &mut Handler| handler.reuse.max_runs = 1));
    let runs: Vec<RunId> = (0..3).map(|_| ask(&mut bench)).collect();
    online(&mut bench, FIRST);
    returns(&mut bench, FIRST, runs[0]);
    bench.send(Input::RemoveJob { name: "job".into(), request: RequestId(1) }).unwrap();
    bench.take();
    bench.exit(FIRST, ExitStatus::Signal(15));
    for worker in [SECOND, THIRD] {
        bench.exit(worker, ExitStatus::Signal(15));
    }
    let kept = &bench.engine.kept;
    assert_eq!(kept.sizes(), (0, 0, 0), "{kept:?}");
    assert!(bench.engine.runs.is_empty());
}

#[test]
fn a_process_that_took_longer_to_boot_than_its_age_allows_serves_one_run() {
    let mut bench =
        bench_with(handler_with(1, |handler| handler.reuse.max_age = Some(Duration::from_millis(1))));
    let (first, second) = (ask(&mut bench), ask(&mut bench));
    bench.pass_ms(50);
    online(&mut bench, FIRST);
    assert_eq!(sent(&mut bench), [(FIRST, first.0)]);
    returns(&mut bench, FIRST, first);
    online(&mut bench, SECOND);
    assert_eq!(sent(&mut bench), [(SECOND, second.0)]);
}
