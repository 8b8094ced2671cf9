//! Runs that the host asks for while another one of their job has not ended, and cancelling.

use super::*;

fn request(bench: &mut Bench) -> Result<Reply, Refusal> {
    bench.send(Input::RequestRun { name: "job".into(), request: RunRequest::default() })
}

fn request_with(bench: &mut Bench, data: &[u8]) -> Result<Reply, Refusal> {
    let request = RunRequest { data: Some(Arc::from(data)), ..RunRequest::default() };
    bench.send(Input::RequestRun { name: "job".into(), request })
}

/// A bench with a job whose first run is online.
fn running(overlap: Overlap) -> Bench {
    let mut bench = Bench::new();
    bench.add(overlapping(overlap, offloaded("job", When::Now))).unwrap();
    bench.bring_online(FIRST);
    bench.take();
    bench
}

fn new_run(reply: Result<Reply, Refusal>) -> RunId {
    match reply {
        Ok(Reply::Run(run)) => run,
        other => panic!("{other:?}"),
    }
}

fn jobs_of_starts(bench: &mut Bench) -> Vec<Vec<u8>> {
    let start = |effect: Effect| match effect {
        Effect::Start { job, .. } => Some(job.to_vec()),
        _ => None,
    };
    bench.take().into_iter().filter_map(start).collect()
}

fn state(bench: &Bench, run: RunId) -> Option<&'static str> {
    bench.engine.live_run(run, bench.now).map(|row| row.state)
}

/// A job whose first attempt has failed: its second one waits.
fn retrying() -> Bench {
    let mut bench = Bench::new();
    let spec = offloaded("job", When::Now);
    let mut policy = (*spec.policy).clone();
    policy.retry = RetryPolicy { attempts: 2, ..RetryPolicy::default() };
    bench.add(JobSpec { policy: Arc::new(policy), ..spec }).unwrap();
    bench.bring_online(FIRST);
    bench.exit(FIRST, ExitStatus::Code(1));
    bench.take();
    bench
}

#[test]
fn a_job_that_must_not_overlap_answers_which_run_goes_and_since_when() {
    let mut bench = running(Overlap::Skip);
    bench.pass_ms(5_000);
    let answer = Reply::AlreadyRunning { run: RunId(1), since: Some(EpochMs(START_MS)) };
    assert_eq!(request(&mut bench), Ok(answer));
    assert_eq!(request_with(&mut bench, b"other"), Ok(answer));
    assert_eq!(bench.events(), [], "no due time was skipped");
    bench.say_done(FIRST);
    new_run(request(&mut bench));
}

#[test]
fn a_run_that_waits_for_its_next_attempt_is_promoted() {
    let mut bench = retrying();
    assert_eq!(request(&mut bench), Ok(Reply::Promoted(RunId(1))));
    assert_eq!(bench.boots(), [SECOND]);
}

#[test]
fn where_runs_queue_a_request_is_a_run_at_once_and_waits_with_its_data() {
    let mut bench = running(Overlap::Queue);
    let second = new_run(request_with(&mut bench, b"second"));
    let third = new_run(request_with(&mut bench, b"third"));
    assert_eq!((state(&bench, second), state(&bench, third)), (Some("queued"), Some("queued")));
    bench.say_done(FIRST);
    assert_eq!(jobs_of_starts(&mut bench), [b"second".to_vec()]);
    bench.bring_online(SECOND);
    bench.say_done(SECOND);
    assert_eq!(jobs_of_starts(&mut bench), [b"third".to_vec()]);
}

#[test]
fn where_one_may_wait_the_next_requests_are_answered_by_it_with_the_newest_data() {
    let mut bench = running(Overlap::QueueOne);
    let second = new_run(request_with(&mut bench, b"second"));
    assert_eq!(request_with(&mut bench, b"newest"), Ok(Reply::Waiting(second)));
    assert_eq!(request(&mut bench), Ok(Reply::Waiting(second)));
    bench.say_done(FIRST);
    assert_eq!(jobs_of_starts(&mut bench), [b"newest".to_vec()]);
    bench.bring_online(SECOND);
    bench.say_done(SECOND);
    assert_eq!(bench.engine.activity(), Activity::Idle);
}

#[test]
fn a_request_takes_the_place_of_the_due_time_that_waits_where_one_may() {
    let mut bench = Bench::new();
    bench.add(overlapping(Overlap::QueueOne, inline("job", every("every minute")))).unwrap();
    bench.pass_ms(MINUTE_MS);
    bench.pass_ms(MINUTE_MS);
    let second = new_run(request(&mut bench));
    bench.pass_ms(MINUTE_MS);
    bench.take();
    bench.send(Input::InlineEnded { run: RunId(1), outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    bench.send(Input::InlineEnded { run: second, outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    assert_eq!(bench.ends().len(), 2);
    assert_eq!(bench.engine.live_runs(&super::super::RunQuery::default(), bench.now), (vec![], false));
}

#[test]
fn where_the_newest_replaces_the_earlier_runs_are_cancelled() {
    let mut bench = running(Overlap::Replace);
    let second = new_run(request_with(&mut bench, b"second"));
    let third = new_run(request_with(&mut bench, b"third"));
    assert_eq!(bench.ends(), [(second, EndCause::Cancelled)]);
    bench.exit(FIRST, ExitStatus::Code(0));
    assert_eq!(jobs_of_starts(&mut bench), [b"third".to_vec()]);
    assert_eq!(state(&bench, third), Some("running"));
}

#[test]
fn a_run_that_begins_later_does_not_keep_the_schedule_waiting() {
    let mut bench = Bench::new();
    bench.add(inline("job", every("every minute"))).unwrap();
    let delay = Some(Duration::from_secs(90));
    let later = bench.send(Input::RequestRun {
        name: "job".into(),
        request: RunRequest { delay, ..RunRequest::default() },
    });
    let later = new_run(later);
    let row = bench.engine.live_run(later, bench.now).unwrap();
    assert_eq!((row.state, row.retry_at), ("queued", Some(EpochMs(START_MS + 90_000))));
    bench.take();
    bench.pass_ms(MINUTE_MS);
    assert!(bench.events().iter().any(|event| matches!(event, JobEvent::InlineDue { .. })));
    bench.pass_ms(30_000);
    assert_eq!(state(&bench, later), Some("queued"), "it waits for the one that goes");
    let first =
        bench.engine.live_runs(&super::super::RunQuery { limit: 9, ..Default::default() }, bench.now).0;
    let first = first.into_iter().find(|row| row.run != later).unwrap().run;
    bench.send(Input::InlineEnded { run: first, outcome: InlineOutcome::Completed, bytes: None }).unwrap();
    assert_eq!(state(&bench, later), Some("running"));
}

#[test]
fn a_run_can_be_cancelled_wherever_it_waits() {
    let mut bench = running(Overlap::Queue);
    let behind = new_run(request(&mut bench));
    let delay = Some(Duration::from_secs(90));
    let request = RunRequest { delay, ..RunRequest::default() };
    let later = new_run(bench.send(Input::RequestRun { name: "job".into(), request }));
    for run in [behind, later] {
        bench.send(Input::CancelRun { run, request: RequestId(run.0) }).unwrap();
        assert_eq!(bench.ends(), [(run, EndCause::Cancelled)]);
    }
    bench.say_done(FIRST);
    assert_eq!(bench.engine.activity(), Activity::Idle);
    let gone = bench.send(Input::CancelRun { run: RunId(1), request: RequestId(1) });
    assert_eq!(gone, Err(Refusal::UnknownRun));
}

#[test]
fn a_run_that_is_cancelled_while_its_retry_waits_says_that_it_had_failed() {
    let mut bench = retrying();
    bench.send(Input::CancelRun { run: RunId(1), request: RequestId(1) }).unwrap();
    let events = bench.events();
    let is_end = |event: &JobEvent| {
        matches!(
            event,
            JobEvent::RunEnded { cause: EndCause::Cancelled, gave_up: Some(GaveUp::Cancelled), .. }
        )
    };
    assert!(events.iter().any(is_end), "{events:?}");
    assert!(
        events.iter().any(|event| matches!(event, JobEvent::RequestSettled { request: RequestId(1), .. }))
    );
}
