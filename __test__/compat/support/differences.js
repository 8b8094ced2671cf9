'use strict';

/**
 * Writes docs/differences.md from the cases that are marked as fixes:
 *     node __test__/compat/support/differences.js > docs/differences.md
 */

const fs = require('node:fs');
const path = require('node:path');

const {collect} = require('../support');

const SUITE = path.join(__dirname, '..');

/** The order of the chapters; a file that is not named here is an error. */
const FILES = [
    'loading.test.js',
    'job-sources.test.js',
    'add-offloaded.test.js',
    'schedules.test.js',
    'add-inline.test.js',
    'one-off.test.js',
    'one-off-trouble.test.js',
    'one-off-database.test.js',
    'completion.test.js',
    'workers.test.js',
    'worker-failures.test.js',
    'remove-shutdown.test.js',
    'bree.test.js',
    'handlers.test.js',
    'errors.test.js',
    'fake-timers.test.js',
    'hosts.test.js'
];

const INTRODUCTION = `# Differences from upstream

"Upstream" is the package that this one replaces, \`@tryghost/job-manager\` 4.1.15 on \`bree\` 9.2.9. What follows is
every point in which the two are known to differ. Each row is a case of the specification in \`__test__/compat/\`, which
runs against both packages and expects the result named here from each; all other cases expect the same from both.

This file is made from those cases: \`node __test__/compat/support/differences.js > docs/differences.md\`.

Two pages have details: [schedules](schedules.md) about how each form of \`at\` is read and what happens at clock changes,
[worker fidelity](worker-fidelity.md) about what a process cannot do that a thread can. Options that upstream does not have,
such as \`timeout\`, \`overlap\` or \`staleAfter\`, are no differences of behaviour; the README describes them. No difference either: as soon as
one of them is loaded, a \`@breejs/later\` that the host can see reads its schedules in local time.
`;

/** The whole text of docs/differences.md. */
function render() {
    const chapters = collect(FILES.map((file) => path.join(SUITE, file)));
    const tables = chapters
        .map(({title, cases}) => ({title, fixes: cases.filter(({results}) => results)}))
        .filter(({fixes}) => fixes.length > 0)
        .map(({title, fixes}) => `## ${title}\n\n${table(fixes)}`);
    return `${[INTRODUCTION, ...tables].join('\n')}`;
}

function table(fixes) {
    const rows = fixes.map(({title, results}) => [title, results.upstream, results.ours]);
    return ['| Case | Upstream | This package |', '| --- | --- | --- |', ...rows.map(line), ''].join('\n');
}

function line(cells) {
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Case files of the suite that no chapter of the document comes from. */
function forgottenFiles() {
    const self = 'differences.test.js';
    return fs
        .readdirSync(SUITE)
        .filter((file) => file.endsWith('.test.js') && file !== self && !FILES.includes(file));
}

if (require.main === module) {
    process.stdout.write(render());
}

module.exports = {forgottenFiles, render};
