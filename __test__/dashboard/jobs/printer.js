'use strict';

// Prints a line for each message, and ends with 'end'.
const {parentPort} = require('node:worker_threads');

console.log('\x1b[32mready\x1b[0m <b>');
parentPort.on('message', (message) => {
    if (message === 'end') {
        process.exit(0);
    }
    console.log(message);
});
