//! Properties that hold for each schedule, instant and zone.

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

use super::{ClockChange, Place, Schedule, place};

/// Texts of both grammars, most of them valid.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![3 => cron_lines(), 3 => sentences(), 1 => intervals_and_dates()]
}

fn cron_field(min: u32, max: u32) -> impl Strategy<Value = String> {
    let value = min..=max;
    let element = prop_oneof![
        3 => value.clone().prop_map(|value| value.to_string()),
        2 => (value.clone(), value).prop_map(|(left, right)| format!("{}-{}", left.min(right), left.max(right))),
        2 => (1..max).prop_map(|step| format!("*/{step}")),
    ];
    prop_oneof![
        2 => Just("*".to_owned()),
        3 => prop::collection::vec(element, 1..4).prop_map(|elements| elements.join(",")),
    ]
}

fn cron_lines() -> impl Strategy<Value = String> {
    let special_day = select(vec!["L", "LW", "15W", "L-3", "31", "29"]).prop_map(str::to_owned);
    let special_weekday = select(vec!["FRIL", "MON#2", "0L", "2#5", "SUN"]).prop_map(str::to_owned);
    (
        cron_field(0, 59),
        cron_field(0, 59),
        cron_field(0, 23),
        prop_oneof![3 => cron_field(1, 31), 1 => special_day],
        cron_field(1, 12),
        prop_oneof![3 => cron_field(0, 7), 1 => special_weekday],
    )
        .prop_map(|(second, minute, hour, day, month, weekday)| {
            format!("{second} {minute} {hour} {day} {month} {weekday}")
        })
}

fn sentences() -> impl Strategy<Value = String> {
    let parts = select(vec![
        "every 5 minutes",
        "every 7 minutes",
        "every 2 hours",
        "every 20 seconds",
        "every 3 days",
        "every weekday",
        "every weekend",
        "every 2 weeks",
        "every month",
        "at 2:30 am",
        "at 00:15, 1:30 am and 11:45 pm",
        "on the 29th day of the month",
        "on the last day of the month",
        "on the 2nd day instance",
        "on the last week of the year",
        "on the 366th day of the year",
        "on friday",
        "of february and november",
        "in 2028",
        "after 1:45 am",
        "before 3rd hour",
        "after 20th day",
        "also",
        "except",
    ]);
    prop::collection::vec(parts, 1..6).prop_map(|parts| parts.join(" "))
}

fn intervals_and_dates() -> impl Strategy<Value = String> {
    let texts = vec![
        "90s",
        "every 7 minutes",
        "every 40 days",
        "PT0.25S",
        "P1M",
        "P1M10DT5H",
        "P7M",
        "P2Y",
        "2027-03-14T02:30",
        "2027-11-07T01:30:00-05:00",
    ];
    select(texts).prop_map(str::to_owned)
}

/// Instants from 1971 to 2098, often near a change of the clocks.
fn instants() -> impl Strategy<Value = Timestamp> {
    // New York, 2026: 02:00 -> 03:00 and 02:00 -> 01:00.
    let change = select(vec![1_772_953_200_i64, 1_793_512_800]);
    let near = (change, -7_200_i64..7_200).prop_map(|(change, distance)| change + distance);
    let anywhere = 31_536_000_i64..4_039_372_800;
    (prop_oneof![near, anywhere], 0_i32..1_000_000_000)
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap())
}

fn places() -> impl Strategy<Value = Place> {
    let zones =
        select(vec!["UTC", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo"]);
    let rules = select(vec![ClockChange::Debian, ClockChange::Upstream]);
    (zones, rules, instants()).prop_map(|(zone, rule, anchor)| place(zone, rule, anchor))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_next_run_is_later_and_the_first_one(
        text in texts(),
        from in instants(),
        place in places(),
        between in 0.0..1.0_f64,
    ) {
        let Ok(schedule) = Schedule::parse(&text) else { return Ok(()) };
        let Some(due) = schedule.next_after(from, &place) else { return Ok(()) };
        prop_assert!(due > from, "{due} is not after {from}");
        // From anywhere before it the answer is the same: none was left out, none depends on the question.
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any instant between will do")]
        let step = ((due.as_nanosecond() - from.as_nanosecond()) as f64 * between) as i128;
        let inside = Timestamp::from_nanosecond((from.as_nanosecond() + step).min(due.as_nanosecond() - 1)).unwrap();
        prop_assert_eq!(schedule.next_after(inside, &place), Some(due), "asked at {}", inside);
    }

    #[test]
    fn a_series_of_runs_is_the_same_as_single_ones(text in texts(), from in instants(), place in places()) {
        let Ok(schedule) = Schedule::parse(&text) else { return Ok(()) };
        let series: Vec<_> = schedule.upcoming(from, &place).take(20).collect();
        let single = std::iter::successors(schedule.next_after(from, &place), |due| schedule.next_after(*due, &place));
        prop_assert_eq!(series, single.take(20).collect::<Vec<_>>());
    }

    #[test]
    fn any_text_is_a_schedule_or_an_error_within_it(text in "\\PC{0,60}") {
        match Schedule::parse(&text) {
            Ok(schedule) => prop_assert!(!schedule.describe().is_empty()),
            Err(error) => {
                let span = error.span();
                prop_assert!(span.start <= span.end && span.end <= text.len(), "{span:?}");
                prop_assert!(text.get(span).is_some(), "cuts a character");
            }
        }
    }
}
