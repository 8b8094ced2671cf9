'use strict';

const fs = require('node:fs');
const {inspect} = require('node:util');
const {safeText} = require('../text');

/** Priorities of syslog, which the journal reads at the beginning of a line. */
const PRIORITIES = {debug: 7, info: 6, warn: 4, error: 3};
const STANDARD_OUTPUT = 1;
/** Of each job that is added, and says nothing of it. */
const HIDDEN = 'Adding offloaded job to the inline job queue';

/** Whether what is printed goes to the journal of systemd, which has times and priorities of its own. */
function isJournal(env) {
    try {
        const {dev, ino} = fs.fstatSync(STANDARD_OUTPUT);
        return env.JOURNAL_STREAM === `${dev}:${ino}`;
    } catch {
        return false;
    }
}

function textOf(value) {
    if (typeof value !== 'object' || value === null) {
        return String(value);
    }
    if (value instanceof Error) {
        // The stack of one of our own errors says nothing of the job.
        return value.name === 'JobError' ? value.message : (value.stack ?? value.message);
    }
    const {worker: _shown, ...fields} = value;
    return Object.keys(fields).length === 0 ? '' : inspect(fields, {breakLength: Infinity, depth: 4});
}

/**
 * A logger that prints lines to the standard output: `2026-11-29T04:40:00.000Z info  text`; in the journal `<6>text`; with
 * `isJson` an object in each line.
 *
 * @param {{isJson?: boolean, env?: NodeJS.ProcessEnv, write?: (text: string) => void}} [options]
 */
function createLog({isJson = false, env = process.env, write = (text) => process.stdout.write(text)} = {}) {
    const hasPriorities = !isJson && isJournal(env);
    const print = (level, values) => {
        if (values[0] === HIDDEN) {
            return;
        }
        // A line feed would begin another entry: what follows it is indented.
        const message = safeText(values.map(textOf).filter(Boolean).join(' '));
        const time = new Date().toISOString();
        if (isJson) {
            write(`${JSON.stringify({time, level, message})}\n`);
        } else if (hasPriorities) {
            write(`${message.replaceAll(/^/gm, `<${PRIORITIES[level]}>`)}\n`);
        } else {
            write(`${time} ${level.padEnd(5)} ${message.replaceAll('\n', '\n    ')}\n`);
        }
    };
    return {
        debug: (...values) => print('debug', values),
        info: (...values) => print('info', values),
        warn: (...values) => print('warn', values),
        error: (...values) => print('error', values)
    };
}

module.exports = {createLog};
