//! A schedule as other services write it: a cron line of five fields, or a fixed length of time. Most have one of them or
//! both; what they cannot say exactly is left out.

use super::field::bits;
use super::rule::Rule;
use super::tick::Tick;
use super::{Form, Schedule};

const ALL_MINUTES: u64 = bits(0, 59);
const ALL_HOURS: u64 = bits(0, 23);
const ALL_DAYS: u64 = bits(1, 31);
const ALL_MONTHS: u64 = bits(1, 12);
const ALL_WEEKDAYS: u64 = bits(0, 6);

impl Schedule {
    /// The same due times as a cron line with minute, hour, day, month and weekday (0 = Sunday), as Vixie's cron reads
    /// it. `None` for seconds other than 0, for the last day of a month, for a day of the month that must also be a
    /// certain weekday, for alternatives, and for what never falls due.
    pub fn cron5(&self) -> Option<String> {
        match &self.0 {
            Form::Rule(rule) if self.never_due().is_none() => cron5_of(rule),
            _ => None,
        }
    }

    /// The time from each due time to the next one, in milliseconds, changes of the clocks apart. `None` where that varies,
    /// and where there is one due time a day or fewer.
    pub fn every_ms(&self) -> Option<u64> {
        match &self.0 {
            Form::Rule(rule) => every_ms_of(rule),
            Form::Every(interval) => Some(interval.milliseconds()),
            _ => None,
        }
    }
}

fn cron5_of(rule: &Rule) -> Option<String> {
    let (day_set, month_set, weekday_set) = match rule.tick {
        Tick::Moment if rule.rare.is_none() => (rule.days.into(), rule.months.into(), rule.weekdays.into()),
        Tick::Month if has_all_days(rule) => (1 << 1, rule.months.into(), ALL_WEEKDAYS),
        Tick::Year if has_all_days(rule) && rule.months_set() == ALL_MONTHS => (1 << 1, 1 << 1, ALL_WEEKDAYS),
        Tick::WeekOfYear if has_all_days(rule) && rule.months_set() == ALL_MONTHS => {
            (ALL_DAYS, ALL_MONTHS, 1 << 1)
        }
        _ => return None,
    };
    let has_days = day_set & ALL_DAYS != ALL_DAYS;
    // The last day of a month has no number; and a day and a weekday that are both given mean either of them.
    let is_beyond_cron = has_days && (day_set & 1 != 0 || weekday_set != ALL_WEEKDAYS);
    if rule.seconds != 1 || is_beyond_cron {
        return None;
    }
    let fields = [
        field(rule.minutes, ALL_MINUTES),
        field(rule.hours.into(), ALL_HOURS),
        field(day_set & ALL_DAYS, ALL_DAYS),
        field(month_set & ALL_MONTHS, ALL_MONTHS),
        field(weekday_set, ALL_WEEKDAYS),
    ];
    Some(fields.join(" "))
}

fn has_all_days(rule: &Rule) -> bool {
    rule.rare.is_none()
        && u64::from(rule.days) & ALL_DAYS == ALL_DAYS
        && u64::from(rule.weekdays) == ALL_WEEKDAYS
}

fn every_ms_of(rule: &Rule) -> Option<u64> {
    if rule.tick != Tick::Moment || !has_all_days(rule) || rule.months_set() != ALL_MONTHS {
        return None;
    }
    let (hours, is_every_hour) = (u64::from(rule.hours), u64::from(rule.hours) == ALL_HOURS);
    let is_one = |set: u64| set.is_power_of_two();
    if is_every_hour && rule.minutes == ALL_MINUTES {
        spacing(rule.seconds, 60).map(|seconds| seconds * 1_000)
    } else if is_every_hour && is_one(rule.seconds) {
        spacing(rule.minutes, 60).map(|minutes| minutes * 60_000)
    } else if is_one(rule.seconds) && is_one(rule.minutes) && !is_one(hours) {
        spacing(hours, 24).map(|hours| hours * 3_600_000)
    } else {
        None
    }
}

/// The step between the values of a set, if it is the same between all of them, and from the last one to the first of
/// the next `cycle`.
fn spacing(set: u64, cycle: u64) -> Option<u64> {
    let count = u64::from(set.count_ones());
    if count == 0 || !cycle.is_multiple_of(count) {
        return None;
    }
    let step = cycle / count;
    let first = u64::from(set.trailing_zeros());
    let expected = (0..count).fold(0, |expected, index| expected | 1 << (first + index * step));
    (first < step && expected == set).then_some(step)
}

/// A field of a cron line for a set of values, of all that there are.
fn field(set: u64, all: u64) -> String {
    if set == all {
        return "*".to_owned();
    }
    let first_of_all = all.trailing_zeros();
    let cycle = u64::from(all.count_ones());
    // "*/n" begins with the first value of the field.
    if let Some(step) =
        spacing(set >> first_of_all, cycle).filter(|&step| step < cycle && set & (1 << first_of_all) != 0)
    {
        return format!("*/{step}");
    }
    let mut parts = Vec::new();
    let mut rest = set;
    while rest != 0 {
        let from = rest.trailing_zeros();
        let length = (rest >> from).trailing_ones();
        let to = from + length - 1;
        match length {
            1 => parts.push(from.to_string()),
            2 => parts.push(format!("{from},{to}")),
            _ => parts.push(format!("{from}-{to}")),
        }
        rest &= !bits(from, to);
    }
    parts.join(",")
}

impl Rule {
    fn months_set(&self) -> u64 {
        u64::from(self.months) & ALL_MONTHS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Option<String>, Option<u64>) {
        let schedule = Schedule::parse(text).unwrap();
        (schedule.cron5(), schedule.every_ms())
    }

    fn both(cron5: &str, every_ms: u64) -> (Option<String>, Option<u64>) {
        (Some(cron5.to_owned()), Some(every_ms))
    }

    fn cron(cron5: &str) -> (Option<String>, Option<u64>) {
        (Some(cron5.to_owned()), None)
    }

    #[test]
    fn schedules_on_the_clock_have_both() {
        assert_eq!(of("every 5 minutes"), both("*/5 * * * *", 300_000));
        assert_eq!(of("every minute"), both("* * * * *", 60_000));
        assert_eq!(of("0 * * * *"), both("0 * * * *", 3_600_000));
        assert_eq!(of("every 6 hours"), both("0 */6 * * *", 21_600_000));
        assert_eq!(of("0 15,45 * * * *"), both("15,45 * * * *", 1_800_000));
    }

    #[test]
    fn due_times_of_days_have_a_cron_line() {
        assert_eq!(of("every day at 02:30"), cron("30 2 * * *"));
        assert_eq!(of("0 30 2 * * 1-5"), cron("30 2 * * 1-5"));
        assert_eq!(of("on the first day of the month at 6:00"), cron("0 6 1 * *"));
        assert_eq!(of("every month"), cron("0 0 1 * *"));
        assert_eq!(of("30 8 1,15 1-3,7 *"), cron("30 8 1,15 1-3,7 *"));
        assert_eq!(of("0 9-17 * * *"), cron("0 9-17 * * *"));
        assert_eq!(of("*/7 * * * *"), cron("0,7,14,21,28,35,42,49,56 * * * *"));
    }

    #[test]
    fn elapsed_time_has_a_length_alone() {
        assert_eq!(of("every 90 minutes"), (None, Some(5_400_000)));
        assert_eq!(of("every 10 seconds"), (None, Some(10_000)));
        assert_eq!(of("every second"), (None, Some(1_000)));
    }

    #[test]
    fn what_cron_cannot_say_is_left_out() {
        for text in [
            "15 30 2 * * *",
            "0 0 L * *",
            "0 12 1 * 1",
            "0 12 * * 5L",
            "on the first monday of the month",
            "at 10:15 am also at 12:30",
            "2031-01-01T00:00:00Z",
            "0 0 30 2 *",
        ] {
            let schedule = Schedule::parse(text).unwrap();
            assert_eq!((schedule.cron5(), schedule.every_ms()), (None, None), "{text}");
        }
    }

    /// The line must mean what the schedule means.
    #[test]
    fn the_cron_line_has_the_same_due_times() {
        let zone = jiff::tz::TimeZone::UTC;
        let anchor = jiff::Timestamp::from_second(1_800_000_000).unwrap();
        let place = super::super::Place { zone, clock_change: super::super::ClockChange::Debian, anchor };
        for text in [
            "every 5 minutes",
            "every 2 hours",
            "every weekday at 8:30",
            "every month",
            "every week",
            "every year",
            "every 3 hours on monday",
            "at 10:15 and 22:15",
            "*/7 3 * 2-4 *",
            "@weekly",
        ] {
            let schedule = Schedule::parse(text).unwrap();
            let Some(line) = schedule.cron5() else { panic!("{text} has no cron line") };
            let other = Schedule::parse(&line).unwrap();
            let due = |schedule: &Schedule| schedule.upcoming(anchor, &place).take(50).collect::<Vec<_>>();
            assert_eq!(due(&schedule), due(&other), "{text}: {line}");
        }
    }
}
