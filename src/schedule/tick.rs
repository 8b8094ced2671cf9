//! The pieces larger than a day into which a rule's time can be cut: one occurrence in each, on its first
//! allowed day.

use super::calendar::{Date, Day, Month, first_day};
use super::rule::Rule;

/// What of a rule's time is one occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tick {
    /// Each second that its sets allow.
    Moment,
    /// Days 1 to 7, 8 to 14, ... of the month: those that share an instance number.
    DayInstance,
    /// A week from Sunday, cut at the ends of the month.
    WeekOfMonth,
    /// A week from Monday.
    WeekOfYear,
    Month,
    Year,
}

impl Rule {
    /// First day of the piece around `day`, and the first day after it.
    pub(super) fn days_of_piece(&self, day: Day) -> (Day, Day) {
        let date = Date::from(day);
        let month = Month::new(date.year, date.month, Day(day.0 + 1 - date.day.cast_signed()));
        let month_end = month.next().first;
        match self.tick {
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
            Tick::Moment => (day, Day(day.0 + 1)),
        }
    }

    /// Whether the last instance of each weekday is asked for ("on the last day instance").
    fn counts_last_instance(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.instances[0] != u8::MAX && rare.instances[0] & 1 != 0)
    }
}
