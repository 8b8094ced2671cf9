//! Where `@breejs/later` and the old package are wrong: what is right. The page on schedules sets both results
//! side by side.

use super::{ClockChange, Schedule, instant, runs_on};

/// Sunday, a quarter past ten and ten seconds.
const FROM: &str = "2026-03-01T10:15:10Z";

#[test]
fn next_runs_that_differ() {
    let corrected: [(&str, &[&str]); 23] = [
        // later: hourly, and daily.
        ("every 90 minutes", &["03-01 11:45:10", "03-01 13:15:10"]),
        ("every 36 hours", &["03-02 22:15:10", "03-04 10:15:10"]),
        // later: begins anew in each hour, four minutes after the last run.
        ("every 7 minutes", &["03-01 10:22:10", "03-01 10:29:10"]),
        // later: monthly.
        ("every 40 days", &["04-10 10:15:10", "05-20 10:15:10"]),
        // later: the 1st of March 2526 and of each 500th year, and the 1st of July 2275.
        ("0 0 0 30 2 *", &[]),
        ("0 0 0 31 4,6 *", &[]),
        // later: Saturday.
        ("0 0 0 * * 7", &["03-08 00:00:00", "03-15 00:00:00"]),
        ("0 0 0 * * 5-7", &["03-06 00:00:00", "03-07 00:00:00", "03-08 00:00:00"]),
        // later: each minute.
        ("0 0-0 * * * *", &["03-01 11:00:00", "03-01 12:00:00"]),
        // later: only the last day, and only December.
        ("0 0 0 0,5 * *", &["03-05 00:00:00", "03-31 00:00:00"]),
        ("0 0 0 5 0,6 *", &["06-05 00:00:00", "12-05 00:00:00"]),
        // later: only the first one named.
        ("on friday and monday", &["03-02 00:00:00", "03-06 00:00:00"]),
        ("at 5:00 pm and 10:15 am", &["03-01 17:00:00", "03-02 10:15:00"]),
        ("on the 30th and 10th minute", &["03-01 10:30:00", "03-01 11:10:00"]),
        ("every 2 hours every 3 hours", &["03-01 12:00:00", "03-01 14:00:00", "03-01 15:00:00"]),
        // later: Saturdays, and December.
        ("on fri through mon", &["03-02 00:00:00", "03-06 00:00:00"]),
        ("of nov through feb", &["11-01 00:00:00", "12-01 00:00:00"]),
        // later: never.
        ("of september except on tuesday", &["09-02 00:00:00", "09-01 00:00:00"]),
        // later: throws a TypeError.
        ("every 12 hours except on monday except on tuesday", &["03-01 12:00:00", "03-04 00:00:00"]),
        // later: twice a month, on the 22nd and the 29th.
        ("on the last day instance", &["03-25 00:00:00", "04-24 00:00:00"]),
        // later: on the 31st of December 2029.
        ("on the first week of the year in 2030", &["01-01 00:00:00", "12-30 00:00:00"]),
        // later: the first "after" and the last "before" alone.
        ("on the 30th minute after 9:00 am after 11:00 am", &["03-01 11:30:00", "03-01 12:30:00"]),
        (
            "on the 30th minute before 1:00 pm before 3:00 pm",
            &["03-01 10:30:00", "03-01 11:30:00", "03-01 12:30:00", "03-02 00:30:00"],
        ),
    ];
    for (at, expected) in corrected {
        let runs = runs_on("UTC", ClockChange::Debian, at, FROM, expected.len().max(1));
        let runs: Vec<&str> = runs.iter().map(|run| &run[5..19]).collect();
        assert_eq!(runs, expected, "{at}");
    }
}

#[test]
fn no_run_is_outside_of_a_limit() {
    // later: at ten.
    let runs = runs_on("UTC", ClockChange::Debian, "every 2 hours after 10:30 am", "2026-03-01T00:00:00Z", 1);
    assert_eq!(runs, ["2026-03-01 12:00:00 +00:00"]);
}

#[test]
fn texts_that_later_understands_by_half_are_errors() {
    for at in [
        "every 0 seconds",
        "every 20 months",
        "every 90 minutes on monday",
        "every 5 minutes between the 10th",
        "every 5 minutes between the 50th and 10th",
        "every 15 minutes between the 5th and 90th",
        "every 5 minutes starting on the 70th minute",
        "every 10 minutes also",
        "on the 70th minute",
        "on the 32nd day",
        "on the 5th through 3rd hour",
        "after 24th hour",
        "of ma",
        "in 2150",
        "0 1e1 * * * *",
        "0 0x5 * * * *",
        "0 5.0 * * * *",
        "0 +5 * * * *",
    ] {
        assert!(Schedule::parse(at).is_err(), "{at}");
    }
}

#[test]
fn a_run_less_than_a_second_away_is_not_dropped() {
    let place = super::place("UTC", ClockChange::Debian, instant(FROM));
    let schedule = Schedule::parse("0 * * * * *").unwrap();
    let due = schedule.next_after(instant("2026-03-01T10:15:59.999Z"), &place);
    assert_eq!(due, Some(instant("2026-03-01T10:16:00Z")));
}
