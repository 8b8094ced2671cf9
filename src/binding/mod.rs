//! The door to JavaScript: converts requests on the way down and events on the way up, once each. No
//! decision is taken here, and job data stays opaque bytes.

#![expect(clippy::needless_pass_by_value, reason = "napi converts arguments into owned values")]

pub mod error;
pub mod event;
pub mod manager;
pub mod request;
pub mod schedules;
mod shared;
mod values;
