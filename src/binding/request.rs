//! Requests of JavaScript, and their conversion into the engine's types.

use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Either, Uint8Array};
use napi_derive::napi;

use super::error::{Error, bad_value};
use super::output::stream;
use super::retries::RetryOptions;
use super::schedules::{self, ScheduleOptions};
use super::store::StoreRequest;
use super::values::{duration, instant, payload, whole};
use crate::engine::{
    BootProfile, JobSpec, Limits, Missed, ModuleKind, Offloaded, Overlap, Policy, PoolLimits, Priority,
    Queue, RegistrationId, Scope, WarmWorkers, When, Work,
};
use crate::timer::{EpochMs, Now};

/// Options of a manager.
#[napi(object)]
pub struct ManagerOptions {
    /// The `node` binary for worker processes.
    pub exec_path: String,
    /// Path of `lib/worker/bootstrap.js`.
    pub bootstrap_path: String,
    /// The message 'cancel', as structured-clone bytes.
    pub cancel_message: Uint8Array,
    /// Processes with a job at the same time; unbounded when absent.
    pub max_workers: Option<u32>,
    /// Number of spares (pre-started processes) to keep; chosen automatically when absent.
    pub warm_workers: Option<u32>,
    /// Most milliseconds from the request for a process to its READY frame; 60,000 when absent.
    pub start_timeout_ms: Option<u32>,
    /// For the random part of pauses between attempts.
    pub seed: f64,
    /// Leads the ids of runs.
    pub instance: String,
    /// Most bytes of output of runs that are kept.
    pub output_budget: u32,
    /// The file that keeps runs, pauses and due times; none when absent.
    pub store: Option<StoreRequest>,
    /// How long before its due time a slot is claimed, of a manager in a cluster.
    pub cluster_lead_ms: Option<f64>,
}

/// Options that many jobs share.
#[napi(object)]
pub struct CommonOptions {
    /// How a schedule is read.
    pub schedule: Option<ScheduleOptions>,
    /// 'skip' (default), 'queue', 'queue-one', 'allow' or 'replace'.
    pub overlap: Option<String>,
    /// 'once' (default) or 'skip'.
    pub missed: Option<String>,
    /// With 'once': the latest useful start after a due time.
    pub start_deadline_ms: Option<f64>,
    /// Once when absent.
    pub retry: Option<RetryOptions>,
    /// Runs of the job that may go at once.
    pub concurrency: Option<u32>,
    /// Registered as paused.
    pub paused: Option<bool>,
    /// So many runs in a row that failed for good pause the job.
    pub pause_after_failures: Option<u32>,
    /// Longest time without a sign of life of an attempt.
    pub stall_after_ms: Option<f64>,
    /// An attempt that takes longer is reported once, and goes on.
    pub warn_after_ms: Option<f64>,
    /// The place of its runs among those that wait, from -100 to 100; 0 when absent.
    pub priority: Option<i32>,
    /// The queue of the manager that its runs wait in; not for handlers.
    pub queue: Option<String>,
    /// Runs of that queue that may go at once.
    pub queue_concurrency: Option<u32>,
    /// An inline function is called with its run.
    pub takes_context: Option<bool>,
    /// What `jobsPage` can filter by.
    pub tags: Option<Vec<String>>,
    /// Whether its due times are shared with the other hosts of a cluster; false when absent.
    pub is_clustered: Option<bool>,
    /// Whether its due times alone do not keep the host process alive; false when absent.
    pub unref: Option<bool>,
    /// Bytes that are kept of what a run prints and logs.
    pub output_limit: u32,
    /// The process that a run needs; absent for inline jobs.
    pub worker: Option<WorkerOptions>,
}

/// How a worker process is started.
#[napi(object)]
pub struct WorkerOptions {
    /// The `node` binary; the manager's where absent.
    pub exec_path: Option<String>,
    /// Flags for `node`.
    pub exec_argv: Vec<String>,
    /// Variables ("KEY=VALUE") of the job, which `node` may read at start.
    pub boot_env: Vec<String>,
    /// Its niceness, from 0 to 19; that of the host when absent.
    pub nice: Option<u8>,
    /// What becomes of standard output: 'inherit' (default), 'ignore', 'read' (for `worker.stdout`), 'capture' or 'both'.
    pub stdout: Option<String>,
    /// The same for standard error.
    pub stderr: Option<String>,
    /// Whether the job is probably an ES module; false when absent.
    pub is_module: Option<bool>,
    /// Longest time from the job's first line to its end.
    pub timeout_ms: Option<f64>,
    /// Most resident memory of the run's processes.
    pub memory_limit_bytes: Option<f64>,
    /// From the message 'cancel' to SIGTERM.
    pub cancel_grace_ms: f64,
    /// From SIGTERM to SIGKILL.
    pub term_grace_ms: f64,
}

/// Options that many jobs share, converted once for all of them.
#[napi]
pub struct JobOptions {
    schedule: ScheduleOptions,
    policy: Arc<Policy>,
    /// `None` for inline jobs.
    boot: Option<Arc<BootProfile>>,
}

/// When a job is due: at most one of the first three is given, and none means now.
#[napi(object)]
pub struct DueRequest {
    /// Once, at this instant (milliseconds since 1970).
    pub at_ms: Option<f64>,
    /// Again and again: cron or text.
    pub schedule: Option<String>,
    /// Only when the host calls `runJob`, because this job is scheduled on the host's fake timers.
    pub is_host_clock: Option<bool>,
    /// The host's number for this registration, which its events carry.
    pub registration: u32,
}

impl ManagerOptions {
    pub(super) fn pool_limits(&self) -> PoolLimits {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        PoolLimits {
            max_boots: (cores + 1).clamp(2, 4),
            max_workers: self.max_workers.map(|count| count as usize),
            warm_workers: self
                .warm_workers
                .map_or(WarmWorkers::Auto, |count| WarmWorkers::Count(count as usize)),
            start_timeout: self
                .start_timeout_ms
                .map_or(PoolLimits::default().start_timeout, |ms| Duration::from_millis(u64::from(ms))),
        }
    }
}

#[napi]
impl JobOptions {
    /// # Errors
    /// `INVALID_OPTION`, naming the option.
    #[napi(constructor)]
    pub fn new(options: CommonOptions) -> Result<Self, Error> {
        let limits = options.worker.as_ref().map(WorkerOptions::limits).transpose()?;
        let limits = Limits {
            stall_after: options.stall_after_ms.map(|ms| duration("stallAfter", ms)).transpose()?,
            warn_after: options.warn_after_ms.map(|ms| duration("warnAfter", ms)).transpose()?,
            ..limits.unwrap_or_default()
        };
        let policy = Policy {
            overlap: options.overlap()?,
            missed: options.missed()?,
            limits,
            retry: options.retry.as_ref().map(RetryOptions::policy).transpose()?.unwrap_or_default(),
            concurrency: options.concurrency,
            priority: Priority(i8::try_from(options.priority.unwrap_or(0)).unwrap_or(0)),
            queue: options.queue.map(|name| Queue {
                name: Arc::from(name),
                concurrency: options.queue_concurrency.unwrap_or(1).max(1) as usize,
            }),
            takes_context: options.takes_context.unwrap_or(false),
            is_paused: options.paused.unwrap_or(false),
            pause_after_failures: options.pause_after_failures,
            tags: options.tags.unwrap_or_default().into_iter().map(String::into_boxed_str).collect(),
            scope: if options.is_clustered == Some(true) { Scope::Cluster } else { Scope::Host },
            unref: options.unref.unwrap_or(false),
            output_limit: options.output_limit as usize,
            module_kind: match options.worker.as_ref().and_then(|worker| worker.is_module) {
                Some(true) => ModuleKind::Es,
                _ => ModuleKind::CommonJs,
            },
        };
        let schedule = options.schedule.unwrap_or_default();
        let boot = options.worker.map(WorkerOptions::into_profile).transpose()?.map(Arc::new);
        Ok(JobOptions { schedule, policy: Arc::new(policy), boot })
    }

    /// The job that has these options; `job` is absent for inline ones.
    pub(super) fn spec(
        &self,
        name: String,
        due: DueRequest,
        job: Option<Either<String, Uint8Array>>,
    ) -> Result<JobSpec, Error> {
        let registration = RegistrationId(due.registration);
        let when = self.when(due)?;
        let work = match (&self.boot, job) {
            (Some(boot), Some(job)) => {
                let bytes = match &job {
                    Either::A(text) => text.as_bytes(),
                    Either::B(bytes) => bytes,
                };
                Work::Offloaded(Offloaded { boot: Arc::clone(boot), job: payload(bytes)? })
            }
            _ => Work::Inline,
        };
        Ok(JobSpec { name: Arc::from(name), registration, when, work, policy: Arc::clone(&self.policy) })
    }

    fn when(&self, due: DueRequest) -> Result<When, Error> {
        match (due.is_host_clock, due.at_ms, due.schedule) {
            (Some(true), ..) => Ok(When::HostClock),
            (_, Some(at_ms), _) => Ok(When::At(instant("at", at_ms)?)),
            (_, None, Some(text)) => {
                let plan = schedules::plan(&text, &self.schedule)?;
                // Hosts of a cluster count plain intervals from the same instant.
                let is_shared = self.policy.scope == Scope::Cluster;
                let anchor = if is_shared { EpochMs(0) } else { Now::read().wall };
                Ok(When::Recurring { plan, anchor })
            }
            (_, None, None) => Ok(When::Now),
        }
    }
}

impl CommonOptions {
    fn overlap(&self) -> Result<Overlap, Error> {
        match self.overlap.as_deref() {
            None | Some("skip") => Ok(Overlap::Skip),
            Some("queue") => Ok(Overlap::Queue),
            Some("queue-one") => Ok(Overlap::QueueOne),
            Some("allow") => Ok(Overlap::Allow),
            Some("replace") => Ok(Overlap::Replace),
            Some(other) => Err(bad_value(format!(
                "overlap is '{other}', expected 'skip', 'queue', 'queue-one', 'allow' or 'replace'"
            ))),
        }
    }

    fn missed(&self) -> Result<Missed, Error> {
        match self.missed.as_deref() {
            None | Some("once") => {
                let start_deadline =
                    self.start_deadline_ms.map(|ms| duration("startDeadline", ms)).transpose()?;
                Ok(Missed::Once { start_deadline })
            }
            Some("skip") => Ok(Missed::Skip),
            Some(other) => Err(bad_value(format!("missed is '{other}', expected 'once' or 'skip'"))),
        }
    }
}

impl WorkerOptions {
    fn limits(&self) -> Result<Limits, Error> {
        Ok(Limits {
            timeout: self.timeout_ms.map(|ms| duration("timeout", ms)).transpose()?,
            memory_bytes: self.memory_limit_bytes.map(|bytes| whole("memoryLimitMb", bytes)).transpose()?,
            cancel_grace: duration("gracePeriod", self.cancel_grace_ms)?,
            term_grace: duration("gracePeriod", self.term_grace_ms)?,
            stall_after: None,
            warn_after: None,
        })
    }

    fn into_profile(self) -> Result<BootProfile, Error> {
        Ok(BootProfile {
            stdout: stream("stdout", self.stdout.as_deref())?,
            stderr: stream("stderr", self.stderr.as_deref())?,
            exec_path: self.exec_path,
            nice: self.nice.unwrap_or(0),
            exec_args: self.exec_argv,
            env: self.boot_env,
        })
    }
}
