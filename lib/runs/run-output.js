'use strict';

/** What a run has printed and logged, as the host is shown it: text, without what a terminal would take for orders. */

const {stripVTControlCharacters} = require('node:util');

/* oxlint-disable no-control-regex -- control characters are what is taken out */

const ESCAPE = 0x1b;
/** A sequence that has not ended after so many bytes is none. */
const LONGEST_SEQUENCE = 128;
/** Operating system commands and other strings: titles of windows, links, pictures. */
const STRINGS =
    /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)/g;
/** What is left of sequences that are cut, nested or unknown, and characters that move a cursor or ring a bell. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** The beginnings of sequences, from their first byte to the end of what there is. */
const UNENDED = /^\u001b(?:|\[[0-?]*[ -/]*|[ -/]+|[\]PX^_][^\u0007\u001b\n]*\u001b?)$/;

/**
 * @param {import('../native/binding').RunOutput} excerpt
 * @param {object} options
 * @param {boolean} options.isLive - the run goes on: a character or an escape sequence that has not ended is left for the
 *   next time
 * @param {boolean} [options.lines] - whether lines are wanted, too
 * @returns {import('../../index').RunOutput} frozen
 */
function runOutput({bytes, fromByte, totalBytes, droppedBytes, gapAt, pieces}, {isLive, lines = false}) {
    const length = isLive ? wholeLength(bytes) : bytes.length;
    const isCut = droppedBytes > 0;
    const parts = isCut
        ? [bytes.subarray(0, gapAt), bytes.subarray(gapAt, length)]
        : [bytes.subarray(0, length)];
    return Object.freeze({
        text: parts.map(shownBytes).join(isCut ? gapMark(droppedBytes) : ''),
        fromByte,
        totalBytes: totalBytes - (bytes.length - length),
        droppedBytes,
        ...(lines
            ? {lines: Object.freeze(linesOf(bytes.subarray(0, length), pieces, isCut ? gapAt : -1))}
            : {})
    });
}

/** What a run that has written nothing has written. */
const NO_OUTPUT = Object.freeze({text: '', fromByte: 0, totalBytes: 0, droppedBytes: 0});
const NO_LINES = Object.freeze({...NO_OUTPUT, lines: Object.freeze([])});

const gapMark = (bytes) => `… ${bytes.toLocaleString('en')} bytes left out …\n`;
const asBuffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
const shownBytes = (bytes) => shown(asBuffer(bytes).toString());

/** @returns {string} text that is safe to be written to a terminal: lines, and tabs within them */
function shown(text) {
    return stripVTControlCharacters(text.replace(STRINGS, '')).replace(/\r\n?/g, '\n').replace(CONTROLS, '');
}

/** How many of the bytes can be shown now, whatever comes next. */
function wholeLength(bytes) {
    const buffer = asBuffer(bytes);
    const end = buffer.length - unendedBytes(buffer);
    const escape = buffer.lastIndexOf(ESCAPE, end - 1);
    // Of a string that ends by ESC and a backslash the second ESC may have come.
    for (const start of [buffer.lastIndexOf(ESCAPE, escape - 1), escape]) {
        if (start >= Math.max(0, end - LONGEST_SEQUENCE) && UNENDED.test(buffer.latin1Slice(start, end))) {
            return start;
        }
    }
    return end > 0 && buffer[end - 1] === 0x0d ? end - 1 : end;
}

/** How many bytes at the end begin a character that they do not end. */
function unendedBytes(bytes) {
    for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
        const byte = bytes[bytes.length - back];
        if (byte >= 0xc0) {
            return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
        }
        if (byte < 0x80) {
            return 0;
        }
    }
    return 0;
}

/** @returns {import('../../index').OutputLine[]} in the order in which they ended */
function linesOf(bytes, pieces, gapAt) {
    const lines = [];
    /** By stream: a line that has not ended. */
    const open = new Map();
    const close = () => {
        open.forEach((line) => lines.push(lineOf(line)));
        open.clear();
    };
    let attempt;
    for (const piece of piecesOf(bytes, pieces)) {
        if (piece.start === gapAt || piece.attempt !== attempt) {
            close();
            attempt = piece.attempt;
        }
        if (piece.source === 'log') {
            lines.push(logLine(piece));
        } else if (piece.source !== 'attempt') {
            splitLines(piece, open, lines);
        }
    }
    close();
    return lines;
}

function* piecesOf(bytes, {starts, cut, atMs, sources, attempts, leadBytes, messageBytes}) {
    for (let index = 0; index < starts.length; index += 1) {
        const start = starts[index];
        const content = asBuffer(bytes.subarray(start, starts[index + 1] ?? bytes.length));
        yield {
            start,
            content,
            isCut: cut[index] === 1,
            atMs: atMs[index],
            source: sources[index],
            attempt: attempts[index],
            leadBytes: leadBytes[index],
            messageBytes: messageBytes[index]
        };
    }
}

/** Adds the lines that a piece of a stream ends; what follows the last of them stays open. */
function splitLines({source, atMs, attempt, content}, open, lines) {
    let start = 0;
    while (start < content.length) {
        const newline = content.indexOf(0x0a, start);
        const end = newline === -1 ? content.length : newline;
        const line = open.get(source) ?? {stream: source, atMs, attempt, parts: []};
        line.parts.push(content.subarray(start, end));
        if (newline === -1) {
            open.set(source, line);
        } else {
            open.delete(source);
            lines.push(lineOf(line));
        }
        start = end + 1;
    }
}

const lineOf = ({stream, atMs, attempt, parts}) =>
    Object.freeze({
        at: new Date(atMs),
        stream,
        attempt,
        text: shownBytes(Buffer.concat(parts)).replace(/\n$/, '')
    });

function logLine({content, isCut, atMs, attempt, leadBytes, messageBytes}) {
    const at = new Date(atMs);
    if (isCut) {
        return Object.freeze({at, stream: 'log', attempt, text: shownBytes(content).trimEnd()});
    }
    const messageEnd = leadBytes + messageBytes;
    const [, level] = content.latin1Slice(0, leadBytes).split(' ');
    return Object.freeze({
        at,
        stream: 'log',
        attempt,
        level,
        text: shownBytes(content.subarray(leadBytes, messageEnd)),
        fields: fieldsOf(content.subarray(messageEnd))
    });
}

function fieldsOf(json) {
    try {
        return JSON.parse(json.toString());
    } catch {
        // There are none, or they are cut.
        return undefined;
    }
}

module.exports = {NO_LINES, NO_OUTPUT, runOutput};
