'use strict';

require('node:worker_threads').parentPort.once('message', () => {});
