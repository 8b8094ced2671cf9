//! Linux: starts processes by clone, watches them by pidfd, measures them by `/proc`.

mod child_side;
mod clone;
mod launcher;
mod memory;
mod sealing;
mod signals;
mod stack;

pub use launcher::Launcher;
pub use memory::tree_memory_bytes;
pub(super) use memory::{max_rss_bytes, peak_memory_bytes};
