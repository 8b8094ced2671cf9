//! Conditions as a parser collects them.

use super::field::{FIRST_YEAR, Unit, WideSet, bits};

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
    pub(super) listed: u16,
    /// Units whose values come from a wildcard or a step, by bit.
    pub(super) stepped: u16,
    /// Listed values of the units that fit 64 bits.
    pub(super) sets: [u64; Unit::COUNT],
    /// Listed times of the day.
    pub(super) times: Times,
    /// Smallest span of a condition, with its unit: what cuts the time into occurrences.
    pub(super) smallest: Option<(i64, Unit)>,
    /// Apart, since few schedules have them.
    pub(super) rare: Option<Box<RareDraft>>,
}

/// Times of the day, in seconds.
#[derive(Debug, Default)]
pub(super) enum Times {
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
pub(super) struct RareDraft {
    pub(super) days_of_year: WideSet,
    pub(super) years: WideSet,
    /// Limits of each unit: smallest value allowed, and smallest not allowed any more.
    pub(super) limits: [(u32, u32); Unit::COUNT],
    /// More than one limit of the time of the day on the same side: together they are no window over midnight.
    pub(super) has_several_time_limits: bool,
    /// See [`Rare::days_before_last`](super::rare::Rare::days_before_last).
    pub(super) days_before_last: u32,
    /// See [`Rare::nearest_weekdays`](super::rare::Rare::nearest_weekdays).
    pub(super) nearest_weekdays: u32,
    /// For each day of the week, instances asked for beside the days of the week listed without one.
    pub(super) instances: [u8; 7],
}

/// Limits that allow everything.
pub(super) const UNLIMITED: (u32, u32) = (0, u32::MAX);

impl Default for RareDraft {
    fn default() -> RareDraft {
        RareDraft {
            days_of_year: WideSet::EMPTY,
            years: WideSet::EMPTY,
            limits: [UNLIMITED; Unit::COUNT],
            has_several_time_limits: false,
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
        let rare = self.rare_mut();
        let (from, before) = &mut rare.limits[unit.index()];
        let known = match limit {
            Limit::From => std::mem::replace(from, (*from).max(value)) > 0,
            Limit::Before => std::mem::replace(before, (*before).min(value)) < u32::MAX,
        };
        rare.has_several_time_limits |= known && unit == Unit::Time;
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

    pub(super) fn lists(&self, unit: Unit) -> bool {
        self.listed & (1 << unit.index()) != 0
    }

    /// Whether values of `unit` are listed, or limited to one side of a value.
    pub(super) fn restricts(&self, unit: Unit) -> bool {
        self.lists(unit) || self.limits(unit) != UNLIMITED
    }

    pub(super) fn limits(&self, unit: Unit) -> (u32, u32) {
        self.rare.as_ref().map_or(UNLIMITED, |rare| rare.limits[unit.index()])
    }

    /// Values of a unit of up to 64 values that its limits allow.
    pub(super) fn limits_set(&self, unit: Unit) -> u64 {
        match self.limits(unit) {
            UNLIMITED => u64::MAX,
            (_, 0) => 0,
            (from, before) => bits(from.min(63), (before - 1).min(63)),
        }
    }

    /// Listed values of `unit`; all values where none is listed. "The last one" is only ever listed.
    pub(super) fn listed_set(&self, unit: Unit) -> u64 {
        if self.lists(unit) {
            self.sets[unit.index()]
        } else if unit.zero_is_last() {
            !1
        } else {
            u64::MAX
        }
    }

    pub(super) fn set_of(&self, unit: Unit) -> u64 {
        self.listed_set(unit) & self.limits_set(unit)
    }
}
