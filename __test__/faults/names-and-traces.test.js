'use strict';

// Names that cannot be sent to the native side, and where the traces of our errors begin.

const assert = require('node:assert/strict');
const {suite, test} = require('node:test');
const {createManager} = require('../support/runs');
const {jobPath} = require('../homes/support/programs');

test('a name with half of a character is refused, and no row is written', async (t) => {
    const written = [];
    const JobModel = {
        findOne: async () => null,
        add: async (row) => written.push(row),
        edit: async (row) => written.push(row)
    };
    const {manager} = createManager(t, {JobModel});
    const refusal = {code: 'INVALID_OPTION', message: /"a\\ud800" has a lone surrogate/};
    const job = jobPath('completes');
    await assert.rejects(manager.addJob({name: 'a\ud800', job}), refusal);
    await assert.rejects(manager.addOneOffJob({name: 'a\ud800', job}), refusal);
    await assert.rejects(
        manager.addJob({name: 'a\ud800', at: 'every 1 hour', offloaded: false, job: () => {}}),
        refusal
    );
    assert.deepEqual(written, []);
    await manager.addJob({name: 'whole 🐎', job});
});

suite('the trace of a refusal begins at the call', () => {
    const job = jobPath('completes');
    const calls = {
        'a job without a name': (manager) => manager.addJob({job: () => {}}),
        'no such file': (manager) => manager.addJob({job: '/no/such/file.js'}),
        'nonsense for a time': (manager) => manager.addJob({name: 'x', at: 'nonsense', job}),
        'the same name twice': async (manager) => {
            await manager.addJob({name: 'twice', at: 'every 1 hour', job});
            await manager.addJob({name: 'twice', at: 'every 1 hour', job});
        },
        'an unknown job': (manager) => manager.removeJob('unknown'),
        'a one-off without a JobModel': (manager) => manager.addOneOffJob({name: 'x', job}),
        'a bound function as a job': (manager) => manager.addJob({name: 'x', job: Buffer.alloc.bind(Buffer)})
    };
    for (const [what, call] of Object.entries(calls)) {
        for (const limit of [10, 1]) {
            test(`${what}, ${limit} frames`, async (t) => {
                const {manager} = createManager(t);
                const before = Error.stackTraceLimit;
                Error.stackTraceLimit = limit;
                t.after(() => {
                    Error.stackTraceLimit = before;
                });
                const error = await call(manager).catch((thrown) => thrown);
                const [first, ...rest] = error.stack.split('\n    at ').slice(1);
                assert.ok(first.includes(__filename), error.stack);
                assert.ok(rest.length < limit, error.stack);
            });
        }
    }
});
