'use strict';

const {parentPort} = require('node:worker_threads');

parentPort.postMessage({event: {type: 'posted', data: 1}});
