import {parentPort} from 'node:worker_threads';

parentPort?.postMessage('cleaned');
parentPort?.postMessage('done');
