//! Intervals: on the clock where they fit it, by elapsed time where they do not.

use std::num::NonZeroU64;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::Schedule;
use super::draft::Draft;
use super::field::Unit;

/// A fixed length of elapsed time, counted from an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    milliseconds: NonZeroU64,
}

/// Ten thousand years: longer than any timestamp reaches.
const LONGEST_MILLISECONDS: u64 = 10_000 * 366 * 86_400_000;

impl Interval {
    /// `None` for 0 and for what is longer than any timestamp reaches.
    pub(super) fn from_milliseconds(milliseconds: u64) -> Option<Interval> {
        let milliseconds = NonZeroU64::new(milliseconds)?;
        (milliseconds.get() <= LONGEST_MILLISECONDS).then_some(Interval { milliseconds })
    }

    /// First multiple of the interval after `anchor` that is strictly after `after`.
    pub(super) fn next_after(self, after: Timestamp, anchor: Timestamp) -> Option<Timestamp> {
        let length = i128::from(self.milliseconds.get()) * 1_000_000;
        let passed = after.as_nanosecond() - anchor.as_nanosecond();
        let count = passed.div_euclid(length).max(0) + 1;
        Timestamp::from_nanosecond(anchor.as_nanosecond() + count * length).ok()
    }

    /// Multiples of the interval after `anchor` that are after `after`, up to `until`.
    pub(super) fn count_between(self, after: Timestamp, until: Timestamp, anchor: Timestamp) -> u64 {
        let length = i128::from(self.milliseconds.get()) * 1_000_000;
        let passed_at =
            |at: Timestamp| (at.as_nanosecond() - anchor.as_nanosecond()).div_euclid(length).max(0);
        u64::try_from(passed_at(until) - passed_at(after)).unwrap_or(0)
    }

    pub(super) fn milliseconds(self) -> u64 {
        self.milliseconds.get()
    }
}

/// An interval with months, which have no fixed length: it follows the calendar of a zone. From the 31st,
/// a month without one runs on its last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CalendarInterval {
    pub(super) months: u32,
    pub(super) days: u32,
    pub(super) milliseconds: u64,
}

/// More months than timestamps reach.
const MOST_MONTHS: u64 = 12 * 10_000;

/// Seconds of a mean month of the Gregorian calendar.
const MEAN_MONTH_SECONDS: i64 = 2_629_746;

/// How many intervals an estimate by mean months can be too low.
const ESTIMATE_SLACK: i64 = 2;

impl CalendarInterval {
    /// `None` for what is longer than timestamps reach. `months` is at least 1.
    pub(super) fn new(months: u64, days: u64, milliseconds: u64) -> Option<CalendarInterval> {
        let fits = months <= MOST_MONTHS && days <= MOST_MONTHS * 31 && milliseconds <= LONGEST_MILLISECONDS;
        Some(CalendarInterval {
            months: u32::try_from(months).ok().filter(|_| fits)?,
            days: u32::try_from(days).ok()?,
            milliseconds,
        })
    }

    /// First multiple of the interval after `anchor` that is strictly after `after`.
    pub(super) fn next_after(
        self,
        after: Timestamp,
        anchor: Timestamp,
        zone: &TimeZone,
    ) -> Option<Timestamp> {
        let start = anchor.to_zoned_datetime(zone.clone());
        let rest_seconds = i64::from(self.days) * 86_400 + i64::try_from(self.milliseconds / 1_000).ok()?;
        let mean_seconds = i64::from(self.months) * MEAN_MONTH_SECONDS + rest_seconds;
        let passed = after.as_second() - anchor.as_second();
        let mut count = (passed / mean_seconds - ESTIMATE_SLACK).max(1);
        loop {
            let span = Span::new()
                .try_months(i64::from(self.months).checked_mul(count)?)
                .and_then(|span| span.try_days(i64::from(self.days).checked_mul(count).unwrap_or(i64::MAX)))
                .and_then(|span| {
                    let milliseconds = i64::try_from(self.milliseconds).unwrap_or(i64::MAX);
                    span.try_milliseconds(milliseconds.checked_mul(count).unwrap_or(i64::MAX))
                })
                .ok()?;
            let due = start.checked_add(span).ok()?.timestamp();
            if due > after {
                return Some(due);
            }
            count += 1;
        }
    }
}

/// What an interval standing alone means beyond the rule that it also is: elapsed time from the anchor, where
/// it does not fit the clock (the minute, the hour or the day), or where a number of days or weeks is larger
/// than any calendar has. `None` where the rule says it: "every 5 minutes" is minutes 0, 5, 10 ... of each hour.
///
/// The old package has rules alone, which begin anew in each hour: that makes "every 90 minutes" hourly and
/// lets "every 7 minutes" run again after 4 at the end of each hour.
pub(super) fn alone(count: u32, unit: Unit) -> Option<Schedule> {
    let (unit_seconds, units_in_cycle) = match unit {
        Unit::Second => (1, 60),
        Unit::Minute => (60, 60),
        Unit::Hour => (3_600, 24),
        Unit::Day if count > Unit::Day.max() => (86_400, 0),
        Unit::WeekOfYear if count > Unit::WeekOfYear.max() => (7 * 86_400, 0),
        _ => return None,
    };
    if units_in_cycle % count == 0 && units_in_cycle > 0 {
        return None;
    }
    let seconds = u64::from(count) * unit_seconds;
    let on_clock = [(60, 60, Unit::Minute), (3_600, 24, Unit::Hour)]
        .into_iter()
        .find(|&(length, cycle, _)| seconds % length == 0 && (length * cycle) % seconds == 0);
    let Some((length, _, unit)) = on_clock else {
        return Interval::from_milliseconds(seconds.checked_mul(1_000)?).map(Schedule::every);
    };
    let mut draft = Draft::default();
    draft.allow_every(unit, 0, unit.max(), u32::try_from(seconds / length).ok()?);
    Some(Schedule::of_rule(draft.settle()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn elapsed_time_counts_from_the_anchor() {
        let interval = Interval::from_milliseconds(90 * 60_000).unwrap();
        let anchor = instant("2026-01-01T00:00:00.250Z");
        let next = |after: &str| interval.next_after(instant(after), anchor).unwrap().to_string();
        assert_eq!(next("2025-06-01T00:00:00Z"), "2026-01-01T01:30:00.25Z");
        assert_eq!(next("2026-01-01T00:00:00.250Z"), "2026-01-01T01:30:00.25Z");
        assert_eq!(next("2026-01-01T01:30:00.25Z"), "2026-01-01T03:00:00.25Z");
        assert_eq!(interval.next_after(Timestamp::MAX, anchor), None);
    }

    #[test]
    fn months_follow_the_calendar() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let interval = CalendarInterval::new(1, 0, 0).unwrap();
        let anchor = instant("2026-01-31T09:00:00Z");
        let mut last = anchor;
        let days: Vec<String> = std::iter::from_fn(|| {
            last = interval.next_after(last, anchor, &zone)?;
            Some(last.to_string())
        })
        .take(3)
        .collect();
        assert_eq!(days, ["2026-02-28T09:00:00Z", "2026-03-31T08:00:00Z", "2026-04-30T08:00:00Z"]);
        let far = instant("2500-01-01T00:00:00Z");
        let next = interval.next_after(far, anchor, &zone).unwrap();
        assert!(next > far && next < instant("2500-02-02T00:00:00Z"), "{next}");
    }
}
