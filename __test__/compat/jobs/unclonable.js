'use strict';

const {parentPort} = require('node:worker_threads');

try {
    parentPort.postMessage(() => {});
} catch (error) {
    parentPort.postMessage({name: error.name, isError: error instanceof Error, code: error.code});
}
