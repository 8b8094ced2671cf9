//! The phrases that sentences are made of: numbers, lists, periods and times of the day, read from a
//! cursor that can be put back.

use super::error::{Kind, ScheduleError, Span};
use super::expected::{PERIODS, unit_name};
use super::field::Unit;
use super::human::NumberSum;
use super::lexer::{Lexer, Token, TokenKind, Word};

/// How many of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    Whole(u32),
    /// A number with decimals.
    Thousandths(u32),
}

/// Reads a sentence token by token.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    /// The token looked at; everything before it is understood.
    token: Token,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Cursor<'t> {
        let mut lexer = Lexer::new(text);
        let token = lexer.next_token();
        Cursor { text, lexer, token }
    }

    /// The token looked at.
    pub(super) fn token(&self) -> Token {
        self.token
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.token.kind == TokenKind::End
    }

    pub(super) fn is_at_number(&self) -> bool {
        matches!(self.token.kind, TokenKind::Number { .. })
    }

    pub(super) fn advance(&mut self) {
        self.token = self.lexer.next_token();
    }

    /// Steps over the next token if it is `kind`.
    pub(super) fn accept_kind(&mut self, kind: TokenKind) -> bool {
        let found = self.token.kind == kind;
        if found {
            self.advance();
        }
        found
    }

    /// Steps over the next token if it is `word`.
    pub(super) fn accept(&mut self, word: Word) -> bool {
        self.accept_kind(TokenKind::Word(word))
    }

    /// Steps over what joins the items of a list.
    pub(super) fn accept_and(&mut self) -> bool {
        self.accept(Word::And) || self.accept_kind(TokenKind::Comma)
    }

    /// From `start` to the end of the last token that is understood.
    pub(super) fn span_from(&self, start: Token) -> Span {
        let before = self.text.get(..self.token.start).unwrap_or_default();
        Span::new(start.start, before.trim_ascii_end().len())
    }

    /// An error at the token looked at.
    pub(super) fn unexpected(&self, expected: &'static [&'static str]) -> ScheduleError {
        if self.is_at_end() {
            return ScheduleError::new(Kind::UnexpectedEnd, self.token.span()).expecting(expected);
        }
        ScheduleError::new(Kind::Unexpected, self.token.span())
            .expecting(expected)
            .suggesting_word_like(self.text.get(self.token.start..self.token.end).unwrap_or_default())
    }

    /// A number within the bounds of `unit`.
    pub(super) fn parse_value(&mut self, unit: Unit) -> Result<u32, ScheduleError> {
        let TokenKind::Number { value, .. } = self.token.kind else {
            return Err(self.unexpected(&["a number"]));
        };
        let zero_is_last = unit.zero_is_last() && value == 0;
        if !zero_is_last {
            check_range(self.token, value, unit_name(unit), unit.min(), unit.max())?;
        }
        self.advance();
        Ok(value)
    }

    /// The name of a day of the week, 1 = Sunday.
    pub(super) fn accept_day_name(&mut self) -> Option<u32> {
        let TokenKind::Word(Word::DayName(day)) = self.token.kind else { return None };
        self.advance();
        Some(u32::from(day))
    }

    /// The name of a month, 1 = January.
    pub(super) fn accept_month_name(&mut self) -> Option<u32> {
        let TokenKind::Word(Word::MonthName(month)) = self.token.kind else { return None };
        self.advance();
        Some(u32::from(month))
    }

    /// The amount of "every": digits, with decimals or without, or number words; `None` if there is none.
    pub(super) fn parse_amount(&mut self) -> Result<Option<Amount>, ScheduleError> {
        let count = match self.token.kind {
            TokenKind::Number { value, .. } => value,
            TokenKind::Fraction { thousandths } => {
                self.advance();
                return Ok(Some(Amount::Thousandths(thousandths)));
            }
            TokenKind::Numeral(_) => return self.parse_numerals().map(Some),
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(Amount::Whole(count)))
    }

    /// "two", "twenty-five", "one hundred and twenty".
    fn parse_numerals(&mut self) -> Result<Amount, ScheduleError> {
        let mut sum = NumberSum::default();
        loop {
            let mark = *self;
            let _joined = sum.total() > 0 && (self.accept_kind(TokenKind::Dash) || self.accept(Word::And));
            let TokenKind::Numeral(number) = self.token.kind else {
                *self = mark;
                return Ok(Amount::Whole(u32::try_from(sum.total()).unwrap_or(u32::MAX)));
            };
            if !sum.add(number.into()) {
                return Err(self.unexpected(PERIODS));
            }
            self.advance();
        }
    }

    /// A year of four digits.
    pub(super) fn parse_year(&mut self) -> Result<Option<u32>, ScheduleError> {
        match self.token.kind {
            TokenKind::Number { digits: 4, .. } => self.parse_value(Unit::Year).map(Some),
            _ => Ok(None),
        }
    }

    /// Values and ranges joined by "and" or commas, each given to `allow` as its first and last value and its
    /// place; `false` if there is not even one.
    pub(super) fn parse_list(
        &mut self,
        item: impl Fn(&mut Cursor<'t>) -> Result<Option<u32>, ScheduleError>,
        mut allow: impl FnMut(u32, u32, Span) -> Result<(), ScheduleError>,
    ) -> Result<bool, ScheduleError> {
        let mut first = self.token;
        let Some(mut from) = item(self)? else { return Ok(false) };
        loop {
            let to = if self.accept_through() {
                item(self)?.ok_or_else(|| self.unexpected(&["the end of the range"]))?
            } else {
                from
            };
            allow(from, to, self.span_from(first))?;
            let mark = *self;
            if !self.accept_and() {
                return Ok(true);
            }
            first = self.token;
            let Some(value) = item(self)? else {
                *self = mark;
                return Ok(true);
            };
            from = value;
        }
    }

    /// Whether a rank comes next: a number, "first", "last", or "second" before the name of a day.
    pub(super) fn is_at_rank(&self) -> bool {
        match self.token.kind {
            TokenKind::Number { .. } | TokenKind::Word(Word::First | Word::Last) => true,
            TokenKind::Word(Word::Second) => {
                let mut next = *self;
                next.advance();
                matches!(next.token.kind, TokenKind::Word(Word::DayName(_)))
            }
            _ => false,
        }
    }

    /// Whether a rank follows the next token.
    pub(super) fn is_rank_next(&self) -> bool {
        let mut next = *self;
        next.advance();
        next.is_at_rank()
    }

    /// Steps over a list of ranks, whatever they count; gives the last one of them.
    pub(super) fn skip_ranks(&mut self) -> Token {
        let mut last = self.token;
        self.advance();
        loop {
            let mark = *self;
            let goes_on = (self.accept_and() || self.accept_through()) && self.is_at_rank();
            if !goes_on {
                *self = mark;
                return last;
            }
            last = self.token;
            self.advance();
        }
    }

    /// A rank among the values of `unit`; `last` is what "last" means there.
    pub(super) fn parse_rank(&mut self, unit: Unit, last: u32) -> Result<Option<u32>, ScheduleError> {
        if !self.is_at_rank() {
            return Ok(None);
        }
        let value = match self.token.kind {
            TokenKind::Word(Word::First) => unit.min(),
            TokenKind::Word(Word::Last) => last,
            TokenKind::Word(_) => 2,
            _ => return self.parse_value(unit).map(Some),
        };
        self.advance();
        Ok(Some(value))
    }

    /// Steps over what joins the ends of a range.
    pub(super) fn accept_through(&mut self) -> bool {
        self.accept_kind(TokenKind::Dash) || self.accept(Word::Through)
    }

    /// Steps over "of the month", "of each month" and the like.
    pub(super) fn accept_of_the_month(&mut self) -> bool {
        let mark = *self;
        let found = self.accept_of_the() == Some(Word::Month);
        if !found {
            *self = mark;
        }
        found
    }

    pub(super) fn expect_period(&mut self) -> Result<Unit, ScheduleError> {
        self.parse_period().ok_or_else(|| self.unexpected(PERIODS))
    }

    /// A period, with what says which kind of day or week it is.
    pub(super) fn parse_period(&mut self) -> Option<Unit> {
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

    /// "of the week", "of each month", "of every year".
    fn accept_of_the(&mut self) -> Option<Word> {
        let mark = *self;
        if self.accept(Word::Of)
            && (self.accept(Word::The) || self.accept(Word::Every) || self.accept(Word::A))
            && let TokenKind::Word(word @ (Word::Week | Word::Month | Word::Year)) = self.token.kind
        {
            self.advance();
            return Some(word);
        }
        *self = mark;
        None
    }

    /// A time of the day in seconds; `None` if the next token begins none.
    pub(super) fn parse_time(&mut self) -> Result<Option<u32>, ScheduleError> {
        if self.accept(Word::Noon) {
            return Ok(Some(12 * 3_600));
        }
        if self.accept(Word::Midnight) {
            return Ok(Some(0));
        }
        let mark = *self;
        let hour_token = self.token;
        let TokenKind::Number { value: hour, digits: 1..=2, is_ordinal: false } = hour_token.kind else {
            return Ok(None);
        };
        self.advance();
        let (mut minute, mut second) = (0, 0);
        let with_minutes = self.accept_kind(TokenKind::Colon);
        if with_minutes {
            minute = self.parse_sixtieth("the minute")?;
            if self.accept_kind(TokenKind::Colon) {
                second = self.parse_sixtieth("the second")?;
            }
        }
        let twelve_hour_clock = || check_range(hour_token, hour, "the hour before \"am\" or \"pm\"", 1, 12);
        let hour = if self.accept(Word::Am) {
            twelve_hour_clock()? % 12
        } else if self.accept(Word::Pm) {
            twelve_hour_clock()? % 12 + 12
        } else if with_minutes {
            check_range(hour_token, hour, "the hour", 0, 23).map_err(|error| match hour {
                24 => error.suggesting("00:00"),
                _ => error,
            })?
        } else {
            *self = mark;
            return Ok(None);
        };
        Ok(Some(hour * 3_600 + minute * 60 + second))
    }

    fn parse_sixtieth(&mut self, what: &'static str) -> Result<u32, ScheduleError> {
        let TokenKind::Number { value, digits: 2, .. } = self.token.kind else {
            return Err(self.unexpected(&["two digits"]));
        };
        check_range(self.token, value, what, 0, 59)?;
        self.advance();
        Ok(value)
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
