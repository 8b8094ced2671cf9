//! Rules joined by "also", with those taken away by "except".

use super::Schedule;
use super::draft::Draft;
use super::error::{Kind, ScheduleError, Span};
use super::rule::Rule;

/// Most rules and exceptions together; bounds the work of one search.
pub(super) const MOST_PARTS: u8 = 16;

/// Rules of which any may be due, and exceptions that hold for all of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rules {
    pub(super) rules: Box<[Rule]>,
    pub(super) exceptions: Box<[Rule]>,
}

/// Finished parts of a sentence that has "also" or "except".
#[derive(Default)]
pub(super) struct Alternatives {
    rules: Vec<Draft>,
    exceptions: Vec<Draft>,
    in_exceptions: bool,
}

impl Alternatives {
    /// Whether there is no part yet.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty() && !self.in_exceptions
    }

    /// Whether parts are taken away now.
    pub(super) fn is_in_exceptions(&self) -> bool {
        self.in_exceptions
    }

    /// From here on parts are taken away.
    pub(super) fn begin_exceptions(&mut self) {
        self.in_exceptions = true;
    }

    /// Adds a part and begins another one, joined at `joint`.
    pub(super) fn push(&mut self, part: Draft, joint: Span) -> Result<(), ScheduleError> {
        self.add(part);
        if self.rules.len() + self.exceptions.len() >= usize::from(MOST_PARTS) {
            return Err(ScheduleError::new(Kind::TooManyParts { limit: MOST_PARTS }, joint));
        }
        Ok(())
    }

    fn add(&mut self, part: Draft) {
        if self.in_exceptions {
            self.exceptions.push(part);
        } else {
            self.rules.push(part);
        }
    }

    /// The schedule of all parts, `last` among them.
    pub(super) fn finish(mut self, mut last: Draft) -> Schedule {
        if self.is_empty() {
            return Schedule::of_rule(last.settle());
        }
        self.add(last);
        Schedule::of_rules(Rules {
            rules: self.rules.iter_mut().map(Draft::settle).collect(),
            exceptions: self.exceptions.iter_mut().map(Draft::settle_condition).collect(),
        })
    }
}
