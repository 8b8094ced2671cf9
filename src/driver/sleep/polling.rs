//! Systems without a timer that follows the wall clock.

use super::wall_polling::poll_until;
use std::time::Duration;

use crate::timer::{BootMs, EpochMs};

/// Waits for instants of the wall clock.
#[derive(Debug)]
pub(super) struct WallTimer;

impl WallTimer {
    pub(super) fn new() -> Self {
        WallTimer
    }

    /// Returns when the instant may have come; never, without an instant.
    pub(super) async fn until(&mut self, at: Option<EpochMs>) {
        match at {
            Some(at) => poll_until(at).await,
            None => std::future::pending().await,
        }
    }
}

/// The runtime's timers may not count suspended time: the clock is looked at again at least this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// Waits for instants of the clock that counts suspended time.
#[derive(Debug)]
pub(super) struct BootTimer;

impl BootTimer {
    pub(super) fn new() -> Self {
        BootTimer
    }

    /// Returns when the instant may have come.
    pub(super) async fn until(&mut self, at: BootMs) {
        tokio::time::sleep(at.remaining().min(LONGEST_SLEEP)).await;
    }
}
