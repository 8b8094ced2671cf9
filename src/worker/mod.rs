//! Worker processes: starting, talking to, and stopping them.

pub mod environment;
pub(crate) mod fact;
pub mod ipc;
pub mod os;
pub(crate) mod process;
pub mod spawner;
