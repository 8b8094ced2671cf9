'use strict';

/** The thread of an adapter: a blocked event loop of the host delays neither claims nor renewals. */

const {parentPort, workerData} = require('node:worker_threads');
const {Carrier} = require('./carrier');
const {Outbox} = require('./outbox');

// One answer of the server often has several messages follow.
const outbox = new Outbox((messages) => parentPort.postMessage(messages), setImmediate);
const carrier = new Carrier(workerData, (message) => outbox.add(message));
parentPort.on('message', (messages) => messages.forEach((message) => carrier.take(message)));
