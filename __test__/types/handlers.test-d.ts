// Checked by the compiler, never run: handlers, and the types that go from `defineJob` to `runJob`.

import JobManager = require('../../index.js');
import {PermanentJobError, run as ownRun} from '../../lib/job.js';

declare module '../../index.js' {
    interface JobTypes {
        resize: {data: {file: string; width: number}; result: {bytes: number}};
        ping: {result: string};
    }
}

const manager = new JobManager({queues: {mail: {concurrency: 2}, post: {}}});

const kept: JobManager.Options = {store: 'jobs.db', history: {perJob: 5}};
const stores: JobManager.StoreOptions[] = [
    {path: 'jobs.db', durability: 'full', onError: 'memory', orphanRuns: 'fail'}
];
const code: JobManager.StoreError['code'] = 'STORE_IN_USE';
void [kept, stores, code];

async function use(): Promise<void> {
    await manager.defineJob({
        name: 'resize',
        job: './resize.js',
        reuse: {runs: 100, idle: 1_000, age: 60_000, memoryMb: 200}
    });
    await manager.defineJob({
        name: 'resize',
        job: ({file, width}, run) => {
            run.progress({done: 1, total: 2}, file);
            run.log('resized', {width}, 'debug');
            run.signal.throwIfAborted();
            return {bytes: width};
        }
    });
    await manager.defineJob({name: 'other', job: async (data: number) => data + 1, concurrency: 2, data: 5});
    await manager.defineJob({
        name: 'mail',
        job: './mail.js',
        queue: 'mail',
        reuse: false,
        memoryLimitMb: 100
    });
    await manager.defineJob({name: 'inline module', job: './mail.js', offloaded: false, timeout: 100});
    await manager.defineJob({
        name: 'hourly',
        job: './mail.js',
        at: 'every hour',
        timezone: 'UTC',
        missed: 'skip'
    });

    const run = await manager.runJob('resize', {data: {file: 'a', width: 5}, id: 'a', priority: 1, delay: 5});
    const bytes: number = (await run.result).bytes;
    const text: string = await (await manager.runJob('ping')).result;
    const other = await manager.runJob<number>('other', {data: 1, at: new Date(), attempts: 2, timeout: 5});
    const sum: number = await other.result;
    run.on('progress', ({value, note}) => void [value.toFixed(), note?.length])
        .on('log', ({at, level, message, fields}) => void [at.getTime(), level, message, fields?.x])
        .once('attempt failed', ({error, retryAt}) => void [error, retryAt?.getTime()])
        .off('ended', ({state, cause}) => void [state, cause]);
    const {state, started}: JobManager.RunInfo = await run.cancel('enough');
    const result: number = await manager.awaitCompletion<number>('other');
    void [bytes, text, sum, state, started, result, run.info().progress?.value, ownRun.due?.getTime()];
    throw new PermanentJobError('never again', {cause: 5});
}

async function misuse(): Promise<void> {
    // @ts-expect-error: its data has another type
    await manager.runJob('resize', {data: {file: 5}});
    // @ts-expect-error: it answers with something else
    await manager.defineJob({name: 'resize', job: () => 'text'});
    // @ts-expect-error: a function cannot be offloaded
    await manager.defineJob({name: 'f', job: () => 5, offloaded: true});
    // @ts-expect-error: an inline handler has no process
    await manager.defineJob({name: 'f', job: () => 5, reuse: false});
    // @ts-expect-error: a handler needs a name
    await manager.defineJob({job: './mail.js'});
    // @ts-expect-error: no such option
    await manager.runJob('other', {prio: 5});
    // @ts-expect-error: no such event
    (await manager.runJob('other')).on('done', () => {});
    // @ts-expect-error: no such level
    ownRun.log('text', {}, 'fatal');
}

void [use, misuse];
