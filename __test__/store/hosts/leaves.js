'use strict';

// A host that leaves runs behind: it asks for them, tells when they are kept or under way, and is killed. Arguments: the
// store, the file of notes, and what it leaves.

const fs = require('node:fs');
const JobManager = require('../../..');
const notes = require('../jobs/notes');

const [store, file, scenario] = process.argv.slice(2);
const tell = (what, more) => process.send({what, ...more});
const silent = {info() {}, warn() {}, error() {}};

/** So many handlers have been called. */
async function begun(count) {
    while (fs.readFileSync(file, 'utf8').split('B ').length <= count) {
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}

const SCENARIOS = {
    /** Runs that are under way: one that has an attempt left, and one that has not. */
    async running(manager) {
        await manager.defineJob({name: 'job', job: notes, attempts: 2, concurrency: 2});
        await manager.defineJob({name: 'process', job: require.resolve('../jobs/notes')});
        const data = {file, how: 'wait'};
        await manager.runJob('job', {id: 'has-more', data: {file, how: 'wait'}});
        await manager.runJob('process', {id: 'has-none', data});
        await begun(2);
        await manager.runJob('process', {id: 'waits', data: {file}});
    },
    /** Runs that wait, in another order than that of their requests. */
    async waiting(manager) {
        await manager.defineJob({name: 'job', job: notes, concurrency: 1});
        await manager.runJob('job', {id: 'first', data: {file, how: 'wait'}});
        await begun(1);
        await manager.runJob('job', {id: 'low', data: {file}, priority: -1});
        await manager.runJob('job', {id: 'usual', data: {file, map: new Map([[1, 2n]])}});
        await manager.runJob('job', {id: 'high', data: {file}, priority: 5});
        await manager.runJob('job', {id: 'soon', data: {file}, delay: 50});
        await manager.runJob('job', {id: 'much-later', data: {file}, delay: 3_600_000});
    },
    /** A run that waits for its next attempt. */
    async retrying(manager) {
        await manager.defineJob({name: 'job', job: notes, attempts: 3, backoff: 100});
        const run = await manager.runJob('job', {id: 'again', data: {file, how: 'once'}});
        while (run.info().state !== 'retrying') {
            await new Promise((resolve) => setTimeout(resolve, 1));
        }
        // What happened before this one was accepted is in the file.
        await manager.runJob('job', {id: 'much-later', delay: 3_600_000});
    },
    /** Runs that were all asked for at once. */
    async accepted(manager) {
        await manager.defineJob({name: 'job', job: notes});
        const asked = Array.from({length: 500}, (_, index) =>
            manager.runJob('job', {id: `run-${index}`, data: {file}, delay: 1})
        );
        await Promise.all(asked);
    },
    /** Nothing: it has the store. */
    async nothing() {}
};

const manager = new JobManager({store, logger: silent, errorHandler() {}});
SCENARIOS[scenario](manager).then(() => {
    tell('left');
    setInterval(() => {}, 1_000);
});
