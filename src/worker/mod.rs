//! Worker processes: starts them, exchanges frames with them, and stops them.

pub mod backlog;
mod channel;
pub mod envelope;
pub mod environment;
pub(crate) mod fact;
mod host_stream;
mod intake;
pub mod ipc;
mod memory_watch;
pub mod os;
pub(crate) mod outlet;
pub(crate) mod output;
pub(crate) mod process;
pub mod spawner;
