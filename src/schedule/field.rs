//! Sets of allowed values as bits, with the bounds of each unit.

use super::calendar::DAY_SECONDS;

/// A unit of calendar time that a schedule can restrict.
///
/// The spans are those by which `@breejs/later` orders its constraints: the unit with the smallest
/// span says how often a rule occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    /// A time of the day, in seconds since midnight.
    Time,
    /// Day of the month; 0 = the last one.
    Day,
    /// Day of the week, 1 = Sunday; 0 = Saturday, the last one.
    Weekday,
    /// Which one of its weekday a day is in its month ("2nd Friday"); 0 = the last one.
    DayInstance,
    /// Day of the year; 0 = the last one.
    DayOfYear,
    /// Week of the month, beginning on Sundays; 0 = the last one.
    WeekOfMonth,
    /// ISO week of the year, beginning on Mondays; 0 = the last one.
    WeekOfYear,
    /// Month of the year; 0 = December, the last one.
    Month,
    Year,
}

impl Unit {
    /// Number of units, for tables by unit.
    pub(super) const COUNT: usize = 12;

    /// Place in tables by unit.
    pub(super) fn index(self) -> usize {
        self as usize
    }

    /// Smallest value with a meaning of its own.
    pub(super) fn min(self) -> u32 {
        match self {
            Unit::Second | Unit::Minute | Unit::Hour | Unit::Time => 0,
            Unit::Year => FIRST_YEAR,
            _ => 1,
        }
    }

    /// Largest value.
    pub(super) fn max(self) -> u32 {
        match self {
            Unit::Second | Unit::Minute => 59,
            Unit::Hour => 23,
            Unit::Time => 86_399,
            Unit::Day => 31,
            Unit::Weekday => 7,
            Unit::DayInstance => 5,
            Unit::DayOfYear => 366,
            Unit::WeekOfMonth => 6,
            Unit::WeekOfYear => 53,
            Unit::Month => 12,
            Unit::Year => LAST_YEAR,
        }
    }

    /// Whether 0 stands for the last value of the unit.
    pub(super) fn zero_is_last(self) -> bool {
        self.min() == 1
    }

    /// Length in seconds as `@breejs/later` counts it; equal for units of equal rank.
    pub(super) fn span_seconds(self) -> i64 {
        match self {
            Unit::Second | Unit::Time => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day | Unit::Weekday | Unit::DayOfYear => DAY_SECONDS,
            Unit::DayInstance | Unit::WeekOfMonth | Unit::WeekOfYear => 7 * DAY_SECONDS,
            Unit::Month => 2_629_740,
            Unit::Year => 31_556_900,
        }
    }
}

/// First year a schedule can name, as in the old package.
pub(super) const FIRST_YEAR: u32 = 1970;

/// Last year a schedule can name, as in the old package.
pub(super) const LAST_YEAR: u32 = 2099;

/// Bits `from..=to` of a set of up to 64 values.
pub(super) const fn bits(from: u32, to: u32) -> u64 {
    if from > to { 0 } else { (u64::MAX >> (63 - (to - from))) << from }
}

/// Bits `from, from + step, ...` up to `to`. `step` is at least 1.
pub(super) fn stepped_bits(from: u32, to: u32, step: u32) -> u64 {
    let mut set = 0;
    let mut value = from;
    while value <= to {
        set |= 1 << value;
        value = value.saturating_add(step);
    }
    set
}

/// A set of up to 384 values, for days of the year and years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WideSet([u64; 6]);

impl WideSet {
    pub(super) const EMPTY: WideSet = WideSet([0; 6]);
    pub(super) const FULL: WideSet = WideSet([u64::MAX; 6]);

    pub(super) fn insert(&mut self, value: u32) {
        self.0[(value / 64) as usize % 6] |= 1 << (value % 64);
    }

    pub(super) fn intersection(&self, other: WideSet) -> WideSet {
        let mut both = *self;
        for (left, right) in both.0.iter_mut().zip(other.0) {
            *left &= right;
        }
        both
    }

    /// Its values from `first` to `last`, ascending.
    pub(super) fn values(&self, first: u32, last: u32) -> Vec<u32> {
        (first..=last).filter(|&value| self.contains(value)).collect()
    }

    pub(super) fn contains(&self, value: u32) -> bool {
        self.0[(value / 64) as usize % 6] & (1 << (value % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_cover_both_ends() {
        assert_eq!(bits(0, 63), u64::MAX);
        assert_eq!(bits(1, 3), 0b1110);
        assert_eq!(bits(4, 3), 0);
        assert_eq!(stepped_bits(0, 59, 15), 1 | 1 << 15 | 1 << 30 | 1 << 45);
        assert_eq!(stepped_bits(5, 5, 100), 1 << 5);
    }

    #[test]
    fn wide_sets_reach_the_last_day_of_a_leap_year() {
        let mut set = WideSet::EMPTY;
        set.insert(366);
        set.insert(0);
        assert!(set.contains(366) && set.contains(0) && !set.contains(365));
    }
}
