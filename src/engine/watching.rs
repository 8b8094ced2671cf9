//! Limits that are watched while an attempt goes: no sign of life for too long, and longer than usual.

use std::sync::Arc;
use std::time::Duration;

use super::event::JobEvent;
use super::ids::RunId;
use super::job::Work;
use super::run::{EndCause, Phase, StopReason};
use super::stopping::Stop;
use super::{Deadline, Engine, Usage};
use crate::timer::{EpochMs, MonoMs, Now, TimerKey};

/// What is watched, and what was seen. Made when an attempt reaches its first line, if there is anything to keep.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// When the job's first line ran in this attempt.
    pub(super) online_at: Option<EpochMs>,
    /// The last sign of life.
    alive: Option<MonoMs>,
    /// When the next look is due.
    stall: Option<TimerKey<MonoMs>>,
    warn: Option<TimerKey<MonoMs>>,
    /// It has been reported as slow, in this attempt or an earlier one.
    pub(super) is_slow: bool,
}

impl Engine {
    /// An attempt of a handler, or on the host's event loop, has begun. The runs of handlers that are asked for are many
    /// and short: the host is told of them if somebody listened when it asked. Of their others it is told anyway, because
    /// a tracer may have subscribed since, unnoticed.
    pub(super) fn tell_start(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get(&id) else { return };
        let is_asked_for = run.trigger.is_request() && run.attempt <= 1;
        if !self.is_watched && (is_asked_for || !matches!(run.work, Work::Handler(_))) {
            return;
        }
        let pid = run.phase.worker().and_then(|worker| self.pool.pid(worker));
        self.emit(JobEvent::RunStarted {
            run: id,
            name: Arc::clone(&run.name),
            registration: run.registration,
            thread: run.thread,
            attempt: run.attempt,
            pid,
            at: now.wall,
        });
    }

    /// An attempt has reached its first line.
    pub(super) fn watch(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let limits = run.policy.limits;
        let is_limited = limits.stall_after.is_some() || limits.warn_after.is_some();
        // The runs of handlers are many and short; they are online when they start.
        if !is_limited && !matches!(run.work, Work::Offloaded(_)) {
            return;
        }
        let watch = run.watch.get_or_insert_default();
        watch.online_at = Some(now.wall);
        watch.alive = Some(now.mono);
        let mut insert = |limit: Option<Duration>, deadline| {
            limit.map(|limit| self.deadlines.insert(now.mono.plus(limit), deadline))
        };
        watch.stall = insert(limits.stall_after, Deadline::Stall(id));
        watch.warn = insert(limits.warn_after.filter(|_| !watch.is_slow), Deadline::Slow(id));
    }

    /// The attempt is over, or is being stopped.
    pub(super) fn unwatch(&mut self, id: RunId) {
        let Some(watch) = self.runs.get_mut(&id).and_then(|run| run.watch.as_mut()) else { return };
        watch.online_at = None;
        let keys = [watch.stall.take(), watch.warn.take()];
        self.cancel_deadlines(keys);
    }

    /// A sign of life. The deadline stays where it is, and is put off when it comes.
    pub(super) fn note_alive(&mut self, id: RunId, now: Now) {
        if let Some(watch) = self.runs.get_mut(&id).and_then(|run| run.watch.as_mut()) {
            watch.alive = Some(now.mono);
        }
    }

    pub(super) fn stall_due(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let (Some(limit), Some(watch)) = (run.policy.limits.stall_after, run.watch.as_mut()) else { return };
        let due = watch.alive.unwrap_or(now.mono).plus(limit);
        watch.stall = None;
        match run.phase {
            Phase::Running(_) | Phase::Inline if due > now.mono => {
                watch.stall = Some(self.deadlines.insert(due, Deadline::Stall(id)));
            }
            Phase::Running(_) => self.stop_run(id, Stop::stalled(limit), now),
            Phase::Inline => self.inline_stalled(id, limit, now),
            // It is being stopped, or ends by itself.
            _ => {}
        }
    }

    /// A function cannot be stopped: it is asked to, and its run does not wait for it.
    fn inline_stalled(&mut self, id: RunId, limit: Duration, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.stop.get_or_insert(StopReason::Stalled(limit));
        let has_signal = run.has_signal();
        let elapsed = now.mono.since(run.started.unwrap_or(now.stamp()).mono);
        if has_signal {
            self.emit(JobEvent::InlineAbort { run: id });
        }
        self.attempt_ended(id, EndCause::Stalled(limit), Usage { elapsed, ..Usage::default() }, false, now);
    }

    pub(super) fn slow_due(&mut self, id: RunId, now: Now) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let (Some(limit), Some(watch)) = (run.policy.limits.warn_after, run.watch.as_mut()) else { return };
        watch.warn = None;
        watch.is_slow = true;
        let (name, registration) = (Arc::clone(&run.name), run.registration);
        self.emit(JobEvent::RunSlow { run: id, name, registration, limit, at: now.wall });
    }
}
