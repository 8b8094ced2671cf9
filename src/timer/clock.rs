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

/// An instant of the clock that also counts while the machine is suspended: milliseconds since it booted. Leases
/// follow it, because another host does not wait for this one to wake up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootMs(pub u64);

/// The readings of all clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The wall clock, which schedules follow.
    pub wall: EpochMs,
    /// The monotonic clock, which grace periods and time-outs follow.
    pub mono: MonoMs,
    /// The clock that leases follow.
    pub boot: BootMs,
}

static ORIGIN: Lazy<Instant> = Lazy::new(Instant::now);

/// A moment by the wall clock and by the monotonic one: shorter than [`Now`], because runs that are many keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// By the wall clock.
    pub wall: EpochMs,
    /// By the monotonic clock.
    pub mono: MonoMs,
}

impl Now {
    /// This moment, without the clock of leases.
    pub fn stamp(self) -> Stamp {
        Stamp { wall: self.wall, mono: self.mono }
    }

    /// Reads all clocks.
    pub fn read() -> Self {
        Now {
            wall: EpochMs(millis(since_epoch())),
            mono: MonoMs(u64::try_from(ORIGIN.elapsed().as_millis()).unwrap_or(u64::MAX)),
            boot: BootMs::now(),
        }
    }
}

impl BootMs {
    /// The clock as it is now.
    pub fn now() -> Self {
        BootMs(u64::try_from(since_boot().as_millis()).unwrap_or(u64::MAX))
    }

    /// How long until this instant; zero when it has come.
    pub fn remaining(self) -> Duration {
        Duration::from_millis(self.0).saturating_sub(since_boot())
    }

    /// This instant moved later by `duration`.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        BootMs(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
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

/// Linux counts suspended time in a clock of its own, macOS in its monotonic one.
#[cfg(unix)]
fn since_boot() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(target_os = "linux")]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: ClockId = ClockId::Monotonic;
    let time = clock_gettime(CLOCK);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), nanos)
}

/// `Instant` counts suspended time there.
#[cfg(not(unix))]
fn since_boot() -> Duration {
    ORIGIN.elapsed()
}

/// Before 1970 the wall clock is simply wrong: it counts as the epoch.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
