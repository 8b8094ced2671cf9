//! What is said of texts that other schedulers read, and of slips that are usual: the form is named, and what is
//! suggested in its place is a schedule.

use super::Schedule;
use super::errors::reports;

const FOREIGN: [&str; 29] = [
    "TZ=Europe/Berlin 0 9 * * *",
    "CRON_TZ=UTC 0 9 * * *",
    "@reboot",
    "@every 1h30m",
    "H H H H H",
    "H/15 * * * *",
    "H(0-29)/10 * * * *",
    "H H(0-7) * * 1-5",
    "cron(0 10 ? * 2-6 *)",
    "cron(0 10 ? * 6#3 *)",
    "cron(15 12 * * ? 2026)",
    "rate(5 minutes)",
    "at(2026-11-20T13:00:00)",
    "*-*-* 04:00:00",
    "*-01-02..05/2 09:30",
    "2026-*-* 04:00",
    "Mon..Fri 09:00",
    "Mon,Wed *-*-* 00:00:00",
    "*:0/15",
    "OnCalendar=Mon *-*-* 00:00:00",
    "*-*~03 00:00:00",
    "0 0 12 ? * 2-6 *",
    "0 0 12 1 1 ? 2026",
    "*/5 * * * * # every five minutes",
    "0 5 * * * /usr/bin/backup --all",
    "0 5 * * * node job.js",
    "0 5 * * * ./backup.sh",
    "\"0 9 * * *\"",
    "'every 5 minutes'",
];

const SLIPS: [&str; 21] = [
    "5",
    "* * * *",
    "0 9 * * 1 - 5",
    "0 9 * * 1, 5",
    "0 24 * * *",
    "0 0-24 * * *",
    "0 24,12 * * *",
    "60 * * * *",
    "0 25 * * *",
    "*/60 * * * *",
    "0 */60 * * * *",
    "0 */24 * * *",
    "*/90 * * * *",
    "*/90 9 * * *",
    "0 22-2 * * *",
    "0 22-2/2 * * *",
    "0 0 * NOV-FEB *",
    "0 0 * * FRI-MON",
    "0 0 * * 1,5-2",
    "at 24:00",
    "every 1h 30m",
];

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn forms_of_other_schedulers_are_named() {
    insta::assert_snapshot!(reports(&FOREIGN), @r##"
    TZ=Europe/Berlin 0 9 * * *
    ^^^^^^^^^^^^^^^^
    a time zone in front of a cron line is not read here, give it as the option "timezone", at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 9 * * *

    CRON_TZ=UTC 0 9 * * *
    ^^^^^^^^^^^
    a time zone in front of a cron line is not read here, give it as the option "timezone", at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 9 * * *

    @reboot
    ^^^^^^^
    "@reboot" is no time, a job without "at" runs as soon as it is added, at character 1 (SCHEDULE_FOREIGN_FORM)

    @every 1h30m
    ^^^^^^
    "@every" is a form of Go, the interval alone is enough here, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 1h30m

    H H H H H
    ^
    "H" is a form of Jenkins that spreads jobs, write a number of your own, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 0 1 1 1

    H/15 * * * *
    ^^^^
    "H" is a form of Jenkins that spreads jobs, write a number of your own, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: */15 * * * *

    H(0-29)/10 * * * *
    ^^^^^^^^^^
    "H" is a form of Jenkins that spreads jobs, write a number of your own, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0-29/10 * * * *

    H H(0-7) * * 1-5
    ^
    "H" is a form of Jenkins that spreads jobs, write a number of your own, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 0 * * 1-5

    cron(0 10 ? * 2-6 *)
    ^^^^^^^^^^^^^^^^^^^^
    "cron()" is a form of AWS, without seconds, with days of the week from 1 and with a year, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 10 ? * 1-5

    cron(0 10 ? * 6#3 *)
    ^^^^^^^^^^^^^^^^^^^^
    "cron()" is a form of AWS, without seconds, with days of the week from 1 and with a year, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 10 ? * 5#3

    cron(15 12 * * ? 2026)
    ^^^^^^^^^^^^^^^^^^^^^^
    "cron()" is a form of AWS, without seconds, with days of the week from 1 and with a year, at character 1 (SCHEDULE_FOREIGN_FORM)

    rate(5 minutes)
    ^^^^^^^^^^^^^^^
    "rate()" is a form of AWS, the interval alone is enough here, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 5 minutes

    at(2026-11-20T13:00:00)
    ^^^^^^^^^^^^^^^^^^^^^^^
    "at()" is a form of AWS, the date alone is enough here, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 2026-11-20T13:00:00

    *-*-* 04:00:00
    ^^^^^^^^^^^^^^
    this is a calendar event of systemd, write it as cron or as a sentence, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 0 4 * * *

    *-01-02..05/2 09:30
    ^^^^^^^^^^^^^^^^^^^
    this is a calendar event of systemd, write it as cron or as a sentence, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 30 9 02-05/2 1 *

    2026-*-* 04:00
    ^^^^^^^^^^^^^^
    this is a calendar event of systemd, write it as cron or as a sentence, at character 1 (SCHEDULE_FOREIGN_FORM)

    Mon..Fri 09:00
    ^^^^^^^^^^^^^^
    this is a calendar event of systemd, write it as cron or as a sentence, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 0 9 * * Mon-Fri

    Mon,Wed *-*-* 00:00:00
    ^^^^^^^^^^^^^^^^^^^^^^
    this is a calendar event of systemd, write it as cron or as a sentence, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 0 0 * * Mon,Wed

    *:0/15
    ^^^^^^
    this is a calendar event of systemd, write it as cron or as a sentence, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 0/15 * * * *

    OnCalendar=Mon *-*-* 00:00:00
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    this is a calendar event of systemd, write it as cron or as a sentence, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 0 0 * * Mon

    *-*~03 00:00:00
    ^^^^^^^^^^^^^^^
    this is a calendar event of systemd, write it as cron or as a sentence, at character 1 (SCHEDULE_FOREIGN_FORM)

    0 0 12 ? * 2-6 *
                   ^
    a seventh field is the year of Quartz, which cron has not, a sentence can name it ("in 2027"), at character 16 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 0 12 ? * 1-5

    0 0 12 1 1 ? 2026
                 ^^^^
    a seventh field is the year of Quartz, which cron has not, a sentence can name it ("in 2027"), at character 14 (SCHEDULE_FOREIGN_FORM)

    */5 * * * * # every five minutes
                ^^^^^^^^^^^^^^^^^^^^
    a comment is no part of a schedule, at character 13 (SCHEDULE_FOREIGN_FORM)
    perhaps: */5 * * * *

    0 5 * * * /usr/bin/backup --all
              ^^^^^^^^^^^^^^^^^^^^^
    a command is no part of a schedule, it is the "job", at character 11 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 5 * * *

    0 5 * * * node job.js
              ^^^^^^^^^^^
    a command is no part of a schedule, it is the "job", at character 11 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 5 * * *

    0 5 * * * ./backup.sh
              ^^^^^^^^^^^
    a command is no part of a schedule, it is the "job", at character 11 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 5 * * *

    "0 9 * * *"
    ^^^^^^^^^^^
    quotation marks are no part of a schedule, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: 0 9 * * *

    'every 5 minutes'
    ^^^^^^^^^^^^^^^^^
    quotation marks are no part of a schedule, at character 1 (SCHEDULE_FOREIGN_FORM)
    perhaps: every 5 minutes
    "##);
}

#[test]
fn usual_slips_get_what_was_meant() {
    insta::assert_snapshot!(reports(&SLIPS), @r##"
    5
    ^
    cron needs five or six fields and this has 1, at character 1 (SCHEDULE_FIELD_COUNT)
    expected: second, minute, hour, day of the month, month, day of the week
    perhaps: 5 minutes

    * * * *
    ^^^^^^^
    cron needs five or six fields and this has 4, at character 1 (SCHEDULE_FIELD_COUNT)
    expected: second, minute, hour, day of the month, month, day of the week

    0 9 * * 1 - 5
    ^^^^^^^^^^^^^
    cron needs five or six fields and this has 7, at character 1 (SCHEDULE_FIELD_COUNT)
    expected: second, minute, hour, day of the month, month, day of the week
    perhaps: 0 9 * * 1-5

    0 9 * * 1, 5
              ^
    a value is missing here, at character 11 (SCHEDULE_MISSING_VALUE)
    perhaps: 0 9 * * 1,5

    0 24 * * *
      ^^
    the hour must be from 0 to 23, at character 3 (SCHEDULE_OUT_OF_RANGE)
    perhaps: 0 0 * * *

    0 0-24 * * *
        ^^
    the hour must be from 0 to 23, at character 5 (SCHEDULE_OUT_OF_RANGE)
    perhaps: 0 0-23 * * *

    0 24,12 * * *
      ^^
    the hour must be from 0 to 23, at character 3 (SCHEDULE_OUT_OF_RANGE)
    perhaps: 0 0,12 * * *

    60 * * * *
    ^^
    the minute must be from 0 to 59, at character 1 (SCHEDULE_OUT_OF_RANGE)
    perhaps: 0 * * * *

    0 25 * * *
      ^^
    the hour must be from 0 to 23, at character 3 (SCHEDULE_OUT_OF_RANGE)

    */60 * * * *
      ^^
    a step can be at most 59 here, at character 3 (SCHEDULE_STEP_TOO_LARGE)
    perhaps: 0 * * * *

    0 */60 * * * *
        ^^
    a step can be at most 59 here, at character 5 (SCHEDULE_STEP_TOO_LARGE)
    perhaps: 0 0 * * * *

    0 */24 * * *
        ^^
    a step can be at most 23 here, at character 5 (SCHEDULE_STEP_TOO_LARGE)
    perhaps: 0 0 * * *

    */90 * * * *
      ^^
    a step can be at most 59 here, at character 3 (SCHEDULE_STEP_TOO_LARGE)
    perhaps: every 90 minutes

    */90 9 * * *
      ^^
    a step can be at most 59 here, at character 3 (SCHEDULE_STEP_TOO_LARGE)

    0 22-2 * * *
      ^^^^
    a range cannot end before it begins, at character 3 (SCHEDULE_REVERSED_RANGE)
    perhaps: 0 22-23,0-2 * * *

    0 22-2/2 * * *
      ^^^^
    a range cannot end before it begins, at character 3 (SCHEDULE_REVERSED_RANGE)
    perhaps: 0 22,0,2 * * *

    0 0 * NOV-FEB *
          ^^^^^^^
    a range cannot end before it begins, at character 7 (SCHEDULE_REVERSED_RANGE)
    perhaps: 0 0 * NOV-DEC,JAN-FEB *

    0 0 * * FRI-MON
            ^^^^^^^
    a range cannot end before it begins, at character 9 (SCHEDULE_REVERSED_RANGE)
    perhaps: 0 0 * * FRI-SAT,SUN-MON

    0 0 * * 1,5-2
              ^^^
    a range cannot end before it begins, at character 11 (SCHEDULE_REVERSED_RANGE)
    perhaps: 0 0 * * 1,5-6,0-2

    at 24:00
       ^^
    the hour must be from 0 to 23, at character 4 (SCHEDULE_OUT_OF_RANGE)
    perhaps: 00:00

    every 1h 30m
             ^^
    this is not understood here, at character 10 (SCHEDULE_UNEXPECTED)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except
    perhaps: 1h 30m
    "##);
}

#[test]
fn characters_that_cannot_be_seen_or_look_like_others_are_named() {
    for (text, message, suggestion) in [
        ("0\u{a0}9 * * *", "this is a no-break space (U+00A0), at character 2", Some("0 9 * * *")),
        (
            "\u{feff}every 5 minutes",
            "this is a byte order mark (U+FEFF), at character 1",
            Some("every 5 minutes"),
        ),
        ("0 9\u{2013}17 * * *", "this is an en dash (U+2013), at character 4", Some("0 9-17 * * *")),
        ("every 5\u{200b} minuets", "this is a zero-width space (U+200B), at character 8", None),
    ] {
        let error = Schedule::parse(text).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.suggestion()), (message, suggestion), "{text}");
        assert_eq!(error.code(), "SCHEDULE_LOOKALIKE");
    }
}

#[test]
fn what_is_suggested_for_them_is_a_schedule() {
    for text in FOREIGN.iter().chain(&SLIPS).filter(|text| **text != "at 24:00") {
        let error = Schedule::parse(text).unwrap_err();
        if let Some(suggestion) = error.suggestion() {
            assert!(Schedule::parse(suggestion).is_ok(), "{text}: {suggestion}");
        }
    }
}

#[test]
fn a_schedule_is_never_taken_for_a_foreign_form() {
    for text in ["@daily", "0 0 12 ? * 2-6", "Mon-Fri 09:00", "monday 9:00", "hourly", "2026-01-01T09:00"] {
        assert!(Schedule::parse(text).is_ok(), "{text}");
    }
}
