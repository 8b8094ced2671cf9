//! How a store is opened.

use std::path::PathBuf;
use std::time::Duration;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The file. Its folder has to exist.
    pub path: PathBuf,
    /// What a commit waits for.
    pub durability: Durability,
    /// How many runs that have completed, or were cancelled, are kept; each state counts for itself.
    pub history: Bounds,
    /// How many runs that were given up are kept.
    pub failed: Bounds,
}

impl Options {
    /// The defaults, for this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Options {
            path: path.into(),
            durability: Durability::default(),
            history: Bounds { per_job: 20, total: 10_000, max_age: days(7) },
            failed: Bounds { per_job: 1_000, total: 10_000, max_age: days(30) },
        }
    }
}

const fn days(count: u64) -> Duration {
    Duration::from_secs(count * 24 * 60 * 60)
}

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The system has the change: it outlives the end of the host, however that comes. A power failure
    /// may take the last changes, but none without all later ones.
    #[default]
    Normal,
    /// The disk has the change: it outlives a power failure.
    Full,
}

/// How many ended runs of a state are kept: what exceeds one of the bounds is deleted, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of each job.
    pub per_job: u32,
    /// In all.
    pub total: u32,
    /// Since their end.
    pub max_age: Duration,
}
