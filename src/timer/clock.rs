//! The only place that reads clocks. Wall-clock and monotonic time are different types, so that a
//! schedule can never be compared with a grace period.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use once_cell::sync::Lazy;

/// An instant of the wall clock: milliseconds since 1970-01-01T00:00:00Z, as in JavaScript's `Date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EpochMs(pub i64);

/// An instant of the monotonic clock: milliseconds since this library was first used. Neither NTP
/// nor a user moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonoMs(pub u64);

/// The readings of both clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The wall clock, which schedules follow.
    pub wall: EpochMs,
    /// The monotonic clock, which grace periods and time-outs follow.
    pub mono: MonoMs,
}

static ORIGIN: Lazy<Instant> = Lazy::new(Instant::now);

impl Now {
    /// Reads both clocks.
    pub fn read() -> Self {
        Now {
            wall: EpochMs(millis(since_epoch())),
            mono: MonoMs(u64::try_from(ORIGIN.elapsed().as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

impl EpochMs {
    /// How long until this instant by the wall clock as it is now; zero when it has come.
    pub fn remaining(self) -> Duration {
        let Ok(due_ms) = u64::try_from(self.0) else { return Duration::ZERO };
        Duration::from_millis(due_ms).saturating_sub(since_epoch())
    }

    /// This instant moved earlier by `duration`.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        EpochMs(self.0.saturating_sub(millis(duration)))
    }

    /// This instant moved later by `duration`.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        EpochMs(self.0.saturating_add(millis(duration)))
    }

    /// The time from `earlier` to this instant; zero when `earlier` is the later one.
    pub fn since(self, earlier: EpochMs) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl MonoMs {
    /// How long until this instant; zero when it has come.
    pub fn remaining(self) -> Duration {
        Duration::from_millis(self.0).saturating_sub(ORIGIN.elapsed())
    }

    /// This instant moved later by `duration`.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        MonoMs(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The time from `earlier` to this instant; zero when `earlier` is the later one.
    pub fn since(self, earlier: MonoMs) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Before 1970 the wall clock is simply wrong: it counts as the epoch.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
