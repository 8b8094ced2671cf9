'use strict';

// What `npm test` checks, in order. A step that needs others is left out when one of them failed.

const {cargo, node, tool} = require('./commands');
const {install, build} = require('./setup');

const JAVASCRIPT = ['**/*.{js,cjs,mjs,ts,cts,mts}'];

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} [needs] names of earlier steps
 * @property {() => import('./commands').Command} [command] planned when the step's turn comes: a program may be
 *   installed by an earlier one
 * @property {() => Promise<{ok: boolean, note?: string}>} [action] in place of a command
 * @property {(output: string) => {passed: number, failed: number}} [count] reads the tests from the output
 */

/** @type {Step[]} */
const STEPS = [
    {name: 'install', action: install},
    {name: 'build', needs: ['install'], action: build},
    {name: 'format, Rust', command: () => cargo('fmt', '--check')},
    {
        name: 'format, JavaScript',
        needs: ['install'],
        command: () => tool('oxfmt', 'oxfmt', '--check', ...JAVASCRIPT)
    },
    {
        name: 'lint, Rust',
        command: () => cargo('clippy', '--locked', '--all-targets', '--', '-D', 'warnings')
    },
    {
        name: 'lint, JavaScript',
        needs: ['install'],
        command: () => tool('oxlint', 'oxlint', '--deny-warnings')
    },
    {
        name: 'tests, Rust',
        command: () => cargo('test', '--locked', '--no-fail-fast'),
        count: countRustTests
    },
    {
        name: 'tests, JavaScript',
        needs: ['build'],
        command: () => node('scripts/test-javascript.js'),
        count: countJavaScriptTests
    },
    {
        name: 'types',
        needs: ['install'],
        command: () => tool('typescript', 'tsc', '--project', '__test__/types')
    },
    {
        name: 'documentation',
        command: () => ({
            ...cargo('doc', '--locked', '--no-deps', '--document-private-items'),
            env: {RUSTDOCFLAGS: '-D warnings'}
        })
    },
    {name: 'package', needs: ['build'], command: () => node('scripts/pack.js')}
];

/** Sums cargo's result line of each test program. */
function countRustTests(output) {
    return sum(output.matchAll(/^test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed/gm));
}

/** Reads the closing lines of scripts/test-javascript.js. */
function countJavaScriptTests(output) {
    return sum(output.matchAll(/^# pass (?<passed>\d+)\n# fail (?<failed>\d+)$/gm));
}

function sum(matches) {
    const counts = {passed: 0, failed: 0};
    for (const {groups} of matches) {
        counts.passed += Number(groups.passed);
        counts.failed += Number(groups.failed);
    }
    return counts;
}

module.exports = {STEPS, JAVASCRIPT, countRustTests, countJavaScriptTests};
