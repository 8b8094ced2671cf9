'use strict';

/** A host whose due times alone do not keep it alive. It does one thing, named by its argument. */

const {once} = require('node:events');
const JobManager = require('../../..');
const {jobPath} = require('../support/programs');

const HOUR_MS = 3_600_000;
const create = (options) => new JobManager({logger: {}, ...options});
const soon = () => new Date(Date.now() + 100);
const inAnHour = () => new Date(Date.now() + HOUR_MS);
const say = (what) => () => console.log(what);

/** Something else that keeps the process alive until the returned function is called. */
function stayAlive() {
    const timer = setInterval(() => {}, HOUR_MS);
    return () => clearInterval(timer);
}

/** Adds jobs that are due in an hour: inline and offloaded, with a date and recurring. */
function addFarJobs(manager, options) {
    manager.addJob({name: 'script', at: 'every 1 hour', job: jobPath('completes'), ...options});
    manager.addJob({name: 'date', at: inAnHour(), job: jobPath('completes'), ...options});
    manager.addJob({name: 'inline', at: 'every 1 hour', job: say('ran'), offloaded: false, ...options});
    manager.defineJob({name: 'handler', at: 'every 1 hour', job: say('ran'), offloaded: false, ...options});
    return manager;
}

const actions = {
    'has the option of the manager'() {
        addFarJobs(create({unref: true}));
    },
    'has the option of each job'() {
        addFarJobs(create(), {unref: true});
    },
    'calls unref() after it has added jobs'() {
        addFarJobs(create()).unref();
    },
    'calls unref() before it adds jobs'() {
        addFarJobs(create().unref());
    },
    'adds 10,000 jobs'() {
        const manager = create({unref: true});
        for (let number = 0; number < 10_000; number++) {
            manager.addJob({name: `${number}`, at: 'every 1 hour', job: say('ran'), offloaded: false});
        }
    },
    'has a setTimeout of its own'() {
        const {setTimeout: own} = globalThis;
        globalThis.setTimeout = (...args) => own(...args);
        addFarJobs(create({unref: true}));
        addFarJobs(create(), {unref: true});
        addFarJobs(create()).unref();
    },
    'has one other job'() {
        const manager = addFarJobs(create(), {unref: true});
        manager.addJob({name: 'other', at: soon(), offloaded: false, job: say('the other job')});
    },
    'calls ref() after unref()'() {
        const manager = create({unref: true}).unref().ref();
        manager.addJob({name: 'inline', at: soon(), offloaded: false, job: say('referenced again')});
    },
    async 'has a script that runs when nothing else is left'() {
        const manager = create({unref: true});
        const leave = stayAlive();
        manager.awaitCompletion('script').then(say('the script has ended'));
        manager.addJob({name: 'script', at: soon(), job: jobPath('completes')});
        await once(manager.bree, 'worker created');
        leave();
    },
    'has an inline job that runs when nothing else is left'() {
        const leave = stayAlive();
        const job = async () => {
            leave();
            // Only the run keeps the process alive.
            await new Promise((resolve) => setTimeout(resolve, 100).unref());
            console.log('the function has ended');
        };
        create().addJob({name: 'inline', at: soon(), offloaded: false, job, unref: true});
    },
    'has jobs for now, of which one waits'() {
        const manager = create({unref: true, maxWorkers: 1});
        for (const name of ['first', 'second']) {
            manager.awaitCompletion(name).then(say(name));
            manager.addJob({name, job: jobPath('completes')});
        }
    },
    'has a run that waits for its next attempt'() {
        let attempt = 0;
        const job = async () => {
            attempt += 1;
            console.log(`attempt ${attempt}`);
            if (attempt === 1) {
                throw new Error('try again');
            }
        };
        create({unref: true}).addJob({name: 'again', offloaded: false, attempts: 2, backoff: 200, job});
    },
    'forgets its manager'() {
        const leave = stayAlive();
        const job = () => {
            console.log('ran after a garbage collection');
            leave();
        };
        create({unref: true}).addJob({name: 'inline', at: soon(), offloaded: false, job});
        setImmediate(() => setImmediate(gc));
    }
};

actions[process.argv[2]]();
