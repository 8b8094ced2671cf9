//! Tests of the room as a whole.

mod advice;
mod clock_changes;
mod corpus;
mod corrections;
mod descriptions;
mod documentation;
mod errors;
mod properties;
mod second_opinion;
mod sentences;

use jiff::Timestamp;

use super::{ClockChange, Place, Schedule, zone};

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn place(zone_name: &str, clock_change: ClockChange, anchor: Timestamp) -> Place {
    Place { zone: zone::resolve(Some(zone_name)).unwrap(), clock_change, anchor }
}

/// The next `count` runs after `from` on the wall clock of `zone_name`, with the offset then in force.
fn runs_on(zone_name: &str, clock_change: ClockChange, at: &str, from: &str, count: usize) -> Vec<String> {
    let from = instant(from);
    let place = place(zone_name, clock_change, from);
    let schedule = Schedule::parse(at).unwrap();
    schedule
        .upcoming(from, &place)
        .take(count)
        .map(|due| due.to_zoned_datetime(place.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string())
        .collect()
}

#[test]
fn a_schedule_is_small() {
    // A host may keep a hundred thousand.
    assert!(size_of::<Schedule>() <= 48, "{}", size_of::<Schedule>());
    assert!(size_of::<super::rare::Rare>() <= 256, "{}", size_of::<super::rare::Rare>());
}
