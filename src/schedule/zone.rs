//! Time zones by name; the zone data is compiled in.

use jiff::tz::TimeZone;

/// A time zone that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// No zone of that name.
    #[error("unknown time zone \"{name}\"")]
    Unknown {
        /// The name, cut to a length that fits a message.
        name: String,
    },
    /// No name was given and the host's own zone cannot be told.
    #[error("the time zone of this host cannot be told: the environment variable TZ has no valid value")]
    Host,
}

/// Longest name worth repeating in a message, in characters.
const LONGEST_NAME_SHOWN: usize = 64;

/// The zone called `name` in the IANA time zone database (upper and lower case alike); without a name, or
/// with bree's `local` or `system`, the host's own zone, which is that of the environment variable `TZ`
/// where it is set.
///
/// # Errors
///
/// [`ZoneError::Unknown`] for a name that is not in the database, [`ZoneError::Host`] where the host has no
/// valid zone.
pub fn resolve(name: Option<&str>) -> Result<TimeZone, ZoneError> {
    match name {
        None | Some("local" | "system") => TimeZone::try_system().map_err(|_| ZoneError::Host),
        Some(name) => TimeZone::get(name)
            .map_err(|_| ZoneError::Unknown { name: name.chars().take(LONGEST_NAME_SHOWN).collect() }),
    }
}
