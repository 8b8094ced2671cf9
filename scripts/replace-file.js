'use strict';

const fs = require('node:fs');

/**
 * Writes a file as a whole: a process that reads it meanwhile gets the old text or the new one. A worker process that reads
 * half a script, or none, ends without having run its job.
 *
 * @param {string} file
 * @param {string} text
 */
function replaceFile(file, text) {
    const aside = `${file}.${process.pid}`;
    fs.writeFileSync(aside, text);
    fs.renameSync(aside, file);
}

module.exports = {replaceFile};
