//! The store, as JavaScript opens it and looks into it.

use std::path::PathBuf;

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use super::error::{Code, Error};
use super::event::epoch_ms;
use super::manager::NativeManager;
use super::values::duration;
use crate::driver::Keeper;
use crate::engine::StoreSetup;
use crate::store::{
    Attempt, Bounds, Durability, KeptRun, Options, Reader, RunFilter, RunKey, Stage, StoreError,
};
use crate::timer::EpochMs;

/// The store of a manager.
#[napi(object)]
pub struct StoreRequest {
    /// The file. Its folder has to exist.
    pub path: String,
    /// A commit waits for the disk.
    pub is_full_durability: bool,
    /// Runs that completed or were cancelled that are kept of each job.
    pub history_per_job: u32,
    /// The same of all jobs; runs that failed are counted for themselves.
    pub history_total: u32,
    /// How long they are kept.
    pub history_max_age_ms: f64,
    /// Runs that cannot be kept go on in memory.
    pub goes_on_in_memory: bool,
    /// Runs of jobs that are not defined within a minute fail.
    pub fails_orphans: bool,
}

/// An open store.
pub(super) struct Opened {
    pub(super) keeper: Keeper,
    pub(super) setup: StoreSetup,
    pub(super) inspector: Inspector,
}

impl StoreRequest {
    pub(super) fn open(&self) -> Result<Opened, Error> {
        let options = self.options()?;
        let (keeper, found) = Keeper::open(&options).map_err(|error| of_store(&error))?;
        let (goes_on_in_memory, fails_orphans) = (self.goes_on_in_memory, self.fails_orphans);
        let inspector = Inspector::new(options.path, found.first_key);
        let setup = StoreSetup { found, goes_on_in_memory, fails_orphans };
        Ok(Opened { keeper, setup, inspector })
    }

    fn options(&self) -> Result<Options, Error> {
        let defaults = Options::new(&self.path);
        let max_age = duration("history.maxAge", self.history_max_age_ms)?;
        let history = Bounds { per_job: self.history_per_job, total: self.history_total, max_age };
        // A failure that somebody has to look at outlives what came after it.
        let failed = Bounds {
            per_job: defaults.failed.per_job.max(history.per_job),
            total: defaults.failed.total.max(history.total),
            max_age: defaults.failed.max_age.max(max_age),
        };
        let durability = if self.is_full_durability { Durability::Full } else { Durability::Normal };
        Ok(Options { durability, history, failed, ..defaults })
    }
}

fn of_store(error: &StoreError) -> Error {
    Error::new(Code(error.code()), error.to_string())
}

/// Reads the store, on the thread that asks. The file is opened when it is first asked.
pub(super) struct Inspector {
    path: PathBuf,
    /// Runs from this one on were accepted by this host, which has them in memory while they wait.
    first_key: RunKey,
    reader: Option<Reader>,
}

impl Inspector {
    pub(super) fn new(path: PathBuf, first_key: RunKey) -> Self {
        Inspector { path, first_key, reader: None }
    }

    fn reader(&mut self) -> Result<&Reader, Error> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => Reader::open(&self.path).map_err(|error| of_store(&error))?,
        };
        Ok(self.reader.insert(reader))
    }
}

/// Which runs are wanted: the one that was accepted last first.
#[napi(object)]
pub struct KeptRunsRequest {
    /// Of this job.
    pub job: Option<String>,
    /// In this state.
    pub state: Option<String>,
    /// Those that an earlier host has left and that wait, instead of those that have ended.
    pub is_waiting: bool,
    /// Accepted at this time or before.
    pub until_ms: Option<f64>,
    /// Accepted before the run with this number.
    pub before_key: Option<f64>,
    /// So many at most.
    pub limit: u32,
}

/// A run in the store. The columns of the table.
#[napi(object, object_from_js = false)]
pub struct KeptRunRow {
    /// Its number in the file.
    pub key: f64,
    /// Its id.
    pub id: String,
    /// Its job.
    pub name: String,
    /// 'waiting', 'running', 'retrying', 'completed', 'failed' or 'cancelled'.
    pub state: String,
    /// Why there is one.
    pub trigger: String,
    /// Which try goes, comes next, or was the last.
    pub attempt: u32,
    /// Tries in all.
    pub attempts: u32,
    /// From -100 to 100.
    pub priority: i32,
    /// The due time that it answers.
    pub due_ms: Option<f64>,
    /// When it was accepted.
    pub queued_ms: f64,
    /// When it may begin.
    pub begin_ms: Option<f64>,
    /// When its attempt began.
    pub started_ms: Option<f64>,
    /// When it ended.
    pub ended_ms: Option<f64>,
    /// How it failed.
    pub cause: Option<String>,
    /// The same for people.
    pub message: Option<String>,
    /// The envelope of its error.
    pub error: Option<Uint8Array>,
    /// Why it was not tried again.
    pub gave_up: Option<String>,
    /// What it returned.
    pub result: Option<Uint8Array>,
    /// The run that it repeats.
    pub retry_of: Option<String>,
    /// What its handler was called with.
    pub data: Option<Uint8Array>,
    /// Its failed attempts that were followed by another one.
    pub failures: Vec<KeptAttempt>,
}

/// An attempt that was followed by another one.
#[napi(object, object_from_js = false)]
pub struct KeptAttempt {
    /// Which try it was.
    pub attempt: u32,
    /// When it began.
    pub started_ms: Option<f64>,
    /// When it ended.
    pub ended_ms: f64,
    /// How.
    pub cause: String,
    /// The same for people.
    pub message: Option<String>,
}

/// What the store has of a job that is not registered.
#[napi(object, object_from_js = false)]
pub struct LeftJob {
    /// Its name.
    pub name: String,
    /// How many of its runs wait.
    pub waiting: f64,
    /// Its schedule, of a recurring job.
    pub at: Option<String>,
    /// The time zone of the schedule.
    pub timezone: Option<String>,
}

#[napi]
impl NativeManager {
    /// Has the store commit what it has been given in this turn. Does nothing without a store.
    #[napi]
    pub fn flush_store(&self) {
        self.manager.flush();
    }

    /// Keeps what the store has been given, and closes it. May be called again.
    ///
    /// # Errors
    /// `STORE_...`: something that has happened could not be kept.
    #[napi]
    pub fn close_store(&self) -> Result<(), Error> {
        self.inspector.replace(None);
        self.manager.close_store().map_err(|error| of_store(&error))
    }

    /// Runs in the store, the one that was accepted last first; none without a store.
    ///
    /// # Errors
    /// `STORE_...`: the file cannot be read.
    #[napi]
    pub fn kept_runs(&self, request: KeptRunsRequest) -> Result<Vec<KeptRunRow>, Error> {
        let first_key = self.inspector.borrow().as_ref().map_or(RunKey(0), |inspector| inspector.first_key);
        self.look(Vec::new(), |reader| {
            let before = request.before_key.map(key);
            let filter = RunFilter {
                job: request.job.as_deref(),
                state: request.state.as_deref(),
                stage: Some(if request.is_waiting { Stage::Waiting } else { Stage::Ended }),
                until: request.until_ms.map(|ms| EpochMs(whole(ms))),
                before: if request.is_waiting {
                    Some(before.map_or(first_key, |key| key.min(first_key)))
                } else {
                    before
                },
                limit: request.limit,
            };
            reader.runs(&filter)?.into_iter().map(|run| row(reader, run)).collect()
        })
    }

    /// The jobs of which the store has waiting runs or a schedule, and that are not registered.
    #[napi]
    pub fn left_jobs(&self) -> Vec<LeftJob> {
        let left = self.manager.read(|engine, _| engine.left_jobs());
        left.into_iter()
            .map(|job| {
                let (at, timezone) = job.schedule.unzip();
                LeftJob {
                    name: job.name.to_string(),
                    waiting: u32::try_from(job.waiting).unwrap_or(u32::MAX).into(),
                    at: at.map(|text| text.to_string()),
                    timezone: timezone.map(|zone| zone.to_string()),
                }
            })
            .collect()
    }

    /// The run of the job that ended last, of those in the store.
    ///
    /// # Errors
    /// `STORE_...`: the file cannot be read.
    #[napi]
    pub fn last_kept_run(&self, job: String) -> Result<Option<KeptRunRow>, Error> {
        self.look(None, |reader| reader.last(&job)?.map(|run| row(reader, run)).transpose())
    }

    /// The run of that id in the store.
    ///
    /// # Errors
    /// `STORE_...`: the file cannot be read.
    #[napi]
    pub fn kept_run(&self, id: String) -> Result<Option<KeptRunRow>, Error> {
        self.look(None, |reader| reader.run(&id)?.map(|run| row(reader, run)).transpose())
    }

    fn look<T>(&self, none: T, look: impl FnOnce(&Reader) -> Result<T, StoreError>) -> Result<T, Error> {
        let mut inspector = self.inspector.borrow_mut();
        let Some(inspector) = inspector.as_mut() else { return Ok(none) };
        look(inspector.reader()?).map_err(|error| of_store(&error))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "numbers that came from here")]
fn whole(number: f64) -> i64 {
    number as i64
}

fn key(number: f64) -> RunKey {
    RunKey(whole(number))
}

fn row(reader: &Reader, run: KeptRun) -> Result<KeptRunRow, StoreError> {
    let attempts = if run.attempt > 1 { reader.attempts(run.key)? } else { Vec::new() };
    let bytes = |bytes: Option<Vec<u8>>| bytes.map(Uint8Array::from);
    Ok(KeptRunRow {
        #[expect(clippy::cast_precision_loss, reason = "a file has fewer runs than 2^53")]
        key: run.key.0 as f64,
        id: run.id,
        name: run.job,
        state: run.state,
        trigger: run.trigger,
        attempt: run.attempt,
        attempts: run.attempts,
        priority: i32::from(run.priority),
        due_ms: run.due.map(epoch_ms),
        queued_ms: epoch_ms(run.queued_at),
        begin_ms: run.begin_at.map(epoch_ms),
        started_ms: run.started_at.map(epoch_ms),
        ended_ms: run.ended_at.map(epoch_ms),
        cause: run.cause,
        message: run.message,
        error: bytes(run.error),
        gave_up: run.gave_up,
        result: bytes(run.result),
        retry_of: run.retry_of,
        data: bytes(run.data),
        failures: attempts.into_iter().map(kept_attempt).collect(),
    })
}

fn kept_attempt(attempt: Attempt) -> KeptAttempt {
    KeptAttempt {
        attempt: attempt.attempt,
        started_ms: attempt.started_at.map(epoch_ms),
        ended_ms: epoch_ms(attempt.ended_at),
        cause: attempt.cause,
        message: attempt.message,
    }
}
