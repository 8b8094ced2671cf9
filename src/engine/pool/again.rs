//! Runs that the host asks for now, again and again: their requests are remembered, and spares are booted for
//! those that probably follow (`demand.rs`).

use std::sync::Arc;

use crate::engine::job::{BootProfile, ModuleKind, Work};
use crate::engine::run::{Run, Trigger};
use crate::engine::{Deadline, Engine};
use crate::timer::Now;

impl Run {
    /// What its process is booted with, if nothing but the request announced the run.
    fn unannounced(&self) -> Option<&Arc<BootProfile>> {
        match (&self.work, self.trigger) {
            (Work::Offloaded(work), Trigger::Now | Trigger::Manual | Trigger::Retry) => Some(&work.boot),
            _ => None,
        }
    }
}

impl Engine {
    /// The host has asked for this run.
    pub(in crate::engine) fn note_request(&mut self, run: &Run, now: Now) {
        let Some(profile) = run.unannounced().filter(|_| self.pool.may_have_spares()) else { return };
        self.pool.demand.requested(profile, run.policy.module_kind == ModuleKind::Es, now.mono);
        self.set_wake(profile, now);
    }

    /// The run has ended: its processor is free for a boot.
    pub(in crate::engine) fn note_request_ended(&mut self, run: &Run, now: Now) {
        let Some(profile) = run.unannounced() else { return };
        self.pool.demand.ended(profile);
        self.set_wake(profile, now);
    }

    /// Wakes the engine when a spare is to be booted though runs still go. Without a forecast there is no
    /// deadline.
    fn set_wake(&mut self, profile: &BootProfile, now: Now) {
        let wake = self.pool.demand.wake_at(profile, now.mono);
        let wake = wake.map(|at| self.deadlines.insert(at, Deadline::SpareWanted));
        if let Some(before) = self.pool.demand.set_wake(profile, wake) {
            self.deadlines.cancel(before);
        }
    }
}
