'use strict';

/**
 * @typedef {object} Leftovers - deliveries that a shutdown has not waited for
 * @property {import('./tally').Tally} going
 * @property {import('./tally').Tally} waiting
 * @property {number} [retrying] - of those that wait for another attempt
 * @property {boolean} areKept - whether the store has them
 */

/**
 * What a shutdown has left undone, for the log.
 *
 * @param {Leftovers} leftovers
 * @param {number} timeoutMs
 * @returns {string | undefined} nothing, when all is done
 */
function leftoversLine({going, waiting, retrying = 0, areKept}, timeoutMs) {
    const parts = [];
    if (going.total > 0) {
        parts.push(`${deliveries(going.total)} did not end within ${timeoutMs} ms (${going})`);
    }
    if (waiting.total > 0) {
        parts.push(`${deliveries(waiting.total)} had not begun (${waiting})`);
    }
    if (retrying > 0) {
        parts.push(`${deliveries(retrying)} waited for another attempt`);
    }
    if (parts.length === 0) {
        return undefined;
    }
    const fate = areKept
        ? 'The store has kept them: they are delivered after the next start'
        : waiting.total + retrying > 0
          ? 'What waited was dropped. With the option "store" it would be kept for the next start'
          : 'Their handlers cannot be stopped, and were not waited for';
    return `Jobs adapter shut down: ${parts.join(', and ')}. ${fate}`;
}

const deliveries = (count) => (count === 1 ? '1 delivery' : `${count} deliveries`);

module.exports = {leftoversLine};
