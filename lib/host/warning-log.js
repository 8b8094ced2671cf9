'use strict';

/** The last warnings and errors of a manager, for whoever looks at it later than its log. */

const {cut} = require('../wire/cut');

const MOST_KEPT = 200;
const LONGEST_MESSAGE = 2 * 1024;

class WarningLog {
    /** The oldest first. */
    #lines = [];

    /**
     * @param {{info: Function, warn: Function, error: Function}} logger
     * @returns {{info: Function, warn: Function, error: Function}} the same, whose warnings and errors are kept
     */
    keeping(logger) {
        return {
            info: logger.info,
            warn: (...args) => {
                this.#keep('warn', args);
                logger.warn(...args);
            },
            error: (...args) => {
                this.#keep('error', args);
                logger.error(...args);
            }
        };
    }

    /** @returns {readonly import('../../index').Warning[]} the oldest first */
    lines() {
        return Object.freeze([...this.#lines]);
    }

    #keep(level, [first, second]) {
        const cause = second instanceof Error ? `: ${messageOf(second)}` : '';
        const message = cut(`${messageOf(first)}${cause}`, LONGEST_MESSAGE);
        this.#lines.push(Object.freeze({at: new Date(), level, message}));
        if (this.#lines.length > MOST_KEPT) {
            this.#lines.shift();
        }
    }
}

/** Of what is logged: a text, an error, or an object with one of them as `err` or `message`. A host may log anything. */
function messageOf(value) {
    try {
        return String(value?.message ?? value?.err?.message ?? value);
    } catch {
        return 'a value that cannot be read';
    }
}

module.exports = {WarningLog};
