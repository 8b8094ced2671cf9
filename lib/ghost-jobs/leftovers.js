'use strict';

/**
 * @typedef {object} Leftovers - deliveries that a shutdown has not waited for
 * @property {import('./tally').Tally} going
 * @property {import('./tally').Tally} waiting
 * @property {boolean} areKept - whether the store has them
 */

/**
 * What a shutdown has left undone, for the log.
 *
 * @param {Leftovers} leftovers
 * @param {number} timeoutMs
 * @returns {string | undefined} nothing, when all is done
 */
function leftoversLine({going, waiting, areKept}, timeoutMs) {
    const parts = [];
    if (going.total > 0) {
        parts.push(`${deliveries(going)} did not end within ${timeoutMs} ms (${going})`);
    }
    if (waiting.total > 0) {
        parts.push(`${deliveries(waiting)} had not begun (${waiting})`);
    }
    if (parts.length === 0) {
        return undefined;
    }
    const fate = areKept
        ? 'The store has kept them: they are delivered after the next start'
        : waiting.total > 0
          ? 'What had not begun was dropped. With the option "store" it would be kept for the next start'
          : 'Their handlers cannot be stopped, and were not waited for';
    return `Jobs adapter shut down: ${parts.join(', and ')}. ${fate}`;
}

const deliveries = ({total}) => (total === 1 ? '1 delivery' : `${total} deliveries`);

module.exports = {leftoversLine};
