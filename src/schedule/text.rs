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
//! hours is different: see [`interval::every`].

use super::draft::{Draft, Limit};
use super::error::{Kind, ScheduleError, Suggestion};
use super::field::Unit;
use super::interval;
use super::lexer::{Lexer, Token, TokenKind, Word};
use super::{Alternatives, Schedule};

const PARTS: &[&str] =
    &["every", "at", "on", "on the", "of", "in", "after", "before", "and", "also", "except"];
const PERIODS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "year"];
const DAY_NAMES: &[&str] =
    &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekday", "weekend"];
const MONTHS_OR_YEARS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "a year",
];
const AFTER_EVERY: &[&str] =
    &["a number", "second", "minute", "hour", "day", "week", "month", "year", "weekday", "weekend", "monday"];

/// Parses a sentence.
pub(super) fn parse(text: &str) -> Result<Schedule, ScheduleError> {
    let mut parser = Parser::new(text);
    while parser.token.kind != TokenKind::End {
        parser.parse_part()?;
    }
    parser.finish()
}

/// An interval that stands alone so far: "every 90 minutes".
#[derive(Clone, Copy)]
struct Lone {
    count: u32,
    unit: Unit,
}

struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    /// The token looked at; everything before it is understood.
    token: Token,
    draft: Draft,
    alternatives: Alternatives,
    /// Parts understood so far.
    parts: u32,
    lone: Option<Lone>,
    /// An interval longer than its unit, which is right only alone.
    too_long: Option<Token>,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Parser<'t> {
        let mut lexer = Lexer::new(text);
        let token = lexer.next_token();
        Parser {
            text,
            lexer,
            token,
            draft: Draft::default(),
            alternatives: Alternatives::default(),
            parts: 0,
            lone: None,
            too_long: None,
        }
    }

    fn advance(&mut self) -> Token {
        let next = self.lexer.next_token();
        std::mem::replace(&mut self.token, next)
    }

    fn accept(&mut self, word: Word) -> bool {
        let found = self.token.kind == TokenKind::Word(word);
        if found {
            self.advance();
        }
        found
    }

    /// An error at the token looked at.
    fn unexpected(&self, expected: &'static [&'static str]) -> ScheduleError {
        if self.token.kind == TokenKind::End {
            return ScheduleError::new(Kind::UnexpectedEnd, self.token.span()).expecting(expected);
        }
        ScheduleError::new(Kind::Unexpected, self.token.span())
            .expecting(expected)
            .suggesting_word_like(self.text.get(self.token.start..self.token.end).unwrap_or_default())
    }

    fn parse_part(&mut self) -> Result<(), ScheduleError> {
        let token = self.token;
        let TokenKind::Word(word) = token.kind else {
            return match token.kind {
                TokenKind::Comma => {
                    self.advance();
                    Ok(())
                }
                TokenKind::AtSign => {
                    self.advance();
                    self.parse_at()
                }
                _ => Err(self.unexpected(PARTS)),
            };
        };
        match word {
            Word::Every | Word::After | Word::Before | Word::On | Word::Of | Word::In | Word::At => {
                self.advance();
                self.parts += 1;
            }
            Word::And | Word::Also | Word::Except => {
                self.advance();
            }
            _ => return Err(self.unexpected(PARTS)),
        }
        match word {
            Word::Every => self.parse_every(),
            Word::After => self.parse_limit(Limit::From),
            Word::Before => self.parse_limit(Limit::Before),
            Word::On => self.parse_on(),
            Word::Of | Word::In => self.parse_of(),
            Word::At => self.parse_at(),
            Word::Also => self.begin_alternative(token, false),
            Word::Except => self.begin_alternative(token, true),
            _ => Ok(()),
        }
    }

    fn parse_every(&mut self) -> Result<(), ScheduleError> {
        if self.parse_days()? {
            return Ok(());
        }
        let number = self.token;
        let count = match number.kind {
            TokenKind::Number { value: 0, .. } => {
                return Err(ScheduleError::new(Kind::ZeroInterval, number.span()));
            }
            TokenKind::Number { value, .. } => {
                self.advance();
                value
            }
            _ => 1,
        };
        let Some(unit) = self.parse_period() else {
            let expected = if number.kind == self.token.kind { AFTER_EVERY } else { PERIODS };
            return Err(self.unexpected(expected));
        };
        match self.token.kind {
            TokenKind::Word(Word::Start) => self.parse_start(number, count, unit),
            TokenKind::Word(Word::Between) => self.parse_between(number, count, unit),
            _ => {
                self.lone = Some(Lone { count, unit });
                self.allow_every(number, count, unit, unit.min(), every_end(unit))
            }
        }
    }

    /// Values `from, from + count, ...` up to `to` of `unit`.
    fn allow_every(
        &mut self,
        number: Token,
        count: u32,
        unit: Unit,
        from: u32,
        to: u32,
    ) -> Result<(), ScheduleError> {
        if count > unit.max() - unit.min() + 1 {
            self.too_long = Some(number);
        }
        if from > to {
            return Err(ScheduleError::new(Kind::ReversedRange, number.span()));
        }
        self.draft.allow_every(unit, from, to, count);
        Ok(())
    }

    fn parse_start(&mut self, number: Token, count: u32, unit: Unit) -> Result<(), ScheduleError> {
        self.advance();
        if !self.accept(Word::At) {
            self.accept(Word::On);
        }
        self.accept(Word::The);
        let from = self.parse_value(unit)?;
        let again = self.token;
        match self.parse_period() {
            Some(period) if period == unit => {}
            Some(_) => {
                return Err(ScheduleError::new(Kind::Unexpected, again.span())
                    .expecting(period_words(unit))
                    .suggesting(Suggestion::Word(period_words(unit)[0])));
            }
            None => return Err(self.unexpected(period_words(unit))),
        }
        self.allow_every(number, count, unit, from, every_end(unit))
    }

    fn parse_between(&mut self, number: Token, count: u32, unit: Unit) -> Result<(), ScheduleError> {
        self.advance();
        let start = self.token;
        if let Some(from) = self.parse_time()? {
            self.expect_and()?;
            let Some(before) = self.parse_time()? else {
                return Err(self.unexpected(&["a time"]));
            };
            if before <= from {
                let span = super::error::Span { end: self.last_end(), ..start.span() };
                return Err(ScheduleError::new(Kind::ReversedRange, span));
            }
            self.draft.limit(Unit::Time, Limit::From, from);
            self.draft.limit(Unit::Time, Limit::Before, before);
            return self.allow_every(number, count, unit, unit.min(), every_end(unit));
        }
        self.accept(Word::The);
        let from = self.parse_value(unit)?;
        self.expect_and()?;
        self.accept(Word::The);
        let end = self.token;
        let to = self.parse_value(unit)?;
        if from > to {
            return Err(ScheduleError::new(Kind::ReversedRange, end.span()));
        }
        let (token, lexer) = (self.token, self.lexer);
        if self.parse_period().is_some_and(|period| period != unit) {
            (self.token, self.lexer) = (token, lexer);
            return Err(self.unexpected(period_words(unit)));
        }
        self.allow_every(number, count, unit, from, to)
    }

    fn expect_and(&mut self) -> Result<(), ScheduleError> {
        if self.accept(Word::And) || self.accept_comma() { Ok(()) } else { Err(self.unexpected(&["and"])) }
    }

    fn accept_comma(&mut self) -> bool {
        let found = self.token.kind == TokenKind::Comma;
        if found {
            self.advance();
        }
        found
    }

    fn parse_on(&mut self) -> Result<(), ScheduleError> {
        if !self.accept(Word::The) {
            return if self.parse_days()? { Ok(()) } else { Err(self.unexpected(DAY_NAMES)) };
        }
        if self.accept(Word::First) {
            let unit = self.expect_period()?;
            self.draft.allow(unit, unit.min());
            return Ok(());
        }
        if self.accept(Word::Last) {
            let unit = self.expect_period()?;
            self.draft.allow(unit, last_value(unit));
            return Ok(());
        }
        self.parse_ranks()
    }

    /// Numbers and the period that they count: the unit is known only after them.
    fn parse_ranks(&mut self) -> Result<(), ScheduleError> {
        let (token, lexer) = (self.token, self.lexer);
        if !matches!(token.kind, TokenKind::Number { .. }) {
            return Err(self.unexpected(&["first", "last", "a number"]));
        }
        while matches!(
            self.token.kind,
            TokenKind::Number { .. }
                | TokenKind::Dash
                | TokenKind::Comma
                | TokenKind::Word(Word::And | Word::Through)
        ) {
            self.advance();
        }
        let unit = self.expect_period()?;
        let after = (self.token, self.lexer);
        (self.token, self.lexer) = (token, lexer);
        self.parse_list(unit, |parser| match parser.token.kind {
            TokenKind::Number { .. } => parser.parse_value(unit).map(Some),
            _ => Ok(None),
        })?;
        if self.parse_period().is_none() {
            return Err(self.unexpected(&["a number"]));
        }
        (self.token, self.lexer) = after;
        Ok(())
    }

    /// "weekday", "weekend" or names of days; `false` if the next token is none of them.
    fn parse_days(&mut self) -> Result<bool, ScheduleError> {
        if self.accept(Word::Weekday) {
            self.draft.allow_set(Unit::Weekday, super::field::bits(2, 6));
            return Ok(true);
        }
        if self.accept(Word::Weekend) {
            self.draft.allow_set(Unit::Weekday, 1 << 1 | 1 << 7);
            return Ok(true);
        }
        self.parse_list(Unit::Weekday, |parser| {
            let TokenKind::Word(Word::DayName(day)) = parser.token.kind else { return Ok(None) };
            parser.advance();
            Ok(Some(u32::from(day)))
        })
    }

    fn parse_of(&mut self) -> Result<(), ScheduleError> {
        let months = self.parse_list(Unit::Month, |parser| {
            let TokenKind::Word(Word::MonthName(month)) = parser.token.kind else { return Ok(None) };
            parser.advance();
            Ok(Some(u32::from(month)))
        })?;
        let found = months
            || self.parse_list(Unit::Year, |parser| match parser.token.kind {
                TokenKind::Number { digits: 4, .. } => parser.parse_value(Unit::Year).map(Some),
                _ => Ok(None),
            })?;
        if found { Ok(()) } else { Err(self.unexpected(MONTHS_OR_YEARS)) }
    }

    /// Values and ranges of values joined by "and" or commas; `false` if there is not even one. A range of
    /// names may run over the end of the week or year.
    fn parse_list(
        &mut self,
        unit: Unit,
        mut item: impl FnMut(&mut Parser<'t>) -> Result<Option<u32>, ScheduleError>,
    ) -> Result<bool, ScheduleError> {
        let mut first = self.token;
        let Some(mut from) = item(self)? else { return Ok(false) };
        loop {
            let to =
                if self.token.kind == TokenKind::Dash || self.token.kind == TokenKind::Word(Word::Through) {
                    self.advance();
                    item(self)?.ok_or_else(|| self.unexpected(&["the end of the range"]))?
                } else {
                    from
                };
            self.allow_range(unit, from, to, first)?;
            let (token, lexer) = (self.token, self.lexer);
            if !self.accept(Word::And) && !self.accept_comma() {
                return Ok(true);
            }
            first = self.token;
            match item(self)? {
                Some(value) => from = value,
                None => {
                    (self.token, self.lexer) = (token, lexer);
                    return Ok(true);
                }
            }
        }
    }

    fn allow_range(&mut self, unit: Unit, from: u32, to: u32, first: Token) -> Result<(), ScheduleError> {
        if from > to {
            if !matches!(first.kind, TokenKind::Word(_)) {
                let span = super::error::Span { end: self.last_end(), ..first.span() };
                return Err(ScheduleError::new(Kind::ReversedRange, span));
            }
            (from..=unit.max()).chain(unit.min()..=to).for_each(|value| self.draft.allow(unit, value));
            return Ok(());
        }
        (from..=to).for_each(|value| self.draft.allow(unit, value));
        Ok(())
    }

    /// End of the last token that is understood.
    fn last_end(&self) -> u32 {
        let before = self.text.get(..self.token.start).unwrap_or_default();
        super::error::Span::new(0, before.trim_ascii_end().len()).end
    }

    fn parse_at(&mut self) -> Result<(), ScheduleError> {
        let Some(time) = self.parse_time()? else {
            return Err(self.unexpected(&["a time"]).suggesting(Suggestion::Write("at 10:15 am")));
        };
        self.draft.allow(Unit::Time, time);
        loop {
            let (token, lexer) = (self.token, self.lexer);
            if !self.accept(Word::And) && !self.accept_comma() {
                return Ok(());
            }
            match self.parse_time()? {
                Some(time) => self.draft.allow(Unit::Time, time),
                None => {
                    (self.token, self.lexer) = (token, lexer);
                    return Ok(());
                }
            }
        }
    }

    fn parse_limit(&mut self, limit: Limit) -> Result<(), ScheduleError> {
        if let Some(time) = self.parse_time()? {
            self.draft.limit(Unit::Time, limit, time);
            return Ok(());
        }
        self.accept(Word::The);
        let (token, lexer) = (self.token, self.lexer);
        if !matches!(token.kind, TokenKind::Number { .. }) {
            return Err(self.unexpected(&["a time", "a number"]));
        }
        self.advance();
        let unit = self.expect_period()?;
        let after = (self.token, self.lexer);
        (self.token, self.lexer) = (token, lexer);
        let value = self.parse_value(unit)?;
        (self.token, self.lexer) = after;
        self.draft.limit(unit, limit, value);
        Ok(())
    }

    /// A number within the bounds of `unit`.
    fn parse_value(&mut self, unit: Unit) -> Result<u32, ScheduleError> {
        let TokenKind::Number { value, .. } = self.token.kind else {
            return Err(self.unexpected(&["a number"]));
        };
        let zero_is_last = unit.zero_is_last() && value == 0;
        if !zero_is_last && !(unit.min()..=unit.max()).contains(&value) {
            let kind = Kind::OutOfRange { what: unit_name(unit), min: unit.min(), max: unit.max() };
            return Err(ScheduleError::new(kind, self.token.span()));
        }
        self.advance();
        Ok(value)
    }

    /// A time of the day in seconds; `None` if the next token begins none.
    fn parse_time(&mut self) -> Result<Option<u32>, ScheduleError> {
        if self.accept(Word::Noon) {
            return Ok(Some(12 * 3_600));
        }
        if self.accept(Word::Midnight) {
            return Ok(Some(0));
        }
        let TokenKind::Number { value: hour, digits: 1..=2 } = self.token.kind else { return Ok(None) };
        let (hour_token, lexer) = (self.token, self.lexer);
        self.advance();
        let (mut minute, mut second) = (0, 0);
        let with_minutes = self.token.kind == TokenKind::Colon;
        if with_minutes {
            self.advance();
            minute = self.parse_sixtieth("the minute")?;
            if self.token.kind == TokenKind::Colon {
                self.advance();
                second = self.parse_sixtieth("the second")?;
            }
        }
        let hour = if self.accept(Word::Am) {
            twelve_hour_clock(hour_token, hour)? % 12
        } else if self.accept(Word::Pm) {
            twelve_hour_clock(hour_token, hour)? % 12 + 12
        } else if with_minutes {
            check_range(hour_token, hour, "the hour", 0, 23)?
        } else {
            (self.token, self.lexer) = (hour_token, lexer);
            return Ok(None);
        };
        Ok(Some(hour * 3_600 + minute * 60 + second))
    }

    fn parse_sixtieth(&mut self, what: &'static str) -> Result<u32, ScheduleError> {
        let TokenKind::Number { value, digits: 2 } = self.token.kind else {
            return Err(self.unexpected(&["two digits"]));
        };
        check_range(self.token, value, what, 0, 59)?;
        self.advance();
        Ok(value)
    }

    fn expect_period(&mut self) -> Result<Unit, ScheduleError> {
        self.parse_period().ok_or_else(|| self.unexpected(PERIODS))
    }

    fn parse_period(&mut self) -> Option<Unit> {
        let TokenKind::Word(word) = self.token.kind else { return None };
        let unit = match word {
            Word::Second => Unit::Second,
            Word::Minute => Unit::Minute,
            Word::Hour => Unit::Hour,
            Word::Day => Unit::Day,
            Word::Week => Unit::WeekOfYear,
            Word::Month => Unit::Month,
            Word::Year => Unit::Year,
            _ => return None,
        };
        self.advance();
        Some(match unit {
            Unit::Day if self.accept(Word::Instance) => Unit::DayInstance,
            Unit::Day => match self.accept_of_the() {
                Some(Word::Week) => Unit::Weekday,
                Some(Word::Year) => Unit::DayOfYear,
                _ => Unit::Day,
            },
            Unit::WeekOfYear => match self.accept_of_the() {
                Some(Word::Month) => Unit::WeekOfMonth,
                _ => Unit::WeekOfYear,
            },
            unit => unit,
        })
    }

    /// "of the week", "of the month", "of the year".
    fn accept_of_the(&mut self) -> Option<Word> {
        let (token, lexer) = (self.token, self.lexer);
        if self.accept(Word::Of)
            && self.accept(Word::The)
            && let TokenKind::Word(word @ (Word::Week | Word::Month | Word::Year)) = self.token.kind
        {
            self.advance();
            return Some(word);
        }
        (self.token, self.lexer) = (token, lexer);
        None
    }

    /// "also" and "except" end what came before them.
    fn begin_alternative(&mut self, joint: Token, exception: bool) -> Result<(), ScheduleError> {
        if self.draft.is_empty() && !(self.alternatives.is_empty() && !exception) {
            return Err(ScheduleError::new(Kind::NothingScheduled, joint.span()).expecting(PARTS));
        }
        self.refuse_too_long()?;
        if !self.draft.is_empty() {
            self.alternatives.push(std::mem::take(&mut self.draft), joint.span())?;
        }
        if exception {
            self.alternatives.begin_exceptions();
        }
        self.parts += 1;
        self.lone = None;
        Ok(())
    }

    /// An interval longer than its unit means nothing beside other conditions.
    fn refuse_too_long(&mut self) -> Result<(), ScheduleError> {
        match self.too_long.take() {
            Some(number) => Err(ScheduleError::new(Kind::IntervalTooLong, number.span())
                .suggesting(Suggestion::Write("every 90 minutes"))),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Schedule, ScheduleError> {
        if let Some(Lone { count, unit }) = self.lone
            && self.parts == 1
            && let Some(schedule) = interval::every(count, unit)
        {
            return Ok(schedule);
        }
        self.refuse_too_long()?;
        if self.draft.is_empty() {
            return Err(ScheduleError::new(Kind::UnexpectedEnd, self.token.span()).expecting(PARTS));
        }
        self.alternatives.finish(self.draft, self.token.span())
    }
}

fn check_range(
    token: Token,
    value: u32,
    what: &'static str,
    min: u32,
    max: u32,
) -> Result<u32, ScheduleError> {
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        Err(ScheduleError::new(Kind::OutOfRange { what, min, max }, token.span()))
    }
}

fn twelve_hour_clock(token: Token, hour: u32) -> Result<u32, ScheduleError> {
    check_range(token, hour, "the hour before \"am\" or \"pm\"", 1, 12)
}

/// Last value that "every" gives to a unit: later stops at the fifth week of a month.
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

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "the second",
        Unit::Minute => "the minute",
        Unit::Hour => "the hour",
        Unit::Time => "the time",
        Unit::Day => "the day of the month",
        Unit::Weekday => "the day of the week",
        Unit::DayInstance => "the day instance",
        Unit::DayOfYear => "the day of the year",
        Unit::WeekOfMonth => "the week of the month",
        Unit::WeekOfYear => "the week of the year",
        Unit::Month => "the month",
        Unit::Year => "the year",
    }
}

fn period_words(unit: Unit) -> &'static [&'static str] {
    match unit {
        Unit::Second => &["second"],
        Unit::Minute => &["minute"],
        Unit::Hour => &["hour"],
        Unit::Time => &["time"],
        Unit::Day => &["day"],
        Unit::Weekday => &["day of the week"],
        Unit::DayInstance => &["day instance"],
        Unit::DayOfYear => &["day of the year"],
        Unit::WeekOfMonth => &["week of the month"],
        Unit::WeekOfYear => &["week"],
        Unit::Month => &["month"],
        Unit::Year => &["year"],
    }
}
