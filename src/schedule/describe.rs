//! Schedules in plain English.

use super::{Form, Schedule};

impl Schedule {
    /// The schedule in plain English ("every 5 minutes, on the minute").
    pub fn describe(&self) -> String {
        match &self.0 {
            Form::Every(interval) => format!("every {:#}", interval.duration()),
            form => format!("{form:?}"),
        }
    }
}
