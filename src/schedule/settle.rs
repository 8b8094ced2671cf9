//! The making of a [`Rule`] from the conditions of a [`Draft`].

use super::draft::{Draft, Times, UNLIMITED};
use super::field::{FIRST_YEAR, Unit, WideSet, bits};
use super::rare::Rare;
use super::rule::{Pace, Rule};
use super::tick::Tick;

/// Units that few schedules list.
const RARELY_LISTED: u16 = 1 << Unit::DayInstance as u16
    | 1 << Unit::DayOfYear as u16
    | 1 << Unit::WeekOfMonth as u16
    | 1 << Unit::WeekOfYear as u16
    | 1 << Unit::Year as u16;

/// Second of the day at which the next one begins.
const MIDNIGHT: u32 = 86_400;

impl Draft {
    /// The rule that these conditions make.
    pub(super) fn settle(&mut self) -> Rule {
        let unit = self.smallest.map_or(Unit::Second, |(_, unit)| unit);
        let mut rule = self.settle_condition();
        rule.occur_once_in_each(unit);
        rule
    }

    /// A rule that stands for all of the time in which these conditions hold, as an exception does.
    pub(super) fn settle_condition(&mut self) -> Rule {
        let pace = self.pace();
        let times = self.settle_times();
        let mut rule = Rule {
            seconds: self.set_of(Unit::Second) & bits(0, 59),
            minutes: self.set_of(Unit::Minute) & bits(0, 59),
            hours: low_32(self.set_of(Unit::Hour) & bits(0, 23)),
            days: low_32(self.listed_set(Unit::Day)),
            months: low_16(self.set_with_last(Unit::Month) & bits(1, 12)),
            weekdays: low_8((self.set_with_last(Unit::Weekday) >> 1) & bits(0, 6)),
            tick: Tick::Moment,
            pace,
            rare: None,
        };
        if !times.is_empty() || self.listed & RARELY_LISTED != 0 || self.rare.is_some() {
            self.add_rare(&mut rule, times);
        }
        rule
    }

    /// Where the time of the day comes from.
    fn pace(&self) -> Pace {
        let given = |unit: Unit| {
            let all = bits(0, unit.max());
            self.lists(unit) && self.stepped & (1 << unit.index()) == 0 && self.set_of(unit) & all != all
        };
        // What is smaller than the unit that occurs is 0.
        let unit_seconds = self.smallest.map_or(1, |(_, unit)| unit.span_seconds());
        if self.lists(Unit::Time) {
            Pace::AtTimes
        } else if unit_seconds >= Unit::Day.span_seconds() {
            Pace::AtMidnight
        } else if given(Unit::Hour)
            && (unit_seconds >= Unit::Hour.span_seconds() || given(Unit::Minute))
            && (unit_seconds >= Unit::Minute.span_seconds() || given(Unit::Second))
        {
            Pace::AtFields
        } else {
            Pace::Elapsed
        }
    }

    /// Values of a unit whose last value is always the same.
    fn set_with_last(&self, unit: Unit) -> u64 {
        let listed = self.listed_set(unit);
        (listed | (listed & 1) << unit.max()) & self.limits_set(unit)
    }

    /// A single time of the day, or times that are each combination of some hours, minutes and seconds,
    /// become such sets; others are given back.
    fn settle_times(&mut self) -> Vec<u32> {
        let sets = match std::mem::take(&mut self.times) {
            Times::None => return Vec::new(),
            Times::One(time) => time_sets(&[time]),
            Times::Many(mut times) => {
                times.sort_unstable();
                times.dedup();
                let sets = time_sets(&times);
                let combinations: u32 = sets.iter().map(|set| set.count_ones()).product();
                if combinations as usize != times.len() {
                    return times;
                }
                sets
            }
        };
        for (unit, set) in [Unit::Hour, Unit::Minute, Unit::Second].into_iter().zip(sets) {
            self.sets[unit.index()] = self.listed_set(unit) & set;
            self.listed |= 1 << unit.index();
        }
        Vec::new()
    }

    /// Adds the conditions that few schedules have.
    fn add_rare(&self, rule: &mut Rule, times: Vec<u32>) {
        let mut rare = Rare { times: times.into_boxed_slice(), ..Rare::unrestricted() };
        if let Some(counted) = &self.rare {
            rare.days_before_last = counted.days_before_last;
            rare.nearest_weekdays = counted.nearest_weekdays;
            if counted.instances != [0; 7] {
                rule.weekdays = if self.sets[Unit::Weekday.index()] == 0 { 0 } else { rule.weekdays };
                for (day, &instances) in counted.instances.iter().enumerate() {
                    let listed_plainly = rule.weekdays & (1 << day) != 0;
                    rare.instances[day] = if listed_plainly { u8::MAX } else { instances };
                    rule.weekdays |= u8::from(instances != 0) << day;
                }
            }
        }
        self.add_weeks(&mut rare);
        self.add_years(&mut rare);
        (rare.time_from, rare.time_before) = self.time_window();
        if rare != Rare::unrestricted() {
            rule.rare = Some(Box::new(rare));
        }
    }

    /// First second of the day that is allowed, and first that is not any more. "after 10pm and before 5am" is
    /// one window over midnight; where several limits leave nothing, nothing is allowed.
    fn time_window(&self) -> (u32, u32) {
        let (from, before) = self.limits(Unit::Time);
        let is_empty = from == before || self.rare.as_ref().is_some_and(|rare| rare.has_several_time_limits);
        if before <= from && is_empty {
            (MIDNIGHT, MIDNIGHT)
        } else {
            (from.min(MIDNIGHT), before.min(MIDNIGHT))
        }
    }

    fn add_weeks(&self, rare: &mut Rare) {
        rare.day_limits = low_32(self.limits_set(Unit::Day));
        if self.lists(Unit::DayInstance) || self.limits(Unit::DayInstance) != UNLIMITED {
            rare.instances = [low_8(self.set_of(Unit::DayInstance) & bits(0, 5)); 7];
        }
        if self.lists(Unit::WeekOfMonth) {
            rare.weeks_of_month = low_8(self.sets[Unit::WeekOfMonth.index()]);
        }
        rare.week_of_month_limits = low_8(self.limits_set(Unit::WeekOfMonth));
        if self.lists(Unit::WeekOfYear) {
            rare.weeks_of_year = self.sets[Unit::WeekOfYear.index()];
        }
        rare.week_of_year_limits = self.limits_set(Unit::WeekOfYear);
    }

    fn add_years(&self, rare: &mut Rare) {
        let Some(wide) = &self.rare else { return };
        if self.lists(Unit::DayOfYear) {
            rare.days_of_year = wide.days_of_year;
        }
        if self.limits(Unit::DayOfYear) != UNLIMITED {
            rare.day_of_year_limits = self.wide_limits(Unit::DayOfYear, 0);
        }
        let limited = self.limits(Unit::Year) != UNLIMITED;
        if self.lists(Unit::Year) || limited {
            let limits = self.wide_limits(Unit::Year, FIRST_YEAR);
            rare.years = Some(if self.lists(Unit::Year) { wide.years.intersection(limits) } else { limits });
        }
    }

    /// Values of `unit` within its limits, counted from `first`.
    fn wide_limits(&self, unit: Unit, first: u32) -> WideSet {
        let (from, before) = self.limits(unit);
        let mut set = WideSet::EMPTY;
        for value in from.max(first)..before.min(unit.max() + 1) {
            set.insert(value - first);
        }
        set
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
fn low_8(set: u64) -> u8 {
    set as u8
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
fn low_16(set: u64) -> u16 {
    set as u16
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
fn low_32(set: u64) -> u32 {
    set as u32
}

/// The hours, minutes and seconds of `times`.
fn time_sets(times: &[u32]) -> [u64; 3] {
    times.iter().fold([0; 3], |[hours, minutes, seconds], &time| {
        [hours | 1 << (time / 3_600), minutes | 1 << (time / 60 % 60), seconds | 1 << (time % 60)]
    })
}

impl Rule {
    /// Keeps the first second of each minute, hour or day where `unit` is that or larger: then each second
    /// left is an occurrence. Larger pieces of time begin on days that only the search knows.
    fn occur_once_in_each(&mut self, unit: Unit) {
        let unit_seconds = unit.span_seconds();
        if unit_seconds >= Unit::Minute.span_seconds() {
            self.seconds &= 1;
        }
        if unit_seconds >= Unit::Hour.span_seconds() {
            self.minutes &= 1;
        }
        if unit_seconds >= Unit::Day.span_seconds() {
            self.hours &= 1;
        }
        self.tick = match unit {
            Unit::DayInstance => Tick::DayInstance,
            Unit::WeekOfMonth => Tick::WeekOfMonth,
            Unit::WeekOfYear => Tick::WeekOfYear,
            Unit::Month => Tick::Month,
            Unit::Year => Tick::Year,
            _ => Tick::Moment,
        };
    }
}
