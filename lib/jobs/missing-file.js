'use strict';

/** Describes what exists at the path of a missing job module, for the error message. */

const fs = require('node:fs');
const path = require('node:path');
const {nearestName} = require('../host/nearest-name');

/** Larger folders are not read: this is only for a better message. */
const MOST_NAMES = 10_000;

/**
 * @param {unknown} job - as the host gave it
 * @param {string} target - the absolute path that it stands for
 * @returns {string} the path, what it is relative to, what was found there, and a similar name if there is one
 */
function describeMissing(job, target) {
    const isRelative = typeof job === 'string' && !path.isAbsolute(job) && !/^file:/i.test(job);
    const origin = isRelative ? ` ("${job}", relative to the working directory)` : '';
    return `${target}${origin}. ${whatIsThere(target)}`;
}

function whatIsThere(target) {
    const found = fs.statSync(target, {throwIfNoEntry: false});
    if (found) {
        return found.isDirectory() ? `That is a folder${indexIn(target)}` : 'That is no regular file';
    }
    const folder = path.dirname(target);
    const names = namesIn(folder);
    if (!names) {
        return `There is no folder ${folder}`;
    }
    const meant = closeTo(path.basename(target), names);
    return meant ? `There is no such file. There is "${meant}"` : 'There is no such file';
}

function indexIn(folder) {
    const index = namesIn(folder)?.find((name) => /^index\.[cm]?[jt]s$/.test(name));
    return index ? `; it has a file "${index}"` : '';
}

function namesIn(folder) {
    try {
        return fs.readdirSync(folder).slice(0, MOST_NAMES);
    } catch {
        return undefined;
    }
}

/** The same name with another extension, or a name that is spelt almost so. */
function closeTo(wanted, names) {
    const stem = path.parse(wanted).name;
    return (
        names.find((name) => /\.[cm]?[jt]s$/.test(name) && path.parse(name).name === stem) ??
        nearestName(wanted, names)
    );
}

module.exports = {describeMissing};
