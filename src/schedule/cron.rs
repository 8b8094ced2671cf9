//! Cron.
//!
//! ```text
//! cron     = short-form | [ second ] minute hour day month weekday     fields separated by white space
//! field    = "*" | "?" | element { "," element }
//! element  = ( "*" | value | value "-" value ) [ "/" step ]
//!          | "L" | "L-" days | value "W" | "LW"                         day of the month only
//!          | "L" | value "L" | value "#" instance                       day of the week only
//! value    = number | name of a month or of a day of the week
//! ```
//!
//! What it means follows the old package, that is cron-validate 1.5 for what is accepted and
//! `@breejs/later` for what it means:
//! - A field that is `*` restricts nothing, and the smallest unit that is restricted says how often the
//!   schedule occurs: `* 5 * * * *` is once an hour, at minute 5, second 0. Only when every field is `*` is
//!   it each second. Five fields have second 0.
//! - Day of the month and day of the week must both match when both are restricted.
//! - `a/n` runs from `a` to the end of the field, `0/n` from its beginning. Where the step of `a-b/n` is longer
//!   than the range, `a` alone is left.
//! - Sunday, whichever way it is written, is the last day of the week where it ends a range.
//! - 0 in the day of the month is its last day, 0 in the month is December.
//!
//! # What the `cron` crate does here
//!
//! It reads the names of months and days of the week, short and long ([`named_value`]), and in the tests it
//! is the second opinion on what both understand. It does not read the whole: it knows neither `L`, `W` and
//! `#` nor a day of the week 0, says nothing of the place of a mistake, takes `*` in the seconds for each
//! second, and its own search knows no rule for changes of the clocks; and reading six fields takes it 1 to
//! 4 µs, where the reading here and five searches together take a third of one.

use std::str::FromStr;
use std::sync::LazyLock;

use ::cron::TimeUnitSpec;

use super::draft::Draft;
use super::error::{Kind, ScheduleError, Span};
use super::expected::{
    CRON_FIELDS, LONG_MONTH_NAMES, LONG_WEEKDAY_NAMES, MONTH_NAMES, SHORT_FORM_NAMES, WEEKDAY_NAMES,
    unit_name,
};
use super::field::{Unit, bits, stepped_bits};
use super::similar::nearest_word;

/// Units of the six fields, in order.
pub(super) const FIELDS: [Unit; 6] =
    [Unit::Second, Unit::Minute, Unit::Hour, Unit::Day, Unit::Month, Unit::Weekday];

/// Short forms and the five fields they stand for.
const SHORT_FORMS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// A piece of the text and where it begins.
#[derive(Clone, Copy)]
struct Slice<'t> {
    text: &'t str,
    start: usize,
}

impl<'t> Slice<'t> {
    fn span(self) -> Span {
        Span::new(self.start, self.start + self.text.len())
    }

    fn error(self, kind: Kind) -> ScheduleError {
        ScheduleError::new(kind, self.span())
    }

    /// The parts before and after the first `separator`, an ASCII character.
    fn split_once(self, separator: u8) -> Option<(Slice<'t>, Slice<'t>)> {
        let place = self.text.bytes().position(|byte| byte == separator)?;
        let (left, right) = (self.text.get(..place)?, self.text.get(place + 1..)?);
        Some((Slice { text: left, start: self.start }, Slice { text: right, start: self.start + place + 1 }))
    }

    /// The rest after a leading or before a trailing letter, upper or lower case.
    fn strip_letter_suffix(self, letter: u8) -> Option<Slice<'t>> {
        let last = self.text.as_bytes().last()?;
        last.eq_ignore_ascii_case(&letter)
            .then(|| Slice { text: &self.text[..self.text.len() - 1], start: self.start })
    }

    fn is_letter(self, letter: u8) -> bool {
        matches!(self.text.as_bytes(), [only] if only.eq_ignore_ascii_case(&letter))
    }
}

/// Parses a short form (`@hourly`).
pub(super) fn parse_short_form(text: &str) -> Result<Draft, ScheduleError> {
    let name = text.trim_ascii();
    match SHORT_FORMS.iter().find(|(short, _)| name.eq_ignore_ascii_case(short)) {
        Some((_, fields)) => parse(fields),
        None => Err(Slice { text: name, start: offset_in(text, name) }
            .error(Kind::UnknownShortForm)
            .expecting(&SHORT_FORM_NAMES)
            .suggesting_word_like(name)),
    }
}

/// Parses five or six fields.
pub(super) fn parse(text: &str) -> Result<Draft, ScheduleError> {
    let mut fields = [Slice { text: "", start: 0 }; 6];
    let mut count = 0;
    for field in text.split_ascii_whitespace() {
        if let Some(place) = fields.get_mut(count) {
            *place = Slice { text: field, start: offset_in(text, field) };
        }
        count += 1;
    }
    if !(5..=6).contains(&count) {
        return Err(wrong_field_count(text, count));
    }
    let mut draft = Draft::default();
    if count == 5 {
        draft.allow(Unit::Second, 0);
    }
    for (&unit, field) in FIELDS[6 - count..].iter().zip(fields) {
        parse_field(&mut draft, unit, field)?;
    }
    if draft.is_empty() {
        draft.allow_every(Unit::Second, 0, Unit::Second.max(), 1);
    }
    Ok(draft)
}

fn wrong_field_count(text: &str, count: usize) -> ScheduleError {
    let found = u8::try_from(count).unwrap_or(u8::MAX);
    let trimmed = text.trim_ascii();
    Slice { text: trimmed, start: offset_in(text, trimmed) }
        .error(Kind::FieldCount { found })
        .expecting(CRON_FIELDS)
}

/// Bytes from the start of `text` to `part`, which is a part of it.
fn offset_in(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

fn parse_field(draft: &mut Draft, unit: Unit, field: Slice<'_>) -> Result<(), ScheduleError> {
    if field.text == "*" || (field.text == "?" && matches!(unit, Unit::Day | Unit::Weekday)) {
        return Ok(());
    }
    let mut rest = field;
    while let Some((element, after)) = rest.split_once(b',') {
        parse_element(draft, unit, element)?;
        rest = after;
    }
    parse_element(draft, unit, rest)
}

fn parse_element(draft: &mut Draft, unit: Unit, element: Slice<'_>) -> Result<(), ScheduleError> {
    let counted = match unit {
        Unit::Day => parse_counted_day(draft, element)?,
        Unit::Weekday => parse_counted_weekday(draft, element)?,
        _ => false,
    };
    if counted { Ok(()) } else { parse_range(draft, unit, element) }
}

/// `*`, `a`, `a-b`, each with an optional `/step`.
fn parse_range(draft: &mut Draft, unit: Unit, element: Slice<'_>) -> Result<(), ScheduleError> {
    let (range, step) = match element.split_once(b'/') {
        Some((range, step)) => (range, Some(step)),
        None => (element, None),
    };
    let first = if unit == Unit::Weekday { 0 } else { unit.min() };
    let last = if unit == Unit::Weekday { 6 } else { unit.max() };
    let mut widest_step = unit.max();
    let (from, to) = if range.text == "*" || (range.text == "0" && step.is_some()) {
        (first, last)
    } else if let Some((from, to)) = range.split_once(b'-') {
        let (from, to) = (parse_value(unit, from)?, parse_value(unit, to)?);
        // Sunday is the first day of the week, and the last one where it ends a range.
        let to = if unit == Unit::Weekday && to == 0 && from > 0 { 7 } else { to };
        if from > to {
            return Err(range.error(Kind::ReversedRange));
        }
        // A step beyond the range leaves its first value, as in other implementations of cron.
        widest_step = u32::MAX;
        (from, to)
    } else {
        let value = parse_value(unit, range)?;
        (value, if step.is_some() { last.max(value) } else { value })
    };
    let size = match step {
        None => 1,
        Some(step) => parse_step(step, widest_step)?,
    };
    let numbers = if size == 1 { bits(from, to) } else { stepped_bits(from, to, size) };
    if range.text == "*" || (step.is_some() && !numbers.is_power_of_two()) {
        draft.mark_stepped(unit);
    }
    allow_numbers(draft, unit, numbers);
    Ok(())
}

/// Cron counts the days of the week from Sunday = 0, and 7 is Sunday too.
fn allow_numbers(draft: &mut Draft, unit: Unit, numbers: u64) {
    if unit == Unit::Weekday {
        draft.allow_set(unit, (numbers << 1 | numbers >> 6) & bits(1, 7));
    } else {
        draft.allow_set(unit, numbers);
    }
}

/// A number or name within the bounds of its field.
fn parse_value(unit: Unit, value: Slice<'_>) -> Result<u32, ScheduleError> {
    if value.text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && matches!(unit, Unit::Month | Unit::Weekday)
    {
        return named_value(unit, value.text).ok_or_else(|| unknown_name(unit, value));
    }
    let number = parse_number(value)?;
    if number > unit.max() {
        let min = if unit == Unit::Weekday { 0 } else { unit.min() };
        return Err(value.error(Kind::OutOfRange { what: unit_name(unit), min, max: unit.max() }));
    }
    Ok(number)
}

fn parse_step(step: Slice<'_>, max: u32) -> Result<u32, ScheduleError> {
    match parse_number(step)? {
        0 => Err(step.error(Kind::ZeroStep)),
        size if size > max => Err(step.error(Kind::StepTooLarge { max })),
        size => Ok(size),
    }
}

/// Digits; too many of them are as good as too large a number.
fn parse_number(number: Slice<'_>) -> Result<u32, ScheduleError> {
    let mut value = 0_u32;
    for byte in number.text.bytes() {
        if !byte.is_ascii_digit() {
            return Err(match number.text {
                "*" => number.error(Kind::Misplaced { symbol: "\"*\"" }),
                "?" => number.error(Kind::Misplaced { symbol: "\"?\"" }),
                _ => number.error(Kind::NotANumber),
            });
        }
        value = value.saturating_mul(10).saturating_add(u32::from(byte - b'0'));
    }
    if number.text.is_empty() { Err(number.error(Kind::MissingValue)) } else { Ok(value) }
}

/// `L`, `L-n`, `LW` and `nW`; `false` for anything else.
fn parse_counted_day(draft: &mut Draft, element: Slice<'_>) -> Result<bool, ScheduleError> {
    if element.is_letter(b'L') {
        draft.allow(Unit::Day, 0);
        return Ok(true);
    }
    if let Some(day) = element.strip_letter_suffix(b'W') {
        let day = if day.is_letter(b'L') { 0 } else { parse_value(Unit::Day, day)? };
        draft.allow_nearest_weekday(day);
        return Ok(true);
    }
    match element.split_once(b'-') {
        Some((last, before)) if last.is_letter(b'L') => {
            let days = parse_number(before)?;
            if days > 30 {
                let kind =
                    Kind::OutOfRange { what: "the number of days before the last one", min: 0, max: 30 };
                return Err(before.error(kind));
            }
            draft.allow_day_before_last(days);
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// `L`, `nL` and `n#instance`, where n may be a name; `false` for anything else.
fn parse_counted_weekday(draft: &mut Draft, element: Slice<'_>) -> Result<bool, ScheduleError> {
    if element.is_letter(b'L') {
        draft.allow(Unit::Weekday, Unit::Weekday.max());
        return Ok(true);
    }
    // No name of a day ends with this letter.
    if let Some(weekday) = element.strip_letter_suffix(b'L') {
        draft.allow_instance(parse_value(Unit::Weekday, weekday)? % 7 + 1, 0);
        return Ok(true);
    }
    let Some((weekday, instance)) = element.split_once(b'#') else { return Ok(false) };
    let weekday = parse_value(Unit::Weekday, weekday)?;
    let number = parse_number(instance)?;
    if !(1..=5).contains(&number) {
        return Err(instance.error(Kind::OutOfRange { what: "the number after \"#\"", min: 1, max: 5 }));
    }
    draft.allow_instance(weekday % 7 + 1, number);
    Ok(true)
}

/// The number of a month (from 1) or of a day of the week (from Sunday = 0) by its name.
fn named_value(unit: Unit, name: &str) -> Option<u32> {
    /// The short names, which nearly everybody uses, as the crate reads them: read once.
    static SHORT: LazyLock<[Vec<Option<u32>>; 2]> = LazyLock::new(|| {
        [
            MONTH_NAMES.iter().map(|name| read_name(Unit::Month, name)).collect(),
            WEEKDAY_NAMES.iter().map(|name| read_name(Unit::Weekday, name)).collect(),
        ]
    });
    let (names, values): (&[&str], _) = match unit {
        Unit::Month => (&MONTH_NAMES, &SHORT[0]),
        _ => (&WEEKDAY_NAMES, &SHORT[1]),
    };
    match names.iter().position(|short| short.eq_ignore_ascii_case(name)) {
        Some(place) => values[place],
        None => read_name(unit, name),
    }
}

/// Reads a name by the `cron` crate, which counts the days of the week from Sunday = 1.
fn read_name(unit: Unit, name: &str) -> Option<u32> {
    if !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    if unit == Unit::Month {
        return ::cron::Schedule::from_str(&format!("0 0 0 ? {name} ?")).ok()?.months().iter().next();
    }
    let schedule = ::cron::Schedule::from_str(&format!("0 0 0 ? * {name}")).ok()?;
    schedule.days_of_week().iter().next()?.checked_sub(1)
}

fn unknown_name(unit: Unit, name: Slice<'_>) -> ScheduleError {
    let (what, short, long): (_, &'static [&'static str], &'static [&'static str]) = match unit {
        Unit::Month => ("a month", &MONTH_NAMES, &LONG_MONTH_NAMES),
        _ => ("a day of the week", &WEEKDAY_NAMES, &LONG_WEEKDAY_NAMES),
    };
    let error = name.error(Kind::UnknownName { what }).expecting(short);
    match nearest_word(name.text, short.iter().chain(long).copied()) {
        Some(meant) => error.suggesting(meant),
        None => error,
    }
}
