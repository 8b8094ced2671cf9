//! Conditions that few schedules use, kept apart from the rule to keep the others small.

use super::calendar::{Day, Month, day_of_year, is_leap, iso_week};
use super::field::{FIRST_YEAR, WideSet};

/// Conditions of days, weeks and times beyond those of a [`Rule`](super::rule::Rule).
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
    /// First second of the day not allowed any more. If it is the earlier one, they allow the time over
    /// midnight: from the beginning of the day to here, and from `time_from` to its end.
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

impl Rare {
    /// Days that are named by counting: from the end of the month, or to the nearest weekday.
    pub(super) fn counted_days(&self, month: Month) -> u32 {
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
    pub(super) fn keep_days(&self, days: u32, month: Month) -> u32 {
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
        let number = month.day(day);
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

    /// Of the minute that begins at `minute_start`, the seconds at which the conditions of times hold.
    pub(super) fn seconds_of(&self, minute_start: u32) -> u64 {
        let seconds = if self.times.is_empty() {
            u64::MAX
        } else {
            let from = self.times.partition_point(|&time| time < minute_start);
            self.times[from..]
                .iter()
                .take_while(|&&time| time < minute_start + 60)
                .fold(0, |set, &time| set | 1 << (time - minute_start))
        };
        let from_on = |time: u32| u64::MAX.checked_shl(time.saturating_sub(minute_start)).unwrap_or(0);
        let (from, before) = (from_on(self.time_from), !from_on(self.time_before));
        seconds & if self.is_over_midnight() { from | before } else { from & before }
    }

    /// Whether the time of the day is limited to a window over midnight.
    pub(super) fn is_over_midnight(&self) -> bool {
        self.time_before < self.time_from
    }
}

/// Place of `year` in a set of years; years before 1970 share a place outside of any set.
pub(super) fn year_index(year: i32) -> u32 {
    year.checked_sub_unsigned(FIRST_YEAR)
        .and_then(|index| u32::try_from(index).ok())
        .map_or(383, |index| index.min(383))
}

/// The day from Monday to Friday nearest to `day` within its month; `day` 0 = the last one of the month.
fn nearest_weekday(day: u32, month: Month) -> Option<u32> {
    let weekday = |day: u32| month.day(day).weekday();
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

#[cfg(test)]
mod tests {
    use super::super::calendar::first_of_month;
    use super::*;

    #[test]
    fn the_nearest_weekday_stays_in_its_month() {
        // March 2026 begins on a Sunday, August 2026 on a Saturday; May 2026 ends on a Sunday.
        assert_eq!(nearest_weekday(1, first_of_month(2026, 3)), Some(2));
        assert_eq!(nearest_weekday(1, first_of_month(2026, 8)), Some(3));
        assert_eq!(nearest_weekday(15, first_of_month(2026, 8)), Some(14));
        assert_eq!(nearest_weekday(31, first_of_month(2026, 5)), Some(29));
        assert_eq!(nearest_weekday(0, first_of_month(2026, 5)), Some(29));
        assert_eq!(nearest_weekday(31, first_of_month(2026, 6)), None);
    }
}
