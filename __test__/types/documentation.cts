// The calls of the documentation, as a CommonJS host in TypeScript writes them.

import JobManager = require('@tryghost/job-manager');
import type {Expect, Same} from './expect.mjs' with {'resolution-mode': 'import'};

declare const models: {Job: JobManager.JobModel};
declare const stripeService: {migrations: {execute(): Promise<void>}};

export async function documentedCalls(): Promise<void> {
    const jobManager = new JobManager({JobModel: models.Job});

    await jobManager.addJob({
        job: (word: string) => console.log(word),
        name: 'hello',
        data: 'Hello',
        offloaded: false
    });
    await jobManager.addJob({
        job: './path/to/email-module.js',
        data: {email: 'send@here.com'},
        offloaded: false
    });
    await jobManager.addJob({
        at: 'every 5 minutes',
        job: './path/to/jobs/check-emails.js',
        name: 'email-checker'
    });
    await jobManager.addJob({at: new Date(), job: new URL('file:///path/to/check-emails.mjs')});
    await jobManager.addOneOffJob({
        name: 'members-migrations',
        offloaded: false,
        job: stripeService.migrations.execute.bind(stripeService.migrations)
    });

    const row = await jobManager.awaitOneOffCompletion('members-migrations');
    type _Row = Expect<Same<typeof row, JobManager.JobRow>>;
    const successful = await jobManager.hasExecutedSuccessfully('generate-backup-2022-09-15');
    type _Successful = Expect<Same<typeof successful, boolean>>;

    await jobManager.awaitCompletion('hello');
    await jobManager.allSettled();
    await jobManager.removeJob('email-checker');
    await jobManager.shutdown();
    await jobManager.shutdown({timeout: 1000, interval: 10});
}

export function schedulesForPeople(): void {
    const dates = JobManager.nextRuns('every 5 minutes', {
        from: new Date(),
        count: 3,
        timezone: 'Europe/Berlin'
    });
    type _Dates = Expect<Same<typeof dates, Date[]>>;
    const text = JobManager.describeSchedule('0 1/5 * * * *');
    type _Text = Expect<Same<typeof text, string>>;
}

export function theBreeWindow(jobManager: JobManager): void {
    jobManager.bree.workers.get('hello')?.postMessage('cancel');
    const worker = jobManager.bree.workers['hello'];
    worker?.on('message', (message: unknown) => console.log(message));
    jobManager.bree.on('worker created', (name: string) => console.log(name));
    const length = jobManager.inlineQueue.length();
    type _Length = Expect<Same<typeof length, number>>;
}

export function options(): JobManager[] {
    return [
        new JobManager(),
        new JobManager({}),
        // The examples of the old package pass this one.
        new JobManager({console}),
        new JobManager({
            errorHandler: (error, {name, worker}) => console.log(error, name, worker?.threadId),
            workerMessageHandler: ({name, message, worker}) => console.log(name, message, worker.pid),
            domainEvents: {dispatchRaw: (type: string, data: object) => console.log(type, data)},
            worker: {
                env: {LANG: 'C'},
                execArgv: ['--no-warnings'],
                resourceLimits: {maxOldGenerationSizeMb: 64}
            },
            timezone: 'Etc/UTC',
            inlineConcurrency: 1,
            maxWorkers: 4,
            warmWorkers: 'auto'
        })
    ];
}

export async function mistakes(jobManager: JobManager): Promise<void> {
    // @ts-expect-error a job is needed
    await jobManager.addJob({name: 'nothing'});
    // @ts-expect-error a one-off job needs a name
    await jobManager.addOneOffJob({job: './job.js'});
    // @ts-expect-error a one-off job runs once, at once
    await jobManager.addOneOffJob({name: 'backup', job: './job.js', at: 'every 5 minutes'});
    // @ts-expect-error a number is no schedule
    await jobManager.addJob({at: 5, job: './job.js'});
    // @ts-expect-error there is no such policy
    await jobManager.addJob({at: 'every 5 minutes', job: './job.js', overlap: 'twice'});
    // @ts-expect-error the queue is the manager's own
    jobManager.inlineQueue = {length: () => 0, idle: () => true};
}
