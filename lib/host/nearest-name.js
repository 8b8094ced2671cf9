'use strict';

/** Longer names are not compared. */
const LONGEST_COMPARED = 64;
const MOST_EDITS = 2;

/**
 * The name that was probably meant. The same rule as for words of schedules (src/schedule/similar.rs): at most two
 * letters inserted, left out, changed or swapped with their neighbour, and fewer than half of them; upper and lower
 * case are the same.
 *
 * @param {string} name
 * @param {Iterable<string>} candidates
 * @returns {string | undefined}
 */
function nearestName(name, candidates) {
    let nearest;
    let fewest = MOST_EDITS + 1;
    for (const candidate of candidates) {
        const edits = editsBetween(name.toLowerCase(), candidate.toLowerCase());
        if (edits < fewest && edits * 2 < candidate.length) {
            [nearest, fewest] = [candidate, edits];
        }
    }
    return nearest;
}

/** Damerau-Levenshtein distance, of adjacent swaps; infinite for names that are too long or too different in length. */
function editsBetween(left, right) {
    if (left.length > LONGEST_COMPARED || Math.abs(left.length - right.length) > MOST_EDITS) {
        return Infinity;
    }
    let beforeLast = [];
    let last = Array.from({length: right.length + 1}, (_, index) => index);
    for (let row = 0; row < left.length; row += 1) {
        const current = [row + 1];
        for (let column = 0; column < right.length; column += 1) {
            const changed = last[column] + (left[row] === right[column] ? 0 : 1);
            let edits = Math.min(changed, last[column + 1] + 1, current[column] + 1);
            if (column > 0 && left[row] === right[column - 1] && left[row - 1] === right[column]) {
                edits = Math.min(edits, beforeLast[column - 1] + 1);
            }
            current.push(edits);
        }
        [beforeLast, last] = [last, current];
    }
    return last[right.length];
}

module.exports = {nearestName};
