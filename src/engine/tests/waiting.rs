//! Slots of a cluster that wait for runs of their job, or take their places.

use super::cluster::{clustered, due, member_with};
use super::*;
use crate::engine::Grant;

fn job(overlap: Overlap, missed: Missed) -> JobSpec {
    let spec = offloaded("job", every("0 * * * * *"));
    let policy = Policy { overlap, missed, ..(*spec.policy).clone() };
    clustered(JobSpec { policy: Arc::new(policy), ..spec })
}

impl Bench {
    fn grant_waited(&mut self, has_waited: bool) -> Result<Reply, Refusal> {
        let grant = Grant { has_waited, ..self.grant_of(1) };
        self.send(Input::GrantSlot { name: Arc::from("job"), due: due(1), grant })
    }

    fn trigger_of(&self, run: RunId) -> Option<Trigger> {
        self.engine.runs.get(&run).map(|run| run.trigger)
    }
}

#[test]
fn a_slot_that_has_waited_for_an_earlier_one_is_not_late() {
    let mut bench = member_with(job(Overlap::Queue, Missed::Skip));
    bench.pass_ms(MINUTE_MS + 30_000);
    assert_eq!(bench.grant_waited(false), Ok(Reply::Declined(SkipReason::Missed)));
    let Ok(Reply::Run(run)) = bench.grant_waited(true) else { panic!("it runs") };
    assert_eq!(bench.trigger_of(run), Some(Trigger::Schedule));
}

/// A run that the host has asked for goes when a slot is granted.
fn busy(overlap: Overlap) -> (Bench, WorkerId) {
    let mut bench = member_with(job(overlap, Missed::Skip));
    bench.pass_ms(MINUTE_MS - 10_000);
    bench.send(Input::RunJob(Arc::from("job"))).unwrap();
    let worker = bench.boots()[0];
    bench.bring_online(worker);
    bench.pass_ms(10_000);
    bench.take();
    (bench, worker)
}

#[test]
fn a_granted_slot_waits_for_a_run_that_this_host_has_beside_the_cluster() {
    for overlap in [Overlap::Queue, Overlap::QueueOne] {
        let (mut bench, worker) = busy(overlap);
        assert!(matches!(bench.grant_waited(false), Ok(Reply::Run(_))));
        assert_eq!(bench.boots(), [], "{overlap:?}");
        bench.exit(worker, ExitStatus::Code(0));
        assert_eq!(bench.boots().len(), 1, "{overlap:?}");
    }
}

#[test]
fn a_granted_slot_takes_the_place_of_a_run_that_this_host_has_beside_the_cluster() {
    let (mut bench, worker) = busy(Overlap::Replace);
    let Ok(Reply::Run(run)) = bench.grant_waited(false) else { panic!("it waits") };
    let asked = |effect: &Effect| matches!(effect, Effect::Write { worker: to, .. } if *to == worker);
    assert!(bench.take().iter().any(asked), "it is asked to stop");
    bench.exit(worker, ExitStatus::Code(0));
    let effects = bench.take();
    let is_cancelled = |effect: &Effect| matches!(effect, Effect::Emit(JobEvent::RunEnded { cause: EndCause::Cancelled, run: ended, .. }) if *ended != run);
    assert!(effects.iter().any(is_cancelled), "{effects:?}");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Boot { .. })), "{effects:?}");
}

#[test]
fn a_run_whose_place_another_host_takes_is_cancelled_as_on_one_host() {
    let mut bench = member_with(job(Overlap::Replace, Missed::Skip));
    bench.pass_ms(MINUTE_MS);
    let Ok(Reply::Run(run)) = bench.grant_waited(false) else { panic!("it runs") };
    let worker = bench.boots()[0];
    bench.bring_online(worker);
    bench.send(Input::ReplaceRun(Arc::from("other"))).unwrap();
    bench.take();
    bench.send(Input::ReplaceRun(Arc::from("job@1"))).unwrap();
    assert!(bench.take().iter().any(|effect| matches!(effect, Effect::Write { .. })), "it gets 'cancel'");
    assert_eq!(bench.renew(), Ok(Reply::Accepted), "its lease goes on until it has ended");
    bench.exit(worker, ExitStatus::Code(0));
    assert_eq!(bench.ends(), [(run, EndCause::Cancelled)]);
}
