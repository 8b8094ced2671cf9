//! One rule: a set of calendar conditions that must all hold, and how often it occurs while they do.
//!
//! The meaning is that of `@breejs/later`: a rule describes the time in which each of its conditions holds,
//! cut into pieces by its smallest unit, and each piece is one occurrence. A piece of up to a day occurs at
//! its first second, if that is allowed; a larger one (a week, a month) at the beginning of its first allowed
//! day.

use super::calendar::Month;
use super::rare::{Rare, year_index};
use super::tick::Tick;

/// Where the time of the day comes from; says how a rule meets a change of the clocks. Debian's cron draws
/// the line between the last one and the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Times of the day ("at 10:15").
    AtTimes,
    /// A unit of a day or more: midnight.
    AtMidnight,
    /// Hours, minutes and seconds given as numbers.
    AtFields,
    /// A wildcard or an interval in one of them.
    Elapsed,
}

/// Conditions that must all hold. Each bit of a set is one allowed value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) seconds: u64,
    pub(super) minutes: u64,
    pub(super) hours: u32,
    /// Days of the month, bits 1 to 31; bit 0 = the last one.
    pub(super) days: u32,
    /// Months, bits 1 to 12.
    pub(super) months: u16,
    /// Days of the week, bit 0 = Sunday.
    pub(super) weekdays: u8,
    pub(super) tick: Tick,
    pub(super) pace: Pace,
    /// What few rules have, kept apart to keep the others small.
    pub(super) rare: Option<Box<Rare>>,
}

impl Rule {
    /// The days of `month` on which the rule's day conditions hold, as bits 1 to 31.
    pub(super) fn days_in(&self, month: Month) -> u32 {
        if self.months & (1 << month.number) == 0 {
            return 0;
        }
        let mut days = self.days | ((self.days & 1) << month.length);
        if let Some(rare) = &self.rare {
            days |= rare.counted_days(month);
        }
        days &= month.day_bits();
        if self.weekdays != 0x7f {
            days &= month.days_on(self.weekdays);
        }
        match &self.rare {
            Some(rare) if days != 0 => rare.keep_days(days, month),
            _ => days,
        }
    }

    /// The seconds of `hour`:`minute` at which the rule's time conditions hold, as bits 0 to 59.
    pub(super) fn seconds_of(&self, hour: u32, minute: u32) -> u64 {
        if self.hours & (1 << hour) == 0 || self.minutes & (1 << minute) == 0 {
            return 0;
        }
        match &self.rare {
            None => self.seconds,
            Some(rare) => self.seconds & rare.seconds_of(hour * 3_600 + minute * 60),
        }
    }

    /// First second of the day from `from` on that the sets of hours, minutes and seconds allow.
    pub(super) fn first_in_sets(&self, from: u32) -> Option<u32> {
        let (hour, minute, second) = (from / 3_600, from / 60 % 60, from % 60);
        let Rule { seconds, minutes, hours, .. } = *self;
        if seconds == 0 || minutes == 0 {
            return None;
        }
        let time = |hour: u32, minute: u32, second: u32| Some(hour * 3_600 + minute * 60 + second);
        if hours & (1 << hour) != 0 {
            let seconds_left = seconds & (u64::MAX << second);
            if minutes & (1 << minute) != 0 && seconds_left != 0 {
                return time(hour, minute, seconds_left.trailing_zeros());
            }
            let minutes_left = minutes & (u64::MAX << minute << 1);
            if minutes_left != 0 {
                return time(hour, minutes_left.trailing_zeros(), seconds.trailing_zeros());
            }
        }
        let hours_left = hours & (u32::MAX << hour << 1);
        if hours_left == 0 {
            return None;
        }
        time(hours_left.trailing_zeros(), minutes.trailing_zeros(), seconds.trailing_zeros())
    }

    /// Whether no day of `year` can match, by the rule's years alone.
    pub(super) fn excludes_year(&self, year: i32) -> bool {
        let years = self.rare.as_ref().and_then(|rare| rare.years);
        years.is_some_and(|years| !years.contains(year_index(year)))
    }

    /// Whether the time of the day is restricted by more than the sets of hours, minutes and seconds.
    pub(super) fn has_time_limits(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.time_from > 0 || rare.time_before < 86_400)
    }
}
