//! The walk to the next time at which a rule holds, on the wall clock.
//!
//! Nothing here steps through seconds: months are skipped by their set of allowed days, hours, minutes
//! and seconds by the next set bit. Whether a day of a year can match depends on very little (whether the
//! year and the one before it are leap years, and the weekday of its 1st of January), so a year that is
//! like one already searched in vain is passed over, and "never" is known after at most 28 years.

use super::alternatives::MOST_PARTS;
use super::calendar::{Date, Day, Month, WallTime, first_day, is_leap};
use super::rule::Rule;
use super::tick::Tick;

/// The calendar repeats itself after this many years, leap days and weekdays alike.
const CALENDAR_CYCLE_YEARS: i32 = 400;

impl Rule {
    /// First occurrence strictly after `after`, leaving out the time in which an exception holds.
    pub(super) fn next_after(&self, after: WallTime, exceptions: &[Rule]) -> Option<WallTime> {
        if self.tick == Tick::Moment {
            return self.first_at(WallTime(after.0 + 1), exceptions);
        }
        let (piece_start, piece_end) = self.days_of_piece(after.day());
        let first = self.first_at(WallTime::new(piece_start, 0), exceptions)?;
        if first > after { Some(first) } else { self.first_at(WallTime::new(piece_end, 0), exceptions) }
    }

    /// First second from `from` on at which all conditions hold and no exception does.
    fn first_at(&self, from: WallTime, exceptions: &[Rule]) -> Option<WallTime> {
        let mut search = Search { rule: self, exceptions, known_empty: Vec::new() };
        let Date { year, month, day } = Date::from(from.day());
        let first = Day(from.day().0 + 1 - day.cast_signed());
        search.run(Month::new(year, month, first), day, from.second_of_day())
    }
}

/// One search; remembers which combinations of exceptions leave nothing of a day.
struct Search<'a> {
    rule: &'a Rule,
    exceptions: &'a [Rule],
    /// Sets of exceptions (bit by index) that together cover the rule's whole day.
    known_empty: Vec<u32>,
}

impl Search<'_> {
    fn run(&mut self, start: Month, start_day: u32, start_second: u32) -> Option<WallTime> {
        let days = self.rule.days_in(start);
        if days & (1 << start_day) != 0 {
            let active = if self.exceptions.is_empty() { 0 } else { self.exceptions_in(start).on(start_day) };
            if let Some(second) = self.time_from(start_second, active) {
                return Some(WallTime::new(start.day(start_day), second));
            }
        }
        let later_days = days & u32::MAX.checked_shl(start_day + 1).unwrap_or(0);
        if let Some(found) = self.first_of(start, later_days) {
            return Some(found);
        }
        let mut month = start;
        while month.number < 12 {
            month = month.next();
            if let Some(found) = self.first_of(month, self.rule.days_in(month)) {
                return Some(found);
            }
        }
        self.later_years(month.next())
    }

    /// Searches whole years, each kind of year once.
    fn later_years(&mut self, january: Month) -> Option<WallTime> {
        let mut searched_in_vain = 0_u32;
        for year in january.year..january.year + CALENDAR_CYCLE_YEARS {
            if self.rule.excludes_year(year) {
                continue;
            }
            let kind = 1 << year_kind(year);
            if searched_in_vain & kind != 0 {
                continue;
            }
            let mut month = Month::new(year, 1, first_day(year));
            loop {
                if let Some(found) = self.first_of(month, self.rule.days_in(month)) {
                    return Some(found);
                }
                if month.number == 12 {
                    break;
                }
                month = month.next();
            }
            searched_in_vain |= kind;
        }
        None
    }

    /// First time on the earliest of `days` that has one.
    fn first_of(&mut self, month: Month, days: u32) -> Option<WallTime> {
        if days == 0 {
            return None;
        }
        if self.exceptions.is_empty() {
            // Each day is like the others.
            let second = self.time_from(0, 0)?;
            return Some(WallTime::new(month.day(days.trailing_zeros()), second));
        }
        let exceptions = self.exceptions_in(month);
        let mut rest = days;
        while rest != 0 {
            let day = rest.trailing_zeros();
            let active = exceptions.on(day);
            if let Some(second) = self.first_time(active) {
                return Some(WallTime::new(month.day(day), second));
            }
            if active == 0 {
                // Not even an undisturbed day has a time: no other day will.
                return None;
            }
            rest &= rest - 1;
        }
        None
    }

    /// The days of `month` on which each exception's day conditions hold.
    fn exceptions_in(&self, month: Month) -> ExceptionDays {
        let mut days = [0; MOST_PARTS as usize];
        for (days, exception) in days.iter_mut().zip(self.exceptions) {
            *days = exception.days_in(month);
        }
        ExceptionDays { days, count: self.exceptions.len() }
    }

    /// First time of a whole day under the exceptions `active`.
    fn first_time(&mut self, active: u32) -> Option<u32> {
        if self.known_empty.contains(&active) {
            return None;
        }
        let found = self.time_from(0, active);
        if found.is_none() {
            self.known_empty.push(active);
        }
        found
    }

    /// First second of the day from `from` on at which the rule holds and none of `active` does.
    fn time_from(&self, from: u32, active: u32) -> Option<u32> {
        if active == 0 && self.rule.rare.is_none() {
            return self.rule.first_in_sets(from);
        }
        let (from_hour, from_minute, from_second) = (from / 3_600, from / 60 % 60, from % 60);
        let mut hours = self.rule.hours & u32::MAX.checked_shl(from_hour).unwrap_or(0);
        while hours != 0 {
            let hour = hours.trailing_zeros();
            let first_minute = if hour == from_hour { from_minute } else { 0 };
            let mut minutes = self.rule.minutes & (u64::MAX << first_minute);
            while minutes != 0 {
                let minute = minutes.trailing_zeros();
                let mut seconds = self.seconds_left(hour, minute, active);
                if hour == from_hour && minute == from_minute {
                    seconds &= u64::MAX << from_second;
                }
                if seconds != 0 {
                    return Some(hour * 3_600 + minute * 60 + seconds.trailing_zeros());
                }
                minutes &= minutes - 1;
            }
            hours &= hours - 1;
        }
        None
    }

    fn seconds_left(&self, hour: u32, minute: u32, active: u32) -> u64 {
        let mut seconds = self.rule.seconds_of(hour, minute);
        let mut active = active;
        while active != 0 {
            let exception = &self.exceptions[active.trailing_zeros() as usize];
            seconds &= !exception.seconds_of(hour, minute);
            active &= active - 1;
        }
        seconds
    }
}

/// Days of a month, as bits, of each exception.
struct ExceptionDays {
    days: [u32; MOST_PARTS as usize],
    count: usize,
}

impl ExceptionDays {
    /// The exceptions that hold on `day`, as bits by index.
    fn on(&self, day: u32) -> u32 {
        let days = self.days.iter().take(self.count).enumerate();
        days.fold(0, |active, (index, days)| active | ((days >> day) & 1) << index)
    }
}

/// Number below 28 that tells years apart as far as their days and weeks differ.
fn year_kind(year: i32) -> u32 {
    first_day(year).weekday() + 7 * u32::from(is_leap(year)) + 14 * u32::from(is_leap(year - 1))
}
