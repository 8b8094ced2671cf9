//! What names jobs, runs, processes and requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names a registered job for as long as it is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u32);

/// Names a run for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u32);

/// Gives runs their numbers. Shared by the managers of a process: a job sees the number of its run as
/// `threadId`, and no two threads of a process have the same.
#[derive(Debug, Clone)]
pub struct RunNumbers(Arc<AtomicU32>);

impl Default for RunNumbers {
    fn default() -> Self {
        RunNumbers(Arc::new(AtomicU32::new(1)))
    }
}

impl RunNumbers {
    /// A number that no run has had.
    pub fn next(&self) -> RunId {
        RunId(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Names a worker process for the life of its manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub u32);

/// Names one registration of a job: a job that is removed and added again has another. The host chooses it, and events
/// about the job's runs carry it, also after the job has been removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RegistrationId(pub u32);

/// Names a request that is answered later, by `JobEvent::RequestSettled`. The host chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(pub u32);
