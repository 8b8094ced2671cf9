//! Plain intervals: "90s", "1h 30m", "two hours".
//!
//! ```text
//! interval = unit | part { [ "," | "and" ] part }
//! part     = amount unit
//! amount   = digits [ "." digits ] | number words
//! ```
//!
//! Words and lengths of units are those of the `human-interval` package that the old one used (a month has
//! 30 days, a year 365), with the short forms of its companion `ms` ("h", "min", "ms"; "y" has 365.25 days).
//! Both pass over what they do not understand; here that is an error. A unit without an amount stands only alone,
//! where it counts once.

use super::error::{Kind, ScheduleError, Span};
use super::expected::INTERVAL_UNITS;
use super::interval::Interval;

const DAY_MILLISECONDS: u64 = 86_400_000;

/// Digits after the decimal point that are looked at.
const MOST_DECIMALS: usize = 9;

/// Whether `word` begins a plain interval: a number word or a unit.
pub(super) fn begins_interval(word: &str) -> bool {
    let mut buffer = [0; 16];
    let first = word.split('-').next().unwrap_or_default();
    lowercase(first, &mut buffer)
        .is_some_and(|word| number_word(word).is_some() || unit_milliseconds(word).is_some())
}

/// Parses a plain interval.
pub(super) fn parse(text: &str) -> Result<Interval, ScheduleError> {
    let mut scanner = Scanner { text, position: 0 };
    let mut total: u128 = 0;
    let mut parts = 0_u32;
    let mut without_amount = None;
    loop {
        scanner.skip_separators();
        if scanner.rest().is_empty() {
            break;
        }
        let part = scanner.parse_part()?;
        total += part.milliseconds;
        parts += 1;
        without_amount = without_amount.or(part.without_amount);
    }
    if let Some(unit) = without_amount.filter(|_| parts > 1) {
        return Err(ScheduleError::new(Kind::MissingAmount, unit));
    }
    let whole = Span::new(0, text.len());
    if total == 0 {
        let kind = if parts == 0 { Kind::UnexpectedEnd } else { Kind::ZeroInterval };
        return Err(ScheduleError::new(kind, whole));
    }
    let milliseconds = u64::try_from(total).ok().and_then(Interval::from_milliseconds);
    milliseconds.ok_or_else(|| ScheduleError::new(Kind::IntervalTooLong, whole))
}

/// Amount times unit.
struct Part {
    milliseconds: u128,
    /// The place of a unit that stands without an amount.
    without_amount: Option<Span>,
}

struct Scanner<'t> {
    text: &'t str,
    position: usize,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// White space, commas, hyphens between number words, and the word "and".
    fn skip_separators(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed =
                rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace() || letter == ',');
            self.position += rest.len() - trimmed.len();
            if !self.peek_word().eq_ignore_ascii_case("and") {
                return;
            }
            self.position += 3;
        }
    }

    /// Letters from the current position on.
    fn peek_word(&self) -> &'t str {
        let rest = self.rest();
        let end = rest.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(rest.len());
        &rest[..end]
    }

    fn parse_part(&mut self) -> Result<Part, ScheduleError> {
        let amount = if self.rest().starts_with(|letter: char| letter.is_ascii_digit()) {
            Some(self.parse_digits()?)
        } else {
            self.parse_number_words()?.map(|amount| (amount, 0))
        };
        self.skip_separators();
        let start = self.position;
        let unit = self.parse_unit()?;
        let (count, decimals) = amount.unwrap_or((1, 0));
        Ok(Part {
            milliseconds: u128::from(count) * u128::from(unit) / 10_u128.pow(decimals),
            without_amount: amount.is_none().then(|| Span::new(start, self.position)),
        })
    }

    /// All digits as one number, and how many of them are decimals.
    fn parse_digits(&mut self) -> Result<(u64, u32), ScheduleError> {
        let rest = self.rest();
        let end = rest.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.').unwrap_or(rest.len());
        let digits = &rest[..end];
        let span = Span::new(self.position, self.position + end);
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        if decimals.contains('.') || digits.ends_with('.') {
            return Err(ScheduleError::new(Kind::NotANumber, span));
        }
        self.position += end;
        let decimals = &decimals[..decimals.len().min(MOST_DECIMALS)];
        let amount = format!("{whole}{decimals}").parse();
        let amount = amount.map_err(|_| ScheduleError::new(Kind::IntervalTooLong, span))?;
        Ok((amount, u32::try_from(decimals.len()).unwrap_or(0)))
    }

    /// "two", "ninety", "one hundred and twenty-five"; `None` if there is no number word.
    fn parse_number_words(&mut self) -> Result<Option<u64>, ScheduleError> {
        let mut sum = NumberSum::default();
        loop {
            let start = self.position;
            self.skip_separators();
            let hyphen = usize::from(sum.words > 0 && self.rest().starts_with('-'));
            self.position += hyphen;
            let word = self.peek_word();
            let mut buffer = [0; 16];
            let Some(number) = lowercase(word, &mut buffer).and_then(number_word) else {
                self.position = start;
                return Ok((sum.words > 0).then(|| sum.total()));
            };
            if !sum.add(number) {
                let span = Span::new(self.position, self.position + word.len());
                return Err(ScheduleError::new(Kind::Unexpected, span).expecting(INTERVAL_UNITS));
            }
            self.position += word.len();
        }
    }

    fn parse_unit(&mut self) -> Result<u64, ScheduleError> {
        let word = self.peek_word();
        let mut buffer = [0; 16];
        if let Some(unit) = lowercase(word, &mut buffer).and_then(unit_milliseconds) {
            self.position += word.len();
            return Ok(unit);
        }
        let rest = self.rest();
        let length = rest.find(|letter: char| letter.is_whitespace() || letter == ',').unwrap_or(rest.len());
        let span = Span::new(self.position, self.position + length);
        let kind = if rest.is_empty() { Kind::UnexpectedEnd } else { Kind::Unexpected };
        Err(ScheduleError::new(kind, span).expecting(INTERVAL_UNITS).suggesting_word_like(&rest[..length]))
    }
}

/// Adds up number words as English reads them.
#[derive(Default)]
pub(super) struct NumberSum {
    thousands: u64,
    current: u64,
    /// What the next word must be smaller than, so that "two three" is no number.
    below: u64,
    words: u32,
}

impl NumberSum {
    pub(super) fn total(&self) -> u64 {
        self.thousands + self.current
    }

    /// `false` if `number` cannot follow the words before it.
    pub(super) fn add(&mut self, number: u64) -> bool {
        let first = self.words == 0;
        self.words += 1;
        match number {
            1_000 | 1_000_000 => {
                let fits = self.current > 0 && (self.thousands == 0 || self.thousands > number);
                self.thousands += self.current.max(1) * number;
                self.current = 0;
                self.below = number;
                fits && (number == 1_000_000 || self.thousands < 1_000_000_000)
            }
            100 => {
                let fits = (1..10).contains(&self.current);
                self.current *= 100;
                self.below = 100;
                fits
            }
            _ => {
                let fits = first || number < self.below;
                self.current += number;
                self.below = if number >= 20 { 10 } else { 0 };
                fits
            }
        }
    }
}

/// `word` in lower case; `None` if it is longer than any word known here.
fn lowercase<'b>(word: &str, buffer: &'b mut [u8; 16]) -> Option<&'b [u8]> {
    let letters = buffer.get_mut(..word.len())?;
    letters.copy_from_slice(word.as_bytes());
    letters.make_ascii_lowercase();
    Some(letters)
}

/// The value of a number word in lower case.
pub(super) fn number_word(word: &[u8]) -> Option<u64> {
    Some(match word {
        b"zero" | b"nil" | b"naught" => 0,
        b"a" | b"an" | b"one" => 1,
        b"two" => 2,
        b"three" => 3,
        b"four" => 4,
        b"five" => 5,
        b"six" => 6,
        b"seven" => 7,
        b"eight" => 8,
        b"nine" => 9,
        b"ten" => 10,
        b"eleven" => 11,
        b"twelve" => 12,
        b"thirteen" => 13,
        b"fourteen" => 14,
        b"fifteen" => 15,
        b"sixteen" => 16,
        b"seventeen" => 17,
        b"eighteen" => 18,
        b"nineteen" => 19,
        b"twenty" => 20,
        b"thirty" => 30,
        b"forty" => 40,
        b"fifty" => 50,
        b"sixty" => 60,
        b"seventy" => 70,
        b"eighty" => 80,
        b"ninety" => 90,
        b"hundred" => 100,
        b"thousand" => 1_000,
        b"million" => 1_000_000,
        _ => return None,
    })
}

fn unit_milliseconds(word: &[u8]) -> Option<u64> {
    Some(match word {
        b"ms" | b"msec" | b"msecs" | b"millisecond" | b"milliseconds" => 1,
        b"s" | b"sec" | b"secs" | b"second" | b"seconds" => 1_000,
        b"m" | b"min" | b"mins" | b"minute" | b"minutes" => 60_000,
        b"h" | b"hr" | b"hrs" | b"hour" | b"hours" => 3_600_000,
        b"d" | b"day" | b"days" => DAY_MILLISECONDS,
        b"w" | b"week" | b"weeks" => 7 * DAY_MILLISECONDS,
        b"month" | b"months" => 30 * DAY_MILLISECONDS,
        b"year" | b"years" => 365 * DAY_MILLISECONDS,
        b"y" | b"yr" | b"yrs" => 365 * DAY_MILLISECONDS + DAY_MILLISECONDS / 4,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(text: &str) -> u64 {
        parse(text).unwrap().milliseconds()
    }

    #[test]
    fn amounts_are_digits_or_words() {
        // Each of these is what human-interval 2.0 or ms 2.1 makes of the text.
        for (text, expected) in [
            ("90s", 90_000),
            ("1.5h", 5_400_000),
            ("30 d", 2_592_000_000),
            ("1y", 31_557_600_000),
            ("100 ms", 100),
            ("two hours", 7_200_000),
            ("minute", 60_000),
            ("3 minutes and 30 seconds", 210_000),
            ("ninety seconds", 90_000),
            ("one hundred and twenty minutes", 7_200_000),
            ("twenty-five minutes", 1_500_000),
            ("1 month", 2_592_000_000),
            ("1 year", 31_536_000_000),
            ("two thousand five hundred seconds", 2_500_000),
            ("1.5 hours", 5_400_000),
            ("one hour, 5 minutes and ten seconds", 3_910_000),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
        // These neither of them understands.
        assert_eq!(milliseconds("1h 30m"), 5_400_000);
        assert_eq!(milliseconds("an hour"), 3_600_000);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for text in [
            "2h30",
            "two three hours",
            "half an hour",
            "5 m h",
            "h d",
            "hour and 5 minutes",
            "1.2.3 s",
            "5.",
            "0 seconds",
            "zero hours",
            "hundred s",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
