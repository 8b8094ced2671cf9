'use strict';

// Remembers by content, not by time, what a step was done for.

const {createHash} = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const {ROOT} = require('./commands');

const FOLDER = path.join(ROOT, 'node_modules', '.cache', 'job-manager');

/** The files in these files and folders, in a fixed order. Paths are relative to the repository. */
function listFiles(paths) {
    return paths.flatMap((entry) => {
        const absolute = path.join(ROOT, entry);
        if (!fs.statSync(absolute).isDirectory()) {
            return [entry];
        }
        const names = fs.readdirSync(absolute).toSorted();
        return listFiles(names.map((name) => path.join(entry, name)));
    });
}

/**
 * A hash over the names and contents of files, and over facts that are not files.
 *
 * @param {string[]} paths files and folders, relative to the repository
 * @param {string[]} facts such as the version of a compiler
 */
function contentHash(paths, facts = []) {
    const hash = createHash('sha256');
    for (const file of listFiles(paths)) {
        const content = fs.readFileSync(path.join(ROOT, file));
        hash.update(`${file}\0${content.length}\0`).update(content);
    }
    return hash.update(facts.join('\0')).digest('hex');
}

/** Whether the step was done for this hash. */
function isCurrent(step, hash) {
    try {
        return fs.readFileSync(path.join(FOLDER, `${step}.stamp`), 'utf8') === hash;
    } catch {
        return false;
    }
}

/** Notes that the step was done for this hash. */
function record(step, hash) {
    fs.mkdirSync(FOLDER, {recursive: true});
    fs.writeFileSync(path.join(FOLDER, `${step}.stamp`), hash);
}

module.exports = {contentHash, isCurrent, record, listFiles};
