//! Times of the day: "at 10:15 am", "after 5pm", "from 9am to 5pm".

use super::super::draft::Limit;
use super::super::error::{Kind, ScheduleError};
use super::super::expected::{AFTER_FROM, TIMES};
use super::super::field::Unit;
use super::super::lexer::{Token, Word};
use super::Parser;

/// Second of the day at which the next one begins.
const MIDNIGHT: u32 = 86_400;

impl Parser<'_> {
    pub(super) fn parse_at(&mut self) -> Result<(), ScheduleError> {
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

    pub(super) fn parse_limit(&mut self, limit: Limit) -> Result<(), ScheduleError> {
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

    /// "between 9am and 5pm".
    pub(super) fn parse_window(&mut self) -> Result<(), ScheduleError> {
        let start = self.cursor.token();
        let from = self.expect_time(TIMES)?;
        self.expect_and()?;
        let before = self.expect_time(TIMES)?;
        self.allow_window(from, before, start)
    }

    /// "from 9am to 5pm", "from 9am", "from monday to friday", "from june to august".
    pub(super) fn parse_from(&mut self) -> Result<(), ScheduleError> {
        if self.parse_days()? || self.parse_months()? {
            return Ok(());
        }
        let start = self.cursor.token();
        let from = self.expect_time(AFTER_FROM)?;
        if !self.cursor.accept_through() {
            self.draft.limit(Unit::Time, Limit::From, from);
            self.window = Some(self.cursor.span_from(start));
            return Ok(());
        }
        let before = self.expect_time(TIMES)?;
        self.allow_window(from, before, start)
    }

    fn expect_time(&mut self, expected: &'static [&'static str]) -> Result<u32, ScheduleError> {
        self.cursor.parse_time()?.ok_or_else(|| self.cursor.unexpected(expected))
    }

    /// Allows the time from `from` on and before `before`, over midnight if that is the earlier one.
    fn allow_window(&mut self, from: u32, before: u32, start: Token) -> Result<(), ScheduleError> {
        let span = self.cursor.span_from(start);
        if from == before {
            return Err(ScheduleError::new(Kind::EmptyWindow, span));
        }
        self.draft.limit(Unit::Time, Limit::From, from);
        self.draft.limit(Unit::Time, Limit::Before, if before == 0 { MIDNIGHT } else { before });
        self.window = Some(span);
        Ok(())
    }

    /// A window alone would be each second in it.
    pub(super) fn refuse_window_without_pace(&mut self) -> Result<(), ScheduleError> {
        let Some(window) = self.window.take() else { return Ok(()) };
        let has_pace =
            [Unit::Second, Unit::Minute, Unit::Hour, Unit::Time].iter().any(|&unit| self.draft.lists(unit));
        if has_pace || self.alternatives.is_in_exceptions() {
            return Ok(());
        }
        Err(ScheduleError::new(Kind::NoPace, window).expecting(&["a part such as \"every hour\" before it"]))
    }
}
