//! The native engine of `@tryghost/job-manager`.
//!
//! Requests go down, events come up; nothing asks the layer above a question:
//!
//! ```text
//! lib/job-manager.js ─▶ binding ─Input─▶ engine ─Effect─▶ driver ─▶ timers, worker processes
//!     ▲                                             │
//!     └── lib/events/job-events.js ◀── binding ◀─JobEvent──┘
//! ```
//!
//! | room | what it is for |
//! |---|---|
//! | [`binding`] | the only code that names napi: converts requests and events, once each way |
//! | [`engine`] | all decisions, without I/O, clock or JavaScript |
//! | [`schedule`] | text to due times, pure |
//! | [`timer`] | clocks, and deadlines in order |
//! | [`driver`] | the loop that carries decisions out |
//! | [`store`] | what outlives the host: one SQLite file |
//! | [`worker`] | one worker process: its channel, and what differs between systems |
//!
//! Imports run down only: binding → driver → engine → schedule, store, timer, worker. The worker room
//! reports facts in its own words (`worker/fact.rs`), and the driver makes inputs of the engine of them.

pub mod binding;
pub mod driver;
pub mod engine;
pub mod schedule;
pub mod store;
pub mod timer;
pub mod worker;
