//! Runs of a cluster of which attempts have failed on another host.

use std::num::NonZeroU32;

use super::cluster::{LEASE, clustered, due, handler, lost, member_with};
use super::*;
use crate::engine::{ClusterEvent, Grant, Resumed};

const WAIT_MS: u64 = 5_000;

fn tried(attempts: u32) -> JobSpec {
    let backoff = Backoff::List([Duration::from_secs(5)].into());
    let retry = RetryPolicy { attempts, backoff, ..RetryPolicy::default() };
    let spec = offloaded("job", every("0 * * * * *"));
    let policy = Policy { retry, ..(*spec.policy).clone() };
    clustered(JobSpec { policy: Arc::new(policy), ..spec })
}

impl Bench {
    fn resumed(&self, attempt: u32, wait_ms: u64) -> Resumed {
        Resumed {
            attempt: NonZeroU32::new(attempt).unwrap(),
            begin_at: Some(self.now.wall.plus(Duration::from_millis(wait_ms))),
            first_started: None,
        }
    }

    /// This host gets a slot of which attempts have failed on another one.
    fn grant_resumed(&mut self, attempt: u32, wait_ms: u64) -> RunId {
        let grant = Grant { resumed: Some(self.resumed(attempt, wait_ms)), ..self.grant_of(8) };
        match self.send(Input::GrantSlot { name: Arc::from("job"), due: due(1), grant }) {
            Ok(Reply::Run(run)) => run,
            other => panic!("it runs: {other:?}"),
        }
    }

    /// The process of the attempt that has begun, and which attempt it is told to be.
    fn begun(&mut self) -> Option<(WorkerId, serde_json::Value)> {
        self.take().into_iter().find_map(|effect| match effect {
            Effect::Start { worker, run: Some(run), .. } => Some((worker, run["attempt"].clone())),
            _ => None,
        })
    }

    fn ended(&mut self) -> Option<(EndCause, u32, Option<GaveUp>)> {
        self.events().into_iter().find_map(|event| match event {
            JobEvent::RunEnded { cause, facts, gave_up, .. } => Some((cause, facts.attempt, gave_up)),
            _ => None,
        })
    }
}

#[test]
fn a_run_that_another_host_has_begun_goes_on_at_the_attempt_that_was_lost() {
    let mut bench = member_with(tried(3));
    bench.pass_ms(MINUTE_MS + 2_000);
    bench.grant_resumed(3, 0);
    let (worker, attempt) = bench.begun().unwrap();
    assert_eq!(attempt, 3);
    bench.bring_online(worker);
    bench.exit(worker, ExitStatus::Code(1));
    let end = (EndCause::ExitCode(1), 3, Some(GaveUp::Attempts));
    assert_eq!(bench.ended(), Some(end), "it was the last one");
}

#[test]
fn a_run_that_was_lost_in_its_backoff_does_not_begin_before_its_time() {
    let mut bench = member_with(tried(3));
    bench.pass_ms(MINUTE_MS + 2_000);
    let run = bench.grant_resumed(2, WAIT_MS);
    assert_eq!(bench.engine.runs.get(&run).map(|run| run.phase.name()), Some("retrying"));
    bench.pass_ms(WAIT_MS - 1);
    assert_eq!(bench.begun(), None);
    bench.pass_ms(1);
    let (worker, attempt) = bench.begun().unwrap();
    assert_eq!(attempt, 2);
    bench.bring_online(worker);
    bench.exit(worker, ExitStatus::Code(1));
    let next = bench.events().into_iter().find_map(|event| match event {
        JobEvent::AttemptFailed { attempt, first_started, .. } => Some((attempt, first_started)),
        _ => None,
    });
    assert_eq!(next, Some((2, Some(due(1)))), "the first attempt began at the due time, as far as is known");
}

#[test]
fn no_attempt_begins_too_long_after_the_first_one_on_another_host() {
    let spec = tried(9);
    let mut policy = (*spec.policy).clone();
    policy.retry.give_up_after = Some(Duration::from_secs(10));
    let mut bench = member_with(JobSpec { policy: Arc::new(policy), ..spec });
    bench.pass_ms(MINUTE_MS + 6_000);
    bench.grant_resumed(2, 0);
    let worker = bench.boots()[0];
    bench.bring_online(worker);
    bench.exit(worker, ExitStatus::Code(1));
    assert_eq!(bench.ended(), Some((EndCause::ExitCode(1), 2, Some(GaveUp::Time))));
}

#[test]
fn a_run_of_the_queue_that_was_lost_in_its_backoff_waits_for_its_time_too() {
    let mut bench = member_with(handler(false));
    let grant = Grant { resumed: Some(bench.resumed(2, WAIT_MS)), ..bench.grant_of(3) };
    let request = RunRequest { grant: Some(grant), ..RunRequest::default() };
    bench.send(Input::RequestRun { name: Arc::from("job"), request }).unwrap();
    let due = |bench: &mut Bench| {
        let attempt = |event| match event {
            JobEvent::InlineDue { attempt, .. } => Some(attempt),
            _ => None,
        };
        bench.events().into_iter().find_map(attempt)
    };
    bench.pass_ms(WAIT_MS - 1);
    assert_eq!(due(&mut bench), None);
    bench.pass_ms(1);
    assert_eq!(due(&mut bench), Some(2));
}

/// The first attempt has failed, and the second is waited for.
fn in_backoff() -> Bench {
    let mut bench = member_with(tried(3));
    bench.pass_ms(MINUTE_MS);
    let grant = bench.grant_of(1);
    bench.send(Input::GrantSlot { name: Arc::from("job"), due: due(1), grant }).unwrap();
    let worker = bench.boots()[0];
    bench.bring_online(worker);
    bench.exit(worker, ExitStatus::Code(1));
    bench.take();
    bench
}

#[test]
fn a_lease_that_ends_in_the_backoff_is_a_lost_lease_and_no_failed_run() {
    let mut bench = in_backoff();
    bench.send(Input::RevokeLease(Arc::from("job@1"))).unwrap();
    assert!(bench.effects.iter().any(|effect| matches!(effect, Effect::Cluster(event) if *event == lost())));
    assert!(matches!(bench.ended(), Some((EndCause::LeaseLost, 1, _))));
    bench.pass(LEASE);
    assert_eq!(bench.boots(), []);
}

#[test]
fn a_shutdown_leaves_a_run_in_its_backoff_to_another_host() {
    let mut bench = in_backoff();
    bench.send(Input::Shutdown { request: RequestId(1), timeout: Duration::from_secs(1) }).unwrap();
    assert_eq!(bench.ended(), Some((EndCause::Cancelled, 1, Some(GaveUp::Shutdown))));
}

#[test]
fn an_attempt_that_fails_while_its_host_drains_is_followed_by_one_on_another_host() {
    let mut bench = member_with(handler(false));
    let spec = JobSpec { policy: tried(3).policy, name: Arc::from("tried"), ..handler(false) };
    bench.add(spec).unwrap();
    let request = RunRequest { grant: Some(bench.grant_of(3)), ..RunRequest::default() };
    let Ok(Reply::Run(run)) = bench.send(Input::RequestRun { name: Arc::from("tried"), request }) else {
        panic!("it goes")
    };
    bench.send(Input::Drain { request: RequestId(1) }).unwrap();
    bench.take();
    let outcome = InlineOutcome::Failed { is_permanent: false };
    bench.send(Input::InlineEnded { run, outcome, bytes: None }).unwrap();
    let events = bench.events();
    let is_failed = |event: &JobEvent| matches!(event, JobEvent::AttemptFailed { retry_at: Some(_), .. });
    assert!(events.iter().any(is_failed), "the other host is to know: {events:?}");
    let is_left = |event: &JobEvent| matches!(event, JobEvent::RunEnded { cause: EndCause::Cancelled, .. });
    assert!(events.iter().any(is_left), "{events:?}");
    assert_eq!(bench.news(), Vec::<ClusterEvent>::new());
}
