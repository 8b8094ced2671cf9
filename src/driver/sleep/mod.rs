//! Waiting for the engine's next deadline.
//!
//! Deadlines of the monotonic clock (grace periods, limits) wait on the runtime's timers, to the
//! millisecond. Due times are of the wall clock, which may be set, and pass while the machine sleeps:
//! each system has its own way to wait for those.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod polling;
mod wall_polling;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use polling as system;

use crate::engine::Wakeup;
use crate::timer::{BootMs, MonoMs};

/// Waits, one deadline at a time.
#[derive(Debug)]
pub(super) struct Sleeper {
    wall: system::WallTimer,
    boot: system::BootTimer,
}

impl Sleeper {
    /// To be called on the runtime.
    pub(super) fn new() -> Self {
        Sleeper { wall: system::WallTimer::new(), boot: system::BootTimer::new() }
    }

    /// Returns when a deadline may have come; never, when there is none. May be dropped at any point.
    pub(super) async fn until(&mut self, wakeup: Wakeup) {
        tokio::select! {
            () = self.wall.until(wakeup.wall) => {}
            () = until_mono(wakeup.mono) => {}
            () = until_boot(&mut self.boot, wakeup.boot) => {}
        }
    }
}

async fn until_mono(at: Option<MonoMs>) {
    match at {
        Some(at) => tokio::time::sleep(at.remaining()).await,
        None => std::future::pending().await,
    }
}

async fn until_boot(timer: &mut system::BootTimer, at: Option<BootMs>) {
    match at {
        Some(at) => timer.until(at).await,
        None => std::future::pending().await,
    }
}
