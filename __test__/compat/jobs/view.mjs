import {isMainThread, parentPort, threadId, workerData} from 'worker_threads';
import {parentPort as samePort} from 'node:worker_threads';

const {name} = await Promise.resolve(workerData.job);

parentPort.postMessage({isMainThread, threadId, name, samePort: parentPort === samePort});
