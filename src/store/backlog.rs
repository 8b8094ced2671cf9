//! Which of the runs that an earlier host left this one has read. Pure.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::change::{Change, RunKey};
use super::found::{Found, WaitingJob};

/// Counts what is still to be read, and remembers what has been read and has not ended.
#[derive(Debug)]
pub(super) struct Backlog {
    first_key: RunKey,
    left: HashMap<Arc<str>, u64>,
    read: HashSet<RunKey>,
}

impl Backlog {
    pub(super) fn of(found: &Found) -> Self {
        let left = |waiting: &WaitingJob| (Arc::clone(&waiting.job), waiting.runs);
        Backlog {
            first_key: found.first_key,
            left: found.waiting.iter().map(left).collect(),
            read: HashSet::new(),
        }
    }

    /// Runs from this one on were accepted by this host, which has them in memory.
    pub(super) fn first_key(&self) -> RunKey {
        self.first_key
    }

    /// Runs of the job that are still to be read.
    pub(super) fn left(&self, job: &str) -> u64 {
        self.left.get(job).copied().unwrap_or(0)
    }

    pub(super) fn is_read(&self, run: RunKey) -> bool {
        self.read.contains(&run)
    }

    /// A window has been read. If it `is_last`, the file has no more.
    pub(super) fn note_read(
        &mut self,
        job: &Arc<str>,
        runs: impl ExactSizeIterator<Item = RunKey>,
        is_last: bool,
    ) {
        let count = u64::try_from(runs.len()).unwrap_or(u64::MAX);
        self.read.extend(runs);
        let left = self.left(job).saturating_sub(count);
        if is_last || left == 0 {
            self.left.remove(job);
        } else {
            self.left.insert(Arc::clone(job), left);
        }
    }

    /// A change has been committed.
    pub(super) fn note_change(&mut self, change: &Change) {
        match change {
            Change::End { run, .. } => {
                self.read.remove(run);
            }
            Change::EndUnread { job, .. } => {
                self.left.remove(job);
            }
            _ => {}
        }
        if self.read.is_empty() {
            self.read.shrink_to_fit();
        }
    }
}
