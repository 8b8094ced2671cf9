//! Due times that got no run: counted for each job, and reported to the host at most once a second.

use std::sync::Arc;
use std::time::Duration;

use super::event::{JobEvent, SkipReason};
use super::ids::JobId;
use super::{Engine, Reply};
use crate::timer::{EpochMs, MonoMs, Now};

/// At most one event in this time for each job; the next event has the count of those left out.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// Due times of a job that got no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skipped {
    /// An earlier run was still going.
    pub overlap: u32,
    /// They passed unnoticed, and the job does not want to start late.
    pub missed: u32,
    /// The job was paused.
    pub paused: u32,
}

impl Skipped {
    fn of(&mut self, reason: SkipReason) -> &mut u32 {
        match reason {
            SkipReason::Overlap => &mut self.overlap,
            SkipReason::Missed => &mut self.missed,
            SkipReason::Paused => &mut self.paused,
        }
    }
}

/// What a job has skipped, and when that was last reported.
#[derive(Debug, Default)]
pub(super) struct Skips {
    pub(super) skipped: Skipped,
    reported: Option<(SkipReason, MonoMs)>,
    /// Skipped for the same reason since then.
    unreported: u32,
}

impl Skips {
    /// Counts what was skipped. How many the host is to hear of now; `None` for not yet.
    fn add(&mut self, reason: SkipReason, count: u32, now: Now) -> Option<u32> {
        let total = self.skipped.of(reason);
        *total = total.saturating_add(count);
        let is_early = |(last, at): (SkipReason, MonoMs)| last == reason && now.mono.since(at) < REPORT_EVERY;
        if self.reported.is_some_and(is_early) {
            self.unreported = self.unreported.saturating_add(count);
            return None;
        }
        let before = if self.reported.is_some_and(|(last, _)| last == reason) { self.unreported } else { 0 };
        self.reported = Some((reason, now.mono));
        self.unreported = 0;
        Some(before.saturating_add(count))
    }
}

impl Engine {
    /// Due times of the job get no run; the first of them was `due`.
    pub(super) fn skip(
        &mut self,
        id: JobId,
        reason: SkipReason,
        count: u32,
        due: Option<EpochMs>,
        now: Now,
    ) -> Reply {
        let Some(job) = self.jobs.get_mut(&id).filter(|_| count > 0) else { return Reply::Accepted };
        let skips = job.skips.get_or_insert_default();
        let reported = skips.add(reason, count, now);
        let skipped = *skips.skipped.of(reason);
        let (name, registration) = (Arc::clone(&job.spec.name), job.spec.registration);
        if let Some(count) = reported {
            self.emit(JobEvent::Skipped { name, registration, reason, due, count, skipped, at: now.wall });
        }
        Reply::Accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::BootMs;

    fn at(ms: u64) -> Now {
        Now { wall: EpochMs(0), mono: MonoMs(ms), boot: BootMs(ms) }
    }

    #[test]
    fn one_report_a_second_has_the_count_of_all_since_the_last() {
        let mut skips = Skips::default();
        let mut add = |ms| skips.add(SkipReason::Overlap, 1, at(ms));
        assert_eq!(
            [add(0), add(400), add(999), add(1_000), add(1_001)],
            [Some(1), None, None, Some(3), None]
        );
        assert_eq!(skips.skipped, Skipped { overlap: 5, ..Skipped::default() });
    }

    #[test]
    fn another_reason_is_reported_at_once() {
        let mut skips = Skips::default();
        assert_eq!(skips.add(SkipReason::Overlap, 1, at(0)), Some(1));
        assert_eq!(skips.add(SkipReason::Missed, 2, at(1)), Some(2));
    }
}
