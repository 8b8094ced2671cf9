//! Due times of recurring jobs across hosts: the store keeps up to when they have been answered, and what has passed
//! while no host was there is made up for, or skipped, as the job says.

use std::sync::Arc;

use super::Engine;
use super::clock_step::repeats_nothing;
use super::event::SkipReason;
use super::ids::JobId;
use super::job::{Job, Missed, When};
use super::run::{Origin, Trigger};
use crate::store::{Change, Slot};
use crate::timer::{EpochMs, Now};

/// Where the schedule of a job stands when it is armed.
#[derive(Debug, Default)]
pub(super) struct Resumed {
    /// The first due time to come.
    pub(super) first_due: Option<EpochMs>,
    /// The first one that has passed without a host.
    pub(super) passed: Option<EpochMs>,
}

impl Engine {
    /// A schedule goes on where the last host has left it, or begins: `first_due` is what it would begin with.
    pub(super) fn resume_schedule(&mut self, id: JobId, first_due: Option<EpochMs>, now: Now) -> Resumed {
        let fresh = Resumed { first_due, passed: None };
        let (Some(job), Some(keeping)) = (self.jobs.get_mut(&id), self.keeping.as_mut()) else {
            return fresh;
        };
        let known = keeping.slots.remove(&job.spec.name);
        let When::Recurring { plan, anchor } = &mut job.spec.when else { return fresh };
        let is_same = |slot: &Slot| *slot.schedule == *plan.text && *slot.time_zone == *plan.zone_name();
        let Some((slot, answered)) =
            known.filter(is_same).and_then(|slot| slot.answered.map(|answered| (slot, answered)))
        else {
            self.answer(id, now.wall);
            return fresh;
        };
        *anchor = slot.anchor;
        if answered > now.wall {
            // The clock has been set back since.
            let repeats_nothing = repeats_nothing(plan, answered.since(now.wall));
            let after = if repeats_nothing { answered } else { now.wall };
            return Resumed { first_due: plan.next_after(after, *anchor), passed: None };
        }
        let passed = plan.next_after(answered, *anchor).filter(|due| *due <= now.wall);
        Resumed { first_due: plan.next_after(now.wall, *anchor), passed }
    }

    /// Due times from `first` on have passed while no host was there: one run, or none.
    pub(super) fn make_up(&mut self, id: JobId, first: EpochMs, now: Now) {
        let Some(job) = self.jobs.get(&id) else { return };
        let wanted = job.made_up_for(first, now);
        let count = job.spec.when.count_due(first, now.wall);
        let slot = self.slot(id, now.wall);
        if wanted.is_some() {
            self.trigger(id, Origin { slot, ..Origin::of(Trigger::Missed, wanted) }, now);
        } else {
            self.keep_slot(slot);
            self.skip(id, SkipReason::Missed, count, Some(first), now);
        }
    }

    /// Due times of the job up to `until` are answered.
    pub(super) fn answer(&mut self, id: JobId, until: EpochMs) {
        let slot = self.slot(id, until);
        self.keep_slot(slot);
    }

    pub(super) fn keep_slot(&mut self, slot: Option<Slot>) {
        if let Some(slot) = slot {
            self.keep(vec![Change::Answer(slot)]);
        }
    }

    /// What the store keeps when due times up to `until` are answered; `None` without a store, and for other jobs.
    pub(super) fn slot(&self, id: JobId, until: EpochMs) -> Option<Slot> {
        self.keeping.as_ref()?;
        let job = self.jobs.get(&id)?;
        let When::Recurring { plan, anchor } = &job.spec.when else { return None };
        Some(Slot {
            job: Arc::clone(&job.spec.name),
            schedule: Arc::clone(&plan.text),
            time_zone: Arc::from(plan.zone_name()),
            anchor: *anchor,
            answered: Some(until),
        })
    }
}

impl Job {
    /// The due time that a late run answers, of those from `first` on; `None` where none is wanted.
    fn made_up_for(&self, first: EpochMs, now: Now) -> Option<EpochMs> {
        let missed = self.spec.policy.missed;
        if missed.runs(now.wall.since(first)) {
            return Some(first);
        }
        let (Missed::Once { start_deadline: Some(limit) }, When::Recurring { plan, anchor }) =
            (missed, &self.spec.when)
        else {
            return None;
        };
        let earliest = EpochMs(now.wall.minus(limit).0.saturating_sub(1));
        plan.next_after(earliest, *anchor).filter(|due| *due <= now.wall)
    }
}
