//! What the host can see: pages of jobs, runs that have not ended, and the due times to come. Reads only.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::Engine;
use super::code_units::compare;
use super::event::{JobEvent, RunFacts};
use super::ids::{JobId, RegistrationId, RunId};
use super::job::{Job, Plan, When, Work};
use super::lanes::Priority;
use super::pausing::PausedBy;
use super::run::{Phase, Run, Standing};
use super::skips::Skipped;
use crate::timer::{EpochMs, Now};

/// Of so many runs of a job its next retry is looked for.
const RETRY_SCAN: usize = 1_000;

/// Which jobs are wanted.
#[derive(Debug, Clone, Default)]
pub struct JobQuery {
    /// In this state.
    pub state: Option<JobState>,
    /// With this tag.
    pub tag: Option<Box<str>>,
    /// Whose name contains this, whatever the case of its ASCII letters.
    pub text: Option<Box<str>>,
    /// Only those that come after this one.
    pub after: Option<JobCursor>,
    /// At most so many.
    pub limit: usize,
    /// In which order.
    pub sort: JobSort,
}

/// The order of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JobSort {
    /// By UTF-16 code units, as JavaScript compares.
    #[default]
    Name,
    /// By the next due time, those without one last; then by name.
    Due,
}

/// Where a page ended. It holds values, so that it stays right when jobs come, go and fall due.
#[derive(Debug, Clone)]
pub struct JobCursor {
    /// Its due time, where that is the order.
    pub due: Option<EpochMs>,
    /// Its name.
    pub name: Box<str>,
}

/// What can be said of a job in one word: the first of these that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// No due time gets a run until it is resumed.
    Paused,
    /// A run goes.
    Running,
    /// A run waits for its next attempt.
    Retrying,
    /// A run or a due time waits.
    Waiting,
    /// It has a due time to come, or runs when it is asked to.
    Armed,
    /// Registered, and has yet to be started.
    Held,
    /// It has no due time any more.
    Finished,
}

impl JobState {
    /// Every state, with its name in JavaScript.
    pub const NAMES: [(&'static str, JobState); 7] = [
        ("paused", JobState::Paused),
        ("running", JobState::Running),
        ("retrying", JobState::Retrying),
        ("waiting", JobState::Waiting),
        ("armed", JobState::Armed),
        ("held", JobState::Held),
        ("finished", JobState::Finished),
    ];
}

/// A job as the engine knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRow {
    /// Its name.
    pub name: Arc<str>,
    /// Its registration.
    pub registration: RegistrationId,
    /// What it does now.
    pub state: JobState,
    /// Its next due time; `None` while it is paused.
    pub due: Option<EpochMs>,
    /// When the first of its runs is tried again.
    pub retry_at: Option<EpochMs>,
    /// Runs that go.
    pub running: u32,
    /// Runs and due times that wait to begin.
    pub waiting: u32,
    /// Runs that wait for another attempt.
    pub retrying: u32,
    /// Since when it is paused, by whom, and whether that is the pause of all jobs.
    pub paused: Option<(EpochMs, PausedBy, bool)>,
    /// Why it is paused, if that was said.
    pub pause_note: Option<Arc<str>>,
    /// Runs that have failed for good since the last one that completed.
    pub failures_in_a_row: u32,
    /// Due times that got no run.
    pub skipped: Skipped,
}

/// Which runs are wanted: newest first.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    /// Of this job.
    pub job: Option<Box<str>>,
    /// In this state: 'queued', 'running', 'stopping' or 'retrying'.
    pub state: Option<Box<str>>,
    /// Only those that are older than this one.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: usize,
}

/// A run that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// The run.
    pub run: RunId,
    /// The id that it was given, by a host or an earlier one; `None` for one that is numbered.
    pub id: Option<Arc<str>>,
    /// Its job.
    pub name: Arc<str>,
    /// The job's registration.
    pub registration: RegistrationId,
    /// 'queued', 'running', 'stopping' or 'retrying'.
    pub state: &'static str,
    /// Where it came from, and its attempt: the one that goes, has failed last, or comes first.
    pub facts: RunFacts,
    /// When the next attempt, or the first one, begins; `None` for one that is held by a pause.
    pub retry_at: Option<EpochMs>,
    /// Its process.
    pub pid: Option<u32>,
    /// Its place among those that wait.
    pub priority: Priority,
    /// The queue of the manager that it waits in.
    pub queue: Option<Arc<str>>,
    /// It has passed `warn_after`.
    pub is_slow: bool,
}

impl RunRow {
    /// The run of which this event reports the end: to the host it goes until the host has taken the event.
    pub fn of_end(event: &JobEvent) -> Option<Self> {
        let JobEvent::RunEnded { run, id, name, registration, facts, .. } = event else { return None };
        Some(RunRow {
            run: *run,
            id: id.clone(),
            name: Arc::clone(name),
            registration: *registration,
            state: "stopping",
            facts: *facts,
            retry_at: None,
            pid: None,
            priority: Priority(0),
            queue: None,
            is_slow: false,
        })
    }
}

/// A due time to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// The job.
    pub name: Arc<str>,
    /// When it is due.
    pub due: EpochMs,
}

/// What jobs are ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rank<'a> {
    due: EpochMs,
    name: &'a str,
}

impl Ord for Rank<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.due.cmp(&other.due).then_with(|| compare(self.name, other.name))
    }
}

impl PartialOrd for Rank<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<'a> Rank<'a> {
    fn new(sort: JobSort, due: Option<EpochMs>, name: &'a str) -> Self {
        let due = match sort {
            JobSort::Name => EpochMs(i64::MIN),
            JobSort::Due => due.unwrap_or(EpochMs(i64::MAX)),
        };
        Rank { due, name }
    }
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Registered jobs.
    pub jobs: usize,
    /// Those of them that are paused.
    pub paused: usize,
    /// Runs that go.
    pub running: usize,
    /// Runs that wait for their turn, their time or their process.
    pub waiting: usize,
    /// Runs that wait for another attempt.
    pub retrying: usize,
    /// Processes with a run.
    pub busy_processes: usize,
    /// Processes that were started ahead of any run.
    pub spare_processes: usize,
    /// Processes of handlers, without a run.
    pub kept_processes: usize,
    /// Processes that are starting.
    pub booting_processes: usize,
    /// Processes that are being stopped, or leave.
    pub stopping_processes: usize,
}

impl Engine {
    /// How many jobs, runs and processes there are. Looks at each.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { jobs: self.jobs.len(), ..Counts::default() };
        counts.paused = self.jobs.values().filter(|job| job.paused.is_some()).count();
        for run in self.runs.values() {
            counts.stopping_processes += usize::from(matches!(run.phase, Phase::Stopping(..)));
            match run.phase.standing() {
                Standing::Apart | Standing::Waiting => counts.waiting += 1,
                Standing::Aside => counts.retrying += 1,
                Standing::Going => counts.running += 1,
            }
        }
        counts.waiting += usize::try_from(self.all_unread_runs()).unwrap_or(usize::MAX);
        counts.kept_processes = self.kept.without_run();
        let pool = self.pool.counts();
        let busy = pool.claimed.saturating_sub(counts.kept_processes);
        counts.busy_processes = busy.saturating_sub(counts.stopping_processes);
        counts.stopping_processes += pool.leaving;
        (counts.spare_processes, counts.booting_processes) = (pool.spare, pool.booting);
        counts
    }

    /// A page of jobs, and whether there are more. Looks at each job once, and sorts no more than the page.
    pub fn jobs(&self, query: &JobQuery, now: Now) -> (Vec<JobRow>, bool) {
        let after = query.after.as_ref().map(|after| Rank::new(query.sort, after.due, &after.name));
        let text = query.text.as_ref().map(|text| text.to_ascii_lowercase());
        let mut page: BinaryHeap<(Rank<'_>, JobId)> =
            BinaryHeap::with_capacity(query.limit.saturating_add(2));
        for (name, &id) in &self.names {
            // Names are the cheapest to look at: most jobs are passed over by theirs.
            let due = match query.sort {
                JobSort::Name => None,
                JobSort::Due => self.jobs.get(&id).and_then(|job| job.next_due()),
            };
            let rank = Rank::new(query.sort, due, name);
            let is_off_page = page.len() > query.limit && page.peek().is_some_and(|(last, _)| rank > *last);
            if is_off_page || after.as_ref().is_some_and(|after| rank <= *after) {
                continue;
            }
            if text.as_ref().is_some_and(|text| !name.to_ascii_lowercase().contains(text)) {
                continue;
            }
            if !self.jobs.get(&id).is_some_and(|job| job.answers(query)) {
                continue;
            }
            page.push((rank, id));
            if page.len() > query.limit.saturating_add(1) {
                page.pop();
            }
        }
        let has_more = page.len() > query.limit;
        let sorted = page.into_sorted_vec();
        let rows = sorted.into_iter().take(query.limit).filter_map(|(_, id)| self.job_row(id, now));
        (rows.collect(), has_more)
    }

    /// The jobs of these names, in this order; those that are not registered are left out.
    pub fn jobs_named<'a>(&self, names: impl Iterator<Item = &'a str>, now: Now) -> Vec<JobRow> {
        names.filter_map(|name| self.job_row(*self.names.get(name)?, now)).collect()
    }

    fn job_row(&self, id: JobId, now: Now) -> Option<JobRow> {
        let job = self.jobs.get(&id)?;
        let mut skipped = job.skips.as_ref().map(|skips| skips.skipped).unwrap_or_default();
        skipped.paused = skipped.paused.saturating_add(job.passed_in_pause(now.wall));
        Some(JobRow {
            name: Arc::clone(&job.spec.name),
            registration: job.spec.registration,
            state: job.state(),
            due: job.next_due(),
            retry_at: if job.runs.aside > 0 { self.next_retry(id, now) } else { None },
            running: job.runs.going,
            waiting: job
                .waiting()
                .saturating_add(u32::try_from(self.unread_runs(&job.spec.name)).unwrap_or(u32::MAX)),
            retrying: job.runs.aside,
            paused: job.paused.as_deref().map(|paused| (paused.since, paused.by, paused.is_of_all)),
            pause_note: job.paused.as_deref().and_then(|paused| paused.note.clone()),
            failures_in_a_row: job.failures_in_a_row,
            skipped,
        })
    }

    fn next_retry(&self, id: JobId, now: Now) -> Option<EpochMs> {
        let runs = self.runs_between(id).take(RETRY_SCAN).filter_map(|run| self.runs.get(&run));
        runs.filter(|run| run.phase == Phase::Retrying).filter_map(|run| run.next_attempt_at(now)).min()
    }

    /// Runs that have not ended, newest first, and whether there are more.
    pub fn live_runs(&self, query: &RunQuery, now: Now) -> (Vec<RunRow>, bool) {
        let before = query.before.unwrap_or(RunId(u32::MAX));
        let answers = |run: &&Run| {
            let is_of_job = query.job.as_ref().is_none_or(|name| *run.name == **name);
            is_of_job && query.state.as_ref().is_none_or(|state| run.phase.name() == &**state)
        };
        let row = |(id, run): (RunId, &Run)| self.run_row(id, run, now);
        let more = query.limit.saturating_add(1);
        let registered = query.job.as_ref().and_then(|name| self.names.get(&**name));
        let mut rows: Vec<RunRow> = if let Some(&job) = registered {
            let older = self.runs_between(job).rev().filter(|run| *run < before);
            let runs = older.filter_map(|id| self.runs.get(&id).filter(answers).map(|run| (id, run)));
            runs.map(row).take(more).collect()
        } else {
            // Also the runs of a job that has been removed.
            let runs = self.runs.range(..before).rev().map(|(&id, run)| (id, run));
            runs.filter(|(_, run)| answers(run)).map(row).take(more).collect()
        };
        let has_more = rows.len() > query.limit;
        rows.truncate(query.limit);
        (rows, has_more)
    }

    /// A run; `None` for one that has ended.
    pub fn live_run(&self, id: RunId, now: Now) -> Option<RunRow> {
        Some(self.run_row(id, self.runs.get(&id)?, now))
    }

    fn run_row(&self, id: RunId, run: &Run, now: Now) -> RunRow {
        let queue = match &run.work {
            Work::Handler(handler) => handler.queue.clone(),
            Work::Inline | Work::Offloaded(_) => None,
        };
        RunRow {
            run: id,
            id: run.id.clone(),
            name: Arc::clone(&run.name),
            registration: run.registration,
            state: run.phase.name(),
            facts: run.stamps(),
            retry_at: match run.phase {
                Phase::Retrying | Phase::Delayed => run.next_attempt_at(now),
                _ => None,
            },
            pid: run.phase.worker().and_then(|worker| self.pool.pid(worker)),
            priority: run.priority,
            queue,
            is_slow: run.watch.as_ref().is_some_and(|watch| watch.is_slow),
        }
    }

    /// The due times from `from` up to, not including, `to`: the first `limit` of all jobs, earliest first. Paused jobs
    /// have none.
    ///
    /// Armed due times are in order already, so only jobs whose turn comes are looked at: what it costs grows with
    /// `limit`, and with the jobs that are due before `from`.
    pub fn upcoming(&self, from: EpochMs, to: EpochMs, limit: usize) -> Vec<Upcoming> {
        let mut followers = Followers::default();
        let mut armed = self.due.iter().peekable();
        while let Some((_, &id)) = armed.next_if(|(at, _)| *at < from) {
            if let Some(job) = self.jobs.get(&id) {
                followers.push(id, job, EpochMs(from.0.saturating_sub(1)));
            }
        }
        let mut found = Vec::new();
        while found.len() < limit {
            let next = followers.first();
            let is_first = |at: EpochMs| next.is_none_or(|due| at <= due);
            let (due, id) = match armed.next_if(|(at, _)| is_first(*at)) {
                Some((at, &id)) => (at, id),
                None => match followers.pop() {
                    Some(first) => first,
                    None => break,
                },
            };
            if due >= to {
                break;
            }
            let Some(job) = self.jobs.get(&id) else { continue };
            found.push(Upcoming { name: Arc::clone(&job.spec.name), due });
            followers.push(id, job, due);
        }
        found
    }
}

/// The due times of jobs after those that have been given out.
#[derive(Default)]
struct Followers {
    heap: BinaryHeap<Reverse<(EpochMs, JobId)>>,
    /// Many jobs have the same plan: the last answer for each.
    known: HashMap<*const Plan, (EpochMs, Option<EpochMs>)>,
}

impl Followers {
    fn first(&self) -> Option<EpochMs> {
        self.heap.peek().map(|Reverse((due, _))| *due)
    }

    fn pop(&mut self) -> Option<(EpochMs, JobId)> {
        self.heap.pop().map(|Reverse(first)| first)
    }

    fn push(&mut self, id: JobId, job: &Job, after: EpochMs) {
        let When::Recurring { plan, anchor } = &job.spec.when else { return };
        let next = match self.known.get(&Arc::as_ptr(plan)) {
            Some(&(known, next)) if known == after && !plan.schedule.counts_from_anchor() => next,
            _ => {
                let next = plan.next_after(after, *anchor);
                self.known.insert(Arc::as_ptr(plan), (after, next));
                next
            }
        };
        self.heap.extend(next.map(|due| Reverse((due, id))));
    }
}

impl Job {
    fn next_due(&self) -> Option<EpochMs> {
        self.timer.as_ref().map(crate::timer::TimerKey::at)
    }

    fn waiting(&self) -> u32 {
        self.runs.waiting.saturating_add(self.runs.apart).saturating_add(self.backlog)
    }

    pub(super) fn state(&self) -> JobState {
        if self.paused.is_some() {
            JobState::Paused
        } else if self.runs.going > 0 {
            JobState::Running
        } else if self.runs.aside > 0 {
            JobState::Retrying
        } else if self.waiting() > 0 {
            JobState::Waiting
        } else if self.timer.is_some() || (matches!(self.spec.when, When::HostClock) && !self.is_held) {
            JobState::Armed
        } else if self.is_held {
            JobState::Held
        } else {
            JobState::Finished
        }
    }

    fn answers(&self, query: &JobQuery) -> bool {
        let has_tag = |tag: &str| self.spec.policy.tags.iter().any(|of_job| **of_job == *tag);
        query.state.is_none_or(|state| self.state() == state)
            && query.tag.as_ref().is_none_or(|tag| has_tag(tag))
    }
}

impl Run {
    /// When its next attempt is due, by the wall clock as it is now.
    fn next_attempt_at(&self, now: Now) -> Option<EpochMs> {
        let key = self.next_step.as_ref()?;
        Some(now.wall.plus(key.at().since(now.mono)))
    }

    /// When this attempt reached the job's first line. A handler is loaded before it gets a run.
    pub(super) fn online_at(&self) -> Option<EpochMs> {
        match (&self.watch, self.phase) {
            (Some(watch), _) if watch.online_at.is_some() => watch.online_at,
            (_, Phase::Running(_) | Phase::Stopping(..) | Phase::Inline)
                if !matches!(self.work, Work::Offloaded(_)) =>
            {
                self.started_at()
            }
            _ => None,
        }
    }
}
