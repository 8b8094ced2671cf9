//! Schedules in plain English, said from what was understood and not from the text.

mod days;
mod times;

use jiff::tz::TimeZone;

use super::alternatives::Rules;
use super::english::{counted, join};
use super::interval::{CalendarInterval, Interval};
use super::rule::Rule;
use super::tick::Tick;
use super::{Form, Schedule};
use days::Days;
use times::Times;

impl Schedule {
    /// The schedule in plain English ("every 5 minutes, from Monday to Friday").
    pub fn describe(&self) -> String {
        match self.never_due() {
            None => self.describe_conditions(),
            Some(reason) => format!("never, because {reason}: {}", self.describe_conditions()),
        }
    }

    fn describe_conditions(&self) -> String {
        match &self.0 {
            Form::Rule(rule) => describe_rule(rule),
            Form::Rules(parts) => describe_rules(parts),
            Form::Every(interval) => {
                format!("every {}, from when the job is added", describe_interval(*interval))
            }
            Form::EveryMonths(interval) => {
                format!("every {}, from when the job is added", describe_months(**interval))
            }
            Form::Once(instant) => {
                format!("once, on {} UTC", on_date(instant.to_zoned_datetime(TimeZone::UTC).datetime()))
            }
            Form::OnceOnWallClock(wall) => format!("once, on {}", on_date(*wall)),
        }
    }
}

fn on_date(moment: jiff::civil::DateTime) -> String {
    format!("{} at {}", moment.date(), moment.time())
}

fn describe_rules(parts: &Rules) -> String {
    let rules: Vec<String> = parts.rules.iter().map(describe_rule).collect();
    let mut text = rules.join("; also ");
    for exception in &parts.exceptions {
        text.push_str("; except ");
        text.push_str(&describe_condition(exception));
    }
    text
}

fn describe_interval(interval: Interval) -> String {
    join(&milliseconds_in_units(interval.milliseconds()))
}

fn describe_months(interval: CalendarInterval) -> String {
    let mut parts = Vec::new();
    for (number, unit) in
        [(interval.months / 12, "year"), (interval.months % 12, "month"), (interval.days, "day")]
    {
        if number > 0 {
            parts.push(counted(number.into(), unit));
        }
    }
    parts.extend(milliseconds_in_units(interval.milliseconds));
    join(&parts)
}

fn milliseconds_in_units(milliseconds: u64) -> Vec<String> {
    const UNITS: [(u64, &str); 5] =
        [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"), (1, "millisecond")];
    let mut rest = milliseconds;
    let mut parts = Vec::new();
    for (length, unit) in UNITS {
        if rest >= length {
            parts.push(counted(rest / length, unit));
            rest %= length;
        }
    }
    parts
}

/// When it occurs: at a few times of some days, or again and again.
fn describe_rule(rule: &Rule) -> String {
    let days = Days::of(rule);
    if rule.tick != Tick::Moment {
        return days.starts(rule.tick);
    }
    let times = Times::of(rule);
    if let Some(listed) = times.listed() {
        return format!("{} at {listed}", days.as_occurrences());
    }
    std::iter::once(times.repeated()).chain(days.as_limit()).collect::<Vec<_>>().join(", ")
}

/// What is taken away: the days, then the time of the day.
fn describe_condition(rule: &Rule) -> String {
    let phrases = Days::of(rule).as_limit().into_iter().chain(Times::of(rule).as_limits());
    let text = phrases.collect::<Vec<_>>().join(", ");
    if text.is_empty() { "at all times".to_owned() } else { text }
}

fn values(set: u64) -> Vec<u32> {
    (0..64).filter(|&value| set & (1 << value) != 0).collect()
}
