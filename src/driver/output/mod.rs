//! What the runs of a manager print and log, as far as it is kept.
//!
//! Written by the driver as the engine decides, read by the host when it wants to. All runs share one budget: without
//! room the run that ended first gives up its output first, failed ones after all others.

mod log_line;
mod ring;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::{JobEvent, Printed, RunId, Source};
use log_line::LogLine;
use ring::Ring;
pub use ring::{Excerpt, Part, Piece};

/// A run that goes on and has less than this gives up all that is kept of it.
const LEAST_BYTES: usize = 1024;

/// The kept output of all runs of a manager.
#[derive(Debug)]
pub struct Outputs {
    kept: Mutex<Kept>,
    /// There is any. Most managers have none.
    has_any: AtomicBool,
    /// The host wants to know when there is more.
    is_watched: AtomicBool,
}

#[derive(Debug, Default)]
struct Kept {
    budget: usize,
    runs: HashMap<RunId, Output>,
    /// Runs that have ended, those first that give up their output first.
    ended: BTreeMap<Place, RunId>,
    ends: u64,
    bytes: usize,
    dropped: u64,
}

/// Where a run stands among those that have ended: failed ones behind all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    has_failed: bool,
    number: u64,
}

#[derive(Debug)]
struct Output {
    ring: Ring,
    /// Of a run that has ended.
    place: Option<Place>,
    /// The host has been told that there is more than it has seen.
    told: Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// The next output is to be reported.
    Nothing,
    /// It has been told of so many bytes, and will ask whether there are more.
    UpTo(u64),
}

impl Outputs {
    /// Keeps at most so many bytes in all.
    pub fn new(budget: usize) -> Self {
        let kept = Mutex::new(Kept { budget, ..Kept::default() });
        Outputs { kept, has_any: AtomicBool::new(false), is_watched: AtomicBool::new(false) }
    }

    /// Keeps what a run has printed or logged. Returns whether the host is to be told that there is more.
    pub fn print(&self, printed: &Printed) -> bool {
        self.has_any.store(true, Ordering::Release);
        let mut kept = self.lock();
        kept.print(printed);
        self.is_watched.load(Ordering::Acquire) && kept.tell(printed.run)
    }

    /// Output that belongs to no run.
    pub(super) fn discard(&self, bytes: usize) {
        self.lock().dropped += bytes as u64;
    }

    /// Notes the end of a run that an event reports.
    pub(super) fn note(&self, event: &JobEvent) {
        if let (JobEvent::RunEnded { run, cause, .. }, true) = (event, self.has_any.load(Ordering::Acquire)) {
            self.lock().ended(*run, cause.is_failure());
        }
    }

    /// The host does not show the run any more.
    pub fn forget(&self, run: RunId) {
        self.lock().forget(run);
    }

    /// The output of a run from this byte on; `None` if it has written nothing.
    pub fn read(&self, run: RunId, from: u64) -> Option<Excerpt> {
        Some(self.lock().runs.get(&run)?.ring.read(from))
    }

    /// How many bytes a run has written.
    pub fn total_of(&self, run: RunId) -> u64 {
        if !self.has_any.load(Ordering::Acquire) {
            return 0;
        }
        self.lock().runs.get(&run).map_or(0, |output| output.ring.total())
    }

    /// Bytes that are kept, and those that could not be.
    pub fn totals(&self) -> (usize, u64) {
        let kept = self.lock();
        (kept.bytes, kept.dropped)
    }

    /// Whether the host wants to know when there is more.
    pub fn watch(&self, is_watched: bool) {
        self.is_watched.store(is_watched, Ordering::Release);
        if !is_watched {
            self.lock().runs.values_mut().for_each(|output| output.told = Told::Nothing);
        }
    }

    /// Whether the run has written more than the host was told of last. If not, the next output is reported.
    pub fn has_grown(&self, run: RunId) -> bool {
        self.lock().has_grown(run)
    }

    /// Ignores poisoning: a ring that is half written is still one.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn print(&mut self, printed: &Printed) {
        let Printed { run, attempt, limit, source, at, ref bytes, .. } = *printed;
        let line = LogLine::parse(source, bytes);
        if source == Source::Log && line.is_none() {
            // It is not as we write it.
            return;
        }
        let output = self.runs.entry(run).or_insert_with(|| Output::new(limit.min(self.budget)));
        let ring = &mut output.ring;
        let (kept, total) = (ring.kept(), ring.total());
        match line {
            Some(line) => ring.log(line.at, attempt, line.parts()),
            None => ring.print(source, at, attempt, bytes),
        }
        let (now_kept, written) = (ring.kept(), ring.total() - total);
        self.bytes = self.bytes + now_kept - kept;
        self.dropped += (written + kept as u64).saturating_sub(now_kept as u64);
        while self.bytes > self.budget && self.make_room() {}
    }

    /// Gives up the output of a run. Returns whether there was any.
    fn make_room(&mut self) -> bool {
        if let Some((_, run)) = self.ended.pop_first() {
            self.shrink(run, 0);
            return true;
        }
        let largest = self.runs.iter().max_by_key(|(_, output)| output.ring.kept());
        let Some((&run, output)) = largest.filter(|(_, output)| output.ring.kept() > 0) else { return false };
        let half = output.ring.kept() / 2;
        self.shrink(run, if half < LEAST_BYTES { 0 } else { half });
        true
    }

    fn shrink(&mut self, run: RunId, limit: usize) {
        let Some(output) = self.runs.get_mut(&run) else { return };
        let before = output.ring.kept();
        output.ring.shrink(limit);
        let gone = before - output.ring.kept();
        self.bytes -= gone;
        self.dropped += gone as u64;
    }

    fn ended(&mut self, run: RunId, has_failed: bool) {
        let Some(output) = self.runs.get_mut(&run) else { return };
        let place = Place { has_failed, number: self.ends };
        self.ends += 1;
        output.ring.fit();
        output.place = Some(place);
        self.ended.insert(place, run);
    }

    fn forget(&mut self, run: RunId) {
        let Some(output) = self.runs.remove(&run) else { return };
        self.bytes -= output.ring.kept();
        if let Some(place) = output.place {
            self.ended.remove(&place);
        }
    }

    fn tell(&mut self, run: RunId) -> bool {
        let Some(output) = self.runs.get_mut(&run) else { return false };
        let is_first = output.told == Told::Nothing;
        if is_first {
            output.told = Told::UpTo(output.ring.total());
        }
        is_first
    }

    fn has_grown(&mut self, run: RunId) -> bool {
        let Some(output) = self.runs.get_mut(&run) else { return false };
        let total = output.ring.total();
        let has_grown = output.told != Told::UpTo(total);
        output.told = if has_grown { Told::UpTo(total) } else { Told::Nothing };
        has_grown
    }
}

impl Output {
    fn new(limit: usize) -> Self {
        Output { ring: Ring::new(limit), place: None, told: Told::Nothing }
    }
}

#[cfg(test)]
mod tests;
