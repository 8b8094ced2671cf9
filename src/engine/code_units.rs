//! The order of text in JavaScript: by UTF-16 code units.

use std::cmp::Ordering;

/// Compares as JavaScript's `<` does, without converting. UTF-8 has the order of code points, which differs only where
/// one text has a character beyond U+FFFF: its surrogates (D800 to DFFF) come before U+E000 to U+FFFF.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let differing = left.bytes().zip(right.bytes()).find(|(left, right)| left != right);
    match differing {
        Some((left, right)) => rank(left).cmp(&rank(right)),
        None => left.len().cmp(&right.len()),
    }
}

/// Puts the first bytes of U+E000 to U+FFFF behind those of what is beyond.
fn rank(byte: u8) -> u8 {
    if matches!(byte, 0xee | 0xef) { byte | 0xf0 } else { byte - u8::from(byte >= 0xf0) * 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_code_units() {
        let texts = [
            "",
            "a",
            "ab",
            "b",
            "é",
            "ÿ",
            "\u{d7ff}",
            "\u{e000}",
            "\u{ffff}",
            "😀",
            "😀a",
            "\u{10ffff}",
            "a😀",
            "a\u{ffee}",
        ];
        for left in texts {
            for right in texts {
                let expected = left.encode_utf16().cmp(right.encode_utf16());
                assert_eq!(compare(left, right), expected, "{left:?} {right:?}");
            }
        }
    }
}
