//! How often: "every 5 minutes", "every other day", "weekly".

use super::super::error::{Kind, ScheduleError};
use super::super::expected::{AFTER_EVERY, PERIODS, period_words};
use super::super::field::Unit;
use super::super::lexer::{Token, TokenKind, Word};
use super::super::phrase::Amount;
use super::Parser;

/// The interval of "every ...", with the place of its number.
#[derive(Clone, Copy)]
pub(super) struct Every {
    pub(super) count: u32,
    pub(super) unit: Unit,
    number: Token,
}

/// Monday, where days of the week are counted from Sunday = 1.
const MONDAY: u32 = 2;

/// What names a day.
const DAY_UNITS: [Unit; 6] =
    [Unit::Day, Unit::Weekday, Unit::DayInstance, Unit::DayOfYear, Unit::WeekOfMonth, Unit::WeekOfYear];

impl Parser<'_> {
    pub(super) fn parse_every(&mut self) -> Result<(), ScheduleError> {
        if self.parse_days()? {
            return Ok(());
        }
        match self.cursor.token().kind {
            TokenKind::Word(Word::MonthName(_)) => return self.parse_date(),
            TokenKind::Word(Word::First | Word::Last) => return self.parse_ranks(),
            _ if self.is_at_ranked_day()? => return self.parse_ranks(),
            _ => {}
        }
        let start = self.cursor.token();
        let every = self.parse_amount_and_period()?;
        if self.cursor.accept(Word::Start) {
            return self.parse_start(every);
        }
        if self.cursor.accept(Word::Between) {
            return self.parse_between(every);
        }
        let has_number = !matches!(start.kind, TokenKind::Word(Word::Week | Word::Month | Word::Year));
        if !has_number && matches!(every.unit, Unit::WeekOfYear | Unit::Month | Unit::Year) {
            self.period = Some(every.unit);
            return Ok(());
        }
        self.lone = Some(every);
        self.allow_every(every, every.unit.min(), every_end(every.unit));
        Ok(())
    }

    /// "hourly", "weekly" ...
    pub(super) fn parse_periodic(&mut self, unit: Unit) {
        self.cursor.advance();
        self.parts += 1;
        if matches!(unit, Unit::WeekOfYear | Unit::Month | Unit::Year) {
            self.period = Some(unit);
        } else {
            self.draft.allow_every(unit, unit.min(), unit.max(), 1);
        }
    }

    /// Whether what follows "every" is the rank of a day in each month. "every 2nd tuesday" alone is an error:
    /// it may also mean each other week.
    fn is_at_ranked_day(&self) -> Result<bool, ScheduleError> {
        if !self.cursor.is_at_rank() {
            return Ok(false);
        }
        let mut ahead = self.cursor;
        ahead.skip_ranks();
        if ahead.accept_day_name().is_none() {
            return Ok(ahead.token().kind == TokenKind::Word(Word::Of));
        }
        if ahead.accept_of_the_month() { Ok(true) } else { Err(ahead.unexpected(&["of the month"])) }
    }

    fn parse_amount_and_period(&mut self) -> Result<Every, ScheduleError> {
        let number = self.cursor.token();
        let every = |count, unit| Every { count, unit, number };
        if self.cursor.accept(Word::Half) {
            self.cursor.accept(Word::A);
            let mark = self.cursor;
            return match self.cursor.parse_period() {
                Some(Unit::Minute) => Ok(every(30, Unit::Second)),
                Some(Unit::Hour) => Ok(every(30, Unit::Minute)),
                Some(Unit::Day) => Ok(every(12, Unit::Hour)),
                _ => Err(mark.unexpected(&["minute", "hour", "day"])),
            };
        }
        if self.cursor.accept(Word::Other) {
            return Ok(every(2, self.cursor.expect_period()?));
        }
        let amount = self.cursor.parse_amount()?;
        let expected = if amount.is_none() { AFTER_EVERY } else { PERIODS };
        let span = self.cursor.span_from(number);
        let unit = self.cursor.parse_period().ok_or_else(|| self.cursor.unexpected(expected))?;
        match amount {
            None => Ok(every(1, unit)),
            Some(Amount::Whole(0) | Amount::Thousandths(0)) => {
                Err(ScheduleError::new(Kind::ZeroInterval, span))
            }
            Some(Amount::Whole(count)) => Ok(every(count, unit)),
            Some(Amount::Thousandths(thousandths)) => match in_whole_units(thousandths, unit) {
                Some((count, unit)) => Ok(every(count, unit)),
                None => Err(ScheduleError::new(Kind::NotWhole, span)),
            },
        }
    }

    /// Values `from, from + count, ...` up to `to`.
    pub(super) fn allow_every(&mut self, every: Every, from: u32, to: u32) {
        if every.count > every.unit.max() - every.unit.min() + 1 {
            self.too_long = Some(every);
        }
        self.draft.allow_every(every.unit, from, to, every.count);
    }

    fn parse_start(&mut self, every: Every) -> Result<(), ScheduleError> {
        if !self.cursor.accept(Word::At) {
            self.cursor.accept(Word::On);
        }
        self.cursor.accept(Word::The);
        let from = self.cursor.parse_value(every.unit)?;
        self.expect_same_period(every.unit)?;
        self.allow_every(every, from, every_end(every.unit).max(from));
        Ok(())
    }

    fn parse_between(&mut self, every: Every) -> Result<(), ScheduleError> {
        if self.cursor.clone().parse_time()?.is_some() {
            self.allow_every(every, every.unit.min(), every_end(every.unit));
            return self.parse_window();
        }
        self.cursor.accept(Word::The);
        let first = self.cursor.token();
        let from = self.cursor.parse_value(every.unit)?;
        self.expect_and()?;
        self.cursor.accept(Word::The);
        let to = self.cursor.parse_value(every.unit)?;
        if from > to {
            return Err(ScheduleError::new(Kind::ReversedRange, self.cursor.span_from(first)));
        }
        if self.cursor.clone().parse_period().is_some() {
            self.expect_same_period(every.unit)?;
        }
        self.allow_every(every, from, to);
        Ok(())
    }

    fn expect_same_period(&mut self, unit: Unit) -> Result<(), ScheduleError> {
        let mark = self.cursor;
        if self.cursor.parse_period() == Some(unit) {
            return Ok(());
        }
        self.cursor = mark;
        Err(self.cursor.unexpected(period_words(unit)))
    }

    pub(super) fn expect_and(&mut self) -> Result<(), ScheduleError> {
        if self.cursor.accept_and() { Ok(()) } else { Err(self.cursor.unexpected(&["and"])) }
    }

    /// A week begins on Monday, a month on its 1st, a year on the 1st of January, unless other parts name the
    /// day: "weekly at 5pm" is once a week.
    pub(super) fn settle_period(&mut self) {
        let Some(unit) = self.period.take() else { return };
        let names = |units: &[Unit]| units.iter().any(|&unit| self.draft.restricts(unit));
        let (has_day, has_month) = (names(&DAY_UNITS), names(&[Unit::Month]));
        let counts_days_of_year = names(&[Unit::DayOfYear, Unit::WeekOfYear]);
        match unit {
            Unit::WeekOfYear if !has_day => self.draft.allow(Unit::Weekday, MONDAY),
            Unit::Month | Unit::Year if !has_day => self.draft.allow(Unit::Day, 1),
            _ => {}
        }
        if unit == Unit::Year && !has_month && !counts_days_of_year {
            self.draft.allow(Unit::Month, 1);
        }
    }

    /// An interval longer than its unit means nothing beside other conditions, and nothing at all for units
    /// of no fixed length.
    pub(super) fn refuse_too_long(&mut self) -> Result<(), ScheduleError> {
        let Some(Every { count, unit, number }) = self.too_long.take() else { return Ok(()) };
        let error = |kind| ScheduleError::new(kind, number.span());
        Err(match unit {
            Unit::Second | Unit::Minute | Unit::Hour | Unit::Day | Unit::WeekOfYear => {
                let name = period_words(unit).first().unwrap_or(&"minute");
                error(Kind::IntervalNotAlone).suggesting(format!("every {count} {name}s"))
            }
            Unit::Month => error(Kind::IntervalTooLong).suggesting(format!("P{count}M")),
            Unit::Year => error(Kind::IntervalTooLong).suggesting(format!("P{count}Y")),
            _ => error(Kind::IntervalTooLong),
        })
    }
}

/// A number with decimals as a whole number of the largest unit that allows that; `None` where there is none.
fn in_whole_units(thousandths: u32, unit: Unit) -> Option<(u32, Unit)> {
    let (mut thousandths, mut unit) = (u64::from(thousandths), unit);
    while thousandths % 1_000 != 0 {
        let (count, smaller) = match unit {
            Unit::WeekOfYear => (7, Unit::Day),
            Unit::Day => (24, Unit::Hour),
            Unit::Hour => (60, Unit::Minute),
            Unit::Minute => (60, Unit::Second),
            _ => return None,
        };
        thousandths *= count;
        unit = smaller;
    }
    Some((u32::try_from(thousandths / 1_000).ok()?, unit))
}

/// Last value that "every" gives to a unit: `later` stops at the fifth week of a month.
fn every_end(unit: Unit) -> u32 {
    if unit == Unit::WeekOfMonth { 5 } else { unit.max() }
}
