//! Schedules in English.

use super::Schedule;

fn table(texts: &[&str]) -> String {
    let row = |text: &&str| format!("{text} => {}", Schedule::parse(text).unwrap().describe());
    texts.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn times_of_the_day() {
    insta::assert_snapshot!(table(&[
        "* * * * * *",
        "0 * * * * *",
        "*/15 * * * * *",
        "5,35 * * * * *",
        "1,2,5 * * * * *",
        "*/10 */5 * * * *",
        "30 */5 * * * *",
        "0 */5 * * * *",
        "0 1/5 * * * *",
        "0 1,2,30 * * * *",
        "0 0 * * * *",
        "0 5 * * * *",
        "0 1 * * * *",
        "5 34 * * * *",
        "5 0 * * * *",
        "0 0 */2 * * *",
        "0 15 */2 * * *",
        "0 0 1/2 * * *",
        "0 30 9-17 * * *",
        "0 */5 9-17 * * *",
        "0 */5 9 * * *",
        "0 */5 9-11,14-17 * * *",
        "0 */5 22-23,0-4 * * *",
        "0 */5 0,2,5,8,11,12 * * *",
        "0 23 0-20/2 * * *",
        "0 5 0-5,8,12-23 * * *",
        "* 5 9-17 * * *",
        "*/10 5 9-17 * * *",
        "0 0,30 9,17 * * *",
        "15 10 4 * * *",
        "every 20 minutes after 10:00 pm",
        "every 20 minutes before 10:00 am",
        "every 20 minutes between 10pm and 5:30:30 am",
        "every hour between 9am and 5pm",
        "every 2 hours between 10pm and 5am",
    ]), @r##"
    * * * * * * => every second
    0 * * * * * => every minute
    */15 * * * * * => every 15 seconds
    5,35 * * * * * => every 30 seconds from second 5 of each minute
    1,2,5 * * * * * => at seconds 1, 2 and 5 of each minute
    */10 */5 * * * * => every 10 seconds, in minutes 0, 5 and so on to 55
    30 */5 * * * * => every 5 minutes, at second 30
    0 */5 * * * * => every 5 minutes
    0 1/5 * * * * => every 5 minutes from minute 1 of each hour
    0 1,2,30 * * * * => at minutes 1, 2 and 30 of each hour
    0 0 * * * * => every hour
    0 5 * * * * => every hour, at 5 minutes past the hour
    0 1 * * * * => every hour, at 1 minute past the hour
    5 34 * * * * => every hour, at 34 minutes and 5 seconds past the hour
    5 0 * * * * => every hour, at 5 seconds past the hour
    0 0 */2 * * * => every 2 hours
    0 15 */2 * * * => every 2 hours, at 15 minutes past the hour
    0 0 1/2 * * * => every 2 hours from hour 1 of each day
    0 30 9-17 * * * => every hour from 09:30 to 17:30
    0 */5 9-17 * * * => every 5 minutes, between 09:00 and 17:59
    0 */5 9 * * * => every 5 minutes, between 09:00 and 09:59
    0 */5 9-11,14-17 * * * => every 5 minutes, between 09:00 and 11:59 and between 14:00 and 17:59
    0 */5 22-23,0-4 * * * => every 5 minutes, between 22:00 and 04:59
    0 */5 0,2,5,8,11,12 * * * => every 5 minutes, in hours 0, 2, 5, 8, 11 and 12
    0 23 0-20/2 * * * => every 2 hours from 00:23 to 20:23
    0 5 0-5,8,12-23 * * * => at 5 minutes past hours 0 to 5, 8 and 12 to 23
    * 5 9-17 * * * => every hour from 09:05 to 17:05
    */10 5 9-17 * * * => every 10 seconds, in minute 5, between 09:00 and 17:59
    0 0,30 9,17 * * * => every day at 09:00, 09:30, 17:00 and 17:30
    15 10 4 * * * => every day at 04:10:15
    every 20 minutes after 10:00 pm => every 20 minutes, from 22:00 on
    every 20 minutes before 10:00 am => every 20 minutes, before 10:00
    every 20 minutes between 10pm and 5:30:30 am => every 20 minutes, between 22:00 and 05:30:29
    every hour between 9am and 5pm => every hour from 09:00 to 16:00
    every 2 hours between 10pm and 5am => every day at 00:00, 02:00, 04:00 and 22:00
    "##);
}

#[test]
fn days() {
    insta::assert_snapshot!(table(&[
        "0 0 * * 1",
        "0 0 * * 1,4",
        "0 0 * * 1-5",
        "0 0 * * 6,0",
        "0 0 * * 0-3",
        "0 0 1 * *",
        "0 0 1,15 * *",
        "0 0 1-7 * *",
        "0 0 1,15 * 1",
        "0 0 13 * 5",
        "0 0 13 1,7 5",
        "0 0 1-7 * 1-5",
        "0 0 13 * 5#2",
        "0 0 L * 5",
        "0 0 1 1 *",
        "0 0 1,15 1,7 *",
        "0 0 * 12 *",
        "0 9 * 1 1",
        "*/5 * * * 1",
        "*/5 * * 1 1-5",
        "*/5 * 1 1 *",
        "*/5 * 1,15 * 1",
        "0 0 L * *",
        "0 0 L-1 * *",
        "0 0 L-0,L-2 * *",
        "0 0 15,L * *",
        "0 0 15W * *",
        "0 0 1W * *",
        "0 0 LW * *",
        "0 0 * * FRIL",
        "0 0 * * MON#2,THU",
        "0 0 * 3 MON#2",
        "every weekday in 2027",
        "on the last week of the year at 9:00",
        "on the last day instance",
        "every 2 weeks of the month",
        "on the 100th day of the year",
        "every hour after 10th day of the month",
        "of march",
        "in 2027",
        "of march on mondays",
    ]), @r##"
    0 0 * * 1 => every Monday at 00:00
    0 0 * * 1,4 => every Monday and Thursday at 00:00
    0 0 * * 1-5 => from Monday to Friday at 00:00
    0 0 * * 6,0 => every Saturday and Sunday at 00:00
    0 0 * * 0-3 => every Monday to Wednesday and Sunday at 00:00
    0 0 1 * * => on the 1st of each month at 00:00
    0 0 1,15 * * => on the 1st and 15th of each month at 00:00
    0 0 1-7 * * => on the 1st to 7th of each month at 00:00
    0 0 1,15 * 1 => on Mondays that are the 1st or 15th of the month at 00:00
    0 0 13 * 5 => on Fridays that are the 13th of the month at 00:00
    0 0 13 1,7 5 => on Fridays that are the 13th of January or July at 00:00
    0 0 1-7 * 1-5 => on days from Monday to Friday that are the 1st to 7th of the month at 00:00
    0 0 13 * 5#2 => on the 2nd Friday of each month, only if that is the 13th of the month at 00:00
    0 0 L * 5 => on Fridays that are the last day of the month at 00:00
    0 0 1 1 * => on the 1st of January at 00:00
    0 0 1,15 1,7 * => on the 1st and 15th of January and July at 00:00
    0 0 * 12 * => every day in December at 00:00
    0 9 * 1 1 => every Monday in January at 09:00
    */5 * * * 1 => every 5 minutes, on Mondays
    */5 * * 1 1-5 => every 5 minutes, from Monday to Friday in January
    */5 * 1 1 * => every 5 minutes, on the 1st of January
    */5 * 1,15 * 1 => every 5 minutes, on Mondays that are the 1st or 15th of the month
    0 0 L * * => on the last day of each month at 00:00
    0 0 L-1 * * => on the 2nd to last day of each month at 00:00
    0 0 L-0,L-2 * * => on the last day of each month and the 3rd to last day of each month at 00:00
    0 0 15,L * * => on the 15th of each month and the last day of each month at 00:00
    0 0 15W * * => on the weekday nearest to the 15th of each month at 00:00
    0 0 1W * * => on the first weekday of each month at 00:00
    0 0 LW * * => on the last weekday of each month at 00:00
    0 0 * * FRIL => on the last Friday of each month at 00:00
    0 0 * * MON#2,THU => on the 2nd Monday of each month and every Thursday at 00:00
    0 0 * 3 MON#2 => on the 2nd Monday of March at 00:00
    every weekday in 2027 => from Monday to Friday in 2027 at 00:00
    on the last week of the year at 9:00 => every day in the last week of the year at 09:00
    on the last day instance => at the start of the last seven days of the month
    every 2 weeks of the month => at the start of the 1st, 3rd and 5th weeks of the month
    on the 100th day of the year => on the 100th day of the year at 00:00
    every hour after 10th day of the month => every hour, on the 10th to 31st of each month
    of march => at the start of March
    in 2027 => at the start of 2027
    of march on mondays => every Monday in March at 00:00
    "##);
}

#[test]
fn alternatives_and_exceptions() {
    insta::assert_snapshot!(table(&[
        "daily at 9am also on sundays at noon",
        "every 10 minutes except on the 10th hour",
        "every 10 minutes except on weekdays between 9am and 5pm",
        "daily at noon except on december 25th except in august",
        "every hour except at noon and 5pm",
        "every minute except on the 5th minute",
    ]), @r##"
    daily at 9am also on sundays at noon => every day at 09:00; also every Sunday at 12:00
    every 10 minutes except on the 10th hour => every 10 minutes; except between 10:00 and 10:59
    every 10 minutes except on weekdays between 9am and 5pm => every 10 minutes; except from Monday to Friday, between 09:00 and 16:59
    daily at noon except on december 25th except in august => every day at 12:00; except on the 25th of December; except in August
    every hour except at noon and 5pm => every hour; except at 12:00 and 17:00
    every minute except on the 5th minute => every minute; except in minute 5
    "##);
}

#[test]
fn what_never_falls_due_says_so() {
    insta::assert_snapshot!(table(&[
        "0 0 0 30 2 *",
        "0 0 0 30,31 2 *",
        "0 0 0 31 4,6 *",
        "0 0 0 31W 2 *",
        "0 0 0 L-30 2 *",
        "at 5pm on the 3rd hour",
        "on the 20th day on the first monday of the month",
        "every hour except every hour",
        "every hour after 9am before 9am",
        "february 30",
        "every day after 10th month before 3rd month",
        "every hour after 6th day of the week before 2nd day of the week",
        "every 2 weeks after 30th week of the year before 20th week of the year",
        "february 30 also april 31",
        "every hour between 9am and 5pm after 8pm",
        "on the 1st also february 30",
    ]), @r##"
    0 0 0 30 2 * => never, because February has no 30th: on the 30th of February at 00:00
    0 0 0 30,31 2 * => never, because February has no 30th or 31st: on the 30th and 31st of February at 00:00
    0 0 0 31 4,6 * => never, because April and June have no 31st: on the 31st of April and June at 00:00
    0 0 0 31W 2 * => never, because no day fulfils all of its conditions: on the weekday nearest to the 31st of February at 00:00
    0 0 0 L-30 2 * => never, because no day fulfils all of its conditions: on the 31st to last day of February at 00:00
    at 5pm on the 3rd hour => never, because no time of the day fulfils all of its conditions: at no time
    on the 20th day on the first monday of the month => never, because no day fulfils all of its conditions: on the 1st Monday of each month, only if that is the 20th of the month at 00:00
    every hour except every hour => never, because its exceptions leave nothing: every hour; except at all times
    every hour after 9am before 9am => never, because no time of the day fulfils all of its conditions: every hour, at no time
    february 30 => never, because February has no 30th: on the 30th of February at 00:00
    every day after 10th month before 3rd month => never, because no day fulfils all of its conditions: every day in none at 00:00
    every hour after 6th day of the week before 2nd day of the week => never, because no day fulfils all of its conditions: every hour, on none
    every 2 weeks after 30th week of the year before 20th week of the year => never, because no day fulfils all of its conditions: at the start of the 1st, 3rd and so on to 53rd weeks of the year within the none weeks of the year
    february 30 also april 31 => never, because February has no 30th: on the 30th of February at 00:00; also on the 31st of April at 00:00
    every hour between 9am and 5pm after 8pm => never, because no time of the day fulfils all of its conditions: every hour, at no time
    on the 1st also february 30 => on the 1st of each month at 00:00; also on the 30th of February at 00:00
    "##);
}
