//! Effects: what the engine decides, for the driver to carry out.

use std::sync::Arc;

use super::cluster::ClusterEvent;
use super::event::JobEvent;
use super::ids::WorkerId;
use super::job::BootProfile;
use super::output::Printed;
use crate::store::Write;
use crate::timer::BootMs;
use crate::worker::environment::Environment;
use crate::worker::ipc::HostFrame;
use crate::worker::os::StopSignal;

/// What a process does before it takes a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarmUp {
    /// Everything that can be done before its job is known.
    Full,
    /// As `Brief`, and the loader of ES modules: the job is probably one, and would load it otherwise.
    BriefForModule,
    /// Only what makes up for its own processor time: nobody knows whether there will be a job.
    Brief,
    /// Nothing: a job waits for it.
    Cold,
}

/// One effect.
#[derive(Debug)]
pub enum Effect {
    /// Start a process.
    Boot {
        /// Its name from now on.
        worker: WorkerId,
        /// What it needs at start.
        profile: Arc<BootProfile>,
        /// The host's environment.
        env: Arc<Environment>,
        /// What it does before it takes a job.
        warm_up: WarmUp,
    },
    /// Make a process that of a job, which it then runs at [`Effect::Go`].
    Start {
        /// The process.
        worker: WorkerId,
        /// What the job sees as `threadId`.
        thread_id: u32,
        /// The environment to replace the one of its boot; `None` when that is still right.
        env: Option<Arc<Environment>>,
        /// The job, opaque here.
        job: Arc<[u8]>,
        /// What the job can learn about its run; `None` for a process that is kept.
        run: Option<serde_json::Value>,
    },
    /// Let a process run the job that it was started for.
    Go(WorkerId),
    /// Watch the memory of a process from now on.
    WatchMemory {
        /// The process.
        worker: WorkerId,
        /// What it and those it starts may hold together.
        limit_bytes: Option<u64>,
    },
    /// Write a frame to a process.
    Write {
        /// The process.
        worker: WorkerId,
        /// The frame.
        frame: HostFrame,
    },
    /// The host program has read output of a process.
    OutputRead {
        /// The process.
        worker: WorkerId,
        /// Standard error instead of standard output.
        is_stderr: bool,
        /// How much.
        bytes: usize,
    },
    /// Keep output of a run.
    Print(Box<Printed>),
    /// Output that belongs to no run is not kept.
    Discard {
        /// How much.
        bytes: usize,
    },
    /// Send a signal to a process's group.
    Signal {
        /// The process.
        worker: WorkerId,
        /// The signal.
        signal: StopSignal,
    },
    /// Close the channel to an idle process: it leaves by itself.
    Retire(WorkerId),
    /// Have the store keep something.
    Keep(Write),
    /// Read runs of a job that an earlier host has left in the store.
    Read {
        /// The job.
        job: Arc<str>,
        /// So many at most.
        limit: usize,
    },
    /// Have the guard kill the process at this instant, even if this host is stopped; `None` for not.
    HoldLease {
        /// The process.
        worker: WorkerId,
        /// When.
        until: Option<BootMs>,
    },
    /// Report an event to the adapter of the cluster.
    Cluster(ClusterEvent),
    /// Report an event to the host.
    Emit(JobEvent),
}
