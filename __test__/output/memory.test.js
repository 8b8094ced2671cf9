'use strict';

// What a job prints takes the host no more memory than is to be kept of it.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const {startHost} = require('../support/hosts');

const MB = 1024 * 1024;

for (const output of ['capture', 'both']) {
    test(`a gigabyte that one job prints takes the host less than 30 MB (${output})`, async (t) => {
        const {child, told} = startHost(t, path.join(__dirname, 'hosts', 'floods.js'), {args: [output]});
        let length = 0;
        child.stdout.removeAllListeners('data');
        child.stdout.on('data', (text) => {
            length += text.length;
        });
        const {run, more, stats} = await told('end');
        assert.equal(run.state, 'completed');
        assert.equal(run.outputBytes, 1024 * MB);
        assert.ok(more < 30 * MB, `${more / MB} MB`);
        assert.equal(stats.outputBytes, 2 * 65_536);
        await once(child, 'close');
        assert.equal(length, output === 'both' ? 1025 * MB : 0);
    });
}
