//! How many processes are asked for.

use std::sync::Arc;

use super::{Engine, Process};
use crate::engine::Effect;
use crate::engine::ids::{JobId, RunId, WorkerId};
use crate::engine::job::BootProfile;
use crate::engine::lanes::Priority;
use crate::timer::Now;

impl Engine {
    /// One process for each run that is ready, those that boot included.
    pub(super) fn ask_for_processes(&mut self, job: JobId, now: Now) {
        self.ask_for_fewer(job);
        let Some(team) = self.kept.teams.get_mut(&job) else { return };
        let Some(process) = team.handler.process.as_ref() else { return };
        let boot = Arc::clone(&process.boot);
        let missing = team.ready.len().saturating_sub(team.asked.len() + team.booting);
        for _ in 0..missing {
            let number = self.run_numbers.next();
            team.asked.push_back(number);
            self.kept.processes.insert(number, Process::new(job, now));
            self.queue.push(number, Priority::default(), &boot);
        }
    }

    /// Runs have left that processes were asked for. One that boots already will find something to do.
    pub(super) fn ask_for_fewer(&mut self, job: JobId) {
        loop {
            let Some(team) = self.kept.teams.get_mut(&job) else { return };
            if team.asked.is_empty() || team.asked.len() + team.booting <= team.ready.len() {
                return;
            }
            let (number, boot) = (team.asked.pop_back(), team.handler.process.as_ref());
            if let (Some(number), Some(process)) = (number, boot) {
                self.queue.remove(number, &process.boot);
                self.kept.processes.remove(&number);
            }
        }
    }

    /// A process for a handler has its turn in the queue: what it is booted with.
    pub(in crate::engine) fn take_asked(&mut self, number: RunId) -> Option<Arc<BootProfile>> {
        let job = self.kept.processes.get(&number)?.job;
        let team = self.kept.teams.get_mut(&job)?;
        let boot = Arc::clone(&team.handler.process.as_ref()?.boot);
        team.asked.retain(|&asked| asked != number);
        team.booting += 1;
        self.queue.remove(number, &boot);
        Some(boot)
    }

    /// A process has been found for a handler: it loads the module.
    pub(in crate::engine) fn start_kept(&mut self, number: RunId, worker: WorkerId, now: Now) {
        let idle = self.pool.claim(worker, number);
        if let Some(idle) = idle {
            self.limit_worker(worker, Some(self.pool.start_timeout()), now);
            self.deadlines.cancel(idle);
        }
        let env = self.pool.changed_environment(worker, &self.host.environment);
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        process.worker = Some(worker);
        process.born = now.mono;
        self.take_early_output(worker, now);
        let Some(process) = self.kept.processes.get(&number) else { return };
        let Some(team) = self.kept.teams.get(&process.job) else { return };
        let Some(offloaded) = team.handler.process.as_ref() else { return };
        let job = Arc::clone(&offloaded.job);
        self.effects.push(Effect::Start { worker, thread_id: number.0, env, job, run: None });
        self.effects.push(Effect::Go(worker));
    }
}
