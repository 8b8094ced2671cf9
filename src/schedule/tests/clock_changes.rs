//! Changes of the clocks: tables of single ones, and every day of two years by brute force.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::{ClockChange, Schedule, place, runs_on};

/// Zones of all kinds: shifts of an hour, of 30 minutes, none at all; northern and southern; a gap or a fold
/// at midnight; offsets off the hour; daylight saving time below standard time (Dublin); twice a year around
/// Ramadan (Casablanca).
const ZONES: [&str; 16] = [
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "America/Santiago",
    "America/Havana",
    "Africa/Cairo",
    "Africa/Casablanca",
];

/// Every change of the clocks in these zones falls on a quarter of an hour, between 22:00 and 05:00.
const GRID_SECONDS: i64 = 15 * 60;

/// The quarters of an hour of two years, each with what the wall clock shows.
fn grid(zone: &TimeZone) -> Vec<(Timestamp, DateTime)> {
    let start: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    (0..731 * 96)
        .map(|step| {
            let instant = Timestamp::from_second(start.as_second() + step * GRID_SECONDS).unwrap();
            (instant, zone.to_datetime(instant))
        })
        .collect()
}

fn all_runs(
    at: &str,
    zone_name: &str,
    clock_change: ClockChange,
    grid: &[(Timestamp, DateTime)],
) -> Vec<Timestamp> {
    let (first, last) = (grid[0].0, grid[grid.len() - 1].0);
    let place = place(zone_name, clock_change, first);
    // Step by step, not by `upcoming`: each answer must stand alone.
    let schedule = Schedule::parse(at).unwrap();
    let before_first = Timestamp::from_second(first.as_second() - 1).unwrap();
    std::iter::successors(schedule.next_after(before_first, &place), |due| schedule.next_after(*due, &place))
        .take_while(|due| *due <= last)
        .collect()
}

#[test]
fn a_job_at_a_fixed_time_runs_once_on_each_day_just_after_a_gap() {
    for zone_name in ZONES {
        let grid = grid(&place(zone_name, ClockChange::Debian, Timestamp::UNIX_EPOCH).zone);
        for quarter in (0..20).chain(88..96) {
            let (hour, minute) = (quarter / 4, quarter % 4 * 15);
            let mut expected: Vec<(Date, Timestamp)> = Vec::new();
            for &(instant, wall) in &grid {
                let reached = (wall.hour(), wall.minute()) >= (hour, minute);
                if reached && expected.last().is_none_or(|(date, _)| *date < wall.date()) {
                    expected.push((wall.date(), instant));
                }
            }
            // The grid may begin in the middle of a day, after its run.
            let whole_days = |runs: Vec<Timestamp>| runs.into_iter().skip(1).collect::<Vec<_>>();
            let expected = whole_days(expected.into_iter().map(|(_, instant)| instant).collect());
            let mut runs =
                all_runs(&format!("0 {minute} {hour} * * *"), zone_name, ClockChange::Debian, &grid);
            runs.retain(|due| *due >= expected[0]);
            assert_eq!(runs, expected, "{hour}:{minute:02} in {zone_name}");
        }
    }
}

#[test]
fn a_job_on_a_wildcard_or_interval_runs_whenever_the_clock_shows_its_time() {
    type Shows = fn(DateTime) -> bool;
    let jobs: [(&str, Shows); 4] = [
        ("every 15 minutes", |_| true),
        ("0 30 * * * *", |wall| wall.minute() == 30),
        ("every 2 hours", |wall| wall.hour() % 2 == 0 && wall.minute() == 0),
        ("0 */30 1-3 * * *", |wall| wall.minute() % 30 == 0 && (1..=3).contains(&wall.hour())),
    ];
    for zone_name in ZONES {
        let grid = grid(&place(zone_name, ClockChange::Debian, Timestamp::UNIX_EPOCH).zone);
        for (at, shows) in jobs {
            let expected: Vec<_> =
                grid.iter().filter(|(_, wall)| shows(*wall)).map(|(instant, _)| *instant).collect();
            assert_eq!(all_runs(at, zone_name, ClockChange::Debian, &grid), expected, "{at} in {zone_name}");
        }
    }
}

#[test]
fn upstream_runs_cron_whenever_the_clock_shows_its_time() {
    for zone_name in ZONES {
        let grid = grid(&place(zone_name, ClockChange::Upstream, Timestamp::UNIX_EPOCH).zone);
        for hour in 0..4 {
            let shown = |wall: &DateTime| wall.hour() == hour && wall.minute() == 30;
            let expected: Vec<_> =
                grid.iter().filter(|(_, wall)| shown(wall)).map(|(instant, _)| *instant).collect();
            let at = format!("0 30 {hour} * * *");
            assert_eq!(
                all_runs(&at, zone_name, ClockChange::Upstream, &grid),
                expected,
                "{at} in {zone_name}"
            );
        }
    }
}

/// What the clock shows on the days around a change, by job and rule.
#[test]
fn single_changes() {
    use ClockChange::{Debian, Upstream};
    let new_york = |rule, at, from, count| runs_on("America/New_York", rule, at, from, count);
    // 2026-03-08, 02:00 -> 03:00.
    let before_gap = "2026-03-07T12:00:00Z";
    assert_eq!(
        new_york(Debian, "0 30 2 * * *", before_gap, 2),
        ["2026-03-08 03:00:00 -04:00", "2026-03-09 02:30:00 -04:00"]
    );
    assert_eq!(new_york(Upstream, "0 30 2 * * *", before_gap, 1), ["2026-03-09 02:30:00 -04:00"]);
    assert_eq!(new_york(Debian, "at 2:30 am", before_gap, 1), ["2026-03-08 03:00:00 -04:00"]);
    assert_eq!(new_york(Upstream, "at 2:30 am", before_gap, 1), ["2026-03-09 02:30:00 -04:00"]);
    // Several times in the gap are one run after it, and a time that is there anyway is no second one.
    assert_eq!(
        new_york(Debian, "0 0,30 2,3 * * *", before_gap, 3),
        ["2026-03-08 03:00:00 -04:00", "2026-03-08 03:30:00 -04:00", "2026-03-09 02:00:00 -04:00"]
    );
    assert_eq!(new_york(Debian, "0 */20 2 * * *", before_gap, 1), ["2026-03-09 02:00:00 -04:00"]);
    // 2026-11-01, 02:00 -> 01:00.
    let before_fold = "2026-10-31T12:00:00Z";
    assert_eq!(
        new_york(Debian, "0 30 1 * * *", before_fold, 2),
        ["2026-11-01 01:30:00 -04:00", "2026-11-02 01:30:00 -05:00"]
    );
    assert_eq!(
        new_york(Upstream, "0 30 1 * * *", before_fold, 3),
        ["2026-11-01 01:30:00 -04:00", "2026-11-01 01:30:00 -05:00", "2026-11-02 01:30:00 -05:00"]
    );
    assert_eq!(
        new_york(Upstream, "at 1:30 am", before_fold, 2),
        ["2026-11-01 01:30:00 -04:00", "2026-11-02 01:30:00 -05:00"]
    );
    assert_eq!(
        new_york(Debian, "0 0 */1 * * *", "2026-11-01T04:30:00Z", 4),
        [
            "2026-11-01 01:00:00 -04:00",
            "2026-11-01 01:00:00 -05:00",
            "2026-11-01 02:00:00 -05:00",
            "2026-11-01 03:00:00 -05:00"
        ]
    );
    // From within the second half of the fold a fixed time is over.
    assert_eq!(new_york(Debian, "0 45 1 * * *", "2026-11-01T06:15:00Z", 1), ["2026-11-02 01:45:00 -05:00"]);
    // Elapsed time knows no clock.
    assert_eq!(
        new_york(Debian, "every 90 minutes", "2026-11-01T05:00:00Z", 2),
        ["2026-11-01 01:30:00 -05:00", "2026-11-01 03:00:00 -05:00"]
    );
}

#[test]
fn half_hour_shifts_and_midnights() {
    use ClockChange::{Debian, Upstream};
    // Lord Howe Island, 2026-10-04, 02:00 -> 02:30, and 2026-04-05, 02:00 -> 01:30.
    let lord_howe = |at, from, count| runs_on("Australia/Lord_Howe", Debian, at, from, count);
    let before_gap = "2026-10-03T12:00:00Z";
    assert_eq!(lord_howe("0 15 2 * * *", before_gap, 1), ["2026-10-04 02:30:00 +11:00"]);
    assert_eq!(
        runs_on("Australia/Lord_Howe", Upstream, "0 15 2 * * *", before_gap, 1),
        ["2026-10-05 02:15:00 +11:00"]
    );
    assert_eq!(
        lord_howe("0 45 1 * * *", "2026-04-04T12:00:00Z", 2),
        ["2026-04-05 01:45:00 +11:00", "2026-04-06 01:45:00 +10:30"]
    );
    assert_eq!(
        lord_howe("every 30 minutes", "2026-04-04T14:00:00Z", 4),
        [
            "2026-04-05 01:30:00 +11:00",
            "2026-04-05 01:30:00 +10:30",
            "2026-04-05 02:00:00 +10:30",
            "2026-04-05 02:30:00 +10:30"
        ]
    );
    // Cairo, 2026-04-24, 00:00 -> 01:00: the day begins at one.
    for rule in [Debian, Upstream] {
        assert_eq!(
            runs_on("Africa/Cairo", rule, "every weekday", "2026-04-23T12:00:00Z", 2),
            ["2026-04-24 01:00:00 +03:00", "2026-04-27 00:00:00 +03:00"]
        );
        // Havana, 2024-11-03, 01:00 -> 00:00: the day begins twice, its job once.
        assert_eq!(
            runs_on("America/Havana", rule, "every 1 day", "2024-11-02T12:00:00Z", 2),
            ["2024-11-03 00:00:00 -04:00", "2024-11-04 00:00:00 -05:00"]
        );
    }
    // Samoa had no 30th of December in 2011.
    assert_eq!(
        runs_on("Pacific/Apia", Debian, "0 0 12 * * *", "2011-12-29T00:00:00Z", 2),
        ["2011-12-29 12:00:00 -10:00", "2011-12-31 12:00:00 +14:00"]
    );
}

#[test]
fn a_date_in_a_gap_runs_after_it_and_one_in_a_fold_the_first_time() {
    let once = |at| runs_on("America/New_York", ClockChange::Debian, at, "2026-01-01T00:00:00Z", 2);
    assert_eq!(once("2026-03-08T02:30:00"), ["2026-03-08 03:00:00 -04:00"]);
    assert_eq!(once("2026-11-01T01:30:00"), ["2026-11-01 01:30:00 -04:00"]);
    assert_eq!(once("2026-11-01T01:30:00-05:00"), ["2026-11-01 01:30:00 -05:00"]);
}

#[test]
fn each_value_of_a_range_or_list_is_a_fixed_time() {
    let runs = |at, from, count| {
        let runs = runs_on("America/New_York", ClockChange::Debian, at, from, count);
        runs.into_iter().map(|run| run[5..].to_owned()).collect::<Vec<_>>()
    };
    for at in ["0 30 1-3 * * *", "0 30 1,2,3 * * *"] {
        // 02:00 to 03:00 does not exist.
        let spring = runs(at, "2026-03-08T05:00:00Z", 4);
        assert_eq!(
            spring,
            [
                "03-08 01:30:00 -05:00",
                "03-08 03:00:00 -04:00",
                "03-08 03:30:00 -04:00",
                "03-09 01:30:00 -04:00"
            ]
        );
        // 01:00 to 02:00 exists twice.
        let autumn = runs(at, "2026-11-01T04:30:00Z", 4);
        assert_eq!(
            autumn,
            [
                "11-01 01:30:00 -04:00",
                "11-01 02:30:00 -05:00",
                "11-01 03:30:00 -05:00",
                "11-02 01:30:00 -05:00"
            ]
        );
    }
    // A step follows elapsed time, unless it leaves one value alone.
    assert_eq!(
        runs("0 30 1-3/2 * * *", "2026-11-01T04:30:00Z", 2),
        ["11-01 01:30:00 -04:00", "11-01 01:30:00 -05:00"]
    );
    assert_eq!(
        runs("0 30 1-3/5 * * *", "2026-11-01T04:30:00Z", 2),
        ["11-01 01:30:00 -04:00", "11-02 01:30:00 -05:00"]
    );
}
