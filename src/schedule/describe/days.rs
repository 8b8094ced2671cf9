//! Days in English.

use super::super::english::{join, list, month, ordinal, plural_weekday, weekday};
use super::super::field::{FIRST_YEAR, LAST_YEAR, Unit, WideSet, bits};
use super::super::rare::Rare;
use super::super::rule::Rule;
use super::super::tick::Tick;
use super::values;

const EACH_WEEKDAY: u8 = 0x7f;
const MONDAY_TO_FRIDAY: u8 = 0b011_1110;
const EACH_MONTH: u64 = bits(1, 12);
const EACH_DAY: u64 = bits(1, 31);

/// The days of a rule: which ones, and in what larger pieces of time.
pub(super) struct Days<'r> {
    rule: &'r Rule,
    rare: std::borrow::Cow<'r, Rare>,
}

impl Days<'_> {
    pub(super) fn of(rule: &Rule) -> Days<'_> {
        use std::borrow::Cow;
        let rare = rule.rare.as_deref().map_or_else(|| Cow::Owned(Rare::unrestricted()), Cow::Borrowed);
        Days { rule, rare }
    }

    /// What is due at some time of each of these days: "every Monday", "on the 1st of January".
    pub(super) fn as_occurrences(&self) -> String {
        let days = match (self.weekdays(), self.month_days()) {
            (None, None) if self.year_days().is_empty() => Some("every day".to_owned()),
            (None, None) => None,
            (Some(Weekdays::Named(set)), None) => Some(format!("every {}", weekday_list(set, weekday))),
            (weekdays, month_days) => Some(self.both(weekdays, month_days)),
        };
        join_phrases(days.into_iter().chain(self.larger_pieces(self.names_month())), " ")
    }

    /// What limits something that happens again and again: "on Mondays", "in January"; nothing for each day.
    pub(super) fn as_limit(&self) -> Option<String> {
        let (weekdays, month_days) = (self.weekdays(), self.month_days());
        let has_days = weekdays.is_some() || month_days.is_some();
        let days = has_days.then(|| self.both(weekdays, month_days));
        let phrases: Vec<String> = days.into_iter().chain(self.larger_pieces(self.names_month())).collect();
        (!phrases.is_empty()).then(|| join_phrases(phrases.into_iter(), " "))
    }

    /// The beginning of pieces of time larger than a day: "at the start of March".
    pub(super) fn starts(&self, tick: Tick) -> String {
        let months = u64::from(self.rule.months);
        let piece = match tick {
            Tick::Month if months != EACH_MONTH => list(&values(months), month),
            Tick::Month => "each month".to_owned(),
            Tick::Year => self.years().unwrap_or_else(|| "each year".to_owned()),
            Tick::DayInstance => {
                self.instances_of_all().unwrap_or_else(|| "each seven days of the month".to_owned())
            }
            Tick::WeekOfMonth | Tick::WeekOfYear | Tick::Moment => {
                self.weeks().unwrap_or_else(|| "each week".to_owned())
            }
        };
        let (weekdays, month_days) = (self.weekdays(), self.month_days());
        let days = (weekdays.is_some() && tick != Tick::DayInstance || month_days.is_some())
            .then(|| self.both(weekdays, month_days));
        let rest = match tick {
            Tick::Month => self.years().map(|years| format!("in {years}")).into_iter().collect(),
            Tick::Year => self.months_phrase().into_iter().collect(),
            Tick::WeekOfMonth | Tick::WeekOfYear => self
                .months_phrase()
                .into_iter()
                .chain(self.years().map(|years| format!("in {years}")))
                .collect(),
            _ => self.larger_pieces(false),
        };
        let phrases = std::iter::once(format!("at the start of {piece}")).chain(days).chain(rest);
        join_phrases(phrases, ", ")
    }

    /// Days of the week and of the month, which must both match where both are given.
    fn both(&self, weekdays: Option<Weekdays>, month_days: Option<Vec<String>>) -> String {
        match (weekdays, month_days) {
            (None, None) => "on each day".to_owned(),
            (None, Some(days)) => format!("on {}", join(&days)),
            (Some(weekdays), None) => self.on_weekdays(&weekdays),
            (Some(Weekdays::Named(set)), Some(days)) => {
                format!("on {} that are {}", weekday_list(set, plural_weekday), or(&days))
            }
            (Some(Weekdays::MondayToFriday), Some(days)) => {
                format!("on days from Monday to Friday that are {}", or(&days))
            }
            (Some(weekdays), Some(days)) => {
                format!("{}, only if that is {}", self.on_weekdays(&weekdays), or(&days))
            }
        }
    }

    /// "on Mondays", "from Monday to Friday", "on the 2nd Tuesday of each month".
    fn on_weekdays(&self, weekdays: &Weekdays) -> String {
        let set = match *weekdays {
            Weekdays::MondayToFriday => return "from Monday to Friday".to_owned(),
            Weekdays::Named(set) => return format!("on {}", weekday_list(set, plural_weekday)),
            Weekdays::Instances(set) => set,
        };
        let of = self.of_months();
        let first = self.rare.instances[0];
        if set == EACH_WEEKDAY && self.rare.instances.iter().all(|&instances| instances == first) {
            return format!("in the {} seven days {of}", with_last(first.into(), 5));
        }
        let name = |day: u32| match self.rare.instances[day as usize % 7] {
            u8::MAX => format!("every {}", weekday(day)),
            instances => format!("the {} {} {of}", with_last(instances.into(), 5), weekday(day)),
        };
        let names: Vec<String> = values(set.into()).into_iter().map(name).collect();
        format!("on {}", join(&names))
    }

    fn weekdays(&self) -> Option<Weekdays> {
        let set = self.rule.weekdays;
        let all_instances = self.rare.instances.iter().all(|&instances| instances == u8::MAX);
        match set {
            EACH_WEEKDAY if all_instances => None,
            _ if !all_instances => Some(Weekdays::Instances(set)),
            MONDAY_TO_FRIDAY => Some(Weekdays::MondayToFriday),
            _ => Some(Weekdays::Named(set)),
        }
    }

    /// Whether the days already say their months: "the 1st of January", "the 1st Monday of January".
    fn names_month(&self) -> bool {
        self.month_days().is_some() || matches!(self.weekdays(), Some(Weekdays::Instances(_)))
    }

    /// "of each month", "of January and July".
    fn of_months(&self) -> String {
        match u64::from(self.rule.months) {
            EACH_MONTH => "of each month".to_owned(),
            months => format!("of {}", list(&values(months), month)),
        }
    }

    fn month_days(&self) -> Option<Vec<String>> {
        let limits = u64::from(self.rare.day_limits) & EACH_DAY;
        let listed = u64::from(self.rule.days) & EACH_DAY;
        let of = self.of_months();
        let counts = self.rule.days & 1 | self.rare.days_before_last | self.rare.nearest_weekdays != 0;
        let mut items = Vec::new();
        match (listed, limits) {
            (EACH_DAY, EACH_DAY) => return None,
            (0, _) => {}
            // "the last day" is one of all days.
            (EACH_DAY, limits) => items.push(format!("the {} {of}", ordinals(limits))),
            (listed, limits) => items.push(format!("the {} {of}", ordinals(listed & limits))),
        }
        if listed == EACH_DAY || !counts {
            return Some(items).filter(|items| !items.is_empty());
        }
        if self.rule.days & 1 != 0 {
            items.push(format!("the last day {of}"));
        }
        for before in values(u64::from(self.rare.days_before_last)) {
            items.push(match before {
                0 => format!("the last day {of}"),
                before => format!("the {} to last day {of}", ordinal(before + 1)),
            });
        }
        for day in values(u64::from(self.rare.nearest_weekdays)) {
            items.push(match day {
                0 => format!("the last weekday {of}"),
                1 => format!("the first weekday {of}"),
                day => format!("the weekday nearest to the {} {of}", ordinal(day)),
            });
        }
        if limits != EACH_DAY {
            items = vec![format!("{} within the {}", join(&items), ordinals(limits))];
        }
        Some(items)
    }

    /// Weeks, days of the year, months and years.
    fn larger_pieces(&self, names_month: bool) -> Vec<String> {
        let mut phrases = Vec::new();
        phrases.extend(self.year_days());
        phrases.extend(self.weeks().map(|weeks| format!("in {weeks}")));
        phrases.extend(self.months_phrase().filter(|_| !names_month));
        phrases.extend(self.years().map(|years| format!("in {years}")));
        phrases
    }

    fn months_phrase(&self) -> Option<String> {
        let months = u64::from(self.rule.months);
        (months != EACH_MONTH).then(|| format!("in {}", list(&values(months), month)))
    }

    fn years(&self) -> Option<String> {
        let years = self.rare.years?.values(0, LAST_YEAR - FIRST_YEAR);
        let is_each = years.len() > (LAST_YEAR - FIRST_YEAR) as usize;
        (!is_each).then(|| list(&years, |index| (index + FIRST_YEAR).to_string()))
    }

    /// "the 1st and 4th seven days of the month".
    fn instances_of_all(&self) -> Option<String> {
        let first = self.rare.instances[0];
        (first != u8::MAX).then(|| format!("the {} seven days of the month", with_last(first.into(), 5)))
    }

    fn weeks(&self) -> Option<String> {
        let named = |set: u64, max: u32, of: &str| {
            let plural = if set.is_power_of_two() { "" } else { "s" };
            format!("the {} week{plural} of the {of}", with_last(set, max))
        };
        let Rare { weeks_of_month, week_of_month_limits, weeks_of_year, week_of_year_limits, .. } =
            *self.rare;
        let mut phrases = Vec::new();
        if weeks_of_month != u8::MAX {
            phrases.push(named(weeks_of_month.into(), 6, "month"));
        }
        if week_of_month_limits != u8::MAX {
            phrases.push(named(u64::from(week_of_month_limits) & bits(1, 6), 6, "month"));
        }
        if weeks_of_year != u64::MAX && weeks_of_year & bits(1, 53) != bits(1, 53) {
            phrases.push(named(weeks_of_year, 53, "year"));
        }
        if week_of_year_limits != u64::MAX {
            phrases.push(named(week_of_year_limits & bits(1, 53), 53, "year"));
        }
        (!phrases.is_empty()).then(|| phrases.join(" within "))
    }

    fn year_days(&self) -> Vec<String> {
        let mut phrases = Vec::new();
        if self.rare.days_of_year != WideSet::FULL {
            let mut names = Vec::new();
            let days = self.rare.days_of_year.values(1, Unit::DayOfYear.max());
            if !days.is_empty() {
                names.push(list(&days, ordinal));
            }
            if self.rare.days_of_year.contains(0) {
                names.push("last".to_owned());
            }
            phrases.push(format!("on the {} day of the year", join(&names)));
        }
        if self.rare.day_of_year_limits != WideSet::FULL {
            let days = list(&self.rare.day_of_year_limits.values(1, Unit::DayOfYear.max()), ordinal);
            phrases.push(format!("on the {days} day of the year"));
        }
        phrases
    }
}

/// Days of the week, as bits from Sunday.
enum Weekdays {
    MondayToFriday,
    Named(u8),
    /// Some of them only at some of their places in the month.
    Instances(u8),
}

/// Items of which one is enough.
fn or(items: &[String]) -> String {
    let text = items.join(" or ");
    text.replace(" and ", " or ").replace("of each month", "of the month")
}

fn join_phrases(phrases: impl Iterator<Item = String>, separator: &str) -> String {
    phrases.collect::<Vec<_>>().join(separator)
}

/// Days of the week from Monday.
fn weekday_list(set: u8, name: fn(u32) -> String) -> String {
    let from_monday = u64::from(set >> 1) | u64::from(set & 1) << 6;
    list(&values(from_monday), |day| name(day + 1))
}

fn ordinals(set: u64) -> String {
    list(&values(set), ordinal)
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
