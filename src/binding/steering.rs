//! Pausing and resuming, as JavaScript asks for it.

use std::sync::Arc;

use napi_derive::napi;

use super::error::{Error, bad_value};
use super::event::epoch_ms;
use super::manager::{NativeManager, RUN_NUMBERS};
use crate::engine::{Input, PausedBy, Reply, RequestId, RunId};

/// The answer to a request for a run that did not simply add one.
#[napi(object, object_from_js = false)]
pub struct RunAnswer {
    /// 'promoted': the run waited for its next attempt, which begins now. 'waiting': the run waits already, and answers
    /// this request too. 'already-running': it goes, and no other one may.
    pub answer: &'static str,
    /// The run.
    pub run: u32,
    /// When its attempt began, or when it was accepted; present for 'already-running'.
    pub since_ms: Option<f64>,
}

impl RunAnswer {
    /// `None` for a reply that names no run, or a new one.
    pub(super) fn of(reply: Reply) -> Option<Self> {
        match reply {
            Reply::Promoted(run) => Some(RunAnswer { answer: "promoted", run: run.0, since_ms: None }),
            Reply::Waiting(run) => Some(RunAnswer { answer: "waiting", run: run.0, since_ms: None }),
            Reply::AlreadyRunning { run, since } => {
                Some(RunAnswer { answer: "already-running", run: run.0, since_ms: since.map(epoch_ms) })
            }
            Reply::Accepted | Reply::InThePast | Reply::Run(_) | Reply::Declined(_) => None,
        }
    }
}

/// A number for a run that only JavaScript knows.
#[napi]
pub fn take_run_number() -> u32 {
    RUN_NUMBERS.next().0
}

#[napi]
impl NativeManager {
    /// Pauses a job: its due times get no run until it is resumed. `by` is 'host' or 'operator'. With `cancelRequest`
    /// its runs are cancelled too, and that request is settled by an event when none of them is left. A store keeps `note`. Pausing a paused
    /// job changes nothing.
    ///
    /// # Errors
    /// `JOB_UNKNOWN`, `INVALID_OPTION`.
    #[napi]
    pub fn pause_job(
        &self,
        name: String,
        by: String,
        cancel_request: Option<u32>,
        note: Option<String>,
    ) -> Result<(), Error> {
        let (name, by, cancel) = (Arc::from(name), paused_by(&by)?, cancel_request.map(RequestId));
        self.submit(Input::Pause { name, by, note: note.map(Arc::from), cancel }).map(drop)
    }

    /// Arms a paused job again; with `catchUp` it runs once now if a due time has passed meanwhile. Resuming a job
    /// that is not paused changes nothing.
    ///
    /// # Errors
    /// `JOB_UNKNOWN`.
    #[napi]
    pub fn resume_job(&self, name: String, catch_up: bool) -> Result<(), Error> {
        self.submit(Input::Resume { name: Arc::from(name), catch_up }).map(drop)
    }

    /// Pauses all jobs, and those that are added from now on. With `cancelRequest` it cancels their runs, too, which is
    /// settled by an event.
    ///
    /// # Errors
    /// `INVALID_OPTION` for a `by` that does not exist.
    #[napi]
    pub fn pause_all(
        &self,
        by: String,
        cancel_request: Option<u32>,
        note: Option<String>,
    ) -> Result<(), Error> {
        let (by, cancel) = (paused_by(&by)?, cancel_request.map(RequestId));
        self.submit(Input::PauseAll { by, note: note.map(Arc::from), cancel }).map(drop)
    }

    /// Resumes what `pauseAll` has paused: jobs that were paused on their own stay so.
    #[napi]
    pub fn resume_all(&self, catch_up: bool) {
        // Never refused.
        let _accepted = self.submit(Input::ResumeAll { catch_up });
    }

    /// Whether 'runStarted' and 'runQueued' come for each run of a handler, or on the host's event loop, that was asked
    /// for. For other runs they come anyway.
    #[napi]
    pub fn watch_starts(&self, is_watched: bool) {
        // A fact: never refused.
        let _accepted = self.submit(Input::SetWatched(is_watched));
    }

    /// A run on the host's event loop has given a sign of life: `run.heartbeat()`, `run.progress()` or `run.log()`.
    #[napi]
    pub fn inline_alive(&self, run: u32) {
        // A fact: never refused.
        let _accepted = self.submit(Input::Alive(RunId(run)));
    }
}

fn paused_by(name: &str) -> Result<PausedBy, Error> {
    match name {
        "host" => Ok(PausedBy::Host),
        "operator" => Ok(PausedBy::Operator),
        other => Err(bad_value(format!("by is '{other}', expected 'host' or 'operator'"))),
    }
}
