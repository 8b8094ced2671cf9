//! What each form means: its next runs and its description. The page on schedules shows the same.

use super::{ClockChange, Schedule, runs_on};

/// Sunday, a quarter past ten and ten seconds.
const FROM: &str = "2026-03-01T10:15:10Z";

fn next_runs(at: &str) -> String {
    let runs = runs_on("UTC", ClockChange::Debian, at, FROM, 3);
    let runs: Vec<&str> = runs.iter().map(|run| run.trim_end_matches(" +00:00")).collect();
    let runs = if runs.is_empty() { "never".to_owned() } else { runs.join(", ") };
    format!("{at}\n  = {}\n  > {runs}", Schedule::parse(at).unwrap().describe())
}

fn table(texts: &[&str]) -> String {
    texts.iter().map(|at| next_runs(at)).collect::<Vec<_>>().join("\n")
}

#[test]
fn cron() {
    let texts = [
        "* * * * * *",
        "0 * * * * *",
        "*/15 * * * * *",
        "0 */5 * * * *",
        "0 1/5 * * * *",
        "5,35 * * * * *",
        "0 7 * * * *",
        "0 0 */2 * * *",
        "0 30 9-17 * * *",
        "0 30 2 * * *",
        "0 0 9,13 * * *",
        "15 10 4 * * 1-5",
        "* 5 * * * *",
        "* * 5 * * *",
        "* * * * * 1",
        "0 0 0 1,15 * *",
        "0 0 0 13 * 5",
        "0 0 0 0 * *",
        "0 0 0 * 0 *",
        "0 0 0 * * 0",
        "0 0 0 * * 7",
        "0 0 12 29 2 *",
        "0 0 0 30 2 *",
    ];
    insta::assert_snapshot!(table(&texts), @r"
    * * * * * *
      = every second
      > 2026-03-01 10:15:11, 2026-03-01 10:15:12, 2026-03-01 10:15:13
    0 * * * * *
      = every minute, on the minute
      > 2026-03-01 10:16:00, 2026-03-01 10:17:00, 2026-03-01 10:18:00
    */15 * * * * *
      = every 15 seconds
      > 2026-03-01 10:15:15, 2026-03-01 10:15:30, 2026-03-01 10:15:45
    0 */5 * * * *
      = every 5 minutes, on the minute
      > 2026-03-01 10:20:00, 2026-03-01 10:25:00, 2026-03-01 10:30:00
    0 1/5 * * * *
      = every 5 minutes from minute 1, on the minute
      > 2026-03-01 10:16:00, 2026-03-01 10:21:00, 2026-03-01 10:26:00
    5,35 * * * * *
      = every 30 seconds from second 5
      > 2026-03-01 10:15:35, 2026-03-01 10:16:05, 2026-03-01 10:16:35
    0 7 * * * *
      = every hour, at 7 minutes past the hour
      > 2026-03-01 11:07:00, 2026-03-01 12:07:00, 2026-03-01 13:07:00
    0 0 */2 * * *
      = every 2 hours, on the hour
      > 2026-03-01 12:00:00, 2026-03-01 14:00:00, 2026-03-01 16:00:00
    0 30 9-17 * * *
      = every hour from 09:30 to 17:30
      > 2026-03-01 10:30:00, 2026-03-01 11:30:00, 2026-03-01 12:30:00
    0 30 2 * * *
      = every day at 02:30
      > 2026-03-02 02:30:00, 2026-03-03 02:30:00, 2026-03-04 02:30:00
    0 0 9,13 * * *
      = every day at 09:00 and 13:00
      > 2026-03-01 13:00:00, 2026-03-02 09:00:00, 2026-03-02 13:00:00
    15 10 4 * * 1-5
      = at 04:10:15, from Monday to Friday
      > 2026-03-02 04:10:15, 2026-03-03 04:10:15, 2026-03-04 04:10:15
    * 5 * * * *
      = every hour, at 5 minutes past the hour
      > 2026-03-01 11:05:00, 2026-03-01 12:05:00, 2026-03-01 13:05:00
    * * 5 * * *
      = every day at 05:00
      > 2026-03-02 05:00:00, 2026-03-03 05:00:00, 2026-03-04 05:00:00
    * * * * * 1
      = at 00:00, on Monday
      > 2026-03-02 00:00:00, 2026-03-09 00:00:00, 2026-03-16 00:00:00
    0 0 0 1,15 * *
      = at 00:00, on the 1st and 15th of the month
      > 2026-03-15 00:00:00, 2026-04-01 00:00:00, 2026-04-15 00:00:00
    0 0 0 13 * 5
      = at 00:00, on Friday, on the 13th of the month
      > 2026-03-13 00:00:00, 2026-11-13 00:00:00, 2027-08-13 00:00:00
    0 0 0 0 * *
      = at 00:00, on the last day of the month
      > 2026-03-31 00:00:00, 2026-04-30 00:00:00, 2026-05-31 00:00:00
    0 0 0 * 0 *
      = at 00:00, in December
      > 2026-12-01 00:00:00, 2026-12-02 00:00:00, 2026-12-03 00:00:00
    0 0 0 * * 0
      = at 00:00, on Sunday
      > 2026-03-08 00:00:00, 2026-03-15 00:00:00, 2026-03-22 00:00:00
    0 0 0 * * 7
      = at 00:00, on Sunday
      > 2026-03-08 00:00:00, 2026-03-15 00:00:00, 2026-03-22 00:00:00
    0 0 12 29 2 *
      = at 12:00, on the 29th of the month, in February
      > 2028-02-29 12:00:00, 2032-02-29 12:00:00, 2036-02-29 12:00:00
    0 0 0 30 2 *
      = at 00:00, on the 30th of the month, in February
      > never
    ");
}

#[test]
fn cron_beyond_the_old_package() {
    let texts = [
        "*/10 * * * *",
        "30 2 * * *",
        "0 0 9 * JAN,jul MON-FRI",
        "0 0 9 * January-March/2 Tuesday",
        "0 0 0 L * *",
        "0 0 0 L-2 * *",
        "0 0 0 15W * *",
        "0 0 0 LW * *",
        "0 0 0 * * FRIL",
        "0 0 0 * * MON#2,THU",
        "0 0 0 ? * SAT",
        "@yearly",
        "@monthly",
        "@weekly",
        "@daily",
        "@hourly",
    ];
    insta::assert_snapshot!(table(&texts), @r"
    */10 * * * *
      = every 10 minutes, on the minute
      > 2026-03-01 10:20:00, 2026-03-01 10:30:00, 2026-03-01 10:40:00
    30 2 * * *
      = every day at 02:30
      > 2026-03-02 02:30:00, 2026-03-03 02:30:00, 2026-03-04 02:30:00
    0 0 9 * JAN,jul MON-FRI
      = at 09:00, from Monday to Friday, in January and July
      > 2026-07-01 09:00:00, 2026-07-02 09:00:00, 2026-07-03 09:00:00
    0 0 9 * January-March/2 Tuesday
      = at 09:00, on Tuesday, in January and March
      > 2026-03-03 09:00:00, 2026-03-10 09:00:00, 2026-03-17 09:00:00
    0 0 0 L * *
      = at 00:00, on the last day of the month
      > 2026-03-31 00:00:00, 2026-04-30 00:00:00, 2026-05-31 00:00:00
    0 0 0 L-2 * *
      = at 00:00, on the day 2 days before the last one of the month
      > 2026-03-29 00:00:00, 2026-04-28 00:00:00, 2026-05-29 00:00:00
    0 0 0 15W * *
      = at 00:00, on the day from Monday to Friday nearest to the 15th of the month
      > 2026-03-16 00:00:00, 2026-04-15 00:00:00, 2026-05-15 00:00:00
    0 0 0 LW * *
      = at 00:00, on the last day from Monday to Friday of the month
      > 2026-03-31 00:00:00, 2026-04-30 00:00:00, 2026-05-29 00:00:00
    0 0 0 * * FRIL
      = at 00:00, on the last Friday of the month
      > 2026-03-27 00:00:00, 2026-04-24 00:00:00, 2026-05-29 00:00:00
    0 0 0 * * MON#2,THU
      = at 00:00, on the 2nd Monday of the month and Thursday
      > 2026-03-05 00:00:00, 2026-03-09 00:00:00, 2026-03-12 00:00:00
    0 0 0 ? * SAT
      = at 00:00, on Saturday
      > 2026-03-07 00:00:00, 2026-03-14 00:00:00, 2026-03-21 00:00:00
    @yearly
      = at 00:00, on the 1st of the month, in January
      > 2027-01-01 00:00:00, 2028-01-01 00:00:00, 2029-01-01 00:00:00
    @monthly
      = at 00:00, on the 1st of the month
      > 2026-04-01 00:00:00, 2026-05-01 00:00:00, 2026-06-01 00:00:00
    @weekly
      = at 00:00, on Sunday
      > 2026-03-08 00:00:00, 2026-03-15 00:00:00, 2026-03-22 00:00:00
    @daily
      = every day at 00:00
      > 2026-03-02 00:00:00, 2026-03-03 00:00:00, 2026-03-04 00:00:00
    @hourly
      = every hour, on the hour
      > 2026-03-01 11:00:00, 2026-03-01 12:00:00, 2026-03-01 13:00:00
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn sentences() {
    let texts = [
        "every 5 minutes",
        "every 30 seconds",
        "every 2 hours",
        "every 3 days",
        "every 2 weeks",
        "every 2 months",
        "every 1 year",
        "every 2 days of the week",
        "every 100 days of the year",
        "every 2 weeks of the month",
        "every 3rd day instance",
        "every 15 min starting on the 5th minute",
        "every 10 minutes between the 15th and 45th",
        "every weekday",
        "every weekend",
        "at 10:15 am",
        "at 22:00 and 5:30 am",
        "on monday and friday",
        "on fri through mon",
        "on the first day",
        "on the last day of the month",
        "on the 1st and 15th day of the month at 6:00 am",
        "on the 2nd and 4th day instance on tuesday",
        "on the last day instance",
        "on the 10th through 12th hour",
        "on the first day of the year",
        "on the last week of the year",
        "on the 2nd week of the month",
        "of january, april, july and october",
        "in 2027",
        "on the 1st day of january in 2028, 2029",
        "every 20 minutes after 10:00 pm",
        "every 6 hours before 12:00 pm",
        "after 3rd hour before 5th hour",
        "every 10 minutes except on the 10th hour",
        "every hour on monday except after 2:00 pm",
        "on the 5th minute also on the 10th hour",
        "every weekday at 9:00 am also every weekend at 11:00 am",
    ];
    insta::assert_snapshot!(table(&texts), @r"
    every 5 minutes
      = every 5 minutes, on the minute
      > 2026-03-01 10:20:00, 2026-03-01 10:25:00, 2026-03-01 10:30:00
    every 30 seconds
      = every 30 seconds
      > 2026-03-01 10:15:30, 2026-03-01 10:16:00, 2026-03-01 10:16:30
    every 2 hours
      = every 2 hours, on the hour
      > 2026-03-01 12:00:00, 2026-03-01 14:00:00, 2026-03-01 16:00:00
    every 3 days
      = at 00:00, on the 1st, 4th and so on to 31st of the month
      > 2026-03-04 00:00:00, 2026-03-07 00:00:00, 2026-03-10 00:00:00
    every 2 weeks
      = at the start of each week, in the 1st, 3rd and so on to 53rd week of the year
      > 2026-03-09 00:00:00, 2026-03-23 00:00:00, 2026-04-06 00:00:00
    every 2 months
      = at the start of each month, in January, March, May, July, September and November
      > 2026-05-01 00:00:00, 2026-07-01 00:00:00, 2026-09-01 00:00:00
    every 1 year
      = at the start of each year, in 1970 to 2099
      > 2027-01-01 00:00:00, 2028-01-01 00:00:00, 2029-01-01 00:00:00
    every 2 days of the week
      = at 00:00, on Sunday, Tuesday, Thursday and Saturday
      > 2026-03-03 00:00:00, 2026-03-05 00:00:00, 2026-03-07 00:00:00
    every 100 days of the year
      = at 00:00, on the 1st, 101st, 201st and 301st day of the year
      > 2026-04-11 00:00:00, 2026-07-20 00:00:00, 2026-10-28 00:00:00
    every 2 weeks of the month
      = at the start of each week, in the 1st, 3rd and 5th week of the month
      > 2026-03-15 00:00:00, 2026-03-29 00:00:00, 2026-04-01 00:00:00
    every 3rd day instance
      = at the start of those days, in the 1st and 4th seven days of the month
      > 2026-03-22 00:00:00, 2026-04-01 00:00:00, 2026-04-22 00:00:00
    every 15 min starting on the 5th minute
      = every 15 minutes from minute 5, on the minute
      > 2026-03-01 10:20:00, 2026-03-01 10:35:00, 2026-03-01 10:50:00
    every 10 minutes between the 15th and 45th
      = at minutes 15, 25, 35 and 45 of every hour
      > 2026-03-01 10:25:00, 2026-03-01 10:35:00, 2026-03-01 10:45:00
    every weekday
      = at 00:00, from Monday to Friday
      > 2026-03-02 00:00:00, 2026-03-03 00:00:00, 2026-03-04 00:00:00
    every weekend
      = at 00:00, on Saturday and Sunday
      > 2026-03-07 00:00:00, 2026-03-08 00:00:00, 2026-03-14 00:00:00
    at 10:15 am
      = every day at 10:15
      > 2026-03-02 10:15:00, 2026-03-03 10:15:00, 2026-03-04 10:15:00
    at 22:00 and 5:30 am
      = every day at 05:30 and 22:00
      > 2026-03-01 22:00:00, 2026-03-02 05:30:00, 2026-03-02 22:00:00
    on monday and friday
      = at 00:00, on Monday and Friday
      > 2026-03-02 00:00:00, 2026-03-06 00:00:00, 2026-03-09 00:00:00
    on fri through mon
      = at 00:00, on Sunday, Monday, Friday and Saturday
      > 2026-03-02 00:00:00, 2026-03-06 00:00:00, 2026-03-07 00:00:00
    on the first day
      = at 00:00, on the 1st of the month
      > 2026-04-01 00:00:00, 2026-05-01 00:00:00, 2026-06-01 00:00:00
    on the last day of the month
      = at 00:00, on the last day of the month
      > 2026-03-31 00:00:00, 2026-04-30 00:00:00, 2026-05-31 00:00:00
    on the 1st and 15th day of the month at 6:00 am
      = at 06:00, on the 1st and 15th of the month
      > 2026-03-15 06:00:00, 2026-04-01 06:00:00, 2026-04-15 06:00:00
    on the 2nd and 4th day instance on tuesday
      = at 00:00, on the 2nd and 4th Tuesday of the month
      > 2026-03-10 00:00:00, 2026-03-24 00:00:00, 2026-04-14 00:00:00
    on the last day instance
      = at the start of those days, in the last seven days of the month
      > 2026-03-25 00:00:00, 2026-04-24 00:00:00, 2026-05-25 00:00:00
    on the 10th through 12th hour
      = every day at 10:00, 11:00 and 12:00
      > 2026-03-01 11:00:00, 2026-03-01 12:00:00, 2026-03-02 10:00:00
    on the first day of the year
      = at 00:00, on the 1st day of the year
      > 2027-01-01 00:00:00, 2028-01-01 00:00:00, 2029-01-01 00:00:00
    on the last week of the year
      = at the start of each week, in the last week of the year
      > 2026-12-28 00:00:00, 2027-12-27 00:00:00, 2028-12-25 00:00:00
    on the 2nd week of the month
      = at the start of each week, in the 2nd week of the month
      > 2026-03-08 00:00:00, 2026-04-05 00:00:00, 2026-05-03 00:00:00
    of january, april, july and october
      = at the start of each month, in January, April, July and October
      > 2026-04-01 00:00:00, 2026-07-01 00:00:00, 2026-10-01 00:00:00
    in 2027
      = at the start of each year, in 2027
      > 2027-01-01 00:00:00
    on the 1st day of january in 2028, 2029
      = at 00:00, on the 1st of the month, in January, in 2028 and 2029
      > 2028-01-01 00:00:00, 2029-01-01 00:00:00
    every 20 minutes after 10:00 pm
      = every 20 minutes, on the minute, from 22:00
      > 2026-03-01 22:00:00, 2026-03-01 22:20:00, 2026-03-01 22:40:00
    every 6 hours before 12:00 pm
      = every 6 hours, on the hour, before 12:00
      > 2026-03-02 00:00:00, 2026-03-02 06:00:00, 2026-03-03 00:00:00
    after 3rd hour before 5th hour
      = every day at 03:00 and 04:00
      > 2026-03-02 03:00:00, 2026-03-02 04:00:00, 2026-03-03 03:00:00
    every 10 minutes except on the 10th hour
      = every 10 minutes, on the minute; except in hour 10
      > 2026-03-01 11:00:00, 2026-03-01 11:10:00, 2026-03-01 11:20:00
    every hour on monday except after 2:00 pm
      = every hour, on the hour, on Monday; except from 14:00
      > 2026-03-02 00:00:00, 2026-03-02 01:00:00, 2026-03-02 02:00:00
    on the 5th minute also on the 10th hour
      = every hour, at 5 minutes past the hour; also every day at 10:00
      > 2026-03-01 11:05:00, 2026-03-01 12:05:00, 2026-03-01 13:05:00
    every weekday at 9:00 am also every weekend at 11:00 am
      = at 09:00, from Monday to Friday; also at 11:00, on Saturday and Sunday
      > 2026-03-01 11:00:00, 2026-03-02 09:00:00, 2026-03-03 09:00:00
    ");
}

#[test]
fn sentences_beyond_the_old_package() {
    let texts = [
        "every minute",
        "every hour",
        "every day at 02:30",
        "every monday and thursday at noon",
        "at 5pm",
        "at 10:15:30",
        "at midnight on weekends",
        "every 5 minutes between 9:00 am and 5:00 pm on weekdays",
        "every 10 minutes between the 15th and the 45th minute",
        "in june and july",
        "on mondays",
    ];
    insta::assert_snapshot!(table(&texts), @r"
    every minute
      = every minute, on the minute
      > 2026-03-01 10:16:00, 2026-03-01 10:17:00, 2026-03-01 10:18:00
    every hour
      = every hour, on the hour
      > 2026-03-01 11:00:00, 2026-03-01 12:00:00, 2026-03-01 13:00:00
    every day at 02:30
      = every day at 02:30
      > 2026-03-02 02:30:00, 2026-03-03 02:30:00, 2026-03-04 02:30:00
    every monday and thursday at noon
      = at 12:00, on Monday and Thursday
      > 2026-03-02 12:00:00, 2026-03-05 12:00:00, 2026-03-09 12:00:00
    at 5pm
      = every day at 17:00
      > 2026-03-01 17:00:00, 2026-03-02 17:00:00, 2026-03-03 17:00:00
    at 10:15:30
      = every day at 10:15:30
      > 2026-03-01 10:15:30, 2026-03-02 10:15:30, 2026-03-03 10:15:30
    at midnight on weekends
      = at 00:00, on Saturday and Sunday
      > 2026-03-07 00:00:00, 2026-03-08 00:00:00, 2026-03-14 00:00:00
    every 5 minutes between 9:00 am and 5:00 pm on weekdays
      = every 5 minutes, on the minute, from 09:00, before 17:00, from Monday to Friday
      > 2026-03-02 09:00:00, 2026-03-02 09:05:00, 2026-03-02 09:10:00
    every 10 minutes between the 15th and the 45th minute
      = at minutes 15, 25, 35 and 45 of every hour
      > 2026-03-01 10:25:00, 2026-03-01 10:35:00, 2026-03-01 10:45:00
    in june and july
      = at the start of each month, in June and July
      > 2026-06-01 00:00:00, 2026-07-01 00:00:00, 2027-06-01 00:00:00
    on mondays
      = at 00:00, on Monday
      > 2026-03-02 00:00:00, 2026-03-09 00:00:00, 2026-03-16 00:00:00
    ");
}

#[test]
fn intervals_and_dates() {
    let texts = [
        "90s",
        "1h 30m",
        "two hours",
        "every 90 minutes",
        "every 7 minutes",
        "every 120 minutes",
        "every 40 days",
        "PT1H30M",
        "P1DT12H",
        "P1M",
        "2026-03-01T18:00:00Z",
        "2026-03-01T18:00:00+02:00",
        "2026-12-24T18:00",
        "2027-01-01",
        "2020-01-01",
    ];
    insta::assert_snapshot!(table(&texts), @r"
    90s
      = every 1 minute and 30 seconds, from when the job is added
      > 2026-03-01 10:16:40, 2026-03-01 10:18:10, 2026-03-01 10:19:40
    1h 30m
      = every 1 hour and 30 minutes, from when the job is added
      > 2026-03-01 11:45:10, 2026-03-01 13:15:10, 2026-03-01 14:45:10
    two hours
      = every 2 hours, from when the job is added
      > 2026-03-01 12:15:10, 2026-03-01 14:15:10, 2026-03-01 16:15:10
    every 90 minutes
      = every 1 hour and 30 minutes, from when the job is added
      > 2026-03-01 11:45:10, 2026-03-01 13:15:10, 2026-03-01 14:45:10
    every 7 minutes
      = every 7 minutes, from when the job is added
      > 2026-03-01 10:22:10, 2026-03-01 10:29:10, 2026-03-01 10:36:10
    every 120 minutes
      = every 2 hours, on the hour
      > 2026-03-01 12:00:00, 2026-03-01 14:00:00, 2026-03-01 16:00:00
    every 40 days
      = every 40 days, from when the job is added
      > 2026-04-10 10:15:10, 2026-05-20 10:15:10, 2026-06-29 10:15:10
    PT1H30M
      = every 1 hour and 30 minutes, from when the job is added
      > 2026-03-01 11:45:10, 2026-03-01 13:15:10, 2026-03-01 14:45:10
    P1DT12H
      = every 1 day and 12 hours, from when the job is added
      > 2026-03-02 22:15:10, 2026-03-04 10:15:10, 2026-03-05 22:15:10
    P1M
      = every 1 month, from when the job is added
      > 2026-04-01 10:15:10, 2026-05-01 10:15:10, 2026-06-01 10:15:10
    2026-03-01T18:00:00Z
      = once, on 2026-03-01 at 18:00:00 UTC
      > 2026-03-01 18:00:00
    2026-03-01T18:00:00+02:00
      = once, on 2026-03-01 at 16:00:00 UTC
      > 2026-03-01 16:00:00
    2026-12-24T18:00
      = once, on 2026-12-24 at 18:00:00
      > 2026-12-24 18:00:00
    2027-01-01
      = once, on 2027-01-01 at 00:00:00
      > 2027-01-01 00:00:00
    2020-01-01
      = once, on 2020-01-01 at 00:00:00
      > never
    ");
}
