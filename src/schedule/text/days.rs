//! Days and months: "on weekdays", "on the first monday of the month", "december 25th", "of march".

use super::super::draft::Draft;
use super::super::error::{Kind, ScheduleError, Span};
use super::super::expected::{DAY_NAMES, MONTHS_OR_YEARS, PERIODS};
use super::super::field::{Unit, bits};
use super::super::lexer::{Token, TokenKind, Word};
use super::super::phrase::Cursor;
use super::Parser;

/// Days of the week as bits, 1 = Sunday.
const MONDAY_TO_FRIDAY: u64 = bits(2, 6);
const WEEKEND: u64 = 1 << 1 | 1 << 7;

/// What ranks count.
#[derive(Clone, Copy)]
enum Counted {
    Period(Unit),
    /// Days of the week in a month.
    DaysOfWeek(u64),
    /// Days from Monday to Friday in a month.
    WorkingDays,
}

impl Counted {
    fn unit(self) -> Unit {
        match self {
            Counted::Period(unit) => unit,
            Counted::DaysOfWeek(_) | Counted::WorkingDays => Unit::DayInstance,
        }
    }
}

impl<'t> Parser<'t> {
    pub(super) fn parse_on(&mut self) -> Result<(), ScheduleError> {
        let has_article = self.cursor.accept(Word::The);
        if self.cursor.is_at_rank() {
            return self.parse_ranks();
        }
        if has_article {
            return Err(self.cursor.unexpected(&["first", "last", "a number"]));
        }
        match self.cursor.token().kind {
            TokenKind::Word(Word::MonthName(_)) => self.parse_date(),
            _ => self.parse_days_only(),
        }
    }

    /// Ranks and what they count. That, which says what ranks there can be, comes last.
    pub(super) fn parse_ranks(&mut self) -> Result<(), ScheduleError> {
        let mut ranks = self.cursor;
        let last_rank = self.cursor.skip_ranks();
        let counted = self.parse_counted(last_rank)?;
        let unit = counted.unit();
        self.cursor.accept_of_the_month();
        let draft = &mut self.draft;
        ranks.parse_list(
            |cursor| cursor.parse_rank(unit, last_value(unit)),
            |from, to, span| {
                if from > to {
                    return Err(ScheduleError::new(Kind::ReversedRange, span));
                }
                (from..=to).try_for_each(|rank| allow_rank(draft, counted, rank, span))
            },
        )?;
        Ok(())
    }

    fn parse_counted(&mut self, last_rank: Token) -> Result<Counted, ScheduleError> {
        if self.cursor.accept(Word::Weekday) {
            return Ok(Counted::WorkingDays);
        }
        let mut days = 0;
        let found = self.cursor.parse_list(
            |cursor| Ok(cursor.accept_day_name()),
            |from, to, _| {
                days |= around(Unit::Weekday, from, to);
                Ok(())
            },
        )?;
        if found {
            return Ok(Counted::DaysOfWeek(days));
        }
        if self.is_day_of_month(last_rank)? {
            return Ok(Counted::Period(Unit::Day));
        }
        Ok(Counted::Period(self.cursor.expect_period()?))
    }

    /// Whether ranks without a period are days of the month: "the 15th of each month", "the 1st, at noon".
    fn is_day_of_month(&self, last_rank: Token) -> Result<bool, ScheduleError> {
        match self.cursor.token().kind {
            TokenKind::Word(Word::Of | Word::MonthName(_)) => return Ok(true),
            TokenKind::End
            | TokenKind::Comma
            | TokenKind::AtSign
            | TokenKind::Word(
                Word::After
                | Word::Also
                | Word::And
                | Word::At
                | Word::Before
                | Word::Between
                | Word::Every
                | Word::Except
                | Word::From
                | Word::In
                | Word::On,
            ) => {}
            _ => return Ok(false),
        }
        let mut ahead = self.cursor;
        if ahead.accept_and() && ahead.accept_day_name().is_some() {
            // "on the 1st and monday" may mean either or both.
            let mut day = self.cursor;
            day.accept_and();
            return Err(day.unexpected(PERIODS));
        }
        Ok(matches!(last_rank.kind, TokenKind::Number { is_ordinal: true, .. }))
    }

    /// "weekday", "weekend" or names of days; `false` if the next token is none of them.
    pub(super) fn parse_days(&mut self) -> Result<bool, ScheduleError> {
        if self.cursor.accept(Word::Weekday) {
            self.draft.allow_set(Unit::Weekday, MONDAY_TO_FRIDAY);
            return Ok(true);
        }
        if self.cursor.accept(Word::Weekend) {
            self.draft.allow_set(Unit::Weekday, WEEKEND);
            return Ok(true);
        }
        self.parse_names(Unit::Weekday, Cursor::accept_day_name)
    }

    pub(super) fn parse_days_only(&mut self) -> Result<(), ScheduleError> {
        if self.parse_days()? { Ok(()) } else { Err(self.cursor.unexpected(DAY_NAMES)) }
    }

    /// Names of months; `false` if the next token is none.
    pub(super) fn parse_months(&mut self) -> Result<bool, ScheduleError> {
        let start = self.cursor.token();
        let found = self.parse_names(Unit::Month, Cursor::accept_month_name)?;
        if found && self.is_dated {
            return Err(ScheduleError::new(Kind::SeveralDates, self.cursor.span_from(start)));
        }
        Ok(found)
    }

    fn parse_names(
        &mut self,
        unit: Unit,
        accept: fn(&mut Cursor<'t>) -> Option<u32>,
    ) -> Result<bool, ScheduleError> {
        let draft = &mut self.draft;
        self.cursor.parse_list(
            |cursor| Ok(accept(cursor)),
            |from, to, _| {
                draft.allow_set(unit, around(unit, from, to));
                Ok(())
            },
        )
    }

    /// "december 25th", "july 1-15", "december 24, 2027"; without a number as "of december".
    pub(super) fn parse_date(&mut self) -> Result<(), ScheduleError> {
        let start = self.cursor.token();
        let mut month = self.cursor;
        let Some(number) = month.accept_month_name() else { return self.parse_of() };
        month.accept(Word::The);
        let is_day = matches!(month.token().kind, TokenKind::Number { digits: 1..=2, .. });
        if !is_day || month.clone().parse_time()?.is_some() {
            return self.parse_of();
        }
        self.cursor = month;
        if self.draft.lists(Unit::Month) {
            let span = self.cursor.span_from(start);
            return Err(ScheduleError::new(Kind::SeveralDates, span));
        }
        self.is_dated = true;
        self.draft.allow(Unit::Month, number);
        let draft = &mut self.draft;
        self.cursor
            .parse_list(parse_day_of_month, |from, to, span| allow_range(draft, Unit::Day, from, to, span))?;
        let mark = self.cursor;
        self.cursor.accept_kind(TokenKind::Comma);
        match self.cursor.parse_year()? {
            Some(year) => self.draft.allow(Unit::Year, year),
            None => self.cursor = mark,
        }
        Ok(())
    }

    pub(super) fn parse_of(&mut self) -> Result<(), ScheduleError> {
        if self.parse_months()? {
            return Ok(());
        }
        let draft = &mut self.draft;
        let found = self.cursor.parse_list(Cursor::parse_year, |from, to, span| {
            allow_range(draft, Unit::Year, from, to, span)
        })?;
        if found { Ok(()) } else { Err(self.cursor.unexpected(MONTHS_OR_YEARS)) }
    }
}

/// A day of the month, unless it is a time of the day or has the digits of a year.
fn parse_day_of_month(cursor: &mut Cursor<'_>) -> Result<Option<u32>, ScheduleError> {
    match cursor.token().kind {
        TokenKind::Number { digits: 1..=2, .. } if cursor.clone().parse_time()?.is_none() => {
            cursor.parse_value(Unit::Day).map(Some)
        }
        _ => Ok(None),
    }
}

fn allow_range(draft: &mut Draft, unit: Unit, from: u32, to: u32, span: Span) -> Result<(), ScheduleError> {
    if from > to {
        return Err(ScheduleError::new(Kind::ReversedRange, span));
    }
    (from..=to).for_each(|value| draft.allow(unit, value));
    Ok(())
}

fn allow_rank(draft: &mut Draft, counted: Counted, rank: u32, span: Span) -> Result<(), ScheduleError> {
    match counted {
        Counted::Period(unit) => draft.allow(unit, rank),
        Counted::DaysOfWeek(days) => {
            (1..=7).filter(|day| days & (1 << day) != 0).for_each(|day| draft.allow_instance(day, rank));
        }
        // The first day from Monday to Friday is the one nearest to the 1st.
        Counted::WorkingDays if rank <= 1 => draft.allow_nearest_weekday(rank),
        Counted::WorkingDays => {
            return Err(ScheduleError::new(Kind::Unexpected, span).expecting(&["first", "last"]));
        }
    }
    Ok(())
}

/// A range of names, which may run over the end of the week or year.
fn around(unit: Unit, from: u32, to: u32) -> u64 {
    if from <= to { bits(from, to) } else { bits(from, unit.max()) | bits(unit.min(), to) }
}

/// What "last" means: 0 where the last value depends on the month or year.
fn last_value(unit: Unit) -> u32 {
    match unit {
        Unit::Day | Unit::DayInstance | Unit::DayOfYear | Unit::WeekOfMonth | Unit::WeekOfYear => 0,
        unit => unit.max(),
    }
}
