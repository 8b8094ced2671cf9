//! A wall clock that is set back: how the engine notices it, and what becomes of the due times.
//!
//! The monotonic clock tells how far the wall clock should have come. Two bounds decide, the second is that of
//! Debian's cron:
//!
//! - Up to [`SMALLEST_STEP`] nothing is planned anew: due times stay, and no slot comes twice.
//! - A larger step plans each recurring job anew from the new time. Up to [`LARGEST_REPEAT`] a job at fixed times
//!   does not repeat the slots that it has answered; jobs on a wildcard or an interval follow the new time at once.
//! - Beyond that the clock was wrong: the new time alone counts, and a slot that had come too early comes again.
//!
//! Dates stay as they are: they name an instant, and run once. A clock set forward needs none of this: what it
//! passes over is due at once.

use std::time::Duration;

use super::event::JobEvent;
use super::job::{Job, Plan, When};
use super::{Engine, JobId};
use crate::timer::{EpochMs, Now};

/// Corrections up to this length are the work of time synchronisation.
const SMALLEST_STEP: Duration = Duration::from_secs(60);

/// Longest step after which jobs at fixed times repeat nothing.
const LARGEST_REPEAT: Duration = Duration::from_secs(3 * 3600);

/// Compares the two clocks.
#[derive(Debug, Default)]
pub(super) struct ClockWatch {
    /// The farthest that the wall clock has been ahead of the monotonic one, in ms. Small steps back leave it,
    /// so that several of them add up.
    lead_ms: Option<i64>,
}

impl ClockWatch {
    /// How far the wall clock has been set back since the last look, if beyond [`SMALLEST_STEP`].
    fn step_back(&mut self, now: Now) -> Option<Duration> {
        let lead_ms = now.wall.0.saturating_sub_unsigned(now.mono.0);
        let known_ms = *self.lead_ms.get_or_insert(lead_ms);
        let back = Duration::from_millis(u64::try_from(known_ms.saturating_sub(lead_ms)).unwrap_or(0));
        if back > SMALLEST_STEP || lead_ms > known_ms {
            self.lead_ms = Some(lead_ms);
        }
        (back > SMALLEST_STEP).then_some(back)
    }
}

impl Engine {
    /// Looks at the clocks before an input is answered.
    pub(super) fn watch_clock(&mut self, now: Now) {
        let Some(step) = self.clock.step_back(now) else { return };
        let armed = self.jobs.iter().filter(|(_, job)| job.timer.is_some());
        let mut recurring: Vec<JobId> = armed
            .filter(|(_, job)| matches!(job.spec.when, When::Recurring { .. }))
            .map(|(&id, _)| id)
            .collect();
        // Equal due times fire in the order in which they are armed: that of registration.
        recurring.sort_unstable();
        for &id in &recurring {
            self.plan_anew(id, step, now);
        }
        if !recurring.is_empty() {
            let repeats_nothing = step <= LARGEST_REPEAT;
            self.emit(JobEvent::ClockSetBack { step, jobs: recurring.len(), repeats_nothing });
        }
        self.prepared_until = EpochMs(i64::MIN);
        self.primed_until = EpochMs(i64::MIN);
    }

    fn plan_anew(&mut self, id: JobId, step: Duration, now: Now) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let next = job.next_after_step(step, now);
        self.set_due(id, next);
    }
}

impl Job {
    fn next_after_step(&mut self, step: Duration, now: Now) -> Option<EpochMs> {
        let When::Recurring { plan, anchor } = &mut self.spec.when else { return None };
        if plan.schedule.counts_from_anchor() {
            // Elapsed time: as much is left to wait as there was before.
            *anchor = anchor.minus(step);
            self.answered = self.answered.minus(step);
        }
        let answered = if repeats_nothing(plan, step) { self.answered } else { now.wall };
        plan.next_after(now.wall.max(answered), *anchor)
    }
}

/// Whether a job on this schedule repeats nothing after the wall clock has been set back so far.
pub(super) fn repeats_nothing(plan: &Plan, step: Duration) -> bool {
    step <= LARGEST_REPEAT && plan.schedule.is_at_fixed_times()
}
