'use strict';

const fs = require('node:fs');

/** Reads what was appended to a file of JSON lines since the last time. */
class LineReader {
    #file;
    #offset = 0;
    #rest = '';

    constructor(file) {
        this.#file = file;
    }

    /** @returns {object[]} the new lines */
    read() {
        const fd = fs.openSync(this.#file, 'r');
        try {
            const bytes = Buffer.alloc(fs.fstatSync(fd).size - this.#offset);
            this.#offset += fs.readSync(fd, bytes, 0, bytes.length, this.#offset);
            const lines = (this.#rest + bytes.toString()).split('\n');
            this.#rest = lines.pop();
            return lines.filter(Boolean).flatMap((line) => parsed(line));
        } finally {
            fs.closeSync(fd);
        }
    }
}

/** A process that is killed as it writes may leave a part of a line. */
function parsed(line) {
    try {
        return [JSON.parse(line)];
    } catch {
        return [];
    }
}

module.exports = {LineReader};
