//! The pieces into which a rule's time is cut: one occurrence in each.

use super::calendar::{Date, Day, Month, WallTime, first_day};
use super::rule::Rule;

/// The unit that cuts a rule's time into occurrences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tick {
    Second,
    Minute,
    Hour,
    Day,
    /// Days 1 to 7, 8 to 14, ... of the month: those that share an instance number.
    DayInstance,
    /// Weeks from Sunday, cut at the ends of the month.
    WeekOfMonth,
    /// Weeks from Monday.
    WeekOfYear,
    Month,
    Year,
}

/// A stretch of wall-clock time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: WallTime,
    /// First second after it.
    pub(super) end: WallTime,
}

impl Rule {
    /// The piece that `at` lies in.
    pub(super) fn piece_around(&self, at: WallTime) -> Piece {
        match self.tick {
            Tick::Second => seconds_piece(at, 1),
            Tick::Minute => seconds_piece(at, 60),
            Tick::Hour => seconds_piece(at, 3_600),
            tick => {
                let (first, next) = self.days_of_piece(tick, at.day());
                Piece { start: WallTime::new(first, 0), end: WallTime::new(next, 0) }
            }
        }
    }

    /// First day of the piece around `day`, and the first day after it.
    fn days_of_piece(&self, tick: Tick, day: Day) -> (Day, Day) {
        let date = Date::from(day);
        let month = Month::new(date.year, date.month, Day(day.0 + 1 - date.day.cast_signed()));
        let month_end = month.next().first;
        match tick {
            Tick::DayInstance => {
                if self.counts_last_instance() && date.day + 7 > month.length {
                    return (Day(month_end.0 - 7), month_end);
                }
                let first = Day(day.0 - ((date.day - 1) % 7).cast_signed());
                (first, month_end.min(Day(first.0 + 7)))
            }
            Tick::WeekOfMonth => {
                let first = Day(day.0 - day.weekday().cast_signed());
                (month.first.max(first), month_end.min(Day(first.0 + 7)))
            }
            Tick::WeekOfYear => {
                let first = Day(day.0 - ((day.weekday() + 6) % 7).cast_signed());
                (first, Day(first.0 + 7))
            }
            Tick::Month => (month.first, month_end),
            Tick::Year => (first_day(date.year), first_day(date.year + 1)),
            Tick::Second | Tick::Minute | Tick::Hour | Tick::Day => (day, Day(day.0 + 1)),
        }
    }

    /// Whether the last instance of each weekday is asked for ("on the last day instance").
    fn counts_last_instance(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.instances[0] != u8::MAX && rare.instances[0] & 1 != 0)
    }
}

fn seconds_piece(at: WallTime, length: i64) -> Piece {
    let start = at.0 - at.0.rem_euclid(length);
    Piece { start: WallTime(start), end: WallTime(start + length) }
}
