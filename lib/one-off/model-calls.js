'use strict';

/**
 * Calls of the host's JobModel: each within a time limit, and tried again when the database failed.
 */

const {setTimeout: nodePause} = require('node:timers/promises');
const {within} = require('../host/deadline');
const {incorrectUsage} = require('../host/errors');

/** Pauses before the second, third and fourth try of a call: about five seconds in all. */
const RETRY_PAUSES_MS = [250, 1_000, 3_750];
const DEFAULT_TIMEOUT_MS = 30_000;
const METHODS = {add: 'add(data)', findOne: 'findOne({name})', edit: 'edit(data, {id})'};
/** What a mistake in the model throws. A database that failed gives other errors, or names its cause. */
const MISTAKES = new Set(['TypeError', 'ReferenceError', 'AssertionError', 'IncorrectUsageError']);

class ModelCalls {
    #model;
    #pause;
    #timeoutMs;

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

    /**
     * @param {'add' | 'findOne' | 'edit' | 'destroy'} method
     * @param {string} name - the job, for errors
     * @param {...unknown} args
     * @returns {Promise<any>} what the model answers
     * @throws JOB_MODEL_TIMEOUT when it does not answer in time; the call may still take effect later
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
     * @param {(error: any) => Promise<boolean>} [isAnswer] - does this failure say all there is to know?
     * @param {T} [answer] - what is answered then
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
            await this.#pause(RETRY_PAUSES_MS[tries]);
        }
    }
}

/** Another try would fail as this one did, or could overtake it. */
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
