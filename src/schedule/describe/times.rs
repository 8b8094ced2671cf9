//! The time of the day in English.

use super::super::english::{counted, join, list, time_of_day};
use super::super::field::{Unit, bits, stepped_bits};
use super::super::rule::Rule;
use super::values;

/// Most times of the day that are listed one by one.
const MOST_TIMES_LISTED: u32 = 6;

/// Most stretches of hours that are said by their beginning and end.
const MOST_STRETCHES: usize = 2;

const ALL_SECONDS: u64 = bits(0, 59);
const ALL_MINUTES: u64 = bits(0, 59);
const ALL_HOURS: u64 = bits(0, 23);

/// Allowed seconds, minutes and hours, and what else limits the time of the day.
pub(super) struct Times<'r> {
    rule: &'r Rule,
    seconds: u64,
    minutes: u64,
    hours: u64,
    /// The time of the day is limited in other ways, too.
    has_limits: bool,
}

impl Times<'_> {
    pub(super) fn of(rule: &Rule) -> Times<'_> {
        let Rule { seconds, minutes, .. } = *rule;
        let all = Times {
            rule,
            seconds,
            minutes,
            hours: u64::from(rule.hours),
            has_limits: rule.has_time_limits(),
        };
        let is_hourly = seconds.is_power_of_two() && minutes.is_power_of_two();
        if !all.has_limits || !is_hourly {
            return all;
        }
        // At one minute of some hours: a limit only leaves fewer of them.
        let is_allowed = |hour: &u32| rule.seconds_of(*hour, minutes.trailing_zeros()) != 0;
        let hours =
            values(all.hours).iter().filter(|hour| is_allowed(hour)).fold(0, |set, hour| set | 1 << hour);
        if hours == 0 { all } else { Times { hours, has_limits: false, ..all } }
    }

    /// The times of the day one by one, where they are few.
    pub(super) fn listed(&self) -> Option<String> {
        let named = |times: &[u32]| join(&times.iter().map(|&time| time_of_day(time)).collect::<Vec<_>>());
        let known = self.rule.rare.as_ref().map_or(&[][..], |rare| &rare.times[..]);
        if !known.is_empty() {
            return Some(named(known));
        }
        let count = self.seconds.count_ones() * self.minutes.count_ones() * self.hours.count_ones();
        if count > MOST_TIMES_LISTED || count == 0 || self.has_limits {
            return None;
        }
        let mut times = Vec::new();
        for hour in values(self.hours) {
            for minute in values(self.minutes) {
                times.extend(values(self.seconds).iter().map(|second| hour * 3_600 + minute * 60 + second));
            }
        }
        Some(named(&times))
    }

    /// Times too many to list, from the smallest unit that says something.
    pub(super) fn repeated(&self) -> String {
        if self.seconds == 0 || self.minutes == 0 || self.hours == 0 {
            return "at no time".to_owned();
        }
        let phrase = if self.seconds.is_power_of_two() && self.minutes.is_power_of_two() {
            self.hourly()
        } else if self.seconds.is_power_of_two() {
            let second = self.seconds.trailing_zeros();
            let at = if second == 0 { String::new() } else { format!(", at second {second}") };
            format!("{}{at}{}", self.each_minute(), self.in_hours())
        } else {
            let minutes = if self.minutes == ALL_MINUTES {
                String::new()
            } else {
                format!(", in {}", numbered("minute", self.minutes))
            };
            format!("{}{minutes}{}", each(self.seconds, Unit::Second, "minute"), self.in_hours())
        };
        phrase + &self.limits().map(|limits| format!(", {limits}")).unwrap_or_default()
    }

    fn each_minute(&self) -> String {
        each(self.minutes, Unit::Minute, "hour")
    }

    /// At one minute and second of several hours.
    fn hourly(&self) -> String {
        let (minute, second) = (self.minutes.trailing_zeros(), self.seconds.trailing_zeros());
        let (first, last) = (self.hours.trailing_zeros(), self.hours.ilog2());
        let step = (self.hours >> first >> 1).trailing_zeros() + 1;
        let is_stretch = self.hours == stepped_bits(first, last, step);
        if is_stretch && first < last && regular_step(self.hours, Unit::Hour).is_none() {
            let at = |hour: u32| time_of_day(hour * 3_600 + minute * 60 + second);
            let every = if step == 1 { "hour".to_owned() } else { format!("{step} hours") };
            return format!("every {every} from {} to {}", at(first), at(last));
        }
        let parts: Vec<String> = [(minute, "minute"), (second, "second")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, unit)| counted(number.into(), unit))
            .collect();
        if regular_step(self.hours, Unit::Hour).is_none() {
            let hours = numbered("hour", self.hours);
            return if parts.is_empty() {
                format!("at {hours}")
            } else {
                format!("at {} past {hours}", join(&parts))
            };
        }
        let phrase = each(self.hours, Unit::Hour, "day");
        if parts.is_empty() { phrase } else { format!("{phrase}, at {} past the hour", join(&parts)) }
    }

    /// ", between 09:00 and 17:59"; nothing for each hour.
    fn in_hours(&self) -> String {
        hours_phrase(self.hours).map(|phrase| format!(", {phrase}")).unwrap_or_default()
    }

    /// "from 09:00 on", "before 17:30", "between 22:00 and 04:59".
    fn limits(&self) -> Option<String> {
        let rare = self.rule.rare.as_ref().filter(|_| self.has_limits)?;
        let (from, before) = (rare.time_from, rare.time_before);
        // The last minute, or second, before the end.
        let last = before.saturating_sub(if before.is_multiple_of(60) { 60 } else { 1 });
        Some(if from == before {
            "at no time".to_owned()
        } else if before >= 86_400 {
            format!("from {} on", time_of_day(from))
        } else if from == 0 {
            format!("before {}", time_of_day(before))
        } else {
            format!("between {} and {}", time_of_day(from), time_of_day(last))
        })
    }

    /// The time of the day as something that is taken away.
    pub(super) fn as_limits(&self) -> Vec<String> {
        let mut phrases = Vec::new();
        if let Some(listed) = self.listed() {
            phrases.push(format!("at {listed}"));
        } else {
            for (set, all, unit) in
                [(self.seconds, ALL_SECONDS, "second"), (self.minutes, ALL_MINUTES, "minute")]
            {
                if set != all {
                    phrases.push(format!("in {}", numbered(unit, set)));
                }
            }
            phrases.extend(hours_phrase(self.hours));
        }
        phrases.extend(self.limits());
        phrases
    }
}

/// "minute 5", "minutes 0, 15 and 30".
fn numbered(unit: &str, set: u64) -> String {
    let plural = if set.is_power_of_two() { "" } else { "s" };
    format!("{unit}{plural} {}", list(&values(set), |value| value.to_string()))
}

/// Hours by the beginning and end of each stretch, over midnight too; one by one where there are many.
fn hours_phrase(hours: u64) -> Option<String> {
    if hours == ALL_HOURS {
        return None;
    }
    let mut stretches: Vec<(u32, u32)> = Vec::new();
    for hour in values(hours) {
        match stretches.last_mut() {
            Some((_, end)) if *end + 1 == hour => *end = hour,
            _ => stretches.push((hour, hour)),
        }
    }
    if let [(0, end), .., (start, 23)] = stretches[..] {
        stretches.pop();
        stretches.remove(0);
        stretches.push((start, end));
    }
    if stretches.len() > MOST_STRETCHES {
        return Some(format!("in {}", numbered("hour", hours)));
    }
    let named = stretches.iter().map(|(start, end)| format!("between {start:02}:00 and {end:02}:59"));
    Some(join(&named.collect::<Vec<_>>()))
}

/// The step and the first value, where the values have equal steps over the whole unit.
fn regular_step(set: u64, unit: Unit) -> Option<(u32, u32)> {
    let first = set.trailing_zeros();
    let step = (set >> first >> 1).trailing_zeros() + 1;
    let size = unit.max() + 1;
    let is_regular =
        first < step && size.is_multiple_of(step) && set == stepped_bits(first, unit.max(), step);
    is_regular.then_some((step, first))
}

/// "every 5 minutes", "every 15 minutes from minute 5 of each hour", "at minutes 1, 2 and 30 of each hour".
fn each(set: u64, unit: Unit, wider: &str) -> String {
    let name = match unit {
        Unit::Second => "second",
        Unit::Minute => "minute",
        _ => "hour",
    };
    match regular_step(set, unit) {
        Some((1, _)) => format!("every {name}"),
        Some((step, 0)) => format!("every {step} {name}s"),
        Some((step, first)) => format!("every {step} {name}s from {name} {first} of each {wider}"),
        None => format!("at {} of each {wider}", numbered(name, set)),
    }
}
