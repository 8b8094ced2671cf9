'use strict';

/** `adapters.jobs.NAME` in Ghost's configuration: the argument of the adapter's constructor, checked. */

const fs = require('node:fs');
const path = require('node:path');
const {nextRuns, parts} = require('../host/package.bundle.cjs');

const {OptionChecker, invalid, optionTable, retryOptions, tables} = parts;

/** As of Ghost's in-memory adapter, which has the same option. */
const DEFAULT_CONCURRENCY = 3;

const {attempts, backoff, timeout, concurrency, timezone} = tables.HANDLER.kinds;
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const CONFIG = optionTable({
    call: "The jobs adapter's configuration (adapters.jobs)",
    example: '{"store": "content/data/jobs.db"}',
    owner: () => "of Ghost's jobs adapter",
    kinds: {
        store: tables.MANAGER.kinds.store,
        isolated: {
            expected: 'an object of paths by job type, such as {"resize-images": "jobs/resize-images.js"}',
            accepts: isObject
        },
        timezone,
        attempts,
        backoff,
        timeout,
        concurrency,
        waiting: tables.SHUTDOWN.kinds.waiting,
        dashboard: {
            expected:
                'an object such as {"port": 2369} or {"socket": "/run/jobs.sock"}, with options of the dashboard',
            accepts: (value) => value === false || isObject(value)
        }
    },
    refused: {
        path: 'write it as "store"',
        queues: 'Ghost declares its queues itself',
        retries: 'write it as "attempts", which counts the first try, too',
        retry: 'write it as "attempts", which counts the first try, too',
        shutdownTimeout: 'it is an option of Ghost: "server": {"shutdownTimeout": 60000}'
    }
});

/** Here a name that is not known is refused, and ends the start of the site: a warning would be overlooked there. */
const refusing = {
    warn(message) {
        throw invalid(message);
    }
};

/**
 * @typedef {object} Config
 * @property {string | import('../../index').StoreOptions} [store]
 * @property {Map<string, string>} isolated - absolute paths of modules, by type
 * @property {string} [timezone]
 * @property {number} [attempts]
 * @property {unknown} [backoff]
 * @property {number} [timeout]
 * @property {number} concurrency - of lanes whose queue has none
 * @property {'finish' | 'drop'} waiting
 * @property {object} [dashboard] - where it listens, and its options
 */

/**
 * @param {unknown} given
 * @returns {Config}
 * @throws {IncorrectUsageError} INVALID_OPTION, TIME_ZONE_UNKNOWN
 */
function readConfig(given) {
    new OptionChecker(refusing).check(CONFIG, given);
    const {store, dashboard, isolated = {}, waiting = 'finish', concurrency: lanes, ...rest} = given;
    // These find what a look at the kind of a value does not: the name of a zone, and options that do not go together.
    nextRuns('0 0 0 * * *', {timezone: rest.timezone, count: 1});
    retryOptions({name: 'ghost-jobs', attempts: rest.attempts, backoff: rest.backoff});
    if (isObject(store) && typeof store.path !== 'string') {
        throw invalid(
            'The option "store" of Ghost\'s jobs adapter needs a "path", such as "content/data/jobs.db"'
        );
    }
    return {
        ...rest,
        store: store || undefined,
        dashboard: dashboard || undefined,
        isolated: new Map(Object.entries(isolated).map(([type, file]) => [type, moduleOf(type, file)])),
        concurrency: lanes ?? DEFAULT_CONCURRENCY,
        waiting
    };
}

function moduleOf(type, file) {
    const option = `The option "isolated" of Ghost's jobs adapter, for the type "${type}",`;
    if (typeof file !== 'string' || file === '') {
        throw invalid(`${option} must be the path of a module`);
    }
    const absolute = path.resolve(file);
    if (!fs.statSync(absolute, {throwIfNoEntry: false})?.isFile()) {
        throw invalid(
            `${option} names no file: ${absolute}. A relative path counts from the working directory`
        );
    }
    return absolute;
}

module.exports = {readConfig};
