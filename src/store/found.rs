//! What the store reports: what a file holds when it is opened, the runs that wait in it, and what became
//! of a write.

use std::sync::Arc;
use std::time::Duration;

use super::change::{Pause, RunKey, Slot, Ticket};
use super::error::StoreError;
use crate::timer::EpochMs;

/// What was found when the store was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The number of the first run that this host accepts.
    pub first_key: RunKey,
    /// The jobs that have waiting runs, by name. The runs stay in the file until they are read.
    pub waiting: Vec<WaitingJob>,
    /// Runs among them whose host died in the middle of an attempt.
    pub recovered: u64,
    /// Runs whose host died in the middle of their last attempt: they have failed.
    pub died: Vec<DiedRun>,
    /// The recurring jobs, with the slots that were answered last.
    pub slots: Vec<Slot>,
    /// The pauses.
    pub pauses: Vec<Pause>,
    /// The version that the file had, if it has been migrated.
    pub migrated_from: Option<u32>,
}

/// A job with waiting runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingJob {
    /// The job.
    pub job: Arc<str>,
    /// How many runs wait.
    pub runs: u64,
    /// When the first one may begin.
    pub first_begin: EpochMs,
}

/// A run that has failed with its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiedRun {
    /// The run.
    pub key: RunKey,
    /// Its id.
    pub id: Box<str>,
    /// Its job.
    pub job: Arc<str>,
    /// The attempt in which its host died.
    pub attempt: u32,
    /// When that began.
    pub started_at: Option<EpochMs>,
}

/// A window of the runs that an earlier host left.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Their job.
    pub job: Arc<str>,
    /// Runs that may begin, in order: higher priority first, then by their times. This host owns them now,
    /// and none is handed out twice.
    pub runs: Vec<WaitingRun>,
    /// Runs of the job that are still to be read.
    pub left: u64,
    /// When the first of those may begin; `None` if one may already, or none is left.
    pub next_begin: Option<EpochMs>,
}

/// A run that waits in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingRun {
    /// The run.
    pub key: RunKey,
    /// Its id.
    pub id: Box<str>,
    /// What its handler is called with.
    pub data: Arc<[u8]>,
    /// Its place among those that wait.
    pub priority: i8,
    /// Why there is one.
    pub trigger: Box<str>,
    /// The due time that it answers, or the date that was asked for.
    pub due: Option<EpochMs>,
    /// When it may begin.
    pub begin_at: EpochMs,
    /// When it was accepted.
    pub queued_at: EpochMs,
    /// The attempt that comes next.
    pub attempt: u32,
    /// All tries.
    pub attempts: u32,
    /// The longest attempt, in place of what its job says.
    pub timeout: Option<Duration>,
}

/// What the store reports, from its own thread.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// Writes are settled, in the order in which they came. Only those with a ticket are named.
    Settled(Vec<(Ticket, Outcome)>),
    /// The answer to [`Store::read`](super::Store::read).
    Window(Window),
    /// Writes fail from now on: once, until [`Report::Works`].
    Fails(Arc<StoreError>),
    /// Writes are committed again, and what was owed has been made up for.
    Works,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is committed.
    Kept,
    /// A run of that id is known: nothing of the write was kept.
    Known(KnownRun),
    /// It was not kept, and will not be.
    Refused(Arc<StoreError>),
    /// It records what has happened, and could not be kept yet. It is tried again.
    Owed,
}

/// The run that has the id of a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRun {
    /// The run.
    pub key: RunKey,
    /// Its job.
    pub job: Box<str>,
    /// Its state.
    pub state: Box<str>,
}
