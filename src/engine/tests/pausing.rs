//! Pausing and resuming jobs.

use super::super::PausedBy;
use super::*;

const SECOND_MS: u64 = 1_000;

fn pause(bench: &mut Bench, name: &str) {
    bench.send(Input::Pause { name: name.into(), by: PausedBy::Host, note: None, cancel: None }).unwrap();
}

fn resume(bench: &mut Bench, name: &str, catch_up: bool) {
    bench.send(Input::Resume { name: name.into(), catch_up }).unwrap();
}

fn due_runs(bench: &mut Bench) -> usize {
    bench.events().iter().filter(|event| matches!(event, JobEvent::InlineDue { .. })).count()
}

/// Skipped due times: how many were reported, and how many there are in all.
fn skips(events: &[JobEvent]) -> Vec<(SkipReason, u32, u32)> {
    let skip = |event: &JobEvent| match event {
        JobEvent::Skipped { reason, count, skipped, .. } => Some((*reason, *count, *skipped)),
        _ => None,
    };
    events.iter().filter_map(skip).collect()
}

fn minutely(name: &str) -> JobSpec {
    inline(name, every("every 1 minutes"))
}

fn with_policy(spec: JobSpec, change: impl FnOnce(&mut Policy)) -> JobSpec {
    let mut policy = (*spec.policy).clone();
    change(&mut policy);
    JobSpec { policy: Arc::new(policy), ..spec }
}

/// A bench with an offloaded job that was added to run now, is tried twice, and has failed once.
fn retrying() -> Bench {
    let mut bench = Bench::new();
    let retry = RetryPolicy {
        attempts: 2,
        backoff: Backoff::List([Duration::from_secs(10)].into()),
        ..RetryPolicy::default()
    };
    bench.add(with_policy(offloaded("job", When::Now), |policy| policy.retry = retry)).unwrap();
    bench.bring_online(FIRST);
    bench.exit(FIRST, ExitStatus::Code(1));
    bench.take();
    bench
}

#[test]
fn due_times_of_a_paused_job_get_no_run_and_are_counted_when_it_is_resumed() {
    let mut bench = Bench::new();
    bench.add(minutely("a")).unwrap();
    pause(&mut bench, "a");
    let paused = bench.events();
    assert!(matches!(paused[..], [JobEvent::JobPaused { by: PausedBy::Host, .. }]), "{paused:?}");
    bench.pass_ms(3 * MINUTE_MS + 5 * SECOND_MS);
    assert_eq!(bench.events(), []);
    resume(&mut bench, "a", false);
    let events = bench.events();
    assert!(matches!(events[0], JobEvent::JobResumed { .. }), "{events:?}");
    assert_eq!(skips(&events), [(SkipReason::Paused, 3, 3)]);
    bench.pass_ms(55 * SECOND_MS - 1);
    assert_eq!(due_runs(&mut bench), 0);
    bench.pass_ms(1);
    assert_eq!(due_runs(&mut bench), 1);
}

#[test]
fn a_paused_job_wakes_nobody_up_and_keeps_the_host_alive() {
    let mut bench = Bench::new();
    bench.add(inline("a", every("every second"))).unwrap();
    pause(&mut bench, "a");
    let wakeup = bench.engine.next_wakeup();
    assert_eq!((wakeup.wall, wakeup.mono), (None, None));
    assert_eq!(bench.engine.activity(), Activity::Due);
    bench.pass(Duration::from_secs(8 * 3_600));
    bench.take();
    resume(&mut bench, "a", false);
    assert_eq!(skips(&bench.events()), [(SkipReason::Paused, 28_800, 28_800)]);
    bench.send(Input::RemoveJob { name: "a".into(), request: RequestId(1) }).unwrap();
    assert_eq!(bench.engine.activity(), Activity::Idle);
}

#[test]
fn what_a_paused_job_skips_can_be_seen_before_it_is_resumed() {
    let mut bench = Bench::new();
    bench.add(minutely("a")).unwrap();
    pause(&mut bench, "a");
    bench.pass_ms(10 * MINUTE_MS);
    let rows = bench.engine.jobs_named(["a"].into_iter(), bench.now);
    assert_eq!(rows[0].skipped.paused, 10);
    assert_eq!(rows[0].paused, Some((EpochMs(START_MS), PausedBy::Host, false)));
}

#[test]
fn to_catch_up_is_one_run_if_a_due_time_has_passed() {
    let mut bench = Bench::new();
    bench.add(minutely("a")).unwrap();
    pause(&mut bench, "a");
    bench.pass_ms(MINUTE_MS - 1);
    resume(&mut bench, "a", true);
    assert_eq!(due_runs(&mut bench), 0);
    pause(&mut bench, "a");
    bench.pass_ms(3 * MINUTE_MS);
    bench.take();
    resume(&mut bench, "a", true);
    let events = bench.events();
    let queued = events.iter().find_map(|event| match event {
        JobEvent::RunQueued { trigger, due, .. } => Some((*trigger, *due)),
        _ => None,
    });
    assert_eq!(queued, Some((Trigger::Missed, Some(EpochMs(START_MS + 60_000)))));
    assert_eq!(skips(&events), [(SkipReason::Paused, 2, 2)]);
}

#[test]
fn pausing_and_resuming_twice_is_once() {
    let mut bench = Bench::new();
    bench.add(minutely("a")).unwrap();
    pause(&mut bench, "a");
    bench.pass_ms(2 * MINUTE_MS);
    pause(&mut bench, "a");
    assert_eq!(bench.events().len(), 1);
    resume(&mut bench, "a", false);
    resume(&mut bench, "a", false);
    assert_eq!(bench.events().len(), 2, "resumed, and what was skipped");
    let unknown = Input::Pause { name: "b".into(), by: PausedBy::Host, note: None, cancel: None };
    assert_eq!(bench.send(unknown), Err(Refusal::UnknownJob));
}

#[test]
fn a_date_that_passes_in_a_pause_is_skipped_or_caught_up() {
    for (catch_up, runs) in [(false, 0), (true, 1)] {
        let mut bench = Bench::new();
        bench.add(inline("a", in_ms(500))).unwrap();
        pause(&mut bench, "a");
        bench.pass_ms(MINUTE_MS);
        bench.take();
        resume(&mut bench, "a", catch_up);
        assert_eq!(due_runs(&mut bench), runs);
    }
    let mut bench = Bench::new();
    bench.add(inline("a", in_ms(500))).unwrap();
    pause(&mut bench, "a");
    bench.pass_ms(100);
    resume(&mut bench, "a", false);
    bench.pass_ms(400);
    assert_eq!(due_runs(&mut bench), 1);
}

#[test]
fn a_job_may_be_registered_as_paused() {
    let mut bench = Bench::new();
    bench.add(with_policy(minutely("a"), |policy| policy.is_paused = true)).unwrap();
    bench.add(with_policy(inline("b", When::Now), |policy| policy.is_paused = true)).unwrap();
    bench.pass_ms(MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 0);
    resume(&mut bench, "b", false);
    assert_eq!(due_runs(&mut bench), 1, "it was to run at once");
    resume(&mut bench, "a", false);
    bench.pass_ms(MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 1);
}

#[test]
fn a_paused_job_can_be_run_by_hand() {
    let mut bench = Bench::new();
    bench.add(minutely("a")).unwrap();
    pause(&mut bench, "a");
    let request = RunRequest::default();
    let reply = bench.send(Input::RequestRun { name: "a".into(), request });
    assert!(matches!(reply, Ok(Reply::Run(_))), "{reply:?}");
    assert_eq!(due_runs(&mut bench), 1);
}

#[test]
fn so_many_failures_in_a_row_pause_a_job() {
    let mut bench = Bench::new();
    bench.add(with_policy(minutely("a"), |policy| policy.pause_after_failures = Some(2))).unwrap();
    let mut end = |outcome| {
        bench.pass_ms(MINUTE_MS);
        let run = bench.events().into_iter().find_map(|event| match event {
            JobEvent::InlineDue { run, .. } => Some(run),
            _ => None,
        });
        bench.send(Input::InlineEnded { run: run.unwrap(), outcome, bytes: None }).unwrap();
        bench
            .events()
            .into_iter()
            .any(|event| matches!(event, JobEvent::JobPaused { by: PausedBy::Failures, .. }))
    };
    let failed = InlineOutcome::Failed { is_permanent: false };
    assert_eq!([failed, InlineOutcome::Completed, failed, failed].map(&mut end), [false, false, false, true]);
    bench.pass_ms(5 * MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 0);
    resume(&mut bench, "a", false);
    let rows = bench.engine.jobs_named(["a"].into_iter(), bench.now);
    assert_eq!((rows[0].failures_in_a_row, rows[0].skipped.paused), (0, 5));
}

#[test]
fn a_retry_that_waits_is_held_and_starts_at_the_resume() {
    let mut bench = retrying();
    pause(&mut bench, "job");
    bench.pass_ms(20 * SECOND_MS);
    assert_eq!(bench.boots(), []);
    assert_eq!(bench.engine.live_run(RunId(1), bench.now).unwrap().state, "retrying");
    resume(&mut bench, "job", false);
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_retry_is_not_hurried_by_a_pause_that_ends_before_its_time() {
    let mut bench = retrying();
    pause(&mut bench, "job");
    bench.pass_ms(4 * SECOND_MS);
    resume(&mut bench, "job", false);
    assert_eq!(bench.boots(), []);
    bench.pass_ms(6 * SECOND_MS);
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn a_retry_that_is_held_can_be_promoted_cancelled_and_given_up() {
    let held = || {
        let mut bench = retrying();
        pause(&mut bench, "job");
        bench.pass_ms(20 * SECOND_MS);
        bench.take();
        bench
    };
    let mut bench = held();
    let reply = bench.send(Input::RequestRun { name: "job".into(), request: RunRequest::default() });
    assert_eq!(reply, Ok(Reply::Promoted(RunId(1))));
    assert_eq!(bench.boots(), [SECOND]);
    let mut bench = held();
    bench.send(Input::CancelRun { run: RunId(1), request: RequestId(1) }).unwrap();
    assert_eq!(bench.ends(), [(RunId(1), EndCause::Cancelled)]);
    let mut bench = held();
    bench.send(Input::RemoveJob { name: "job".into(), request: RequestId(1) }).unwrap();
    assert_eq!(bench.ends(), [(RunId(1), EndCause::ExitCode(1))]);
    assert_eq!(bench.engine.activity(), Activity::Idle);
}

#[test]
fn a_run_that_was_asked_for_in_the_pause_is_tried_again_in_the_pause() {
    let mut bench = retrying();
    bench.send(Input::RemoveJob { name: "job".into(), request: RequestId(1) }).unwrap();
    let retry = RetryPolicy {
        attempts: 2,
        backoff: Backoff::List([Duration::from_secs(10)].into()),
        ..RetryPolicy::default()
    };
    bench.add(with_policy(offloaded("job", every("every hour")), |policy| policy.retry = retry)).unwrap();
    pause(&mut bench, "job");
    bench.send(Input::RequestRun { name: "job".into(), request: RunRequest::default() }).unwrap();
    bench.bring_online(SECOND);
    bench.exit(SECOND, ExitStatus::Code(1));
    bench.take();
    bench.pass_ms(10 * SECOND_MS);
    assert_eq!(bench.boots(), [WorkerId(3)]);
}

#[test]
fn due_times_that_wait_behind_a_run_are_held() {
    let mut bench = Bench::new();
    bench.add(overlapping(Overlap::Queue, minutely("a"))).unwrap();
    bench.pass_ms(MINUTE_MS);
    bench.pass_ms(MINUTE_MS);
    bench.take();
    pause(&mut bench, "a");
    bench.send(Input::InlineEnded { run: RunId(1), outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    assert_eq!(due_runs(&mut bench), 0);
    resume(&mut bench, "a", false);
    assert_eq!(due_runs(&mut bench), 1);
}

#[test]
fn all_jobs_are_paused_and_resumed_with_those_added_meanwhile() {
    let mut bench = Bench::new();
    for name in ["a", "b", "own"] {
        bench.add(minutely(name)).unwrap();
    }
    pause(&mut bench, "own");
    bench.take();
    bench.send(Input::PauseAll { by: PausedBy::Operator, note: None, cancel: None }).unwrap();
    bench.send(Input::PauseAll { by: PausedBy::Operator, note: None, cancel: None }).unwrap();
    bench.add(minutely("later")).unwrap();
    let events = bench.events();
    assert!(matches!(events[..], [JobEvent::AllPaused { by: PausedBy::Operator, .. }]), "{events:?}");
    resume(&mut bench, "b", false);
    bench.pass_ms(MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 1, "one may go on before the others");
    bench.send(Input::ResumeAll { catch_up: false }).unwrap();
    assert!(bench.events().iter().any(|event| matches!(event, JobEvent::AllResumed { .. })));
    bench.send(Input::InlineEnded { run: RunId(1), outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    bench.pass_ms(MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 3, "all but the one that was paused on its own");
    bench.add(minutely("last")).unwrap();
    assert_eq!(bench.engine.jobs_named(["last"].into_iter(), bench.now)[0].paused, None);
}

#[test]
fn a_job_of_all_that_is_paused_on_its_own_stays_paused() {
    let mut bench = Bench::new();
    bench.add(minutely("a")).unwrap();
    bench.send(Input::PauseAll { by: PausedBy::Operator, note: None, cancel: None }).unwrap();
    pause(&mut bench, "a");
    bench.send(Input::ResumeAll { catch_up: true }).unwrap();
    bench.pass_ms(2 * MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 0);
}

#[test]
fn a_pause_may_cancel_the_runs_of_its_job() {
    let mut bench = Bench::new();
    bench.add(offloaded("job", When::Now)).unwrap();
    bench.bring_online(FIRST);
    bench.take();
    let cancel = Some(RequestId(7));
    bench.send(Input::Pause { name: "job".into(), by: PausedBy::Host, note: None, cancel }).unwrap();
    bench.exit(FIRST, ExitStatus::Code(0));
    let events = bench.events();
    assert!(
        events.iter().any(|event| matches!(event, JobEvent::RequestSettled { request: RequestId(7), .. }))
    );
    assert!(
        events.iter().any(|event| matches!(event, JobEvent::RunEnded { cause: EndCause::Cancelled, .. }))
    );
}

#[test]
fn the_pause_of_all_may_cancel_every_run_also_once_all_are_paused() {
    for is_paused_already in [false, true] {
        let mut bench = Bench::new();
        bench.add(offloaded("job", When::Now)).unwrap();
        bench.add(offloaded("other", When::Now)).unwrap();
        let workers = bench.boots();
        for &worker in &workers {
            bench.bring_online(worker);
        }
        if is_paused_already {
            bench.send(Input::PauseAll { by: PausedBy::Host, note: None, cancel: None }).unwrap();
        }
        bench.take();
        let cancel = Some(RequestId(7));
        bench.send(Input::PauseAll { by: PausedBy::Host, note: None, cancel }).unwrap();
        let is_settled = |event: &JobEvent| {
            matches!(event, JobEvent::RequestSettled { request: RequestId(7), timed_out: false, .. })
        };
        bench.exit(workers[0], ExitStatus::Code(0));
        assert!(!bench.events().iter().any(is_settled), "one run goes");
        bench.exit(workers[1], ExitStatus::Code(0));
        let events = bench.events();
        assert!(events.iter().any(is_settled));
        assert!(
            events.iter().any(|event| matches!(event, JobEvent::RunEnded { cause: EndCause::Cancelled, .. }))
        );
    }
}

#[test]
fn jobs_show_the_note_of_the_pause_that_they_are_in() {
    let mut bench = Bench::new();
    for name in ["all", "own", "own without a note"] {
        bench.add(minutely(name)).unwrap();
    }
    let pause_own = |bench: &mut Bench, name: &str, note: Option<&str>| {
        let note = note.map(Arc::from);
        bench.send(Input::Pause { name: name.into(), by: PausedBy::Host, note, cancel: None }).unwrap();
    };
    pause_own(&mut bench, "own", Some("why"));
    pause_own(&mut bench, "own without a note", None);
    let note = Some("a move".into());
    bench.send(Input::PauseAll { by: PausedBy::Host, note, cancel: None }).unwrap();
    bench.add(minutely("later")).unwrap();
    let notes = |bench: &Bench| {
        let names = ["all", "own", "own without a note", "later"].into_iter();
        bench.engine.jobs_named(names, bench.now).into_iter().map(|row| row.pause_note).collect::<Vec<_>>()
    };
    let expected = [Some("a move"), Some("why"), None, Some("a move")];
    assert_eq!(notes(&bench), expected.map(|note| note.map(Arc::from)));
    pause_own(&mut bench, "own", None);
    pause_own(&mut bench, "later", Some("on its own now"));
    let expected = [Some("a move"), Some("why"), None, Some("on its own now")];
    assert_eq!(notes(&bench), expected.map(|note| note.map(Arc::from)));
    bench.send(Input::ResumeAll { catch_up: false }).unwrap();
    resume(&mut bench, "own", false);
    assert_eq!(notes(&bench), [None, None, None, Some("on its own now".into())]);
}

#[test]
fn a_paused_job_that_is_stopped_and_started_stays_paused() {
    let mut bench = Bench::new();
    bench.add(minutely("a")).unwrap();
    pause(&mut bench, "a");
    bench.send(Input::StopJob { name: "a".into(), request: RequestId(1) }).unwrap();
    assert_eq!(bench.engine.activity(), Activity::Idle);
    bench.send(Input::ScheduleJob("a".into())).unwrap();
    bench.pass_ms(2 * MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 0);
    resume(&mut bench, "a", false);
    bench.pass_ms(MINUTE_MS);
    assert_eq!(due_runs(&mut bench), 1);
}
