//! The door to JavaScript: converts requests on the way down and events on the way up, once each. No
//! decision is taken here, and job data stays opaque bytes.

mod error;
mod event;
mod manager;
mod request;
mod schedules;
