//! The words of a sentence.

use super::error::Span;
use super::field::Unit;
use super::human::number_word;

/// A word, number or sign, with its place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    pub(super) fn span(self) -> Span {
        Span::new(self.start, self.end)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Digits. A suffix such as "th", which makes it an ordinal, is a part of it; so are the words "third" to
    /// "tenth".
    Number {
        value: u32,
        digits: u8,
        is_ordinal: bool,
    },
    /// Digits with a decimal point.
    Fraction {
        thousandths: u32,
    },
    /// "two", "ninety", "hundred": see `human`.
    Numeral(u32),
    Word(Word),
    Comma,
    Dash,
    Colon,
    /// "@".
    AtSign,
    /// Anything else, up to the next white space or sign.
    Unknown,
    End,
}

/// The words of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// "a" and "an".
    A,
    After,
    Also,
    Am,
    And,
    At,
    Before,
    Between,
    Day,
    /// 1 = Sunday.
    DayName(u8),
    Every,
    Except,
    First,
    From,
    Half,
    Hour,
    In,
    Instance,
    Last,
    Midnight,
    Minute,
    Month,
    /// 1 = January.
    MonthName(u8),
    Noon,
    Of,
    On,
    Other,
    /// "hourly", "daily" ...
    Periodically(Unit),
    Pm,
    Second,
    Start,
    The,
    Through,
    Week,
    Weekday,
    Weekend,
    Year,
}

/// Longest word of the grammar, in bytes: "wednesdays".
const LONGEST_WORD_BYTES: usize = 10;

/// Reads one token after the other.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'t> {
    bytes: &'t [u8],
    position: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Lexer<'t> {
        Lexer { bytes: text.as_bytes(), position: 0 }
    }

    /// The next token; [`TokenKind::End`], empty, at the end of the last word when there is none.
    pub(super) fn next_token(&mut self) -> Token {
        let last_end = self.position;
        while self.byte(self.position).is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.position += 1;
        }
        let start = self.position;
        let kind = match self.byte(start) {
            None => return Token { kind: TokenKind::End, start: last_end, end: last_end },
            Some(b'0'..=b'9') => self.number(),
            Some(byte) if byte.is_ascii_alphabetic() => self.word(),
            Some(b',') => self.sign(TokenKind::Comma),
            Some(b'-') => self.sign(TokenKind::Dash),
            Some(b':') => self.sign(TokenKind::Colon),
            Some(b'@') => self.sign(TokenKind::AtSign),
            Some(_) => self.unknown(),
        };
        Token { kind, start, end: self.position }
    }

    fn byte(&self, position: usize) -> Option<u8> {
        self.bytes.get(position).copied()
    }

    /// End of the run of bytes from the current position that `belongs` accepts.
    fn end_of(&self, belongs: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        self.position + rest.iter().position(|&byte| !belongs(byte)).unwrap_or(rest.len())
    }

    fn sign(&mut self, kind: TokenKind) -> TokenKind {
        self.position += 1;
        kind
    }

    fn number(&mut self) -> TokenKind {
        let end = self.end_of(|byte| byte.is_ascii_digit());
        let value = self.bytes[self.position..end]
            .iter()
            .fold(0_u32, |value, digit| value.saturating_mul(10).saturating_add(u32::from(digit - b'0')));
        let digits = u8::try_from(end - self.position).unwrap_or(u8::MAX);
        self.position = end;
        if let [b'.', b'0'..=b'9', ..] = self.bytes[end..] {
            return self.decimals(value);
        }
        let letters_end = self.end_of(|byte| byte.is_ascii_alphanumeric());
        let is_ordinal = is_ordinal_suffix(&self.bytes[end..letters_end]);
        if is_ordinal {
            self.position = letters_end;
        }
        TokenKind::Number { value, digits, is_ordinal }
    }

    /// The decimal point and what follows it; more than three decimals are too fine for any period.
    fn decimals(&mut self, whole: u32) -> TokenKind {
        self.position += 1;
        let end = self.end_of(|byte| byte.is_ascii_digit());
        let decimals = &self.bytes[self.position..end];
        self.position = end;
        let thousandths =
            [100, 10, 1].iter().zip(decimals).map(|(unit, digit)| unit * u32::from(digit - b'0'));
        match whole.checked_mul(1_000).and_then(|whole| whole.checked_add(thousandths.sum())) {
            Some(thousandths) if decimals.len() <= 3 => TokenKind::Fraction { thousandths },
            _ => TokenKind::Unknown,
        }
    }

    fn word(&mut self) -> TokenKind {
        let end = self.end_of(|byte| byte.is_ascii_alphabetic());
        let letters = &self.bytes[self.position..end];
        self.position = end;
        let mut lowercase = [0; LONGEST_WORD_BYTES];
        let Some(buffer) = lowercase.get_mut(..letters.len()) else {
            return TokenKind::Unknown;
        };
        buffer.copy_from_slice(letters);
        buffer.make_ascii_lowercase();
        word_of(buffer).map(TokenKind::Word).or_else(|| numeral_of(buffer)).unwrap_or(TokenKind::Unknown)
    }

    fn unknown(&mut self) -> TokenKind {
        self.position = self.end_of(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b',' | b'@'));
        TokenKind::Unknown
    }
}

/// "st", "nd", "rd" or "th".
pub(super) fn is_ordinal_suffix(letters: &[u8]) -> bool {
    let &[first, second] = letters else { return false };
    matches!(&[first.to_ascii_lowercase(), second.to_ascii_lowercase()], b"st" | b"nd" | b"rd" | b"th")
}

/// The number that these lowercase letters spell.
fn numeral_of(letters: &[u8]) -> Option<TokenKind> {
    const ORDINALS: [&[u8]; 8] =
        [b"third", b"fourth", b"fifth", b"sixth", b"seventh", b"eighth", b"ninth", b"tenth"];
    if let Some(place) = (3..).zip(ORDINALS).find(|(_, ordinal)| *ordinal == letters) {
        return Some(TokenKind::Number { value: place.0, digits: 1, is_ordinal: true });
    }
    u32::try_from(number_word(letters)?).ok().map(TokenKind::Numeral)
}

/// The word that these lowercase letters spell, in one of its forms.
fn word_of(letters: &[u8]) -> Option<Word> {
    Some(match letters {
        b"a" | b"an" => Word::A,
        b"after" => Word::After,
        b"also" => Word::Also,
        b"am" => Word::Am,
        b"and" => Word::And,
        b"at" => Word::At,
        b"before" => Word::Before,
        b"between" => Word::Between,
        b"day" | b"days" => Word::Day,
        b"every" | b"each" => Word::Every,
        b"except" => Word::Except,
        b"first" => Word::First,
        b"from" => Word::From,
        b"half" => Word::Half,
        b"h" | b"hr" | b"hrs" | b"hour" | b"hours" => Word::Hour,
        b"in" => Word::In,
        b"instance" => Word::Instance,
        b"last" => Word::Last,
        b"midnight" => Word::Midnight,
        b"m" | b"min" | b"mins" | b"minute" | b"minutes" => Word::Minute,
        b"month" | b"months" => Word::Month,
        b"noon" => Word::Noon,
        b"of" => Word::Of,
        b"on" => Word::On,
        b"other" => Word::Other,
        b"minutely" => Word::Periodically(Unit::Minute),
        b"hourly" => Word::Periodically(Unit::Hour),
        b"daily" | b"everyday" => Word::Periodically(Unit::Day),
        b"weekly" => Word::Periodically(Unit::WeekOfYear),
        b"monthly" => Word::Periodically(Unit::Month),
        b"yearly" | b"annually" => Word::Periodically(Unit::Year),
        b"pm" => Word::Pm,
        b"s" | b"sec" | b"secs" | b"second" | b"seconds" => Word::Second,
        b"start" | b"starting" => Word::Start,
        b"the" => Word::The,
        b"through" | b"to" | b"until" | b"till" => Word::Through,
        b"week" | b"weeks" => Word::Week,
        b"weekday" | b"weekdays" => Word::Weekday,
        b"weekend" | b"weekends" => Word::Weekend,
        b"year" | b"years" => Word::Year,
        _ => return day_of(letters).map(Word::DayName).or_else(|| month_of(letters).map(Word::MonthName)),
    })
}

fn day_of(letters: &[u8]) -> Option<u8> {
    let singular = letters.strip_suffix(b"days").or_else(|| letters.strip_suffix(b"day")).unwrap_or(letters);
    Some(match singular {
        b"sun" => 1,
        b"mon" => 2,
        b"tue" | b"tues" => 3,
        b"wed" | b"wednes" => 4,
        b"thu" | b"thur" | b"thurs" => 5,
        b"fri" => 6,
        b"sat" | b"satur" => 7,
        _ => return None,
    })
}

fn month_of(letters: &[u8]) -> Option<u8> {
    Some(match letters {
        b"jan" | b"january" => 1,
        b"feb" | b"february" => 2,
        b"mar" | b"march" => 3,
        b"apr" | b"april" => 4,
        b"may" => 5,
        b"jun" | b"june" => 6,
        b"jul" | b"july" => 7,
        b"aug" | b"august" => 8,
        b"sep" | b"sept" | b"september" => 9,
        b"oct" | b"october" => 10,
        b"nov" | b"november" => 11,
        b"dec" | b"december" => 12,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let mut lexer = Lexer::new(text);
        std::iter::from_fn(|| Some(lexer.next_token().kind))
            .take_while(|kind| *kind != TokenKind::End)
            .collect()
    }

    #[test]
    fn numbers_may_carry_a_suffix_or_touch_a_word() {
        let number = |value, digits| TokenKind::Number { value, digits, is_ordinal: false };
        let second = TokenKind::Number { value: 2, digits: 1, is_ordinal: true };
        assert_eq!(kinds("2nd 15min"), [second, number(15, 2), TokenKind::Word(Word::Minute)]);
        assert_eq!(
            kinds("10:05PM"),
            [number(10, 2), TokenKind::Colon, number(5, 2), TokenKind::Word(Word::Pm)]
        );
        assert_eq!(kinds("99999999999"), [number(u32::MAX, 11)]);
    }

    #[test]
    fn numbers_may_be_words_or_have_decimals() {
        let third = TokenKind::Number { value: 3, digits: 1, is_ordinal: true };
        assert_eq!(kinds("third TWENTY"), [third, TokenKind::Numeral(20)]);
        let thousandths = |thousandths| TokenKind::Fraction { thousandths };
        assert_eq!(kinds("1.5 0.125 9.1234"), [thousandths(1_500), thousandths(125), TokenKind::Unknown]);
        assert_eq!(kinds("4294967295.5"), [TokenKind::Unknown]);
    }

    #[test]
    fn names_have_short_and_long_forms() {
        assert_eq!(
            kinds("Wednesdays, SEPT"),
            [TokenKind::Word(Word::DayName(4)), TokenKind::Comma, TokenKind::Word(Word::MonthName(9))]
        );
        assert_eq!(
            kinds("ma wednesdayss é5,x"),
            [
                TokenKind::Unknown,
                TokenKind::Unknown,
                TokenKind::Unknown,
                TokenKind::Comma,
                TokenKind::Unknown
            ]
        );
    }
}
