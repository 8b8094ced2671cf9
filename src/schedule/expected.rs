//! What can stand where: the words that errors expect, and the names of what they are about.

use super::field::Unit;

/// What begins a part of a sentence.
pub(super) const PARTS: &[&str] = &[
    "every", "daily", "at", "on", "on the", "of", "in", "after", "before", "between", "from", "and", "also",
    "except",
];

/// What follows "on".
pub(super) const DAY_NAMES: &[&str] =
    &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekday", "weekend"];

/// What follows "of" and "in".
pub(super) const MONTHS_OR_YEARS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "a year",
];

/// What follows "every".
pub(super) const AFTER_EVERY: &[&str] =
    &["a number", "second", "minute", "hour", "day", "week", "month", "year", "weekday", "weekend", "monday"];

/// What follows "from".
pub(super) const AFTER_FROM: &[&str] = &["a time", "a day of the week", "a month"];

pub(super) const TIMES: &[&str] = &["a time"];

pub(super) const PERIODS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "year"];

/// Units of plain intervals.
pub(super) const INTERVAL_UNITS: &[&str] = &[
    "milliseconds",
    "seconds",
    "minutes",
    "hours",
    "days",
    "weeks",
    "months",
    "years",
    "ms",
    "s",
    "m",
    "h",
    "d",
    "w",
    "y",
];

/// The fields of cron.
pub(super) const CRON_FIELDS: &[&str] =
    &["second", "minute", "hour", "day of the month", "month", "day of the week"];

pub(super) const SHORT_FORM_NAMES: [&str; 7] =
    ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

pub(super) const MONTH_NAMES: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

pub(super) const WEEKDAY_NAMES: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

pub(super) const LONG_MONTH_NAMES: [&str; 12] = [
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
];

pub(super) const LONG_WEEKDAY_NAMES: [&str; 7] =
    ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

/// A value of a field or period in a message.
pub(super) fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "the second",
        Unit::Minute => "the minute",
        Unit::Hour => "the hour",
        Unit::Time => "the time",
        Unit::Day => "the day of the month",
        Unit::Weekday => "the day of the week",
        Unit::DayInstance => "the day instance",
        Unit::DayOfYear => "the day of the year",
        Unit::WeekOfMonth => "the week of the month",
        Unit::WeekOfYear => "the week of the year",
        Unit::Month => "the month",
        Unit::Year => "the year",
    }
}

/// A period as it is written.
pub(super) fn period_words(unit: Unit) -> &'static [&'static str] {
    match unit {
        Unit::Second => &["second"],
        Unit::Minute => &["minute"],
        Unit::Hour => &["hour"],
        Unit::Time => TIMES,
        Unit::Day => &["day"],
        Unit::Weekday => &["day of the week"],
        Unit::DayInstance => &["day instance"],
        Unit::DayOfYear => &["day of the year"],
        Unit::WeekOfMonth => &["week of the month"],
        Unit::WeekOfYear => &["week"],
        Unit::Month => &["month"],
        Unit::Year => &["year"],
    }
}
