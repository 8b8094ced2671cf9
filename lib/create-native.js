'use strict';

const {serialize} = require('./clone');
const {incorrectUsage} = require('./errors');
const {NativeManager} = require('./native');

const BOOTSTRAP_PATH = require.resolve('./bootstrap.js');
const DEFAULT_INLINE_CONCURRENCY = 3;

/**
 * Starts the native side of a manager, with its options checked.
 *
 * @param {import('../index').Options} options - of `new JobManager`
 * @param {object} owner - collected as if the native side did not know it
 * @param {(owner: object) => void} onEvents - called on the host's event loop when there is something to take; must
 *   not throw
 * @returns {NativeManager}
 * @throws {IncorrectUsageError} INVALID_OPTION, naming the option
 */
function createNative(
    {maxWorkers, warmWorkers = 'auto', inlineConcurrency = DEFAULT_INLINE_CONCURRENCY, startTimeout},
    owner,
    onEvents
) {
    const options = {
        maxWorkers: whole('maxWorkers', maxWorkers, 1),
        warmWorkers: warmWorkers === 'auto' ? undefined : whole('warmWorkers', warmWorkers, 0),
        inlineConcurrency: whole('inlineConcurrency', inlineConcurrency, 1),
        startTimeoutMs: whole('startTimeout', startTimeout, 1),
        execPath: process.execPath,
        bootstrapPath: BOOTSTRAP_PATH,
        cancelMessage: serialize('cancel')
    };
    const weakOwner = new WeakRef(owner);
    return new NativeManager(options, () => {
        const manager = weakOwner.deref();
        if (manager) {
            onEvents(manager);
        }
    });
}

/** @returns {number | undefined} the value itself, if it is none or a whole number from `least` up */
function whole(option, value, least) {
    if (value === undefined || (Number.isInteger(value) && value >= least && value < 2 ** 31)) {
        return value;
    }
    throw incorrectUsage({
        message: `The option "${option}" must be a whole number from ${least} up, got ${value}`,
        code: 'INVALID_OPTION'
    });
}

module.exports = {createNative, DEFAULT_INLINE_CONCURRENCY};
