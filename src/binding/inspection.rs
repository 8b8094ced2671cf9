//! What JavaScript can see: jobs, runs and due times, as arrays that belong together by index. Instants are
//! milliseconds since 1970, `NaN` where there is none.

use napi::bindgen_prelude::{Float64Array, Uint32Array};
use napi_derive::napi;

use super::error::{Error, bad_value};
use super::event::epoch_ms;
use super::manager::NativeManager;
use super::output;
use super::values::instant;
use crate::engine::{JobCursor, JobQuery, JobRow, JobSort, JobState, RunId, RunQuery, RunRow};
use crate::timer::EpochMs;

/// Which jobs are wanted.
#[napi(object)]
pub struct JobsRequest {
    /// Only those in this state: 'armed', 'running', 'retrying', 'waiting', 'paused', 'finished' or 'held'.
    pub state: Option<String>,
    /// Only those with this tag.
    pub tag: Option<String>,
    /// Only those whose name contains this, whatever the case of its ASCII letters.
    pub text: Option<String>,
    /// Only those that come after this one: the last name of the page before.
    pub after: Option<String>,
    /// With the order 'due' and `after`: the due time of that job; absent if it had none.
    pub after_due_ms: Option<f64>,
    /// At most so many.
    pub limit: u32,
    /// 'name' (default; by UTF-16 code units) or 'due' (those without a due time last).
    pub sort: Option<String>,
}

/// Jobs, by index.
#[napi(object, object_from_js = false)]
pub struct JobsPage {
    /// Names.
    pub names: Vec<String>,
    /// The numbers that they were registered with.
    pub registrations: Uint32Array,
    /// The first of 'paused', 'running', 'retrying', 'waiting', 'armed', 'held' and 'finished' that holds.
    pub states: Vec<&'static str>,
    /// Next due times.
    pub due_ms: Float64Array,
    /// When the first run that waits for it is tried again.
    pub retry_at_ms: Float64Array,
    /// Runs that go.
    pub running: Uint32Array,
    /// Runs and due times that wait to begin.
    pub waiting: Uint32Array,
    /// Runs that wait for another attempt.
    pub retrying: Uint32Array,
    /// Since when they are paused.
    pub paused_since_ms: Float64Array,
    /// 'host', 'operator' or 'failures'; '' for those that are not paused.
    pub paused_by: Vec<&'static str>,
    /// Why, if that was said; '' otherwise.
    pub pause_notes: Vec<String>,
    /// Runs that failed for good since the last one that completed.
    pub failures_in_a_row: Uint32Array,
    /// Due times skipped because a run was going.
    pub skipped_overlap: Uint32Array,
    /// Due times skipped because they were noticed too late.
    pub skipped_missed: Uint32Array,
    /// Due times skipped because the job was paused.
    pub skipped_paused: Uint32Array,
    /// Whether there are more.
    pub has_more: bool,
}

/// Which runs are wanted: newest first.
#[napi(object)]
pub struct LiveRunsRequest {
    /// Only those of this job.
    pub job: Option<String>,
    /// Only those in this state: 'queued', 'running', 'stopping' or 'retrying'.
    pub state: Option<String>,
    /// Only those whose number is lower.
    pub before: Option<u32>,
    /// At most so many.
    pub limit: u32,
}

/// A run that has not ended.
#[napi(object, object_from_js = false)]
pub struct LiveRun {
    /// Its number.
    pub run: u32,
    /// The id that it was given; absent for one that is numbered.
    pub id: Option<String>,
    /// Its job.
    pub name: String,
    /// The number that the job was registered with.
    pub registration: u32,
    /// 'queued', 'running', 'stopping' or 'retrying'.
    pub state: &'static str,
    /// 'now', 'schedule', 'date', 'manual' or 'missed'.
    pub trigger: &'static str,
    /// The due time that it answers.
    pub due_ms: Option<f64>,
    /// When it was accepted.
    pub queued_ms: f64,
    /// When this attempt was given its process, or its place on the host's event loop.
    pub started_ms: Option<f64>,
    /// When this attempt reached the job's first line.
    pub online_ms: Option<f64>,
    /// The try that goes, or that has failed last.
    pub attempt: u32,
    /// Tries in all.
    pub attempts: u32,
    /// When the next attempt begins, or the first one that was asked for with a delay.
    pub retry_at_ms: Option<f64>,
    /// Its process.
    pub pid: Option<u32>,
    /// What the job sees as `threadId` in this attempt.
    pub thread: u32,
    /// From -100 to 100.
    pub priority: i32,
    /// The queue of the manager that it takes.
    pub queue: Option<String>,
    /// It has passed `warnAfter`.
    pub is_slow: bool,
}

/// Runs that have not ended.
#[napi(object, object_from_js = false)]
pub struct LiveRunsPage {
    /// Newest first.
    pub runs: Vec<LiveRun>,
    /// Whether there are more.
    pub has_more: bool,
}

/// Due times to come, earliest first.
#[napi(object, object_from_js = false)]
pub struct UpcomingDues {
    /// Each job once.
    pub names: Vec<String>,
    /// For each due time the index of its job in `names`.
    pub jobs: Uint32Array,
    /// The due times.
    pub due_ms: Float64Array,
}

/// How many there are.
#[napi(object, object_from_js = false)]
pub struct ManagerCounts {
    /// Registered jobs.
    pub jobs: u32,
    /// Those of them that are paused.
    pub paused: u32,
    /// Runs that go.
    pub running: u32,
    /// Runs that wait for their turn, their time or their process.
    pub waiting: u32,
    /// Runs that wait for another attempt.
    pub retrying: u32,
    /// Processes of workers.
    pub processes: ProcessCounts,
    /// Bytes that are kept of the output of runs.
    pub output_bytes: f64,
    /// Bytes of output that were not kept for want of room, or were given up.
    pub output_dropped_bytes: f64,
}

/// Processes of workers.
#[napi(object, object_from_js = false)]
pub struct ProcessCounts {
    /// With a run.
    pub running: u32,
    /// Started ahead of any run.
    pub spare: u32,
    /// Kept for a handler, and without a run.
    pub kept: u32,
    /// Starting.
    pub booting: u32,
    /// Being stopped, or told to leave.
    pub stopping: u32,
}

/// The version of this package.
#[napi]
pub fn package_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

#[napi]
impl NativeManager {
    /// A page of the registered jobs. Looks at each job once.
    ///
    /// # Errors
    /// `INVALID_OPTION` for a state or an order that does not exist.
    #[napi]
    pub fn jobs_page(&self, request: JobsRequest) -> Result<JobsPage, Error> {
        let query = request.query()?;
        let (rows, has_more) = self.manager.read(|engine, now| engine.jobs(&query, now));
        Ok(JobsPage::new(&rows, has_more))
    }

    /// The jobs of these names in this order, for an order that JavaScript knows. Those that are not registered are
    /// left out.
    #[napi]
    pub fn jobs_named(&self, names: Vec<String>) -> JobsPage {
        let names = names.iter().map(String::as_str);
        let rows = self.manager.read(|engine, now| engine.jobs_named(names, now));
        JobsPage::new(&rows, false)
    }

    /// How many jobs, runs and processes there are.
    #[napi]
    pub fn counts(&self) -> ManagerCounts {
        let counts = self.manager.read(|engine, _| engine.counts());
        let (output_bytes, output_dropped_bytes) = self.manager.outputs().totals();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        ManagerCounts {
            output_bytes: output::number(output_bytes as u64),
            output_dropped_bytes: output::number(output_dropped_bytes),
            jobs: number(counts.jobs),
            paused: number(counts.paused),
            running: number(counts.running),
            waiting: number(counts.waiting),
            retrying: number(counts.retrying),
            processes: ProcessCounts {
                running: number(counts.busy_processes),
                spare: number(counts.spare_processes),
                kept: number(counts.kept_processes),
                booting: number(counts.booting_processes),
                stopping: number(counts.stopping_processes),
            },
        }
    }

    /// Runs that have not ended, newest first.
    #[napi]
    pub fn live_runs(&self, request: LiveRunsRequest) -> LiveRunsPage {
        let query = RunQuery {
            job: request.job.map(String::into_boxed_str),
            state: request.state.map(String::into_boxed_str),
            before: request.before.map(RunId),
            limit: request.limit as usize,
        };
        let (rows, has_more) = self.manager.read(|engine, now| engine.live_runs(&query, now));
        LiveRunsPage { runs: rows.into_iter().map(LiveRun::new).collect(), has_more }
    }

    /// A run; absent for one that has ended.
    #[napi]
    pub fn live_run(&self, run: u32) -> Option<LiveRun> {
        self.manager.read(|engine, now| engine.live_run(RunId(run), now)).map(LiveRun::new)
    }

    /// A run that has ended, and whose event of that waits to be taken.
    #[napi]
    pub fn ending_run(&self, run: u32) -> Option<LiveRun> {
        self.manager.events().endings(|row| row.run == RunId(run), 1).pop().map(LiveRun::new)
    }

    /// Runs that have ended, of a job if it is given, and whose events of that wait to be taken.
    #[napi]
    pub fn ending_runs(&self, job: Option<String>, limit: u32) -> Vec<LiveRun> {
        let is_wanted = |row: &RunRow| job.as_deref().is_none_or(|name| name == &*row.name);
        let rows = self.manager.events().endings(is_wanted, limit as usize);
        rows.into_iter().map(LiveRun::new).collect()
    }

    /// The first `limit` due times of all jobs from `fromMs` up to, not including, `toMs`. Paused jobs have none.
    ///
    /// # Errors
    /// `INVALID_OPTION` for what is no date.
    #[napi]
    pub fn upcoming(&self, from_ms: f64, to_ms: f64, limit: u32) -> Result<UpcomingDues, Error> {
        let (from, to) = (instant("from", from_ms)?, instant("to", to_ms)?);
        let found = self.manager.read(|engine, _| engine.upcoming(from, to, limit as usize));
        let mut places = std::collections::HashMap::new();
        let (mut names, mut jobs) = (Vec::new(), Vec::new());
        for upcoming in &found {
            let place = *places.entry(&*upcoming.name).or_insert_with(|| {
                names.push(upcoming.name.to_string());
                u32::try_from(names.len() - 1).unwrap_or(u32::MAX)
            });
            jobs.push(place);
        }
        let due_ms = found.iter().map(|upcoming| epoch_ms(upcoming.due)).collect::<Vec<f64>>();
        Ok(UpcomingDues { names, jobs: Uint32Array::new(jobs), due_ms: Float64Array::new(due_ms) })
    }
}

impl JobsRequest {
    fn query(self) -> Result<JobQuery, Error> {
        let sort = match self.sort.as_deref() {
            None | Some("name") => JobSort::Name,
            Some("due") => JobSort::Due,
            Some(other) => return Err(bad_value(format!("sort is '{other}', expected 'name' or 'due'"))),
        };
        let due = self.after_due_ms.map(|ms| instant("after", ms)).transpose()?;
        Ok(JobQuery {
            state: self.state.as_deref().map(state).transpose()?,
            tag: self.tag.map(String::into_boxed_str),
            text: self.text.map(String::into_boxed_str),
            after: self.after.map(|name| JobCursor { due, name: name.into_boxed_str() }),
            limit: self.limit as usize,
            sort,
        })
    }
}

fn state(name: &str) -> Result<JobState, Error> {
    let known = JobState::NAMES.iter().find(|(known, _)| *known == name);
    known.map(|(_, state)| *state).ok_or_else(|| {
        let names: Vec<&str> = JobState::NAMES.iter().map(|(name, _)| *name).collect();
        bad_value(format!("state is '{name}', expected one of {}", names.join(", ")))
    })
}

pub(super) fn state_name(state: JobState) -> &'static str {
    JobState::NAMES.iter().find(|(_, known)| *known == state).map_or("", |(name, _)| name)
}

fn ms_or_nan(at: Option<EpochMs>) -> f64 {
    at.map_or(f64::NAN, epoch_ms)
}

impl JobsPage {
    fn new(rows: &[JobRow], has_more: bool) -> Self {
        let counts = |count: fn(&JobRow) -> u32| Uint32Array::new(rows.iter().map(count).collect());
        let instants = |at: fn(&JobRow) -> Option<EpochMs>| {
            Float64Array::new(rows.iter().map(|row| ms_or_nan(at(row))).collect())
        };
        JobsPage {
            names: rows.iter().map(|row| row.name.to_string()).collect(),
            registrations: counts(|row| row.registration.0),
            states: rows.iter().map(|row| state_name(row.state)).collect(),
            due_ms: instants(|row| row.due),
            retry_at_ms: instants(|row| row.retry_at),
            running: counts(|row| row.running),
            waiting: counts(|row| row.waiting),
            retrying: counts(|row| row.retrying),
            paused_since_ms: instants(|row| row.paused.map(|(since, ..)| since)),
            paused_by: rows.iter().map(|row| row.paused.map_or("", |(_, by, _)| by.name())).collect(),
            pause_notes: rows
                .iter()
                .map(|row| row.pause_note.as_deref().unwrap_or_default().to_owned())
                .collect(),
            failures_in_a_row: counts(|row| row.failures_in_a_row),
            skipped_overlap: counts(|row| row.skipped.overlap),
            skipped_missed: counts(|row| row.skipped.missed),
            skipped_paused: counts(|row| row.skipped.paused),
            has_more,
        }
    }
}

impl LiveRun {
    fn new(row: RunRow) -> Self {
        let facts = row.facts;
        LiveRun {
            run: row.run.0,
            id: row.id.map(|id| id.to_string()),
            name: row.name.to_string(),
            registration: row.registration.0,
            state: row.state,
            trigger: facts.trigger.name(),
            due_ms: facts.due.map(epoch_ms),
            queued_ms: epoch_ms(facts.queued),
            started_ms: facts.started.map(epoch_ms),
            online_ms: facts.online.map(epoch_ms),
            attempt: facts.attempt,
            attempts: facts.attempts,
            retry_at_ms: row.retry_at.map(epoch_ms),
            pid: row.pid,
            thread: facts.thread,
            priority: i32::from(row.priority.0),
            queue: row.queue.map(|queue| queue.to_string()),
            is_slow: row.is_slow,
        }
    }
}
