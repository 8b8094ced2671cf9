'use strict';

/** Modules that run in processes of their own: what the types of the option `isolated` do. */

const JobManager = require('../../index.js');
const {deliveryName} = require('./names');

/** The lanes of the deliveries say how many run at once. */
const MOST_AT_ONCE = 1_000;

class IsolatedModules {
    #manager;
    #modules;
    /** Names of the jobs that are defined. @type {Map<string, Promise<string>>} */
    #names = new Map();

    /** @param {Map<string, string>} modules - absolute paths, by type */
    constructor(modules) {
        this.#modules = modules;
        // Its runs are parts of deliveries, which report their failures, and which the store keeps.
        this.#manager = new JobManager({errorHandler() {}, history: {perJob: 0, total: 0}});
    }

    /** @returns {boolean} does a module run for this type? */
    has(type) {
        return this.#modules.has(type);
    }

    /**
     * Runs the module of a type with the payload, in a process that is kept for the next one.
     *
     * @param {import('./arguments').Envelope} envelope
     * @param {import('../../index').RunContext} run - the delivery
     * @throws {unknown} what the module threw, or why the delivery was stopped
     */
    async run({type, payload}, {id, attempt, signal}) {
        const data = JSON.parse(payload);
        try {
            const name = await this.#define(type);
            const run = await this.#manager.runJob(name, {data, id: `${id}/${attempt}`, signal});
            await run.result;
        } catch (error) {
            throw signal.aborted ? signal.reason : error;
        }
    }

    #define(type) {
        let defined = this.#names.get(type);
        if (defined === undefined) {
            const name = deliveryName(type);
            const job = {name, job: this.#modules.get(type), concurrency: MOST_AT_ONCE};
            defined = this.#manager.defineJob(job).then(() => name);
            this.#names.set(type, defined);
            // The file may be there again for the next delivery.
            defined.catch(() => this.#names.delete(type));
        }
        return defined;
    }

    /** Ends the processes that are left. */
    async shutdown() {
        await this.#manager.shutdown({timeout: 0, waiting: 'drop'}).catch(() => {});
    }
}

module.exports = {IsolatedModules};
