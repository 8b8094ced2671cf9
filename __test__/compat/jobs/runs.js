'use strict';

const {parentPort} = require('node:worker_threads');

// Tells when it ran, then ends by itself.
parentPort.postMessage({ranAt: Date.now()});
