//! Characters that cannot be seen, or look like others: they come from word processors and web pages.

use super::super::error::{Kind, ScheduleError, Span};
use super::understood;

/// Characters, their names, and what they stand for.
const LOOKALIKES: [(char, &str, &str); 18] = [
    ('\u{a0}', "a no-break space", " "),
    ('\u{2007}', "a figure space", " "),
    ('\u{2009}', "a thin space", " "),
    ('\u{202f}', "a narrow no-break space", " "),
    ('\u{3000}', "an ideographic space", " "),
    ('\u{200b}', "a zero-width space", ""),
    ('\u{200c}', "a zero-width non-joiner", ""),
    ('\u{200d}', "a zero-width joiner", ""),
    ('\u{2060}', "a word joiner", ""),
    ('\u{feff}', "a byte order mark", ""),
    ('\u{2010}', "a Unicode hyphen", "-"),
    ('\u{2011}', "a no-break hyphen", "-"),
    ('\u{2013}', "an en dash", "-"),
    ('\u{2014}', "an em dash", "-"),
    ('\u{2212}', "a minus sign", "-"),
    ('\u{2217}', "an asterisk operator", "*"),
    ('\u{ff0a}', "a fullwidth asterisk", "*"),
    ('\u{ff0c}', "a fullwidth comma", ","),
];

fn lookalike(character: char) -> Option<&'static (char, &'static str, &'static str)> {
    LOOKALIKES.iter().find(|(known, ..)| *known == character)
}

/// Names the first such character.
pub(super) fn explain(text: &str) -> Option<ScheduleError> {
    let (start, (character, name, _)) = text
        .char_indices()
        .find_map(|(start, character)| lookalike(character).map(|found| (start, found)))?;
    let kind = Kind::Lookalike { name, code_point: u32::from(*character) };
    let error = ScheduleError::new(kind, Span::new(start, start + character.len_utf8()));
    Some(match understood(plain(text)) {
        Some(meant) => error.suggesting(meant),
        None => error,
    })
}

/// `text` with plain characters.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match lookalike(character) {
            Some((.., meant)) => plain.push_str(meant),
            None => plain.push(character),
        }
    }
    plain.trim_ascii().to_owned()
}
