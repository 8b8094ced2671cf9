//! Runs that an earlier host has left in the store: they wait there until their job is defined, and are read a few at
//! a time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::event::{JobEvent, RunFacts, Usage};
use super::ids::{JobId, RegistrationId, RunId};
use super::job::Work;
use super::keeping::{Keeping, Record};
use super::lanes::Priority;
use super::retry::GaveUp;
use super::run::{EndCause, Origin, Phase, Trigger};
use super::{Deadline, Effect, Engine};
use crate::store::{Change, DiedRun, EndState, Ending, Failure, Found, WaitingRun, Window};
use crate::timer::{EpochMs, Now};

/// Runs of a job that are read at once.
const WINDOW: usize = 1_000;
/// More are read when so few are left.
const FEW: u64 = WINDOW as u64 / 2;
/// How long a job may remain undefined before its runs are reported.
const ORPHANS_AFTER: Duration = Duration::from_secs(60);
/// The name under which the pause of all jobs is kept: no job has it.
pub(super) const ALL_JOBS: &str = "";

/// Runs of a job that the file has, and this host has not read.
#[derive(Debug, Default)]
pub(super) struct Unread {
    left: u64,
    /// Read, and not begun.
    ahead: u64,
    is_reading: bool,
    /// When the first of those that are left may begin, where none may yet.
    waits_until: Option<EpochMs>,
}

/// How the store is used.
#[derive(Debug)]
pub struct StoreSetup {
    /// What was found in it.
    pub found: Found,
    /// Runs that cannot be kept go on in memory, instead of being refused.
    pub goes_on_in_memory: bool,
    /// Runs of jobs that are not defined within a minute fail, instead of waiting on.
    pub fails_orphans: bool,
}

/// What the file has of a job that is not registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftJob {
    /// The job.
    pub name: Arc<str>,
    /// How many of its runs wait.
    pub waiting: u64,
    /// Its schedule and time zone, of a recurring job.
    pub schedule: Option<(Arc<str>, Arc<str>)>,
}

impl Engine {
    /// The manager has a store: before anything else reaches the engine.
    pub(super) fn store_opened(&mut self, setup: StoreSetup, now: Now) {
        let StoreSetup { found, goes_on_in_memory, fails_orphans } = setup;
        let Found { first_key, waiting, died, slots, pauses, .. } = found;
        let mut keeping = Keeping::new(first_key);
        keeping.goes_on_in_memory = goes_on_in_memory;
        keeping.fails_orphans = fails_orphans;
        let unread = waiting.into_iter().map(|job| (job.job, Unread { left: job.runs, ..Unread::default() }));
        keeping.unread = unread.collect();
        keeping.slots = slots.into_iter().map(|slot| (Arc::clone(&slot.job), slot)).collect();
        keeping.pauses = pauses.into_iter().map(|pause| (Arc::clone(&pause.job), pause)).collect();
        // Runs that are read come before those that this host accepts.
        self.lanes.begin_at(first_key.0);
        let all_paused = keeping.pauses.remove(ALL_JOBS);
        if !keeping.unread.is_empty() {
            self.deadlines.insert(now.mono.plus(ORPHANS_AFTER), Deadline::Orphans);
        }
        self.keeping = Some(Box::new(keeping));
        if let Some(pause) = all_paused {
            self.restore_pause_of_all(&pause, now);
        }
        for run in died {
            self.tell_death(run, now);
        }
    }

    /// A run has failed with the host that ran it.
    fn tell_death(&mut self, run: DiedRun, now: Now) {
        let DiedRun { id, job, attempt, started_at, .. } = run;
        let number = self.run_numbers.next();
        let facts = RunFacts {
            trigger: Trigger::Recovered,
            due: None,
            queued: started_at.unwrap_or(now.wall),
            started: started_at,
            online: None,
            attempt,
            attempts: attempt,
            thread: number.0,
        };
        self.emit(JobEvent::RunEnded {
            run: number,
            name: job,
            registration: RegistrationId(0),
            id: Some(Arc::from(id)),
            facts,
            cause: EndCause::HostDied,
            usage: Usage::default(),
            gave_up: Some(GaveUp::Attempts),
            at: now.wall,
        });
    }

    /// A handler has been registered: runs of it may wait in the file.
    pub(super) fn read_runs_of(&mut self, job: JobId) {
        let Some(registered) = self.jobs.get(&job) else { return };
        if matches!(registered.spec.work, Work::Handler(_)) {
            let name = Arc::clone(&registered.spec.name);
            self.read_more(&name);
        }
    }

    /// The time of the first run that is left has come.
    pub(super) fn unread_due(&mut self, job: JobId) {
        let Some(name) = self.jobs.get(&job).map(|job| Arc::clone(&job.spec.name)) else { return };
        if let Some(unread) = self.unread(&name) {
            unread.waits_until = None;
            self.read_more(&name);
        }
    }

    fn read_more(&mut self, name: &Arc<str>) {
        let is_open = !self.is_shut_down;
        let Some(unread) = self.unread(name).filter(|_| is_open) else { return };
        if unread.left == 0 || unread.is_reading || unread.ahead > FEW || unread.waits_until.is_some() {
            return;
        }
        unread.is_reading = true;
        self.effects.push(Effect::Read { job: Arc::clone(name), limit: WINDOW });
    }

    /// A run that was read has begun, or ended before.
    pub(super) fn one_less_ahead(&mut self, name: &Arc<str>) {
        if let Some(unread) = self.unread(name) {
            unread.ahead = unread.ahead.saturating_sub(1);
            self.read_more(name);
        }
    }

    fn unread(&mut self, name: &str) -> Option<&mut Unread> {
        self.keeping.as_mut()?.unread.get_mut(name)
    }

    /// Runs have been read.
    pub(super) fn window_read(&mut self, window: Window, now: Now) {
        let Window { job: name, runs, left, next_begin } = window;
        let job = self.names.get(&name).copied().filter(|&job| self.is_kept(job) && !self.is_shut_down);
        if let Some(unread) = self.unread(&name) {
            unread.is_reading = false;
            unread.left = left;
            unread.ahead += runs.len() as u64;
            unread.waits_until = next_begin;
        }
        let Some(job) = job else { return self.not_wanted(&name, &runs, now) };
        for run in runs {
            self.add_read_run(job, run, now);
        }
        match next_begin {
            Some(at) => {
                let wait = at.since(now.wall);
                self.deadlines.insert(now.mono.plus(wait), Deadline::Unread(job));
            }
            None => self.read_more(&name),
        }
    }

    fn add_read_run(&mut self, job: JobId, run: WaitingRun, now: Now) {
        let WaitingRun { key, id: given, data, priority, trigger, due, begin_at, queued_at, attempt, .. } =
            run;
        let Some(keeping) = self.keeping.as_mut() else { return };
        let place = keeping.next_place;
        keeping.next_place += 1;
        let claimed = keeping.claimed.remove(&key);
        let id = claimed.unwrap_or_else(|| self.run_numbers.next());
        let origin = Origin {
            trigger: Trigger::of_name(&trigger),
            due,
            priority: Some(Priority(priority)),
            data: Some(data),
            id: Some(Arc::from(given)),
            attempts: Some(run.attempts),
            timeout: run.timeout,
            ..Origin::default()
        };
        self.add_run(id, job, origin, Phase::Accepting, now);
        let Some(added) = self.runs.get_mut(&id) else { return };
        added.attempt = attempt;
        added.queued_at = queued_at;
        added.record = Some(Box::new(Record::read(key, begin_at, place)));
        self.tell_read(id, run.timeout);
        self.line_up_or_hold(id, now);
    }

    /// The host is told of a run that it has not asked for, or an earlier one has.
    fn tell_read(&mut self, id: RunId, timeout: Option<Duration>) {
        let Some(run) = self.runs.get(&id) else { return };
        let given = run.id.as_ref().map_or_else(|| Arc::from(""), Arc::clone);
        let event = JobEvent::RunRead {
            run: id,
            name: Arc::clone(&run.name),
            registration: run.registration,
            id: given,
            trigger: run.trigger,
            due: run.due,
            queued: run.queued_at,
            attempt: run.attempt,
            attempts: run.policy.retry.attempts,
            timeout,
            data: if run.is_in_process() { None } else { Some(Arc::clone(&run.data)) },
        };
        self.emit(event);
    }

    /// Their job has been removed while they were read; of a manager that shuts down they are for the next host.
    fn not_wanted(&mut self, name: &Arc<str>, runs: &[WaitingRun], now: Now) {
        if self.is_shut_down {
            return;
        }
        for run in runs {
            let ending = unread_ending(EndState::Cancelled, EndCause::Cancelled.name(), None, now);
            let ending = Ending { attempt: run.attempt, ..ending };
            self.keep(vec![Change::End { run: run.key, job: Arc::clone(name), ending }]);
        }
    }

    /// A job is removed: what waits for it in the file is cancelled.
    pub(super) fn cancel_unread(&mut self, name: &Arc<str>, now: Now) {
        let unread = self.keeping.as_mut().and_then(|keeping| keeping.unread.remove(name));
        if unread.is_some_and(|unread| unread.left > 0) {
            let ending = unread_ending(EndState::Cancelled, EndCause::Cancelled.name(), None, now);
            self.keep(vec![Change::EndUnread { job: Arc::clone(name), ending }]);
        }
    }

    /// Jobs that have not been defined for a minute.
    pub(super) fn orphans_due(&mut self, now: Now) {
        let Some(keeping) = self.keeping.as_ref() else { return };
        let is_orphan =
            |(name, unread): &(&Arc<str>, &Unread)| unread.left > 0 && !self.names.contains_key(*name);
        let orphans = keeping.unread.iter().filter(is_orphan);
        let mut orphans: Vec<(Arc<str>, u64)> =
            orphans.map(|(name, unread)| (Arc::clone(name), unread.left)).collect();
        orphans.sort_unstable();
        let fails = keeping.fails_orphans;
        for (name, runs) in orphans {
            self.emit(JobEvent::OrphanRuns { name: Arc::clone(&name), runs, have_failed: fails });
            if fails && let Some(keeping) = self.keeping.as_mut() {
                keeping.unread.remove(&name);
                let message = "No job of this name was defined within a minute (orphanRuns: 'fail')";
                let ending = unread_ending(EndState::Failed, "orphaned", Some(message), now);
                self.keep(vec![Change::EndUnread { job: name, ending }]);
            }
        }
    }

    /// Runs of the job that wait in the file.
    pub(super) fn unread_runs(&self, name: &str) -> u64 {
        let unread = self.keeping.as_ref().and_then(|keeping| keeping.unread.get(name));
        unread.map_or(0, |unread| unread.left)
    }

    /// Runs that wait in the file, whether their jobs are defined or not.
    pub(super) fn all_unread_runs(&self) -> u64 {
        let Some(keeping) = self.keeping.as_ref() else { return 0 };
        keeping.unread.values().map(|unread| unread.left).sum()
    }

    /// The jobs of which the file has runs or a schedule, and that are not registered, by name.
    pub fn left_jobs(&self) -> Vec<LeftJob> {
        let Some(keeping) = self.keeping.as_ref() else { return Vec::new() };
        let names: BTreeSet<&Arc<str>> = keeping.unread.keys().chain(keeping.slots.keys()).collect();
        let left = names.into_iter().filter(|name| !self.names.contains_key(*name));
        left.map(|name| LeftJob {
            name: Arc::clone(name),
            waiting: self.unread_runs(name),
            schedule: keeping
                .slots
                .get(name)
                .map(|slot| (Arc::clone(&slot.schedule), Arc::clone(&slot.time_zone))),
        })
        .collect()
    }

    /// Whether runs of a registered job are still to be read.
    pub(super) fn has_unread_runs(&self) -> bool {
        let Some(keeping) = self.keeping.as_ref().filter(|_| !self.is_shut_down) else { return false };
        keeping.unread.iter().any(|(name, unread)| unread.left > 0 && self.names.contains_key(name))
    }
}

fn unread_ending(state: EndState, cause: &'static str, message: Option<&str>, now: Now) -> Ending {
    Ending {
        state,
        attempt: 1,
        started_at: None,
        at: now.wall,
        failure: Failure { cause: cause.into(), message: message.map(Arc::from), error: None },
        gave_up: None,
        result: None,
        is_kept: true,
    }
}
