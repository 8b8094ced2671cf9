//! The `cron` crate as a second opinion, on what both understand alike: fields of numbers with no `*` in
//! the seconds, days of the week counted from 1 there.

use std::str::FromStr;

use proptest::prelude::*;

use super::{ClockChange, Schedule, place};

fn field(min: u32, max: u32) -> impl Strategy<Value = Vec<u32>> {
    prop_oneof![Just(Vec::new()), prop::collection::vec(min..=max, 1..4)]
}

fn text_of(values: &[u32], shift: u32) -> String {
    match values {
        [] => "*".to_owned(),
        values => values.iter().map(|value| (value + shift).to_string()).collect::<Vec<_>>().join(","),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn both_find_the_same_runs(
        seconds in prop::collection::vec(0_u32..60, 1..4),
        minutes in field(0, 59),
        hours in field(0, 23),
        days in field(1, 28),
        months in field(1, 12),
        weekdays in field(0, 6),
        from in 1_700_000_000_i64..2_000_000_000,
    ) {
        let line = |weekday_shift| {
            let fields = [(&seconds, 0), (&minutes, 0), (&hours, 0), (&days, 0), (&months, 0), (&weekdays, weekday_shift)];
            fields.map(|(values, shift)| text_of(values, shift)).join(" ")
        };
        let place = place("UTC", ClockChange::Debian, jiff::Timestamp::UNIX_EPOCH);
        let start = jiff::Timestamp::from_second(from).unwrap();
        let schedule = Schedule::parse(&line(0)).unwrap();
        let ours: Vec<i64> = schedule.upcoming(start, &place).take(5).map(jiff::Timestamp::as_second).collect();
        let theirs = cron::Schedule::from_str(&line(1)).unwrap();
        let start = chrono::DateTime::from_timestamp(from, 0).unwrap();
        // The crate ends with the year 2100.
        let theirs: Vec<i64> = theirs.after(&start).take(5).map(|due| due.timestamp()).collect();
        prop_assert_eq!(&ours[..theirs.len()], &theirs[..], "{}", line(0));
    }
}
