//! Schedules in plain English, said from what was understood and not from the text.

use jiff::tz::TimeZone;

use super::alternatives::Rules;
use super::english::{counted, join, list, month, ordinal, time_of_day, weekday};
use super::field::{FIRST_YEAR, LAST_YEAR, Unit, WideSet, bits, stepped_bits};
use super::interval::{CalendarInterval, Interval};
use super::rare::Rare;
use super::rule::Rule;
use super::tick::Tick;
use super::{Form, Schedule};

/// Most times of the day that are listed one by one.
const MOST_TIMES_LISTED: u32 = 6;

const ALL_SECONDS: u64 = bits(0, 59);
const ALL_MINUTES: u64 = bits(0, 59);
const ALL_HOURS: u64 = bits(0, 23);

impl Schedule {
    /// The schedule in plain English ("every 5 minutes, on the minute").
    pub fn describe(&self) -> String {
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

/// What occurs: the time of the day, then the days.
fn describe_rule(rule: &Rule) -> String {
    let days = describe_days(rule);
    let start = match rule.tick {
        Tick::DayInstance => "at the start of those days".to_owned(),
        Tick::WeekOfMonth | Tick::WeekOfYear => "at the start of each week".to_owned(),
        Tick::Month => "at the start of each month".to_owned(),
        Tick::Year => "at the start of each year".to_owned(),
        Tick::Moment => {
            let times = occurrence_times(rule);
            if days.is_empty() && times.starts_with("at ") && !times.contains(" of every ") {
                format!("every day {times}")
            } else {
                times
            }
        }
    };
    std::iter::once(start).chain(days).collect::<Vec<_>>().join(", ")
}

/// What is taken away: the days, then the time of the day.
fn describe_condition(rule: &Rule) -> String {
    let mut phrases = describe_days(rule);
    let times = Times::of(rule);
    match times.listed(rule) {
        Some(listed) => phrases.push(format!("at {listed}")),
        None => {
            for (set, all, unit) in [
                (times.seconds, ALL_SECONDS, "second"),
                (times.minutes, ALL_MINUTES, "minute"),
                (times.hours, ALL_HOURS, "hour"),
            ] {
                if set != all {
                    phrases.push(format!("in {}", numbered(unit, set)));
                }
            }
        }
    }
    phrases.extend(time_limits(rule));
    phrases.join(", ")
}

/// Allowed seconds, minutes and hours.
#[derive(Clone, Copy)]
struct Times {
    seconds: u64,
    minutes: u64,
    hours: u64,
}

impl Times {
    fn of(rule: &Rule) -> Times {
        Times { seconds: rule.seconds, minutes: rule.minutes, hours: u64::from(rule.hours) }
    }

    /// The times of the day one by one, where they are few.
    fn listed(self, rule: &Rule) -> Option<String> {
        let known = rule.rare.as_ref().map_or(&[][..], |rare| &rare.times[..]);
        if !known.is_empty() {
            return Some(join(&known.iter().map(|&time| time_of_day(time)).collect::<Vec<_>>()));
        }
        let count = self.seconds.count_ones() * self.minutes.count_ones() * self.hours.count_ones();
        if count > MOST_TIMES_LISTED || rule.has_time_limits() {
            return None;
        }
        let mut times = Vec::new();
        for hour in values(self.hours) {
            for minute in values(self.minutes) {
                times.extend(
                    values(self.seconds).into_iter().map(|second| hour * 3_600 + minute * 60 + second),
                );
            }
        }
        Some(join(&times.into_iter().map(time_of_day).collect::<Vec<_>>()))
    }
}

fn values(set: u64) -> Vec<u32> {
    (0..64).filter(|&value| set & (1 << value) != 0).collect()
}

fn ordinals(set: u64) -> String {
    list(&values(set), ordinal)
}

/// "minute 5", "minutes 0, 15 and 30".
fn numbered(unit: &str, set: u64) -> String {
    let plural = if set.is_power_of_two() { "" } else { "s" };
    format!("{unit}{plural} {}", list(&values(set), |value| value.to_string()))
}

fn occurrence_times(rule: &Rule) -> String {
    let times = Times::of(rule);
    let limits = time_limits(rule);
    let phrase = match times.listed(rule) {
        Some(listed) => format!("at {listed}"),
        None => repeated_times(times),
    };
    std::iter::once(phrase).chain(limits).collect::<Vec<_>>().join(", ")
}

/// "from 09:00", "before 17:30".
fn time_limits(rule: &Rule) -> Vec<String> {
    let Some(rare) = &rule.rare else { return Vec::new() };
    let mut limits = Vec::new();
    if rare.time_from > 0 {
        limits.push(format!("from {}", time_of_day(rare.time_from)));
    }
    if rare.time_before < 86_400 {
        limits.push(format!("before {}", time_of_day(rare.time_before)));
    }
    limits
}

/// Times too many to list, from the smallest unit that says something.
fn repeated_times(times: Times) -> String {
    let Times { seconds, minutes, hours } = times;
    if seconds.is_power_of_two() && minutes.is_power_of_two() {
        return hourly(hours, minutes.trailing_zeros(), seconds.trailing_zeros());
    }
    let (mut phrase, wider) = if seconds == 1 {
        (each(minutes, ALL_MINUTES, Unit::Minute, ", on the minute"), [(hours, ALL_HOURS, "hour")].to_vec())
    } else {
        let wider = [(minutes, ALL_MINUTES, "minute"), (hours, ALL_HOURS, "hour")].to_vec();
        (each(seconds, ALL_SECONDS, Unit::Second, ""), wider)
    };
    for (set, all, unit) in wider {
        if set != all {
            phrase = format!("{phrase}, in {}", numbered(unit, set));
        } else if phrase.starts_with("at ") && !phrase.contains(" of every ") {
            phrase = format!("{phrase} of every {unit}");
        }
    }
    phrase
}

/// At one minute and second of several hours.
fn hourly(hours: u64, minute: u32, second: u32) -> String {
    let first = hours.trailing_zeros();
    let in_a_row = (hours >> first).trailing_ones();
    if hours != ALL_HOURS && in_a_row == hours.count_ones() {
        let at = |hour: u32| time_of_day(hour * 3_600 + minute * 60 + second);
        return format!("every hour from {} to {}", at(first), at(first + in_a_row - 1));
    }
    let past = match (minute, second) {
        (0, 0) => ", on the hour".to_owned(),
        (minute, 0) => format!(", at {} past the hour", counted(minute.into(), "minute")),
        (0, second) => format!(", at {} past the hour", counted(second.into(), "second")),
        _ => format!(", at {minute:02}:{second:02} past the hour"),
    };
    let phrase = each(hours, ALL_HOURS, Unit::Hour, &past);
    if phrase.starts_with("at ") { format!("{phrase}{past}") } else { phrase }
}

/// "every 5 minutes", "every 15 minutes from minute 5", "at minutes 1, 2 and 30"; `precisely` ends the first
/// two.
fn each(set: u64, all: u64, unit: Unit, precisely: &str) -> String {
    let name = match unit {
        Unit::Second => "second",
        Unit::Minute => "minute",
        _ => "hour",
    };
    if set == all {
        return format!("every {name}{precisely}");
    }
    let first = set.trailing_zeros();
    let step = (set >> first >> 1).trailing_zeros() + 1;
    let size = unit.max() + 1;
    let regular = first < step && size.is_multiple_of(step) && set == stepped_bits(first, unit.max(), step);
    if !regular {
        return format!("at {}", numbered(name, set));
    }
    let from = if first == 0 { String::new() } else { format!(" from {name} {first}") };
    format!("every {step} {name}s{from}{precisely}")
}

/// The days on which it occurs; nothing where it is each day.
fn describe_days(rule: &Rule) -> Vec<String> {
    let unrestricted = Rare::unrestricted();
    let rare = rule.rare.as_deref().unwrap_or(&unrestricted);
    let mut phrases = Vec::new();
    phrases.extend(weekday_phrase(rule.weekdays, rare));
    phrases.extend(month_day_phrase(rule.days, rare));
    if rare.day_limits != u32::MAX {
        phrases.push(format!("on the {} of the month", ordinals(u64::from(rare.day_limits) & bits(1, 31))));
    }
    phrases.extend(week_phrases(rare));
    phrases.extend(year_day_phrases(rare));
    let months = u64::from(rule.months);
    if months != bits(1, 12) {
        phrases.push(format!("in {}", list(&values(months), month)));
    }
    if let Some(years) = rare.years {
        let years = years.values(0, LAST_YEAR - FIRST_YEAR);
        phrases.push(format!("in {}", list(&years, |index| (index + FIRST_YEAR).to_string())));
    }
    phrases
}

fn weekday_phrase(weekdays: u8, rare: &Rare) -> Option<String> {
    const ALL: u8 = 0x7f;
    const MONDAY_TO_FRIDAY: u8 = 0b011_1110;
    const WEEKEND: u8 = 0b100_0001;
    let first = rare.instances[0];
    let alike = rare.instances.iter().all(|&instances| instances == first);
    match weekdays {
        ALL if alike && first == u8::MAX => None,
        ALL if alike => Some(format!("in the {} seven days of the month", instance_names(first))),
        MONDAY_TO_FRIDAY if alike && first == u8::MAX => Some("from Monday to Friday".to_owned()),
        WEEKEND if alike && first == u8::MAX => Some("on Saturday and Sunday".to_owned()),
        _ => {
            let name = |day: u32| match rare.instances[day as usize % 7] {
                u8::MAX => weekday(day),
                instances => format!("the {} {} of the month", instance_names(instances), weekday(day)),
            };
            Some(format!("on {}", list(&values(u64::from(weekdays)), name)))
        }
    }
}

/// "2nd", "1st and last".
fn instance_names(instances: u8) -> String {
    with_last(u64::from(instances), 5)
}

/// Ordinals of bits 1 to `max`, and "last" for bit 0.
fn with_last(set: u64, max: u32) -> String {
    let mut items = Vec::new();
    let numbers = set & bits(1, max);
    if numbers != 0 {
        items.push(ordinals(numbers));
    }
    if set & 1 != 0 {
        items.push("last".to_owned());
    }
    join(&items)
}

fn month_day_phrase(days: u32, rare: &Rare) -> Option<String> {
    const EACH: u64 = bits(1, 31);
    let mut items = Vec::new();
    let numbers = u64::from(days) & EACH;
    if numbers != 0 && numbers != EACH {
        items.push(format!("the {} of the month", ordinals(numbers)));
    }
    if days & 1 != 0 {
        items.push("the last day of the month".to_owned());
    }
    for before in values(u64::from(rare.days_before_last)) {
        items.push(format!("the day {} before the last one of the month", counted(before.into(), "day")));
    }
    for day in values(u64::from(rare.nearest_weekdays)) {
        items.push(match day {
            0 => "the last day from Monday to Friday of the month".to_owned(),
            day => format!("the day from Monday to Friday nearest to the {} of the month", ordinal(day)),
        });
    }
    (!items.is_empty() && numbers != EACH).then(|| format!("on {}", join(&items)))
}

fn week_phrases(rare: &Rare) -> Vec<String> {
    let mut phrases = Vec::new();
    let months_weeks = u64::from(rare.weeks_of_month);
    if rare.weeks_of_month != u8::MAX {
        phrases.push(format!("in the {} week of the month", with_last(months_weeks, 6)));
    }
    if rare.week_of_month_limits != u8::MAX {
        let weeks = ordinals(u64::from(rare.week_of_month_limits) & bits(1, 6));
        phrases.push(format!("in the {weeks} week of the month"));
    }
    if rare.weeks_of_year != u64::MAX && rare.weeks_of_year & bits(1, 53) != bits(1, 53) {
        phrases.push(format!("in the {} week of the year", with_last(rare.weeks_of_year, 53)));
    }
    if rare.week_of_year_limits != u64::MAX {
        let weeks = ordinals(rare.week_of_year_limits & bits(1, 53));
        phrases.push(format!("in the {weeks} week of the year"));
    }
    phrases
}

fn year_day_phrases(rare: &Rare) -> Vec<String> {
    let mut phrases = Vec::new();
    if rare.days_of_year != WideSet::FULL {
        let mut names = Vec::new();
        let days = rare.days_of_year.values(1, Unit::DayOfYear.max());
        if !days.is_empty() {
            names.push(list(&days, ordinal));
        }
        if rare.days_of_year.contains(0) {
            names.push("last".to_owned());
        }
        phrases.push(format!("on the {} day of the year", join(&names)));
    }
    if rare.day_of_year_limits != WideSet::FULL {
        let days = list(&rare.day_of_year_limits.values(1, Unit::DayOfYear.max()), ordinal);
        phrases.push(format!("on the {days} day of the year"));
    }
    phrases
}
