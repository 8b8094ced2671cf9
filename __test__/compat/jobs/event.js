'use strict';

const {parentPort} = require('node:worker_threads');

parentPort.postMessage({event: {type: 'MemberImported', data: {id: 'abc', at: new Date(0)}}});
parentPort.postMessage('done');
