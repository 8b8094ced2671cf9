'use strict';

const {parentPort} = require('node:worker_threads');

// Never looks at its messages.
setInterval(() => {}, 1_000);
parentPort.postMessage('ready');
