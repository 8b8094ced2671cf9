'use strict';

const {isOffloaded} = require('./handler-options');
const {HANDLER} = require('./option-tables');

/** Options that only an offloaded job has, or only one that is not a plain inline function. */
const OF_A_PROCESS = new Set(['memoryLimitMb', 'gracePeriod', 'stallAfter', 'output', 'nice']);

/** `job` of the manager: options that its jobs have unless they say otherwise. */
class JobDefaults {
    /** @type {[string, unknown][]} */
    #options;

    /** @param {import('../../index').JobDefaults} [options] - checked */
    constructor(options = {}) {
        this.#options = Object.entries(options).filter(([, value]) => value !== undefined);
    }

    /**
     * @param {object} job - checked
     * @param {import('../host/options').OptionTable} table - the options that it may have
     * @returns {object} the job with the defaults that are for such a job; the same one if there are none
     */
    complete(job, table) {
        if (this.#options.length === 0) {
            return job;
        }
        const isMeant = optionsFor(job, table);
        const given = this.#options.filter(
            ([name]) => table.kinds[name] !== undefined && job[name] === undefined && isMeant(name)
        );
        return {...Object.fromEntries(given), ...present(job)};
    }
}

/** @returns {(name: string) => boolean} whether a default of that name is for such a job */
function optionsFor(job, table) {
    const isInline = table === HANDLER ? !isOffloaded(job) : job.offloaded === false;
    if (isInline && !job.name && typeof job.job === 'function') {
        // It is only a function in the queue: a run of it has no name to be shown under, or tried again.
        return (name) => name === 'timeout';
    }
    return (name) => !isInline || !OF_A_PROCESS.has(name);
}

/** An option that is undefined is none. */
function present(job) {
    return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== undefined));
}

module.exports = {JobDefaults};
