//! Sentences.
//!
//! ```text
//! sentence = part { part }
//! part     = every | on-the | on | of | at | limit | "and" | "," | "also" | "except"
//! every    = "every" ( days | [ number ] period [ start | between ] )
//! start    = ( "start" | "starting" ) [ "at" | "on" ] [ "the" ] number period
//! between  = "between" ( [ "the" ] number "and" [ "the" ] number [ period ] | time "and" time )
//! on-the   = "on" "the" ( "first" | "last" | numbers ) period
//! on       = "on" days
//! of       = ( "of" | "in" ) ( months | years )
//! at       = ( "at" | "@" ) time { ( "and" | "," ) time }
//! limit    = ( "after" | "before" ) ( time | [ "the" ] number period )
//! days     = "weekday" | "weekend" | names of days
//! period   = "second" | "minute" | "hour" | "day" [ "of the month" | "of the week" | "of the year" | "instance" ]
//!          | "week" [ "of the year" | "of the month" ] | "month" | "year"
//! time     = hour ":" minute [ ":" second ] [ "am" | "pm" ] | hour ( "am" | "pm" ) | "noon" | "midnight"
//! numbers  = number [ ( "through" | "to" | "-" ) number ] { ( "and" | "," ) number [ "through" number ] }
//! ```
//!
//! Names of days and months, and years, form lists and ranges as numbers do. All parts must hold together;
//! values of the same period add up; "also" begins an alternative; "except" takes away. The grammar holds
//! that of `@breejs/later` (`later.parse.text`), whose meaning is kept: each unit begins its count anew in
//! the next larger one, and the smallest period named says how often the schedule occurs. Where `later`
//! passes over what it has not understood, this is an error. Only a lone interval of seconds, minutes or
//! hours is different: see [`interval::alone`].

use super::alternatives::Alternatives;
use super::draft::{Draft, Limit};
use super::error::{Kind, ScheduleError};
use super::expected::{AFTER_EVERY, DAY_NAMES, MONTHS_OR_YEARS, PARTS, PERIODS, TIMES, period_words};
use super::field::{Unit, bits};
use super::lexer::{Token, TokenKind, Word};
use super::phrase::Cursor;
use super::{Schedule, interval};

/// Whether `word` begins a part of a sentence; says it quickly for the usual ones.
pub(super) fn begins_sentence(word: &str) -> bool {
    ["every", "at", "on"].into_iter().any(|part| part.eq_ignore_ascii_case(word))
}

/// Parses a sentence.
pub(super) fn parse(text: &str) -> Result<Schedule, ScheduleError> {
    let mut parser = Parser {
        cursor: Cursor::new(text),
        draft: Draft::default(),
        alternatives: Alternatives::default(),
        parts: 0,
        lone: None,
        too_long: None,
    };
    while !parser.cursor.is_at_end() {
        parser.parse_part()?;
    }
    parser.finish()
}

/// The interval of "every ...", with the place of its number.
#[derive(Clone, Copy)]
struct Every {
    count: u32,
    unit: Unit,
    number: Token,
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    /// Conditions since the last "also" or "except".
    draft: Draft,
    alternatives: Alternatives,
    /// Parts understood so far.
    parts: u32,
    /// An interval that means elapsed time if it stays alone.
    lone: Option<Every>,
    /// An interval longer than its unit, which means something only alone.
    too_long: Option<Every>,
}

impl Parser<'_> {
    fn parse_part(&mut self) -> Result<(), ScheduleError> {
        let token = self.cursor.token();
        let word = match token.kind {
            TokenKind::Word(word) => word,
            TokenKind::Comma => Word::And,
            TokenKind::AtSign => Word::At,
            _ => return Err(self.cursor.unexpected(PARTS)),
        };
        let rule: fn(&mut Self) -> Result<(), ScheduleError> = match word {
            Word::And => {
                self.cursor.advance();
                return Ok(());
            }
            Word::Also => return self.begin_alternative(false),
            Word::Except => return self.begin_alternative(true),
            Word::Every => Self::parse_every,
            Word::On => Self::parse_on,
            Word::Of | Word::In => Self::parse_of,
            Word::At => Self::parse_at,
            Word::After => |parser| parser.parse_limit(Limit::From),
            Word::Before => |parser| parser.parse_limit(Limit::Before),
            _ => return Err(self.cursor.unexpected(PARTS)),
        };
        self.cursor.advance();
        self.parts += 1;
        rule(self)
    }

    fn parse_every(&mut self) -> Result<(), ScheduleError> {
        if self.parse_days()? {
            return Ok(());
        }
        let number = self.cursor.token();
        let count = match number.kind {
            TokenKind::Number { value: 0, .. } => {
                return Err(ScheduleError::new(Kind::ZeroInterval, number.span()));
            }
            TokenKind::Number { value, .. } => {
                self.cursor.advance();
                value
            }
            _ => 1,
        };
        let expected = if number == self.cursor.token() { AFTER_EVERY } else { PERIODS };
        let unit = self.cursor.parse_period().ok_or_else(|| self.cursor.unexpected(expected))?;
        let every = Every { count, unit, number };
        if self.cursor.accept(Word::Start) {
            return self.parse_start(every);
        }
        if self.cursor.accept(Word::Between) {
            return self.parse_between(every);
        }
        self.lone = Some(every);
        self.allow_every(every, unit.min(), every_end(unit));
        Ok(())
    }

    /// Values `from, from + count, ...` up to `to`.
    fn allow_every(&mut self, every: Every, from: u32, to: u32) {
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
        let start = self.cursor.token();
        if let Some(from) = self.cursor.parse_time()? {
            self.expect_and()?;
            let before = self.cursor.parse_time()?.ok_or_else(|| self.cursor.unexpected(TIMES))?;
            if before <= from {
                return Err(ScheduleError::new(Kind::ReversedRange, self.cursor.span_from(start)));
            }
            self.draft.limit(Unit::Time, Limit::From, from);
            self.draft.limit(Unit::Time, Limit::Before, before);
            self.allow_every(every, every.unit.min(), every_end(every.unit));
            return Ok(());
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

    fn expect_and(&mut self) -> Result<(), ScheduleError> {
        if self.cursor.accept_and() { Ok(()) } else { Err(self.cursor.unexpected(&["and"])) }
    }

    fn parse_on(&mut self) -> Result<(), ScheduleError> {
        if !self.cursor.accept(Word::The) {
            return if self.parse_days()? { Ok(()) } else { Err(self.cursor.unexpected(DAY_NAMES)) };
        }
        if self.cursor.accept(Word::First) {
            let unit = self.cursor.expect_period()?;
            self.draft.allow(unit, unit.min());
            return Ok(());
        }
        if self.cursor.accept(Word::Last) {
            let unit = self.cursor.expect_period()?;
            self.draft.allow(unit, last_value(unit));
            return Ok(());
        }
        self.parse_ranks()
    }

    /// Numbers and the period that they count. The period, which says what numbers there can be, comes last.
    fn parse_ranks(&mut self) -> Result<(), ScheduleError> {
        if !self.cursor.is_at_number() {
            return Err(self.cursor.unexpected(&["first", "last", "a number"]));
        }
        let mut numbers = self.cursor;
        self.cursor.skip_numbers();
        let end = self.cursor.token();
        let unit = self.cursor.expect_period()?;
        let draft = &mut self.draft;
        numbers.parse_list(
            |cursor| if cursor.is_at_number() { cursor.parse_value(unit).map(Some) } else { Ok(None) },
            |from, to, span| {
                if from > to {
                    return Err(ScheduleError::new(Kind::ReversedRange, span));
                }
                (from..=to).for_each(|value| draft.allow(unit, value));
                Ok(())
            },
        )?;
        if numbers.token() == end { Ok(()) } else { Err(numbers.unexpected(&["a number"])) }
    }

    /// "weekday", "weekend" or names of days; `false` if the next token is none of them.
    fn parse_days(&mut self) -> Result<bool, ScheduleError> {
        if self.cursor.accept(Word::Weekday) {
            self.draft.allow_set(Unit::Weekday, bits(2, 6));
            return Ok(true);
        }
        if self.cursor.accept(Word::Weekend) {
            self.draft.allow_set(Unit::Weekday, 1 << 1 | 1 << 7);
            return Ok(true);
        }
        let draft = &mut self.draft;
        self.cursor.parse_list(
            |cursor| Ok(cursor.accept_day_name()),
            |from, to, _| {
                allow_around(draft, Unit::Weekday, from, to);
                Ok(())
            },
        )
    }

    fn parse_of(&mut self) -> Result<(), ScheduleError> {
        let draft = &mut self.draft;
        let months = self.cursor.parse_list(
            |cursor| Ok(cursor.accept_month_name()),
            |from, to, _| {
                allow_around(draft, Unit::Month, from, to);
                Ok(())
            },
        )?;
        let found = months
            || self.cursor.parse_list(Cursor::parse_year, |from, to, span| {
                if from > to {
                    return Err(ScheduleError::new(Kind::ReversedRange, span));
                }
                (from..=to).for_each(|year| draft.allow(Unit::Year, year));
                Ok(())
            })?;
        if found { Ok(()) } else { Err(self.cursor.unexpected(MONTHS_OR_YEARS)) }
    }

    fn parse_at(&mut self) -> Result<(), ScheduleError> {
        let time = self.cursor.parse_time()?;
        let example = "at 10:15 am";
        let mut time = time.ok_or_else(|| self.cursor.unexpected(TIMES).suggesting(example))?;
        loop {
            self.draft.allow(Unit::Time, time);
            let mark = self.cursor;
            if !self.cursor.accept_and() {
                return Ok(());
            }
            let Some(another) = self.cursor.parse_time()? else {
                self.cursor = mark;
                return Ok(());
            };
            time = another;
        }
    }

    fn parse_limit(&mut self, limit: Limit) -> Result<(), ScheduleError> {
        if let Some(time) = self.cursor.parse_time()? {
            self.draft.limit(Unit::Time, limit, time);
            return Ok(());
        }
        self.cursor.accept(Word::The);
        if !self.cursor.is_at_number() {
            return Err(self.cursor.unexpected(&["a time", "a number"]));
        }
        let mut number = self.cursor;
        self.cursor.advance();
        let unit = self.cursor.expect_period()?;
        self.draft.limit(unit, limit, number.parse_value(unit)?);
        Ok(())
    }

    /// "also" and "except" end what came before them.
    fn begin_alternative(&mut self, exception: bool) -> Result<(), ScheduleError> {
        let joint = self.cursor.token();
        let needless = self.alternatives.is_empty() && !exception;
        if self.draft.is_empty() && !needless {
            return Err(ScheduleError::new(Kind::NothingScheduled, joint.span()).expecting(PARTS));
        }
        self.refuse_too_long()?;
        if !self.draft.is_empty() {
            self.alternatives.push(std::mem::take(&mut self.draft), joint.span())?;
        }
        if exception {
            self.alternatives.begin_exceptions();
        }
        self.cursor.advance();
        self.parts += 1;
        Ok(())
    }

    /// An interval longer than its unit means nothing beside other conditions, and nothing at all for units
    /// of no fixed length.
    fn refuse_too_long(&mut self) -> Result<(), ScheduleError> {
        let Some(Every { unit, number, .. }) = self.too_long.take() else { return Ok(()) };
        Err(match unit {
            Unit::Second | Unit::Minute | Unit::Hour | Unit::Day | Unit::WeekOfYear => {
                ScheduleError::new(Kind::IntervalNotAlone, number.span()).suggesting("every 90 minutes")
            }
            Unit::Month | Unit::Year => {
                ScheduleError::new(Kind::IntervalTooLong, number.span()).suggesting("P18M")
            }
            _ => ScheduleError::new(Kind::IntervalTooLong, number.span()),
        })
    }

    fn finish(mut self) -> Result<Schedule, ScheduleError> {
        if self.parts == 1
            && let Some(Every { count, unit, .. }) = self.lone
            && let Some(schedule) = interval::alone(count, unit)
        {
            return Ok(schedule);
        }
        self.refuse_too_long()?;
        if self.draft.is_empty() {
            return Err(self.cursor.unexpected(PARTS));
        }
        Ok(self.alternatives.finish(self.draft))
    }
}

/// A range of names, which may run over the end of the week or year.
fn allow_around(draft: &mut Draft, unit: Unit, from: u32, to: u32) {
    if from <= to {
        draft.allow_set(unit, bits(from, to));
    } else {
        draft.allow_set(unit, bits(from, unit.max()) | bits(unit.min(), to));
    }
}

/// Last value that "every" gives to a unit: `later` stops at the fifth week of a month.
fn every_end(unit: Unit) -> u32 {
    if unit == Unit::WeekOfMonth { 5 } else { unit.max() }
}

/// What "last" means: 0 where the last value depends on the month or year.
fn last_value(unit: Unit) -> u32 {
    match unit {
        Unit::Day | Unit::DayInstance | Unit::DayOfYear | Unit::WeekOfMonth | Unit::WeekOfYear => 0,
        unit => unit.max(),
    }
}
