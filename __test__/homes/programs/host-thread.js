'use strict';

/** A host that is itself a Worker: `workerData` selects what it does. */

const {once} = require('node:events');
const {parentPort, workerData} = require('node:worker_threads');
const JobManager = require('../../..');

const {jobs, isShutDown, exits} = workerData;

async function main() {
    const manager = new JobManager({logger: {}, gracePeriod: 10});
    for (const [index, job] of jobs.entries()) {
        manager.addJob({name: `job ${index}`, job});
        const [name] = await once(manager.bree, 'worker created');
        const worker = manager.bree.workers.get(name);
        worker.on('message', (message) => parentPort.postMessage({message, pid: worker.pid}));
        worker.on('exit', (exitCode) => parentPort.postMessage({exitCode}));
    }
    if (exits) {
        parentPort.once('message', () => process.exit(7));
    }
    if (isShutDown) {
        parentPort.once('message', async () => {
            await manager.shutdown();
            parentPort.postMessage({isShutDown});
        });
    }
}

main();
