'use strict';

/**
 * @typedef {object} Result
 * @property {string} name
 * @property {'ok' | 'failed' | 'left out'} outcome
 * @property {number} seconds
 * @property {string} [note]
 * @property {{passed: number, failed: number}} [tests] for a step that counts tests
 */

/** The names of the steps that this one needs and that did not succeed. */
function missingNeeds(step, results) {
    return (step.needs ?? []).filter(
        (name) => !results.some((result) => result.name === name && result.outcome === 'ok')
    );
}

/**
 * Tests and other steps as one count: a step without tests counts as one, and so does a step that failed
 * before any test of it did.
 *
 * @param {Result[]} results
 */
function totals(results) {
    const total = {passed: 0, failed: 0};
    for (const {outcome, tests = {passed: 0, failed: 0}} of results) {
        const ok = outcome === 'ok';
        total.passed += ok ? Math.max(tests.passed, 1) : tests.passed;
        total.failed += ok ? 0 : Math.max(tests.failed, 1);
    }
    return total;
}

/**
 * A line for each step, and a closing line in the words that CI looks for.
 *
 * @param {Result[]} results
 */
function summary(results) {
    const width = Math.max(...results.map(({name}) => name.length));
    const lines = results.map(({name, outcome, seconds, note, tests}) => {
        const counts = tests && `${tests.passed} passed, ${tests.failed} failed`;
        const details = [`${seconds.toFixed(1).padStart(6)} s`, counts, note].filter(Boolean).join('  ');
        return `${name.padEnd(width)}  ${outcome.padEnd(8)} ${details}`;
    });
    const {passed, failed} = totals(results);
    return [...lines, '', `${passed} passed, ${failed} failed`].join('\n');
}

module.exports = {missingNeeds, totals, summary};
