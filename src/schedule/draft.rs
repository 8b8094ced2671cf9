//! Conditions as a parser collects them, and their making into a [`Rule`].

use super::field::{FIRST_YEAR, LAST_YEAR, Unit, WideSet, bits};
use super::rule::{Pace, Rare, Rule};
use super::tick::Tick;

/// A condition's side of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// At the value or after it.
    From,
    /// Before the value.
    Before,
}

/// Conditions collected so far; all have to hold.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Units with listed values, by bit.
    listed: u16,
    /// Units whose values came from a wildcard or a step, by bit.
    stepped: u16,
    /// Listed values of the units that fit 64 bits.
    sets: [u64; Unit::COUNT],
    days_of_year: WideSet,
    years: WideSet,
    times: Vec<u32>,
    /// Limits of each unit: smallest value allowed, and smallest not allowed any more.
    limits: [(u32, u32); Unit::COUNT],
    /// Smallest span of a condition, with its unit: what cuts the time into occurrences.
    smallest: Option<(i64, Unit)>,
    /// Conditions known only from cron: weekday instances, counted days.
    pub(super) instances: Option<[u8; 7]>,
    pub(super) days_before_last: u32,
    pub(super) nearest_weekdays: u32,
}

impl Default for Draft {
    fn default() -> Draft {
        Draft {
            listed: 0,
            stepped: 0,
            sets: [0; Unit::COUNT],
            days_of_year: WideSet::EMPTY,
            years: WideSet::EMPTY,
            times: Vec::new(),
            limits: [(0, u32::MAX); Unit::COUNT],
            smallest: None,
            instances: None,
            days_before_last: 0,
            nearest_weekdays: 0,
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
            Unit::DayOfYear => self.days_of_year.insert(value),
            Unit::Year => self.years.insert(value.saturating_sub(FIRST_YEAR)),
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

    /// Says that the values of `unit` are those of a wildcard or an interval.
    pub(super) fn mark_stepped(&mut self, unit: Unit) {
        self.stepped |= 1 << unit.index();
    }

    /// Takes back the values of `unit`.
    pub(super) fn forget(&mut self, unit: Unit) {
        self.sets[unit.index()] = 0;
    }

    /// Restricts `unit` to one side of `value`.
    pub(super) fn limit(&mut self, unit: Unit, limit: Limit, value: u32) {
        let (from, before) = &mut self.limits[unit.index()];
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

    fn note_listed(&mut self, unit: Unit) {
        if self.listed & (1 << unit.index()) == 0 {
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

    /// Listed values of `unit` within its limits; all values where none is listed.
    fn set_of(&self, unit: Unit) -> u64 {
        let listed = if self.lists(unit) { self.sets[unit.index()] } else { u64::MAX };
        listed & self.limits_of(unit)
    }

    fn limits_of(&self, unit: Unit) -> u64 {
        let (from, before) = self.limits[unit.index()];
        bits(from.min(63), before.saturating_sub(1).min(63)) & if before == 0 { 0 } else { u64::MAX }
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

    /// Whether hours, minutes and seconds are all given as numbers, or follow from a larger unit.
    fn pace(&self, tick: Tick) -> Pace {
        let given = |unit: Unit, implied_from: Tick| {
            let by_number = self.lists(unit) && self.stepped & (1 << unit.index()) == 0;
            by_number && self.set_of(unit) & bits(0, unit.max()) != bits(0, unit.max())
                || tick >= implied_from
        };
        let fixed = self.lists(Unit::Time)
            || (given(Unit::Hour, Tick::Day)
                && given(Unit::Minute, Tick::Hour)
                && given(Unit::Second, Tick::Minute));
        if fixed { Pace::Fixed } else { Pace::Elapsed }
    }

    /// The rule that these conditions make. `sole`: no exception takes a part of its time away.
    #[expect(clippy::cast_possible_truncation, reason = "each set is cut to the width of its unit")]
    pub(super) fn into_rule(mut self, sole: bool) -> Rule {
        let tick = self.tick();
        let pace = self.pace(tick);
        let mut rare = Rare::unrestricted();
        self.settle_times(&mut rare);
        let mut rule = Rule {
            seconds: self.set_of(Unit::Second) & bits(0, 59),
            minutes: self.set_of(Unit::Minute) & bits(0, 59),
            hours: (self.set_of(Unit::Hour) & bits(0, 23)) as u32,
            days: self.days(),
            months: self.months(),
            weekdays: self.weekdays(),
            tick,
            pace,
            rare: None,
        };
        self.fill(&mut rare);
        if rare != Rare::unrestricted() {
            rule.rare = Some(Box::new(rare));
        }
        if sole && !rule.has_time_limits() {
            rule.keep_first_of_pieces();
        }
        rule
    }

    #[expect(clippy::cast_possible_truncation, reason = "the set is cut to 32 bits")]
    fn days(&self) -> u32 {
        if self.lists(Unit::Day) {
            self.sets[Unit::Day.index()] as u32
        } else if self.days_before_last != 0 || self.nearest_weekdays != 0 {
            0
        } else {
            !1
        }
    }

    /// Months as bits 1 to 12; 0 is the last one.
    #[expect(clippy::cast_possible_truncation, reason = "the set is cut to 13 bits")]
    fn months(&self) -> u16 {
        let listed = if self.lists(Unit::Month) { self.sets[Unit::Month.index()] } else { u64::MAX };
        let set = (listed | (listed & 1) << 12) & self.limits_of(Unit::Month);
        (set & bits(1, 12)) as u16
    }

    /// Days of the week as bits 0 to 6 from values 1 to 7; 0 is the last one, Saturday.
    #[expect(clippy::cast_possible_truncation, reason = "the set is cut to 8 bits")]
    fn weekdays(&self) -> u8 {
        let listed = if self.lists(Unit::Weekday) { self.sets[Unit::Weekday.index()] } else { u64::MAX };
        let set = (listed | (listed & 1) << 7) & self.limits_of(Unit::Weekday);
        ((set >> 1) & 0x7f) as u8
    }

    /// A single time of the day, or times that are each combination of some hours, minutes and seconds,
    /// become such sets; others stay a list.
    fn settle_times(&mut self, rare: &mut Rare) {
        let (from, before) = self.limits[Unit::Time.index()];
        rare.time_from = from.min(86_400);
        rare.time_before = before.min(86_400);
        if self.times.is_empty() {
            return;
        }
        self.times.sort_unstable();
        self.times.dedup();
        let mut sets = [0_u64; 3];
        for &time in &self.times {
            sets[0] |= 1 << (time / 3_600);
            sets[1] |= 1 << (time / 60 % 60);
            sets[2] |= 1 << (time % 60);
        }
        let combinations: u32 = sets.iter().map(|set| set.count_ones()).product();
        if combinations as usize == self.times.len() {
            for (unit, set) in [Unit::Hour, Unit::Minute, Unit::Second].into_iter().zip(sets) {
                self.sets[unit.index()] = self.set_of(unit) & set;
                self.listed |= 1 << unit.index();
            }
        } else {
            rare.times = std::mem::take(&mut self.times).into_boxed_slice();
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "each set is cut to the width of its unit")]
    fn fill(&self, rare: &mut Rare) {
        rare.day_limits = self.limits_of(Unit::Day) as u32;
        rare.days_before_last = self.days_before_last;
        rare.nearest_weekdays = self.nearest_weekdays;
        if self.lists(Unit::DayInstance) || self.limits_of(Unit::DayInstance) != u64::MAX {
            rare.instances = [(self.set_of(Unit::DayInstance) & 0x3f) as u8; 7];
        }
        if let Some(instances) = self.instances {
            rare.instances = instances;
        }
        if self.lists(Unit::WeekOfMonth) {
            rare.weeks_of_month = self.sets[Unit::WeekOfMonth.index()] as u8;
        }
        rare.week_of_month_limits = self.limits_of(Unit::WeekOfMonth) as u8;
        if self.lists(Unit::WeekOfYear) {
            rare.weeks_of_year = self.sets[Unit::WeekOfYear.index()];
        }
        rare.week_of_year_limits = self.limits_of(Unit::WeekOfYear);
        if self.lists(Unit::DayOfYear) {
            rare.days_of_year = self.days_of_year;
        }
        rare.day_of_year_limits = self.wide_limits(Unit::DayOfYear, 0, 383);
        let years = self.wide_limits(Unit::Year, FIRST_YEAR, LAST_YEAR);
        if self.lists(Unit::Year) {
            rare.years = Some(self.years.intersection(years));
        } else if self.limits[Unit::Year.index()] != (0, u32::MAX) {
            rare.years = Some(years);
        }
    }

    /// Values of `unit` within its limits, `first..=last`, counted from `first`.
    fn wide_limits(&self, unit: Unit, first: u32, last: u32) -> WideSet {
        let (from, before) = self.limits[unit.index()];
        if (from, before) == (0, u32::MAX) && unit == Unit::DayOfYear {
            return WideSet::FULL;
        }
        let mut set = WideSet::EMPTY;
        for value in from.max(first)..before.min(last + 1) {
            set.insert(value - first);
        }
        set
    }
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
