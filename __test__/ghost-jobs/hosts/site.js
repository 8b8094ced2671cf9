'use strict';

// A site that the test kills: it starts the adapter, and reports each delivery. `end` and `enqueue` are asked for by messages.

const GhostJobs = require('../../../lib/ghost-jobs');

const [config, behaviour] = process.argv.slice(2);
const adapter = new GhostJobs(JSON.parse(config));
const going = new Map();

const processors = {
    /** Ends when it is told to. */
    held: (job) => new Promise((resolve) => going.set(job.type, resolve)),
    /** Takes the site with it. */
    deadly: () => process.kill(process.pid, 'SIGKILL')
};

async function processor(job) {
    process.send({what: 'delivered', job});
    await processors[behaviour](job);
}

process.on('message', async ({enqueue, end}) => {
    if (end !== undefined) {
        going.get(end)();
        return;
    }
    await Promise.all(enqueue.map(([job, queue]) => adapter.enqueue(job, {queue})));
    process.send({what: 'accepted'});
});

adapter.start({processor, queues: {narrow: {concurrency: 1}}}).then(() => process.send({what: 'started'}));
