'use strict';

const {parentPort} = require('node:worker_threads');

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) {
    process.on(signal, () => {});
}
parentPort.on('message', () => {});
parentPort.postMessage('ready');
