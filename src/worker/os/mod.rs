//! What differs between operating systems, under the same names on each: start a worker process,
//! signal it, wait for it, measure it.
//!
//! `linux/` starts processes by its own vfork-like clone, `macos.rs` and `windows.rs` through the
//! standard library; `unix/` is what the first two share. What the platform files decide and why is
//! in `docs/design/processes.md`.

mod command;
mod error;
mod exit;
#[cfg(not(target_os = "linux"))]
mod memory_scan;
mod rights;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod platform;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod platform;
#[cfg(unix)]
mod unix;

pub use command::{ChildCommand, EnvBlock, ExecRoom, Output};
pub use error::{SpawnError, Stage};
pub use exit::{Exit, ExitStatus, StopSignal};
#[cfg(not(target_os = "linux"))]
pub use memory_scan::MemoryScan;
#[cfg(target_os = "linux")]
pub use platform::MemoryScan;
#[cfg(windows)]
pub use platform::{
    Channel, ChannelReader, ChannelWriter, Child, Launched, Launcher, OutputReader, reader_is_gone,
};
pub use rights::Rights;
#[cfg(unix)]
pub use unix::{
    Channel, ChannelReader, ChannelWriter, Child, Launched, Launcher, OutputReader, reader_is_gone,
};
