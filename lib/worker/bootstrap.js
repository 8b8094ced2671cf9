'use strict';

/**
 * What runs inside each worker process, before the job and beneath it: its main module, and, where the process has
 * preloads (`--require`, `--import`, also in NODE_OPTIONS), the first of them too, so that the others see a Worker.
 */

const {PREPARED} = require('../wire/boot.js');

/** Node names a main module once it has run the preloads. */
const isPreload = require.main === undefined;

function prepareForPreloads() {
    // Each thread that the job starts runs the preloads, too. And this may be asked for twice: in NODE_OPTIONS, and as a
    // flag.
    if (process[PREPARED] === undefined && require('node:worker_threads').isMainThread) {
        const worker = require('./worker-process.js');
        Object.defineProperty(process, PREPARED, {value: worker, configurable: true});
        worker.prepare({isPreload});
    }
}

function runAsMain() {
    const prepared = process[PREPARED];
    delete process[PREPARED];
    const worker = prepared ?? require('./worker-process.js');
    if (prepared === undefined) {
        worker.prepare({isPreload});
    }
    worker.run();
}

// Where neither a preload nor the job meets it, and Node does not take the main module for loaded.
delete require.cache[__filename];
delete process.mainModule;
if (isPreload) {
    prepareForPreloads();
} else {
    runAsMain();
}
