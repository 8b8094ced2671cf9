// Checked by the compiler, never run: each wrong use of an option, job or event is an error, and the right one beside
// it is none.

import JobManager = require('../../index.js');
import {once} from 'node:events';

const manager = new JobManager({console, db: {}, config: {}});
const print = (word: string) => console.log(word);
const isInline: boolean = Math.random() > 0.5;

function options(): void {
    // @ts-expect-error: a misspelt option
    void new JobManager({errorHandlr: () => {}});
    // @ts-expect-error: another scheduler's option
    void new JobManager({jobs: []});
    // @ts-expect-error: a text for a number
    void new JobManager({maxWorkers: '2'});
    // @ts-expect-error: a misspelt option of the worker
    void new JobManager({worker: {enviroment: {}}});
    // @ts-expect-error: no string
    void new JobManager('config.json');
}

function jobs(): void {
    void manager.addJob({job: './job.js', offloaded: !isInline});
    // @ts-expect-error: a path alone is no job
    void manager.addJob('./job.js');
    // @ts-expect-error: `at` is the name
    void manager.addJob({job: './job.js', cron: '0 0 3 * * *'});
    // @ts-expect-error: a misspelt option
    void manager.addJob({job: './job.js', ofloaded: false});
    // @ts-expect-error: a text for a boolean
    void manager.addJob({job: './job.js', offloaded: 'false'});
    // @ts-expect-error: a text for milliseconds
    void manager.addJob({job: './job.js', timeout: '5s'});
    // @ts-expect-error: a misspelt option of the worker
    void manager.addJob({job: './job.js', worker: {resourcelimits: {}}});
    // @ts-expect-error: an offloaded function needs a name
    void manager.addJob({job: () => {}});
    // @ts-expect-error: a scheduled inline function needs a name
    void manager.addJob({job: () => {}, offloaded: false, at: 'every minute'});
    // @ts-expect-error: an inline job has no memory of its own
    void manager.addJob({job: () => {}, offloaded: false, memoryLimitMb: 100});
    // @ts-expect-error: an inline module neither
    void manager.addJob({job: './job.js', offloaded: false, memoryLimitMb: 100});
    const job: JobManager.Job = {job: './job.js', at: new Date()};
    void manager.addJob(job);
}

function retries(): void {
    const job = './job.js';
    void manager.addJob({job, attempts: 3, backoff: [1000, 5000], retryOn: ['exit'], giveUpAfter: 60_000});
    void manager.addJob({job, at: 'every minute', overlap: 'queue-one', concurrency: 2});
    void manager.addJob({job, attempts: 3, backoff: {type: 'exponential', delay: 10, jitter: 0}});
    const backoff: JobManager.BackoffFunction = async ({attempt, error}) =>
        error.code ? attempt * 1000 : null;
    void manager.addOneOffJob({name: 'once', job: () => {}, offloaded: false, attempts: 3, backoff});
    const error: Error = new JobManager.PermanentJobError('no use', {cause: 1});
    void new JobManager({errorHandler: (_error, {gaveUp}) => gaveUp === 'next-due' && error});
    // @ts-expect-error: a run that was cancelled is never tried again
    void manager.addJob({job, attempts: 3, retryOn: ['cancelled']});
    // @ts-expect-error: no such rule
    void manager.addJob({job, attempts: 3, backoff: {type: 'linear'}});
    // @ts-expect-error: a text for milliseconds
    void manager.addJob({job, attempts: 3, backoff: () => '5s'});
    // @ts-expect-error: a one-off job has no due times
    void manager.addOneOffJob({name: 'once', job, concurrency: 2});
}

function data(): void {
    void manager.addJob({job: print, data: 'hello', offloaded: false});
    void manager.addJob({job: (word?: string) => word, offloaded: false});
    void manager.addJob({job: ({id}: {id: number}) => id, data: {id: 1}, name: 'offloaded'});
    // @ts-expect-error: not what the function takes
    void manager.addJob({job: print, data: 5, offloaded: false});
    // @ts-expect-error: the function needs its data
    void manager.addJob({job: print, offloaded: false});
    // @ts-expect-error: not what the offloaded function takes
    void manager.addJob({job: ({id}: {id: number}) => id, data: {id: '1'}, name: 'offloaded'});
    void manager.addOneOffJob({name: 'once', job: print, data: 'hello', offloaded: false});
    // @ts-expect-error: not what the function takes
    void manager.addOneOffJob({name: 'once', job: print, data: 5, offloaded: false});
    // @ts-expect-error: a one-off job has no schedule
    void manager.addOneOffJob({name: 'once', job: './job.js', overlap: 'skip'});
}

async function events(): Promise<void> {
    manager.bree.on('worker created', (name) => name.toUpperCase());
    manager.bree.once('run ended', ({cause, elapsedMs}) => void [cause.length, elapsedMs.toFixed()]);
    manager.bree.workers.get('job')?.on('exit', (exitCode) => exitCode.toFixed());
    await once(manager.bree, 'job past');
    // @ts-expect-error: no such event
    manager.bree.on('worker creatd', () => {});
    // @ts-expect-error: the name is a string
    manager.bree.on('job past', (name: number) => name);
    // @ts-expect-error: no such event of a worker
    manager.bree.workers.get('job')?.on('done', () => {});
}

async function shutdown(): Promise<void> {
    const {dropped} = await manager.shutdown({waiting: 'drop', timeout: Infinity});
    void dropped.toFixed();
    await manager.shutdown({waiting: 'finish'});
    // @ts-expect-error: an object
    await manager.shutdown(5_000);
    // @ts-expect-error: no such policy
    await manager.shutdown({waiting: 'wait'});
    // @ts-expect-error: how many were dropped is said when that was asked for
    void (await manager.shutdown({timeout: 5})).dropped;
    // @ts-expect-error: a misspelt option
    void JobManager.nextRuns('@daily', {cuont: 3});
}

void [options, jobs, retries, data, events, shutdown];
