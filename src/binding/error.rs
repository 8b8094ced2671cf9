//! Errors on their way to JavaScript: a stable `code` and one sentence. `lib/host/errors.js` makes the
//! class and the documented message of it.

use crate::engine::Refusal;
use crate::schedule::ScheduleError;
use crate::schedule::zone::ZoneError;

/// The `code` of an error in JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(pub &'static str);

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl From<napi::Status> for Code {
    fn from(_: napi::Status) -> Self {
        Code("NATIVE_ERROR")
    }
}

/// An error with a code of ours.
pub type Error = napi::Error<Code>;

pub(super) fn refused(refusal: Refusal) -> Error {
    Error::new(Code(refusal.code()), refusal.to_string())
}

pub(super) fn bad_schedule(error: &ScheduleError) -> Error {
    Error::new(Code(error.code()), error.to_string())
}

pub(super) fn bad_zone(error: &ZoneError) -> Error {
    Error::new(Code("TIME_ZONE_UNKNOWN"), error.to_string())
}

pub(super) fn bad_value(message: impl Into<String>) -> Error {
    Error::new(Code("INVALID_OPTION"), message.into())
}

pub(super) fn system(message: impl Into<String>) -> Error {
    Error::new(Code("SYSTEM_ERROR"), message.into())
}
