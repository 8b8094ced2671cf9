//! What the engine counts, for `jobManager.metrics()`.

use napi_derive::napi;

use super::inspection::state_name;
use super::manager::NativeManager;
use crate::engine::{Histogram, Measures, StateCount};

/// How many durations were so long.
#[napi(object, object_from_js = false)]
pub struct DurationCounts {
    /// Upper bounds in milliseconds, ascending.
    pub bounds_ms: Vec<f64>,
    /// Durations up to each bound and above the one before; the last place has those above all bounds.
    pub counts: Vec<u32>,
    /// The sum of all durations.
    pub sum_ms: f64,
}

/// Processes that could not be started.
#[napi(object, object_from_js = false)]
pub struct FailedStarts {
    /// Stable code of what was wrong.
    pub code: &'static str,
    /// How many.
    pub count: u32,
}

/// Jobs of one kind in one state.
#[napi(object, object_from_js = false)]
pub struct JobsInState {
    /// Their functions run on the event loop of the host.
    pub is_inline: bool,
    /// As in `JobsPage`.
    pub state: &'static str,
    /// How many.
    pub count: u32,
}

/// What is counted since the manager was made.
#[napi(object, object_from_js = false)]
pub struct EngineMetrics {
    /// Jobs of each kind in each state.
    pub jobs: Vec<JobsInState>,
    /// Of runs in processes: from the time at which they were wanted to the first line of their first attempt.
    pub start_delays: DurationCounts,
    /// From the request for a process to the moment at which it was ready.
    pub boots: DurationCounts,
    /// Processes that could not be started.
    pub failed_starts: Vec<FailedStarts>,
}

#[napi]
impl NativeManager {
    /// What is counted for metrics. Looks at each job once.
    #[napi]
    pub fn engine_metrics(&self) -> EngineMetrics {
        let (jobs, measures) =
            self.manager.read(|engine, _| (engine.jobs_by_state(), Measures::clone(engine.measures())));
        EngineMetrics {
            jobs: jobs.iter().map(JobsInState::new).collect(),
            start_delays: measures.start_delays.into(),
            boots: measures.boots.into(),
            failed_starts: measures
                .failed_starts
                .into_iter()
                .map(|(code, count)| FailedStarts { code, count })
                .collect(),
        }
    }
}

impl JobsInState {
    fn new(counted: &StateCount) -> Self {
        JobsInState {
            is_inline: counted.is_inline,
            state: state_name(counted.state),
            count: u32::try_from(counted.jobs).unwrap_or(u32::MAX),
        }
    }
}

impl From<Histogram> for DurationCounts {
    fn from(histogram: Histogram) -> Self {
        let Histogram { bounds_ms, counts, sum_ms } = histogram;
        DurationCounts { bounds_ms: bounds_ms.to_vec(), counts, sum_ms }
    }
}
