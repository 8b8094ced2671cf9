'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {startProgram} = require('./support/programs');

const ROUNDS = 1000;

test('a thousand managers leave nothing when they are shut down', async (t) => {
    const {ended, pids} = startProgram(t, 'rounds.js', {args: [String(ROUNDS)], execArgv: ['--expose-gc']});
    const {code, output} = await ended;
    assert.equal(code, 0);
    assert.deepEqual(pids(), []);
    const {early, late, collected} = JSON.parse(output);
    t.diagnostic(output.trim());
    // The last one may still be on the stack.
    assert.ok(collected >= ROUNDS - 1, `${collected} of ${ROUNDS} were collected`);
    assert.ok(late.descriptors <= early.descriptors, `${late.descriptors} descriptors`);
    assert.ok(late.threads <= early.threads, `${late.threads} threads`);
    assert.ok(late.heapMb - early.heapMb < 2, `${late.heapMb - early.heapMb} MB of heap more`);
    assert.ok(
        late.residentMb - early.residentMb < 20,
        `${late.residentMb - early.residentMb} MB resident more`
    );
});
