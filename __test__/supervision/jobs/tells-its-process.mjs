import {isMainThread, parentPort, threadId, workerData} from 'node:worker_threads';

parentPort.postMessage({
    pid: process.pid,
    threadId,
    isMainThread,
    job: workerData.job.name,
    arguments: process.argv.slice(2)
});
