'use strict';

const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const path = require('node:path');
const {test} = require('node:test');

/** `npm run soak` does ten times as many. */
const RUNS = '200';

// Processes, descriptors and threads are counted through /proc.
if (process.platform === 'linux') {
    test(`${RUNS} mixed runs leave no process, no descriptor and no memory behind`, async () => {
        const args = ['--expose-gc', path.join(__dirname, 'soak.js'), RUNS];
        const {error, stdout, stderr} = await new Promise((resolve) => {
            execFile(process.execPath, args, (failure, out, err) =>
                resolve({error: failure, stdout: out, stderr: err})
            );
        });
        assert.equal(error, null, stdout + stderr);
    });
}
