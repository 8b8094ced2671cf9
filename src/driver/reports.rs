//! Translates facts about a worker process into inputs of the engine.

use std::sync::Arc;

use super::shared::Shared;
use crate::engine::{Input, WorkerId};
use crate::worker::fact::{Fact, Report};

/// Reports the facts about one process to the engine.
#[derive(Debug)]
pub(super) struct WorkerReports {
    worker: WorkerId,
    manager: Arc<Shared>,
}

impl WorkerReports {
    pub(super) fn new(worker: WorkerId, manager: Arc<Shared>) -> Self {
        WorkerReports { worker, manager }
    }
}

impl Report for WorkerReports {
    fn report(&self, fact: Fact) {
        let is_last = matches!(fact, Fact::StartFailed(_) | Fact::Exited(_));
        self.manager.submit_one_of_many(input(self.worker, fact));
        if is_last {
            self.manager.forget(self.worker);
        }
    }
}

fn input(worker: WorkerId, fact: Fact) -> Input {
    match fact {
        Fact::Started { pid, rights } => Input::WorkerStarted { worker, pid, rights },
        Fact::StartFailed(error) => Input::StartFailed { worker, error },
        Fact::Frame(frame) => Input::Frame { worker, frame },
        Fact::Output { is_stderr, bytes } => Input::Output { worker, is_stderr, bytes },
        Fact::KillFailed { errno } => Input::KillFailed { worker, errno },
        Fact::ChannelBroke(error) => Input::ChannelBroke { worker, error },
        Fact::MemoryExceeded { used_bytes } => Input::MemoryExceeded { worker, used_bytes },
        Fact::Exited(exit) => Input::Exited { worker, exit },
    }
}
