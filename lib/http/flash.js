'use strict';

/**
 * What a page says after a form was sent: a code in its query, from this list and never a text, so that no link can make a
 * page say anything else.
 */

const DONE = [
    'run-accepted',
    'job-paused',
    'job-resumed',
    'all-paused',
    'all-resumed',
    'run-cancelling',
    'run-cancelled',
    'run-retried'
];
/** Of errors: their codes, as `flashOf` writes them. */
const REFUSED = [
    'job-unknown',
    'job-already-running',
    'job-already-executed',
    'queue-full',
    'run-unknown',
    'run-forgotten',
    'run-ended',
    'run-not-failed',
    'run-not-stoppable',
    'run-data-gone',
    'run-elsewhere',
    'cluster-unreachable',
    'manager-shutting-down',
    'manager-shut-down',
    'bad-parameter',
    'not-done'
];
const FLASH_CODES = new Set([...DONE, ...REFUSED]);

/** @param {string} code - of an error @returns {string} */
function flashOf(code) {
    const flash = code.toLowerCase().replaceAll('_', '-');
    return FLASH_CODES.has(flash) ? flash : 'not-done';
}

/** @param {string | null} text - of a query @returns {string | undefined} if it is a code of the list */
const knownFlash = (text) => (FLASH_CODES.has(text) ? text : undefined);

module.exports = {FLASH_CODES, flashOf, knownFlash};
