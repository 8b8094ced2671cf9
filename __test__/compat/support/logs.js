'use strict';

const logging = require('@tryghost/logging');

const {Watchers} = require('./recorder');

const LEVELS = ['info', 'warn', 'error'];

/**
 * Takes the place of the host's logger, as tests of hosts do, and keeps what it is given.
 */
function recordLogs() {
    const entries = [];
    const watchers = new Watchers();
    const originals = LEVELS.map((level) => Object.getOwnPropertyDescriptor(logging, level));
    for (const level of LEVELS) {
        logging[level] = (...args) => {
            entries.push({level, args});
            watchers.notify();
        };
    }

    const at = (level) => entries.filter((entry) => entry.level === level).map(({args}) => args[0]);
    return {
        /** First arguments given to `info`, `warn` and `error`, in order. */
        get info() {
            return at('info');
        },
        get warn() {
            return at('warn');
        },
        get error() {
            return at('error');
        },
        /** Resolves once something at `level` satisfies `matches`. */
        until(level, matches) {
            return watchers.until(() => at(level).find(matches));
        },
        restore() {
            LEVELS.forEach((level, index) => {
                delete logging[level];
                if (originals[index]) {
                    Object.defineProperty(logging, level, originals[index]);
                }
            });
        }
    };
}

module.exports = {recordLogs};
