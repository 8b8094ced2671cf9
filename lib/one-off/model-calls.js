'use strict';

/**
 * Calls methods of the host's JobModel, with a time limit and with retries after database errors.
 */

const {setTimeout: nodePause} = require('node:timers/promises');
const {within} = require('../host/deadline');
const {incorrectUsage} = require('../host/errors');

/** Pauses before the second, third and fourth try of a call: about five seconds in all. */
const RETRY_PAUSES_MS = [250, 1_000, 3_750];
const DEFAULT_TIMEOUT_MS = 30_000;
const METHODS = {add: 'add(data)', findOne: 'findOne({name})', edit: 'edit(data, {id})'};
/** Errors that indicate a bug in the model, not a failure of the database: those have other names, or a `cause`. */
const MISTAKES = new Set(['TypeError', 'ReferenceError', 'AssertionError', 'IncorrectUsageError']);

class ModelCalls {
    #model;
    #pause;
    #timeoutMs;
    #retries = 0;

    /**
     * @param {object} JobModel
     * @param {{pause?: (ms: number) => Promise<void>, timeoutMs?: number}} options - `pause`: how to wait between two
     *   tries; `timeoutMs`: limit of each call, 30,000 by default
     * @throws {IncorrectUsageError} INVALID_OPTION, for a model without one of the methods
     */
    constructor(JobModel, {pause = nodePause, timeoutMs = DEFAULT_TIMEOUT_MS}) {
        this.#model = checkedModel(JobModel);
        this.#pause = pause;
        this.#timeoutMs = timeoutMs;
    }

    /** Calls that were made again. */
    get retries() {
        return this.#retries;
    }

    /**
     * @param {'add' | 'findOne' | 'edit' | 'destroy'} method
     * @param {string} name - the job, for errors
     * @param {...unknown} args
     * @returns {Promise<any>} the result of the method
     * @throws JOB_MODEL_TIMEOUT if it does not settle in time; the call may still take effect later
     */
    async call(method, name, ...args) {
        const answer = Promise.resolve(this.#model[method](...args));
        const settled = answer.then(
            () => {},
            () => {}
        );
        if (await within(settled, this.#timeoutMs)) {
            return answer;
        }
        throw Object.assign(
            new Error(
                `JobModel.${method} did not settle within ${this.#timeoutMs} ms for job "${name}", so its result is ` +
                    `ignored. Check the database, or set the option "modelTimeout".`
            ),
            {name: 'JobModelError', code: 'JOB_MODEL_TIMEOUT'}
        );
    }

    /**
     * @template T
     * @param {() => Promise<T>} attempt
     * @param {(error: any) => Promise<boolean>} [isAnswer] - whether this error is a valid outcome, so that no retry is needed
     * @param {T} [answer] - the result in that case
     * @returns {Promise<T>}
     */
    async retried(attempt, isAnswer = async () => false, answer = undefined) {
        for (let tries = 0; ; tries++) {
            try {
                return await attempt();
            } catch (error) {
                if (isFinal(error)) {
                    throw error;
                }
                if (await isAnswer(error)) {
                    return answer;
                }
                if (tries === RETRY_PAUSES_MS.length) {
                    throw error;
                }
            }
            this.#retries += 1;
            await this.#pause(RETRY_PAUSES_MS[tries]);
        }
    }
}

/** Whether a retry is pointless or harmful: it would fail in the same way, or could overtake the call that timed out. */
function isFinal(error) {
    // A failed `fetch` is a TypeError, with what failed as its cause.
    return error?.code === 'JOB_MODEL_TIMEOUT' || (MISTAKES.has(error?.name) && error.cause === undefined);
}

function checkedModel(JobModel) {
    const missing = Object.keys(METHODS).filter((method) => typeof JobModel[method] !== 'function');
    if (missing.length > 0) {
        throw incorrectUsage({
            message:
                `The option "JobModel" has no method ${missing.map((method) => `"${method}"`).join(' and ')}. ` +
                `A JobModel must have ${Object.values(METHODS).join(', ')}, each returning a promise.`,
            code: 'INVALID_OPTION'
        });
    }
    return JobModel;
}

module.exports = {ModelCalls};
