//! The run that is sent to a process before it has ended the one that goes, so that a process need not
//! wait for the host between two short runs.
//!
//! It has not begun. If the process ends first, or the run in front of it takes longer than such runs
//! do, it goes back to its lane. Whether it has begun is known to the process alone: it answers a RECALL
//! by `NOT_BEGUN`, and its last frame before it ends names the run that goes.

use std::time::Duration;

use super::{Engine, stopped};
use crate::engine::event::Usage;
use crate::engine::ids::{JobId, RunId};
use crate::engine::job::Work;
use crate::engine::run::{Phase, Run};
use crate::engine::{Deadline, Effect};
use crate::timer::Now;
use crate::worker::ipc::HostFrame;

/// Runs shorter than this on average are sent ahead.
const SHORT_RUN: Duration = Duration::from_millis(5);
/// A run that stands ahead is taken back once the one in front of it has gone for so long.
const RECALL_AFTER: Duration = Duration::from_millis(50);

impl Engine {
    /// Sends the process the run that it shall serve after this one, where runs are short.
    pub(super) fn send_ahead(&mut self, number: RunId, job: JobId, now: Now) {
        let Some(team) = self.kept.teams.get(&job) else { return };
        if team.average.is_none_or(|average| average > SHORT_RUN) {
            return;
        }
        let max_runs = team.handler.reuse.max_runs;
        let Some(process) = self.kept.processes.get(&number) else { return };
        let (Some(worker), Some(current), None) = (process.worker, process.current, process.ahead) else {
            return;
        };
        let is_last = process.served.saturating_add(1) >= max_runs;
        // What it prints could not be told from what the run in front of it has printed.
        if is_last
            || self.pool.keeps_output(worker)
            || self.is_outdated(number, now)
            || self.should_give_way(number, now)
        {
            return;
        }
        let goes = self.runs.get(&current).filter(|run| run.phase == Phase::Running(worker));
        let Some(key) = goes.and_then(Run::lane) else { return };
        let Some(next) = self.lanes.first(&key) else { return };
        if self.runs.get(&next).is_none_or(|run| run.job != job) {
            return;
        }
        self.move_run(next, Phase::Ahead(worker));
        self.lanes.remove(next);
        if let Some(process) = self.kept.processes.get_mut(&number) {
            process.ahead = Some(next);
            // One deadline looks after many runs: most have begun long before it.
            process.recall.get_or_insert_with(|| {
                self.deadlines.insert(now.mono.plus(RECALL_AFTER), Deadline::Recall(number))
            });
        }
        if self.may_begin(next, now) {
            self.send_run(worker, next);
        }
    }

    /// Looks whether the run that goes keeps another one waiting behind it.
    pub(in crate::engine) fn look_ahead(&mut self, number: RunId, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        process.recall = None;
        let (Some(worker), Some(ahead), Some(current)) = (process.worker, process.ahead, process.current)
        else {
            return;
        };
        let started = self.runs.get(&current).and_then(|run| run.started).unwrap_or(now.stamp()).mono;
        let due = started.plus(RECALL_AFTER);
        let is_sent = self.is_begun(ahead);
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        if due <= now.mono && !is_sent {
            // The process does not know of it yet.
            self.take_from_ahead(number);
            self.comes_back(ahead, now);
        } else if due <= now.mono {
            self.effects.push(Effect::Write { worker, frame: HostFrame::recall(ahead.0) });
        } else {
            process.recall = Some(self.deadlines.insert(due, Deadline::Recall(number)));
        }
    }

    /// The process has not begun a run that was sent ahead to it, and will not.
    pub(super) fn not_begun(&mut self, number: RunId, id: RunId, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        if process.ahead == Some(id) {
            process.ahead = None;
            return self.comes_back(id, now);
        }
        if process.current != Some(id) {
            return;
        }
        // The run in front of it has ended, so that it seemed to have begun; it was given back before that.
        let (next, job, worker) = (process.ahead.take(), process.job, process.worker);
        process.current = next;
        self.take_back(id);
        match (next, worker) {
            (Some(next), Some(worker)) => self.begin_ahead(next, worker, now),
            _ => self.rest(number, now),
        }
        self.comes_back(id, now);
        self.feed(job, now);
        self.wait_idle(number, now);
    }

    /// The process begins no further run; `going` is the one that goes in it, if one does. Whatever else was
    /// handed to it has not begun: it may have written this before it has read that.
    pub(super) fn begins_no_more(&mut self, number: RunId, going: RunId, now: Now) {
        let Some(process) = self.kept.processes.get_mut(&number) else { return };
        process.is_worn = true;
        let ahead = process.ahead.take();
        let handed = process.current.take_if(|current| *current != going);
        for id in [ahead, handed].into_iter().flatten() {
            self.take_back(id);
            self.comes_back(id, now);
        }
        self.wait_idle(number, now);
    }

    /// The run has not begun, whatever was thought.
    fn take_back(&mut self, id: RunId) {
        self.unwatch(id);
        let Some(run) = self.runs.get_mut(&id) else { return };
        if run.attempt <= 1 {
            run.first_started = None;
        }
        run.started = None;
        let keys = [run.time_limit.take(), run.next_step.take()];
        self.cancel_deadlines(keys);
    }

    /// A run that has not begun takes its place in its lane again, in front.
    pub(super) fn comes_back(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        if let Some(cause) = stopped(run.stop) {
            return self.end_run(id, cause, Usage::default(), None, now);
        }
        let (Some(key), Work::Handler(handler)) = (run.lane(), &run.work) else { return };
        let (limit, priority, was_counted) = (handler.concurrency, run.priority, run.is_counted);
        run.is_counted = false;
        let is_held =
            !run.trigger.is_request() && self.jobs.get(&run.job).is_some_and(|job| job.paused.is_some());
        if is_held {
            self.move_run(id, Phase::HeldInLane);
        } else {
            self.move_run(id, Phase::Waiting);
            self.lanes.push_front(key.clone(), limit, id, priority);
        }
        if was_counted {
            self.lanes.leave(&key);
        }
        self.let_go(&key, now);
    }
}
