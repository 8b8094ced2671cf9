//! What a text that was refused probably means. Looked for only then, so that it costs the others nothing; what is
//! suggested as a whole text has been parsed.

mod characters;
mod cron_line;
pub(super) mod foreign;
mod systemd;

use super::error::{Kind, ScheduleError, Span};
use super::human;

/// The error to report for `text`: `error`, or a better explanation.
pub(super) fn explain(text: &str, error: ScheduleError) -> ScheduleError {
    if matches!(error.kind(), Kind::Empty | Kind::TooLong { .. }) {
        return error;
    }
    if let Some(better) = characters::explain(text).or_else(|| foreign::explain(text)) {
        return better;
    }
    let interval = || if error.suggestion().is_none() { interval_meant(text) } else { None };
    match cron_line::meant(text, &error).or_else(interval) {
        Some(meant) => error.suggesting(meant),
        None => error,
    }
}

/// "every 1h 30m" means the interval after "every".
fn interval_meant(text: &str) -> Option<String> {
    let rest = text.trim_ascii().strip_prefix("every ")?.trim_ascii();
    human::parse(rest).ok().map(|_| rest.to_owned())
}

/// `text`, if it is a schedule.
fn understood(text: String) -> Option<String> {
    super::parse(&text).ok().map(|_| text)
}

/// The whole of `text` without the white space around it.
fn whole(text: &str) -> Span {
    let start = text.len() - text.trim_ascii_start().len();
    Span::new(start, start + text.trim_ascii().len())
}
