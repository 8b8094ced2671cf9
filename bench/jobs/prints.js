'use strict';

const {writeSync} = require('node:fs');
const {workerData} = require('node:worker_threads');

// Prints so many bytes, in lines of 64, as fast as they are taken.
const piece = Buffer.alloc(64 * 1024, `${'x'.repeat(63)}\n`);
for (let left = workerData.bytes; left > 0;) {
    left -= writeSync(1, piece, 0, Math.min(left, piece.length));
}
