//! Numbers, lists and names in English.

use std::fmt::Write;

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Name of a day of the week, 0 = Sunday.
pub(super) fn weekday(day: u32) -> String {
    WEEKDAYS[day as usize % 7].to_owned()
}

/// Name of a day of the week in the plural, 0 = Sunday.
pub(super) fn plural_weekday(day: u32) -> String {
    weekday(day) + "s"
}

/// Name of a month, 1 = January.
pub(super) fn month(month: u32) -> String {
    MONTHS[(month as usize + 11) % 12].to_owned()
}

/// "1st", "2nd", "11th".
pub(super) fn ordinal(number: u32) -> String {
    let suffix = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

/// "09:00", with seconds where there are any.
pub(super) fn time_of_day(second_of_day: u32) -> String {
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    let mut text = format!("{hour:02}:{minute:02}");
    if second != 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, ":{second:02}");
    }
    text
}

/// "1 hour", "2 hours".
pub(super) fn counted(number: u64, unit: &str) -> String {
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

/// "a", "a and b", "a, b and c"; "none" of nothing.
pub(super) fn join(items: &[String]) -> String {
    match items {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Items of a list with equal steps from which on only its beginning and end are said.
const LONG_LIST: usize = 7;

/// `values`, ascending, as a list: three or more in a row as a range ("0, 15 and 20 to 30"), many with equal
/// steps by their beginning and end ("0, 7 and so on to 56").
pub(super) fn list(values: &[u32], name: impl Fn(u32) -> String) -> String {
    if let [first, second, .., last] = values
        && values.len() >= LONG_LIST
        && second - first > 1
        && values.windows(2).all(|pair| pair[1] - pair[0] == second - first)
    {
        return format!("{}, {} and so on to {}", name(*first), name(*second), name(*last));
    }
    let mut items = Vec::new();
    for run in values.chunk_by(|left, right| left + 1 == *right) {
        match run {
            [first, _, .., last] if run.len() > 2 => {
                items.push(format!("{} to {}", name(*first), name(*last)));
            }
            _ => items.extend(run.iter().map(|&value| name(value))),
        }
    }
    join(&items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_ranges_and_an_and() {
        let plain = |values: &[u32]| list(values, |value| value.to_string());
        assert_eq!(plain(&[0]), "0");
        assert_eq!(plain(&[1, 2]), "1 and 2");
        assert_eq!(plain(&[0, 3, 4, 5, 7]), "0, 3 to 5 and 7");
        assert_eq!(plain(&[0, 7, 14, 21, 28, 35, 42]), "0, 7 and so on to 42");
        assert_eq!(plain(&[]), "none");
    }

    #[test]
    fn ordinals_know_the_teens() {
        let all = [1, 2, 3, 4, 11, 12, 13, 21, 22, 112, 366].map(ordinal);
        assert_eq!(
            all,
            ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "112th", "366th"]
        );
    }
}
