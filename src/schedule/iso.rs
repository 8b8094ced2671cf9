//! ISO 8601 dates and durations, read by jiff.

use jiff::civil::DateTime;
use jiff::{Span as IsoDuration, Timestamp, ZonedDateTime};

use super::Schedule;
use super::error::{Kind, ScheduleError, Span};
use super::interval::{CalendarInterval, Interval};

/// Whether `text` begins as an ISO 8601 date: four digits, a hyphen and two digits.
pub(super) fn begins_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 6
        && bytes[4] == b'-'
        && [0, 1, 2, 3, 5, 6].into_iter().all(|place| bytes[place].is_ascii_digit())
}

/// Whether `text` begins as an ISO 8601 duration: "P" and a digit, or "PT".
pub(super) fn begins_duration(text: &str) -> bool {
    matches!(text.as_bytes(), [b'P' | b'p', b'0'..=b'9', ..] | [b'P' | b'p', b'T' | b't', b'0'..=b'9', ..])
}

/// Parses a date: with an offset from UTC, or the name of a zone in brackets, it is an instant; otherwise a time of
/// the wall clock.
pub(super) fn parse_date(text: &str, span: Span) -> Result<Schedule, ScheduleError> {
    let parsed = if text.contains('[') {
        text.parse::<ZonedDateTime>().map(|moment| Schedule::once(moment.timestamp()))
    } else if let Ok(instant) = text.parse::<Timestamp>() {
        Ok(Schedule::once(instant))
    } else {
        text.parse::<DateTime>().map(Schedule::once_on_wall_clock)
    };
    parsed.map_err(|_| ScheduleError::new(Kind::BadDate, span).suggesting("2026-03-01T10:15:00Z"))
}

/// Parses a duration: an interval from the anchor. With months or years it follows the calendar.
pub(super) fn parse_duration(text: &str, span: Span) -> Result<Schedule, ScheduleError> {
    let error = |kind| ScheduleError::new(kind, span);
    let duration: IsoDuration = text.parse().map_err(|_| error(Kind::BadDuration).suggesting("PT1H30M"))?;
    let days =
        u64::from(duration.get_weeks().unsigned_abs()) * 7 + u64::from(duration.get_days().unsigned_abs());
    let milliseconds = u64::from(duration.get_hours().unsigned_abs()) * 3_600_000
        + duration.get_minutes().unsigned_abs() * 60_000
        + duration.get_seconds().unsigned_abs() * 1_000
        + duration.get_milliseconds().unsigned_abs();
    let months =
        u64::from(duration.get_years().unsigned_abs()) * 12 + u64::from(duration.get_months().unsigned_abs());
    if months > 0 {
        let interval = CalendarInterval::new(months, days, milliseconds);
        return interval.map(Schedule::every_months).ok_or_else(|| error(Kind::IntervalTooLong));
    }
    match days * 86_400_000 + milliseconds {
        0 => Err(error(Kind::ZeroInterval)),
        total => Interval::from_milliseconds(total)
            .map(Schedule::every)
            .ok_or_else(|| error(Kind::IntervalTooLong)),
    }
}
