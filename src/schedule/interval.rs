//! Intervals: on the clock where they fit it, by elapsed time where they do not.

use std::num::NonZeroU64;

use jiff::{SignedDuration, Timestamp};

use super::Schedule;
use super::draft::Draft;
use super::field::Unit;

/// A fixed length of elapsed time, counted from an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    milliseconds: NonZeroU64,
}

impl Interval {
    /// `None` for 0 and for what is longer than any timestamp.
    pub(super) fn from_milliseconds(milliseconds: u64) -> Option<Interval> {
        Some(Interval { milliseconds: NonZeroU64::new(milliseconds)? })
            .filter(|_| milliseconds <= LONGEST_MILLISECONDS)
    }

    /// First multiple of the interval after the anchor that is strictly after `after`.
    pub(super) fn next_after(self, after: Timestamp, anchor: Timestamp) -> Option<Timestamp> {
        let length = i128::from(self.milliseconds.get()) * 1_000_000;
        let passed = after.as_nanosecond() - anchor.as_nanosecond();
        let count = passed.div_euclid(length).max(0) + 1;
        let due = anchor.as_nanosecond().checked_add(count.checked_mul(length)?)?;
        Timestamp::from_nanosecond(due).ok()
    }

    /// Its length.
    pub(super) fn duration(self) -> SignedDuration {
        SignedDuration::from_millis(i64::try_from(self.milliseconds.get()).unwrap_or(i64::MAX))
    }
}

/// Ten thousand years.
const LONGEST_MILLISECONDS: u64 = 10_000 * 366 * 86_400_000;

/// `every N seconds`, `minutes` or `hours` standing alone: on the clock (minutes 0, 5, 10 ...) where the
/// interval divides the minute, the hour or the day; otherwise by elapsed time from the anchor.
/// `None` where it is too long.
pub(super) fn every(count: u32, unit_seconds: u32) -> Option<Schedule> {
    let seconds = u64::from(count) * u64::from(unit_seconds);
    let on_clock = [(1, 60, Unit::Second), (60, 3_600, Unit::Minute), (3_600, 86_400, Unit::Hour)]
        .into_iter()
        .find(|&(unit, whole, _)| seconds % unit == 0 && whole % seconds == 0);
    let Some((unit_length, whole, unit)) = on_clock else {
        return Some(Schedule::every(Interval::from_milliseconds(seconds.checked_mul(1_000)?)?));
    };
    let mut draft = Draft::default();
    #[expect(clippy::cast_possible_truncation, reason = "a divisor of 86,400 fits 32 bits")]
    draft.allow_every(unit, 0, (whole / unit_length) as u32 - 1, (seconds / unit_length) as u32);
    Some(Schedule::of_rule(draft.into_rule(true)))
}
