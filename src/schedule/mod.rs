//! Says when a job is next due: text in, instants out. Pure: no clock is read here, and nothing is searched for
//! longer than a bound.
//!
//! A text goes one way through the room:
//!
//! ```text
//!            cron ─────────┐
//! text ──▶   text, phrase, ├─▶ draft ──settle──▶ rule ──search, tick──▶ wall-clock time
//!            lexer ────────┘                       │                          │
//!            human, iso ──▶ interval           describe                 clock_change
//!                              │               (English)                      │
//!                              └────────────────────────────────────────▶ instant
//! ```
//!
//! - `cron`, `text`, `human` and `iso` each read one grammar, which stands in their documentation. What
//!   they do not understand is a [`ScheduleError`] with its place; nothing is understood by half.
//! - `advice` looks at a text once it has been refused: it names the forms of other schedulers, and suggests what
//!   was meant.
//! - A `Rule` is sets of allowed values as bits. `search` goes from set bit to set bit, never second by
//!   second, and knows after 28 years at most that there is no next time.
//! - `clock_change` turns wall-clock time into instants where clocks are put forward or back.
//!
//! The meaning is that of the old package, that is cron-validate, `@breejs/later` and human-interval, with the
//! corrections that docs/schedules.md lists.

mod advice;
mod alternatives;
mod calendar;
mod clock_change;
mod count;
mod cron;
mod describe;
mod draft;
mod english;
mod equivalents;
mod error;
mod expected;
mod field;
mod human;
mod interval;
mod iso;
mod lexer;
mod never;
mod phrase;
mod rare;
mod rule;
mod search;
mod settle;
mod similar;
#[cfg(test)]
mod tests;
mod text;
mod tick;
pub mod zone;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

pub use error::ScheduleError;
pub use never::NeverDue;

use alternatives::Rules;
use clock_change::{Clock, Fold, Gap, Reading};
use error::{Kind, Span};
use interval::{CalendarInterval, Interval};
use rule::{Pace, Rule};

/// Longest text looked at, in bytes.
const LONGEST_TEXT_BYTES: u16 = 1_000;

/// Runs further apart than this have a change of the clocks between them more often than not.
const NEAR_SECONDS: i64 = 60 * 86_400;

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
    Rules(Box<Rules>),
    Every(Interval),
    EveryMonths(Box<CalendarInterval>),
    Once(Timestamp),
    OnceOnWallClock(DateTime),
}

impl Schedule {
    /// Parses an `at` string.
    ///
    /// # Errors
    ///
    /// A [`ScheduleError`] that says where the text cannot be understood.
    pub fn parse(text: &str) -> Result<Schedule, ScheduleError> {
        parse(text).map_err(|error| advice::explain(text, error).located_in(text))
    }

    /// First due instant strictly after `after`; `None` = never again.
    pub fn next_after(&self, after: Timestamp, place: &Place) -> Option<Timestamp> {
        self.next_on(&Clock::new(&place.zone), after, place)
    }

    /// The due instants strictly after `after`, one after the other: the same as repeated calls of
    /// [`Schedule::next_after`], and faster.
    pub fn upcoming<'a>(
        &'a self,
        after: Timestamp,
        place: &'a Place,
    ) -> impl Iterator<Item = Timestamp> + 'a {
        let mut clock = Clock::new(&place.zone);
        let mut last = after;
        let mut near = true;
        std::iter::from_fn(move || {
            if near {
                clock.settle_around(last);
            }
            let due = self.next_on(&clock, last, place)?;
            near = due.as_second() - last.as_second() < NEAR_SECONDS;
            last = due;
            Some(due)
        })
    }

    /// Whether it counts elapsed time from the anchor of its [`Place`].
    pub fn counts_from_anchor(&self) -> bool {
        matches!(self.0, Form::Every(_) | Form::EveryMonths(_))
    }

    /// Whether hour, minute and second of each due time are given as numbers, or follow from a day or more: no
    /// wildcard, step or interval in them.
    pub fn is_at_fixed_times(&self) -> bool {
        let is_fixed = |rule: &Rule| rule.pace != Pace::Elapsed;
        match &self.0 {
            Form::Rule(rule) => is_fixed(rule),
            Form::Rules(parts) => parts.rules.iter().all(is_fixed),
            Form::Every(_) | Form::EveryMonths(_) => false,
            Form::Once(_) | Form::OnceOnWallClock(_) => true,
        }
    }

    fn next_on(&self, clock: &Clock<'_>, after: Timestamp, place: &Place) -> Option<Timestamp> {
        match &self.0 {
            Form::Rule(rule) => next_of_rule(rule, &[], clock, after, place.clock_change),
            Form::Rules(parts) => {
                let rules = parts.rules.iter();
                rules
                    .filter_map(|rule| {
                        next_of_rule(rule, &parts.exceptions, clock, after, place.clock_change)
                    })
                    .min()
            }
            Form::Every(interval) => interval.next_after(after, place.anchor),
            Form::EveryMonths(interval) => interval.next_after(after, place.anchor, &place.zone),
            Form::Once(instant) => Some(*instant).filter(|instant| *instant > after),
            Form::OnceOnWallClock(wall) => clock.instant_of(*wall).filter(|instant| *instant > after),
        }
    }

    fn of_rule(rule: Rule) -> Schedule {
        Schedule(Form::Rule(rule))
    }

    fn of_rules(rules: Rules) -> Schedule {
        Schedule(Form::Rules(Box::new(rules)))
    }

    fn every(interval: Interval) -> Schedule {
        Schedule(Form::Every(interval))
    }

    fn every_months(interval: CalendarInterval) -> Schedule {
        Schedule(Form::EveryMonths(Box::new(interval)))
    }

    fn once(instant: Timestamp) -> Schedule {
        Schedule(Form::Once(instant))
    }

    fn once_on_wall_clock(wall: DateTime) -> Schedule {
        Schedule(Form::OnceOnWallClock(wall))
    }
}

fn parse(text: &str) -> Result<Schedule, ScheduleError> {
    if text.len() > usize::from(LONGEST_TEXT_BYTES) {
        let kind = Kind::TooLong { limit_bytes: LONGEST_TEXT_BYTES };
        return Err(ScheduleError::new(kind, Span::new(usize::from(LONGEST_TEXT_BYTES), text.len())));
    }
    let trimmed = text.trim_ascii();
    let start = text.len() - text.trim_ascii_start().len();
    let whole = Span::new(start, start + trimmed.len());
    match grammar_of(trimmed) {
        Grammar::Nothing => Err(ScheduleError::new(Kind::Empty, whole)),
        Grammar::Cron => Ok(Schedule::of_rule(cron::parse(text)?.settle())),
        Grammar::CronShortForm => Ok(Schedule::of_rule(cron::parse_short_form(text)?.settle())),
        Grammar::Date => iso::parse_date(trimmed, whole),
        Grammar::Duration => iso::parse_duration(trimmed, whole),
        Grammar::Interval => human::parse(without_full_stop(text)).map(Schedule::every),
        Grammar::Sentence => text::parse(without_full_stop(text)),
    }
}

/// Words may end as a sentence does.
fn without_full_stop(text: &str) -> &str {
    let words = text.trim_ascii_end();
    words.strip_suffix('.').unwrap_or(words)
}

/// The forms of a schedule, told apart by their first two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grammar {
    Nothing,
    Cron,
    CronShortForm,
    Date,
    Duration,
    Interval,
    Sentence,
}

fn grammar_of(text: &str) -> Grammar {
    let mut words = text.split_ascii_whitespace();
    let Some(first) = words.next() else { return Grammar::Nothing };
    match first.as_bytes() {
        [b'*' | b'?', ..] => Grammar::Cron,
        [b'@', letter, ..] if letter.is_ascii_alphabetic() => Grammar::CronShortForm,
        [b'0'..=b'9', ..] if iso::begins_date(first) => Grammar::Date,
        [b'0'..=b'9', ..] if begins_with_time_or_rank(first, words.clone().next()) => Grammar::Sentence,
        [b'0'..=b'9', rest @ ..] => {
            let unit_touches = rest.iter().any(u8::is_ascii_alphabetic);
            let unit_follows = words.next().is_some_and(|word| word.as_bytes()[0].is_ascii_alphabetic());
            let wildcard = || text.bytes().any(|byte| matches!(byte, b'*' | b'?'));
            if (unit_touches || unit_follows) && !wildcard() { Grammar::Interval } else { Grammar::Cron }
        }
        _ if text::begins_sentence(first) => Grammar::Sentence,
        _ if iso::begins_duration(first) => Grammar::Duration,
        _ if human::begins_interval(first.trim_end_matches(',')) => Grammar::Interval,
        _ => Grammar::Sentence,
    }
}

/// "9:30", "5pm", "5 pm" or "15th".
fn begins_with_time_or_rank(first: &str, second: Option<&str>) -> bool {
    let after_digits = first.trim_start_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches(',');
    let is_half_day = |word: &str| word.eq_ignore_ascii_case("am") || word.eq_ignore_ascii_case("pm");
    match after_digits.as_bytes() {
        [] => second.is_some_and(|word| is_half_day(word.trim_end_matches(','))),
        [b':', b'0'..=b'9', ..] => true,
        letters => is_half_day(after_digits) || lexer::is_ordinal_suffix(letters),
    }
}

fn next_of_rule(
    rule: &Rule,
    exceptions: &[Rule],
    clock: &Clock<'_>,
    after: Timestamp,
    clock_change: ClockChange,
) -> Option<Timestamp> {
    clock.next_instant(after, reading(rule, clock_change), |wall| rule.next_after(wall, exceptions))
}

/// What a change of the clocks does to a rule.
fn reading(rule: &Rule, clock_change: ClockChange) -> Reading {
    match (clock_change, rule.pace) {
        (ClockChange::Debian, Pace::AtTimes | Pace::AtMidnight | Pace::AtFields)
        | (ClockChange::Upstream, Pace::AtMidnight) => Reading { gap: Gap::RunAfter, fold: Fold::First },
        (ClockChange::Upstream, Pace::AtTimes) => Reading { gap: Gap::Skip, fold: Fold::First },
        (_, Pace::Elapsed) | (ClockChange::Upstream, Pace::AtFields) => {
            Reading { gap: Gap::Skip, fold: Fold::Both }
        }
    }
}
