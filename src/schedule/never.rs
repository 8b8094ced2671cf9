//! Schedules that can be understood and never fall due.

use super::calendar::{WallTime, first_day};
use super::english::{list, month, ordinal};
use super::field::{FIRST_YEAR, bits};
use super::rule::Rule;
use super::{Form, Schedule};

/// Why a schedule never falls due, in any year. Displays as half a sentence: "February has no 30th".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NeverDue {
    /// None of its months has one of its days.
    #[error("{months} no {days}")]
    NoSuchDay {
        /// "February has", "April and June have".
        months: String,
        /// "30th", "30th or 31st".
        days: String,
    },
    /// Its times of the day exclude each other.
    #[error("no time of the day fulfils all of its conditions")]
    NoTime,
    /// What it excepts leaves nothing.
    #[error("its exceptions leave nothing")]
    NothingLeft,
    /// Its days exclude each other.
    #[error("no day fulfils all of its conditions")]
    NoDay,
}

impl Schedule {
    /// The reason, if no due time exists in any year; `None` for what is due some time, be it in the past.
    pub fn never_due(&self) -> Option<NeverDue> {
        match &self.0 {
            Form::Rule(rule) => rule.never_due(&[]),
            Form::Rules(parts) => {
                let mut reasons = parts.rules.iter().map(|rule| rule.never_due(&parts.exceptions));
                let first = reasons.next().flatten()?;
                reasons.all(|reason| reason.is_some()).then_some(first)
            }
            Form::Every(_) | Form::EveryMonths(_) | Form::Once(_) | Form::OnceOnWallClock(_) => None,
        }
    }
}

/// Days of each month at most, from January.
const LONGEST_MONTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl Rule {
    fn never_due(&self, exceptions: &[Rule]) -> Option<NeverDue> {
        let start = WallTime::new(first_day(FIRST_YEAR.cast_signed()), 0).just_before();
        if self.next_after(start, exceptions).is_some() {
            return None;
        }
        if !exceptions.is_empty() && self.next_after(start, &[]).is_some() {
            return Some(NeverDue::NothingLeft);
        }
        Some(
            self.missing_day()
                .unwrap_or_else(|| if self.has_time() { NeverDue::NoDay } else { NeverDue::NoTime }),
        )
    }

    /// The days that no month has, where they are the reason.
    fn missing_day(&self) -> Option<NeverDue> {
        let days = u64::from(self.days) & bits(1, 31);
        let is_listed = self.days & 1 == 0 && days != 0;
        let counts =
            self.rare.as_ref().is_some_and(|rare| rare.days_before_last | rare.nearest_weekdays != 0);
        let months: Vec<u32> = (1..=12).filter(|month| self.months & (1 << month) != 0).collect();
        let longest = months.iter().map(|&month| LONGEST_MONTHS[month as usize - 1]).max()?;
        if !is_listed || counts || days.trailing_zeros() <= longest {
            return None;
        }
        let has = if months.len() == 1 { "has" } else { "have" };
        let days: Vec<u32> = (1..=31).filter(|day| days & (1 << day) != 0).collect();
        Some(NeverDue::NoSuchDay {
            months: format!("{} {has}", list(&months, month)),
            days: list(&days, ordinal).replace(" and ", " or "),
        })
    }

    fn has_time(&self) -> bool {
        (0..24).any(|hour| (0..60).any(|minute| self.seconds_of(hour, minute) != 0))
    }
}
