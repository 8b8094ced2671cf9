'use strict';

// Prints, as JSON, in which async context everything about its jobs was called. Each job is added in a context of its
// own name, so that both names in a line have to be the same; but 'outside' is added in none.

const {AsyncLocalStorage} = require('node:async_hooks');
const path = require('node:path');
const JobManager = require('../../..');

const jobPath = (name) => path.join(__dirname, '..', 'jobs', `${name}.js`);
const storage = new AsyncLocalStorage();
const seen = [];
const see = (what, name) => seen.push([what, name, storage.getStore() ?? null]);

const rows = new Map();
const JobModel = {
    async findOne({name}) {
        see('findOne', name);
        return rows.get(name);
    },
    async add(data) {
        see('add', data.name);
        rows.set(data.name, {id: data.name, ...data});
    },
    async edit(data, {id}) {
        see('edit', id);
        Object.assign(rows.get(id), data);
    }
};
const nothing = () => {};
const manager = new JobManager({
    JobModel,
    logger: {info: nothing, warn: nothing, error: nothing},
    workerMessageHandler: ({name}) => see('workerMessageHandler', name),
    errorHandler: (_error, {name}) => see('errorHandler', name),
    domainEvents: {dispatchRaw: () => see('dispatchRaw', storage.getStore())}
});
for (const event of ['worker created', 'worker deleted']) {
    manager.bree.on(event, (name) => {
        see(event, name);
        if (event === 'worker created') {
            manager.bree.workers.get(name).on('exit', () => see('exit', name));
        }
    });
}
manager.bree.on('run ended', ({name}) => see('run ended', name));

/** Adds a job in a context of its name, and resolves when it has completed or failed. */
function add(name, job) {
    return storage.run(name, async () => {
        const completion = manager.awaitCompletion(name).catch(nothing);
        await manager.addJob({name, ...job});
        await completion;
        see('awaitCompletion', name);
    });
}

const inlineJob = (name) => async () => {
    see('inline job begins', name);
    await new Promise((resolve) => setTimeout(resolve, 5));
    see('inline job ends', name);
};
const scheduled = (name, options) => ({
    at: 'every 1 hour',
    job: () => see('scheduled inline job', name),
    offloaded: false,
    ...options
});

async function main() {
    const inline = Array.from({length: 9}, (_, index) => `inline ${index}`);
    const added = [
        ...inline.map((name) => add(name, {job: inlineJob(name), offloaded: false})),
        add('posts', {job: jobPath('posts')}),
        add('throws', {job: jobPath('throws')}),
        add('recurring', scheduled('recurring'))
    ];
    // Requested in another context, and once more outside of all contexts.
    await storage.run('other', () => manager.bree.run('recurring'));
    await Promise.all(added);
    await manager.bree.run('recurring');
    await storage.run('one-off', async () => {
        await manager.addOneOffJob({name: 'one-off', job: jobPath('throws')});
        await manager.awaitOneOffCompletion('one-off');
        see('awaitOneOffCompletion', 'one-off');
    });
    await manager.addJob({name: 'outside', job: () => see('inline job', 'outside'), offloaded: false});
    await manager.allSettled();
    // A job that is removed keeps its context for the events of its last run.
    const online = new Promise((resolve) => manager.bree.once('worker created', resolve));
    await storage.run('removed', () => manager.addJob({name: 'removed', job: jobPath('waits')}));
    await online;
    await storage.run('other', () => manager.removeJob('removed'));
    await manager.shutdown();
    console.log(JSON.stringify(seen));
}

main();
