//! Waiting for the wall clock with timers that do not follow it.

use std::time::Duration;

use crate::timer::EpochMs;

/// The clock may be set, and the machine may sleep: it is looked at again at least this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Returns when the instant has come, or may have.
pub(super) async fn poll_until(at: EpochMs) {
    tokio::time::sleep(at.remaining().min(LONGEST_SLEEP)).await;
}
