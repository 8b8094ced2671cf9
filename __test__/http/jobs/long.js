'use strict';

// Runs until it is cancelled: as a script, and as a handler.
const {parentPort} = require('node:worker_threads');

module.exports = (_data, run) =>
    new Promise((_resolve, reject) => {
        run.signal.addEventListener('abort', () => reject(new Error('cancelled')));
    });

if (require.main === module) {
    setInterval(() => {}, 60_000);
    parentPort.on('message', (message) => message === 'cancel' && process.exit(0));
}
