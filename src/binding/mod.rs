//! The interface to JavaScript: converts requests into inputs of the engine, and events into JavaScript
//! values. It makes no decisions, and job data stays opaque bytes.

#![expect(clippy::needless_pass_by_value, reason = "napi converts arguments into owned values")]

pub mod cluster;
pub mod error;
pub mod event;
pub mod handlers;
pub mod inspection;
mod manager;
pub mod metrics;
mod output;
pub mod request;
mod retries;
pub mod schedules;
pub mod service;
mod shared;
pub mod steering;
pub mod store;
mod values;
