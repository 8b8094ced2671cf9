//! Runs that an earlier host left: read in windows, in order, each once.

use super::*;

/// Leaves runs as an earlier host.
fn leave(options: &Options, changes: Vec<Change>) {
    let host = Host::start(options);
    host.keep(changes);
    host.close();
}

fn with(key: i64, priority: i8, begin_at: i64) -> Change {
    Change::Accept(NewRun { priority, begin_at: EpochMs(begin_at), ..new_run(key, "mail") })
}

#[test]
fn windows_go_by_priority_then_by_time() {
    let (_folder, options) = new_store();
    leave(
        &options,
        vec![
            with(1, 0, 500),
            with(2, 0, 400),
            with(3, 9, 700),
            with(4, -5, 100),
            with(5, 0, 400),
            accept(6, "other"),
        ],
    );
    let host = Host::start(&options);
    let waiting = |job: &str, runs, first| WaitingJob { job: job.into(), runs, first_begin: EpochMs(first) };
    assert_eq!(host.found.waiting, [waiting("mail", 5, 100), waiting("other", 1, NOW.0)]);
    let window = host.read("mail", 3, NOW);
    assert_eq!((ids(&window), window.left), (vec!["run-3", "run-2", "run-5"], 2));
    let window = host.read("mail", 3, NOW);
    assert_eq!((ids(&window), window.left, window.next_begin), (vec!["run-1", "run-4"], 0, None));
    assert_eq!(host.read("mail", 3, NOW).runs, []);
}

#[test]
fn runs_are_read_as_they_fall_due() {
    let (_folder, options) = new_store();
    leave(&options, vec![with(1, 0, NOW.0 + 100), with(2, 5, NOW.0 + 200), with(3, 0, NOW.0)]);
    let host = Host::start(&options);
    let window = host.read("mail", 9, NOW);
    assert_eq!(
        (ids(&window), window.left, window.next_begin),
        (vec!["run-3"], 2, Some(EpochMs(NOW.0 + 100)))
    );
    let window = host.read("mail", 9, EpochMs(NOW.0 + 150));
    assert_eq!((ids(&window), window.next_begin), (vec!["run-1"], Some(EpochMs(NOW.0 + 200))));
    let window = host.read("mail", 9, EpochMs(NOW.0 + 200));
    assert_eq!((ids(&window), window.left, window.next_begin), (vec!["run-2"], 0, None));
}

#[test]
fn a_run_that_was_read_is_not_read_again_whatever_becomes_of_it() {
    let (_folder, options) = new_store();
    leave(&options, (1..=6).map(|key| with(key, 0, key)).collect());
    let host = Host::start(&options);
    assert_eq!(ids(&host.read("mail", 4, NOW)).len(), 4);
    host.keep(vec![begin(1, 1), end(1, "mail", EndState::Completed)]);
    host.keep(vec![begin(2, 1), Change::Retry { run: RunKey(2), failed: failed(1), begin_at: EpochMs(2) }]);
    host.keep(vec![begin(3, 1)]);
    assert_eq!(ids(&host.read("mail", 9, NOW)), ["run-5", "run-6"]);
}

#[test]
fn runs_of_this_host_are_not_read() {
    let (_folder, options) = new_store();
    leave(&options, vec![with(1, 0, 1)]);
    let host = Host::start(&options);
    host.keep(vec![with(2, 50, 0)]);
    let window = host.read("mail", 9, NOW);
    assert_eq!((ids(&window), window.left), (vec!["run-1"], 0));
}

#[test]
fn runs_of_a_job_that_is_never_defined_stay_or_are_ended_by_the_host() {
    let (_folder, options) = new_store();
    leave(&options, (1..=4).map(|key| with(key, 0, key)).collect());
    let host = Host::start(&options);
    host.close();
    let host = Host::start(&options);
    assert_eq!(host.found.waiting[0].runs, 4, "they stay");
    assert_eq!(ids(&host.read("mail", 1, NOW)), ["run-1"]);
    host.keep(vec![begin(1, 1), accept(5, "mail")]);
    let ending = Ending { attempt: 0, started_at: None, ..ending(EndState::Failed, NOW) };
    host.keep(vec![Change::EndUnread { job: "mail".into(), ending }]);
    let states = |id| host.run(id).state;
    assert_eq!(["run-1", "run-2", "run-4", "run-5"].map(states), ["running", "failed", "failed", "waiting"]);
    assert_eq!(host.read("mail", 9, NOW).left, 0);
}

#[test]
fn attempts_that_ended_with_their_host_count() {
    let (_folder, options) = new_store();
    let of_three = |key| Change::Accept(NewRun { attempts: 3, ..new_run(key, "mail") });
    leave(
        &options,
        vec![
            of_three(1),
            accept(2, "mail"),
            of_three(3),
            accept(4, "mail"),
            begin(1, 1),
            begin(2, 1),
            begin(3, 3),
        ],
    );
    let host = Host::start_at(&options, EpochMs(NOW.0 + 50));
    assert_eq!(host.found.recovered, 1);
    let died: Vec<_> = host.found.died.iter().map(|run| (&*run.id, run.attempt)).collect();
    assert_eq!(died, [("run-2", 1), ("run-3", 3)]);
    for id in ["run-2", "run-3"] {
        let kept = host.run(id);
        assert_eq!((&*kept.state, kept.cause.as_deref()), ("failed", Some(HOST_DIED)));
        assert_eq!((kept.gave_up.as_deref(), kept.ended_at), (Some("attempts"), Some(EpochMs(NOW.0 + 50))));
    }
    let window = host.read("mail", 9, EpochMs(NOW.0 + 50));
    let read: Vec<_> = window.runs.iter().map(|run| (&*run.id, run.attempt, &*run.trigger)).collect();
    assert_eq!(read, [("run-4", 1, "manual"), ("run-1", 2, "recovered")]);
    let attempts = host.reader().attempts(RunKey(1)).unwrap();
    assert_eq!((attempts[0].attempt, &*attempts[0].cause), (1, HOST_DIED));
    assert_eq!(attempts[0].started_at, Some(EpochMs(NOW.0 + 5)));
}

#[test]
fn a_clock_that_was_set_back_keeps_no_run_waiting() {
    let (_folder, options) = new_store();
    let date = NOW.0 + 7_000;
    let dated = NewRun { due: Some(EpochMs(date)), begin_at: EpochMs(date), ..new_run(3, "mail") };
    let retry = Change::Retry { run: RunKey(4), failed: failed(1), begin_at: EpochMs(NOW.0 + 2_010) };
    let changes =
        vec![with(1, 0, NOW.0), with(2, 0, NOW.0 + 300), Change::Accept(dated), accept(4, "mail"), retry];
    leave(&options, changes);
    let now = EpochMs(NOW.0 - 500_000);
    let host = Host::start_at(&options, now);
    let begin_at = |id| host.run(id).begin_at.unwrap().0 - now.0;
    assert_eq!(["run-1", "run-2", "run-4"].map(begin_at), [0, 300, 2_000], "their distance is kept");
    assert_eq!(host.run("run-3").begin_at, Some(EpochMs(date)), "a date is a date");
}

#[test]
fn a_retry_that_fell_due_while_no_host_was_there_goes_at_once() {
    let (_folder, options) = new_store();
    let retry = Change::Retry { run: RunKey(1), failed: failed(1), begin_at: EpochMs(NOW.0 + 2_000) };
    leave(&options, vec![accept(1, "mail"), begin(1, 1), retry]);
    let later = EpochMs(NOW.0 + 90_000);
    let host = Host::start_at(&options, later);
    let window = host.read("mail", 9, later);
    assert_eq!((ids(&window), window.runs[0].attempt), (vec!["run-1"], 2));
}
