//! Several hosts: what is claimed, what is granted, and when leases end.

use super::*;
use crate::engine::job::{Handler, Reuse};
use crate::engine::{ClusterEvent, Fence, Grant};

const LEAD: Duration = Duration::from_millis(250);
pub(super) const LEASE: Duration = Duration::from_secs(30);

pub(super) fn clustered(spec: JobSpec) -> JobSpec {
    JobSpec { policy: Arc::new(Policy { scope: Scope::Cluster, ..(*spec.policy).clone() }), ..spec }
}

/// A host in a cluster, with a job of every minute.
fn member() -> Bench {
    member_with(clustered(offloaded("job", every("0 * * * * *"))))
}

pub(super) fn member_with(spec: JobSpec) -> Bench {
    let mut bench = Bench::with(PoolLimits::default());
    bench.send(Input::JoinCluster { lead: LEAD }).unwrap();
    bench.add(spec).unwrap();
    bench
}

pub(super) fn due(minutes: i64) -> EpochMs {
    EpochMs(START_MS + minutes * MINUTE_MS.cast_signed())
}

impl Bench {
    pub(super) fn news(&mut self) -> Vec<ClusterEvent> {
        let is_news = |effect: &mut Effect| matches!(effect, Effect::Cluster(_));
        let event = |effect| match effect {
            Effect::Cluster(event) => Some(event),
            _ => None,
        };
        self.effects.extract_if(.., is_news).filter_map(event).collect()
    }

    pub(super) fn grant_of(&self, fence: u32) -> Grant {
        Grant {
            id: Arc::from("job@1"),
            fence: Fence::new(fence).unwrap(),
            lease_until: self.now.boot.plus(LEASE),
            resumed: None,
            has_waited: false,
        }
    }

    fn grant(&mut self, due: EpochMs) -> Result<Reply, Refusal> {
        let grant = self.grant_of(7);
        self.send(Input::GrantSlot { name: Arc::from("job"), due, grant })
    }

    pub(super) fn renew(&mut self) -> Result<Reply, Refusal> {
        let until = self.now.boot.plus(LEASE);
        self.send(Input::RenewLease { id: Arc::from("job@1"), until })
    }

    fn begins(&mut self) -> usize {
        self.take().iter().filter(|effect| matches!(effect, Effect::Go(_))).count()
    }

    /// To the due time, in steps as the driver takes them.
    fn pass_to_due(&mut self) {
        for _ in 0..12 {
            self.pass_ms(21);
        }
    }
}

fn slot_near(due: EpochMs) -> ClusterEvent {
    ClusterEvent::SlotNear { name: Arc::from("job"), due }
}

pub(super) fn lost() -> ClusterEvent {
    ClusterEvent::LeaseLost { id: Arc::from("job@1") }
}

#[test]
fn a_slot_is_claimed_a_lead_before_it_and_without_a_grant_nothing_runs() {
    let mut bench = member();
    let wakeup = bench.engine.next_wakeup().wall.unwrap();
    assert!(wakeup <= due(1).minus(LEAD));
    bench.pass_ms(MINUTE_MS - 251);
    assert_eq!(bench.news(), []);
    bench.pass_ms(1);
    assert_eq!(bench.news(), [slot_near(due(1))]);
    bench.pass_to_due();
    assert!(bench.boots().is_empty(), "another host may have it");
    bench.pass_ms(MINUTE_MS - 252);
    assert_eq!(bench.news(), [slot_near(due(2))]);
}

#[test]
fn a_host_whose_processes_boot_slowly_claims_earlier() {
    for (boot_ms, lead_ms) in [(90, 250), (150, 500), (300, 1_000), (900, 1_000)] {
        let mut bench = member();
        bench.pass_ms(MINUTE_MS - 250);
        bench.grant(due(1)).unwrap();
        let spare = bench.boots()[0];
        bench.pass_ms(boot_ms);
        bench.frame(spare, WorkerFrame::Ready);
        // What is known when a slot falls due is the lead of the next one.
        bench.set_wall(due(2));
        bench.news();
        bench.set_wall(due(3).minus(Duration::from_millis(lead_ms + 1)));
        assert_eq!(bench.news(), [], "boots of {boot_ms} ms");
        bench.pass_ms(1);
        assert_eq!(bench.news(), [slot_near(due(3))], "boots of {boot_ms} ms");
    }
}

#[test]
fn a_granted_slot_runs_at_its_due_time_in_a_primed_process_which_knows_its_fence() {
    let mut bench = member();
    bench.pass_ms(MINUTE_MS - 250);
    assert_eq!(bench.grant(due(1)), Ok(Reply::Accepted));
    let spare = bench.boots()[0];
    bench.frame(spare, WorkerFrame::Ready);
    bench.pass_ms(245);
    let effects = bench.take();
    let primed = effects.iter().find_map(|effect| match effect {
        Effect::Start { worker, run: Some(run), .. } if *worker == spare => Some(run.clone()),
        _ => None,
    });
    let facts = primed.expect("it is primed");
    assert_eq!((&facts["id"], &facts["fence"]), (&"job@1".into(), &7.into()));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Go(_))), "not before its time");
    bench.pass_ms(5);
    let effects = bench.take();
    let order = |wanted: fn(&Effect) -> bool| effects.iter().position(wanted).unwrap();
    let hold = order(|effect| matches!(effect, Effect::HoldLease { until: Some(_), .. }));
    assert!(hold < order(|effect| matches!(effect, Effect::Go(_))), "the guard knows of it first");
}

#[test]
fn a_grant_that_comes_late_runs_late_or_not_at_all_as_the_job_says() {
    let mut bench = member();
    bench.pass_ms(MINUTE_MS + 5_000);
    assert!(matches!(bench.grant(due(1)), Ok(Reply::Run(_))));
    assert_eq!(bench.begins(), 1);

    let spec = offloaded("job", every("0 * * * * *"));
    let policy = Policy { missed: Missed::Skip, scope: Scope::Cluster, ..(*spec.policy).clone() };
    let mut bench = member_with(JobSpec { policy: Arc::new(policy), ..spec });
    bench.pass_ms(MINUTE_MS + 5_000);
    assert_eq!(bench.grant(due(1)), Ok(Reply::Declined(SkipReason::Missed)));
    let skipped = bench.events().into_iter().any(|event| {
        matches!(event, JobEvent::Skipped { reason: SkipReason::Missed, due: Some(at), .. } if at == due(1))
    });
    assert!(skipped);
}

#[test]
fn the_slot_of_another_schedule_runs_at_its_time_too() {
    let mut bench = member();
    assert!(matches!(bench.grant(EpochMs(START_MS + 10_000)), Ok(Reply::Run(_))));
    bench.pass_ms(9_999);
    assert_eq!(bench.begins(), 0);
    bench.pass_ms(1);
    assert_eq!(bench.begins(), 1);
}

#[test]
fn a_host_refuses_what_it_does_not_have_or_has_paused() {
    let mut bench = member();
    let grant = bench.grant_of(1);
    let unknown = Input::GrantSlot { name: Arc::from("other"), due: due(1), grant: grant.clone() };
    assert_eq!(bench.send(unknown), Err(Refusal::UnknownJob));
    let over = Grant { lease_until: bench.now.boot, ..grant };
    let late = Input::GrantSlot { name: Arc::from("job"), due: due(1), grant: over };
    assert_eq!(bench.send(late), Err(Refusal::LeaseOver));
    bench
        .send(Input::Pause {
            name: Arc::from("job"),
            by: super::super::PausedBy::Host,
            note: None,
            cancel: None,
        })
        .unwrap();
    assert_eq!(bench.grant(due(1)), Ok(Reply::Declined(SkipReason::Paused)));
    bench.pass_ms(3 * MINUTE_MS);
    assert_eq!(bench.news(), [], "a paused job claims nothing");
}

#[test]
fn a_run_without_a_renewal_is_killed_at_the_end_of_its_lease_and_not_tried_again() {
    let spec = offloaded("job", every("0 * * * * *"));
    let retry = RetryPolicy { attempts: 3, ..RetryPolicy::default() };
    let policy = Policy { retry, scope: Scope::Cluster, ..(*spec.policy).clone() };
    let mut bench = member_with(JobSpec { policy: Arc::new(policy), ..spec });
    bench.pass_ms(MINUTE_MS);
    let Ok(Reply::Run(run)) = bench.grant(due(1)) else { panic!("it runs") };
    let worker = bench.boots()[0];
    bench.bring_online(worker);
    bench.pass_ms(20_000);
    assert_eq!(bench.renew(), Ok(Reply::Accepted));
    bench.news();
    bench.pass_ms(29_999);
    assert_eq!(bench.signals(), []);
    bench.pass_ms(1);
    assert!(bench.effects.iter().any(|effect| matches!(effect, Effect::Cluster(event) if *event == lost())));
    assert_eq!(bench.signals(), [(worker, StopSignal::Kill)]);
    assert_eq!(bench.renew(), Err(Refusal::UnknownRun));
    bench.exit(worker, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(run, EndCause::LeaseLost)]);
}

#[test]
fn a_lease_that_ended_while_the_machine_slept_decides_before_what_is_reported_then() {
    let mut bench = member();
    bench.pass_ms(MINUTE_MS);
    let Ok(Reply::Run(run)) = bench.grant(due(1)) else { panic!("it runs") };
    let worker = bench.boots()[0];
    bench.bring_online(worker);
    // Suspended: the monotonic clock stands still. The guard has killed the process meanwhile.
    bench.now.boot = bench.now.boot.plus(Duration::from_secs(60));
    bench.exit(worker, ExitStatus::Signal(9));
    assert_eq!(bench.ends(), [(run, EndCause::LeaseLost)]);
}

#[test]
fn a_slot_whose_lease_ends_before_its_due_time_does_not_begin() {
    let mut bench = member();
    let grant = Grant { lease_until: bench.now.boot.plus(Duration::from_millis(100)), ..bench.grant_of(1) };
    bench.pass_ms(MINUTE_MS - 200);
    let grant = Grant { lease_until: bench.now.boot.plus(Duration::from_millis(100)), ..grant };
    bench.send(Input::GrantSlot { name: Arc::from("job"), due: due(1), grant }).unwrap();
    bench.news();
    bench.pass_ms(150);
    assert_eq!(bench.news(), [lost()]);
    bench.pass_ms(50);
    assert_eq!(bench.begins(), 0);
}

#[test]
fn a_revoked_run_ends_at_once() {
    let mut bench = member();
    bench.pass_ms(MINUTE_MS);
    bench.grant(due(1)).unwrap();
    let worker = bench.boots()[0];
    bench.bring_online(worker);
    bench.send(Input::RevokeLease(Arc::from("job@1"))).unwrap();
    assert_eq!(bench.signals(), [(worker, StopSignal::Kill)]);
}

#[test]
fn a_slot_that_falls_due_beside_a_run_is_declined() {
    let mut bench = member();
    bench.pass_ms(MINUTE_MS - 100);
    bench.grant(due(1)).unwrap();
    bench.send(Input::RunJob(Arc::from("job"))).unwrap();
    bench.news();
    bench.pass_ms(100);
    let declined = ClusterEvent::Declined { id: Arc::from("job@1"), reason: SkipReason::Overlap };
    assert_eq!(bench.news(), [declined]);
    assert_eq!(bench.renew(), Err(Refusal::UnknownRun));
}

pub(super) fn handler(process: bool) -> JobSpec {
    let spec = offloaded("job", When::HostClock);
    let Work::Offloaded(work) = &spec.work else { unreachable!() };
    let reuse = Reuse { max_runs: u32::MAX, idle: Duration::from_secs(30), max_age: None };
    let work = Work::Handler(Arc::new(Handler {
        process: process.then(|| work.clone()),
        data: Arc::default(),
        reuse,
        queue: None,
        concurrency: 1,
        max_waiting: 10,
        keep_result: 0,
        keeps_history: false,
    }));
    clustered(JobSpec { work, ..spec })
}

fn request(bench: &mut Bench, id: &str) -> Result<Reply, Refusal> {
    let grant = Grant { id: Arc::from(id), ..bench.grant_of(3) };
    let request = RunRequest { grant: Some(grant), ..RunRequest::default() };
    bench.send(Input::RequestRun { name: Arc::from("job"), request })
}

#[test]
fn a_run_of_the_queue_that_waits_for_its_lane_ends_with_its_lease() {
    let mut bench = member_with(handler(false));
    let Ok(Reply::Run(first)) = request(&mut bench, "a") else { panic!("it goes") };
    let Ok(Reply::Run(second)) = request(&mut bench, "b") else { panic!("it waits") };
    bench.take();
    bench.pass(LEASE);
    let ends = bench.ends();
    assert_eq!(ends, [(first, EndCause::LeaseLost), (second, EndCause::LeaseLost)]);
}

#[test]
fn the_guard_of_a_kept_process_follows_the_run_in_it() {
    let mut bench = member_with(handler(true));
    request(&mut bench, "a").unwrap();
    let worker = bench.boots()[0];
    bench.bring_online(worker);
    let held = |bench: &mut Bench| -> Vec<bool> {
        let hold = |effect: &Effect| match effect {
            Effect::HoldLease { until, .. } => Some(until.is_some()),
            _ => None,
        };
        bench.take().iter().filter_map(hold).collect()
    };
    assert_eq!(held(&mut bench).last(), Some(&true));
    let run = bench.engine.runs.keys().next().copied().unwrap();
    bench.frame(worker, WorkerFrame::Returned { run: run.0, value: Vec::new() });
    assert_eq!(held(&mut bench).last(), Some(&false), "an idle process has no lease");
}

#[test]
fn a_slot_that_was_granted_to_a_job_that_is_removed_or_stopped_goes_to_another_host() {
    let (name, request) = (Arc::<str>::from("job"), RequestId(1));
    for order in [
        Input::RemoveJob { name: Arc::clone(&name), request },
        Input::StopJob { name: Arc::clone(&name), request },
    ] {
        let mut bench = member();
        bench.pass_ms(MINUTE_MS - 100);
        bench.grant(due(1)).unwrap();
        bench.news();
        bench.send(order).unwrap();
        assert_eq!(bench.news(), [ClusterEvent::Returned { id: Arc::from("job@1") }]);
        assert_eq!(bench.renew(), Err(Refusal::UnknownRun), "it is not kept from others");
        bench.pass_ms(100);
        assert_eq!(bench.begins(), 0);
    }
}

#[test]
fn a_shutdown_begins_no_slot_that_was_granted() {
    let mut bench = member();
    bench.pass_ms(MINUTE_MS - 100);
    bench.grant(due(1)).unwrap();
    bench.news();
    bench.send(Input::Shutdown { request: RequestId(1), timeout: Duration::from_secs(1) }).unwrap();
    assert_eq!(bench.news(), [ClusterEvent::Returned { id: Arc::from("job@1") }]);
    bench.pass_ms(100);
    assert_eq!(bench.begins(), 0);
    assert_eq!(bench.grant(due(2)), Err(Refusal::ShuttingDown));
}

#[test]
fn what_passed_without_any_host_is_made_up_for_once_by_the_last_of_it() {
    let mut bench = member();
    bench.pass_ms(10 * MINUTE_MS + 500);
    bench.news();
    let resume = |bench: &mut Bench, answered| {
        bench.send(Input::ResumeSlots { name: Arc::from("job"), answered }).unwrap();
    };
    resume(&mut bench, due(3));
    assert_eq!(bench.news(), [slot_near(due(10))]);
    let skipped = bench.events().into_iter().find_map(|event| match event {
        JobEvent::Skipped { count, due, .. } => Some((count, due)),
        _ => None,
    });
    assert_eq!(skipped, Some((6, Some(due(4)))));
    resume(&mut bench, due(10));
    assert_eq!(bench.news(), [], "nothing has passed since");
}
