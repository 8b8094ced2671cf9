//! What is counted of starts and processes since the engine was made, for the metrics of the host. Decides nothing.

use std::collections::BTreeMap;

use super::Engine;
use super::histogram::Histogram;
use super::ids::RunId;
use super::inspection::JobState;
use super::job::Work;
use crate::timer::Now;

/// From the time at which a run is wanted to the first line of its job.
const START_DELAY_BOUNDS_MS: &[f64] =
    &[1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1_000.0, 5_000.0, 30_000.0];
/// From the request for a process to its READY frame.
const BOOT_BOUNDS_MS: &[f64] =
    &[10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0, 30_000.0];
/// The code of a process that ended by itself, or took too long, before it reached its job.
pub(super) const EXITED: &str = "SPAWN_EXITED";

/// What is counted of starts.
#[derive(Debug, Clone)]
pub struct Measures {
    /// Of the first attempts of runs in processes.
    pub start_delays: Histogram,
    /// Of processes that became ready.
    pub boots: Histogram,
    /// Processes that could not be started, by code.
    pub failed_starts: BTreeMap<&'static str, u32>,
}

impl Measures {
    pub(super) fn new() -> Self {
        Measures {
            start_delays: Histogram::new(START_DELAY_BOUNDS_MS),
            boots: Histogram::new(BOOT_BOUNDS_MS),
            failed_starts: BTreeMap::new(),
        }
    }

    pub(super) fn start_failed(&mut self, code: &'static str) {
        let count = self.failed_starts.entry(code).or_default();
        *count = count.saturating_add(1);
    }
}

/// How many jobs are in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateCount {
    /// Their functions run on the event loop of the host.
    pub is_inline: bool,
    /// The state.
    pub state: JobState,
    /// How many.
    pub jobs: usize,
}

impl Engine {
    /// What is counted of starts.
    pub fn measures(&self) -> &Measures {
        &self.measures
    }

    /// How many jobs there are of each kind in each state, those without any included.
    pub fn jobs_by_state(&self) -> Vec<StateCount> {
        let mut counts = Vec::with_capacity(JobState::NAMES.len() * 2);
        for is_inline in [false, true] {
            counts.extend(JobState::NAMES.iter().map(|&(_, state)| StateCount { is_inline, state, jobs: 0 }));
        }
        for job in self.jobs.values() {
            let (is_inline, state) = (job.spec.work.is_inline(), job.state());
            let count = counts.iter_mut().find(|count| count.is_inline == is_inline && count.state == state);
            if let Some(count) = count {
                count.jobs += 1;
            }
        }
        counts
    }

    /// An attempt in a process has reached the first line of its job. The first of a run counts.
    pub(super) fn note_begun(&mut self, id: RunId, now: Now) {
        if let Some(run) = self.runs.get(&id).filter(|run| run.attempt == 1) {
            self.measures.start_delays.observe(now.wall.since(run.wanted_at()));
        }
    }
}

impl Work {
    fn is_inline(&self) -> bool {
        match self {
            Work::Inline => true,
            Work::Offloaded(_) => false,
            Work::Handler(handler) => handler.process.is_none(),
        }
    }
}
