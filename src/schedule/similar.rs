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
        .filter(|candidate| candidate.as_ref().len() <= LONGEST_COMPARED_BYTES)
        .map(|candidate| {
            let lowercase = candidate.as_ref().to_ascii_lowercase();
            (edits_between(word.as_bytes(), lowercase.as_bytes()), candidate)
        })
        .filter(|(edits, candidate)| *edits <= 2 && edits * 2 < candidate.as_ref().len())
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, leave out, change or swap with their neighbour to make `left` into `right`.
fn edits_between(left: &[u8], right: &[u8]) -> usize {
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, &letter) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &other) in right.iter().enumerate() {
            let changed = last[column] + usize::from(letter != other);
            let mut edits = changed.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && letter == right[column - 1] && left[row - 1] == other {
                edits = edits.min(before_last[column - 1] + 1);
            }
            current.push(edits);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
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
