//! From wall-clock time to instants, over changes of the clocks.
//!
//! Where clocks are put forward, a stretch of wall-clock time does not exist (a gap); where they are put
//! back, a stretch happens twice (a fold). A [`Reading`] says what becomes of the occurrences in them.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

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

/// No zone puts its clocks forward or back by more than this, nor twice within it.
pub(super) const WIDEST_CHANGE_SECONDS: i64 = DAY_SECONDS;

/// The wall clock of a zone.
pub(super) struct Clock<'a> {
    zone: &'a TimeZone,
    steady: Steady,
}

/// Seconds `from..until` known to lie between two changes of the clocks, and the offset then in force.
struct Steady {
    from: i64,
    until: i64,
    offset: Offset,
}

impl<'a> Clock<'a> {
    pub(super) fn new(zone: &'a TimeZone) -> Clock<'a> {
        Clock { zone, steady: Steady { from: 0, until: 0, offset: Offset::UTC } }
    }

    /// Looks up the changes of the clocks around `instant` once, for a series of searches near it.
    pub(super) fn settle_around(&mut self, instant: Timestamp) {
        let second = floor_second(instant);
        if !(self.steady.from..self.steady.until).contains(&second) {
            self.steady = Steady {
                from: self.change_before(second + 1).unwrap_or(i64::MIN),
                until: self.change_after(second).unwrap_or(i64::MAX),
                offset: self.zone.to_offset(instant),
            };
        }
    }

    /// First instant strictly after `after` at which an occurrence of the wall clock happens.
    ///
    /// `next` gives the first occurrence strictly after a wall-clock time.
    pub(super) fn next_instant(
        &self,
        after: Timestamp,
        reading: Reading,
        mut next: impl FnMut(WallTime) -> Option<WallTime>,
    ) -> Option<Timestamp> {
        let after_second = floor_second(after);
        let steady = (self.steady.from..self.steady.until).contains(&after_second);
        let offset = if steady { self.steady.offset } else { self.zone.to_offset(after) };
        let walk = Walk { clock: self, after, after_second, offset, reading };
        let now = WallTime(after_second + seconds(offset));
        let first = next(now)?;
        if let Some(instant) = walk.near(first) {
            return Some(instant);
        }
        match reading.fold {
            Fold::First => walk.onwards(first, next),
            Fold::Both => walk.through_folds(now, first, next),
        }
    }

    /// The instant at which the clock shows `wall`: the first of two, or the end of the gap.
    pub(super) fn instant_of(&self, wall: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(wall);
        match ambiguous.offset() {
            AmbiguousOffset::Gap { before, .. } => {
                // At the offset before the gap, its times come out after the change.
                let after_change = before.to_timestamp(wall).ok()?.checked_add(SignedDuration::from_nanos(1));
                Some(self.zone.preceding(after_change.ok()?).next()?.timestamp())
            }
            _ => ambiguous.earlier().ok(),
        }
    }

    /// What the clock shows at `second`.
    pub(super) fn shown_at(&self, second: i64) -> WallTime {
        let offset =
            Timestamp::from_second(second).map_or(Offset::UTC, |instant| self.zone.to_offset(instant));
        WallTime(second + seconds(offset))
    }

    fn offset_of(&self, wall: WallTime) -> Option<AmbiguousOffset> {
        Some(self.zone.to_ambiguous_timestamp(wall.to_datetime()?).offset())
    }

    /// Second of the first change of the clocks strictly after `second`.
    pub(super) fn change_after(&self, second: i64) -> Option<i64> {
        let change = self.zone.following(Timestamp::from_second(second).ok()?).next()?;
        Some(floor_second(change.timestamp()))
    }

    /// Second of the last change of the clocks strictly before `second`.
    pub(super) fn change_before(&self, second: i64) -> Option<i64> {
        let change = self.zone.preceding(Timestamp::from_second(second).ok()?).next()?;
        Some(floor_second(change.timestamp()))
    }
}

/// One search on a clock.
struct Walk<'a> {
    clock: &'a Clock<'a>,
    after: Timestamp,
    after_second: i64,
    /// Offset in force at `after`.
    offset: Offset,
    reading: Reading,
}

impl Walk<'_> {
    /// The instant of `wall` when no change of the clocks can concern it: nearly always, and found with one
    /// look at the zone or none.
    fn near(&self, wall: WallTime) -> Option<Timestamp> {
        let second = wall.0 - seconds(self.offset);
        let steady = &self.clock.steady;
        if second - WIDEST_CHANGE_SECONDS >= steady.from && second < steady.until - WIDEST_CHANGE_SECONDS {
            return Timestamp::from_second(second).ok();
        }
        if self.reading.fold == Fold::Both && second - self.after_second > WIDEST_CHANGE_SECONDS {
            // The clocks may have changed and changed again.
            return None;
        }
        match self.clock.offset_of(wall)? {
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
            let resume = match self.clock.offset_of(wall)? {
                AmbiguousOffset::Unambiguous { offset } => {
                    return Timestamp::from_second(wall.0 - seconds(offset)).ok();
                }
                AmbiguousOffset::Fold { before, .. } => {
                    let instant = Timestamp::from_second(wall.0 - seconds(before)).ok()?;
                    if instant > self.after {
                        return Some(instant);
                    }
                    // `after` is in the second half, where everything has happened already.
                    WallTime(self.clock.change_before(self.after_second + 1)? + seconds(before))
                }
                AmbiguousOffset::Gap { before, after } => {
                    let change = self.clock.change_after(wall.0 - seconds(after) - 1)?;
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
        let AmbiguousOffset::Fold { before, after } = self.clock.offset_of(now)? else {
            return self.onwards(first, next);
        };
        let in_first_half = self.offset == before;
        let change = if in_first_half {
            self.clock.change_after(self.after_second)?
        } else {
            self.clock.change_before(self.after_second + 1)?
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
pub(super) fn floor_second(instant: Timestamp) -> i64 {
    instant.as_second() - i64::from(instant.subsec_nanosecond() < 0)
}
