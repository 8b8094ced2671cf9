//! Spellings that people use: what each is read as, and when it is next due.

use super::{ClockChange, Schedule, runs_on};

/// Sunday, a quarter past ten and ten seconds.
const FROM: &str = "2026-03-01T10:15:10Z";

/// The text, its description, and the next three runs.
fn table(texts: &[&str]) -> String {
    let row = |text: &&str| {
        let meaning = Schedule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).describe();
        let runs = runs_on("UTC", ClockChange::Debian, text, FROM, 3);
        let runs: Vec<&str> = runs.iter().map(|run| &run[..19]).collect();
        format!("{text}\n    {meaning}\n    {}", runs.join(", "))
    };
    texts.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn amounts() {
    insta::assert_snapshot!(table(&[
        "every two hours",
        "every twenty-five minutes",
        "every one hundred and twenty minutes",
        "every 1.5 hours",
        "every 0.5 hours",
        "every 2.5 days",
        "every 1.0 hours",
        "every half hour",
        "every half an hour",
        "every half minute",
        "every half day",
        "every other day",
        "every other week on friday at 9:00",
        "every other month",
        "each day at noon",
        "every 5 minutes.",
        "5 minutes.",
    ]), @r##"
    every two hours
        every 2 hours
        2026-03-01 12:00:00, 2026-03-01 14:00:00, 2026-03-01 16:00:00
    every twenty-five minutes
        every 25 minutes, from when the job is added
        2026-03-01 10:40:10, 2026-03-01 11:05:10, 2026-03-01 11:30:10
    every one hundred and twenty minutes
        every 2 hours
        2026-03-01 12:00:00, 2026-03-01 14:00:00, 2026-03-01 16:00:00
    every 1.5 hours
        every 1 hour and 30 minutes, from when the job is added
        2026-03-01 11:45:10, 2026-03-01 13:15:10, 2026-03-01 14:45:10
    every 0.5 hours
        every 30 minutes
        2026-03-01 10:30:00, 2026-03-01 11:00:00, 2026-03-01 11:30:00
    every 2.5 days
        every 2 days and 12 hours, from when the job is added
        2026-03-03 22:15:10, 2026-03-06 10:15:10, 2026-03-08 22:15:10
    every 1.0 hours
        every hour
        2026-03-01 11:00:00, 2026-03-01 12:00:00, 2026-03-01 13:00:00
    every half hour
        every 30 minutes
        2026-03-01 10:30:00, 2026-03-01 11:00:00, 2026-03-01 11:30:00
    every half an hour
        every 30 minutes
        2026-03-01 10:30:00, 2026-03-01 11:00:00, 2026-03-01 11:30:00
    every half minute
        every 30 seconds
        2026-03-01 10:15:30, 2026-03-01 10:16:00, 2026-03-01 10:16:30
    every half day
        every day at 00:00 and 12:00
        2026-03-01 12:00:00, 2026-03-02 00:00:00, 2026-03-02 12:00:00
    every other day
        on the 1st, 3rd and so on to 31st of each month at 00:00
        2026-03-03 00:00:00, 2026-03-05 00:00:00, 2026-03-07 00:00:00
    every other week on friday at 9:00
        every Friday in the 1st, 3rd and so on to 53rd weeks of the year at 09:00
        2026-03-13 09:00:00, 2026-03-27 09:00:00, 2026-04-10 09:00:00
    every other month
        at the start of January, March, May, July, September and November
        2026-05-01 00:00:00, 2026-07-01 00:00:00, 2026-09-01 00:00:00
    each day at noon
        every day at 12:00
        2026-03-01 12:00:00, 2026-03-02 12:00:00, 2026-03-03 12:00:00
    every 5 minutes.
        every 5 minutes
        2026-03-01 10:20:00, 2026-03-01 10:25:00, 2026-03-01 10:30:00
    5 minutes.
        every 5 minutes, from when the job is added
        2026-03-01 10:20:10, 2026-03-01 10:25:10, 2026-03-01 10:30:10
    "##);
}

#[test]
fn periods_without_a_number() {
    insta::assert_snapshot!(table(&[
        "minutely",
        "hourly",
        "daily",
        "daily at 5pm",
        "everyday at 5pm",
        "weekly",
        "weekly at 5pm",
        "weekly on friday at 9:00",
        "every week",
        "every week at 5pm",
        "monthly",
        "monthly at 9am",
        "monthly on the 15th at noon",
        "monthly on the first monday at noon",
        "every month at 9am",
        "yearly",
        "annually",
        "yearly on the 5th",
        "yearly on the 100th day of the year",
        "every year on december 25th",
        "hourly on weekdays",
        "daily also weekly at noon",
    ]), @r##"
    minutely
        every minute
        2026-03-01 10:16:00, 2026-03-01 10:17:00, 2026-03-01 10:18:00
    hourly
        every hour
        2026-03-01 11:00:00, 2026-03-01 12:00:00, 2026-03-01 13:00:00
    daily
        every day at 00:00
        2026-03-02 00:00:00, 2026-03-03 00:00:00, 2026-03-04 00:00:00
    daily at 5pm
        every day at 17:00
        2026-03-01 17:00:00, 2026-03-02 17:00:00, 2026-03-03 17:00:00
    everyday at 5pm
        every day at 17:00
        2026-03-01 17:00:00, 2026-03-02 17:00:00, 2026-03-03 17:00:00
    weekly
        every Monday at 00:00
        2026-03-02 00:00:00, 2026-03-09 00:00:00, 2026-03-16 00:00:00
    weekly at 5pm
        every Monday at 17:00
        2026-03-02 17:00:00, 2026-03-09 17:00:00, 2026-03-16 17:00:00
    weekly on friday at 9:00
        every Friday at 09:00
        2026-03-06 09:00:00, 2026-03-13 09:00:00, 2026-03-20 09:00:00
    every week
        every Monday at 00:00
        2026-03-02 00:00:00, 2026-03-09 00:00:00, 2026-03-16 00:00:00
    every week at 5pm
        every Monday at 17:00
        2026-03-02 17:00:00, 2026-03-09 17:00:00, 2026-03-16 17:00:00
    monthly
        on the 1st of each month at 00:00
        2026-04-01 00:00:00, 2026-05-01 00:00:00, 2026-06-01 00:00:00
    monthly at 9am
        on the 1st of each month at 09:00
        2026-04-01 09:00:00, 2026-05-01 09:00:00, 2026-06-01 09:00:00
    monthly on the 15th at noon
        on the 15th of each month at 12:00
        2026-03-15 12:00:00, 2026-04-15 12:00:00, 2026-05-15 12:00:00
    monthly on the first monday at noon
        on the 1st Monday of each month at 12:00
        2026-03-02 12:00:00, 2026-04-06 12:00:00, 2026-05-04 12:00:00
    every month at 9am
        on the 1st of each month at 09:00
        2026-04-01 09:00:00, 2026-05-01 09:00:00, 2026-06-01 09:00:00
    yearly
        on the 1st of January at 00:00
        2027-01-01 00:00:00, 2028-01-01 00:00:00, 2029-01-01 00:00:00
    annually
        on the 1st of January at 00:00
        2027-01-01 00:00:00, 2028-01-01 00:00:00, 2029-01-01 00:00:00
    yearly on the 5th
        on the 5th of January at 00:00
        2027-01-05 00:00:00, 2028-01-05 00:00:00, 2029-01-05 00:00:00
    yearly on the 100th day of the year
        on the 100th day of the year at 00:00
        2026-04-10 00:00:00, 2027-04-10 00:00:00, 2028-04-09 00:00:00
    every year on december 25th
        on the 25th of December at 00:00
        2026-12-25 00:00:00, 2027-12-25 00:00:00, 2028-12-25 00:00:00
    hourly on weekdays
        every hour, from Monday to Friday
        2026-03-02 00:00:00, 2026-03-02 01:00:00, 2026-03-02 02:00:00
    daily also weekly at noon
        every day at 00:00; also every Monday at 12:00
        2026-03-02 00:00:00, 2026-03-02 12:00:00, 2026-03-03 00:00:00
    "##);
}

#[test]
fn days_of_the_week() {
    insta::assert_snapshot!(table(&[
        "weekdays at 8:30",
        "weekends at noon",
        "mon-fri at 9:00",
        "mon-fri 9:00",
        "monday to friday",
        "monday to friday at 9am",
        "every day from monday to friday at 9am",
        "fridays at 17:00",
        "9:30 on weekdays",
        "5pm",
        "5 pm every day",
        "noon on mondays",
    ]), @r##"
    weekdays at 8:30
        from Monday to Friday at 08:30
        2026-03-02 08:30:00, 2026-03-03 08:30:00, 2026-03-04 08:30:00
    weekends at noon
        every Saturday and Sunday at 12:00
        2026-03-01 12:00:00, 2026-03-07 12:00:00, 2026-03-08 12:00:00
    mon-fri at 9:00
        from Monday to Friday at 09:00
        2026-03-02 09:00:00, 2026-03-03 09:00:00, 2026-03-04 09:00:00
    mon-fri 9:00
        from Monday to Friday at 09:00
        2026-03-02 09:00:00, 2026-03-03 09:00:00, 2026-03-04 09:00:00
    monday to friday
        from Monday to Friday at 00:00
        2026-03-02 00:00:00, 2026-03-03 00:00:00, 2026-03-04 00:00:00
    monday to friday at 9am
        from Monday to Friday at 09:00
        2026-03-02 09:00:00, 2026-03-03 09:00:00, 2026-03-04 09:00:00
    every day from monday to friday at 9am
        from Monday to Friday at 09:00
        2026-03-02 09:00:00, 2026-03-03 09:00:00, 2026-03-04 09:00:00
    fridays at 17:00
        every Friday at 17:00
        2026-03-06 17:00:00, 2026-03-13 17:00:00, 2026-03-20 17:00:00
    9:30 on weekdays
        from Monday to Friday at 09:30
        2026-03-02 09:30:00, 2026-03-03 09:30:00, 2026-03-04 09:30:00
    5pm
        every day at 17:00
        2026-03-01 17:00:00, 2026-03-02 17:00:00, 2026-03-03 17:00:00
    5 pm every day
        every day at 17:00
        2026-03-01 17:00:00, 2026-03-02 17:00:00, 2026-03-03 17:00:00
    noon on mondays
        every Monday at 12:00
        2026-03-02 12:00:00, 2026-03-09 12:00:00, 2026-03-16 12:00:00
    "##);
}

#[test]
fn days_of_the_month() {
    insta::assert_snapshot!(table(&[
        "on the 15th of every month",
        "on the 15th",
        "the 15th of each month at noon",
        "15th of the month at noon",
        "on the 1st and 15th of the month at 6am",
        "on the 1st to 5th of each month",
        "on the last of the month",
        "every 15th of the month",
        "on the first monday of the month",
        "on the first monday of the month at 9:00",
        "first monday of every month at 9am",
        "on the first and third monday of the month at 9am",
        "on the second tuesday of the month",
        "every 2nd tuesday of the month",
        "every first monday",
        "last friday of each month at 17:00",
        "on the first monday of january",
        "on the 1st and last friday",
        "on the first weekday of the month",
        "on the last weekday of the month at 6pm",
    ]), @r##"
    on the 15th of every month
        on the 15th of each month at 00:00
        2026-03-15 00:00:00, 2026-04-15 00:00:00, 2026-05-15 00:00:00
    on the 15th
        on the 15th of each month at 00:00
        2026-03-15 00:00:00, 2026-04-15 00:00:00, 2026-05-15 00:00:00
    the 15th of each month at noon
        on the 15th of each month at 12:00
        2026-03-15 12:00:00, 2026-04-15 12:00:00, 2026-05-15 12:00:00
    15th of the month at noon
        on the 15th of each month at 12:00
        2026-03-15 12:00:00, 2026-04-15 12:00:00, 2026-05-15 12:00:00
    on the 1st and 15th of the month at 6am
        on the 1st and 15th of each month at 06:00
        2026-03-15 06:00:00, 2026-04-01 06:00:00, 2026-04-15 06:00:00
    on the 1st to 5th of each month
        on the 1st to 5th of each month at 00:00
        2026-03-02 00:00:00, 2026-03-03 00:00:00, 2026-03-04 00:00:00
    on the last of the month
        on the last day of each month at 00:00
        2026-03-31 00:00:00, 2026-04-30 00:00:00, 2026-05-31 00:00:00
    every 15th of the month
        on the 15th of each month at 00:00
        2026-03-15 00:00:00, 2026-04-15 00:00:00, 2026-05-15 00:00:00
    on the first monday of the month
        on the 1st Monday of each month at 00:00
        2026-03-02 00:00:00, 2026-04-06 00:00:00, 2026-05-04 00:00:00
    on the first monday of the month at 9:00
        on the 1st Monday of each month at 09:00
        2026-03-02 09:00:00, 2026-04-06 09:00:00, 2026-05-04 09:00:00
    first monday of every month at 9am
        on the 1st Monday of each month at 09:00
        2026-03-02 09:00:00, 2026-04-06 09:00:00, 2026-05-04 09:00:00
    on the first and third monday of the month at 9am
        on the 1st and 3rd Monday of each month at 09:00
        2026-03-02 09:00:00, 2026-03-16 09:00:00, 2026-04-06 09:00:00
    on the second tuesday of the month
        on the 2nd Tuesday of each month at 00:00
        2026-03-10 00:00:00, 2026-04-14 00:00:00, 2026-05-12 00:00:00
    every 2nd tuesday of the month
        on the 2nd Tuesday of each month at 00:00
        2026-03-10 00:00:00, 2026-04-14 00:00:00, 2026-05-12 00:00:00
    every first monday
        on the 1st Monday of each month at 00:00
        2026-03-02 00:00:00, 2026-04-06 00:00:00, 2026-05-04 00:00:00
    last friday of each month at 17:00
        on the last Friday of each month at 17:00
        2026-03-27 17:00:00, 2026-04-24 17:00:00, 2026-05-29 17:00:00
    on the first monday of january
        on the 1st Monday of January at 00:00
        2027-01-04 00:00:00, 2028-01-03 00:00:00, 2029-01-01 00:00:00
    on the 1st and last friday
        on the 1st and last Friday of each month at 00:00
        2026-03-06 00:00:00, 2026-03-27 00:00:00, 2026-04-03 00:00:00
    on the first weekday of the month
        on the first weekday of each month at 00:00
        2026-03-02 00:00:00, 2026-04-01 00:00:00, 2026-05-01 00:00:00
    on the last weekday of the month at 6pm
        on the last weekday of each month at 18:00
        2026-03-31 18:00:00, 2026-04-30 18:00:00, 2026-05-29 18:00:00
    "##);
}

#[test]
fn dates_of_a_year() {
    insta::assert_snapshot!(table(&[
        "on december 25th",
        "on dec 25 at noon",
        "december 24th and 25th",
        "december 24-26",
        "every december 25th",
        "on the 25th of december",
        "25th december",
        "on 25 december at 9:00",
        "december 25, 2027 at 9am",
        "december 9:00",
        "on december 25th also on january 1st",
        "daily at 5pm except on december 25th",
        "from june to august on the 1st",
    ]), @r##"
    on december 25th
        on the 25th of December at 00:00
        2026-12-25 00:00:00, 2027-12-25 00:00:00, 2028-12-25 00:00:00
    on dec 25 at noon
        on the 25th of December at 12:00
        2026-12-25 12:00:00, 2027-12-25 12:00:00, 2028-12-25 12:00:00
    december 24th and 25th
        on the 24th and 25th of December at 00:00
        2026-12-24 00:00:00, 2026-12-25 00:00:00, 2027-12-24 00:00:00
    december 24-26
        on the 24th to 26th of December at 00:00
        2026-12-24 00:00:00, 2026-12-25 00:00:00, 2026-12-26 00:00:00
    every december 25th
        on the 25th of December at 00:00
        2026-12-25 00:00:00, 2027-12-25 00:00:00, 2028-12-25 00:00:00
    on the 25th of december
        on the 25th of December at 00:00
        2026-12-25 00:00:00, 2027-12-25 00:00:00, 2028-12-25 00:00:00
    25th december
        on the 25th of December at 00:00
        2026-12-25 00:00:00, 2027-12-25 00:00:00, 2028-12-25 00:00:00
    on 25 december at 9:00
        on the 25th of December at 09:00
        2026-12-25 09:00:00, 2027-12-25 09:00:00, 2028-12-25 09:00:00
    december 25, 2027 at 9am
        on the 25th of December in 2027 at 09:00
        2027-12-25 09:00:00
    december 9:00
        every day in December at 09:00
        2026-12-01 09:00:00, 2026-12-02 09:00:00, 2026-12-03 09:00:00
    on december 25th also on january 1st
        on the 25th of December at 00:00; also on the 1st of January at 00:00
        2026-12-25 00:00:00, 2027-01-01 00:00:00, 2027-12-25 00:00:00
    daily at 5pm except on december 25th
        every day at 17:00; except on the 25th of December
        2026-03-01 17:00:00, 2026-03-02 17:00:00, 2026-03-03 17:00:00
    from june to august on the 1st
        on the 1st of June to August at 00:00
        2026-06-01 00:00:00, 2026-07-01 00:00:00, 2026-08-01 00:00:00
    "##);
}

#[test]
fn windows_of_time() {
    insta::assert_snapshot!(table(&[
        "every hour from 9am to 5pm",
        "every hour from 9:00 until 17:00",
        "every 10 minutes from 9am to 5pm from monday to friday",
        "every hour on weekdays between 9am and noon",
        "every hour from 9am",
        "every hour between 10pm and midnight",
        "every hour at 9am except sunday",
        "every hour except weekends",
        "every hour except between 11am and 5pm",
    ]), @r##"
    every hour from 9am to 5pm
        every hour from 09:00 to 16:00
        2026-03-01 11:00:00, 2026-03-01 12:00:00, 2026-03-01 13:00:00
    every hour from 9:00 until 17:00
        every hour from 09:00 to 16:00
        2026-03-01 11:00:00, 2026-03-01 12:00:00, 2026-03-01 13:00:00
    every 10 minutes from 9am to 5pm from monday to friday
        every 10 minutes, between 09:00 and 16:59, from Monday to Friday
        2026-03-02 09:00:00, 2026-03-02 09:10:00, 2026-03-02 09:20:00
    every hour on weekdays between 9am and noon
        from Monday to Friday at 09:00, 10:00 and 11:00
        2026-03-02 09:00:00, 2026-03-02 10:00:00, 2026-03-02 11:00:00
    every hour from 9am
        every hour from 09:00 to 23:00
        2026-03-01 11:00:00, 2026-03-01 12:00:00, 2026-03-01 13:00:00
    every hour between 10pm and midnight
        every day at 22:00 and 23:00
        2026-03-01 22:00:00, 2026-03-01 23:00:00, 2026-03-02 22:00:00
    every hour at 9am except sunday
        every day at 09:00; except on Sundays
        2026-03-02 09:00:00, 2026-03-03 09:00:00, 2026-03-04 09:00:00
    every hour except weekends
        every hour; except on Saturdays and Sundays
        2026-03-02 00:00:00, 2026-03-02 01:00:00, 2026-03-02 02:00:00
    every hour except between 11am and 5pm
        every hour; except between 11:00 and 16:59
        2026-03-01 17:00:00, 2026-03-01 18:00:00, 2026-03-01 19:00:00
    "##);
}

#[test]
fn windows_over_midnight() {
    let over_midnight = ["every 2 hours between 10pm and 5am", "every 2 hours after 10pm and before 5am"];
    for text in over_midnight {
        let runs = runs_on("UTC", ClockChange::Debian, text, FROM, 5);
        let times: Vec<&str> = runs.iter().map(|run| &run[8..16]).collect();
        assert_eq!(times, ["01 22:00", "02 00:00", "02 02:00", "02 04:00", "02 22:00"], "{text}");
    }
    // The days are those of the calendar: Monday is over at midnight.
    let runs = runs_on("UTC", ClockChange::Debian, "every 2 hours between 10pm and 3am on monday", FROM, 4);
    let times: Vec<&str> = runs.iter().map(|run| &run[8..16]).collect();
    assert_eq!(times, ["02 00:00", "02 02:00", "02 22:00", "09 00:00"]);
    // Several limits on one side are no window.
    assert!(Schedule::parse("every hour between 9am and 5pm after 8pm").unwrap().never_due().is_some());
    assert!(Schedule::parse("every hour after 5pm before 5pm").unwrap().never_due().is_some());
}

#[test]
fn cron_lines() {
    insta::assert_snapshot!(table(&[
        "0 5-23/24 * * *",
        "10-20/11 * * * *",
        "0 0 10-12/5 * *",
        "0 0 * * MON-SUN",
        "0 0 * * SAT-SUN",
        "0 0 * * Friday-Sunday",
        "0 0 * * 6-0",
        "0 0 * * MON-SUN/2",
        "0 0 * * SUN-TUE",
    ]), @r##"
    0 5-23/24 * * *
        every day at 05:00
        2026-03-02 05:00:00, 2026-03-03 05:00:00, 2026-03-04 05:00:00
    10-20/11 * * * *
        every hour, at 10 minutes past the hour
        2026-03-01 11:10:00, 2026-03-01 12:10:00, 2026-03-01 13:10:00
    0 0 10-12/5 * *
        on the 10th of each month at 00:00
        2026-03-10 00:00:00, 2026-04-10 00:00:00, 2026-05-10 00:00:00
    0 0 * * MON-SUN
        every day at 00:00
        2026-03-02 00:00:00, 2026-03-03 00:00:00, 2026-03-04 00:00:00
    0 0 * * SAT-SUN
        every Saturday and Sunday at 00:00
        2026-03-07 00:00:00, 2026-03-08 00:00:00, 2026-03-14 00:00:00
    0 0 * * Friday-Sunday
        every Friday to Sunday at 00:00
        2026-03-06 00:00:00, 2026-03-07 00:00:00, 2026-03-08 00:00:00
    0 0 * * 6-0
        every Saturday and Sunday at 00:00
        2026-03-07 00:00:00, 2026-03-08 00:00:00, 2026-03-14 00:00:00
    0 0 * * MON-SUN/2
        every Monday, Wednesday, Friday and Sunday at 00:00
        2026-03-02 00:00:00, 2026-03-04 00:00:00, 2026-03-06 00:00:00
    0 0 * * SUN-TUE
        every Monday, Tuesday and Sunday at 00:00
        2026-03-02 00:00:00, 2026-03-03 00:00:00, 2026-03-08 00:00:00
    "##);
}
