'use strict';

/** The option `store` of a manager, in the words of the native side. */

const {invalid} = require('../host/options');
const {DEFAULTS} = require('../runs/run-history');

/**
 * @param {string | import('../../index').StoreOptions | undefined} store - checked
 * @param {import('../../index').HistoryOptions} [history]
 * @returns {import('../native/binding').StoreRequest | undefined}
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function storeRequest(store, history = {}) {
    if (!store) {
        return undefined;
    }
    const {path, durability, onError, orphanRuns} = typeof store === 'string' ? {path: store} : store;
    if (path === undefined) {
        throw invalid(
            'The option "store" of new JobManager() needs a "path": the file, such as "data/jobs.db"'
        );
    }
    const {perJob, total, maxAge} = {...DEFAULTS, ...history};
    return {
        path,
        isFullDurability: durability === 'full',
        historyPerJob: perJob,
        historyTotal: total,
        historyMaxAgeMs: maxAge,
        goesOnInMemory: onError === 'memory',
        failsOrphans: orphanRuns === 'fail'
    };
}

module.exports = {storeRequest};
