'use strict';

const withPrefix = require('node:worker_threads');
const withoutPrefix = require('worker_threads');

const {isMainThread, parentPort, resourceLimits, threadId, workerData} = withPrefix;

// Sends what a job can see of where it runs.
parentPort.postMessage({
    sameModule: withPrefix === withoutPrefix,
    isMainThread,
    threadId,
    resourceLimits,
    job: workerData.job,
    argv: process.argv.slice(2),
    execArgv: process.execArgv,
    cwd: process.cwd(),
    env: {fromHost: process.env.COMPAT_FROM_HOST, fromWorker: process.env.COMPAT_FROM_WORKER}
});
