'use strict';

const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const path = require('node:path');
const {test} = require('node:test');

/** `npm run soak` does ten times as many. */
const RUNS = '200';
/** `npm run soak:handlers` does much more, see handlers/index.js. */
const HANDLERS = {mixed: '2000', chaos: '10', many: '20000'};

// Processes, descriptors and threads are counted through /proc.
if (process.platform === 'linux') {
    test(`${RUNS} mixed runs leave no process, no descriptor and no memory behind`, () =>
        soak('soak.js', [RUNS]));

    for (const [name, count] of Object.entries(HANDLERS)) {
        test(`handlers: ${name}, ${count}`, () => soak('handlers/index.js', [name, count]));
    }
}

async function soak(file, args) {
    const command = ['--expose-gc', path.join(__dirname, file), ...args];
    const {error, stdout, stderr} = await new Promise((resolve) => {
        execFile(process.execPath, command, (failure, out, err) =>
            resolve({error: failure, stdout: out, stderr: err})
        );
    });
    assert.equal(error, null, stdout + stderr);
}
