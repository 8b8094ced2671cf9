//! A line that a job wrote by `run.log`, as text.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::engine::Source;
use crate::timer::EpochMs;

/// A line of the log of a run.
#[derive(Debug)]
pub(super) struct LogLine {
    /// When the job wrote it, by its own clock.
    pub(super) at: EpochMs,
    lead: String,
    message: String,
    fields: String,
}

impl LogLine {
    /// From what `lib/wire/run-context.js` sends. `None` for what is no line of a log.
    pub(super) fn parse(source: Source, json: &[u8]) -> Option<Self> {
        if source != Source::Log {
            return None;
        }
        let line: Map<String, Value> =
            serde_json::from_slice(json).or_else(|_| serde_json::from_slice(&well_formed(json))).ok()?;
        let at = line.get("atMs")?.as_i64()?;
        let level = line.get("level")?.as_str()?;
        let message = line.get("message")?.as_str()?.to_owned();
        let fields = line.get("fields").map(|fields| format!(" {fields}")).unwrap_or_default();
        let time = Timestamp::from_millisecond(at).ok()?;
        Some(LogLine { at: EpochMs(at), lead: format!("{time:.3} {level} "), message, fields })
    }

    /// What stands ahead of the message (its time and level), the message, and what follows (its fields, as JSON).
    pub(super) fn parts(&self) -> [&str; 3] {
        [&self.lead, &self.message, &self.fields]
    }
}

/// The same JSON with U+FFFD for halves of surrogate pairs, which JavaScript's strings may have.
fn well_formed(json: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(json.len());
    let mut rest = json;
    while let Some((&first, _)) = rest.split_first() {
        let (taken, written): (usize, Option<&[u8]>) =
            match (first, escaped(rest), rest.get(6..).and_then(escaped)) {
                (_, Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, None),
                (_, Some(0xd800..=0xdfff), _) => (6, Some(br"\ufffd")),
                (b'\\', ..) => (2, None),
                _ => (1, None),
            };
        let (taken, left) = rest.split_at(taken.min(rest.len()));
        whole.extend_from_slice(written.unwrap_or(taken));
        rest = left;
    }
    whole
}

/// The code unit of a `\uXXXX` that these bytes begin with.
fn escaped(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(br"\u")?.get(..4)?;
    u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(json: &str) -> Option<[String; 3]> {
        LogLine::parse(Source::Log, json.as_bytes()).map(|line| line.parts().map(str::to_owned))
    }

    #[test]
    fn a_line_has_its_time_its_level_and_its_fields() {
        let line = r#"{"atMs":1800000000000,"level":"warn","message":"sent \"it\"","fields":{"id":7}}"#;
        assert_eq!(parts(line).unwrap(), ["2027-01-15T08:00:00.000Z warn ", "sent \"it\"", " {\"id\":7}"]);
        let short = r#"{"atMs":1800000000001,"level":"info","message":""}"#;
        assert_eq!(parts(short).unwrap(), ["2027-01-15T08:00:00.001Z info ", "", ""]);
    }

    #[test]
    fn halves_of_surrogate_pairs_are_replaced() {
        let line = |message: &str| {
            let json = format!(r#"{{"atMs":1800000000000,"level":"info","message":"{message}"}}"#);
            parts(&json).unwrap()[1].clone()
        };
        assert_eq!(line(r"cut \ud83d"), "cut \u{fffd}");
        assert_eq!(line(r"\ude00\ud83d\ude00 \\ud83d \ud83dx"), "\u{fffd}😀 \\ud83d \u{fffd}x");
    }

    #[test]
    fn what_is_no_line_is_none() {
        for other in ["", "{}", "[]", "7", r#"{"atMs":"now","level":"info","message":"x"}"#] {
            assert!(parts(other).is_none(), "{other}");
        }
    }
}
