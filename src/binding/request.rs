//! Requests as JavaScript writes them, and their one conversion into the engine's own types.

use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use once_cell::sync::Lazy;

use super::error::{Error, bad_value};
use super::schedules::{self, ScheduleOptions};
use super::shared::Shared;
use crate::engine::{
    BootProfile, JobSpec, Limits, Missed, Offloaded, Overlap, Policy, PoolLimits, WarmWorkers, When, Work,
};
use crate::timer::{EpochMs, Now};
use crate::worker::ipc::MAX_PAYLOAD_BYTES;

/// Options of a manager.
#[napi(object)]
pub struct ManagerOptions {
    /// The `node` binary for worker processes.
    pub exec_path: String,
    /// Path of `lib/bootstrap.js`.
    pub bootstrap_path: String,
    /// The message 'cancel', as structured-clone bytes.
    pub cancel_message: Uint8Array,
    /// Processes with a job at the same time; unbounded when absent.
    pub max_workers: Option<u32>,
    /// Spares to keep; 'auto' when absent.
    pub warm_workers: Option<u32>,
    /// Inline jobs at the same time.
    pub inline_concurrency: u32,
}

/// A job. Of `atMs`, `schedule` and `isHostClock` at most one is given; none means now.
#[napi(object)]
pub struct JobRequest {
    /// Unique among the registered jobs.
    pub name: String,
    /// Due once, at this instant (milliseconds since 1970).
    pub at_ms: Option<f64>,
    /// Due again and again: cron or text.
    pub schedule: Option<String>,
    /// How the schedule is read.
    pub schedule_options: Option<ScheduleOptions>,
    /// The host keeps the time of this job, and calls `runJob`.
    pub is_host_clock: Option<bool>,
    /// The process that a run needs; absent for inline jobs.
    pub worker: Option<WorkerRequest>,
    /// 'skip' (default), 'queue', 'allow' or 'replace'.
    pub overlap: Option<String>,
    /// 'once' (default) or 'skip'.
    pub missed: Option<String>,
    /// With 'once': the latest useful start after a due time.
    pub start_deadline_ms: Option<f64>,
    /// A registered job of this name without live run or due time gives way.
    pub replace_finished: Option<bool>,
    /// Register it only: `scheduleJob` starts it.
    pub is_held: Option<bool>,
}

/// What a worker process is started with.
#[napi(object)]
pub struct WorkerRequest {
    /// The job for `lib/bootstrap.js`, as structured-clone bytes.
    pub job: Uint8Array,
    /// Flags for `node`.
    pub exec_argv: Vec<String>,
    /// Variables ("KEY=VALUE") of the job that `node` reads at start.
    pub boot_env: Vec<String>,
    /// Give the output to the host program.
    pub capture_stdout: bool,
    /// As `captureStdout`.
    pub capture_stderr: bool,
    /// Longest time from the job's first line to its end.
    pub timeout_ms: Option<f64>,
    /// Most resident memory of the run's processes.
    pub memory_limit_bytes: Option<f64>,
    /// From the message 'cancel' to SIGTERM.
    pub cancel_grace_ms: f64,
    /// From SIGTERM to SIGKILL.
    pub term_grace_ms: f64,
}

impl ManagerOptions {
    pub(super) fn pool_limits(&self) -> PoolLimits {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        PoolLimits {
            max_boots: cores.clamp(2, 4),
            max_workers: self.max_workers.map(|count| count as usize),
            warm_workers: self
                .warm_workers
                .map_or(WarmWorkers::Auto, |count| WarmWorkers::Count(count as usize)),
        }
    }
}

impl JobRequest {
    pub(super) fn into_spec(self) -> Result<JobSpec, Error> {
        let when = self.when()?;
        let (overlap, missed) = (self.overlap()?, self.missed()?);
        let (work, limits) = match self.worker {
            Some(worker) => {
                let limits = worker.limits()?;
                (Work::Offloaded(worker.into_work()?), limits)
            }
            None => (Work::Inline, Limits::default()),
        };
        let policy = POLICIES.intern(Policy { overlap, missed, limits });
        Ok(JobSpec { name: Arc::from(self.name), when, work, policy })
    }

    fn when(&self) -> Result<When, Error> {
        if self.is_host_clock == Some(true) {
            return Ok(When::HostClock);
        }
        match (self.at_ms, &self.schedule) {
            (Some(at_ms), _) => Ok(When::At(instant("at", at_ms)?)),
            (None, Some(text)) => {
                let plan = schedules::plan(text, self.schedule_options.as_ref())?;
                Ok(When::Recurring { plan, anchor: Now::read().wall })
            }
            (None, None) => Ok(When::Now),
        }
    }

    fn overlap(&self) -> Result<Overlap, Error> {
        match self.overlap.as_deref() {
            None | Some("skip") => Ok(Overlap::Skip),
            Some("queue") => Ok(Overlap::Queue),
            Some("allow") => Ok(Overlap::Allow),
            Some("replace") => Ok(Overlap::Replace),
            Some(other) => Err(bad_value(format!(
                "overlap is '{other}', expected 'skip', 'queue', 'allow' or 'replace'"
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

impl WorkerRequest {
    fn limits(&self) -> Result<Limits, Error> {
        Ok(Limits {
            timeout: self.timeout_ms.map(|ms| duration("timeout", ms)).transpose()?,
            memory_bytes: self.memory_limit_bytes.map(|bytes| whole("memoryLimitMb", bytes)).transpose()?,
            cancel_grace: duration("gracePeriod", self.cancel_grace_ms)?,
            term_grace: duration("gracePeriod", self.term_grace_ms)?,
        })
    }

    fn into_work(self) -> Result<Offloaded, Error> {
        let boot = BootProfile {
            exec_args: self.exec_argv,
            env: self.boot_env,
            capture_stdout: self.capture_stdout,
            capture_stderr: self.capture_stderr,
        };
        Ok(Offloaded { boot: PROFILES.intern(boot), job: payload(&self.job)? })
    }
}

/// Nearly always there is one of each.
static PROFILES: Lazy<Shared<BootProfile, BootProfile>> = Lazy::new(Shared::new);
static POLICIES: Lazy<Shared<Policy, Policy>> = Lazy::new(Shared::new);

/// Bytes that fit into a frame.
pub(super) fn payload(bytes: &Uint8Array) -> Result<Arc<[u8]>, Error> {
    // Room for the header that leads a job.
    const LEAD_BYTES: usize = 1024 * 1024;
    if bytes.len() > MAX_PAYLOAD_BYTES - LEAD_BYTES {
        return Err(bad_value(format!(
            "{} bytes of data are more than the {MAX_PAYLOAD_BYTES} that a worker can be given at once",
            bytes.len()
        )));
    }
    Ok(Arc::from(&**bytes))
}

pub(super) fn duration(option: &str, ms: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(ms / 1000.0)
        .map_err(|_| bad_value(format!("{option} is {ms}, expected a number of milliseconds from 0 up")))
}

pub(super) fn instant(option: &str, ms: f64) -> Result<EpochMs, Error> {
    // The range of Date: 100,000,000 days either side of 1970 (ECMAScript, "Time Values").
    const LIMIT_MS: f64 = 8.64e15;
    if ms.is_finite() && ms.abs() <= LIMIT_MS {
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        return Ok(EpochMs(ms as i64));
    }
    Err(bad_value(format!("{option} is not a valid date")))
}

fn whole(option: &str, number: f64) -> Result<u64, Error> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    if (1.0..=LIMIT).contains(&number) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was checked"
        )]
        return Ok(number as u64);
    }
    Err(bad_value(format!("{option} is out of range")))
}
