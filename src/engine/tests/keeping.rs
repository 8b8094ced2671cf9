//! Runs, due times and pauses that outlive the host: what is kept, and what waits for that.

use super::handlers::{ask_with, handler_with, online, returns, sent};
use super::*;
use crate::engine::{LeftJob, PausedBy, StoreSetup};
use crate::store::{
    Change, DiedRun, EndState, Fault, Found, KnownRun, Outcome, Pause, RunKey, Slot, StoreError, Ticket,
    WaitingJob, WaitingRun, Window, Write,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn found() -> Found {
    Found {
        first_key: RunKey(100),
        waiting: Vec::new(),
        recovered: 0,
        died: Vec::new(),
        slots: Vec::new(),
        pauses: Vec::new(),
        migrated_from: None,
    }
}

fn store_with(found: Found, change: impl FnOnce(&mut StoreSetup)) -> Bench {
    let limits = PoolLimits { max_boots: 9, warm_workers: WarmWorkers::Count(0), ..PoolLimits::default() };
    let mut bench = Bench::with(limits);
    let mut setup = StoreSetup { found, goes_on_in_memory: false, fails_orphans: false };
    change(&mut setup);
    bench.send(Input::StoreOpened(Box::new(setup))).unwrap();
    bench
}

fn store(found: Found) -> Bench {
    store_with(found, |_| {})
}

fn waiting(runs: u64) -> Found {
    let first_begin = EpochMs(START_MS - 5_000);
    Found { waiting: vec![WaitingJob { job: "job".into(), runs, first_begin }], ..found() }
}

fn waiting_run(key: i64) -> WaitingRun {
    WaitingRun {
        key: RunKey(key),
        id: format!("old-{key}").into(),
        data: Arc::from(b"old".as_slice()),
        priority: 0,
        trigger: "manual".into(),
        due: None,
        begin_at: EpochMs(START_MS - 5_000),
        queued_at: EpochMs(START_MS - 5_000),
        attempt: 1,
        attempts: 1,
        timeout: None,
    }
}

fn window(bench: &mut Bench, runs: Vec<WaitingRun>, left: u64, next_begin: Option<EpochMs>) {
    bench.send(Input::WindowRead(Window { job: "job".into(), runs, left, next_begin })).unwrap();
}

fn request(data: &[u8]) -> RunRequest {
    RunRequest { data: Some(Arc::from(data)), ..RunRequest::default() }
}

impl Bench {
    /// The writes since the last look; other effects stay.
    fn writes(&mut self) -> Vec<Write> {
        let (writes, rest) = self.take().into_iter().partition(|effect| matches!(effect, Effect::Keep(_)));
        self.effects = rest;
        let write = |effect| match effect {
            Effect::Keep(write) => Some(write),
            _ => None,
        };
        Vec::into_iter(writes).filter_map(write).collect()
    }

    fn settle(&mut self, writes: &[Write], outcome: &Outcome) {
        let settled: Vec<(Ticket, Outcome)> =
            writes.iter().filter_map(|write| Some((write.ticket?, outcome.clone()))).collect();
        self.send(Input::WritesSettled(settled)).unwrap();
    }

    /// All that is written is kept, and what follows from that.
    fn commit(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        loop {
            let writes = self.writes();
            if writes.is_empty() {
                return changes;
            }
            self.settle(&writes, &Outcome::Kept);
            changes.extend(writes.into_iter().flat_map(|write| write.changes));
        }
    }

    fn reads(&mut self) -> usize {
        self.take().iter().filter(|effect| matches!(effect, Effect::Read { .. })).count()
    }
}

/// What was written, in short.
fn names(changes: &[Change]) -> Vec<String> {
    let name = |change: &Change| match change {
        Change::Accept(run) => format!("accept {}", run.key.0),
        Change::Begin { run, attempt, .. } => format!("begin {} {attempt}", run.0),
        Change::Retry { run, .. } => format!("retry {}", run.0),
        Change::Postpone { run, .. } => format!("postpone {}", run.0),
        Change::Withdraw { run, .. } => format!("withdraw {}", run.0),
        Change::End { run, ending, .. } => format!("end {} {}", run.0, ending.state.name()),
        Change::EndUnread { ending, .. } => format!("end unread {}", ending.state.name()),
        Change::Answer(slot) => format!("answer {}", slot.answered.map_or(-1, |at| at.0 - START_MS)),
        Change::ForgetSchedule { .. } => "forget".to_owned(),
        Change::Pause(pause) => format!("pause {:?}", pause.note),
        Change::Resume { .. } => "resume".to_owned(),
    };
    changes.iter().map(name).collect()
}

#[test]
fn a_run_is_kept_before_it_begins_and_its_end_before_the_host_hears_of_it() {
    let mut bench = store(found());
    bench.add(handler_with(1, |_| {})).unwrap();
    let run = ask_with(&mut bench, request(b"data"));
    let writes = bench.writes();
    assert_eq!(names(&writes[0].changes), ["accept 100"]);
    assert_eq!(bench.boots(), [], "nothing begins before");
    bench.settle(&writes, &Outcome::Kept);
    assert!(
        bench.effects.iter().any(|effect| {
            matches!(effect, Effect::Emit(JobEvent::RunsAccepted { runs }) if *runs == [run])
        })
    );
    online(&mut bench, FIRST);
    let writes = bench.writes();
    assert_eq!(names(&writes[0].changes), ["begin 100 1"]);
    assert_eq!(sent(&mut bench), [], "its handler is not called before");
    bench.settle(&writes, &Outcome::Kept);
    assert_eq!(sent(&mut bench), [(FIRST, run.0)]);
    returns(&mut bench, FIRST, run);
    let writes = bench.writes();
    assert_eq!(names(&writes[0].changes), ["end 100 completed"]);
    assert_eq!(bench.ends_so_far(), []);
    assert!(!bench.is_idle(), "the host stays for it");
    bench.settle(&writes, &Outcome::Kept);
    assert_eq!(bench.ends(), [(run, EndCause::Returned(vec![7]))]);
}

#[test]
fn a_run_that_cannot_be_kept_is_refused_and_leaves_nothing() {
    let mut bench = store(found());
    bench.add(handler_with(1, |_| {})).unwrap();
    let run = ask_with(&mut bench, request(b"data"));
    let writes = bench.writes();
    bench.settle(&writes, &refused());
    let events = bench.events();
    let [JobEvent::RunRefused { run: of, error: Some(error), known: None, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((*of, error.code()), (run, "STORE_FULL"));
    assert!(bench.engine.live_run(run, bench.now).is_none());
    assert!(bench.is_idle());
}

fn refused() -> Outcome {
    Outcome::Refused(Arc::new(StoreError::new(std::path::Path::new("jobs.db"), Fault::Full)))
}

#[test]
fn it_goes_on_in_memory_where_the_host_says_so_and_a_due_time_always() {
    let mut bench = store_with(found(), |setup| setup.goes_on_in_memory = true);
    bench.add(handler_with(1, |_| {})).unwrap();
    ask_with(&mut bench, request(b"data"));
    let writes = bench.writes();
    bench.settle(&writes, &refused());
    assert_eq!(bench.boots(), [FIRST]);
    assert_eq!(bench.commit(), [], "nothing is written of it");

    let mut bench = store(found());
    bench.add(JobSpec { when: every("every minute"), ..handler_with(1, |_| {}) }).unwrap();
    bench.commit();
    bench.pass_ms(MINUTE_MS);
    let writes = bench.writes();
    bench.settle(&writes, &refused());
    assert_eq!(bench.boots(), [FIRST]);
}

#[test]
fn more_than_may_wait_are_refused_in_one_turn_and_beside_what_waits_in_the_file() {
    let mut bench = store(waiting(3));
    bench.add(handler_with(1, |handler| handler.max_waiting = 5)).unwrap();
    for _ in 0..2 {
        ask_with(&mut bench, request(b"data"));
    }
    let one_more = bench.send(Input::RequestRun { name: "job".into(), request: request(b"data") });
    assert_eq!(one_more, Err(Refusal::QueueFull));
}

#[test]
fn a_run_whose_id_is_known_is_not_made_and_names_the_one_that_waits() {
    let mut bench = store(waiting(1));
    bench.add(handler_with(1, |_| {})).unwrap();
    bench.take();
    let run = ask_with(&mut bench, RunRequest { id: Some("old-7".into()), ..request(b"data") });
    let writes = bench.writes();
    let known = KnownRun { key: RunKey(7), job: "job".into(), state: "waiting".into() };
    bench.settle(&writes, &Outcome::Known(known));
    let events = bench.events();
    let [JobEvent::RunRefused { known: Some(known), error: None, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(known.run, Some(run));
    window(&mut bench, vec![waiting_run(7)], 0, None);
    let events = bench.events();
    assert!(
        events.iter().any(|event| matches!(event, JobEvent::RunRead { run: read, .. } if *read == run)),
        "{events:?}"
    );
}

#[test]
fn one_that_has_ended_has_no_number_any_more() {
    let mut bench = store(found());
    bench.add(handler_with(1, |_| {})).unwrap();
    ask_with(&mut bench, RunRequest { id: Some("once".into()), ..request(b"data") });
    let writes = bench.writes();
    let known = KnownRun { key: RunKey(7), job: "job".into(), state: EndState::Completed.name().into() };
    bench.settle(&writes, &Outcome::Known(known));
    let events = bench.events();
    assert!(
        matches!(&events[..], [JobEvent::RunRefused { known: Some(known), .. }] if known.run.is_none()),
        "{events:?}"
    );
}

#[test]
fn a_delayed_run_is_kept_at_once_and_begins_at_its_time() {
    let mut bench = store(found());
    bench.add(handler_with(1, |_| {})).unwrap();
    ask_with(&mut bench, RunRequest { delay: Some(Duration::from_secs(60)), ..request(b"data") });
    let changes = bench.commit();
    let [Change::Accept(run)] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!(run.begin_at, EpochMs(START_MS + 60_000));
    assert_eq!(bench.boots(), []);
    bench.pass_ms(MINUTE_MS);
    assert_eq!(bench.boots(), [FIRST]);
}

#[test]
fn a_retry_is_kept_with_its_time_and_its_begin_again() {
    let mut bench = store(found());
    let spec = handler_with(1, |_| {});
    let retry = RetryPolicy {
        attempts: 2,
        backoff: Backoff::List([Duration::from_secs(5)].into()),
        ..RetryPolicy::default()
    };
    let policy = Arc::new(Policy { retry, ..(*spec.policy).clone() });
    bench.add(JobSpec { policy, ..spec }).unwrap();
    let run = ask_with(&mut bench, request(b"data"));
    bench.commit();
    online(&mut bench, FIRST);
    bench.commit();
    let envelope = b"\"\x07message\"\x02no".to_vec();
    bench.frame(FIRST, WorkerFrame::Threw { run: run.0, envelope: envelope.clone(), is_permanent: false });
    let changes = bench.commit();
    let [Change::Retry { failed, begin_at, .. }] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!(*begin_at, EpochMs(START_MS + 5_000));
    assert_eq!(failed.failure.message.as_deref(), Some("no"));
    bench.pass_ms(5_000);
    assert_eq!(names(&bench.commit()), ["begin 100 2"]);
    bench.frame(FIRST, WorkerFrame::Threw { run: run.0, envelope, is_permanent: false });
    assert_eq!(names(&bench.commit()), ["end 100 failed"]);
}

#[test]
fn a_run_that_is_cancelled_while_it_is_written_ends_as_cancelled() {
    let mut bench = store(found());
    bench.add(handler_with(1, |_| {})).unwrap();
    let run = ask_with(&mut bench, request(b"data"));
    bench.send(Input::CancelRun { run, request: RequestId(1) }).unwrap();
    assert_eq!(names(&bench.commit()), ["accept 100", "end 100 cancelled"]);
    assert_eq!(bench.ends_so_far(), [(run, EndCause::Cancelled)]);
    assert!(bench.is_idle());
}

#[test]
fn a_run_that_is_cancelled_while_its_begin_is_written_is_not_begun() {
    let mut bench = store(found());
    bench.add(handler_with(1, |_| {})).unwrap();
    let run = ask_with(&mut bench, request(b"data"));
    bench.commit();
    online(&mut bench, FIRST);
    bench.send(Input::CancelRun { run, request: RequestId(1) }).unwrap();
    assert_eq!(names(&bench.commit()), ["begin 100 1", "end 100 cancelled"]);
    assert_eq!(sent(&mut bench), []);
    let next = ask_with(&mut bench, request(b"data"));
    bench.commit();
    assert_eq!(sent(&mut bench), [(FIRST, next.0)], "its process is free");
}

#[test]
fn a_process_that_dies_before_it_was_sent_the_run_costs_no_attempt() {
    let mut bench = store(found());
    bench.add(handler_with(1, |_| {})).unwrap();
    let run = ask_with(&mut bench, request(b"data"));
    bench.commit();
    online(&mut bench, FIRST);
    let writes = bench.writes();
    bench.take();
    bench.exit(FIRST, ExitStatus::Signal(9));
    bench.settle(&writes, &Outcome::Kept);
    assert_eq!(bench.boots(), [SECOND]);
    online(&mut bench, SECOND);
    assert_eq!(bench.commit(), [], "the begin is in the file already");
    assert_eq!(sent(&mut bench), [(SECOND, run.0)]);
}

#[test]
fn short_runs_are_begun_together_ahead_of_their_turn() {
    let mut bench = store(found());
    bench.add(handler_with(1, |_| {})).unwrap();
    let first = ask_with(&mut bench, request(b"data"));
    bench.commit();
    online(&mut bench, FIRST);
    bench.commit();
    returns(&mut bench, FIRST, first);
    bench.commit();
    let runs: Vec<RunId> = (0..5).map(|_| ask_with(&mut bench, request(b"data"))).collect();
    let writes = bench.writes();
    bench.settle(&writes, &Outcome::Kept);
    bench.take();
    // The process is free, so the first one has been begun alone.
    let runs_of = |changes: &[Change]| names(changes).len();
    returns(&mut bench, FIRST, runs[0]);
    let begun = bench.commit();
    assert!(runs_of(&begun) >= 4, "{:?}", names(&begun));
    for &run in &runs {
        returns(&mut bench, FIRST, run);
        bench.commit();
    }
    assert_eq!(bench.ends().len(), 5);
}

#[test]
fn the_next_run_of_a_process_is_sent_once_the_store_has_its_begin() {
    let mut bench = store(found());
    bench.add(handler_with(1, |_| {})).unwrap();
    let runs: Vec<RunId> = (0..2).map(|_| ask_with(&mut bench, request(b"data"))).collect();
    bench.commit();
    online(&mut bench, FIRST);
    bench.commit();
    returns(&mut bench, FIRST, runs[0]);
    bench.commit();
    bench.take();
    let ahead = ask_with(&mut bench, request(b"data"));
    bench.commit();
    returns(&mut bench, FIRST, runs[1]);
    let writes = bench.writes();
    assert_eq!(sent(&mut bench), [], "not before");
    bench.settle(&writes, &Outcome::Kept);
    assert_eq!(sent(&mut bench), [(FIRST, ahead.0)]);
    bench.exit(FIRST, ExitStatus::Signal(9));
    assert_eq!(names(&bench.commit()), ["end 102 failed"]);
}

#[test]
fn a_shutdown_leaves_what_has_not_begun_for_the_next_host() {
    let mut bench = store(found());
    bench.add(handler_with(1, |_| {})).unwrap();
    let going = ask_with(&mut bench, request(b"data"));
    bench.commit();
    online(&mut bench, FIRST);
    bench.commit();
    let waits = ask_with(&mut bench, request(b"data"));
    let delayed =
        ask_with(&mut bench, RunRequest { delay: Some(Duration::from_secs(9)), ..request(b"data") });
    bench.commit();
    bench.take();
    bench.send(Input::Drain { request: RequestId(1) }).unwrap();
    assert_eq!(bench.commit(), [], "nothing of that is in the file");
    assert_eq!(bench.ends(), [(waits, EndCause::Left), (delayed, EndCause::Left)]);
    returns(&mut bench, FIRST, going);
    assert_eq!(names(&bench.commit()), ["end 100 completed"]);
    let events = bench.events();
    assert!(matches!(events[..], [JobEvent::RunEnded { .. }, JobEvent::RequestSettled { .. }]), "{events:?}");
}

#[test]
fn a_shutdown_in_the_middle_of_an_attempt_leaves_a_run_that_has_more_of_them() {
    for (attempts, expected) in [(2, EndCause::Left), (1, EndCause::Cancelled)] {
        let mut bench = store(found());
        bench.add(handler_with(1, |_| {})).unwrap();
        let run = ask_with(&mut bench, RunRequest { attempts: Some(attempts), ..request(b"data") });
        bench.commit();
        online(&mut bench, FIRST);
        bench.commit();
        bench.take();
        bench.send(Input::Shutdown { request: RequestId(1), timeout: Duration::from_secs(1) }).unwrap();
        bench.frame(FIRST, WorkerFrame::Threw { run: run.0, envelope: Vec::new(), is_permanent: false });
        bench.commit();
        assert_eq!(bench.ends_so_far(), [(run, expected)]);
    }
}

#[test]
fn runs_of_an_earlier_host_are_read_when_their_job_is_defined_and_go_before_new_ones() {
    let mut bench = store(waiting(2));
    assert_eq!(bench.reads(), 0, "jobs are code");
    bench.add(handler_with(1, |_| {})).unwrap();
    assert_eq!(bench.reads(), 1);
    assert!(!bench.is_idle());
    let new = ask_with(&mut bench, request(b"new"));
    bench.commit();
    window(&mut bench, vec![waiting_run(7), waiting_run(8)], 0, None);
    bench.commit();
    online(&mut bench, FIRST);
    let begun = bench.commit();
    // The new one had been let go already.
    assert_eq!(names(&begun), ["begin 100 1"]);
    bench.pass_ms(100);
    returns(&mut bench, FIRST, new);
    assert_eq!(names(&bench.commit()), ["begin 7 1", "end 100 completed"]);
}

#[test]
fn more_are_read_when_few_are_left_and_those_of_later_at_their_time() {
    let mut bench = store(waiting(3_000));
    bench.add(handler_with(1_000, |_| {})).unwrap();
    assert_eq!(bench.reads(), 1);
    window(&mut bench, (0..1_000).map(waiting_run).collect(), 2_000, None);
    assert_eq!(bench.reads(), 0, "a thousand wait");
    for worker in 1..=600 {
        online(&mut bench, WorkerId(worker));
    }
    assert_eq!(bench.reads(), 1);
    window(&mut bench, vec![], 2_000, Some(EpochMs(START_MS + 5_000)));
    assert_eq!(bench.reads(), 0);
    bench.pass_ms(5_000);
    assert_eq!(bench.reads(), 1);
}

#[test]
fn a_removed_job_takes_its_unread_runs_with_it() {
    let mut bench = store(waiting(5));
    bench.add(handler_with(1, |_| {})).unwrap();
    bench.send(Input::RemoveJob { name: "job".into(), request: RequestId(1) }).unwrap();
    assert_eq!(names(&bench.commit()), ["end unread cancelled"]);
    window(&mut bench, vec![waiting_run(7)], 0, None);
    assert_eq!(names(&bench.commit()), ["end 7 cancelled"]);
    assert!(bench.is_idle());
}

#[test]
fn runs_of_a_job_that_is_never_defined_are_reported_after_a_minute_and_kept() {
    let mut bench = store(waiting(5));
    assert!(bench.is_idle(), "they do not keep the host");
    bench.pass_ms(MINUTE_MS);
    let events = bench.events();
    assert_eq!(events, [JobEvent::OrphanRuns { name: "job".into(), runs: 5, have_failed: false }]);

    let mut bench = store_with(waiting(5), |setup| setup.fails_orphans = true);
    bench.pass_ms(MINUTE_MS);
    assert_eq!(names(&bench.commit()), ["end unread failed"]);
}

#[test]
fn a_run_that_died_with_its_host_has_failed() {
    let died = DiedRun {
        key: RunKey(7),
        id: "old-7".into(),
        job: "job".into(),
        attempt: 1,
        started_at: Some(EpochMs(START_MS - 10)),
    };
    let mut bench = store(Found { died: vec![died], ..found() });
    let events = bench.events();
    let [JobEvent::RunEnded { id: Some(id), cause: EndCause::HostDied, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(&**id, "old-7");
}

fn slot(answered_ms: i64) -> Slot {
    Slot {
        job: "job".into(),
        schedule: "0 0 3 * * *".into(),
        time_zone: "UTC".into(),
        anchor: EpochMs(START_MS - 30 * DAY_MS),
        answered: Some(EpochMs(START_MS + answered_ms)),
    }
}

fn daily(missed: Missed) -> JobSpec {
    let spec = offloaded("job", every("0 0 3 * * *"));
    JobSpec { policy: Arc::new(Policy { missed, ..(*spec.policy).clone() }), ..spec }
}

/// What comes of the daily job whose due times were last answered then.
fn daily_after(answered_ms: i64, missed: Missed) -> Vec<(Trigger, Option<EpochMs>)> {
    let mut bench = store(Found { slots: vec![slot(answered_ms)], ..found() });
    bench.add(daily(missed)).unwrap();
    bench.pass_ms(1);
    let queued = |event| match event {
        JobEvent::RunQueued { trigger, due, .. } => Some((trigger, due)),
        _ => None,
    };
    bench.events().into_iter().filter_map(queued).collect()
}

#[test]
fn a_week_without_a_host_is_made_up_for_once() {
    let once = Missed::Once { start_deadline: None };
    let runs = daily_after(-7 * DAY_MS, once);
    assert!(matches!(runs[..], [(Trigger::Missed, Some(_))]), "{runs:?}");
    assert_eq!(daily_after(-7 * DAY_MS, Missed::Skip), []);
    assert_eq!(daily_after(-1_000, once), [], "none was missed");
}

#[test]
fn a_start_deadline_leaves_out_what_is_too_old() {
    let within = |hours: u64| Missed::Once { start_deadline: Some(Duration::from_secs(hours * 3_600)) };
    let runs = daily_after(-7 * DAY_MS, within(24));
    let [(Trigger::Missed, Some(due))] = runs[..] else { panic!("{runs:?}") };
    assert!(due.0 > START_MS - DAY_MS);
    assert_eq!(daily_after(-7 * DAY_MS, within(1)), [], "START_MS is five hours after the last due time");
}

#[test]
fn what_is_left_of_jobs_is_listed_until_they_are_registered() {
    let nightly = Slot { job: "nightly".into(), ..slot(-1_000) };
    let mut bench = store(Found { slots: vec![nightly], ..waiting(5) });
    let left = |bench: &Bench| bench.engine.left_jobs();
    let schedule = Some((Arc::from("0 0 3 * * *"), Arc::from("UTC")));
    let job = LeftJob { name: "job".into(), waiting: 5, schedule: None };
    assert_eq!(left(&bench), [job, LeftJob { name: "nightly".into(), waiting: 0, schedule }]);
    bench.add(handler_with(1, |_| {})).unwrap();
    bench.add(offloaded("nightly", every("0 0 4 * * *"))).unwrap();
    assert_eq!(left(&bench), []);
}

#[test]
fn a_slot_of_another_schedule_says_nothing() {
    let other = Slot { schedule: "0 0 4 * * *".into(), ..slot(-7 * DAY_MS) };
    let mut bench = store(Found { slots: vec![other], ..found() });
    bench.add(daily(Missed::Once { start_deadline: None })).unwrap();
    assert_eq!(names(&bench.commit()), ["answer 0"]);
    assert_eq!(bench.events(), []);
}

#[test]
fn a_clock_that_was_set_back_repeats_nothing_of_the_last_hours() {
    // 03:00 of the next day has been answered, by a clock that was ahead.
    let until_three = (DAY_MS + 3 * 3_600_000 - START_MS.rem_euclid(DAY_MS)).rem_euclid(DAY_MS);
    let mut bench = store(Found { slots: vec![slot(2 * 3_600_000)], ..found() });
    bench.add(daily(Missed::Once { start_deadline: None })).unwrap();
    assert_eq!(bench.commit(), [], "what was answered stays answered");
    let due = bench.engine.jobs_named(["job"].into_iter(), bench.now)[0].due;
    assert_eq!(due, Some(EpochMs(START_MS + until_three)));
}

#[test]
fn a_due_time_of_a_handler_is_answered_with_its_run_and_one_of_a_script_alone() {
    let mut bench = store(found());
    bench.add(JobSpec { when: every("every minute"), ..handler_with(1, |_| {}) }).unwrap();
    assert_eq!(names(&bench.commit()), ["answer 0"]);
    bench.pass_ms(MINUTE_MS);
    let writes = bench.writes();
    assert_eq!(names(&writes[0].changes), ["accept 100", "answer 60000"]);

    let mut bench = store(found());
    bench.add(offloaded("job", every("every minute"))).unwrap();
    bench.commit();
    bench.pass_ms(MINUTE_MS);
    assert_eq!(names(&bench.commit()), ["answer 60000"]);
}

fn pause(job: &str) -> Pause {
    Pause {
        job: job.into(),
        since: EpochMs(START_MS - 99),
        by: "operator".into(),
        note: Some("until the migration is over".into()),
    }
}

#[test]
fn a_paused_job_stays_paused_until_it_is_resumed() {
    let mut bench = store(Found { pauses: vec![pause("job")], ..waiting(1) });
    bench.add(handler_with(1, |_| {})).unwrap();
    let events = bench.events();
    let [JobEvent::JobPaused { by: PausedBy::Operator, note: Some(note), at, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((&**note, *at), ("until the migration is over", EpochMs(START_MS - 99)));
    // A run whose host died is held as one that waits for its next attempt would be.
    window(
        &mut bench,
        vec![WaitingRun { trigger: "recovered".into(), attempt: 2, ..waiting_run(7) }],
        0,
        None,
    );
    assert_eq!(bench.boots(), []);
    bench.send(Input::Resume { name: "job".into(), catch_up: false }).unwrap();
    assert_eq!(names(&bench.commit()), ["resume"]);
    assert_eq!(bench.boots(), [FIRST]);
}

#[test]
fn pauses_are_kept_also_that_of_all_jobs() {
    let mut bench = store(found());
    bench.add(offloaded("job", every("every minute"))).unwrap();
    bench.commit();
    let by = PausedBy::Host;
    bench.send(Input::Pause { name: "job".into(), by, note: Some("why".into()), cancel: None }).unwrap();
    assert_eq!(names(&bench.commit()), ["pause Some(\"why\")"]);
    bench.send(Input::PauseAll { by, note: Some("a move".into()), cancel: None }).unwrap();
    let changes = bench.commit();
    assert!(matches!(&changes[..], [Change::Pause(pause)] if pause.job.is_empty()), "{changes:?}");

    let mut bench = store(Found { pauses: vec![pause("")], ..found() });
    bench.add(offloaded("job", When::Now)).unwrap();
    assert_eq!(bench.boots(), []);
    let rows = bench.engine.jobs_named(["job"].into_iter(), bench.now);
    assert_eq!(rows[0].pause_note.as_deref(), Some("until the migration is over"));
    bench.send(Input::ResumeAll { catch_up: false }).unwrap();
    assert_eq!(bench.boots(), [FIRST]);
}

#[test]
fn without_a_store_nothing_is_written() {
    let mut bench = Bench::new();
    bench.add(JobSpec { when: every("every minute"), ..handler_with(1, |_| {}) }).unwrap();
    bench.pass_ms(MINUTE_MS);
    ask_with(&mut bench, request(b"data"));
    let by = PausedBy::Host;
    bench.send(Input::Pause { name: "job".into(), by, note: None, cancel: None }).unwrap();
    assert!(bench.writes().is_empty());
}
