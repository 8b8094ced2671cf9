//! Linux: starts processes by clone, watches them by pidfd, measures them by `/proc`.

mod clone;
mod launcher;
mod memory;

pub use launcher::Launcher;
pub use memory::tree_memory_bytes;
pub(super) use memory::{max_rss_bytes, peak_memory_bytes};
