//! Leaves out of a batch what a later change of the same batch makes superfluous. Pure.

use std::collections::HashSet;
use std::sync::Arc;

use super::change::{Change, RunKey, Write};

/// Drops the superseded changes of `writes`, which are committed together. The order of the others,
/// and the writes themselves, stay.
pub(super) fn fold(writes: &mut [Write]) {
    let mut later = Later::default();
    for write in writes.iter_mut().rev() {
        let mut index = write.changes.len();
        while let Some(previous) = index.checked_sub(1) {
            index = previous;
            if write.changes.get(index).is_some_and(|change| later.supersedes(change)) {
                write.changes.remove(index);
            }
        }
    }
}

/// What the changes looked at so far, the later ones, decide.
#[derive(Default)]
struct Later {
    /// Runs whose attempt ended.
    attempts: HashSet<RunKey>,
    /// Jobs whose slot was answered.
    slots: HashSet<Arc<str>>,
    /// Jobs that were paused or resumed.
    pauses: HashSet<Arc<str>>,
}

impl Later {
    /// Whether a later change decides what this one does, which is noted if not.
    fn supersedes(&mut self, change: &Change) -> bool {
        match change {
            Change::Begin { run, .. } | Change::Postpone { run, .. } => self.attempts.contains(run),
            Change::Retry { run, .. } | Change::End { run, .. } => {
                self.attempts.insert(*run);
                false
            }
            Change::Answer(slot) => !self.slots.insert(Arc::clone(&slot.job)),
            Change::ForgetSchedule { job } => !self.slots.insert(Arc::clone(job)),
            Change::Pause(pause) => !self.pauses.insert(Arc::clone(&pause.job)),
            Change::Resume { job } => !self.pauses.insert(Arc::clone(job)),
            Change::Accept(_) | Change::Withdraw { .. } | Change::EndUnread { .. } => false,
        }
    }
}
