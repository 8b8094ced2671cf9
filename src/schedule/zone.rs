//! Time zones by name; the zone data is compiled in.

use jiff::tz::{self, TimeZone};

use super::similar::nearest_word;

/// No time zone of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone \"{name}\"{}", self.advice())]
pub struct ZoneError {
    /// The name, cut to a length that fits a message.
    name: String,
    is_abbreviation: bool,
    suggestion: Option<String>,
}

impl ZoneError {
    fn of(name: &str) -> ZoneError {
        let is_abbreviation = name.len() <= LONGEST_ABBREVIATION
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        let suggestion = if is_abbreviation {
            place_of(name).map(str::to_owned)
        } else {
            at_offset(name)
                .or_else(|| nearest_word(name, tz::db().available().map(|known| known.to_string())))
        };
        let name = name.chars().take(LONGEST_NAME_SHOWN).collect();
        ZoneError { name, is_abbreviation, suggestion }
    }

    /// The name that was probably meant.
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }

    fn advice(&self) -> String {
        match &self.suggestion {
            None if self.is_abbreviation => {
                ", an abbreviation names no zone, write a place such as \"Europe/London\"".to_owned()
            }
            Some(place) if self.is_abbreviation => {
                format!(", an abbreviation names no zone, write a place such as \"{place}\"")
            }
            Some(name) => format!(", perhaps \"{name}\""),
            None => String::new(),
        }
    }
}

/// Letters of an abbreviation at most. Names so short are like many others.
const LONGEST_ABBREVIATION: usize = 4;

/// A place with the time that an abbreviation usually means.
fn place_of(abbreviation: &str) -> Option<&'static str> {
    const PLACES: [(&str, &str); 16] = [
        ("ACST", "Australia/Adelaide"),
        ("AEDT", "Australia/Sydney"),
        ("AEST", "Australia/Sydney"),
        ("AWST", "Australia/Perth"),
        ("BST", "Europe/London"),
        ("CDT", "America/Chicago"),
        ("CEST", "Europe/Berlin"),
        ("CST", "America/Chicago"),
        ("EDT", "America/New_York"),
        ("EEST", "Europe/Helsinki"),
        ("IST", "Asia/Kolkata"),
        ("JST", "Asia/Tokyo"),
        ("MDT", "America/Denver"),
        ("MSK", "Europe/Moscow"),
        ("PDT", "America/Los_Angeles"),
        ("PST", "America/Los_Angeles"),
    ];
    PLACES.iter().find(|(known, _)| known.eq_ignore_ascii_case(abbreviation)).map(|(_, place)| *place)
}

/// The zone of "UTC+2", "GMT-5" or "+02:00" in whole hours: the database turns the sign round.
fn at_offset(name: &str) -> Option<String> {
    let offset = name.strip_prefix("UTC").or(name.strip_prefix("GMT")).unwrap_or(name);
    let (sign, hours) = match offset.as_bytes().first()? {
        b'+' => ('-', offset.get(1..)?),
        b'-' => ('+', offset.get(1..)?),
        _ => return None,
    };
    let hours: u32 = hours.strip_suffix(":00").unwrap_or(hours).parse().ok()?;
    let zone = format!("Etc/GMT{sign}{hours}");
    TimeZone::get(&zone).is_ok().then_some(zone)
}

/// Longest name worth repeating in a message, in characters.
const LONGEST_NAME_SHOWN: usize = 64;

/// The zone called `name` in the IANA time zone database, upper and lower case alike.
///
/// Without a name, or with bree's `local` or `system`, it is the host's own zone: that of the environment
/// variable `TZ` where it is set, else that of the system; UTC where there is none or `TZ` means nothing, as
/// Node's own dates have it. The host's zone is looked up anew after five minutes at most. Call this on the
/// thread that sets the environment.
///
/// # Errors
///
/// A [`ZoneError`] for a name that is not in the database.
pub fn resolve(name: Option<&str>) -> Result<TimeZone, ZoneError> {
    match name {
        None | Some("local" | "system") => Ok(TimeZone::system()),
        Some(name) => TimeZone::get(name).map_err(|_| ZoneError::of(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_database() {
        for name in ["Europe/Berlin", "europe/berlin", "UTC", "America/Argentina/ComodRivadavia"] {
            assert!(resolve(Some(name)).unwrap().iana_name().unwrap().eq_ignore_ascii_case(name), "{name}");
        }
        assert!(resolve(None).is_ok() && resolve(Some("local")).is_ok());
    }

    #[test]
    fn an_unknown_name_is_an_error_that_may_know_better() {
        let error = resolve(Some("Europe/Berln")).unwrap_err();
        assert_eq!(error.to_string(), "unknown time zone \"Europe/Berln\", perhaps \"Europe/Berlin\"");
        assert_eq!(error.suggestion(), Some("Europe/Berlin"));
        assert_eq!(
            resolve(Some("Mars/Olympus_Mons")).unwrap_err().to_string(),
            "unknown time zone \"Mars/Olympus_Mons\""
        );
        assert_eq!(resolve(Some("")).unwrap_err().to_string(), "unknown time zone \"\"");
        for (name, message) in [
            (
                "BST",
                "unknown time zone \"BST\", an abbreviation names no zone, write a place such as \"Europe/London\"",
            ),
            (
                "XYZ",
                "unknown time zone \"XYZ\", an abbreviation names no zone, write a place such as \"Europe/London\"",
            ),
            (
                "pst",
                "unknown time zone \"pst\", an abbreviation names no zone, write a place such as \"America/Los_Angeles\"",
            ),
            ("UTC+2", "unknown time zone \"UTC+2\", perhaps \"Etc/GMT-2\""),
            ("-05:00", "unknown time zone \"-05:00\", perhaps \"Etc/GMT+5\""),
        ] {
            assert_eq!(resolve(Some(name)).unwrap_err().to_string(), message);
        }
        let long = resolve(Some(&"x".repeat(10_000))).unwrap_err();
        assert!(long.to_string().len() < 100, "{long}");
    }
}
