'use strict';

/**
 * @typedef {object} InlineRun
 * @property {unknown} error - of its last attempt, where it may be tried again
 * @property {((isLast: boolean) => void) | undefined} decide - resolves the promise of `failed`
 */

/** Runs whose function is called on this event loop, until they end. */
class InlineRuns {
    #native;
    /** @type {Map<number, InlineRun>} */
    #runs = new Map();

    /** @param {import('../native/binding').NativeManager} native */
    constructor(native) {
        this.#native = native;
    }

    has(run) {
        return this.#runs.has(run);
    }

    /** An attempt is due. */
    due(run) {
        if (!this.#runs.has(run)) {
            this.#runs.set(run, {error: undefined, decide: undefined});
        }
    }

    /**
     * The function has failed.
     *
     * @param {number} run
     * @param {unknown} error
     * @param {boolean} isPermanent
     * @returns {Promise<boolean>} whether the run has failed with it; false when another attempt may follow
     */
    failed(run, error, isPermanent) {
        const known = this.#runs.get(run);
        if (!known) {
            return Promise.resolve(true);
        }
        known.error = error;
        return new Promise((resolve) => {
            known.decide = resolve;
            this.#native.inlineEnded(run, isPermanent);
        });
    }

    /**
     * The attempt is not begun: its job has been removed.
     *
     * @param {number} run
     * @returns {boolean} whether the run fails by it, with the error of an earlier attempt
     */
    dropped(run) {
        const wasTried = this.#runs.get(run)?.error !== undefined;
        this.#native.inlineEnded(run, wasTried ? true : undefined);
        return wasTried;
    }

    /** Another attempt follows. @returns {unknown} the error of this one */
    waits(run) {
        const known = this.#runs.get(run);
        known.decide?.(false);
        known.decide = undefined;
        return known.error;
    }

    /** The run has ended. @returns {InlineRun | undefined} */
    take(run) {
        const known = this.#runs.get(run);
        this.#runs.delete(run);
        return known;
    }
}

module.exports = {InlineRuns};
