//! Waiting for the engine's next deadline.

use std::time::Duration;

use crate::engine::Wakeup;

/// The wall clock may be set, and the machine may sleep: neither moves the clock that we wait by, so
/// wall-clock deadlines are looked at again at least this often.
const LONGEST_WALL_SLEEP: Duration = Duration::from_secs(30);

/// Returns when the deadline may have come; never, when there is none.
pub(super) async fn until(wakeup: Wakeup) {
    let wall = wakeup.wall.map(|at| at.remaining().min(LONGEST_WALL_SLEEP));
    let mono = wakeup.mono.map(crate::timer::MonoMs::remaining);
    match [wall, mono].into_iter().flatten().min() {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}
