'use strict';

/** A host whose unit is stopped: it reports how its job ended, and shuts down on SIGTERM if its argument says so. */

const JobManager = require('../../..');

const manager = new JobManager({
    logger: {},
    errorHandler: (error) => process.send({what: 'error', message: error.message}),
    workerMessageHandler: ({message}) => process.send({what: message})
});
manager.bree.on('run ended', ({cause}) => process.send({what: 'ended', cause}));

if (process.argv[2] === 'shuts down') {
    process.once('SIGTERM', async () => {
        await manager.shutdown();
        process.send({what: 'shut down'}, () => process.disconnect());
    });
}

manager.addJob({
    name: 'graceful',
    job: () => {
        const {parentPort} = require('node:worker_threads');
        setInterval(() => {}, 1_000);
        parentPort.on('message', (message) => {
            parentPort.postMessage(`got ${message}`);
            setTimeout(() => parentPort.postMessage('cancelled'), 20);
        });
        parentPort.postMessage('ready');
    }
});
