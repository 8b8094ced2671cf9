import {parentPort} from 'node:worker_threads';

// The work: a query against the session store, say.
parentPort.postMessage('cleaned');
parentPort.postMessage('done');
