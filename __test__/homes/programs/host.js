'use strict';

/** A host that does one thing, named by its argument. */

const {once} = require('node:events');
const JobManager = require('../../..');
const {jobPath} = require('../support/programs');

const create = () => new JobManager({logger: {}, gracePeriod: 10});

/** Starts jobs that go on, and resolves when all of them do. */
async function startJobs(manager, jobs) {
    for (const [index, job] of jobs.entries()) {
        manager.addJob({name: `job ${index}`, job: jobPath(job)});
        const [name] = await once(manager.bree, 'worker created');
        await once(manager.bree.workers.get(name), 'message');
    }
}

const actions = {
    'loads the package'() {},
    'creates a manager'() {
        create();
    },
    async 'runs a job'() {
        const manager = create();
        const completion = manager.awaitCompletion('completes');
        await manager.addJob({job: jobPath('completes')});
        await completion;
        console.log('completed');
    },
    'runs a job that is not awaited'() {
        create().addJob({job: jobPath('completes')});
    },
    'runs a job that cannot be started'() {
        create().addJob({job: jobPath('completes'), worker: {execArgv: ['--no-such-flag']}});
    },
    'runs an inline job'() {
        create().addJob({offloaded: false, job: () => console.log('completed')});
    },
    'waits for a date'() {
        const manager = create();
        manager.addJob({
            offloaded: false,
            name: 'later',
            at: new Date(Date.now() + 200),
            job: () => console.log('completed')
        });
    },
    async 'removes a recurring job'() {
        const manager = create();
        await manager.addJob({name: 'often', at: 'every 1 hour', job: jobPath('completes')});
        await manager.removeJob('often');
        console.log('removed');
    },
    async 'shuts down'() {
        const manager = create();
        await manager.addJob({name: 'often', at: 'every 1 hour', job: jobPath('completes')});
        await startJobs(manager, ['waits', 'spins']);
        await manager.shutdown();
        console.log('over');
    },
    async 'shuts down twice at once, without a job'() {
        const manager = create();
        await Promise.all([manager.shutdown(), manager.shutdown()]);
        console.log('over');
    },
    async 'exits in mid-run'() {
        await startJobs(create(), ['waits', 'spins']);
        process.exit(3);
    },
    async 'throws in mid-run'() {
        await startJobs(create(), ['waits', 'spins']);
        setImmediate(() => {
            throw new Error('the host has a bug');
        });
    },
    async 'aborts in mid-run'() {
        await startJobs(create(), ['waits', 'spins']);
        process.abort();
    },
    async 'exits while a job begins'() {
        create().addJob({job: jobPath('spins')});
        process.exit(3);
    },
    async 'goes on'() {
        await startJobs(create(), ['waits', 'spins']);
        console.log('going');
    }
};

actions[process.argv[2]]();
