//! A timer of the kernel's on the wall clock itself: exact to its high-resolution timers where the
//! runtime's are rounded up to a millisecond, right across suspends, and told when the clock is set
//! (`TFD_TIMER_CANCEL_ON_SET`, see `timerfd_create(2)`). So nothing has to be looked at in between.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::wall_polling::poll_until;
use crate::timer::{BootMs, EpochMs};

/// Waits for instants of the wall clock.
#[derive(Debug)]
pub(super) struct WallTimer {
    /// Made for the first instant: a manager without schedules needs no descriptor. While the system
    /// has none left, the clock is polled.
    timer: Option<AsyncFd<OwnedFd>>,
    armed: Option<EpochMs>,
}

impl WallTimer {
    pub(super) fn new() -> Self {
        WallTimer { timer: None, armed: None }
    }

    /// Returns when the instant has come, or the clock has been set; never, without an instant.
    pub(super) async fn until(&mut self, at: Option<EpochMs>) {
        let Some(at) = at else { return std::future::pending().await };
        if self.wait(at).await.is_err() {
            poll_until(at).await;
        }
    }

    async fn wait(&mut self, at: EpochMs) -> io::Result<()> {
        let timer = match &self.timer {
            Some(timer) => timer,
            None => self.timer.insert(create()?),
        };
        if self.armed != Some(at) {
            match arm(timer.get_ref(), at) {
                // The clock has been set since it was armed last.
                Err(error) if is_clock_set(&error) => return Ok(()),
                armed => armed?,
            }
            self.armed = Some(at);
        }
        let fired = timer.async_io(Interest::READABLE, |timer| {
            rustix::io::read(timer, &mut [0; 8]).map_err(io::Error::from)
        });
        let fired = fired.await;
        self.armed = None;
        match fired {
            Err(error) if !is_clock_set(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// Waits for instants of the clock that counts suspended time: it fires at once when the machine wakes up.
#[derive(Debug)]
pub(super) struct BootTimer {
    /// Made for the first instant: a manager without leases needs no descriptor.
    timer: Option<AsyncFd<OwnedFd>>,
}

impl BootTimer {
    pub(super) fn new() -> Self {
        BootTimer { timer: None }
    }

    /// Returns when the instant may have come.
    pub(super) async fn until(&mut self, at: BootMs) {
        if self.wait(at).await.is_err() {
            // No descriptor is left.
            tokio::time::sleep(at.remaining().min(Duration::from_secs(1))).await;
        }
    }

    async fn wait(&mut self, at: BootMs) -> io::Result<()> {
        let timer = match &self.timer {
            Some(timer) => timer,
            None => self.timer.insert(create_on(TimerfdClockId::Boottime)?),
        };
        let at_ms = i64::try_from(at.0.max(1)).unwrap_or(i64::MAX);
        set(timer.get_ref(), at_ms, TimerfdTimerFlags::ABSTIME)?;
        let fired = timer.async_io(Interest::READABLE, |timer| {
            rustix::io::read(timer, &mut [0; 8]).map_err(io::Error::from)
        });
        fired.await.map(drop)
    }
}

fn is_clock_set(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::CANCELED.raw_os_error())
}

fn create() -> io::Result<AsyncFd<OwnedFd>> {
    create_on(TimerfdClockId::Realtime)
}

fn create_on(clock: TimerfdClockId) -> io::Result<AsyncFd<OwnedFd>> {
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let timer = timerfd_create(clock, flags)?;
    // SAFETY: the descriptor is owned by the `AsyncFd` from here on; nothing closes it before that.
    Ok(unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) }?)
}

fn arm(timer: &OwnedFd, at: EpochMs) -> io::Result<()> {
    // Zero would disarm it; whatever is due since 1970 is due now.
    let at_ms = at.0.max(1);
    set(timer, at_ms, TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET)
}

fn set(timer: &OwnedFd, at_ms: i64, flags: TimerfdTimerFlags) -> io::Result<()> {
    let value = Timespec { tv_sec: at_ms / 1000, tv_nsec: at_ms % 1000 * 1_000_000 };
    let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
    timerfd_settime(timer, flags, &once)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::Now;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn never_returns_before_the_instant() {
        runtime().block_on(async {
            let mut timer = WallTimer::new();
            for delay_ms in [0, 1, 3, 20] {
                let at = Now::read().wall.plus(Duration::from_millis(delay_ms));
                timer.until(Some(at)).await;
                assert!(Now::read().wall >= at);
            }
        });
    }

    #[test]
    fn a_timer_that_is_not_used_has_no_descriptor() {
        runtime().block_on(async {
            let mut timer = WallTimer::new();
            tokio::select! {
                biased;
                () = timer.until(None) => panic!("there is no instant"),
                () = tokio::task::yield_now() => {}
            }
            assert!(timer.timer.is_none());
        });
    }

    #[test]
    fn an_instant_that_is_over_returns_at_once_and_an_earlier_one_replaces_a_later_one() {
        runtime().block_on(async {
            let mut timer = WallTimer::new();
            let hour = Now::read().wall.plus(Duration::from_secs(3600));
            tokio::select! {
                biased;
                () = timer.until(Some(hour)) => panic!("an hour has not passed"),
                () = tokio::task::yield_now() => {}
            }
            timer.until(Some(EpochMs(-5))).await;
        });
    }
}
