//! Cron.

use super::draft::Draft;
use super::error::{Kind, ScheduleError, Span};
use super::field::{Unit, bits, stepped_bits};

/// Units of the six fields, in order.
const FIELDS: [Unit; 6] = [Unit::Second, Unit::Minute, Unit::Hour, Unit::Day, Unit::Month, Unit::Weekday];

pub(super) fn parse(text: &str) -> Result<Draft, ScheduleError> {
    let count = text.split_ascii_whitespace().count();
    let skipped = match count {
        5 => 1,
        6 => 0,
        found => {
            let found = u8::try_from(found).unwrap_or(u8::MAX);
            return Err(ScheduleError::new(Kind::FieldCount { found }, Span::new(0, text.len())));
        }
    };
    let mut draft = Draft::default();
    if skipped == 1 {
        draft.allow(Unit::Second, 0);
    }
    for (unit, field) in FIELDS.into_iter().skip(skipped).zip(text.split_ascii_whitespace()) {
        if field != "*" {
            parse_field(&mut draft, unit, field, field.as_ptr() as usize - text.as_ptr() as usize)?;
        }
    }
    if draft.is_empty() {
        draft.allow_every(Unit::Second, 0, 59, 1);
    }
    Ok(draft)
}

fn parse_field(draft: &mut Draft, unit: Unit, field: &str, at: usize) -> Result<(), ScheduleError> {
    let mut start = at;
    for element in field.split(',') {
        parse_element(draft, unit, element, Span::new(start, start + element.len()))?;
        start += element.len() + 1;
    }
    Ok(())
}

fn parse_element(draft: &mut Draft, unit: Unit, element: &str, span: Span) -> Result<(), ScheduleError> {
    let (range, step) = match element.split_once('/') {
        Some((range, step)) => (range, Some(number(step, span)?)),
        None => (element, None),
    };
    let (min, max) =
        (unit.min() - u32::from(unit == Unit::Weekday), unit.max() - u32::from(unit == Unit::Weekday));
    let (from, to) = if range == "*" || (range == "0" && step.is_some()) {
        (min, max)
    } else if let Some((from, to)) = range.split_once('-') {
        (number(from, span)?, number(to, span)?)
    } else {
        let from = number(range, span)?;
        (from, if step.is_some() { max } else { from })
    };
    if from > unit.max() || to > unit.max() {
        return Err(ScheduleError::new(
            Kind::OutOfRange { what: "the value", min: 0, max: unit.max() },
            span,
        ));
    }
    if from > to {
        return Err(ScheduleError::new(Kind::ReversedRange, span));
    }
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(ScheduleError::new(Kind::ZeroStep, span));
    }
    let set = if step == 1 { bits(from, to) } else { stepped_bits(from, to, step) };
    if unit == Unit::Weekday {
        let sundays = (set & 1) | (set >> 7 & 1);
        draft.allow_set(unit, ((set & 0x7e) | sundays) << 1);
    } else {
        draft.allow_set(unit, set);
    }
    if range == "*" || step > 1 {
        draft.mark_stepped(unit);
    }
    Ok(())
}

fn number(text: &str, span: Span) -> Result<u32, ScheduleError> {
    text.parse().map_err(|_| ScheduleError::new(Kind::NotANumber, span))
}
