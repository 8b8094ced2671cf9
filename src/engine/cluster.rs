//! Several hosts run the same jobs. Due times are claimed a *lead* ahead, through whatever keeps the claims (an adapter,
//! `lib/cluster/`): the host that is granted a slot runs it, at its due time; the others do not. Runs that the adapter
//! hands to this host have a *lease*: an instant of the clock that counts suspended time, at which the run is killed unless the
//! adapter has renewed the lease before.
//!
//! ```text
//!  due − lead ─▶ SlotNear ─▶ adapter ─▶ Grant ─▶ process primed ─▶ due: the run begins
//!                               │                                        │
//!                               └── no answer: nothing begins here       └─ RenewLease, RenewLease … or killed
//! ```
//!
//! A grant that comes late begins its run late, if the job's `missed` allows it. Without a grant nothing begins: another host has
//! the slot, or nobody can be asked, and then two runs would be worse than none.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use super::event::SkipReason;
use super::ids::{JobId, RunId, WorkerId};
use super::input::RunRequest;
use super::job::{Job, MISSED_AFTER, Overlap, Plan, Scope, When, Work};
use super::run::{Origin, StopReason, Trigger};
use super::stopping::Stop;
use super::{Effect, Engine, Refusal, Reply};
use crate::timer::{BootMs, EpochMs, Now, TimerHeap, TimerKey};

/// The number of a grant.
pub type Fence = NonZeroU32;

/// What a claim itself takes on a busy machine: then the boot of the process begins.
const CLAIM_TIME: Duration = Duration::from_millis(50);
/// Leads where processes boot slowly. In steps, because with a table the first one to claim has the slot: hosts that differ by a
/// few milliseconds are to have the same chance.
const LONGER_LEADS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(1)];

/// How early a slot is claimed whose process, once it is granted, is ready after half of `boot_lead`.
fn claim_lead(lead: Duration, boot_lead: Option<Duration>) -> Duration {
    let wanted = boot_lead.map_or(Duration::ZERO, |boot_lead| boot_lead.saturating_add(CLAIM_TIME));
    let [.., longest] = LONGER_LEADS;
    if wanted <= lead {
        return lead;
    }
    LONGER_LEADS.into_iter().find(|longer| *longer >= wanted).unwrap_or(longest).max(lead)
}

/// What this host needs to be told by an adapter to run something: permission, for so long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Names the run in the cluster, and is its id.
    pub id: Arc<str>,
    /// Grows with each host that is granted this run: for the job's own writes.
    pub fence: Fence,
    /// The run may not go on beyond this instant.
    pub lease_until: BootMs,
    /// Of a run that another host has begun.
    pub resumed: Option<Resumed>,
    /// The slot is late only because it has waited for earlier ones of its job, as a due time does on one host.
    pub has_waited: bool,
}

/// Where a run goes on whose attempts have failed on another host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// The attempt that comes next.
    pub attempt: NonZeroU32,
    /// It begins then at the earliest.
    pub begin_at: Option<EpochMs>,
    /// When the first attempt began; if that is not known, at the due time.
    pub first_started: Option<EpochMs>,
}

impl Resumed {
    /// How long the attempt has to be waited for; `None` if it may begin.
    pub(super) fn wait(self, now: Now) -> Option<Duration> {
        let wait = self.begin_at?.since(now.wall);
        (!wait.is_zero()).then_some(wait)
    }
}

/// What the adapter is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterEvent {
    /// A due time comes within the lead, or has just passed: it is to be claimed.
    SlotNear {
        /// The job.
        name: Arc<str>,
        /// The due time.
        due: EpochMs,
    },
    /// A slot that was granted before its due time gets no run here.
    Declined {
        /// The id of the grant.
        id: Arc<str>,
        /// Why.
        reason: SkipReason,
    },
    /// A lease was over: its run was killed, or does not begin.
    LeaseLost {
        /// The id of the grant.
        id: Arc<str>,
    },
    /// A slot that was granted before its due time is none of this host's jobs any more: another host may have it.
    Returned {
        /// The id of the grant.
        id: Arc<str>,
    },
}

/// What the engine knows of the cluster.
#[derive(Debug)]
pub(super) struct Cluster {
    lead: Duration,
    /// When the next due time of each clustered job is to be claimed.
    claims: TimerHeap<EpochMs, JobId>,
    claim_of: HashMap<JobId, TimerKey<EpochMs>>,
    /// Slots that were granted and have not fallen due.
    granted: HashMap<JobId, Arc<str>>,
    expiries: TimerHeap<BootMs, Arc<str>>,
    leases: HashMap<Arc<str>, Lease>,
}

#[derive(Debug)]
struct Lease {
    until: BootMs,
    expiry: TimerKey<BootMs>,
    fence: Fence,
    job: JobId,
    run: Option<RunId>,
    resumed: Option<Resumed>,
    has_waited: bool,
}

impl Cluster {
    fn new(lead: Duration) -> Self {
        Cluster {
            lead,
            claims: TimerHeap::new(),
            claim_of: HashMap::new(),
            granted: HashMap::new(),
            expiries: TimerHeap::new(),
            leases: HashMap::new(),
        }
    }

    fn hold(&mut self, job: JobId, grant: &Grant) {
        let &Grant { ref id, fence, lease_until: until, resumed, has_waited } = grant;
        let expiry = self.expiries.insert(until, Arc::clone(id));
        let lease = Lease { until, expiry, fence, job, run: None, resumed, has_waited };
        if let Some(before) = self.leases.insert(Arc::clone(id), lease) {
            self.expiries.cancel(before.expiry);
        }
    }

    fn drop_lease(&mut self, id: &str) -> Option<Lease> {
        let lease = self.leases.remove(id)?;
        self.expiries.cancel(lease.expiry);
        if self.granted.get(&lease.job).is_some_and(|granted| **granted == *id) {
            self.granted.remove(&lease.job);
        }
        Some(lease)
    }

    /// When the next due time is to be claimed.
    pub(super) fn next_claim(&self) -> Option<EpochMs> {
        self.claims.next_at()
    }

    /// When the next lease is over.
    pub(super) fn next_expiry(&self) -> Option<BootMs> {
        self.expiries.next_at()
    }
}

impl Engine {
    /// From now on clustered jobs wait for grants.
    pub(super) fn join_cluster(&mut self, lead: Duration) {
        self.cluster.get_or_insert_with(|| Box::new(Cluster::new(lead)));
    }

    /// Whether the due times of a job are claimed.
    pub(super) fn is_clustered(&self, id: JobId) -> bool {
        self.cluster.is_some() && self.jobs.get(&id).is_some_and(|job| job.is_clustered())
    }

    /// The next due time of a job is another one: it is to be claimed when it is near.
    pub(super) fn plan_claim(&mut self, id: JobId, due: Option<EpochMs>) {
        let job = self.jobs.get(&id);
        let is_clustered = job.is_some_and(|job| job.is_clustered());
        let is_offloaded = job.is_some_and(|job| matches!(job.spec.work, Work::Offloaded(_)));
        let boot_lead = self.pool.measured_boot_lead().filter(|_| is_offloaded);
        let Some(cluster) = self.cluster.as_mut() else { return };
        if let Some(before) = cluster.claim_of.remove(&id) {
            cluster.claims.cancel(before);
        }
        if let Some(due) = due.filter(|_| is_clustered) {
            let key = cluster.claims.insert(due.minus(claim_lead(cluster.lead, boot_lead)), id);
            cluster.claim_of.insert(id, key);
        }
    }

    /// Has the adapter claim the due times that have come near.
    pub(super) fn claim_due(&mut self, now: Now) {
        while let Some((_, id)) = self.cluster.as_mut().and_then(|cluster| cluster.claims.pop_due(now.wall)) {
            if let Some(cluster) = self.cluster.as_mut() {
                cluster.claim_of.remove(&id);
            }
            let Some(job) = self.jobs.get(&id) else { continue };
            let (name, due) = (Arc::clone(&job.spec.name), job.timer.as_ref().map(TimerKey::at));
            if let Some(due) = due {
                self.tell_cluster(ClusterEvent::SlotNear { name, due });
            }
        }
    }

    /// The adapter grants a slot of a job to this host.
    pub(super) fn grant(
        &mut self,
        name: &str,
        due: EpochMs,
        grant: &Grant,
        now: Now,
    ) -> Result<Reply, Refusal> {
        self.accept_work()?;
        let id = self.job_named(name)?;
        let Some(job) = self.jobs.get(&id) else { return Err(Refusal::UnknownJob) };
        if grant.lease_until <= now.boot {
            return Err(Refusal::LeaseOver);
        }
        let late = now.wall.since(due);
        let reason = if job.paused.is_some() {
            Some(SkipReason::Paused)
        } else if !grant.has_waited && !job.spec.policy.missed.runs(late) {
            Some(SkipReason::Missed)
        } else {
            None
        };
        if let Some(reason) = reason {
            self.skip(id, reason, 1, Some(due), now);
            return Ok(Reply::Declined(reason));
        }
        let is_armed = job.timer.as_ref().map(TimerKey::at) == Some(due);
        let Some(cluster) = self.cluster.as_mut() else { return Err(Refusal::LeaseOver) };
        cluster.hold(id, grant);
        if is_armed && due > now.wall {
            cluster.granted.insert(id, Arc::clone(&grant.id));
            return Ok(Reply::Accepted);
        }
        Ok(self.begin_slot(id, &Arc::clone(&grant.id), due, now))
    }

    /// The due time of a clustered job has come.
    pub(super) fn take_granted(&mut self, id: JobId) -> Option<Arc<str>> {
        self.cluster.as_mut()?.granted.remove(&id)
    }

    /// The due time of a slot has come that this host was granted before.
    pub(super) fn slot_due(&mut self, id: JobId, grant: &Arc<str>, due: EpochMs, now: Now) {
        let runs = self.jobs.get(&id).is_some_and(|job| job.spec.policy.missed.runs(now.wall.since(due)));
        if !runs {
            self.skip(id, SkipReason::Missed, 1, Some(due), now);
            return self.decline(grant, SkipReason::Missed);
        }
        if let Reply::Declined(reason) = self.begin_slot(id, grant, due, now) {
            self.decline(grant, reason);
        }
    }

    /// Begins the run of a slot that was granted, at its due time or later; earlier, where this host would not have one then.
    pub(super) fn begin_slot(&mut self, id: JobId, grant: &Arc<str>, due: EpochMs, now: Now) -> Reply {
        let lease = self.cluster.as_ref().and_then(|cluster| cluster.leases.get(grant));
        let (Some(lease), Some(job)) = (lease, self.jobs.get(&id)) else {
            return Reply::Declined(SkipReason::Missed);
        };
        let resumed = lease.resumed;
        let overlap = job.spec.policy.overlap;
        let is_late = !lease.has_waited && now.wall.since(due) > MISSED_AFTER;
        if !job.has_room() && overlap == Overlap::Skip {
            self.drop_grant(grant);
            self.skip(id, SkipReason::Overlap, 1, Some(due), now);
            return Reply::Declined(SkipReason::Overlap);
        }
        let trigger = match (&job.spec.when, is_late) {
            (_, true) => Trigger::Missed,
            (When::At(_), _) => Trigger::Date,
            _ => Trigger::Schedule,
        };
        let delay = Some(due.since(now.wall)).filter(|delay| !delay.is_zero());
        let granted =
            Origin { id: Some(Arc::clone(grant)), delay, resumed, ..Origin::of(trigger, Some(due)) };
        let run = self.start_run_or_wait(id, granted, now);
        self.note_leased_run(grant, run);
        Reply::Run(run)
    }

    /// A run that this host has beside those of the cluster may still go: one that was asked for.
    fn start_run_or_wait(&mut self, id: JobId, origin: Origin, now: Now) -> RunId {
        let Some(job) = self.jobs.get(&id).filter(|job| !job.has_room() && origin.delay.is_none()) else {
            return self.start_run(id, origin, now);
        };
        if job.spec.policy.overlap == Overlap::Replace {
            self.stop_runs_of(id, Stop::CANCEL, now);
            if self.jobs.get(&id).is_some_and(|job| job.has_room()) {
                return self.start_run(id, origin, now);
            }
        }
        self.wait_behind(id, origin, now)
    }

    /// The run is that of a grant: it ends with the lease.
    fn note_leased_run(&mut self, grant: &str, run: RunId) {
        if let Some(lease) = self.cluster.as_mut().and_then(|cluster| cluster.leases.get_mut(grant)) {
            lease.run = Some(run);
        }
        self.hold_worker_of(run);
    }

    /// A run that the adapter has taken from the queue of the cluster, and that the host asks for.
    pub(super) fn request_leased(
        &mut self,
        name: &str,
        request: RunRequest,
        grant: &Grant,
        now: Now,
    ) -> Result<Reply, Refusal> {
        self.accept_work()?;
        let id = self.job_named(name)?;
        let Some(cluster) = self.cluster.as_mut().filter(|_| grant.lease_until > now.boot) else {
            return Err(Refusal::LeaseOver);
        };
        cluster.hold(id, grant);
        let answer = self.request_run(name, RunRequest { id: Some(Arc::clone(&grant.id)), ..request }, now);
        match answer {
            Ok(Reply::Run(run)) => self.note_leased_run(&grant.id, run),
            _ => self.drop_grant(&grant.id),
        }
        answer
    }

    /// The adapter still has the run.
    pub(super) fn renew_lease(&mut self, id: &str, until: BootMs) -> Result<Reply, Refusal> {
        let Some(cluster) = self.cluster.as_mut() else { return Err(Refusal::UnknownRun) };
        let Some(lease) = cluster.leases.get_mut(id) else { return Err(Refusal::UnknownRun) };
        if until > lease.until {
            let key = cluster.expiries.insert(until, Arc::from(id));
            cluster.expiries.cancel(std::mem::replace(&mut lease.expiry, key));
            lease.until = until;
        }
        if let Some(run) = lease.run {
            self.hold_worker_of(run);
        }
        Ok(Reply::Accepted)
    }

    /// The adapter does not have the run any more: it ends at once.
    pub(super) fn revoke_lease(&mut self, id: &str, now: Now) {
        if self.cluster.as_ref().is_some_and(|cluster| cluster.leases.contains_key(id)) {
            self.lose_lease(id, now);
        }
    }

    /// A newer due time takes the place of a run, on this host or another one: it is asked to stop, as on one host.
    pub(super) fn replace_run(&mut self, id: &str, now: Now) {
        let lease = self.cluster.as_ref().and_then(|cluster| cluster.leases.get(id));
        if let Some(run) = lease.and_then(|lease| lease.run) {
            self.stop_run(run, Stop::CANCEL, now);
        }
    }

    /// Ends what has a lease that is over. Called before any other input is taken: what has happened after the end of a lease
    /// decides nothing any more.
    pub(super) fn watch_leases(&mut self, now: Now) {
        while let Some((_, id)) = self.cluster.as_mut().and_then(|cluster| cluster.expiries.pop_due(now.boot))
        {
            self.lose_lease(&id, now);
        }
    }

    fn lose_lease(&mut self, id: &str, now: Now) {
        let Some(lease) = self.cluster.as_mut().and_then(|cluster| cluster.drop_lease(id)) else { return };
        self.tell_cluster(ClusterEvent::LeaseLost { id: Arc::from(id) });
        if let Some(run) = lease.run {
            self.stop_run(run, Stop::kill(StopReason::LeaseLost), now);
        }
    }

    fn drop_grant(&mut self, id: &str) {
        if let Some(cluster) = self.cluster.as_mut() {
            cluster.drop_lease(id);
        }
    }

    /// The due time that a job has been granted is not its next one any more: it was removed, stopped or paused. A lease that is renewed
    /// for a slot that never begins would keep the job from running anywhere.
    pub(super) fn return_grant(&mut self, id: JobId) {
        if let Some(grant) = self.take_granted(id) {
            self.drop_grant(&grant);
            self.tell_cluster(ClusterEvent::Returned { id: grant });
        }
    }

    /// Tells the adapter that a slot which it has granted gets no run.
    pub(super) fn decline(&mut self, grant: &Arc<str>, reason: SkipReason) {
        self.drop_grant(grant);
        self.tell_cluster(ClusterEvent::Declined { id: Arc::clone(grant), reason });
    }

    /// The run of a lease has ended, in this process if it had one.
    pub(super) fn leased_run_ended(&mut self, id: Option<&str>, worker: Option<WorkerId>) {
        if let Some(id) = id {
            self.drop_grant(id);
        }
        if let Some(worker) = worker {
            self.hold_worker(worker);
        }
    }

    /// Nobody runs a slot, or several.
    pub(super) fn skip_slot(
        &mut self,
        name: &str,
        due: EpochMs,
        (reason, count): (SkipReason, u32),
        now: Now,
    ) {
        if let Ok(id) = self.job_named(name) {
            self.skip(id, reason, count, Some(due), now);
        }
    }

    /// Due times may have passed while no host was there. All hosts claim the same one of them, the last.
    pub(super) fn resume_slots(&mut self, name: &str, answered: EpochMs, now: Now) {
        let Ok(id) = self.job_named(name) else { return };
        let Some(job) = self.jobs.get(&id).filter(|job| job.is_clustered() && job.paused.is_none()) else {
            return;
        };
        let When::Recurring { plan, anchor } = &job.spec.when else { return };
        let Some(first) = plan.next_after(answered, *anchor).filter(|due| *due <= now.wall) else { return };
        let last = plan.last_until(first, now.wall, *anchor);
        let count = job.spec.when.count_due(first, now.wall);
        let is_made_up = job.spec.policy.missed.runs(now.wall.since(last));
        if is_made_up {
            self.tell_cluster(ClusterEvent::SlotNear { name: Arc::from(name), due: last });
        }
        self.skip(id, SkipReason::Missed, count.saturating_sub(u32::from(is_made_up)), Some(first), now);
    }

    /// The number of the grant of the run that has this id, if it has a lease.
    pub(super) fn fence(&self, id: Option<&Arc<str>>) -> Option<Fence> {
        Some(self.cluster.as_ref()?.leases.get(id?)?.fence)
    }

    /// Whether another host may go on with the run: one that waits for its next attempt is not ended by a shutdown.
    pub(super) fn is_leased(&self, id: Option<&Arc<str>>) -> bool {
        self.fence(id).is_some()
    }

    /// The facts of a slot that this job has been granted: its due time comes soon.
    pub(super) fn granted(&self, id: JobId) -> Option<(&Arc<str>, Fence)> {
        let cluster = self.cluster.as_ref()?;
        let grant = cluster.granted.get(&id)?;
        Some((grant, cluster.leases.get(grant)?.fence))
    }

    /// Has the guard know until when the process of a run may live.
    pub(super) fn hold_worker_of(&mut self, run: RunId) {
        if self.cluster.is_some()
            && let Some(worker) = self.runs.get(&run).and_then(|run| run.phase.worker())
        {
            self.hold_worker(worker);
        }
    }

    fn hold_worker(&mut self, worker: WorkerId) {
        let Some(cluster) = self.cluster.as_ref() else { return };
        let number = self.pool.run_of(worker);
        let run = number.and_then(|number| {
            if self.kept.is_process(number) { self.kept.current(number) } else { Some(number) }
        });
        let id = run.and_then(|run| self.runs.get(&run)).and_then(|run| run.id.as_ref());
        let until = id.and_then(|id| cluster.leases.get(id)).map(|lease| lease.until);
        self.effects.push(Effect::HoldLease { worker, until });
    }

    fn tell_cluster(&mut self, event: ClusterEvent) {
        self.effects.push(Effect::Cluster(event));
    }
}

impl Plan {
    /// The last due instant up to `until`; `first` is one.
    fn last_until(&self, first: EpochMs, until: EpochMs, anchor: EpochMs) -> EpochMs {
        let mut last = first;
        // From an instant that has one after it, closer and closer to `until`.
        let mut reach = until.since(first);
        while reach > Duration::ZERO {
            match self.next_after(until.minus(reach), anchor).filter(|due| *due <= until) {
                Some(due) => last = last.max(due),
                None => break,
            }
            reach /= 2;
        }
        while let Some(due) = self.next_after(last, anchor).filter(|due| *due <= until) {
            last = due;
        }
        last
    }
}

impl Job {
    /// Whether its due times are those of a cluster, if there is one. A job that is added to run at once has none.
    pub(super) fn is_clustered(&self) -> bool {
        self.spec.policy.scope == Scope::Cluster
            && matches!(self.spec.when, When::At(_) | When::Recurring { .. })
    }
}
