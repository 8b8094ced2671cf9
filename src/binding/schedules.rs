//! Functions that parse, explain and describe schedules, and compute due times.

use std::sync::Arc;

use napi::bindgen_prelude::Float64ArraySlice;
use napi_derive::napi;
use once_cell::sync::Lazy;

use super::error::{Error, bad_schedule, bad_value, bad_zone};
use super::shared::Shared;
use super::values::instant;
use crate::engine::Plan;
use crate::schedule::{ClockChange, Schedule, zone};

/// How a schedule is read.
#[napi(object)]
#[derive(Debug, Default)]
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
    /// Start of the faulty part of the text, in UTF-16 code units.
    pub start: u32,
    /// End of the faulty part.
    pub end: u32,
    /// What was expected there.
    pub expected: Vec<String>,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

/// Writes the first `count` due times of a schedule after `fromMs` into `dueMs`, earliest first; returns how
/// many there are.
///
/// # Errors
/// The code of what could not be understood; see `explainSchedule`.
#[napi]
pub fn next_runs(
    schedule: String,
    from_ms: f64,
    anchor_ms: f64,
    count: u32,
    mut due_ms: Float64ArraySlice,
    options: Option<ScheduleOptions>,
) -> Result<u32, Error> {
    let after = instant("from", from_ms)?;
    let anchor = instant("anchor", anchor_ms)?;
    let plan = read_plan(&schedule, &options.unwrap_or_default())?;
    // SAFETY: JavaScript is blocked in this call, so nothing else accesses the array.
    let places = unsafe { due_ms.as_mut() };
    let runs = plan.upcoming(after, anchor, places.len().min(count as usize));
    for (place, due) in places.iter_mut().zip(&runs) {
        #[expect(clippy::cast_precision_loss, reason = "instants of Date fit")]
        let ms = due.0 as f64;
        *place = ms;
    }
    Ok(u32::try_from(runs.len()).unwrap_or(u32::MAX))
}

/// A schedule in plain English.
///
/// # Errors
/// The code of what could not be understood; see `explainSchedule`.
#[napi]
pub fn describe_schedule(schedule: String) -> Result<String, Error> {
    Schedule::parse(&schedule).map(|schedule| schedule.describe()).map_err(|error| bad_schedule(&error))
}

/// A schedule as other services write it.
#[napi(object, object_from_js = false)]
pub struct ScheduleEquivalents {
    /// Minute, hour, day, month and weekday; absent where these cannot say it.
    pub cron5: Option<String>,
    /// The time between two due times; absent where it varies.
    pub every_ms: Option<f64>,
}

/// A schedule as other services write it; without either for one that cannot be understood.
#[napi]
pub fn schedule_equivalents(schedule: String) -> ScheduleEquivalents {
    let schedule = Schedule::parse(&schedule).ok();
    let every_ms = schedule.as_ref().and_then(Schedule::every_ms);
    #[expect(clippy::cast_precision_loss, reason = "no length is longer than ten thousand years")]
    let every_ms = every_ms.map(|ms| ms as f64);
    ScheduleEquivalents { cron5: schedule.and_then(|schedule| schedule.cron5()), every_ms }
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
        suggestion: error.suggestion().map(str::to_owned),
    })
}

/// Why a schedule never falls due in any year, as half a sentence; nothing, when it does or cannot be understood.
#[napi]
pub fn never_due_reason(schedule: String) -> Option<String> {
    Some(Schedule::parse(&schedule).ok()?.never_due()?.to_string())
}

fn utf16_offset(text: &str, byte_offset: usize) -> u32 {
    let before = text.get(..byte_offset).unwrap_or(text);
    u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
}

/// Plans in use, by what they were made of: hosts register thousands of jobs under a few texts.
static PLANS: Lazy<Shared<PlanKey, Plan>> = Lazy::new(Shared::new);

/// Text, name of the zone, rule for clock changes.
type PlanKey = (Box<str>, Option<Box<str>>, ClockChange);

/// The plan of a job's schedule.
pub(super) fn plan(text: &str, options: &ScheduleOptions) -> Result<Arc<Plan>, Error> {
    let clock_change = clock_change(options)?;
    let key = (Box::from(text), options.timezone.as_deref().map(Box::from), clock_change);
    PLANS.get_or_try_make(key, || read_plan(text, options))
}

fn read_plan(text: &str, options: &ScheduleOptions) -> Result<Plan, Error> {
    let schedule = Schedule::parse(text).map_err(|error| bad_schedule(&error))?;
    let zone = zone::resolve(options.timezone.as_deref()).map_err(|error| bad_zone(&error))?;
    Ok(Plan { text: Arc::from(text), schedule, zone, clock_change: clock_change(options)? })
}

fn clock_change(options: &ScheduleOptions) -> Result<ClockChange, Error> {
    match options.dst.as_deref() {
        None => Ok(ClockChange::Debian),
        Some("upstream") => Ok(ClockChange::Upstream),
        Some(other) => Err(bad_value(format!("dst is '{other}', expected 'upstream' or nothing"))),
    }
}
