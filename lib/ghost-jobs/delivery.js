'use strict';

const {AsyncResource} = require('node:async_hooks');

/** One delivery: Ghost's processor is called with the envelope; before that the module of an isolated type has run. */
class Processor {
    #isolated;
    #process;

    /**
     * @param {(envelope: object) => Promise<void>} process - Ghost's processor
     * @param {import('./isolated').IsolatedModules} [isolated]
     */
    constructor(process, isolated) {
        this.replace(process);
        this.#isolated = isolated;
    }

    /**
     * Takes the processor. It is called in the async context of the start: that of a dispatch, such as a request's, is over when
     * the job has its turn, and gone after a restart.
     */
    replace(process) {
        this.#process = AsyncResource.bind(process);
    }

    /**
     * @param {import('./arguments').Envelope} envelope
     * @param {import('../../index').RunContext} [run]
     * @returns {Promise<unknown>} rejected when the delivery has failed
     */
    deliver(envelope, run) {
        return this.#isolated?.has(envelope.type)
            ? this.#deliverIsolated(envelope, run)
            : this.#process(envelope);
    }

    async #deliverIsolated(envelope, run) {
        try {
            await this.#isolated.run(envelope, run);
        } catch (error) {
            await this.#showFailure(envelope, error);
            throw error;
        }
        await this.#process(envelope);
    }

    /**
     * The processor has the site's log lines and its error tracker, and calls the handler that Ghost has for the type with the
     * payload: reading that fails with the error of the module, so that the failure is logged and tracked, and nothing is
     * handled.
     */
    async #showFailure({type}, error) {
        try {
            await this.#process({
                type,
                get payload() {
                    throw error;
                }
            });
        } catch {
            // The caller fails the delivery with the error itself.
        }
    }
}

module.exports = {Processor};
