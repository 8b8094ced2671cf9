'use strict';

/** For how long variables that have been read will do for the run of a handler, in ms. */
const HOLD_MS = 20;

/**
 * Passes the host's environment variables to the native side when they have changed. Only JavaScript
 * may read them: the C environment is not safe to read while the host writes `process.env`.
 */
class HostEnvironment {
    #native;
    #bootVariables;
    #last;
    #readMs = -Infinity;

    /**
     * @param {import('../native/binding').NativeManager} native
     * @param {(variables: string[]) => string[]} bootVariables - the variables, each as "KEY=VALUE", that a worker
     *   process is started with
     */
    constructor(native, bootVariables) {
        this.#native = native;
        this.#bootVariables = bootVariables;
    }

    /** Reads the current variables, and passes them on if they have changed. */
    refresh() {
        this.#readMs = performance.now();
        const variables = Object.entries(process.env).map(([key, value]) => `${key}=${value}`);
        const joined = variables.join('\0');
        if (joined !== this.#last) {
            this.#last = joined;
            this.#native.setEnvironment(this.#bootVariables(variables));
        }
    }

    /** As `refresh`, unless that was done just now: reading them takes a fifth of a short run. */
    refreshIfOld() {
        const nowMs = performance.now();
        if (nowMs - this.#readMs >= HOLD_MS) {
            this.refresh();
        }
    }

    /** Reads the variables if that has not been done yet. */
    ensure() {
        if (this.#last === undefined) {
            this.refresh();
        }
    }
}

module.exports = {HostEnvironment};
