//! Sentences.
//!
//! ```text
//! sentence = part { part } [ "." ]
//! part     = every | periodic | on | days | date | of | at | limit | window | "and" | "," | "also" | "except"
//! every    = ( "every" | "each" ) ( days | date | ranks | [ amount ] period [ start | between ] )
//! amount   = number | "other" | "half" [ "a" ]
//! start    = ( "start" | "starting" ) [ "at" | "on" ] [ "the" ] number period
//! between  = "between" ( [ "the" ] number "and" [ "the" ] number [ period ] | time "and" time )
//! periodic = "minutely" | "hourly" | "daily" | "weekly" | "monthly" | "yearly"
//! on       = "on" ( days | date ) | ( [ "on" ] [ "the" ] ) ranks
//! ranks    = rank { ( "and" | "," | through ) rank } ( period | days [ of-month ] | [ of-month ] )
//! rank     = number | "first" | "second" | "last"
//! of-month = "of" ( "the" | "each" | "every" ) "month"
//! date     = month [ [ "the" ] numbers [ [ "," ] year ] ]
//! of       = ( "of" | "in" ) ( months | years )
//! at       = [ "at" | "@" ] time { ( "and" | "," ) time }
//! limit    = ( "after" | "before" ) ( time | [ "the" ] number period )
//! window   = "between" time "and" time | "from" ( time [ through time ] | days | months )
//! days     = "weekday" | "weekend" | names of days
//! period   = "second" | "minute" | "hour" | "day" [ "of the month" | "of the week" | "of the year" | "instance" ]
//!          | "week" [ "of the year" | "of the month" ] | "month" | "year"
//! time     = hour ":" minute [ ":" second ] [ "am" | "pm" ] | hour ( "am" | "pm" ) | "noon" | "midnight"
//! numbers  = number [ through number ] { ( "and" | "," ) number [ through number ] }
//! through  = "through" | "to" | "until" | "-"
//! ```
//!
//! Names of days and months, and years, form lists and ranges as numbers do. All parts must hold together;
//! values of the same period add up; "also" begins an alternative; "except" takes away. The grammar holds
//! that of `@breejs/later` (`later.parse.text`), whose meaning is kept: each unit begins its count anew in
//! the next larger one, and the smallest period named says how often the schedule occurs. Where `later`
//! passes over what it has not understood, this is an error. Only a lone interval of seconds, minutes or
//! hours is different: see [`interval::alone`].
//!
//! `every` and `periodic` are read in `every.rs`, `on`, `days`, `date` and `of` in `days.rs`, `at`, `limit` and
//! `window` in `times.rs`.

mod days;
mod every;
mod times;

use super::alternatives::Alternatives;
use super::draft::{Draft, Limit};
use super::error::{Kind, ScheduleError, Span};
use super::expected::PARTS;
use super::field::Unit;
use super::lexer::{TokenKind, Word};
use super::phrase::Cursor;
use super::{Schedule, interval};
use every::Every;

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
        period: None,
        window: None,
        is_dated: false,
    };
    while !parser.cursor.is_at_end() {
        parser.parse_part()?;
    }
    parser.finish()
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
    /// A week, month or year without a number: it occurs at its beginning unless other parts name the day.
    period: Option<Unit>,
    /// A window of time, which needs a part that says how often in it.
    window: Option<Span>,
    /// A day of a month has been named.
    is_dated: bool,
}

impl Parser<'_> {
    fn parse_part(&mut self) -> Result<(), ScheduleError> {
        let token = self.cursor.token();
        let word = match token.kind {
            TokenKind::Word(word) => word,
            TokenKind::Comma => Word::And,
            TokenKind::AtSign => Word::At,
            TokenKind::Number { .. } => return self.parse_number_part(),
            _ => return Err(self.cursor.unexpected(PARTS)),
        };
        let rule: fn(&mut Self) -> Result<(), ScheduleError> = match word {
            Word::And => {
                self.cursor.advance();
                return Ok(());
            }
            Word::Also => return self.begin_alternative(false),
            Word::Except => return self.begin_alternative(true),
            Word::Periodically(unit) => {
                self.parse_periodic(unit);
                return Ok(());
            }
            // These are the first word of what their rule reads.
            Word::DayName(_) | Word::Weekday | Word::Weekend => {
                return self.begin_part(Self::parse_days_only);
            }
            Word::MonthName(_) => return self.begin_part(Self::parse_date),
            Word::First | Word::Last => return self.begin_part(Self::parse_ranks),
            Word::Noon | Word::Midnight => return self.begin_part(Self::parse_at),
            Word::Every => Self::parse_every,
            Word::On => Self::parse_on,
            Word::Of | Word::In => Self::parse_of,
            Word::At => Self::parse_at,
            Word::After => |parser| parser.parse_limit(Limit::From),
            Word::Before => |parser| parser.parse_limit(Limit::Before),
            Word::Between => Self::parse_window,
            Word::From => Self::parse_from,
            Word::The if self.cursor.is_rank_next() => Self::parse_ranks,
            _ => return Err(self.cursor.unexpected(PARTS)),
        };
        self.cursor.advance();
        self.begin_part(rule)
    }

    fn begin_part(&mut self, rule: fn(&mut Self) -> Result<(), ScheduleError>) -> Result<(), ScheduleError> {
        self.parts += 1;
        rule(self)
    }

    /// A number that begins a part is a time of the day ("9:30 on weekdays") or a day of the month ("15th of
    /// each month").
    fn parse_number_part(&mut self) -> Result<(), ScheduleError> {
        let is_ordinal = matches!(self.cursor.token().kind, TokenKind::Number { is_ordinal: true, .. });
        if is_ordinal {
            return self.begin_part(Self::parse_ranks);
        }
        if self.cursor.clone().parse_time()?.is_none() {
            return Err(self.cursor.unexpected(PARTS));
        }
        self.begin_part(Self::parse_at)
    }

    /// "also" and "except" end what came before them.
    fn begin_alternative(&mut self, exception: bool) -> Result<(), ScheduleError> {
        let joint = self.cursor.token();
        let needless = self.alternatives.is_empty() && !exception;
        self.end_alternative()?;
        if self.draft.is_empty() && !needless {
            return Err(ScheduleError::new(Kind::NothingScheduled, joint.span()).expecting(PARTS));
        }
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

    /// What can be said only when all parts of an alternative are known.
    fn end_alternative(&mut self) -> Result<(), ScheduleError> {
        self.is_dated = false;
        self.settle_period();
        self.refuse_too_long()?;
        self.refuse_window_without_pace()
    }

    fn finish(mut self) -> Result<Schedule, ScheduleError> {
        if self.parts == 1
            && let Some(Every { count, unit, .. }) = self.lone
            && let Some(schedule) = interval::alone(count, unit)
        {
            return Ok(schedule);
        }
        self.end_alternative()?;
        if self.draft.is_empty() {
            return Err(self.cursor.unexpected(PARTS));
        }
        Ok(self.alternatives.finish(self.draft))
    }
}
