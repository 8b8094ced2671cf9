//! Worker processes: starting, talking to, and stopping them.

pub mod os;
pub mod spawner;
