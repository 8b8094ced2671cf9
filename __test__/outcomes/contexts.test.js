'use strict';

const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const path = require('node:path');
const {test} = require('node:test');
const {promisify} = require('node:util');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');

const HOST = path.join(__dirname, 'hosts', 'contexts.js');

for (const major of NODE_MAJORS) {
    test(`Node.js ${major}: jobs, handlers, events, model calls and promises are called in the async context of their addJob`, async () => {
        const {stdout} = await promisify(execFile)(nodeBinary(major), [HOST]);
        const seen = JSON.parse(stdout);
        assert.deepEqual(
            seen.filter(([, name, context]) => context !== (name === 'outside' ? null : name)),
            []
        );
        const kinds = [...new Set(seen.map(([what]) => what))].toSorted();
        assert.deepEqual(kinds, [
            'add',
            'awaitCompletion',
            'awaitOneOffCompletion',
            'dispatchRaw',
            'edit',
            'errorHandler',
            'exit',
            'findOne',
            'inline job',
            'inline job begins',
            'inline job ends',
            'run ended',
            'scheduled inline job',
            'worker created',
            'worker deleted',
            'workerMessageHandler'
        ]);
        const count = (what, name) => seen.filter((each) => each[0] === what && each[1] === name).length;
        assert.equal(count('scheduled inline job', 'recurring'), 2);
        assert.equal(count('run ended', 'removed'), 1);
        assert.equal(count('errorHandler', 'throws'), 1);
    });
}
