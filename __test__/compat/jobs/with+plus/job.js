'use strict';

require('node:worker_threads').parentPort.postMessage('ran from a folder with a plus sign');
