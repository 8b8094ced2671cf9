//! Why a text is not a schedule.

use std::fmt;
use std::ops::Range;

/// A text that cannot be understood as a schedule: what is wrong, where, and what would be right.
///
/// Holds none of the text itself, only the place of the offending part. Displays as one lowercase sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}{}", Place(*.character))]
pub struct ScheduleError {
    kind: Kind,
    span: Span,
    /// Column of the span's start, in characters from 1; 0 where the place says nothing.
    character: u32,
    expected: &'static [&'static str],
    suggestion: Option<Suggestion>,
}

impl ScheduleError {
    pub(super) fn new(kind: Kind, span: Span) -> ScheduleError {
        ScheduleError { kind, span, character: 0, expected: &[], suggestion: None }
    }

    /// Adds the words that would have been understood there.
    pub(super) fn expecting(mut self, expected: &'static [&'static str]) -> ScheduleError {
        self.expected = expected;
        self
    }

    /// Adds what was probably meant.
    pub(super) fn suggesting(mut self, suggestion: Suggestion) -> ScheduleError {
        self.suggestion = Some(suggestion);
        self
    }

    /// Counts the column of the error in `text`, which it was found in.
    pub(super) fn located_in(mut self, text: &str) -> ScheduleError {
        let before = text.get(..self.span.start as usize).unwrap_or(text);
        self.character = u32::try_from(before.chars().count() + 1).unwrap_or(0);
        self
    }

    /// Stable name of the kind of error, for programs.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The offending part of the text, in bytes. Empty, at the end, where something is missing.
    pub fn span(&self) -> Range<usize> {
        self.span.start as usize..self.span.end as usize
    }

    /// The words or forms that would have been understood at that place; empty where there is no such list.
    pub fn expected(&self) -> &'static [&'static str] {
        self.expected
    }

    /// What was probably meant, as one sentence.
    pub fn suggestion(&self) -> Option<String> {
        self.suggestion.as_ref().map(Suggestion::to_string)
    }
}

/// Bytes of the text that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    /// Texts are cut at a length far below 4 GiB before anything looks at them.
    pub(super) fn new(start: usize, end: usize) -> Span {
        let bounded = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Span { start: bounded(start), end: bounded(end) }
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Empty,
    TooLong { limit_bytes: u16 },
    FieldCount { found: u8 },
    EmptyElement,
    NotANumber,
    OutOfRange { what: &'static str, min: u32, max: u32 },
    ReversedRange,
    ZeroStep,
    StepTooLarge { max: u32 },
    MisplacedSymbol { what: &'static str },
    UnknownWord,
    UnexpectedEnd,
    ZeroInterval,
    IntervalTooLong,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Kind::Empty => "SCHEDULE_EMPTY",
            Kind::TooLong { .. } => "SCHEDULE_TOO_LONG",
            Kind::FieldCount { .. } => "SCHEDULE_FIELD_COUNT",
            Kind::EmptyElement => "SCHEDULE_EMPTY_ELEMENT",
            Kind::NotANumber => "SCHEDULE_NOT_A_NUMBER",
            Kind::OutOfRange { .. } => "SCHEDULE_OUT_OF_RANGE",
            Kind::ReversedRange => "SCHEDULE_REVERSED_RANGE",
            Kind::ZeroStep => "SCHEDULE_ZERO_STEP",
            Kind::StepTooLarge { .. } => "SCHEDULE_STEP_TOO_LARGE",
            Kind::MisplacedSymbol { .. } => "SCHEDULE_MISPLACED_SYMBOL",
            Kind::UnknownWord => "SCHEDULE_UNKNOWN_WORD",
            Kind::UnexpectedEnd => "SCHEDULE_UNEXPECTED_END",
            Kind::ZeroInterval => "SCHEDULE_ZERO_INTERVAL",
            Kind::IntervalTooLong => "SCHEDULE_INTERVAL_TOO_LONG",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Empty => f.write_str("a schedule cannot be empty"),
            Kind::TooLong { limit_bytes } => write!(f, "a schedule can have at most {limit_bytes} bytes"),
            Kind::FieldCount { found } => write!(f, "cron needs 5 or 6 fields and this has {found}"),
            Kind::EmptyElement => f.write_str("nothing stands where a value is needed"),
            Kind::NotANumber => f.write_str("this is not a number"),
            Kind::OutOfRange { what, min, max } => write!(f, "{what} must be from {min} to {max}"),
            Kind::ReversedRange => f.write_str("a range cannot end before it begins"),
            Kind::ZeroStep => f.write_str("a step of 0 never gets anywhere"),
            Kind::StepTooLarge { max } => write!(f, "a step can be at most {max} here"),
            Kind::MisplacedSymbol { what } => write!(f, "{what}"),
            Kind::UnknownWord => f.write_str("this word is not understood here"),
            Kind::UnexpectedEnd => f.write_str("the text ends where more is needed"),
            Kind::ZeroInterval => f.write_str("an interval must be longer than 0"),
            Kind::IntervalTooLong => f.write_str("the interval is too long"),
        }
    }
}

struct Place(u32);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, ", at character {}", self.0) }
    }
}

/// What was probably meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suggestion {
    /// One of the words that are understood.
    Word(&'static str),
    /// Something to write instead.
    Write(&'static str),
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Suggestion::Word(word) => write!(f, "Did you mean \"{word}\"?"),
            Suggestion::Write(example) => write!(f, "Write for example \"{example}\"."),
        }
    }
}
