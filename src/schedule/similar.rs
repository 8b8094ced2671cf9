//! The word that was probably meant.

/// Longest word worth comparing, in bytes: the longest name of a time zone has 32.
const LONGEST_COMPARED_BYTES: usize = 32;

/// The first of `words` that `word` probably means: at most two letters inserted, left out, changed or swapped
/// with their neighbour, and fewer than half of them; upper and lower case are the same.
pub(super) fn nearest_word<W: AsRef<str>>(word: &str, words: impl IntoIterator<Item = W>) -> Option<W> {
    if word.len() > LONGEST_COMPARED_BYTES {
        return None;
    }
    let word = word.to_ascii_lowercase();
    words
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word, &candidate.as_ref().to_ascii_lowercase()), candidate))
        .filter(|(edits, candidate)| *edits <= 2 && edits * 2 < candidate.as_ref().len())
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_recognised() {
        let words = ["minute", "month", "hour", "second"];
        assert_eq!(nearest_word("minuet", words), Some("minute"));
        assert_eq!(nearest_word("MINTUE", words), Some("minute"));
        assert_eq!(nearest_word("houre", words), Some("hour"));
        assert_eq!(nearest_word("fortnight", words), None);
        assert_eq!(nearest_word("x", words), None);
    }
}
