//! Lanes: how many runs of a kind go at once, and which wait for the others to end.
//!
//! A lane is shared by the jobs that name the same queue, or is a job's own. What it lets go joins the
//! queue for processes in the order in which lanes let go, so that a long lane does not hold up a
//! short one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::ids::{JobId, RunId};

/// Which lane the runs of a job take.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LaneKey {
    /// The job's own.
    Own(JobId),
    /// A queue of the manager, by its name.
    Named(Arc<str>),
}

/// Orders waiting runs: higher first, from -100 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Priority(pub i8);

/// A place among waiting runs: by priority, then in order of arrival.
type Place = (Reverse<Priority>, i64);

/// Every lane that has runs.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    open: HashMap<LaneKey, Lane>,
    /// Where each waiting run stands.
    places: HashMap<RunId, (LaneKey, Place)>,
    next_place: i64,
    /// For runs that come back: they stand before all others of their priority.
    next_front: i64,
}

#[derive(Debug)]
struct Lane {
    /// Runs that may go at once.
    limit: usize,
    /// Runs that go: they have left the lane's waiting line and have not ended.
    going: usize,
    waiting: BTreeMap<Place, RunId>,
}

impl Lanes {
    /// Lower places are for runs that come with theirs.
    pub(super) fn begin_at(&mut self, place: i64) {
        self.next_place = place;
    }

    /// A run arrives. Opens the lane with this limit if it has no runs.
    /// A run that waited before all of this host comes with its place.
    pub(super) fn push(
        &mut self,
        key: LaneKey,
        limit: usize,
        run: RunId,
        (priority, place): (Priority, Option<i64>),
    ) {
        let place = place.unwrap_or_else(|| {
            self.next_place += 1;
            self.next_place
        });
        self.insert(key, limit, run, (Reverse(priority), place));
    }

    /// A run comes back that was the first in line, and has not begun.
    pub(super) fn push_front(&mut self, key: LaneKey, limit: usize, run: RunId, priority: Priority) {
        self.next_front -= 1;
        self.insert(key, limit, run, (Reverse(priority), self.next_front));
    }

    fn insert(&mut self, key: LaneKey, limit: usize, run: RunId, place: Place) {
        let lane = self.open.entry(key.clone()).or_insert_with(|| Lane::new(limit));
        lane.waiting.insert(place, run);
        self.places.insert(run, (key, place));
    }

    /// The run that the lane lets go next, if it has room. It counts as going from now on.
    pub(super) fn next(&mut self, key: &LaneKey) -> Option<RunId> {
        let lane = self.open.get_mut(key)?;
        if lane.going >= lane.limit {
            return None;
        }
        let (_, run) = lane.waiting.pop_first()?;
        lane.going += 1;
        self.places.remove(&run);
        Some(run)
    }

    /// The run that is next in line, whether the lane has room or not.
    pub(super) fn first(&self, key: &LaneKey) -> Option<RunId> {
        self.open.get(key)?.waiting.first_key_value().map(|(_, &run)| run)
    }

    /// Runs that wait in the lane, in order.
    pub(super) fn in_line(&self, key: &LaneKey) -> impl Iterator<Item = RunId> {
        self.open.get(key).into_iter().flat_map(|lane| lane.waiting.values().copied())
    }

    /// A run that did not leave the line through [`Lanes::next`] goes.
    pub(super) fn enter(&mut self, key: LaneKey, limit: usize) {
        self.open.entry(key).or_insert_with(|| Lane::new(limit)).going += 1;
    }

    /// A run that the lane has let go has ended, or waits for another attempt.
    pub(super) fn leave(&mut self, key: &LaneKey) {
        if let Some(lane) = self.open.get_mut(key) {
            lane.going = lane.going.saturating_sub(1);
            self.close_if_empty(key);
        }
    }

    /// A waiting run does not wait any more. Whether it did.
    pub(super) fn remove(&mut self, run: RunId) -> bool {
        let Some((key, place)) = self.places.remove(&run) else { return false };
        if let Some(lane) = self.open.get_mut(&key) {
            lane.waiting.remove(&place);
            self.close_if_empty(&key);
        }
        true
    }

    /// Runs that wait in the lane.
    pub(super) fn waiting(&self, key: &LaneKey) -> usize {
        self.open.get(key).map_or(0, |lane| lane.waiting.len())
    }

    fn close_if_empty(&mut self, key: &LaneKey) {
        if self.open.get(key).is_some_and(Lane::is_empty) {
            self.open.remove(key);
        }
    }
}

impl Lane {
    fn new(limit: usize) -> Self {
        Lane { limit: limit.max(1), going: 0, waiting: BTreeMap::new() }
    }

    fn is_empty(&self) -> bool {
        self.going == 0 && self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: LaneKey = LaneKey::Own(JobId(1));

    fn lanes_with(priorities: &[i8]) -> Lanes {
        let mut lanes = Lanes::default();
        for (run, &priority) in (1..).zip(priorities) {
            lanes.push(MAIL, 2, RunId(run), (Priority(priority), None));
        }
        lanes
    }

    fn all(lanes: &mut Lanes) -> Vec<u32> {
        let mut found = Vec::new();
        while let Some(run) = lanes.next(&MAIL) {
            found.push(run.0);
            lanes.leave(&MAIL);
        }
        found
    }

    #[test]
    fn higher_priorities_go_first_and_equal_ones_in_order() {
        assert_eq!(all(&mut lanes_with(&[0, 5, 0, 5, -1])), [2, 4, 1, 3, 5]);
    }

    #[test]
    fn runs_of_an_earlier_host_go_before_those_of_this_one() {
        let mut lanes = Lanes::default();
        lanes.begin_at(8);
        lanes.push(MAIL, 2, RunId(1), (Priority(0), None));
        lanes.push(MAIL, 2, RunId(2), (Priority(0), Some(6)));
        lanes.push(MAIL, 2, RunId(3), (Priority(0), Some(7)));
        lanes.push(MAIL, 2, RunId(4), (Priority(1), None));
        assert_eq!(all(&mut lanes), [4, 2, 3, 1]);
    }

    #[test]
    fn no_more_go_at_once_than_the_limit() {
        let mut lanes = lanes_with(&[0, 0, 0]);
        assert_eq!((lanes.next(&MAIL), lanes.next(&MAIL)), (Some(RunId(1)), Some(RunId(2))));
        assert_eq!(lanes.next(&MAIL), None);
        lanes.leave(&MAIL);
        assert_eq!(lanes.next(&MAIL), Some(RunId(3)));
    }

    #[test]
    fn a_run_can_be_taken_out_of_the_line() {
        let mut lanes = lanes_with(&[0, 0, 0]);
        assert!(lanes.remove(RunId(2)));
        assert!(!lanes.remove(RunId(2)));
        assert_eq!(lanes.waiting(&MAIL), 2);
        assert_eq!(all(&mut lanes), [1, 3]);
    }

    #[test]
    fn a_run_that_comes_back_is_first_among_its_equals() {
        let mut lanes = lanes_with(&[0, 0, 5]);
        lanes.push_front(MAIL, 2, RunId(8), Priority(0));
        lanes.push_front(MAIL, 2, RunId(9), Priority(0));
        assert_eq!(all(&mut lanes), [3, 9, 8, 1, 2]);
    }

    #[test]
    fn nothing_is_kept_of_a_lane_without_runs() {
        let mut lanes = lanes_with(&[0, 1]);
        all(&mut lanes);
        assert!(lanes.open.is_empty() && lanes.places.is_empty());
    }
}
