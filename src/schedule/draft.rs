//! Conditions as a parser collects them, and their making into a [`Rule`].

use super::calendar::DAY_SECONDS;
use super::field::{FIRST_YEAR, LAST_YEAR, Unit, WideSet, bits};
use super::rule::{Pace, Rare, Rule};
use super::tick::Tick;

/// The side of a value that a condition allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// The value and what is after it.
    From,
    /// What is before the value.
    Before,
}

/// Conditions collected so far; all have to hold.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Units with listed values, by bit.
    listed: u16,
    /// Units whose values come from a wildcard or a step, by bit.
    stepped: u16,
    /// Listed values of the units that fit 64 bits.
    sets: [u64; Unit::COUNT],
    /// Listed times of the day.
    times: Times,
    /// Smallest span of a condition, with its unit: what cuts the time into occurrences.
    smallest: Option<(i64, Unit)>,
    /// Apart, since few schedules have them.
    rare: Option<Box<RareDraft>>,
}

/// Times of the day, in seconds.
#[derive(Debug, Default)]
enum Times {
    #[default]
    None,
    One(u32),
    Many(Vec<u32>),
}

impl Times {
    fn push(&mut self, time: u32) {
        match self {
            Times::None => *self = Times::One(time),
            Times::One(first) => *self = Times::Many(vec![*first, time]),
            Times::Many(times) => times.push(time),
        }
    }
}

/// Conditions that few schedules have.
#[derive(Debug)]
struct RareDraft {
    days_of_year: WideSet,
    years: WideSet,
    /// Limits of each unit: smallest value allowed, and smallest not allowed any more.
    limits: [(u32, u32); Unit::COUNT],
    /// See [`Rare::days_before_last`].
    days_before_last: u32,
    /// See [`Rare::nearest_weekdays`].
    nearest_weekdays: u32,
    /// For each day of the week, instances asked for beside the days of the week listed without one.
    instances: [u8; 7],
}

/// Limits that allow everything.
const UNLIMITED: (u32, u32) = (0, u32::MAX);

impl Default for RareDraft {
    fn default() -> RareDraft {
        RareDraft {
            days_of_year: WideSet::EMPTY,
            years: WideSet::EMPTY,
            limits: [UNLIMITED; Unit::COUNT],
            days_before_last: 0,
            nearest_weekdays: 0,
            instances: [0; 7],
        }
    }
}

impl Draft {
    /// Whether no condition was given yet.
    pub(super) fn is_empty(&self) -> bool {
        self.smallest.is_none()
    }

    /// Allows `value` of `unit`, which is within the unit's bounds or its 0.
    pub(super) fn allow(&mut self, unit: Unit, value: u32) {
        match unit {
            Unit::Time => self.times.push(value),
            Unit::DayOfYear => self.rare_mut().days_of_year.insert(value),
            Unit::Year => self.rare_mut().years.insert(value.saturating_sub(FIRST_YEAR)),
            _ => self.sets[unit.index()] |= 1 << (value & 63),
        }
        self.note_listed(unit);
    }

    /// Allows a set of values of a unit that fits 64 bits.
    pub(super) fn allow_set(&mut self, unit: Unit, set: u64) {
        self.sets[unit.index()] |= set;
        self.note_listed(unit);
    }

    /// Allows `from, from + step, ...` up to `to`, as an interval does.
    pub(super) fn allow_every(&mut self, unit: Unit, from: u32, to: u32, step: u32) {
        let mut value = from;
        while value <= to {
            self.allow(unit, value);
            value = value.saturating_add(step.max(1));
        }
        self.mark_stepped(unit);
    }

    /// Allows the day `before` days before the last one of the month.
    pub(super) fn allow_day_before_last(&mut self, before: u32) {
        self.rare_mut().days_before_last |= 1 << (before & 31);
        self.note_listed(Unit::Day);
    }

    /// Allows the day from Monday to Friday nearest to `day`; 0 = the last one of the month.
    pub(super) fn allow_nearest_weekday(&mut self, day: u32) {
        self.rare_mut().nearest_weekdays |= 1 << (day & 31);
        self.note_listed(Unit::Day);
    }

    /// Allows one instance in the month (1 to 5; 0 = the last) of `weekday` (1 = Sunday).
    pub(super) fn allow_instance(&mut self, weekday: u32, instance: u32) {
        if let Some(instances) = self.rare_mut().instances.get_mut(weekday.wrapping_sub(1) as usize) {
            *instances |= 1 << (instance & 7);
        }
        self.note_listed(Unit::Weekday);
    }

    /// Says that the values of `unit` are those of a wildcard or an interval.
    pub(super) fn mark_stepped(&mut self, unit: Unit) {
        self.stepped |= 1 << unit.index();
    }

    /// Restricts `unit` to one side of `value`.
    pub(super) fn limit(&mut self, unit: Unit, limit: Limit, value: u32) {
        let (from, before) = &mut self.rare_mut().limits[unit.index()];
        let known = match limit {
            Limit::From => std::mem::replace(from, (*from).max(value)) > 0,
            Limit::Before => std::mem::replace(before, (*before).min(value)) < u32::MAX,
        };
        if !known {
            let units = match limit {
                Limit::From => i64::from(unit.max()) - i64::from(value),
                Limit::Before => i64::from(value) - 1,
            };
            self.note_span(unit, unit.span_seconds() * units);
        }
    }

    fn rare_mut(&mut self) -> &mut RareDraft {
        self.rare.get_or_insert_default()
    }

    fn note_listed(&mut self, unit: Unit) {
        if !self.lists(unit) {
            self.listed |= 1 << unit.index();
            self.note_span(unit, unit.span_seconds());
        }
    }

    /// Of conditions with the same span the last one given counts, as in `@breejs/later`.
    fn note_span(&mut self, unit: Unit, span: i64) {
        if self.smallest.is_none_or(|(smallest, _)| span <= smallest) {
            self.smallest = Some((span, unit));
        }
    }

    fn lists(&self, unit: Unit) -> bool {
        self.listed & (1 << unit.index()) != 0
    }

    fn limits(&self, unit: Unit) -> (u32, u32) {
        self.rare.as_ref().map_or(UNLIMITED, |rare| rare.limits[unit.index()])
    }

    /// Values of a unit of up to 64 values that its limits allow.
    fn limits_set(&self, unit: Unit) -> u64 {
        match self.limits(unit) {
            UNLIMITED => u64::MAX,
            (_, 0) => 0,
            (from, before) => bits(from.min(63), (before - 1).min(63)),
        }
    }

    /// Listed values of `unit`; all values where none is listed. "The last one" is only ever listed.
    fn listed_set(&self, unit: Unit) -> u64 {
        if self.lists(unit) {
            self.sets[unit.index()]
        } else if unit.zero_is_last() {
            !1
        } else {
            u64::MAX
        }
    }

    fn set_of(&self, unit: Unit) -> u64 {
        self.listed_set(unit) & self.limits_set(unit)
    }

    fn tick(&self) -> Tick {
        match self.smallest.map(|(_, unit)| unit) {
            Some(Unit::Second | Unit::Time) | None => Tick::Second,
            Some(Unit::Minute) => Tick::Minute,
            Some(Unit::Hour) => Tick::Hour,
            Some(Unit::Day | Unit::Weekday | Unit::DayOfYear) => Tick::Day,
            Some(Unit::DayInstance) => Tick::DayInstance,
            Some(Unit::WeekOfMonth) => Tick::WeekOfMonth,
            Some(Unit::WeekOfYear) => Tick::WeekOfYear,
            Some(Unit::Month) => Tick::Month,
            Some(Unit::Year) => Tick::Year,
        }
    }

    /// Where the time of the day comes from.
    fn pace(&self, tick: Tick) -> Pace {
        let given = |unit: Unit| {
            let all = bits(0, unit.max());
            self.lists(unit) && self.stepped & (1 << unit.index()) == 0 && self.set_of(unit) & all != all
        };
        if self.lists(Unit::Time) {
            Pace::AtTimes
        } else if tick >= Tick::Day {
            Pace::AtMidnight
        } else if given(Unit::Hour)
            && (tick >= Tick::Hour || given(Unit::Minute))
            && (tick >= Tick::Minute || given(Unit::Second))
        {
            Pace::AtFields
        } else {
            Pace::Elapsed
        }
    }

    /// The rule that these conditions make. `sole`: no exception takes a part of its time away.
    #[expect(clippy::cast_possible_truncation, reason = "each set is cut to the width of its unit")]
    pub(super) fn into_rule(mut self, sole: bool) -> Rule {
        let tick = self.tick();
        let pace = self.pace(tick);
        let times = self.settle_times();
        let mut rule = Rule {
            seconds: self.set_of(Unit::Second) & bits(0, 59),
            minutes: self.set_of(Unit::Minute) & bits(0, 59),
            hours: (self.set_of(Unit::Hour) & bits(0, 23)) as u32,
            days: self.listed_set(Unit::Day) as u32,
            months: (self.set_with_last(Unit::Month) & bits(1, 12)) as u16,
            weekdays: ((self.set_with_last(Unit::Weekday) >> 1) & 0x7f) as u8,
            tick,
            pace,
            rare: None,
        };
        const RARELY_LISTED: u16 = 1 << Unit::DayInstance as u16
            | 1 << Unit::DayOfYear as u16
            | 1 << Unit::WeekOfMonth as u16
            | 1 << Unit::WeekOfYear as u16
            | 1 << Unit::Year as u16;
        if !times.is_empty() || self.listed & RARELY_LISTED != 0 || self.rare.is_some() {
            self.add_rare(&mut rule, times);
        }
        if sole && !rule.has_time_limits() {
            rule.keep_first_of_pieces();
        }
        rule
    }

    /// Values of a unit whose last value is always the same.
    fn set_with_last(&self, unit: Unit) -> u64 {
        let listed = self.listed_set(unit);
        (listed | (listed & 1) << unit.max()) & self.limits_set(unit)
    }

    /// A single time of the day, or times that are each combination of some hours, minutes and seconds,
    /// become such sets; others are given back.
    fn settle_times(&mut self) -> Vec<u32> {
        let sets = match std::mem::take(&mut self.times) {
            Times::None => return Vec::new(),
            Times::One(time) => time_sets(&[time]),
            Times::Many(mut times) => {
                times.sort_unstable();
                times.dedup();
                let sets = time_sets(&times);
                let combinations: u32 = sets.iter().map(|set| set.count_ones()).product();
                if combinations as usize != times.len() {
                    return times;
                }
                sets
            }
        };
        for (unit, set) in [Unit::Hour, Unit::Minute, Unit::Second].into_iter().zip(sets) {
            self.sets[unit.index()] = self.listed_set(unit) & set;
            self.listed |= 1 << unit.index();
        }
        Vec::new()
    }

    /// Adds the conditions that few schedules have.
    fn add_rare(&self, rule: &mut Rule, times: Vec<u32>) {
        let mut rare = Rare { times: times.into_boxed_slice(), ..Rare::unrestricted() };
        if let Some(counted) = &self.rare {
            rare.days_before_last = counted.days_before_last;
            rare.nearest_weekdays = counted.nearest_weekdays;
            if counted.instances != [0; 7] {
                rule.weekdays = if self.sets[Unit::Weekday.index()] == 0 { 0 } else { rule.weekdays };
                for (day, &instances) in counted.instances.iter().enumerate() {
                    let listed_plainly = rule.weekdays & (1 << day) != 0;
                    rare.instances[day] = if listed_plainly { u8::MAX } else { instances };
                    rule.weekdays |= u8::from(instances != 0) << day;
                }
            }
        }
        self.add_weeks(&mut rare);
        self.add_years(&mut rare);
        let (from, before) = self.limits(Unit::Time);
        let midnight = DAY_SECONDS.unsigned_abs();
        rare.time_from = u64::from(from).min(midnight) as u32;
        rare.time_before = u64::from(before).min(midnight) as u32;
        if rare != Rare::unrestricted() {
            rule.rare = Some(Box::new(rare));
        }
    }

    fn add_weeks(&self, rare: &mut Rare) {
        rare.day_limits = self.limits_set(Unit::Day) as u32;
        if self.lists(Unit::DayInstance) || self.limits(Unit::DayInstance) != UNLIMITED {
            rare.instances = [(self.set_of(Unit::DayInstance) & bits(0, 5)) as u8; 7];
        }
        if self.lists(Unit::WeekOfMonth) {
            rare.weeks_of_month = self.sets[Unit::WeekOfMonth.index()] as u8;
        }
        rare.week_of_month_limits = self.limits_set(Unit::WeekOfMonth) as u8;
        if self.lists(Unit::WeekOfYear) {
            rare.weeks_of_year = self.sets[Unit::WeekOfYear.index()];
        }
        rare.week_of_year_limits = self.limits_set(Unit::WeekOfYear);
    }

    fn add_years(&self, rare: &mut Rare) {
        let Some(wide) = &self.rare else { return };
        if self.lists(Unit::DayOfYear) {
            rare.days_of_year = wide.days_of_year;
        }
        if self.limits(Unit::DayOfYear) != UNLIMITED {
            rare.day_of_year_limits = self.wide_limits(Unit::DayOfYear, 0);
        }
        let limited = self.limits(Unit::Year) != UNLIMITED;
        if self.lists(Unit::Year) || limited {
            let limits = self.wide_limits(Unit::Year, FIRST_YEAR);
            rare.years = Some(if self.lists(Unit::Year) { wide.years.intersection(limits) } else { limits });
        }
    }

    /// Values of `unit` within its limits, counted from `first`.
    fn wide_limits(&self, unit: Unit, first: u32) -> WideSet {
        let (from, before) = self.limits(unit);
        let mut set = WideSet::EMPTY;
        for value in from.max(first)..before.min(unit.max() + 1) {
            set.insert(value - first);
        }
        set
    }
}

/// The hours, minutes and seconds of `times`.
fn time_sets(times: &[u32]) -> [u64; 3] {
    times.iter().fold([0; 3], |[hours, minutes, seconds], &time| {
        [hours | 1 << (time / 3_600), minutes | 1 << (time / 60 % 60), seconds | 1 << (time % 60)]
    })
}

impl Rule {
    /// Where the first second of each piece does not depend on the day, keeps only that second: then each
    /// second left is an occurrence, and the search need not look at pieces.
    fn keep_first_of_pieces(&mut self) {
        if self.tick >= Tick::Minute {
            self.seconds &= self.seconds.wrapping_neg();
        }
        if self.tick >= Tick::Hour {
            self.minutes &= self.minutes.wrapping_neg();
        }
        if self.tick >= Tick::Day {
            self.hours &= self.hours.wrapping_neg();
        }
        if self.tick <= Tick::Day {
            self.tick = Tick::Second;
        }
    }
}
