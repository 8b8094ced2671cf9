//! Why a text is not a schedule.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::advice::foreign::ForeignForm;
use super::similar::nearest_word;

/// A text that cannot be understood as a schedule: what is wrong, where, and what would be right.
///
/// Holds none of the text itself, only the place of the offending part. Displays as one lowercase sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}{}", Column(*.character))]
pub struct ScheduleError {
    kind: Kind,
    span: Span,
    /// Column of the span's start, in characters from 1; 0 until it is known.
    character: u32,
    expected: &'static [&'static str],
    suggestion: Option<Cow<'static, str>>,
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
    pub(super) fn suggesting(mut self, suggestion: impl Into<Cow<'static, str>>) -> ScheduleError {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Adds the one of the expected words that is nearest to `word`, if one is near enough to be a slip of
    /// the finger.
    pub(super) fn suggesting_word_like(mut self, word: &str) -> ScheduleError {
        self.suggestion = nearest_word(word, self.expected.iter().copied()).map(Cow::Borrowed);
        self
    }

    /// Counts the column of the error in `text`, which it was found in.
    pub(super) fn located_in(mut self, text: &str) -> ScheduleError {
        let before = text.get(..self.span.start as usize).unwrap_or(text);
        self.character = u32::try_from(before.chars().count() + 1).unwrap_or(0);
        self
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
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

    /// What was probably meant, to write instead: a word, or a whole text as an example.
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Kind {
    #[error("a schedule cannot be empty")]
    Empty,
    #[error("a schedule can have at most {limit_bytes} bytes")]
    TooLong { limit_bytes: u16 },
    #[error("cron needs five or six fields and this has {found}")]
    FieldCount { found: u8 },
    #[error("a value is missing here")]
    MissingValue,
    #[error("this is not a number")]
    NotANumber,
    #[error("{what} must be from {min} to {max}")]
    OutOfRange { what: &'static str, min: u32, max: u32 },
    #[error("a range cannot end before it begins")]
    ReversedRange,
    #[error("a step must be at least 1")]
    ZeroStep,
    #[error("a step can be at most {max} here")]
    StepTooLarge { max: u32 },
    #[error("{symbol} cannot stand here")]
    Misplaced { symbol: &'static str },
    #[error("this is not a name of {what}")]
    UnknownName { what: &'static str },
    #[error("this is not one of the short forms of cron")]
    UnknownShortForm,
    #[error("this is not understood here")]
    Unexpected,
    #[error("the text ends where more is needed")]
    UnexpectedEnd,
    #[error("an interval must be longer than 0")]
    ZeroInterval,
    #[error("this interval is too long")]
    IntervalTooLong,
    #[error("an interval of so many can only stand alone")]
    IntervalNotAlone,
    #[error("a unit without an amount can only stand alone")]
    MissingAmount,
    #[error("this cannot be counted in whole seconds")]
    NotWhole,
    #[error("a window of time must end at another time than it begins")]
    EmptyWindow,
    #[error("a window of time needs how often the job runs in it")]
    NoPace,
    #[error("dates in several months are joined by \"also\"")]
    SeveralDates,
    #[error("{0}")]
    ForeignForm(ForeignForm),
    #[error("this is {name} (U+{code_point:04X})")]
    Lookalike { name: &'static str, code_point: u32 },
    #[error("nothing is scheduled here")]
    NothingScheduled,
    #[error("a schedule can have at most {limit} parts joined by \"also\" or \"except\"")]
    TooManyParts { limit: u8 },
    #[error("this is not a date")]
    BadDate,
    #[error("this is not an ISO 8601 duration")]
    BadDuration,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Kind::Empty => "SCHEDULE_EMPTY",
            Kind::TooLong { .. } => "SCHEDULE_TOO_LONG",
            Kind::FieldCount { .. } => "SCHEDULE_FIELD_COUNT",
            Kind::MissingValue => "SCHEDULE_MISSING_VALUE",
            Kind::NotANumber => "SCHEDULE_NOT_A_NUMBER",
            Kind::OutOfRange { .. } => "SCHEDULE_OUT_OF_RANGE",
            Kind::ReversedRange => "SCHEDULE_REVERSED_RANGE",
            Kind::ZeroStep => "SCHEDULE_ZERO_STEP",
            Kind::StepTooLarge { .. } => "SCHEDULE_STEP_TOO_LARGE",
            Kind::Misplaced { .. } => "SCHEDULE_MISPLACED",
            Kind::UnknownName { .. } => "SCHEDULE_UNKNOWN_NAME",
            Kind::UnknownShortForm => "SCHEDULE_UNKNOWN_SHORT_FORM",
            Kind::Unexpected => "SCHEDULE_UNEXPECTED",
            Kind::UnexpectedEnd => "SCHEDULE_UNEXPECTED_END",
            Kind::ZeroInterval => "SCHEDULE_ZERO_INTERVAL",
            Kind::IntervalTooLong => "SCHEDULE_INTERVAL_TOO_LONG",
            Kind::IntervalNotAlone => "SCHEDULE_INTERVAL_NOT_ALONE",
            Kind::MissingAmount => "SCHEDULE_MISSING_AMOUNT",
            Kind::NotWhole => "SCHEDULE_NOT_WHOLE",
            Kind::EmptyWindow => "SCHEDULE_EMPTY_WINDOW",
            Kind::NoPace => "SCHEDULE_NO_PACE",
            Kind::SeveralDates => "SCHEDULE_SEVERAL_DATES",
            Kind::Lookalike { .. } => "SCHEDULE_LOOKALIKE",
            Kind::ForeignForm(_) => "SCHEDULE_FOREIGN_FORM",
            Kind::NothingScheduled => "SCHEDULE_NOTHING_SCHEDULED",
            Kind::TooManyParts { .. } => "SCHEDULE_TOO_MANY_PARTS",
            Kind::BadDate => "SCHEDULE_BAD_DATE",
            Kind::BadDuration => "SCHEDULE_BAD_DURATION",
        }
    }
}

/// ", at character 7"; nothing while the column is not known.
struct Column(u32);

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, ", at character {}", self.0) }
    }
}
