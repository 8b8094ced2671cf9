//! The native engine of `@tryghost/job-manager`.

pub mod schedule;
pub mod worker;
