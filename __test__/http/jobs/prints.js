'use strict';

// Prints a line, waits until it is cancelled, and prints another.
const {parentPort} = require('node:worker_threads');

console.log('first <b>line</b> \u001b[31mred\u001b[0m');
parentPort.on('message', () => {
    console.error('last line');
    process.exit(0);
});
