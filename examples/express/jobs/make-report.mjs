import {parentPort, workerData} from 'node:worker_threads';

parentPort.postMessage(`report for ${workerData.user} is ready`);
parentPort.postMessage('done');
