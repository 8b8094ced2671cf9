'use strict';

/** Taken now: a host's tests may replace them. */
const {setTimeout} = globalThis;
const now = Date.now;

/** Troubles of one kind are logged this often at most. */
const LOG_PERIOD_MS = 30_000;
const PROBE_PERIOD_MS = 1_000;
/** What is over sooner gets no line that it is. */
const LEAST_LASTING_MS = 1_000;

/**
 * What carries the cluster does not answer, or answers with an error: one line for each kind of that now and then, and one
 * when it is over.
 */
class Troubles {
    #host;
    #what;
    #probe;
    /** When each kind was logged last. */
    #logged = new Map();
    #sinceMs;
    #isClosed = false;

    /**
     * @param {{problem: (error: Error) => void, info: (line: string) => void}} host
     * @param {string} what - it is, such as "queue"
     * @param {() => Promise<unknown>} probe - rejects for as long as it cannot be used
     */
    constructor(host, what, probe) {
        this.#host = host;
        this.#what = what;
        this.#probe = probe;
    }

    /**
     * @param {string} message
     * @param {{kind?: string, code?: string, cause?: unknown}} [more] - `kind` instead of the code or the message
     */
    add(message, {code, kind = code ?? message, cause} = {}) {
        if (this.#isClosed) {
            return;
        }
        if (now() - (this.#logged.get(kind) ?? -Infinity) >= LOG_PERIOD_MS) {
            this.#logged.set(kind, now());
            const text = `The ${this.#what} of the cluster cannot be used by this host: ${message}. It is tried again; until then no shared job begins here`;
            const error = new Error(text, cause === undefined ? undefined : {cause});
            this.#host.problem(Object.assign(error, {code: 'CLUSTER_UNREACHABLE', reason: code}));
        }
        if (this.#sinceMs === undefined) {
            this.#sinceMs = now();
            void this.#untilOver();
        }
    }

    async #untilOver() {
        while (!this.#isClosed) {
            try {
                await this.#probe();
                break;
            } catch {
                await new Promise((resolve) => setTimeout(resolve, PROBE_PERIOD_MS).unref());
            }
        }
        const lastedMs = now() - this.#sinceMs;
        this.#sinceMs = undefined;
        if (!this.#isClosed && lastedMs >= LEAST_LASTING_MS) {
            this.#logged.clear();
            const seconds = Math.round(lastedMs / 1_000);
            this.#host.info(
                `The ${this.#what} of the cluster can be used again by this host, after ${seconds} s`
            );
        }
    }

    close() {
        this.#isClosed = true;
    }
}

module.exports = {Troubles};
