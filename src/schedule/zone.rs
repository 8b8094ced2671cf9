//! Time zones by name; the zone data is compiled in.

use jiff::tz::{self, TimeZone};

use super::similar::nearest_word;

/// No time zone of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone \"{name}\"{}", perhaps(self.suggestion.as_deref()))]
pub struct ZoneError {
    /// The name, cut to a length that fits a message.
    name: String,
    suggestion: Option<String>,
}

impl ZoneError {
    /// The name that was probably meant.
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }
}

fn perhaps(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!(", perhaps \"{name}\"")).unwrap_or_default()
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
        Some(name) => TimeZone::get(name).map_err(|_| ZoneError {
            name: name.chars().take(LONGEST_NAME_SHOWN).collect(),
            suggestion: nearest_word(name, tz::db().available().map(|known| known.to_string())),
        }),
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
        let long = resolve(Some(&"x".repeat(10_000))).unwrap_err();
        assert!(long.to_string().len() < 100, "{long}");
    }
}
