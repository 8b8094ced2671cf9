// Checked by the compiler, never run: what a TypeScript host may write, and what it may not.

import JobManager = require('../../index.js');

const rows = new Map<string, JobManager.JobRow>();
const JobModel: JobManager.JobModel = {
    add: async ({name, status}) => rows.set(name, {id: name, get: () => status}),
    findOne: async ({name}) => rows.get(name) ?? null,
    edit: async (_data, {id}) => id
};

const manager = new JobManager({
    JobModel,
    errorHandler: (error, {name, worker}) => void [error.message, name.length, worker?.threadId.toFixed()],
    workerMessageHandler: ({name, message, worker}) => void [name.length, message, worker.isMainThread],
    domainEvents: {dispatchRaw: (type: string, data: object) => void [type, data]},
    worker: {env: {NODE_ENV: 'test', UNSET: undefined}, resourceLimits: {maxOldGenerationSizeMb: 64}},
    inlineConcurrency: 5,
    warmWorkers: 'auto',
    unref: true,
    timezone: 'Europe/Berlin',
    console
});

async function use(): Promise<void> {
    await manager.addJob({
        job: (word: string) => word.length,
        data: 'hello',
        name: 'hello',
        offloaded: false
    });
    await manager.addJob({job: new URL('file:///job.mjs'), at: new Date(), overlap: 'queue'});
    await manager.addJob({
        job: './job.js',
        at: 'every 5 minutes',
        missed: 'once',
        startDeadline: 1_000,
        unref: true,
        timeout: 5_000
    });
    await manager.addOneOffJob({name: 'once', job: './job.js', memoryLimitMb: 100, staleAfter: 60_000});
    const done: boolean = await manager.hasExecutedSuccessfully('once');
    const row = await manager.awaitOneOffCompletion('once');
    const status: string = row.get('status');
    await manager.awaitCompletion('hello');
    await manager.allSettled();
    const pid: number | undefined = manager.bree.workers.get('once')?.pid;
    const code: number | undefined = await manager.bree.workers['once']?.terminate();
    manager.bree.on('run ended', ({cause, cpuMs}: JobManager.RunSummary) => void [cause, cpuMs]);
    await manager.removeJob('hello');
    await manager.shutdown({timeout: 1_000});
    const runs: Date[] = JobManager.nextRuns('@hourly', {count: 2, from: new Date(), dst: 'upstream'});
    const words: string = JobManager.describeSchedule('* * * * * *');
    void [
        done,
        status,
        pid,
        code,
        runs,
        words,
        manager.inlineQueue.length().toFixed(),
        manager.inlineQueue.idle()
    ];
}

function misuse(): void {
    // @ts-expect-error: a job needs something to run
    void manager.addJob({name: 'nothing'});
    // @ts-expect-error: numbers are no schedules
    void manager.addJob({job: './job.js', at: 5});
    // @ts-expect-error: no such policy
    void manager.addJob({job: './job.js', overlap: 'sometimes'});
    // @ts-expect-error: a one-off job needs a name
    void manager.addOneOffJob({job: './job.js'});
    // @ts-expect-error: one-off jobs are not scheduled
    void manager.addOneOffJob({name: 'once', job: './job.js', at: 'every minute'});
    // @ts-expect-error: the model has to find rows
    void new JobManager({JobModel: {add: async () => {}, edit: async () => {}}});
}

void [use, misuse];

const plainRow: JobManager.PlainJobRow = {id: 1, status: 'queued'};
void new JobManager({
    modelTimeout: 10_000,
    JobModel: {add: async () => {}, findOne: async () => plainRow, edit: async () => {}}
});
