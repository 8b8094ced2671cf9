//! How many due times there are between two instants, without a walk from one to the next: by the sets of allowed
//! seconds, day by day.

use std::ops::Range;

use jiff::Timestamp;

use super::calendar::{DAY_SECONDS, Date, Day, Month, WallTime};
use super::clock_change::{Clock, Fold, Gap, Reading, WIDEST_CHANGE_SECONDS, floor_second};
use super::rule::Rule;
use super::tick::Tick;
use super::{Form, Place, Schedule, reading};

impl Schedule {
    /// How many due instants there are after `after`, up to `until`. What it costs grows with the days between them.
    pub fn count_between(&self, after: Timestamp, until: Timestamp, place: &Place) -> u64 {
        let (rules, exceptions) = match &self.0 {
            Form::Every(interval) => return interval.count_between(after, until, place.anchor),
            Form::Rule(rule) => (std::slice::from_ref(rule), [].as_slice()),
            Form::Rules(parts) => (&*parts.rules, &*parts.exceptions),
            Form::EveryMonths(_) | Form::Once(_) | Form::OnceOnWallClock(_) => {
                return self.count_steps(after, until, place);
            }
        };
        // Larger pieces than seconds occur once a day at most.
        let is_by_seconds = rules.iter().all(|rule| rule.tick == Tick::Moment);
        let mut readings = rules.iter().map(|rule| reading(rule, place.clock_change));
        let Some(first) =
            readings.next().filter(|first| is_by_seconds && readings.all(|other| other == *first))
        else {
            return self.count_steps(after, until, place);
        };
        self.count_days(&Sets { rules, exceptions }, first, (after, until), place)
    }

    /// One due time after the other.
    fn count_steps(&self, after: Timestamp, until: Timestamp, place: &Place) -> u64 {
        self.upcoming(after, place).take_while(|due| *due <= until).count() as u64
    }

    /// Between two changes of the clocks by the sets; around a change one by one, where it moves due times.
    fn count_days(
        &self,
        sets: &Sets<'_>,
        reading: Reading,
        (after, until): (Timestamp, Timestamp),
        place: &Place,
    ) -> u64 {
        let clock = Clock::new(&place.zone);
        // Each time that the clock shows counts, as often as it shows it.
        let is_plain = reading == Reading { gap: Gap::Skip, fold: Fold::Both };
        let margin = if is_plain { 0 } else { WIDEST_CHANGE_SECONDS };
        let (mut from, to) = (floor_second(after) + 1, floor_second(until) + 1);
        let mut count = 0;
        while from < to {
            let next = clock.change_after(from).unwrap_or(i64::MAX);
            let last = clock.change_before(from + 1).unwrap_or(i64::MIN);
            let end = to.min(next);
            let plain_from = from.max(last.saturating_add(margin)).min(end);
            let plain_to = end.min(next.saturating_sub(margin)).max(plain_from);
            count += self.count_seconds(from..plain_from, place);
            count +=
                sets.count(clock.shown_at(plain_from), clock.shown_at(plain_from).0 + plain_to - plain_from);
            count += self.count_seconds(plain_to..end, place);
            from = end;
        }
        count
    }

    fn count_seconds(&self, seconds: Range<i64>, place: &Place) -> u64 {
        match (Timestamp::from_second(seconds.start - 1), Timestamp::from_second(seconds.end - 1)) {
            (Ok(after), Ok(until)) if !seconds.is_empty() => self.count_steps(after, until, place),
            _ => 0,
        }
    }
}

/// Rules that hold alternatively, and what is left out of them.
struct Sets<'a> {
    rules: &'a [Rule],
    exceptions: &'a [Rule],
}

impl Sets<'_> {
    /// Seconds of the wall clock from `from` up to, not including, `to` at which a rule holds.
    fn count(&self, from: WallTime, to: i64) -> u64 {
        let mut day = from.day();
        let mut count = 0;
        // Most days are like the one before.
        let mut whole_day = None;
        while WallTime::new(day, 0).0 < to {
            let midnight = WallTime::new(day, 0).0;
            let seconds = (from.0 - midnight).clamp(0, DAY_SECONDS)..(to - midnight).clamp(0, DAY_SECONDS);
            let holding = self.holding_on(day);
            count += if seconds == (0..DAY_SECONDS) {
                match whole_day {
                    Some((known, found)) if known == holding => found,
                    _ => {
                        let found = self.count_on(holding, seconds);
                        whole_day = Some((holding, found));
                        found
                    }
                }
            } else {
                self.count_on(holding, seconds)
            };
            day = Day(day.0 + 1);
        }
        count
    }

    /// The rules, and the exceptions, whose day conditions hold on `day`: bits by index.
    fn holding_on(&self, day: Day) -> (u64, u64) {
        let Date { year, month, day: number } = Date::from(day);
        let month = Month::new(year, month, Day(day.0 + 1 - number.cast_signed()));
        let bits = |rules: &[Rule]| {
            let holds = |rule: &Rule| !rule.excludes_year(year) && rule.days_in(month) & (1 << number) != 0;
            rules.iter().enumerate().fold(0, |bits, (index, rule)| bits | u64::from(holds(rule)) << index)
        };
        (bits(self.rules), bits(self.exceptions))
    }

    fn count_on(&self, (rules, exceptions): (u64, u64), seconds: Range<i64>) -> u64 {
        if rules == 0 {
            return 0;
        }
        let minutes = seconds.start / 60..(seconds.end + 59) / 60;
        let counts = minutes.map(|minute| {
            let (from, to) =
                ((seconds.start - minute * 60).clamp(0, 60), (seconds.end - minute * 60).clamp(0, 60));
            let within = ((1_u64 << to) - 1) & !((1_u64 << from) - 1);
            let (hour, minute) = split(minute);
            let holding =
                union(self.rules, rules, hour, minute) & !union(self.exceptions, exceptions, hour, minute);
            u64::from((holding & within).count_ones())
        });
        counts.sum()
    }
}

fn split(minute_of_day: i64) -> (u32, u32) {
    let minute = u32::try_from(minute_of_day).unwrap_or(0);
    (minute / 60, minute % 60)
}

/// Seconds of the minute at which one of these rules holds.
fn union(rules: &[Rule], holding: u64, hour: u32, minute: u32) -> u64 {
    let chosen = rules.iter().enumerate().filter(|(index, _)| holding >> index & 1 != 0);
    chosen.fold(0, |seconds, (_, rule)| seconds | rule.seconds_of(hour, minute))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::ClockChange;
    use super::*;

    fn check(text: &str, zone: &str, clock_change: ClockChange, from: &str, hours: i64) {
        let schedule = Schedule::parse(text).unwrap();
        let after: Timestamp = from.parse().unwrap();
        let until = after + jiff::SignedDuration::from_hours(hours);
        let zone = TimeZone::get(zone).unwrap();
        let place = Place { zone, clock_change, anchor: "2026-01-01T00:00:07Z".parse().unwrap() };
        let counted = schedule.count_between(after, until, &place);
        let walked = schedule.count_steps(after, until, &place);
        assert_eq!(counted, walked, "{text} {from} +{hours} h in {}", place.zone.iana_name().unwrap());
    }

    #[test]
    fn as_many_are_counted_as_a_walk_finds() {
        let texts = [
            "* * * * * *",
            "*/7 * 1-3 * * *",
            "30 15 2 * * *",
            "0 30 2 * * *",
            "0,30 30 1,2,3 * * *",
            "0 0 12 * * 1-5",
            "every 90 minutes",
            "every 5 minutes",
            "every 2 months",
            "at 10:15 am and 5:30 pm",
            "every weekend",
            "0 0 0 29 2 *",
        ];
        let spans = [
            ("2026-03-29T00:10:11.500Z", 3),
            ("2026-10-24T22:00:00Z", 30),
            ("2026-03-27T12:34:56Z", 75),
            ("2026-06-01T00:00:00Z", 24 * 9),
            ("2026-06-01T23:59:59Z", 1),
        ];
        for text in texts {
            for (from, hours) in spans {
                for zone in ["UTC", "Europe/London", "Australia/Lord_Howe"] {
                    check(text, zone, ClockChange::Debian, from, hours);
                    check(text, zone, ClockChange::Upstream, from, hours);
                }
            }
        }
    }

    #[test]
    fn a_year_of_seconds_is_counted_by_days() {
        let schedule = Schedule::parse("* * * * * *").unwrap();
        let place = Place {
            zone: TimeZone::get("Europe/London").unwrap(),
            clock_change: ClockChange::Debian,
            anchor: Timestamp::UNIX_EPOCH,
        };
        let after: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let until = "2027-01-01T00:00:00Z".parse().unwrap();
        let begun = std::time::Instant::now();
        assert_eq!(schedule.count_between(after, until, &place), 365 * 86_400);
        assert!(begun.elapsed().as_millis() < 500, "a walk takes {} steps", 365 * 86_400);
    }
}
