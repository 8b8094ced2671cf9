'use strict';

/**
 * A function that keeps the arguments of its calls and can be waited for.
 *
 * @param {Function} [implementation] what the function does besides
 */
function recorder(implementation) {
    const watchers = new Watchers();
    const record = function record(...args) {
        record.calls.push(args);
        watchers.notify();
        return implementation?.apply(this, args);
    };
    /** The arguments of each call. */
    record.calls = [];
    /** Resolves with the first call whose first argument satisfies `matches`. */
    record.until = (matches) => watchers.until(() => record.calls.find(([first]) => matches(first)));
    /** Resolves with all calls once there are `count` of them. */
    record.times = (count) => watchers.until(() => record.calls.length >= count && record.calls);
    return record;
}

/** Those who wait for something to become true, asked again at each change. */
class Watchers {
    #checks = new Set();

    /** Call after each change. */
    notify() {
        for (const check of this.#checks) {
            check();
        }
    }

    /** Resolves with the first truthy value that `find` returns. */
    until(find) {
        return new Promise((resolve) => {
            const check = () => {
                const found = find();
                if (found) {
                    this.#checks.delete(check);
                    resolve(found);
                }
            };
            this.#checks.add(check);
            check();
        });
    }
}

/** A promise with its two ends, for an inline job that waits for the case. */
function gate() {
    let open;
    const opened = new Promise((resolve) => {
        open = resolve;
    });
    return {open, opened};
}

module.exports = {Watchers, gate, recorder};
