'use strict';

/** The thread of an adapter: a blocked event loop of the host delays neither claims nor renewals. */

const {parentPort, workerData} = require('node:worker_threads');
const {Carrier} = require('./carrier');

const carrier = new Carrier(workerData, (message) => parentPort.postMessage(message));
parentPort.on('message', (message) => carrier.take(message));
