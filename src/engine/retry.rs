//! What follows the end of an attempt: the run completes, tries again, or has failed for good. A pure
//! decision; `runs.rs` acts on it.
//!
//! | the attempt ended by | counts as | tried again |
//! |---|---|---|
//! | 'done', exit code 0 | completed | – |
//! | an error that the job marked as permanent | failed | no |
//! | error, exit code, signal, time limit, memory limit, stall, failed start, broken channel | failed | if `retry_on` has it, attempts are left and time too |
//! | removal, stop, shutdown, replacement, cancellation | cancelled | never |
//! | `worker.terminate()` | failed | never |

use std::time::Duration;

use super::backoff::{Backoff, Random};
use super::job::Overlap;
use super::run::EndCause;
use crate::timer::{EpochMs, Now};

/// How often a run is tried, and when again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RetryPolicy {
    /// All tries, the first included; at least 1.
    pub attempts: u32,
    /// Between two tries.
    pub backoff: Backoff,
    /// The ends that are worth another try.
    pub retry_on: Causes,
    /// No attempt begins later than this after the first one began.
    pub give_up_after: Option<Duration>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy { attempts: 1, backoff: Backoff::default(), retry_on: Causes::ALL, give_up_after: None }
    }
}

/// A set of causes of failed attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Causes(u16);

/// A cause of failure that may be worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It threw.
    Error,
    /// Its process ended with another exit code than 0.
    Exit,
    /// A signal ended its process.
    Signal,
    /// It reached its time limit.
    Timeout,
    /// It reached its memory limit.
    Memory,
    /// Its process could not be started, or did not reach the job.
    Start,
    /// Its channel broke.
    Channel,
    /// It gave no sign of life for too long.
    Stalled,
}

impl Cause {
    /// Every cause, with its name in JavaScript.
    pub const NAMES: [(&'static str, Cause); 8] = [
        ("error", Cause::Error),
        ("exit", Cause::Exit),
        ("signal", Cause::Signal),
        ("timeout", Cause::Timeout),
        ("memory", Cause::Memory),
        ("start", Cause::Start),
        ("channel", Cause::Channel),
        ("stalled", Cause::Stalled),
    ];

    /// The cause of a failed attempt; `None` for an end that no policy tries again.
    pub fn of(end: &EndCause) -> Option<Cause> {
        match end {
            EndCause::Error(_) => Some(Cause::Error),
            EndCause::ExitCode(code) => (*code != 0).then_some(Cause::Exit),
            EndCause::HandlerExited(_) => Some(Cause::Exit),
            EndCause::Signal(_) => Some(Cause::Signal),
            EndCause::Timeout(_) => Some(Cause::Timeout),
            EndCause::Stalled(_) => Some(Cause::Stalled),
            EndCause::Memory { .. } => Some(Cause::Memory),
            EndCause::FailedToStart { .. } => Some(Cause::Start),
            EndCause::ChannelBroke(_) => Some(Cause::Channel),
            EndCause::Done
            | EndCause::Returned(_)
            | EndCause::Cancelled
            | EndCause::CancelledBySignal(_)
            | EndCause::Terminated
            | EndCause::NotStopped(_)
            | EndCause::HostDied
            | EndCause::LeaseLost
            | EndCause::Left => None,
        }
    }
}

impl Causes {
    /// Every cause.
    pub const ALL: Causes = Causes(u16::MAX);
    /// No cause.
    pub const NONE: Causes = Causes(0);

    /// This set and one more cause.
    #[must_use]
    pub fn with(self, cause: Cause) -> Self {
        Causes(self.0 | 1 << cause as u16)
    }

    /// Whether the set has this cause.
    pub fn has(self, cause: Cause) -> bool {
        self.0 & (1 << cause as u16) != 0
    }
}

/// What is known when an attempt has failed.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// Why it failed.
    pub cause: Cause,
    /// The job said that trying again is of no use.
    pub is_permanent: bool,
    /// The number of the attempt; 1 is the first.
    pub attempt: u32,
    /// When the first attempt was given its process, or its place on the host's event loop.
    pub first_started: EpochMs,
    /// The job's next due time.
    pub next_due: Option<EpochMs>,
    /// What that due time would meet.
    pub overlap: Overlap,
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next attempt, after this pause.
    Retry(Duration),
    /// The host is asked for the pause.
    Ask,
    /// The run has failed.
    GiveUp(GaveUp),
}

/// Why a run that failed is not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GaveUp {
    /// No attempt is left, or none was asked for in this case.
    Attempts,
    /// The job said that it is of no use.
    Permanent,
    /// The next attempt would begin too long after the first.
    Time,
    /// The job is due again before, and its schedule does not wait for retries.
    NextDue,
    /// The job was stopped.
    Stopped,
    /// The run was cancelled while it waited for its next attempt.
    Cancelled,
    /// The job was removed.
    Removed,
    /// The manager shut down.
    Shutdown,
    /// The host's backoff function said no.
    Backoff,
}

impl GaveUp {
    /// The name in JavaScript.
    pub fn name(self) -> &'static str {
        match self {
            GaveUp::Attempts => "attempts",
            GaveUp::Permanent => "permanent",
            GaveUp::Time => "time",
            GaveUp::NextDue => "next-due",
            GaveUp::Stopped => "stopped",
            GaveUp::Cancelled => "cancelled",
            GaveUp::Removed => "removed",
            GaveUp::Shutdown => "shutdown",
            GaveUp::Backoff => "backoff",
        }
    }
}

impl RetryPolicy {
    /// What follows a failed attempt.
    pub fn after(&self, failure: &Failure, random: Random, now: Now) -> Next {
        if failure.is_permanent {
            return Next::GiveUp(GaveUp::Permanent);
        }
        if failure.attempt >= self.attempts || !self.retry_on.has(failure.cause) {
            return Next::GiveUp(GaveUp::Attempts);
        }
        match self.backoff.delay_before(failure.attempt, random) {
            Some(delay) => self.within_time(failure, delay, now),
            None => Next::Ask,
        }
    }

    /// The retry after a pause that the policy or the host has named, unless it comes too late.
    pub fn within_time(&self, failure: &Failure, delay: Duration, now: Now) -> Next {
        let at = now.wall.plus(delay);
        if self.give_up_after.is_some_and(|limit| at > failure.first_started.plus(limit)) {
            return Next::GiveUp(GaveUp::Time);
        }
        // A retry never holds up the schedule: a due time that would be skipped for it, or would
        // replace it, comes first.
        let gives_way = matches!(failure.overlap, Overlap::Skip | Overlap::Replace);
        if gives_way && failure.next_due.is_some_and(|due| at >= due) {
            return Next::GiveUp(GaveUp::NextDue);
        }
        Next::Retry(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::{BootMs, MonoMs};
    use crate::worker::ipc::ChannelError;

    const NOW: Now = Now { wall: EpochMs(1_000_000), mono: MonoMs(0), boot: BootMs(0) };
    const RANDOM: Random = Random(0.0);

    fn policy(attempts: u32) -> RetryPolicy {
        let backoff = Backoff::List([Duration::from_secs(5)].into());
        RetryPolicy { attempts, backoff, ..RetryPolicy::default() }
    }

    fn failure(attempt: u32) -> Failure {
        Failure {
            cause: Cause::Error,
            is_permanent: false,
            attempt,
            first_started: EpochMs(990_000),
            next_due: None,
            overlap: Overlap::Skip,
        }
    }

    #[test]
    fn a_run_is_tried_until_no_attempt_is_left() {
        let follows: Vec<_> =
            (1..=3).map(|attempt| policy(3).after(&failure(attempt), RANDOM, NOW)).collect();
        let retry = Next::Retry(Duration::from_secs(5));
        assert_eq!(follows, [retry, retry, Next::GiveUp(GaveUp::Attempts)]);
        assert_eq!(policy(1).after(&failure(1), RANDOM, NOW), Next::GiveUp(GaveUp::Attempts));
    }

    #[test]
    fn a_permanent_error_is_not_tried_again() {
        let permanent = Failure { is_permanent: true, ..failure(1) };
        assert_eq!(policy(3).after(&permanent, RANDOM, NOW), Next::GiveUp(GaveUp::Permanent));
    }

    #[test]
    fn only_the_causes_of_the_policy_are_tried_again() {
        let only_exit = RetryPolicy { retry_on: Causes::NONE.with(Cause::Exit), ..policy(3) };
        assert_eq!(only_exit.after(&failure(1), RANDOM, NOW), Next::GiveUp(GaveUp::Attempts));
        let exit = Failure { cause: Cause::Exit, ..failure(1) };
        assert_eq!(only_exit.after(&exit, RANDOM, NOW), Next::Retry(Duration::from_secs(5)));
        for (_, cause) in Cause::NAMES {
            assert!(Causes::ALL.has(cause));
            assert!(!Causes::NONE.has(cause));
        }
    }

    #[test]
    fn no_attempt_begins_after_the_time_to_give_up() {
        let limited =
            |seconds| RetryPolicy { give_up_after: Some(Duration::from_secs(seconds)), ..policy(3) };
        // The first attempt began ten seconds ago, the next would begin in five.
        assert_eq!(limited(15).after(&failure(1), RANDOM, NOW), Next::Retry(Duration::from_secs(5)));
        assert_eq!(limited(14).after(&failure(1), RANDOM, NOW), Next::GiveUp(GaveUp::Time));
    }

    #[test]
    fn a_retry_gives_way_to_the_next_due_time_where_that_does_not_wait() {
        let at = |next_due, overlap| Failure { next_due: Some(EpochMs(next_due)), overlap, ..failure(1) };
        for overlap in [Overlap::Skip, Overlap::Replace] {
            let follows = |due| policy(3).after(&at(due, overlap), RANDOM, NOW);
            assert_eq!(follows(1_005_000), Next::GiveUp(GaveUp::NextDue), "{overlap:?}");
            assert_eq!(follows(1_005_001), Next::Retry(Duration::from_secs(5)), "{overlap:?}");
        }
        for overlap in [Overlap::Queue, Overlap::Allow] {
            let follows = policy(3).after(&at(1_001_000, overlap), RANDOM, NOW);
            assert_eq!(follows, Next::Retry(Duration::from_secs(5)), "{overlap:?}");
        }
    }

    #[test]
    fn the_host_is_asked_where_it_gave_a_function() {
        let asked = RetryPolicy { backoff: Backoff::Asked, ..policy(3) };
        assert_eq!(asked.after(&failure(1), RANDOM, NOW), Next::Ask);
        let answered = asked.within_time(&failure(1), Duration::from_secs(1), NOW);
        assert_eq!(answered, Next::Retry(Duration::from_secs(1)));
    }

    #[test]
    fn every_end_is_a_cause_or_is_never_tried_again() {
        let ends = [
            (EndCause::Done, None),
            (EndCause::Cancelled, None),
            (EndCause::Terminated, None),
            (EndCause::Error(vec![]), Some(Cause::Error)),
            (EndCause::ExitCode(64), Some(Cause::Exit)),
            (EndCause::Signal(9), Some(Cause::Signal)),
            (EndCause::Timeout(Duration::ZERO), Some(Cause::Timeout)),
            (EndCause::Stalled(Duration::ZERO), Some(Cause::Stalled)),
            (EndCause::Memory { limit_bytes: 1, used_bytes: 2 }, Some(Cause::Memory)),
            (EndCause::FailedToStart { code: "X", message: String::new() }, Some(Cause::Start)),
            (EndCause::ChannelBroke(ChannelError::Cut), Some(Cause::Channel)),
        ];
        for (end, cause) in ends {
            assert_eq!(Cause::of(&end), cause, "{end:?}");
        }
    }
}
