//! The text grammar.

use super::Schedule;
use super::error::{Kind, ScheduleError, Span};

pub(super) fn parse(text: &str) -> Result<Schedule, ScheduleError> {
    let whole = Span::new(0, text.len());
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let ["every", count, unit] = words[..] else {
        return Err(ScheduleError::new(Kind::UnknownWord, whole));
    };
    let count: u32 = count.parse().map_err(|_| ScheduleError::new(Kind::NotANumber, whole))?;
    if count == 0 {
        return Err(ScheduleError::new(Kind::ZeroInterval, whole));
    }
    let unit_seconds = match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        _ => return Err(ScheduleError::new(Kind::UnknownWord, whole)),
    };
    super::interval::every(count, unit_seconds)
        .ok_or_else(|| ScheduleError::new(Kind::IntervalTooLong, whole))
}
