//! The runs that wait for a process.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::ids::RunId;
use super::job::BootProfile;
use super::lanes::Priority;

/// Where a run stands: by priority, then by its number.
pub(super) type Turn = (Reverse<Priority>, RunId);

/// Runs in the order in which they are given a process: higher priorities first, and that of their numbers, so a run
/// that comes back because its spare died has its old place.
///
/// Every operation takes O(log n) of the runs that wait, whatever they need of their processes.
#[derive(Debug, Default)]
pub(super) struct RunQueue {
    waiting: BTreeSet<Turn>,
    /// Those of them that can take a spare, by what the spare must have been booted with.
    by_profile: HashMap<Arc<BootProfile>, BTreeSet<Turn>>,
    /// Of those whose priority is not the usual one.
    priorities: HashMap<RunId, Priority>,
}

impl RunQueue {
    /// Adds a run that takes a spare or a new process, whichever comes first.
    pub(super) fn push(&mut self, run: RunId, priority: Priority, profile: &Arc<BootProfile>) {
        self.push_cold(run, priority);
        self.by_profile.entry(Arc::clone(profile)).or_default().insert((Reverse(priority), run));
    }

    /// Adds a run that needs a new process.
    pub(super) fn push_cold(&mut self, run: RunId, priority: Priority) {
        self.waiting.insert((Reverse(priority), run));
        if priority != Priority::default() {
            self.priorities.insert(run, priority);
        }
    }

    /// Takes a run out, wherever it stands.
    pub(super) fn remove(&mut self, run: RunId, profile: &BootProfile) {
        let turn = self.turn(run);
        self.priorities.remove(&run);
        self.waiting.remove(&turn);
        if let Some(runs) = self.by_profile.get_mut(profile) {
            runs.remove(&turn);
            if runs.is_empty() {
                self.by_profile.remove(profile);
            }
        }
    }

    /// Where the run stands, or would.
    pub(super) fn turn(&self, run: RunId) -> Turn {
        (Reverse(self.priorities.get(&run).copied().unwrap_or_default()), run)
    }

    /// The run whose turn is next.
    pub(super) fn first(&self) -> Option<RunId> {
        self.waiting.first().map(|&(_, run)| run)
    }

    /// The run whose turn is next among those that can take a spare booted with `profile`.
    pub(super) fn first_for(&self, profile: &BootProfile) -> Option<RunId> {
        self.by_profile.get(profile)?.first().map(|&(_, run)| run)
    }

    /// All that wait, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = RunId> {
        self.waiting.iter().map(|&(_, run)| run)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the run waits.
    pub(super) fn contains(&self, run: RunId) -> bool {
        self.waiting.contains(&self.turn(run))
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
            queue.push(RunId(run), Priority::default(), profile);
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
        queue.push(RunId(2), Priority::default(), &plain);
        queue.push_cold(RunId(1), Priority::default());
        assert_eq!((queue.first(), queue.first_for(&plain)), (Some(RunId(1)), Some(RunId(2))));
    }

    #[test]
    fn nothing_is_kept_of_runs_that_have_left() {
        let mut queue = RunQueue::default();
        for run in 1..=3 {
            let own = profile(&format!("--own={run}"));
            queue.push(RunId(run), Priority(3), &own);
            queue.remove(RunId(run), &own);
        }
        assert!(queue.waiting.is_empty() && queue.by_profile.is_empty() && queue.priorities.is_empty());
    }

    #[test]
    fn higher_priorities_have_their_turn_first_with_a_spare_and_without() {
        let plain = Arc::default();
        let mut queue = RunQueue::default();
        for (run, priority) in [(1, 0), (2, -5), (3, 5), (4, 5)] {
            queue.push(RunId(run), Priority(priority), &plain);
        }
        let order: Vec<_> = queue.iter().map(|run| run.0).collect();
        assert_eq!(order, [3, 4, 1, 2]);
        assert_eq!(queue.first_for(&plain), Some(RunId(3)));
        queue.remove(RunId(3), &plain);
        assert!(!queue.contains(RunId(3)) && queue.contains(RunId(2)));
        assert_eq!(queue.first_for(&plain), Some(RunId(4)));
    }
}
