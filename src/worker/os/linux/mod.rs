//! Linux: starts processes by clone, watches them by pidfd, measures them by `/proc`.

mod child_side;
mod clone;
mod exec_room;
mod exit;
mod memory;
mod rights;
mod sealing;
mod signals;
mod stack;

pub(super) use clone::Starter;
pub(super) use exec_room::exec_room;
pub(super) use exit::watch_exit;
pub use memory::MemoryScan;
pub(super) use memory::{host_peak_bytes, max_rss_bytes, peak_memory_bytes, prefer_as_victim};
pub(super) use rights::hash_rights;

/// What the system answers for a file that it cannot run.
pub(super) const BAD_FORMAT: &[i32] = &[libc::ENOEXEC, libc::ELIBBAD];
