//! Forms of other schedulers: each is named, with its equal here where there is one.

use super::super::error::{Kind, ScheduleError, Span};
use super::super::field::Unit;
use super::super::{cron, error};
use super::{systemd, understood, whole};

/// A form that another scheduler reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::schedule) enum ForeignForm {
    #[error("a time zone in front of a cron line is not read here, give it as the option \"timezone\"")]
    ZonePrefix,
    #[error("\"@reboot\" is no time, a job without \"at\" runs as soon as it is added")]
    Reboot,
    #[error("\"@every\" is a form of Go, the interval alone is enough here")]
    GoInterval,
    #[error("\"H\" is a form of Jenkins that spreads jobs, write a number of your own")]
    JenkinsHash,
    #[error("\"cron()\" is a form of AWS, without seconds, with days of the week from 1 and with a year")]
    AwsCron,
    #[error("\"rate()\" is a form of AWS, the interval alone is enough here")]
    AwsRate,
    #[error("\"at()\" is a form of AWS, the date alone is enough here")]
    AwsAt,
    #[error("this is a calendar event of systemd, write it as cron or as a sentence")]
    Systemd,
    #[error(
        "a seventh field is the year of Quartz, which cron has not, a sentence can name it (\"in 2027\")"
    )]
    QuartzYear,
    #[error("a comment is no part of a schedule")]
    Comment,
    #[error("a command is no part of a schedule, it is the \"job\"")]
    Command,
    #[error("quotation marks are no part of a schedule")]
    Quotes,
}

/// What a form is, its place, and its equal here.
struct Found {
    form: ForeignForm,
    span: Span,
    equal: Option<String>,
}

/// Names the form of `text`, if another scheduler reads it.
pub(super) fn explain(text: &str) -> Option<ScheduleError> {
    const READERS: [fn(&str) -> Option<Found>; 7] =
        [quoted, with_zone, at_sign, aws, jenkins, calendar_event, longer_line];
    let found = READERS.iter().find_map(|read| read(text))?;
    let error = ScheduleError::new(Kind::ForeignForm(found.form), found.span);
    Some(match found.equal.and_then(understood) {
        Some(equal) => error.suggesting(equal),
        None => error,
    })
}

fn quoted(text: &str) -> Option<Found> {
    let trimmed = text.trim_ascii();
    let inner = ['"', '\'', '`']
        .iter()
        .find_map(|&mark| trimmed.strip_prefix(mark)?.strip_suffix(mark).map(str::trim_ascii))?;
    Some(Found { form: ForeignForm::Quotes, span: whole(text), equal: Some(inner.to_owned()) })
}

/// `TZ=Europe/Berlin 0 9 * * *`, `CRON_TZ=...`.
fn with_zone(text: &str) -> Option<Found> {
    let trimmed = text.trim_ascii();
    let is_zone = trimmed.starts_with("TZ=") || trimmed.starts_with("CRON_TZ=");
    let (zone, line) = trimmed.split_once(|letter: char| letter.is_ascii_whitespace()).filter(|_| is_zone)?;
    let span = part_of(text, zone);
    Some(Found { form: ForeignForm::ZonePrefix, span, equal: Some(line.trim_ascii().to_owned()) })
}

/// `@reboot`, `@every 1h30m`.
fn at_sign(text: &str) -> Option<Found> {
    let trimmed = text.trim_ascii();
    if trimmed.eq_ignore_ascii_case("@reboot") {
        return Some(Found { form: ForeignForm::Reboot, span: whole(text), equal: None });
    }
    let rest = trimmed.strip_prefix("@every")?;
    let span = part_of(text, trimmed.get(..6)?);
    Some(Found { form: ForeignForm::GoInterval, span, equal: Some(rest.trim_ascii().to_owned()) })
}

/// `cron(0 10 ? * MON-FRI *)`, `rate(5 minutes)`, `at(2026-11-20T13:00:00)`.
fn aws(text: &str) -> Option<Found> {
    let (name, rest) = text.trim_ascii().split_once('(')?;
    let inner = rest.strip_suffix(')')?.trim_ascii();
    let (form, equal) = match name {
        "cron" => (ForeignForm::AwsCron, aws_cron(inner)),
        "rate" => (ForeignForm::AwsRate, Some(inner.to_owned())),
        "at" => (ForeignForm::AwsAt, Some(inner.to_owned())),
        _ => return None,
    };
    Some(Found { form, span: whole(text), equal })
}

fn aws_cron(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [minute, hour, day, month, weekday, "*"] = fields[..] else { return None };
    Some(format!("{minute} {hour} {day} {month} {}", from_sunday_0(weekday)))
}

/// Days of the week counted from Sunday = 0, of a field that counts them from 1; what follows `#` and `/` are
/// other numbers.
fn from_sunday_0(field: &str) -> String {
    let mut counts_days = true;
    let shifted = field.chars().map(|letter| {
        let is_day = counts_days && ('1'..='7').contains(&letter);
        counts_days = match letter {
            '#' | '/' => false,
            ',' | '-' => true,
            _ => counts_days,
        };
        letter.to_digit(10).and_then(|day| char::from_digit(day - 1, 10)).filter(|_| is_day).unwrap_or(letter)
    });
    shifted.collect()
}

/// `H H * * *`, `H/15 * * * *`, `H(0-29)/10 * * * *`.
fn jenkins(text: &str) -> Option<Found> {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let first = fields.iter().find(|field| is_hash(field)).filter(|_| fields.len() == 5)?;
    let equal: Vec<String> = fields
        .iter()
        .zip(cron::FIELDS.iter().skip(1))
        .map(|(field, &unit)| without_hash(field, Unit::min(unit)))
        .collect();
    let span = part_of(text, first);
    Some(Found { form: ForeignForm::JenkinsHash, span, equal: Some(equal.join(" ")) })
}

fn is_hash(field: &str) -> bool {
    matches!(field.as_bytes(), [b'H'] | [b'H', b'/' | b'(' | b',', ..])
}

fn without_hash(field: &str, min: u32) -> String {
    let Some(rest) = field.strip_prefix('H').filter(|_| is_hash(field)) else { return field.to_owned() };
    match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((range, "")) => range.split('-').next().unwrap_or_default().to_owned(),
        Some((range, step)) => format!("{range}{step}"),
        None if rest.starts_with('/') => format!("*{rest}"),
        None => format!("{min}{rest}"),
    }
}

fn calendar_event(text: &str) -> Option<Found> {
    let trimmed = text.trim_ascii();
    let event = trimmed.strip_prefix("OnCalendar=").unwrap_or(trimmed);
    systemd::is_calendar_event(event).then(|| Found {
        form: ForeignForm::Systemd,
        span: whole(text),
        equal: systemd::as_cron(event),
    })
}

/// More than six fields: a year, a comment, a command.
fn longer_line(text: &str) -> Option<Found> {
    if let Some((line, _)) = text.split_once('#')
        && line.ends_with(|letter: char| letter.is_ascii_whitespace())
        && understood(line.to_owned()).is_some()
    {
        let span = error::Span::new(line.len(), text.trim_ascii_end().len());
        return Some(Found { form: ForeignForm::Comment, span, equal: Some(line.trim_ascii().to_owned()) });
    }
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    if let [head @ .., year] = &fields[..]
        && head.len() == 6
        && is_year(year)
        && is_cron(&head.join(" "))
    {
        let [time_and_month @ .., weekday] = head else { return None };
        let equal = format!("{} {}", time_and_month.join(" "), from_sunday_0(weekday));
        let equal = matches!(*year, "*" | "?").then_some(equal);
        return Some(Found { form: ForeignForm::QuartzYear, span: part_of(text, year), equal });
    }
    let command = *fields.get(5)?;
    let is_command = command.starts_with(['/', '.'])
        || (fields.len() > 6 && command.starts_with(|letter: char| letter.is_ascii_alphabetic()));
    let (line, longer) = (fields.get(..5)?.join(" "), fields.get(..6)?.join(" "));
    if !is_command || !is_cron(&line) || is_cron(&longer) {
        return None;
    }
    let span = error::Span::new(part_of(text, command).start as usize, text.trim_ascii_end().len());
    Some(Found { form: ForeignForm::Command, span, equal: Some(line) })
}

fn is_cron(line: &str) -> bool {
    cron::parse(line).is_ok()
}

fn is_year(field: &str) -> bool {
    matches!(field, "*" | "?")
        || (field.len() >= 4
            && field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b',' | b'-' | b'/' | b'*')))
}

/// The place of `part`, which is a part of `text`.
fn part_of(text: &str, part: &str) -> Span {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    Span::new(start, start + part.len())
}
