//! Says when a job is next due: text in, instants out. Pure: no clock is read here.

mod calendar;
mod clock_change;
mod cron;
mod draft;
mod error;
mod field;
mod interval;
mod rule;
mod search;
mod text;
mod tick;
pub mod zone;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use error::ScheduleError;

use clock_change::{Fold, Gap, Reading, next_instant};
use error::{Kind, Span};
use interval::Interval;
use rule::{Pace, Rule};

/// Longest text looked at, in bytes.
const LONGEST_TEXT_BYTES: u16 = 1_000;

/// Where and how wall-clock time is read.
#[derive(Clone, Debug)]
pub struct Place {
    /// Zone whose wall clock the schedule means.
    pub zone: TimeZone,
    /// What happens where the clocks of the zone change.
    pub clock_change: ClockChange,
    /// What intervals count from that do not fit the clock ("90s", "every 90 minutes"): the instant at which
    /// the job was registered.
    pub anchor: Timestamp,
}

/// What happens where the clocks of a zone are put forward or back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClockChange {
    /// The rule of Debian's cron: a job at fixed times runs once on each day, just after the gap where its
    /// time does not exist; a job on a wildcard or an interval follows elapsed time.
    #[default]
    Debian,
    /// What `@breejs/later` does: a time that exists twice runs twice, one that does not exist not at all.
    Upstream,
}

/// A parsed `at` string.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule(Form);

#[derive(Clone, Debug, PartialEq)]
enum Form {
    Rule(Rule),
    Every(Interval),
}

impl Schedule {
    /// Parses an `at` string.
    ///
    /// # Errors
    ///
    /// A [`ScheduleError`] that says where the text cannot be understood.
    pub fn parse(text: &str) -> Result<Schedule, ScheduleError> {
        parse(text).map_err(|error| error.located_in(text))
    }

    /// First due instant strictly after `after`; `None` = never again.
    pub fn next_after(&self, after: Timestamp, place: &Place) -> Option<Timestamp> {
        match &self.0 {
            Form::Rule(rule) => {
                let reading = reading(rule, place.clock_change);
                next_instant(after, &place.zone, reading, |wall| rule.next_after(wall, &[]))
            }
            Form::Every(interval) => interval.next_after(after, place.anchor),
        }
    }

    /// The schedule in plain English.
    pub fn describe(&self) -> String {
        match &self.0 {
            Form::Rule(rule) => format!("{rule:?}"),
            Form::Every(interval) => format!("every {:#}", interval.duration()),
        }
    }

    fn of_rule(rule: Rule) -> Schedule {
        Schedule(Form::Rule(rule))
    }

    fn every(interval: Interval) -> Schedule {
        Schedule(Form::Every(interval))
    }
}

fn parse(text: &str) -> Result<Schedule, ScheduleError> {
    if text.len() > usize::from(LONGEST_TEXT_BYTES) {
        let kind = Kind::TooLong { limit_bytes: LONGEST_TEXT_BYTES };
        return Err(ScheduleError::new(kind, Span::new(usize::from(LONGEST_TEXT_BYTES), text.len())));
    }
    match text.trim_start().chars().next() {
        None => Err(ScheduleError::new(Kind::Empty, Span::new(0, text.len()))),
        Some('0'..='9' | '*') => Ok(Schedule::of_rule(cron::parse(text)?.into_rule(true))),
        Some(_) => text::parse(text),
    }
}

fn reading(rule: &Rule, clock_change: ClockChange) -> Reading {
    match (clock_change, rule.pace) {
        (ClockChange::Debian, Pace::Fixed) => Reading { gap: Gap::RunAfter, fold: Fold::First },
        _ => Reading { gap: Gap::Skip, fold: Fold::Both },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(at: &str, from: &str, count: usize) -> Vec<String> {
        let place =
            Place { zone: TimeZone::UTC, clock_change: ClockChange::Debian, anchor: from.parse().unwrap() };
        let schedule = Schedule::parse(at).unwrap();
        let mut last: Timestamp = from.parse().unwrap();
        std::iter::from_fn(|| {
            last = schedule.next_after(last, &place)?;
            Some(last.to_string())
        })
        .take(count)
        .collect()
    }

    #[test]
    fn cron_and_intervals_name_their_next_runs() {
        let from = "2026-03-01T10:02:30Z";
        assert_eq!(runs("0 */5 * * * *", from, 2), ["2026-03-01T10:05:00Z", "2026-03-01T10:10:00Z"]);
        assert_eq!(runs("0 30 2 29 2 *", from, 2), ["2028-02-29T02:30:00Z", "2032-02-29T02:30:00Z"]);
        assert_eq!(runs("every 5 minutes", from, 2), ["2026-03-01T10:05:00Z", "2026-03-01T10:10:00Z"]);
        assert_eq!(runs("every 90 minutes", from, 2), ["2026-03-01T11:32:30Z", "2026-03-01T13:02:30Z"]);
        assert_eq!(runs("0 0 0 30 2 *", from, 2), [] as [&str; 0]);
    }
}
