//! Requests of the host that are settled once what they wait for has ended.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::event::Survivor;
use super::ids::{RequestId, RunId};
use crate::timer::{MonoMs, TimerKey};

/// The requests that have not been settled. What the end of a run costs does not grow with the
/// requests that wait for other runs.
#[derive(Debug, Default)]
pub(super) struct Requests {
    open: HashMap<RequestId, Open>,
    by_run: HashMap<RunId, Vec<RequestId>>,
    /// What waits for no run any more, in the order in which it came to that.
    ready: Vec<Settled>,
    shutdowns: Vec<Shutdown>,
}

#[derive(Debug)]
struct Open {
    runs_left: usize,
    survivors: Vec<Survivor>,
}

/// A request whose runs have all ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) request: RequestId,
    /// Processes of its runs that could not be ended.
    pub(super) survivors: Vec<Survivor>,
}

/// A request that waits for every process, spares too.
#[derive(Debug)]
pub(super) struct Shutdown {
    pub(super) request: RequestId,
    /// When it is settled at the latest.
    pub(super) limit: Option<TimerKey<MonoMs>>,
    pub(super) timed_out: bool,
}

impl Requests {
    /// Adds a request that waits for these runs, which may be none.
    pub(super) fn wait_for(&mut self, request: RequestId, runs: &[RunId]) {
        if runs.is_empty() {
            self.ready.push(Settled { request, survivors: Vec::new() });
            return;
        }
        self.open.insert(request, Open { runs_left: runs.len(), survivors: Vec::new() });
        for &run in runs {
            self.by_run.entry(run).or_default().push(request);
        }
    }

    /// A run has ended.
    pub(super) fn run_ended(&mut self, run: RunId) {
        for request in self.by_run.remove(&run).unwrap_or_default() {
            let Entry::Occupied(mut open) = self.open.entry(request) else { continue };
            open.get_mut().runs_left -= 1;
            if open.get().runs_left == 0 {
                let survivors = open.remove().survivors;
                self.ready.push(Settled { request, survivors });
            }
        }
    }

    /// The process of a run could not be ended. To be called before [`Requests::run_ended`].
    pub(super) fn note_survivor(&mut self, run: RunId, survivor: Survivor) {
        for request in self.by_run.get(&run).into_iter().flatten() {
            if let Some(open) = self.open.get_mut(request) {
                open.survivors.push(survivor);
            }
        }
    }

    /// Takes the requests that wait for no run any more.
    pub(super) fn take_ready(&mut self) -> Vec<Settled> {
        std::mem::take(&mut self.ready)
    }

    pub(super) fn add_shutdown(&mut self, shutdown: Shutdown) {
        self.shutdowns.push(shutdown);
    }

    pub(super) fn shutdown_mut(&mut self, request: RequestId) -> Option<&mut Shutdown> {
        self.shutdowns.iter_mut().find(|shutdown| shutdown.request == request)
    }

    pub(super) fn is_shutting_down(&self) -> bool {
        !self.shutdowns.is_empty()
    }

    /// Takes the shutdowns: all once nothing is left, else those whose last limit has passed.
    pub(super) fn take_shutdowns(&mut self, nothing_left: bool) -> Vec<Shutdown> {
        let is_over = |shutdown: &mut Shutdown| nothing_left || shutdown.limit.is_none();
        self.shutdowns.extract_if(.., is_over).collect()
    }

    /// Whether no request waits.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.ready.is_empty() && self.shutdowns.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_ready_when_the_last_of_its_runs_has_ended() {
        let mut requests = Requests::default();
        requests.wait_for(RequestId(1), &[RunId(1), RunId(2)]);
        requests.wait_for(RequestId(2), &[RunId(2)]);
        requests.wait_for(RequestId(3), &[]);
        let settled = |request, survivors| Settled { request: RequestId(request), survivors };
        assert_eq!(requests.take_ready(), [settled(3, vec![])]);
        let survivor = Survivor { pid: 7, errno: 1 };
        requests.note_survivor(RunId(2), survivor);
        requests.run_ended(RunId(2));
        assert_eq!(requests.take_ready(), [settled(2, vec![survivor])]);
        requests.run_ended(RunId(1));
        assert_eq!(requests.take_ready(), [settled(1, vec![survivor])]);
        assert!(requests.is_empty() && requests.by_run.is_empty());
    }
}
