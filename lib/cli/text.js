'use strict';

/** Text from jobs and hosts, made fit for a terminal: no control characters, and a known width. */

/* eslint-disable no-control-regex -- control characters are what is looked for */
/** Sequences for terminals: colours and movements of the cursor; titles and links. */
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;
/** Control characters but the line feed and the tab, and marks that change the direction or the order of text. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
/* eslint-enable no-control-regex */
/** Characters that take two columns: of East Asian scripts, and most emoji. */
const WIDE =
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

const graphemes = new Intl.Segmenter('en', {granularity: 'grapheme'});

const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Text that may be printed: terminal sequences are left out, other control characters and direction marks are shown as
 * `\u202e`. Line feeds and tabs stay.
 *
 * @param {unknown} value
 */
function safeText(value) {
    return String(value).toWellFormed().replaceAll(SEQUENCES, '').replaceAll(UNSAFE, escaped);
}

/** The same in one line. */
const oneLine = (value) => safeText(value).replaceAll(/\s+/g, ' ').trim();

/** The columns that a text of one line takes. */
function widthOf(text) {
    // Most texts need no segmenter.
    if (/^[\u0020-\u007e]*$/.test(text)) {
        return text.length;
    }
    let width = 0;
    for (const {segment} of graphemes.segment(text)) {
        width += columnsOf(segment);
    }
    return width;
}

const columnsOf = (grapheme) => (WIDE.test(grapheme) ? 2 : /^\p{Mark}+$/u.test(grapheme) ? 0 : 1);

/** The text, or as much of its beginning as fits, and `…`. */
function fit(text, width) {
    if (widthOf(text) <= width) {
        return text;
    }
    let kept = '';
    let used = 1;
    for (const {segment} of graphemes.segment(text)) {
        used += columnsOf(segment);
        if (used > width) {
            break;
        }
        kept += segment;
    }
    return `${kept}…`;
}

/** The text with spaces after it, up to a width. */
const padded = (text, width) => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** `1 job`, `2 jobs`. */
const counted = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

module.exports = {counted, fit, oneLine, padded, safeText, widthOf};
