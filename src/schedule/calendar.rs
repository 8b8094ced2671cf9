//! Wall-clock time as plain numbers: seconds, days, months and years of the proleptic Gregorian
//! calendar, without a time zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Seconds in a day of the wall clock.
pub(super) const DAY_SECONDS: i64 = 86_400;

/// What a wall clock shows, in seconds since it showed 1970-01-01T00:00:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WallTime(pub(super) i64);

impl WallTime {
    /// The wall clock at `day`, `second_of_day` seconds after midnight.
    pub(super) fn new(day: Day, second_of_day: u32) -> WallTime {
        WallTime(i64::from(day.0) * DAY_SECONDS + i64::from(second_of_day))
    }

    /// The day shown.
    pub(super) fn day(self) -> Day {
        // Timestamps reach no further than the years -9999 to 9999, four million days.
        #[expect(clippy::cast_possible_truncation, reason = "a day number of a timestamp fits 32 bits")]
        Day(self.0.div_euclid(DAY_SECONDS) as i32)
    }

    /// Seconds since midnight.
    pub(super) fn second_of_day(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "a remainder of 86,400 fits 32 bits")]
        let second = self.0.rem_euclid(DAY_SECONDS).unsigned_abs() as u32;
        second
    }

    /// One second earlier: turns "at or after" into "strictly after".
    pub(super) fn just_before(self) -> WallTime {
        WallTime(self.0 - 1)
    }

    /// The same reading as jiff's type; `None` outside of jiff's range.
    pub(super) fn to_datetime(self) -> Option<DateTime> {
        Some(Offset::UTC.to_datetime(Timestamp::from_second(self.0).ok()?))
    }
}

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) i32);

impl Day {
    /// Day of the week, 0 = Sunday.
    pub(super) fn weekday(self) -> u32 {
        // 1970-01-01 was a Thursday.
        (self.0 + 4).rem_euclid(7).unsigned_abs()
    }
}

/// A date of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i32,
    /// 1 to 12.
    pub(super) month: u32,
    /// 1 to 31.
    pub(super) day: u32,
}

impl From<Day> for Date {
    /// The shift to a year that begins in March puts the leap day last, so that month lengths
    /// follow one line (Howard Hinnant, "chrono-compatible low-level date algorithms").
    fn from(day: Day) -> Date {
        let shifted = day.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097).unsigned_abs();
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era.cast_signed() + era * 400 + i32::from(month <= 2);
        Date { year, month, day: day_of_year - (153 * march_month + 2) / 5 + 1 }
    }
}

impl Date {
    /// The day number of this date.
    pub(super) fn to_day(self) -> Day {
        let year = self.year - i32::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400).unsigned_abs();
        let march_month = if self.month > 2 { self.month - 3 } else { self.month + 9 };
        let day_of_year = (153 * march_month + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Day(era * 146_097 + day_of_era.cast_signed() - 719_468)
    }
}

/// Whether `year` has a 29th of February.
pub(super) fn is_leap(year: i32) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

/// Days in `month` (1 to 12) of `year`.
pub(super) fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A month, and where it lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Month {
    pub(super) year: i32,
    /// 1 to 12.
    pub(super) number: u32,
    /// Day number of its 1st.
    pub(super) first: Day,
    /// Number of days.
    pub(super) length: u32,
}

impl Month {
    pub(super) fn new(year: i32, number: u32, first: Day) -> Month {
        Month { year, number, first, length: days_in_month(year, number) }
    }

    /// The month after this one.
    pub(super) fn next(self) -> Month {
        let first = Day(self.first.0 + self.length.cast_signed());
        if self.number == 12 {
            Month::new(self.year + 1, 1, first)
        } else {
            Month::new(self.year, self.number + 1, first)
        }
    }

    /// Day number of its day `day`, from 1.
    pub(super) fn day(self, day: u32) -> Day {
        Day(self.first.0 + day.cast_signed() - 1)
    }

    /// All its days, as bits 1 to 28, 29, 30 or 31.
    pub(super) fn day_bits(self) -> u32 {
        (u32::MAX >> (31 - self.length)) & !1
    }

    /// The days 1 to 31 from its first that fall on one of `weekdays` (bit 0 = Sunday), as bits.
    pub(super) fn days_on(self, weekdays: u8) -> u32 {
        let twice = u32::from(weekdays) | u32::from(weekdays) << 7;
        let week = u64::from((twice >> self.first.weekday()) & 0x7f);
        let month = week | week << 7 | week << 14 | week << 21 | week << 28;
        #[expect(clippy::cast_possible_truncation, reason = "only the 31 days are wanted")]
        let days = (month << 1) as u32;
        days
    }
}

/// Day of the year of `day`, which lies in `year`, from 1.
pub(super) fn day_of_year(day: Day, year: i32) -> u32 {
    (day.0 - first_day(year).0 + 1).unsigned_abs()
}

/// Day number of the 1st of January of `year`.
pub(super) fn first_day(year: i32) -> Day {
    Date { year, month: 1, day: 1 }.to_day()
}

/// ISO week of `day`, which lies in calendar year `year`, and the number of weeks of that week's year.
pub(super) fn iso_week(day: Day, year: i32) -> (u32, u32) {
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

/// The month `number` of `year`.
#[cfg(test)]
pub(super) fn first_of_month(year: i32, number: u32) -> Month {
    Month::new(year, number, Date { year, month: number, day: 1 }.to_day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_day_numbers_agree_with_jiff_on_each_day_of_five_centuries() {
        let mut date = jiff::civil::date(1780, 1, 1);
        let first = Date { year: 1780, month: 1, day: 1 }.to_day();
        for step in 0..(500 * 366) {
            let day = Day(first.0 + step);
            let ours = Date::from(day);
            assert_eq!(
                (ours.year, ours.month, ours.day),
                (
                    i32::from(date.year()),
                    date.month().unsigned_abs().into(),
                    date.day().unsigned_abs().into()
                )
            );
            assert_eq!(ours.to_day(), day);
            assert_eq!(
                day.weekday(),
                u32::from(date.weekday().to_sunday_zero_offset().unsigned_abs()),
                "{date}"
            );
            assert_eq!(days_in_month(ours.year, ours.month), u32::from(date.days_in_month().unsigned_abs()));
            date = date.tomorrow().unwrap();
        }
    }

    #[test]
    fn wall_time_splits_into_day_and_second_before_1970_too() {
        let wall = WallTime(-1);
        assert_eq!((wall.day(), wall.second_of_day()), (Day(-1), 86_399));
        assert_eq!(WallTime::new(wall.day(), wall.second_of_day()), wall);
    }

    #[test]
    fn weekdays_fall_where_jiff_says() {
        for (year, number) in [(2024, 2), (2025, 6), (2026, 11), (2100, 2)] {
            let month = first_of_month(year, number);
            for weekday in 0..7 {
                let days = month.days_on(1 << weekday) & month.day_bits();
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
}
