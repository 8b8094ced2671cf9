//! Systems without a timer that follows the wall clock.

use super::wall_polling::poll_until;
use crate::timer::EpochMs;

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
