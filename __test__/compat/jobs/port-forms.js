'use strict';

const {parentPort} = require('node:worker_threads');

// Listens in each of the ways that a port offers and says which of them heard the first two messages.
const heard = [];
parentPort.once('message', (value) => heard.push(['once', value]));
parentPort.on('message', onMessage);
parentPort.addEventListener('message', (event) => heard.push(['addEventListener', event.data]));
parentPort.onmessage = (event) => heard.push(['onmessage', event.data]);

function onMessage(value) {
    heard.push(['on', value]);
    if (value === 'second') {
        parentPort.off('message', onMessage);
        setImmediate(() => {
            parentPort.postMessage({heard});
            parentPort.close();
        });
    }
}
parentPort.postMessage('ready');
