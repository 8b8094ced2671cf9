//! What a change does to the file.

use super::*;

#[test]
fn an_accepted_run_is_kept_with_all_that_it_was_given() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    assert_eq!(host.found.first_key, RunKey(1));
    let run = NewRun {
        priority: -3,
        trigger: "schedule".into(),
        due: Some(EpochMs(900)),
        begin_at: EpochMs(NOW.0 + 1),
        attempts: 4,
        timeout: Some(Duration::from_millis(250)),
        retry_of: Some("earlier".into()),
        ..new_run(1, "mail")
    };
    assert_eq!(host.keep(vec![Change::Accept(run)]), Outcome::Kept);
    let kept = host.run("run-1");
    let expected = KeptRun {
        key: RunKey(1),
        id: "run-1".to_owned(),
        job: "mail".to_owned(),
        state: "waiting".to_owned(),
        trigger: "schedule".to_owned(),
        priority: -3,
        attempt: 1,
        attempts: 4,
        due: Some(EpochMs(900)),
        queued_at: NOW,
        begin_at: Some(EpochMs(NOW.0 + 1)),
        started_at: None,
        ended_at: None,
        cause: None,
        gave_up: None,
        message: None,
        error: None,
        result: None,
        retry_of: Some("earlier".to_owned()),
        data: Some(b"run-1".to_vec()),
    };
    assert_eq!(kept, expected);
    host.close();
    let host = Host::start(&options);
    assert_eq!(host.found.first_key, RunKey(2));
    assert_eq!(host.read("mail", 9, NOW).runs, []);
    let window = host.read("mail", 9, EpochMs(NOW.0 + 1));
    let expected = WaitingRun {
        key: RunKey(1),
        id: "run-1".into(),
        data: Arc::from(&b"run-1"[..]),
        priority: -3,
        trigger: "schedule".into(),
        due: Some(EpochMs(900)),
        begin_at: EpochMs(NOW.0 + 1),
        queued_at: NOW,
        attempt: 1,
        attempts: 4,
        timeout: Some(Duration::from_millis(250)),
    };
    assert_eq!(window.runs, [expected]);
}

#[test]
fn a_run_goes_from_waiting_to_its_end() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    host.keep(vec![accept(1, "mail")]);
    host.keep(vec![begin(1, 1)]);
    let kept = host.run("run-1");
    assert_eq!((&*kept.state, kept.begin_at, kept.started_at), ("running", None, Some(EpochMs(NOW.0 + 5))));
    host.keep(vec![Change::Retry { run: RunKey(1), failed: failed(1), begin_at: EpochMs(NOW.0 + 99) }]);
    let kept = host.run("run-1");
    assert_eq!((&*kept.state, kept.attempt, kept.begin_at), ("retrying", 2, Some(EpochMs(NOW.0 + 99))));
    host.keep(vec![Change::Postpone { run: RunKey(1), begin_at: EpochMs(NOW.0 + 33) }]);
    assert_eq!(host.run("run-1").begin_at, Some(EpochMs(NOW.0 + 33)));
    let attempts = host.reader().attempts(RunKey(1)).unwrap();
    let expected = Attempt {
        attempt: 1,
        started_at: Some(NOW),
        ended_at: EpochMs(NOW.0 + 10),
        cause: "error".to_owned(),
        message: Some("no network".to_owned()),
    };
    assert_eq!(attempts, [expected]);
    host.keep(vec![end(1, "mail", EndState::Completed)]);
    let kept = host.run("run-1");
    assert_eq!((&*kept.state, kept.ended_at, kept.cause), ("completed", Some(EpochMs(NOW.0 + 20)), None));
    assert_eq!((kept.result, kept.data), (Some(b"result".to_vec()), None), "the data has served");
}

#[test]
fn a_dead_letter_keeps_what_it_takes_to_send_it_again() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    host.keep(vec![accept(1, "mail"), begin(1, 1), end(1, "mail", EndState::Failed)]);
    let kept = host.run("run-1");
    assert_eq!((&*kept.state, kept.gave_up.as_deref()), ("failed", Some("attempts")));
    assert_eq!((kept.cause.as_deref(), kept.message.as_deref()), (Some("error"), Some("no network")));
    assert_eq!((kept.error, kept.data), (Some(b"env".to_vec()), Some(b"run-1".to_vec())));
}

#[test]
fn a_run_ends_once() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    host.keep(vec![accept(1, "mail"), begin(1, 1)]);
    host.keep(vec![end(1, "mail", EndState::Completed)]);
    for late in [end(1, "mail", EndState::Failed), begin(1, 1)] {
        host.keep(vec![late]);
        assert_eq!(host.run("run-1").state, "completed");
    }
    host.keep(vec![Change::Retry { run: RunKey(1), failed: failed(1), begin_at: NOW }]);
    assert_eq!(host.run("run-1").state, "completed");
}

#[test]
fn a_job_without_history_leaves_only_dead_letters() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    for (key, state) in (1..).zip(EndState::ALL) {
        let ending = Ending { is_kept: false, ..ending(state, NOW) };
        let end = Change::End { run: RunKey(key), job: "mail".into(), ending };
        host.keep(vec![accept(key, "mail"), begin(key, 1), end]);
    }
    let kept = host.reader().runs(&RunFilter { limit: 9, ..RunFilter::default() }).unwrap();
    assert_eq!(kept.iter().map(|run| &*run.state).collect::<Vec<_>>(), ["failed"]);
}

#[test]
fn an_id_is_accepted_once() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    host.keep(vec![accept(1, "mail")]);
    let again = NewRun { key: RunKey(2), id: "run-1".into(), ..new_run(2, "other") };
    let slot = slot("other", NOW);
    let outcome = host.keep(vec![Change::Accept(again.clone()), Change::Answer(slot)]);
    let known = |state: &str| KnownRun { key: RunKey(1), job: "mail".into(), state: state.into() };
    assert_eq!(outcome, Outcome::Known(known("waiting")));
    host.keep(vec![begin(1, 1), end(1, "mail", EndState::Completed)]);
    assert_eq!(host.keep(vec![Change::Accept(again)]), Outcome::Known(known("completed")));
    host.close();
    assert_eq!(Host::start(&options).found.slots, [], "nothing of the write was kept");
}

fn slot(job: &str, answered: EpochMs) -> Slot {
    Slot {
        job: job.into(),
        schedule: "every 5 minutes".into(),
        time_zone: "Europe/London".into(),
        anchor: EpochMs(3),
        answered: Some(answered),
    }
}

#[test]
fn slots_and_pauses_are_there_at_the_next_start() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    let pause = |job: &str, note: Option<&str>| Pause {
        job: job.into(),
        since: NOW,
        by: "operator".into(),
        note: note.map(Into::into),
    };
    let run = NewRun { due: Some(EpochMs(60_000)), ..new_run(1, "mail") };
    host.keep(vec![Change::Accept(run), Change::Answer(slot("mail", EpochMs(60_000)))]);
    host.keep(vec![Change::Answer(Slot { answered: None, ..slot("new", NOW) })]);
    host.keep(vec![Change::Answer(slot("mail", EpochMs(120_000))), Change::Answer(slot("gone", NOW))]);
    host.keep(vec![Change::ForgetSchedule { job: "gone".into() }]);
    host.keep(vec![Change::Pause(pause("mail", None)), Change::Pause(pause("other", None))]);
    host.keep(vec![Change::Pause(pause("mail", Some("migration"))), Change::Resume { job: "other".into() }]);
    host.close();
    let found = Host::start(&options).found;
    assert_eq!(found.slots, [slot("mail", EpochMs(120_000)), Slot { answered: None, ..slot("new", NOW) }]);
    assert_eq!(found.pauses, [pause("mail", Some("migration"))]);
}

#[test]
fn a_batch_leaves_out_what_it_overwrites_itself() {
    let retry = || Change::Retry { run: RunKey(1), failed: failed(1), begin_at: NOW };
    let all = vec![
        begin(1, 1),
        Change::Answer(slot("mail", EpochMs(1))),
        retry(),
        Change::Postpone { run: RunKey(1), begin_at: NOW },
        begin(1, 2),
        begin(2, 1),
        Change::Answer(slot("mail", EpochMs(2))),
        end(1, "mail", EndState::Completed),
    ];
    let mut writes: Vec<Write> =
        all.into_iter().map(|change| Write { ticket: None, changes: vec![change] }).collect();
    fold::fold(&mut writes);
    let left: Vec<Change> = writes.into_iter().flat_map(|write| write.changes).collect();
    let expected =
        [retry(), begin(2, 1), Change::Answer(slot("mail", EpochMs(2))), end(1, "mail", EndState::Completed)];
    assert_eq!(left, expected);
}

#[test]
fn what_was_written_before_closing_is_kept() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    for key in 1..=5_000 {
        host.store.write(Write { ticket: None, changes: vec![accept(key, "mail")] });
        host.store.flush().unwrap();
    }
    host.close();
    let host = Host::start(&options);
    assert_eq!(host.found.waiting, [WaitingJob { job: "mail".into(), runs: 5_000, first_begin: NOW }]);
    for key in 5_001..=9_000 {
        host.store.write(Write { ticket: None, changes: vec![accept(key, "mail")] });
        host.store.flush().unwrap();
    }
    drop(host.store);
    // The thread has closed the file when it drops the sender of its reports.
    assert!(host.reports.recv().is_err());
    assert_eq!(Host::start(&options).found.waiting[0].runs, 9_000);
}

#[test]
fn writes_are_settled_in_their_order() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    for key in 1..=3_000_i64 {
        let ticket = (key % 2 == 0).then_some(Ticket(key.unsigned_abs()));
        host.store.write(Write { ticket, changes: vec![accept(key, "mail")] });
        host.store.flush().unwrap();
    }
    let mut settled = Vec::new();
    while settled.len() < 1_500 {
        let Report::Settled(some) = host.report() else { panic!("another report") };
        settled.extend(some);
    }
    let expected: Vec<_> = (1..=1_500).map(|half| (Ticket(2 * half), Outcome::Kept)).collect();
    assert_eq!(settled, expected);
}

#[test]
fn a_begin_that_is_withdrawn_has_not_been() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    host.keep(vec![Change::Accept(NewRun { attempts: 3, ..new_run(1, "mail") }), begin(1, 1)]);
    host.keep(vec![Change::Withdraw { run: RunKey(1), begin_at: NOW }]);
    let run = host.run("run-1");
    assert_eq!((&*run.state, run.attempt, run.started_at), ("waiting", 1, None));
    let retry = Change::Retry { run: RunKey(1), failed: failed(1), begin_at: NOW };
    host.keep(vec![begin(1, 1), retry, begin(1, 2), Change::Withdraw { run: RunKey(1), begin_at: NOW }]);
    let run = host.run("run-1");
    assert_eq!((&*run.state, run.attempt), ("retrying", 2));
    host.close();
    let host = Host::start(&options);
    assert_eq!((host.found.recovered, host.found.died.len()), (0, 0), "it goes on as if nothing had been");
}

#[test]
fn runs_are_found_by_how_far_they_have_come_and_by_their_job() {
    let (_folder, options) = new_store();
    let host = Host::start(&options);
    let later = NewRun { queued_at: NOW.plus(Duration::from_millis(9)), ..new_run(4, "mail") };
    host.keep(vec![accept(1, "mail"), accept(2, "mail"), accept(3, "mail"), Change::Accept(later)]);
    host.keep(vec![end(1, "mail", EndState::Completed)]);
    let failed = Change::End {
        run: RunKey(2),
        job: "mail".into(),
        ending: ending(EndState::Failed, EpochMs(NOW.0 + 90)),
    };
    host.keep(vec![failed]);
    let found = |filter: RunFilter<'_>| {
        let runs = host.reader().runs(&RunFilter { limit: 10, ..filter }).unwrap();
        runs.into_iter().map(|run| run.key.0).collect::<Vec<_>>()
    };
    let of_stage = |stage| RunFilter { stage: Some(stage), ..RunFilter::default() };
    assert_eq!(found(of_stage(Stage::Ended)), [2, 1]);
    assert_eq!(found(of_stage(Stage::Waiting)), [4, 3]);
    assert_eq!(found(RunFilter { until: Some(NOW), ..of_stage(Stage::Waiting) }), [3]);
    assert_eq!(host.reader().last("mail").unwrap().map(|run| run.key), Some(RunKey(2)));
    assert_eq!(host.reader().last("other").unwrap(), None);
}
