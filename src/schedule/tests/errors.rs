//! Every message for a text that cannot be understood: the text, the place, the sentence and the code, what
//! was expected, what was probably meant.

use super::Schedule;

pub(super) fn report(text: &str) -> String {
    let error = Schedule::parse(text).unwrap_err();
    let span = error.span();
    let (column, width) = (text[..span.start].chars().count(), text[span].chars().count().max(1));
    let mut lines = vec![
        text.to_owned(),
        format!("{}{}", " ".repeat(column), "^".repeat(width)),
        format!("{error} ({})", error.code()),
    ];
    if !error.expected().is_empty() {
        lines.push(format!("expected: {}", error.expected().join(", ")));
    }
    if let Some(suggestion) = error.suggestion() {
        lines.push(format!("perhaps: {suggestion}"));
    }
    lines.join("\n")
}

pub(super) fn reports(texts: &[&str]) -> String {
    texts.iter().map(|text| report(text)).collect::<Vec<_>>().join("\n\n")
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn cron() {
    let texts = [
        "* * * *",
        "5",
        "61 * * * * *",
        "* * 24 * * *",
        "0 0 0 32 * *",
        "0 0 0 * * 8",
        "0 30-10 * * * *",
        "0 0 0 * * FRI-MON",
        "*/0 * * * * *",
        "*/70 * * * * *",
        "0 1,,2 * * * *",
        "0 5- * * * *",
        "0 /5 * * * *",
        "0 5x * * * *",
        "0 x * * * *",
        "? 0 0 * * *",
        "0 0 0 1,? * *",
        "0 0 0 * * MON#6",
        "0 0 0 * * 1#",
        "0 0 0 * JNA *",
        "0 0 0 * * FRYDAY",
        "0 0 0 * * MUN-FRI",
        "0 0 0 W * *",
        "0 0 0 32W * *",
        "0 0 0 L-31 * *",
        "0 L 0 * * *",
        "0 1#2 0 * * *",
        "@horly",
        "0 *-5 * * * *",
    ];
    insta::assert_snapshot!(reports(&texts), @r##"
    * * * *
    ^^^^^^^
    cron needs five or six fields and this has 4, at character 1 (SCHEDULE_FIELD_COUNT)
    expected: second, minute, hour, day of the month, month, day of the week

    5
    ^
    cron needs five or six fields and this has 1, at character 1 (SCHEDULE_FIELD_COUNT)
    expected: second, minute, hour, day of the month, month, day of the week
    perhaps: 5 minutes

    61 * * * * *
    ^^
    the second must be from 0 to 59, at character 1 (SCHEDULE_OUT_OF_RANGE)

    * * 24 * * *
        ^^
    the hour must be from 0 to 23, at character 5 (SCHEDULE_OUT_OF_RANGE)
    perhaps: * * 0 * * *

    0 0 0 32 * *
          ^^
    the day of the month must be from 1 to 31, at character 7 (SCHEDULE_OUT_OF_RANGE)

    0 0 0 * * 8
              ^
    the day of the week must be from 0 to 7, at character 11 (SCHEDULE_OUT_OF_RANGE)

    0 30-10 * * * *
      ^^^^^
    a range cannot end before it begins, at character 3 (SCHEDULE_REVERSED_RANGE)
    perhaps: 0 30-59,0-10 * * * *

    0 0 0 * * FRI-MON
              ^^^^^^^
    a range cannot end before it begins, at character 11 (SCHEDULE_REVERSED_RANGE)
    perhaps: 0 0 0 * * FRI-SAT,SUN-MON

    */0 * * * * *
      ^
    a step must be at least 1, at character 3 (SCHEDULE_ZERO_STEP)

    */70 * * * * *
      ^^
    a step can be at most 59 here, at character 3 (SCHEDULE_STEP_TOO_LARGE)
    perhaps: every 70 seconds

    0 1,,2 * * * *
        ^
    a value is missing here, at character 5 (SCHEDULE_MISSING_VALUE)

    0 5- * * * *
        ^
    a value is missing here, at character 5 (SCHEDULE_MISSING_VALUE)

    0 /5 * * * *
      ^
    a value is missing here, at character 3 (SCHEDULE_MISSING_VALUE)
    perhaps: 0 */5 * * * *

    0 5x * * * *
      ^^
    this is not a number, at character 3 (SCHEDULE_NOT_A_NUMBER)

    0 x * * * *
      ^
    this is not a number, at character 3 (SCHEDULE_NOT_A_NUMBER)

    ? 0 0 * * *
    ^
    "?" cannot stand here, at character 1 (SCHEDULE_MISPLACED)

    0 0 0 1,? * *
            ^
    "?" cannot stand here, at character 9 (SCHEDULE_MISPLACED)

    0 0 0 * * MON#6
                  ^
    the number after "#" must be from 1 to 5, at character 15 (SCHEDULE_OUT_OF_RANGE)

    0 0 0 * * 1#
                ^
    a value is missing here, at character 13 (SCHEDULE_MISSING_VALUE)

    0 0 0 * JNA *
            ^^^
    this is not a name of a month, at character 9 (SCHEDULE_UNKNOWN_NAME)
    expected: JAN, FEB, MAR, APR, MAY, JUN, JUL, AUG, SEP, OCT, NOV, DEC
    perhaps: JAN

    0 0 0 * * FRYDAY
              ^^^^^^
    this is not a name of a day of the week, at character 11 (SCHEDULE_UNKNOWN_NAME)
    expected: SUN, MON, TUE, WED, THU, FRI, SAT
    perhaps: FRIDAY

    0 0 0 * * MUN-FRI
              ^^^
    this is not a name of a day of the week, at character 11 (SCHEDULE_UNKNOWN_NAME)
    expected: SUN, MON, TUE, WED, THU, FRI, SAT
    perhaps: SUN

    0 0 0 W * *
          ^
    a value is missing here, at character 7 (SCHEDULE_MISSING_VALUE)

    0 0 0 32W * *
          ^^
    the day of the month must be from 1 to 31, at character 7 (SCHEDULE_OUT_OF_RANGE)

    0 0 0 L-31 * *
            ^^
    the number of days before the last one must be from 0 to 30, at character 9 (SCHEDULE_OUT_OF_RANGE)

    0 L 0 * * *
      ^
    this is not a number, at character 3 (SCHEDULE_NOT_A_NUMBER)

    0 1#2 0 * * *
      ^^^
    this is not a number, at character 3 (SCHEDULE_NOT_A_NUMBER)

    @horly
    ^^^^^^
    this is not one of the short forms of cron, at character 1 (SCHEDULE_UNKNOWN_SHORT_FORM)
    expected: @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly
    perhaps: @hourly

    0 *-5 * * * *
      ^
    "*" cannot stand here, at character 3 (SCHEDULE_MISPLACED)
    "##);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn sentences() {
    let texts = [
        "hello",
        "every",
        "every 5",
        "every 5 minuets",
        "every fortnight",
        "every 0 seconds",
        "every 90 minutes on monday",
        "every 20 months",
        "every 5 minutes starting on the 70th minute",
        "every 5 minutes starting on the 5th hour",
        "every 5 minutes between the 10th",
        "every 5 minutes between the 50th and 10th",
        "every 5 minutes between 5:00 pm and 5:00 pm",
        "on",
        "on the",
        "on the 5",
        "on the 32nd day",
        "on the 5th through 3rd hour",
        "on the 1st and monday",
        "on mondey",
        "of",
        "of janury",
        "in 1969",
        "in 2026-2025",
        "at",
        "at 25:00",
        "at 10:60",
        "at 10:5",
        "at 13:00 pm",
        "at noon tomorrow",
        "after",
        "after monday",
        "after 70th minute",
        "every 5 minutes also",
        "also",
        "except on monday",
        "every 5 minutes except",
        "every 5 minutes, héllo",
        "every day at 10:15 am on the 5th of",
        "every other monday",
        "every second tuesday",
        "every 2nd tuesday",
        "every 0.5 seconds",
        "every 1.5 months",
        "every 0.0 hours",
        "every two three hours",
        "on the 2nd weekday of the month",
        "on the first monday of the year",
        "on the 6th monday of the month",
        "on december 32nd",
        "on december 25th and january 1st",
        "on december 25th and in august",
        "in august on december 25th",
        "from",
        "from 9am to",
        "from 9am to 5pm",
        "weekdays between 9am and 5pm",
        "every hour from 9am to 9am",
        "every hour at 9.30",
        "the",
    ];
    insta::assert_snapshot!(reports(&texts), @r##"
    hello
    ^^^^^
    this is not understood here, at character 1 (SCHEDULE_UNEXPECTED)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    every
         ^
    the text ends where more is needed, at character 6 (SCHEDULE_UNEXPECTED_END)
    expected: a number, second, minute, hour, day, week, month, year, weekday, weekend, monday

    every 5
           ^
    the text ends where more is needed, at character 8 (SCHEDULE_UNEXPECTED_END)
    expected: second, minute, hour, day, week, month, year

    every 5 minuets
            ^^^^^^^
    this is not understood here, at character 9 (SCHEDULE_UNEXPECTED)
    expected: second, minute, hour, day, week, month, year
    perhaps: minute

    every fortnight
          ^^^^^^^^^
    this is not understood here, at character 7 (SCHEDULE_UNEXPECTED)
    expected: a number, second, minute, hour, day, week, month, year, weekday, weekend, monday

    every 0 seconds
          ^
    an interval must be longer than 0, at character 7 (SCHEDULE_ZERO_INTERVAL)

    every 90 minutes on monday
          ^^
    an interval of so many can only stand alone, at character 7 (SCHEDULE_INTERVAL_NOT_ALONE)
    perhaps: every 90 minutes

    every 20 months
          ^^
    this interval is too long, at character 7 (SCHEDULE_INTERVAL_TOO_LONG)
    perhaps: P20M

    every 5 minutes starting on the 70th minute
                                    ^^^^
    the minute must be from 0 to 59, at character 33 (SCHEDULE_OUT_OF_RANGE)

    every 5 minutes starting on the 5th hour
                                        ^^^^
    this is not understood here, at character 37 (SCHEDULE_UNEXPECTED)
    expected: minute

    every 5 minutes between the 10th
                                    ^
    the text ends where more is needed, at character 33 (SCHEDULE_UNEXPECTED_END)
    expected: and

    every 5 minutes between the 50th and 10th
                                ^^^^^^^^^^^^^
    a range cannot end before it begins, at character 29 (SCHEDULE_REVERSED_RANGE)

    every 5 minutes between 5:00 pm and 5:00 pm
                            ^^^^^^^^^^^^^^^^^^^
    a window of time must end at another time than it begins, at character 25 (SCHEDULE_EMPTY_WINDOW)

    on
      ^
    the text ends where more is needed, at character 3 (SCHEDULE_UNEXPECTED_END)
    expected: monday, tuesday, wednesday, thursday, friday, saturday, sunday, weekday, weekend

    on the
          ^
    the text ends where more is needed, at character 7 (SCHEDULE_UNEXPECTED_END)
    expected: first, last, a number

    on the 5
            ^
    the text ends where more is needed, at character 9 (SCHEDULE_UNEXPECTED_END)
    expected: second, minute, hour, day, week, month, year

    on the 32nd day
           ^^^^
    the day of the month must be from 1 to 31, at character 8 (SCHEDULE_OUT_OF_RANGE)

    on the 5th through 3rd hour
           ^^^^^^^^^^^^^^^
    a range cannot end before it begins, at character 8 (SCHEDULE_REVERSED_RANGE)

    on the 1st and monday
                   ^^^^^^
    this is not understood here, at character 16 (SCHEDULE_UNEXPECTED)
    expected: second, minute, hour, day, week, month, year

    on mondey
       ^^^^^^
    this is not understood here, at character 4 (SCHEDULE_UNEXPECTED)
    expected: monday, tuesday, wednesday, thursday, friday, saturday, sunday, weekday, weekend
    perhaps: monday

    of
      ^
    the text ends where more is needed, at character 3 (SCHEDULE_UNEXPECTED_END)
    expected: january, february, march, april, may, june, july, august, september, october, november, december, a year

    of janury
       ^^^^^^
    this is not understood here, at character 4 (SCHEDULE_UNEXPECTED)
    expected: january, february, march, april, may, june, july, august, september, october, november, december, a year
    perhaps: january

    in 1969
       ^^^^
    the year must be from 1970 to 2099, at character 4 (SCHEDULE_OUT_OF_RANGE)

    in 2026-2025
       ^^^^^^^^^
    a range cannot end before it begins, at character 4 (SCHEDULE_REVERSED_RANGE)

    at
      ^
    the text ends where more is needed, at character 3 (SCHEDULE_UNEXPECTED_END)
    expected: a time
    perhaps: at 10:15 am

    at 25:00
       ^^
    the hour must be from 0 to 23, at character 4 (SCHEDULE_OUT_OF_RANGE)

    at 10:60
          ^^
    the minute must be from 0 to 59, at character 7 (SCHEDULE_OUT_OF_RANGE)

    at 10:5
          ^
    this is not understood here, at character 7 (SCHEDULE_UNEXPECTED)
    expected: two digits

    at 13:00 pm
       ^^
    the hour before "am" or "pm" must be from 1 to 12, at character 4 (SCHEDULE_OUT_OF_RANGE)

    at noon tomorrow
            ^^^^^^^^
    this is not understood here, at character 9 (SCHEDULE_UNEXPECTED)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    after
         ^
    the text ends where more is needed, at character 6 (SCHEDULE_UNEXPECTED_END)
    expected: a time, a number

    after monday
          ^^^^^^
    this is not understood here, at character 7 (SCHEDULE_UNEXPECTED)
    expected: a time, a number

    after 70th minute
          ^^^^
    the minute must be from 0 to 59, at character 7 (SCHEDULE_OUT_OF_RANGE)

    every 5 minutes also
                        ^
    the text ends where more is needed, at character 21 (SCHEDULE_UNEXPECTED_END)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    also
        ^
    the text ends where more is needed, at character 5 (SCHEDULE_UNEXPECTED_END)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    except on monday
    ^^^^^^
    nothing is scheduled here, at character 1 (SCHEDULE_NOTHING_SCHEDULED)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    every 5 minutes except
                          ^
    the text ends where more is needed, at character 23 (SCHEDULE_UNEXPECTED_END)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    every 5 minutes, héllo
                     ^
    this is not understood here, at character 18 (SCHEDULE_UNEXPECTED)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    every day at 10:15 am on the 5th of
                                       ^
    the text ends where more is needed, at character 36 (SCHEDULE_UNEXPECTED_END)
    expected: january, february, march, april, may, june, july, august, september, october, november, december, a year

    every other monday
                ^^^^^^
    this is not understood here, at character 13 (SCHEDULE_UNEXPECTED)
    expected: second, minute, hour, day, week, month, year

    every second tuesday
                        ^
    the text ends where more is needed, at character 21 (SCHEDULE_UNEXPECTED_END)
    expected: of the month

    every 2nd tuesday
                     ^
    the text ends where more is needed, at character 18 (SCHEDULE_UNEXPECTED_END)
    expected: of the month

    every 0.5 seconds
          ^^^
    this cannot be counted in whole seconds, at character 7 (SCHEDULE_NOT_WHOLE)
    perhaps: 0.5 seconds

    every 1.5 months
          ^^^
    this cannot be counted in whole seconds, at character 7 (SCHEDULE_NOT_WHOLE)
    perhaps: 1.5 months

    every 0.0 hours
          ^^^
    an interval must be longer than 0, at character 7 (SCHEDULE_ZERO_INTERVAL)

    every two three hours
              ^^^^^
    this is not understood here, at character 11 (SCHEDULE_UNEXPECTED)
    expected: second, minute, hour, day, week, month, year

    on the 2nd weekday of the month
           ^^^
    this is not understood here, at character 8 (SCHEDULE_UNEXPECTED)
    expected: first, last

    on the first monday of the year
                           ^^^
    this is not understood here, at character 24 (SCHEDULE_UNEXPECTED)
    expected: january, february, march, april, may, june, july, august, september, october, november, december, a year

    on the 6th monday of the month
           ^^^
    the day instance must be from 1 to 5, at character 8 (SCHEDULE_OUT_OF_RANGE)

    on december 32nd
                ^^^^
    the day of the month must be from 1 to 31, at character 13 (SCHEDULE_OUT_OF_RANGE)

    on december 25th and january 1st
                         ^^^^^^^
    dates in several months are joined by "also", at character 22 (SCHEDULE_SEVERAL_DATES)

    on december 25th and in august
                            ^^^^^^
    dates in several months are joined by "also", at character 25 (SCHEDULE_SEVERAL_DATES)

    in august on december 25th
                 ^^^^^^^^
    dates in several months are joined by "also", at character 14 (SCHEDULE_SEVERAL_DATES)

    from
        ^
    the text ends where more is needed, at character 5 (SCHEDULE_UNEXPECTED_END)
    expected: a time, a day of the week, a month

    from 9am to
               ^
    the text ends where more is needed, at character 12 (SCHEDULE_UNEXPECTED_END)
    expected: a time

    from 9am to 5pm
         ^^^^^^^^^^
    a window of time needs how often the job runs in it, at character 6 (SCHEDULE_NO_PACE)
    expected: a part such as "every hour" before it

    weekdays between 9am and 5pm
                     ^^^^^^^^^^^
    a window of time needs how often the job runs in it, at character 18 (SCHEDULE_NO_PACE)
    expected: a part such as "every hour" before it

    every hour from 9am to 9am
                    ^^^^^^^^^^
    a window of time must end at another time than it begins, at character 17 (SCHEDULE_EMPTY_WINDOW)

    every hour at 9.30
                  ^^^^
    this is not understood here, at character 15 (SCHEDULE_UNEXPECTED)
    expected: a time
    perhaps: at 10:15 am

    the
    ^^^
    this is not understood here, at character 1 (SCHEDULE_UNEXPECTED)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except
    "##);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn other_forms() {
    let texts = [
        "1.2.3 s",
        "5 fortnights",
        "1h 30",
        "2h30x",
        "0s",
        "0 seconds",
        "half an hour",
        "two three hours",
        "5 m h",
        "h d",
        "hour and 30 minutes",
        "99999999999 years",
        "5 minuts",
        "2026-13-01",
        "2026-02-30T10:00:00Z",
        "P",
        "PT",
        "PT0S",
        "P1X",
        "P99999Y",
        "-5 minutes",
        "2026-03-01T10:00[Mars/Phobos]",
        "2026-03-01T10:00:00+05:00[America/New_York]",
    ];
    insta::assert_snapshot!(reports(&texts), @r##"
    1.2.3 s
    ^^^^^
    this is not a number, at character 1 (SCHEDULE_NOT_A_NUMBER)

    5 fortnights
      ^^^^^^^^^^
    this is not understood here, at character 3 (SCHEDULE_UNEXPECTED)
    expected: milliseconds, seconds, minutes, hours, days, weeks, months, years, ms, s, m, h, d, w, y

    1h 30
         ^
    the text ends where more is needed, at character 6 (SCHEDULE_UNEXPECTED_END)
    expected: milliseconds, seconds, minutes, hours, days, weeks, months, years, ms, s, m, h, d, w, y

    2h30x
        ^
    this is not understood here, at character 5 (SCHEDULE_UNEXPECTED)
    expected: milliseconds, seconds, minutes, hours, days, weeks, months, years, ms, s, m, h, d, w, y

    0s
    ^^
    an interval must be longer than 0, at character 1 (SCHEDULE_ZERO_INTERVAL)

    0 seconds
    ^^^^^^^^^
    an interval must be longer than 0, at character 1 (SCHEDULE_ZERO_INTERVAL)

    half an hour
    ^^^^
    this is not understood here, at character 1 (SCHEDULE_UNEXPECTED)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    two three hours
        ^^^^^
    this is not understood here, at character 5 (SCHEDULE_UNEXPECTED)
    expected: milliseconds, seconds, minutes, hours, days, weeks, months, years, ms, s, m, h, d, w, y

    5 m h
        ^
    a unit without an amount can only stand alone, at character 5 (SCHEDULE_MISSING_AMOUNT)

    h d
    ^
    a unit without an amount can only stand alone, at character 1 (SCHEDULE_MISSING_AMOUNT)

    hour and 30 minutes
    ^^^^
    a unit without an amount can only stand alone, at character 1 (SCHEDULE_MISSING_AMOUNT)

    99999999999 years
    ^^^^^^^^^^^^^^^^^
    this interval is too long, at character 1 (SCHEDULE_INTERVAL_TOO_LONG)

    5 minuts
      ^^^^^^
    this is not understood here, at character 3 (SCHEDULE_UNEXPECTED)
    expected: milliseconds, seconds, minutes, hours, days, weeks, months, years, ms, s, m, h, d, w, y
    perhaps: minutes

    2026-13-01
    ^^^^^^^^^^
    this is not a date, at character 1 (SCHEDULE_BAD_DATE)
    perhaps: 2026-03-01T10:15:00Z

    2026-02-30T10:00:00Z
    ^^^^^^^^^^^^^^^^^^^^
    this is not a date, at character 1 (SCHEDULE_BAD_DATE)
    perhaps: 2026-03-01T10:15:00Z

    P
    ^
    this is not understood here, at character 1 (SCHEDULE_UNEXPECTED)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    PT
    ^^
    this is not understood here, at character 1 (SCHEDULE_UNEXPECTED)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    PT0S
    ^^^^
    an interval must be longer than 0, at character 1 (SCHEDULE_ZERO_INTERVAL)

    P1X
    ^^^
    this is not an ISO 8601 duration, at character 1 (SCHEDULE_BAD_DURATION)
    perhaps: PT1H30M

    P99999Y
    ^^^^^^^
    this is not an ISO 8601 duration, at character 1 (SCHEDULE_BAD_DURATION)
    perhaps: PT1H30M

    -5 minutes
    ^
    this is not understood here, at character 1 (SCHEDULE_UNEXPECTED)
    expected: every, daily, at, on, on the, of, in, after, before, between, from, and, also, except

    2026-03-01T10:00[Mars/Phobos]
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    this is not a date, at character 1 (SCHEDULE_BAD_DATE)
    perhaps: 2026-03-01T10:15:00Z

    2026-03-01T10:00:00+05:00[America/New_York]
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    this is not a date, at character 1 (SCHEDULE_BAD_DATE)
    perhaps: 2026-03-01T10:15:00Z
    "##);
}

#[test]
fn nothing_or_too_much() {
    assert_eq!(Schedule::parse("").unwrap_err().to_string(), "a schedule cannot be empty, at character 1");
    assert_eq!(Schedule::parse(" \t").unwrap_err().code(), "SCHEDULE_EMPTY");
    let long = Schedule::parse(&"1".repeat(1_001)).unwrap_err();
    assert_eq!(long.to_string(), "a schedule can have at most 1000 bytes, at character 1001");
    let parts = Schedule::parse(&["at noon"; 17].join(" also ")).unwrap_err();
    assert_eq!(
        (parts.to_string(), parts.code()),
        (
            "a schedule can have at most 16 parts joined by \"also\" or \"except\", at character 204"
                .to_owned(),
            "SCHEDULE_TOO_MANY_PARTS"
        )
    );
}
