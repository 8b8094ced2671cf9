//! What a host asks the store to keep. Times are inputs: nothing here, or below, reads a clock.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::timer::EpochMs;

/// A run in the file: the order in which runs were accepted. A host numbers its runs from
/// [`Found::first_key`](super::Found) on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunKey(pub i64);

/// Names a [`Write`] in the report about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Changes that are committed together, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// Reported when the write is settled; `None` where nobody waits for it.
    pub ticket: Option<Ticket>,
    /// In order.
    pub changes: Vec<Change>,
}

impl Write {
    /// Whether it can be refused: nothing has happened yet that it records.
    pub(super) fn is_request(&self) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::Accept(_)))
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A run is accepted. If the host has given its id and a run of that id is known, nothing of the
    /// write is kept: see [`Outcome::Known`](super::Outcome).
    Accept(NewRun),
    /// An attempt of a run begins.
    Begin {
        /// The run.
        run: RunKey,
        /// Which try this is; 1 is the first.
        attempt: u32,
        /// When.
        at: EpochMs,
    },
    /// An attempt of a run has failed, and another one follows.
    Retry {
        /// The run.
        run: RunKey,
        /// The attempt that has failed.
        failed: FailedAttempt,
        /// When the next attempt begins.
        begin_at: EpochMs,
    },
    /// A run that waits begins at another time.
    Postpone {
        /// The run.
        run: RunKey,
        /// When.
        begin_at: EpochMs,
    },
    /// An attempt whose begin was kept has not begun, and does not in this host.
    Withdraw {
        /// The run.
        run: RunKey,
        /// When it may begin.
        begin_at: EpochMs,
    },
    /// A run has ended.
    End {
        /// The run.
        run: RunKey,
        /// Its job.
        job: Arc<str>,
        /// How.
        ending: Ending,
    },
    /// The runs of a job that an earlier host left, and that this one has not read, end.
    EndUnread {
        /// The job.
        job: Arc<str>,
        /// How.
        ending: Ending,
    },
    /// A due time of a recurring job has been answered: by a run, or by the decision to skip it.
    Answer(Slot),
    /// A job has no schedule any more.
    ForgetSchedule {
        /// The job.
        job: Arc<str>,
    },
    /// A job is paused.
    Pause(Pause),
    /// A job is not paused any more.
    Resume {
        /// The job.
        job: Arc<str>,
    },
}

/// A run that is accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    /// Its number.
    pub key: RunKey,
    /// The same in all attempts, and unique in the file.
    pub id: Arc<str>,
    /// Its job.
    pub job: Arc<str>,
    /// What its handler is called with: structured-clone bytes.
    pub data: Arc<[u8]>,
    /// Its place among those that wait; higher goes first.
    pub priority: i8,
    /// Why there is one.
    pub trigger: Cow<'static, str>,
    /// The due time that it answers, or the date that was asked for; `None` for "now" and for a delay.
    pub due: Option<EpochMs>,
    /// When it may begin.
    pub begin_at: EpochMs,
    /// When it was accepted.
    pub queued_at: EpochMs,
    /// All tries.
    pub attempts: u32,
    /// The longest attempt, in place of what its job says.
    pub timeout: Option<Duration>,
    /// The run that this one repeats.
    pub retry_of: Option<Arc<str>>,
}

/// An attempt that is followed by another one.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedAttempt {
    /// Which try it was; 1 is the first.
    pub attempt: u32,
    /// When it began.
    pub started_at: Option<EpochMs>,
    /// When it ended.
    pub ended_at: EpochMs,
    /// How, and why.
    pub failure: Failure,
}

/// How something ended that did not complete.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Failure {
    /// The name of the cause, such as `error` or `timeout`.
    pub cause: Cow<'static, str>,
    /// For people.
    pub message: Option<Arc<str>>,
    /// The envelope of the error, for JavaScript.
    pub error: Option<Arc<[u8]>>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The state it ends in.
    pub state: EndState,
    /// The try that was the last one.
    pub attempt: u32,
    /// When that began; `None` if it did not.
    pub started_at: Option<EpochMs>,
    /// When it ended.
    pub at: EpochMs,
    /// How, and why, where it did not complete.
    pub failure: Failure,
    /// Why it is not tried again.
    pub gave_up: Option<Cow<'static, str>>,
    /// Structured-clone bytes of what it returned.
    pub result: Option<Arc<[u8]>>,
    /// Whether the history keeps it.
    pub is_kept: bool,
}

/// The state that a run ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndState {
    /// It has done its work.
    Completed,
    /// It was given up: a dead letter.
    Failed,
    /// It was stopped.
    Cancelled,
}

impl EndState {
    /// All of them.
    pub const ALL: [EndState; 3] = [EndState::Completed, EndState::Failed, EndState::Cancelled];

    /// As in the file and in JavaScript.
    pub fn name(self) -> &'static str {
        match self {
            EndState::Completed => "completed",
            EndState::Failed => "failed",
            EndState::Cancelled => "cancelled",
        }
    }
}

/// The due time of a recurring job that was answered last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The job.
    pub job: Arc<str>,
    /// Its schedule as text. Under another schedule the slot says nothing.
    pub schedule: Arc<str>,
    /// The zone that the schedule is read in.
    pub time_zone: Arc<str>,
    /// What plain intervals count from.
    pub anchor: EpochMs,
    /// The due time; `None` while there was none.
    pub answered: Option<EpochMs>,
}

/// A pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// The job.
    pub job: Arc<str>,
    /// Since when.
    pub since: EpochMs,
    /// Who paused it: `host`, `operator` or `failures`.
    pub by: Cow<'static, str>,
    /// Why.
    pub note: Option<Arc<str>>,
}
