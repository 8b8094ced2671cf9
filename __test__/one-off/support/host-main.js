'use strict';

/**
 * A host in a process of its own: `node host-main.js LOCATION OPTIONS`, both JSON. Does what its parent asks for
 * over the channel of `fork`.
 */

const JobManager = require('../../..');
const {open} = require('./engines');
const {jobPath} = require('./managers');

const [location, options] = process.argv.slice(2).map((text) => JSON.parse(text));

/** Inline jobs, by what they do. Each reports that it has begun. */
const inline = {
    completes: async () => {},
    fails: () => Promise.reject(new RangeError('no luck')),
    waits: () => new Promise(() => {})
};

function oneOff({name, kind, offloaded = false, ...rest}) {
    const begin = () => {
        process.send({event: 'begun', name});
        return inline[kind]();
    };
    return {name, offloaded, job: offloaded ? jobPath(kind) : begin, ...rest};
}

async function main() {
    const {JobModel, close} = await open(location);
    const manager = new JobManager({...options, JobModel, logger: {}});
    manager.bree.on('worker created', (name) => {
        manager.bree.workers.get(name).on('online', () => process.send({event: 'begun', name}));
    });
    const actions = {
        add: (job) => manager.addOneOffJob(oneOff(job)),
        awaitOutcome: async (name) => (await manager.awaitOneOffCompletion(name)).get('status'),
        hasExecuted: (name) => manager.hasExecutedSuccessfully(name),
        async end() {
            await manager.shutdown();
            await close();
        }
    };
    process.on('message', async ({call, action, args}) => {
        const answer = await actions[action](...args).then(
            (result) => ({result}),
            ({message, code, errorType}) => ({error: {message, code, errorType}})
        );
        process.send({call, ...answer});
        if (action === 'end') {
            process.disconnect();
        }
    });
    process.send({event: 'ready'});
}

main();
