import {parentPort} from 'node:worker_threads';

// The work that must be done once, ever.
parentPort.postMessage('done');
