//! One rule: a set of calendar conditions that must all hold, and how often it occurs while they do.
//!
//! The meaning is that of `@breejs/later`: a rule describes the stretches of time in which each of its
//! conditions holds, cut into pieces by its smallest unit (its [`Tick`]); each piece is one
//! occurrence, at its first second.

use super::calendar::{Day, days_in_month, is_leap};
use super::field::{FIRST_YEAR, WideSet};
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

/// Conditions that few schedules use.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rare {
    /// Allowed days of the month, bits 1 to 31, whatever `Rule::days` lists ("after 10th day").
    pub(super) day_limits: u32,
    /// Days counted from the end of the month: bit n = n days before the last one.
    pub(super) days_before_last: u32,
    /// Days of the month whose nearest day from Monday to Friday is meant; bit 0 = the last day from
    /// Monday to Friday.
    pub(super) nearest_weekdays: u32,
    /// For each day of the week, its allowed instances in the month: bits 1 to 5; bit 0 = the last.
    pub(super) instances: [u8; 7],
    /// Weeks of the month, bits 1 to 6; bit 0 = the last one.
    pub(super) weeks_of_month: u8,
    /// Allowed weeks of the month whatever `weeks_of_month` lists.
    pub(super) week_of_month_limits: u8,
    /// ISO weeks, bits 1 to 53; bit 0 = the last one.
    pub(super) weeks_of_year: u64,
    /// Allowed ISO weeks whatever `weeks_of_year` lists.
    pub(super) week_of_year_limits: u64,
    /// Days of the year, 1 to 366; 0 = the last one.
    pub(super) days_of_year: WideSet,
    /// Allowed days of the year whatever `days_of_year` lists.
    pub(super) day_of_year_limits: WideSet,
    /// Years, counted from 1970; `None` = each.
    pub(super) years: Option<WideSet>,
    /// Times of the day in seconds, ascending; empty = each.
    pub(super) times: Box<[u32]>,
    /// First second of the day allowed.
    pub(super) time_from: u32,
    /// First second of the day not allowed any more.
    pub(super) time_before: u32,
}

impl Rare {
    /// No condition at all.
    pub(super) fn unrestricted() -> Rare {
        Rare {
            day_limits: u32::MAX,
            days_before_last: 0,
            nearest_weekdays: 0,
            instances: [u8::MAX; 7],
            weeks_of_month: u8::MAX,
            week_of_month_limits: u8::MAX,
            weeks_of_year: u64::MAX,
            week_of_year_limits: u64::MAX,
            days_of_year: WideSet::FULL,
            day_of_year_limits: WideSet::FULL,
            years: None,
            times: Box::default(),
            time_from: 0,
            time_before: 86_400,
        }
    }
}

/// What the search needs to know of a month.
#[derive(Clone, Copy, Debug)]
pub(super) struct Month {
    pub(super) year: i32,
    /// 1 to 12.
    pub(super) month: u32,
    /// Day number of its 1st.
    pub(super) first: Day,
    /// Number of days.
    pub(super) length: u32,
}

impl Month {
    pub(super) fn new(year: i32, month: u32, first: Day) -> Month {
        Month { year, month, first, length: days_in_month(year, month) }
    }

    /// The month after this one.
    pub(super) fn next(self) -> Month {
        let first = Day(self.first.0 + self.length.cast_signed());
        if self.month == 12 {
            Month::new(self.year + 1, 1, first)
        } else {
            Month::new(self.year, self.month + 1, first)
        }
    }

    /// Bits of the days of this month: 1 to 28, 29, 30 or 31.
    fn all_days(self) -> u32 {
        (u32::MAX >> (31 - self.length)) & !1
    }
}

impl Rule {
    /// The days of `month` on which the rule's day conditions hold, as bits 1 to 31.
    pub(super) fn days_in(&self, month: Month) -> u32 {
        if self.months & (1 << month.month) == 0 {
            return 0;
        }
        let mut days = self.days | ((self.days & 1) << month.length);
        if let Some(rare) = &self.rare {
            days |= rare.counted_days(month);
        }
        days &= month.all_days();
        if self.weekdays != 0x7f {
            days &= weekday_pattern(self.weekdays, month.first);
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

/// The days of a month, beginning on `first`, that fall on one of `weekdays`, as bits 1 to 31.
fn weekday_pattern(weekdays: u8, first: Day) -> u32 {
    let shift = first.weekday();
    let twice = u32::from(weekdays) | u32::from(weekdays) << 7;
    let week = u64::from((twice >> shift) & 0x7f);
    let month = week | week << 7 | week << 14 | week << 21 | week << 28;
    #[expect(clippy::cast_possible_truncation, reason = "only the 31 days are wanted")]
    let days = (month << 1) as u32;
    days
}

impl Rare {
    /// Days that are named by counting: from the end of the month, or to the nearest weekday.
    fn counted_days(&self, month: Month) -> u32 {
        let mut days = 0;
        let mut from_end = self.days_before_last;
        while from_end != 0 {
            let before = from_end.trailing_zeros();
            if before < month.length {
                days |= 1 << (month.length - before);
            }
            from_end &= from_end - 1;
        }
        let mut wanted = self.nearest_weekdays;
        while wanted != 0 {
            if let Some(day) = nearest_weekday(wanted.trailing_zeros(), month) {
                days |= 1 << day;
            }
            wanted &= wanted - 1;
        }
        days
    }

    /// Those of `days` on which the conditions of weeks, years and instances hold.
    fn keep_days(&self, days: u32, month: Month) -> u32 {
        if self.years.is_some_and(|years| !years.contains(year_index(month.year))) {
            return 0;
        }
        let mut kept = days & self.day_limits;
        let mut rest = kept;
        while rest != 0 {
            let day = rest.trailing_zeros();
            if !self.holds_on(day, month) {
                kept &= !(1 << day);
            }
            rest &= rest - 1;
        }
        kept
    }

    fn holds_on(&self, day: u32, month: Month) -> bool {
        let number = Day(month.first.0 + day.cast_signed() - 1);
        let weekday = number.weekday();
        let instances = self.instances[weekday as usize % 7];
        if instances != u8::MAX {
            let last = day + 7 > month.length;
            if instances & (1 << ((day - 1) / 7 + 1)) == 0 && !(last && instances & 1 != 0) {
                return false;
            }
        }
        self.holds_in_week_of_month(day, month)
            && self.holds_in_week_of_year(number, month.year)
            && self.holds_in_day_of_year(number, month.year)
    }

    fn holds_in_week_of_month(&self, day: u32, month: Month) -> bool {
        if self.weeks_of_month == u8::MAX && self.week_of_month_limits == u8::MAX {
            return true;
        }
        let week_of = |day: u32| (day + month.first.weekday() - 1) / 7 + 1;
        let week = week_of(day);
        let last = week == week_of(month.length);
        self.week_of_month_limits & (1 << week) != 0
            && (self.weeks_of_month & (1 << week) != 0 || (last && self.weeks_of_month & 1 != 0))
    }

    fn holds_in_week_of_year(&self, day: Day, year: i32) -> bool {
        if self.weeks_of_year == u64::MAX && self.week_of_year_limits == u64::MAX {
            return true;
        }
        let (week, last) = iso_week(day, year);
        self.week_of_year_limits & (1 << week) != 0
            && (self.weeks_of_year & (1 << week) != 0 || (week == last && self.weeks_of_year & 1 != 0))
    }

    fn holds_in_day_of_year(&self, day: Day, year: i32) -> bool {
        if self.days_of_year == WideSet::FULL && self.day_of_year_limits == WideSet::FULL {
            return true;
        }
        let number = day_of_year(day, year);
        let last = number == 365 + u32::from(is_leap(year));
        self.day_of_year_limits.contains(number)
            && (self.days_of_year.contains(number) || (last && self.days_of_year.contains(0)))
    }

    fn seconds_of(&self, minute_start: u32) -> u64 {
        let mut seconds = if self.times.is_empty() {
            u64::MAX
        } else {
            let from = self.times.partition_point(|&time| time < minute_start);
            self.times[from..]
                .iter()
                .take_while(|&&time| time < minute_start + 60)
                .fold(0, |set, &time| set | 1 << (time - minute_start))
        };
        if self.time_from > minute_start {
            seconds &= u64::MAX.checked_shl(self.time_from - minute_start).unwrap_or(0);
        }
        if self.time_before < minute_start + 60 {
            seconds &= !u64::MAX.checked_shl(self.time_before.saturating_sub(minute_start)).unwrap_or(0);
        }
        seconds
    }
}

/// Place of `year` in a set of years; years before 1970 share a place outside of any set.
fn year_index(year: i32) -> u32 {
    year.checked_sub_unsigned(FIRST_YEAR)
        .and_then(|index| u32::try_from(index).ok())
        .map_or(383, |index| index.min(383))
}

/// The day from Monday to Friday nearest to `day` within its month; `day` 0 = the last one of the month.
fn nearest_weekday(day: u32, month: Month) -> Option<u32> {
    let weekday = |day: u32| Day(month.first.0 + day.cast_signed() - 1).weekday();
    if day == 0 {
        return Some(match weekday(month.length) {
            0 => month.length - 2,
            6 => month.length - 1,
            _ => month.length,
        });
    }
    if day > month.length {
        return None;
    }
    Some(match weekday(day) {
        0 if day == month.length => day - 2,
        0 => day + 1,
        6 if day == 1 => day + 2,
        6 => day - 1,
        _ => day,
    })
}

/// Day of the year of `day`, which lies in `year`, from 1.
fn day_of_year(day: Day, year: i32) -> u32 {
    (day.0 - first_day(year).0 + 1).unsigned_abs()
}

/// Day number of the 1st of January of `year`.
pub(super) fn first_day(year: i32) -> Day {
    super::calendar::Date { year, month: 1, day: 1 }.to_day()
}

/// ISO week of `day`, which lies in calendar year `year`, and the number of weeks of that week's year.
fn iso_week(day: Day, year: i32) -> (u32, u32) {
    // A week belongs to the year that has its Thursday.
    let monday_based = (day.weekday() + 6) % 7;
    let thursday = Day(day.0 + 3 - monday_based.cast_signed());
    let year_start = first_day(year);
    let next_start = first_day(year + 1);
    let (year, start) = if thursday < year_start {
        (year - 1, first_day(year - 1))
    } else if thursday >= next_start {
        (year + 1, next_start)
    } else {
        (year, year_start)
    };
    let week = (thursday.0 - start.0).unsigned_abs() / 7 + 1;
    let long = start.weekday() == 4 || Day(first_day(year + 1).0 - 1).weekday() == 4;
    (week, 52 + u32::from(long))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(year: i32, month: u32) -> Month {
        Month::new(year, month, super::super::calendar::Date { year, month, day: 1 }.to_day())
    }

    #[test]
    fn weekdays_fall_where_jiff_says() {
        for (year, number) in [(2024, 2), (2025, 6), (2026, 11), (2100, 2)] {
            let month = month(year, number);
            for weekday in 0..7 {
                let days = weekday_pattern(1 << weekday, month.first) & month.all_days();
                for day in 1..=month.length {
                    let date = jiff::civil::date(
                        i16::try_from(year).unwrap(),
                        i8::try_from(number).unwrap(),
                        i8::try_from(day).unwrap(),
                    );
                    let wanted = date.weekday().to_sunday_zero_offset() == weekday;
                    assert_eq!(days & (1 << day) != 0, wanted, "{date}");
                }
            }
        }
    }

    #[test]
    fn iso_weeks_agree_with_jiff_on_each_day_of_four_centuries() {
        let mut date = jiff::civil::date(1970, 1, 1);
        for number in 0..146_097 {
            let (week, last) = iso_week(Day(number), i32::from(date.year()));
            let iso = date.iso_week_date();
            assert_eq!(week, u32::from(iso.week().unsigned_abs()), "{date}");
            assert_eq!(last, u32::from(iso.weeks_in_year().unsigned_abs()), "{date}");
            date = date.tomorrow().unwrap();
        }
    }

    #[test]
    fn the_nearest_weekday_stays_in_its_month() {
        // March 2026 begins on a Sunday, August 2026 on a Saturday; May 2026 ends on a Sunday.
        assert_eq!(nearest_weekday(1, month(2026, 3)), Some(2));
        assert_eq!(nearest_weekday(1, month(2026, 8)), Some(3));
        assert_eq!(nearest_weekday(15, month(2026, 8)), Some(14));
        assert_eq!(nearest_weekday(31, month(2026, 5)), Some(29));
        assert_eq!(nearest_weekday(0, month(2026, 5)), Some(29));
        assert_eq!(nearest_weekday(31, month(2026, 6)), None);
    }
}
