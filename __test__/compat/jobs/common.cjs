'use strict';

require('node:worker_threads').parentPort.postMessage('from a .cjs file');
