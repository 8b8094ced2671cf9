//! The runs that wait for a process.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::ids::RunId;
use super::job::BootProfile;

/// Runs in the order in which they are given a process: that of their numbers, so a run that comes
/// back because its spare died has its old place.
///
/// Every operation takes O(log n) of the runs that wait, whatever they need of their processes.
#[derive(Debug, Default)]
pub(super) struct RunQueue {
    waiting: BTreeSet<RunId>,
    /// Those of them that can take a spare, by what the spare must have been booted with.
    by_profile: HashMap<Arc<BootProfile>, BTreeSet<RunId>>,
}

impl RunQueue {
    /// Adds a run that takes a spare or a new process, whichever comes first.
    pub(super) fn push(&mut self, run: RunId, profile: &Arc<BootProfile>) {
        self.waiting.insert(run);
        self.by_profile.entry(Arc::clone(profile)).or_default().insert(run);
    }

    /// Adds a run that needs a new process.
    pub(super) fn push_cold(&mut self, run: RunId) {
        self.waiting.insert(run);
    }

    /// Takes a run out, wherever it stands.
    pub(super) fn remove(&mut self, run: RunId, profile: &BootProfile) {
        self.waiting.remove(&run);
        if let Some(runs) = self.by_profile.get_mut(profile) {
            runs.remove(&run);
            if runs.is_empty() {
                self.by_profile.remove(profile);
            }
        }
    }

    /// The run that has waited longest.
    pub(super) fn first(&self) -> Option<RunId> {
        self.waiting.first().copied()
    }

    /// The run that has waited longest among those that can take a spare booted with `profile`.
    pub(super) fn first_for(&self, profile: &BootProfile) -> Option<RunId> {
        self.by_profile.get(profile)?.first().copied()
    }

    /// All that wait, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = RunId> {
        self.waiting.iter().copied()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the run waits.
    pub(super) fn contains(&self, run: RunId) -> bool {
        self.waiting.contains(&run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(flag: &str) -> Arc<BootProfile> {
        Arc::new(BootProfile { exec_args: vec![flag.to_owned()], ..BootProfile::default() })
    }

    #[test]
    fn runs_leave_in_the_order_of_their_numbers_and_each_kind_in_its_own() {
        let (plain, flagged) = (Arc::default(), profile("--flag"));
        let mut queue = RunQueue::default();
        for (run, profile) in [(1, &plain), (2, &flagged), (3, &plain), (4, &flagged)] {
            queue.push(RunId(run), profile);
        }
        assert_eq!((queue.first(), queue.first_for(&flagged)), (Some(RunId(1)), Some(RunId(2))));
        queue.remove(RunId(1), &plain);
        queue.remove(RunId(2), &profile("--flag"));
        assert_eq!((queue.first(), queue.first_for(&flagged)), (Some(RunId(3)), Some(RunId(4))));
        assert!(queue.contains(RunId(4)) && !queue.contains(RunId(1)));
    }

    #[test]
    fn a_run_that_comes_back_has_its_old_place_and_takes_no_spare() {
        let plain = Arc::default();
        let mut queue = RunQueue::default();
        queue.push(RunId(2), &plain);
        queue.push_cold(RunId(1));
        assert_eq!((queue.first(), queue.first_for(&plain)), (Some(RunId(1)), Some(RunId(2))));
    }

    #[test]
    fn nothing_is_kept_of_runs_that_have_left() {
        let mut queue = RunQueue::default();
        for run in 1..=3 {
            let own = profile(&format!("--own={run}"));
            queue.push(RunId(run), &own);
            queue.remove(RunId(run), &own);
        }
        assert!(queue.waiting.is_empty() && queue.by_profile.is_empty());
    }
}
