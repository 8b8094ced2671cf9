//! What is kept when there is no room for everything, and what the host is told.

use std::sync::Arc;

use super::*;
use crate::engine::{EndCause, RegistrationId, RunFacts, Trigger, Usage};
use crate::timer::EpochMs;

const NOW: EpochMs = EpochMs(1_800_000_000_000);

fn printed(run: u32, text: &str) -> Printed {
    Printed {
        run: RunId(run),
        name: Arc::from("job"),
        registration: RegistrationId(1),
        attempt: 1,
        limit: 4096,
        source: Source::Stdout,
        at: NOW,
        bytes: text.as_bytes().to_vec().into(),
    }
}

/// The run has ended so.
fn ended(run: u32, cause: EndCause) -> JobEvent {
    JobEvent::RunEnded {
        run: RunId(run),
        name: Arc::from("job"),
        registration: RegistrationId(1),
        id: None,
        facts: RunFacts {
            trigger: Trigger::Now,
            due: None,
            queued: NOW,
            started: None,
            online: None,
            attempt: 1,
            attempts: 1,
            thread: run,
        },
        cause,
        usage: Usage::default(),
        gave_up: None,
        at: NOW,
    }
}

fn kept_of(outputs: &Outputs, run: u32) -> usize {
    outputs.read(RunId(run), 0).unwrap().bytes.len()
}

#[test]
fn without_room_the_run_that_ended_first_gives_up_its_output_first_and_failed_ones_last() {
    let outputs = Outputs::new(4000);
    let kilobyte = "x".repeat(1000);
    for run in 1..=4 {
        outputs.print(&printed(run, &kilobyte));
    }
    // Run 4 goes on.
    outputs.note(&ended(3, EndCause::ExitCode(1)));
    outputs.note(&ended(2, EndCause::Done));
    outputs.note(&ended(1, EndCause::Cancelled));
    let mut given_up = Vec::new();
    for run in 5..=8 {
        outputs.print(&printed(run, &kilobyte));
        given_up.push((1..=4).filter(|&run| kept_of(&outputs, run) == 0).collect::<Vec<_>>());
    }
    assert_eq!(given_up[..3], [vec![2], vec![1, 2], vec![1, 2, 3]]);
    // Only runs that go on are left: the largest ones give up parts of theirs.
    assert!(given_up[3].len() <= 4);
    let (bytes, dropped) = outputs.totals();
    assert!(bytes <= 4000, "{bytes}");
    assert_eq!(bytes as u64 + dropped, 8000);
    // What is known of a run stays.
    let gone = outputs.read(RunId(2), 0).unwrap();
    assert_eq!((gone.total, gone.dropped), (1000, 1000));
}

#[test]
fn runs_that_are_not_shown_any_more_take_no_room() {
    let outputs = Outputs::new(4000);
    outputs.print(&printed(1, "one\n"));
    outputs.print(&printed(2, "two\n"));
    outputs.note(&ended(1, EndCause::Done));
    outputs.forget(RunId(1));
    outputs.forget(RunId(2));
    outputs.forget(RunId(3));
    assert_eq!(outputs.totals(), (0, 0));
    assert_eq!(outputs.read(RunId(1), 0), None);
    let kept = outputs.lock();
    assert!(kept.runs.is_empty() && kept.ended.is_empty());
}

#[test]
fn what_is_no_line_of_a_log_leaves_nothing_behind() {
    let outputs = Outputs::new(4000);
    outputs.print(&Printed { source: Source::Log, ..printed(1, "no JSON") });
    assert!(outputs.lock().runs.is_empty());
}

#[test]
fn a_budget_of_nothing_keeps_nothing_and_counts() {
    let outputs = Outputs::new(0);
    outputs.print(&printed(1, "one\n"));
    outputs.discard(6);
    assert_eq!(outputs.totals(), (0, 10));
    assert_eq!(outputs.total_of(RunId(1)), 4);
}

#[test]
fn the_host_is_told_once_until_it_asks_again() {
    let outputs = Outputs::new(4000);
    assert!(!outputs.print(&printed(1, "nobody listens\n")));
    outputs.watch(true);
    assert!(outputs.print(&printed(1, "one\n")));
    assert!(!outputs.print(&printed(1, "two\n")));
    assert!(outputs.print(&printed(2, "another run\n")));
    assert!(outputs.has_grown(RunId(1)), "by the second line");
    assert!(!outputs.has_grown(RunId(1)));
    assert!(outputs.print(&printed(1, "three\n")), "it is told again");
    outputs.watch(false);
    assert!(!outputs.print(&printed(1, "four\n")));
    outputs.watch(true);
    assert!(outputs.print(&printed(1, "five\n")));
    assert!(!outputs.has_grown(RunId(9)));
}
