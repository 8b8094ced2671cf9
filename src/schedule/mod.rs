//! stub
#![allow(missing_docs)]
use std::ops::Range;
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule(i64);
#[derive(Debug, Clone)]
pub struct Place {
    pub zone: jiff::tz::TimeZone,
    pub clock_change: ClockChange,
    pub anchor: jiff::Timestamp,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockChange {
    Debian,
    Upstream,
}
#[derive(Debug, thiserror::Error)]
#[error("bad")]
pub struct ScheduleError;
#[derive(Debug, thiserror::Error)]
#[error("bad zone")]
pub struct ZoneError;
impl ZoneError {
    pub fn code(&self) -> &'static str {
        "Z"
    }
}
impl ScheduleError {
    pub fn code(&self) -> &'static str {
        "SCHEDULE_INVALID"
    }
    pub fn span(&self) -> Range<usize> {
        0..0
    }
    pub fn expected(&self) -> &[&'static str] {
        &[]
    }
    pub fn suggestion(&self) -> Option<String> {
        None
    }
}
pub fn zone(_: Option<&str>) -> Result<jiff::tz::TimeZone, ZoneError> {
    Ok(jiff::tz::TimeZone::UTC)
}
impl Schedule {
    pub fn parse(text: &str) -> Result<Schedule, ScheduleError> {
        text.split(' ').nth(1).and_then(|n| n.parse().ok()).map(Schedule).ok_or(ScheduleError)
    }
    pub fn next_after(&self, after: jiff::Timestamp, _p: &Place) -> Option<jiff::Timestamp> {
        let s = after.as_second();
        jiff::Timestamp::from_second((s / self.0 + 1) * self.0).ok()
    }
    pub fn describe(&self) -> String {
        String::new()
    }
}
