//! What becomes of the runs that a host left when it died. Pure decisions.

use crate::timer::EpochMs;

/// The name of the cause of attempts that ended with their host, also the code of the error.
pub const HOST_DIED: &str = "HOST_DIED";

/// What follows an attempt whose host died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterHost {
    /// The run is run again.
    Again {
        /// Its next attempt.
        attempt: u32,
    },
    /// That attempt was its last one.
    Died,
}

/// The attempt counts, since it may have done its work.
pub(super) fn after_host(attempt: u32, attempts: u32) -> AfterHost {
    if attempt < attempts { AfterHost::Again { attempt: attempt + 1 } } else { AfterHost::Died }
}

/// When a waiting run may begin, if the clock has been set back since: `noted` is when `begin_at` was
/// decided on, and `due` its date. A date stays. Any other time keeps its distance.
pub(super) fn begin_after_step(
    begin_at: EpochMs,
    noted: EpochMs,
    due: Option<EpochMs>,
    now: EpochMs,
) -> EpochMs {
    if noted <= now || due == Some(begin_at) {
        return begin_at;
    }
    now.plus(begin_at.since(noted)).min(begin_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_that_ended_with_its_host_counts() {
        assert_eq!(after_host(1, 1), AfterHost::Died);
        assert_eq!(after_host(1, 3), AfterHost::Again { attempt: 2 });
        assert_eq!(after_host(3, 3), AfterHost::Died);
        assert_eq!(after_host(5, 3), AfterHost::Died, "the job has fewer attempts now");
    }

    #[test]
    fn a_clock_that_was_set_back_delays_nothing_but_dates() {
        let [now, noted, later] = [1_000, 9_000, 9_500].map(EpochMs);
        assert_eq!(begin_after_step(noted, noted, None, now), now, "was due");
        assert_eq!(begin_after_step(later, noted, None, now), EpochMs(1_500), "keeps its delay");
        assert_eq!(begin_after_step(later, noted, Some(later), now), later, "is a date");
        assert_eq!(begin_after_step(later, now, None, now), later, "was noted by this clock");
        assert_eq!(begin_after_step(EpochMs(500), noted, None, now), EpochMs(500), "is due");
    }
}
