//! Slips in cron lines, and the line that was meant.

use super::super::cron::FIELDS;
use super::super::error::{Kind, ScheduleError};
use super::super::expected::{MONTH_NAMES, WEEKDAY_NAMES};
use super::super::field::Unit;
use super::understood;

/// The line that was probably meant.
pub(super) fn meant(text: &str, error: &ScheduleError) -> Option<String> {
    let at_fault = text.get(error.span())?;
    match error.kind() {
        Kind::FieldCount { found: 1 } => understood(format!("{} minutes", text.trim_ascii())),
        Kind::FieldCount { .. } => joined(text),
        Kind::MissingValue => joined(text).or_else(|| with_wildcard(text, error)),
        Kind::StepTooLarge { .. } => with_smaller_step(text, error),
        Kind::OutOfRange { max, .. } => with_smaller_value(text, error, at_fault, max),
        Kind::ReversedRange => in_order(text, error),
        _ => None,
    }
}

/// "1 - 5" and "1, 5" without the blanks.
fn joined(text: &str) -> Option<String> {
    let mut line = String::with_capacity(text.len());
    for field in text.split_ascii_whitespace() {
        let goes_on = line.ends_with(['-', ',', '/']) || field.starts_with(['-', ',']);
        if !goes_on && !line.is_empty() {
            line.push(' ');
        }
        line.push_str(field);
    }
    if line == text.trim_ascii() { None } else { understood(line) }
}

/// `/5` is `*/5`.
fn with_wildcard(line: &str, error: &ScheduleError) -> Option<String> {
    let field = Field::at(line, error.span().start)?;
    field.text.starts_with('/').then(|| field.replaced(line, &format!("*{}", field.text)))?
}

/// A field of a cron line, and its unit.
struct Field<'t> {
    text: &'t str,
    start: usize,
    unit: Unit,
}

impl<'t> Field<'t> {
    /// The field at `position`.
    fn at(line: &'t str, position: usize) -> Option<Field<'t>> {
        let fields = line.split_ascii_whitespace();
        let skipped = FIELDS.len().checked_sub(fields.clone().count())?;
        fields.zip(FIELDS.get(skipped..)?).find_map(|(text, &unit)| {
            let start = text.as_ptr() as usize - line.as_ptr() as usize;
            (start..=start + text.len()).contains(&position).then_some(Field { text, start, unit })
        })
    }

    /// The line with another text in place of the field.
    fn replaced(&self, line: &str, by: &str) -> Option<String> {
        let (before, after) = (line.get(..self.start)?, line.get(self.start + self.text.len()..)?);
        understood(format!("{before}{by}{after}").trim_ascii().to_owned())
    }
}

/// `*/60` in the minutes is `0`; `*/90` is an interval.
fn with_smaller_step(line: &str, error: &ScheduleError) -> Option<String> {
    let field = Field::at(line, error.span().start)?;
    let step: u32 = field.text.strip_prefix("*/").or(field.text.strip_prefix("0/"))?.parse().ok()?;
    let min = field.unit.min();
    if step == field.unit.max() - min + 1 {
        return field.replaced(line, &min.to_string());
    }
    let others = line.split_ascii_whitespace().filter(|other| *other != field.text);
    let name = match field.unit {
        Unit::Second => "seconds",
        Unit::Minute => "minutes",
        Unit::Hour => "hours",
        _ => return None,
    };
    others.clone().all(|other| matches!(other, "*" | "?" | "0")).then(|| format!("every {step} {name}"))
}

/// The hour 24 is 0, the minute 60 too; a range ends with the last value.
fn with_smaller_value(line: &str, error: &ScheduleError, at_fault: &str, max: u32) -> Option<String> {
    let field = Field::at(line, error.span().start)?;
    let is_next = matches!(field.unit, Unit::Second | Unit::Minute | Unit::Hour)
        && at_fault.parse::<u32>().is_ok_and(|value| value == max + 1);
    if !is_next {
        return None;
    }
    if field.text == at_fault {
        return field.replaced(line, "0");
    }
    let ends_range = field.text.get(..error.span().start - field.start)?.ends_with('-');
    let within = error.span().start - field.start..error.span().end - field.start;
    let value = if ends_range { max } else { 0 };
    let (before, after) = (field.text.get(..within.start)?, field.text.get(within.end..)?);
    field.replaced(line, &format!("{before}{value}{after}"))
}

/// `22-2` is `22-23,0-2`; with a step, the values one by one.
fn in_order(line: &str, error: &ScheduleError) -> Option<String> {
    let field = Field::at(line, error.span().start)?;
    let range = line.get(error.span())?;
    let (from, to) = range.split_once('-')?;
    let (first, last) =
        if field.unit == Unit::Weekday { (0, 6) } else { (field.unit.min(), field.unit.max()) };
    let (before, rest) = (
        field.text.get(..error.span().start - field.start)?,
        field.text.get(error.span().end - field.start..)?,
    );
    let (step, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
    let values = match step.strip_prefix('/') {
        None => {
            let (first, last) = (named_like(from, field.unit, first), named_like(from, field.unit, last));
            format!("{},{}", span_of(from, &last), span_of(&first, to))
        }
        Some(step) => {
            let step: usize = step.parse().ok().filter(|step| *step > 0)?;
            let (from, to): (u32, u32) = (from.parse().ok()?, to.parse().ok()?);
            let values = (from..=last).chain(first..=to).step_by(step).map(|value| value.to_string());
            values.collect::<Vec<_>>().join(",")
        }
    };
    field.replaced(line, &format!("{before}{values}{after}"))
}

/// `22-23`, or `23` alone.
fn span_of(from: &str, to: &str) -> String {
    if from.eq_ignore_ascii_case(to) { from.to_owned() } else { format!("{from}-{to}") }
}

/// A value as a name where its neighbour is one.
fn named_like(neighbour: &str, unit: Unit, value: u32) -> String {
    let is_name = neighbour.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let name = match unit {
        Unit::Month if is_name => MONTH_NAMES.get(value.wrapping_sub(1) as usize),
        Unit::Weekday if is_name => WEEKDAY_NAMES.get(value as usize),
        _ => None,
    };
    name.map_or_else(|| value.to_string(), ToString::to_string)
}
