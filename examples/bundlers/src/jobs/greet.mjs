import {parentPort, workerData} from 'node:worker_threads';
import {greeting} from '../greeting.mjs';

parentPort.postMessage(greeting(workerData.name));
parentPort.postMessage('done');
