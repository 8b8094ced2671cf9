//! Jobs that are functions, as JavaScript writes them.

use std::sync::Arc;

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use super::cluster::GrantRequest;
use super::error::Error;
use super::values::{duration, instant, payload};
use crate::engine::{Handler, Priority, Reuse, RunRequest, Work};

/// Longest result that a store keeps, if the job does not say.
const KEEP_RESULT: usize = 16 * 1024;

/// What makes a job a handler.
#[napi(object)]
pub struct HandlerRequest {
    /// What a run of its schedule is called with: structured-clone bytes.
    pub data: Option<Uint8Array>,
    /// The queue of the manager that its runs wait in.
    pub queue: Option<String>,
    /// Runs that may go at once.
    pub concurrency: u32,
    /// Runs that may wait.
    pub max_waiting: u32,
    /// Longest result that a store keeps, in bytes; 16 KiB when absent.
    pub keep_result: Option<u32>,
    /// Whether a store keeps runs of it that have completed or were cancelled; true when absent.
    pub keeps_history: Option<bool>,
    /// A process leaves after so many runs.
    pub max_runs: u32,
    /// A process leaves when it has had no run for so long.
    pub idle_ms: f64,
    /// A process leaves at this age.
    pub max_age_ms: Option<f64>,
}

/// How a run shall be that the host asks for.
#[napi(object)]
pub struct RunOptions {
    /// The id that the host gives it.
    pub id: Option<String>,
    /// Its place among those that wait, from -100 to 100.
    pub priority: Option<i32>,
    /// Its first attempt begins after so long.
    pub delay_ms: Option<f64>,
    /// All tries, in place of what the job says.
    pub attempts: Option<u32>,
    /// The longest attempt, in place of what the job says.
    pub timeout_ms: Option<f64>,
    /// The date of `delayMs`, where the host has named one.
    pub date_ms: Option<f64>,
    /// The id of a run that has failed, which it runs again: its trigger is 'retry'.
    pub retry_of: Option<String>,
    /// It is a run of the cluster, which was given to this host.
    pub grant: Option<GrantRequest>,
}

impl RunOptions {
    pub(super) fn request(self) -> Result<RunRequest, Error> {
        Ok(RunRequest {
            data: None,
            priority: self.priority.and_then(|priority| i8::try_from(priority).ok()).map(Priority),
            id: self.id.map(Arc::from),
            delay: self.delay_ms.map(|ms| duration("delay", ms)).transpose()?,
            attempts: self.attempts,
            timeout: self.timeout_ms.map(|ms| duration("timeout", ms)).transpose()?,
            date: self.date_ms.map(|ms| instant("at", ms)).transpose()?,
            retry_of: self.retry_of.map(Arc::from),
            grant: self.grant.map(GrantRequest::grant).transpose()?,
        })
    }
}

impl HandlerRequest {
    /// The work of a job that would else be a script, or an inline function.
    pub(super) fn work(self, script: Work) -> Result<Work, Error> {
        let process = match script {
            Work::Offloaded(process) => Some(process),
            Work::Inline | Work::Handler(_) => None,
        };
        Ok(Work::Handler(Arc::new(Handler {
            process,
            data: self.data.as_deref().map(payload).transpose()?.unwrap_or_default(),
            reuse: Reuse {
                max_runs: self.max_runs.max(1),
                idle: duration("reuse.idle", self.idle_ms)?,
                max_age: self.max_age_ms.map(|ms| duration("reuse.age", ms)).transpose()?,
            },
            queue: self.queue.map(Arc::from),
            concurrency: self.concurrency.max(1) as usize,
            max_waiting: self.max_waiting as usize,
            keep_result: self.keep_result.map_or(KEEP_RESULT, |bytes| bytes as usize),
            keeps_history: self.keeps_history.unwrap_or(true),
        })))
    }
}
