'use strict';

// Hosts with modules that are loaded before the main one: worker processes load them too, and there they see a Worker.

const assert = require('node:assert/strict');
const path = require('node:path');
const {suite, test} = require('node:test');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {startProgram} = require('./support/programs');

const fixture = (...names) => path.join(__dirname, '..', 'conformance', 'fixtures', ...names);
const TRACKER = fixture('preloads', 'tracks-errors.cjs');

async function failuresOf(t, {settings, ...options}) {
    const {ended} = startProgram(t, 'application.js', {
        ...options,
        env: {...options.env, APPLICATION: JSON.stringify(settings)}
    });
    const {code, output} = await ended;
    assert.equal(code, 0, output);
    const lines = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    return lines.filter(({what}) => what === 'failed').map(({value}) => value);
}

for (const major of NODE_MAJORS) {
    suite(`on Node.js ${major}`, () => {
        const node = nodeBinary(major);

        for (const [way, options] of Object.entries({
            '--require': {execArgv: ['--require', TRACKER]},
            '--import': {execArgv: ['--import', TRACKER]},
            NODE_OPTIONS: {env: {NODE_OPTIONS: `--require "${TRACKER}"`}}
        })) {
            for (const afterMs of [undefined, 400]) {
                const when = afterMs ? 'due later' : 'due now';
                test(`the error of a job ${when} reaches its host past an error tracker: ${way}`, async (t) => {
                    const settings = {job: {job: fixture('preloads', 'job-throws.js')}, afterMs};
                    const [{name, code, stack}] = await failuresOf(t, {node, ...options, settings});
                    assert.deepEqual({name, code}, {name: 'RangeError', code: 'E_JOB'});
                    assert.match(stack, /job-throws\.js:3/);
                });
            }
        }

        test('the error of a preload is that of the run', async (t) => {
            for (const file of ['throws.cjs', 'throws.mjs']) {
                const execArgv = [
                    file.endsWith('.cjs') ? '--require' : '--import',
                    fixture('preloads', file)
                ];
                const [{name, code, stack}] = await failuresOf(t, {
                    node,
                    settings: {job: {worker: {execArgv}}}
                });
                assert.deepEqual({name, code}, {name: 'TypeError', code: 'E_PRELOAD'});
                assert.match(stack, /throws\.[cm]js:/);
            }
        });
    });
}
