//! Schedules: for jobs, and for people who want to see what was understood.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use napi_derive::napi;
use once_cell::sync::Lazy;

use super::error::{Error, bad_schedule, bad_value, bad_zone};
use super::request::instant;
use crate::engine::{BootProfile, Recurring};
use crate::schedule::{ClockChange, Place, Schedule, zone};
use crate::timer::EpochMs;

/// How a schedule is read.
#[napi(object)]
pub struct ScheduleOptions {
    /// IANA name of the time zone; the host's when absent.
    pub timezone: Option<String>,
    /// 'upstream' for what the old package does when the clocks change.
    pub dst: Option<String>,
}

/// What is wrong with a schedule.
#[napi(object)]
pub struct ScheduleProblem {
    /// Stable, for programs.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// The words at fault: offsets into the text, in UTF-16 code units.
    pub start: u32,
    /// End of the words at fault.
    pub end: u32,
    /// What was expected there.
    pub expected: Vec<String>,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

/// The due times of a schedule after `fromMs`, earliest first, at most `count`.
///
/// # Errors
/// The code of what could not be understood; see `explainSchedule`.
#[napi]
pub fn next_runs(
    schedule: String,
    from_ms: f64,
    anchor_ms: f64,
    count: u32,
    options: Option<ScheduleOptions>,
) -> Result<Vec<f64>, Error> {
    let mut after = instant("from", from_ms)?;
    let recurring = recurring(&schedule, options.as_ref(), instant("anchor", anchor_ms)?)?;
    let mut runs = Vec::new();
    for _ in 0..count {
        let Some(due) = recurring.next_after(after) else { break };
        #[expect(clippy::cast_precision_loss, reason = "instants of Date fit")]
        runs.push(due.0 as f64);
        after = due;
    }
    Ok(runs)
}

/// A schedule in plain English.
///
/// # Errors
/// The code of what could not be understood; see `explainSchedule`.
#[napi]
pub fn describe_schedule(schedule: String) -> Result<String, Error> {
    Ok(parse(&schedule)?.describe())
}

/// What is wrong with a schedule; nothing, when it can be used.
#[napi]
pub fn explain_schedule(schedule: String) -> Option<ScheduleProblem> {
    let error = Schedule::parse(&schedule).err()?;
    let span = error.span();
    Some(ScheduleProblem {
        code: error.code().to_owned(),
        message: error.to_string(),
        start: utf16_offset(&schedule, span.start),
        end: utf16_offset(&schedule, span.end),
        expected: error.expected().iter().map(ToString::to_string).collect(),
        suggestion: error.suggestion(),
    })
}

fn utf16_offset(text: &str, byte_offset: usize) -> u32 {
    let before = text.get(..byte_offset).unwrap_or(text);
    u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
}

pub(super) fn recurring(
    text: &str,
    options: Option<&ScheduleOptions>,
    anchor: EpochMs,
) -> Result<Recurring, Error> {
    let schedule = parse(text)?;
    let zone = zone::resolve(options.and_then(|options| options.timezone.as_deref()))
        .map_err(|error| bad_zone(&error))?;
    let clock_change = match options.and_then(|options| options.dst.as_deref()) {
        None => ClockChange::Debian,
        Some("upstream") => ClockChange::Upstream,
        Some(other) => return Err(bad_value(format!("dst is '{other}', expected 'upstream' or nothing"))),
    };
    let anchor = jiff::Timestamp::from_millisecond(anchor.0)
        .map_err(|_| bad_value("the anchor is beyond what calendars cover"))?;
    Ok(Recurring { schedule, place: Place { zone, clock_change, anchor } })
}

/// Schedules in use, by their text: hosts register thousands of jobs under a few texts.
static PARSED: Lazy<Mutex<HashMap<Box<str>, Weak<Schedule>>>> = Lazy::new(Mutex::default);
/// Boot profiles in use; nearly always there is one.
static PROFILES: Lazy<Mutex<Vec<Weak<BootProfile>>>> = Lazy::new(Mutex::default);
/// The tables are cleared of what is no longer used when they grow beyond this.
const SWEEP_ABOVE: usize = 1024;

fn parse(text: &str) -> Result<Arc<Schedule>, Error> {
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(schedule) = parsed.get(text).and_then(Weak::upgrade) {
        return Ok(schedule);
    }
    let schedule = Arc::new(Schedule::parse(text).map_err(|error| bad_schedule(&error))?);
    if parsed.len() >= SWEEP_ABOVE {
        parsed.retain(|_, schedule| schedule.strong_count() > 0);
    }
    parsed.insert(text.into(), Arc::downgrade(&schedule));
    Ok(schedule)
}

pub(super) fn shared_profile(profile: BootProfile) -> Arc<BootProfile> {
    let mut profiles = PROFILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = profiles.iter().filter_map(Weak::upgrade).find(|known| **known == profile) {
        return known;
    }
    let profile = Arc::new(profile);
    profiles.retain(|known| known.strong_count() > 0);
    profiles.push(Arc::downgrade(&profile));
    profile
}
