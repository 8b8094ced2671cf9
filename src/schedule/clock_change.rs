//! From wall-clock time to instants, over changes of the clocks.
//!
//! Where clocks are put forward, a stretch of wall-clock time does not exist (a gap); where they are put
//! back, a stretch happens twice (a fold). A [`Reading`] says what becomes of the occurrences in them.

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::calendar::{DAY_SECONDS, WallTime};

/// What becomes of an occurrence in a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// It does not happen.
    Skip,
    /// It happens at the first instant after the gap, unless its whole day does not exist.
    RunAfter,
}

/// What becomes of an occurrence in a fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// It happens the first time only.
    First,
    /// It happens both times.
    Both,
}

/// How a rule's wall-clock times are turned into instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) gap: Gap,
    pub(super) fold: Fold,
}

/// No zone has changed its clocks twice, back and forth, within this time.
const NO_TWO_CHANGES_WITHIN_SECONDS: i64 = DAY_SECONDS;

/// First instant strictly after `after` at which an occurrence of the wall clock happens in `zone`.
///
/// `next` gives the first occurrence strictly after a wall-clock time.
pub(super) fn next_instant(
    after: Timestamp,
    zone: &TimeZone,
    reading: Reading,
    mut next: impl FnMut(WallTime) -> Option<WallTime>,
) -> Option<Timestamp> {
    let walk =
        Walk { after_second: floor_second(after), offset: zone.to_offset(after), after, zone, reading };
    let now = WallTime(walk.after_second + seconds(walk.offset));
    let first = next(now)?;
    if let Some(instant) = walk.near(first) {
        return Some(instant);
    }
    match reading.fold {
        Fold::First => walk.onwards(first, next),
        Fold::Both => walk.through_folds(now, first, next),
    }
}

struct Walk<'a> {
    after: Timestamp,
    after_second: i64,
    /// Offset in force at `after`.
    offset: Offset,
    zone: &'a TimeZone,
    reading: Reading,
}

impl Walk<'_> {
    /// The instant of `wall` when it happens once, soon and at the same offset, so that no change of the
    /// clocks can lie between: nearly always, and found with one look at the zone.
    fn near(&self, wall: WallTime) -> Option<Timestamp> {
        let second = wall.0 - seconds(self.offset);
        if second - self.after_second > NO_TWO_CHANGES_WITHIN_SECONDS && self.reading.fold == Fold::Both {
            return None;
        }
        match self.zone.to_ambiguous_timestamp(wall.to_datetime()?).offset() {
            AmbiguousOffset::Unambiguous { offset }
                if offset == self.offset || self.reading.fold == Fold::First =>
            {
                Timestamp::from_second(wall.0 - seconds(offset)).ok()
            }
            _ => None,
        }
    }

    /// The first occurrence from `first` on that happens after `after`, each at most once.
    fn onwards(
        &self,
        first: WallTime,
        mut next: impl FnMut(WallTime) -> Option<WallTime>,
    ) -> Option<Timestamp> {
        let mut wall = first;
        loop {
            let resume = match self.zone.to_ambiguous_timestamp(wall.to_datetime()?).offset() {
                AmbiguousOffset::Unambiguous { offset } => {
                    return Timestamp::from_second(wall.0 - seconds(offset)).ok();
                }
                AmbiguousOffset::Fold { before, .. } => {
                    let instant = Timestamp::from_second(wall.0 - seconds(before)).ok()?;
                    if instant > self.after {
                        return Some(instant);
                    }
                    // `after` is in the second half, where everything has happened already.
                    WallTime(self.change_before(self.after_second + 1)? + seconds(before))
                }
                AmbiguousOffset::Gap { before, after } => {
                    let change = self.change_after(wall.0 - seconds(after) - 1)?;
                    let gap = (WallTime(change + seconds(before)), WallTime(change + seconds(after)));
                    if self.reading.gap == Gap::RunAfter && !covers_day(gap, wall) {
                        return Timestamp::from_second(change).ok();
                    }
                    gap.1
                }
            };
            wall = next(resume.just_before())?;
        }
    }

    /// As [`Walk::onwards`], with the second halves of folds; only the fold around `after` needs care,
    /// since the first half of any later one comes first.
    fn through_folds(
        &self,
        now: WallTime,
        first: WallTime,
        mut next: impl FnMut(WallTime) -> Option<WallTime>,
    ) -> Option<Timestamp> {
        let AmbiguousOffset::Fold { before, after } =
            self.zone.to_ambiguous_timestamp(now.to_datetime()?).offset()
        else {
            return self.onwards(first, next);
        };
        let in_first_half = self.offset == before;
        let change = if in_first_half {
            self.change_after(self.after_second)?
        } else {
            self.change_before(self.after_second + 1)?
        };
        let fold_end = WallTime(change + seconds(before));
        if first < fold_end {
            return Timestamp::from_second(first.0 - seconds(self.offset)).ok();
        }
        if in_first_half {
            let fold_start = WallTime(change + seconds(after));
            let again = next(fold_start.just_before())?;
            if again < fold_end {
                return Timestamp::from_second(again.0 - seconds(after)).ok();
            }
        }
        self.onwards(first, next)
    }

    /// Second of the first change of the clocks strictly after `second`.
    fn change_after(&self, second: i64) -> Option<i64> {
        let change = self.zone.following(Timestamp::from_second(second).ok()?).next()?;
        Some(floor_second(change.timestamp()))
    }

    /// Second of the last change of the clocks strictly before `second`.
    fn change_before(&self, second: i64) -> Option<i64> {
        let change = self.zone.preceding(Timestamp::from_second(second).ok()?).next()?;
        Some(floor_second(change.timestamp()))
    }
}

/// Whether `gap` leaves nothing of the day of `wall` (a zone that crossed the date line).
fn covers_day(gap: (WallTime, WallTime), wall: WallTime) -> bool {
    let midnight = WallTime::new(wall.day(), 0);
    gap.0 <= midnight && gap.1.0 >= midnight.0 + DAY_SECONDS
}

fn seconds(offset: Offset) -> i64 {
    i64::from(offset.seconds())
}

/// The whole second at or before `instant`.
fn floor_second(instant: Timestamp) -> i64 {
    instant.as_second() - i64::from(instant.subsec_nanosecond() < 0)
}
