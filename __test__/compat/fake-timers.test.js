'use strict';

const assert = require('node:assert/strict');
const {once} = require('node:events');
const sinon = require('sinon');

const {chapter} = require('./support');
const {recorder} = require('./support/recorder');
const {MemoryJobModel} = require('./support/job-model');

const {same, fix} = chapter('Fake timers');

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Runs a case on a fake clock, from a fixed time on. */
const onFakeClock =
    (run, now = new Date(2024, 1, 28, 12, 2, 30).getTime()) =>
    async (context) => {
        // A case before this one that timed out has left its clock.
        sinon.restore();
        const clock = sinon.useFakeTimers({now});
        try {
            await run({...context, clock});
        } finally {
            clock.restore();
        }
    };

/** Resolves when a job's worker has ended; workers are real and need no ticks. */
const ended = (manager) => once(manager.bree, 'worker deleted');

same(
    'a job that runs now starts at the next tick, before `tick` returns',
    onFakeClock(async ({create, clock, jobFile}) => {
        const manager = create({});
        await manager.addJob({name: 'job-now', job: jobFile('simple.js')});
        assert.equal(manager.bree.timeouts.has('job-now'), true);
        assert.equal(manager.bree.workers.has('job-now'), false);

        const deleted = ended(manager);
        clock.tick(1);
        assert.equal(manager.bree.timeouts.has('job-now'), false);
        assert.equal(manager.bree.workers.has('job-now'), true);

        const exitCode = await new Promise((resolve, reject) => {
            manager.bree.workers.get('job-now').on('error', reject).on('exit', resolve);
        });
        assert.equal(exitCode, 0);
        await deleted;
        assert.equal(manager.bree.workers.has('job-now'), false);
    })
);

same(
    'it does not start without a tick',
    onFakeClock(async ({create, jobFile}) => {
        const manager = create({});
        const created = recorder();
        manager.bree.on('worker created', created);
        await manager.addJob({job: jobFile('simple.js')});
        await new Promise((resolve) => process.nextTick(resolve));
        assert.deepEqual([created.calls.length, manager.bree.timeouts.has('simple')], [0, true]);
    })
);

same(
    'nextAsync goes to the Date of a job',
    onFakeClock(async ({create, clock, jobFile}) => {
        const manager = create({});
        const at = new Date(Date.now() + 10 * SECOND_MS);
        await manager.addJob({name: 'job-in-ten', at, job: jobFile('simple.js')});
        assert.deepEqual(
            [manager.bree.timeouts.has('job-in-ten'), manager.bree.workers.has('job-in-ten')],
            [true, false]
        );

        await clock.nextAsync();
        assert.equal(Date.now(), at.getTime());
        assert.equal(manager.bree.workers.has('job-in-ten'), true);
        await ended(manager);
    })
);

same(
    'tickAsync starts a job, not a millisecond before its Date',
    onFakeClock(async ({create, clock, jobFile}) => {
        const manager = create({});
        await manager.addJob({
            name: 'dated',
            at: new Date(Date.now() + 10 * SECOND_MS),
            job: jobFile('simple.js')
        });
        await clock.tickAsync(10 * SECOND_MS - 1);
        assert.equal(manager.bree.workers.has('dated'), false);
        await clock.tickAsync(1);
        assert.equal(manager.bree.workers.has('dated'), true);
        await ended(manager);
    })
);

same(
    'a Date weeks ahead is reached',
    onFakeClock(async ({create, clock, jobFile}) => {
        const manager = create({});
        await manager.addJob({
            name: 'far',
            at: new Date(Date.now() + 40 * DAY_MS),
            job: jobFile('simple.js')
        });
        await clock.tickAsync(40 * DAY_MS - 1);
        assert.equal(manager.bree.workers.has('far'), false);
        await clock.tickAsync(1);
        assert.equal(manager.bree.workers.has('far'), true);
        await ended(manager);
    })
);

same(
    'past and future are those of the fake clock',
    onFakeClock(async ({create, jobFile, logs}) => {
        const manager = create({});
        await manager.addJob({name: 'ahead', at: new Date(Date.now() + DAY_MS), job: jobFile('simple.js')});
        await manager.addJob({name: 'behind', at: new Date(Date.now() - DAY_MS), job: jobFile('simple.js')});
        assert.deepEqual([...manager.bree.timeouts.keys()], ['ahead']);
        assert.deepEqual(logs.warn, ['Job "behind" was skipped because it was in the past.']);
    })
);

for (const at of ['0 */5 * * * *', 'every 5 minutes']) {
    same(
        `a recurring job runs at each of its times: ${at}`,
        onFakeClock(async ({create, clock, jobFile}) => {
            const manager = create({});
            const created = recorder();
            manager.bree.on('worker created', created);
            await manager.addJob({name: 'recurring', at, job: jobFile('simple.js')});
            for (let run = 1; run <= 3; run += 1) {
                await clock.tickAsync((run === 1 ? 2.5 : 5) * MINUTE_MS - 1);
                assert.equal(created.calls.length, run - 1);
                await clock.tickAsync(1);
                assert.equal(created.calls.length, run);
                await ended(manager);
            }
        })
    );
}

same(
    'the log line of a schedule names its next run on the fake clock',
    onFakeClock(async ({create, jobFile, logs}) => {
        const manager = create({});
        const schedules = {
            '0 1/5 * * * *': new Date(2024, 1, 28, 12, 6),
            '30 4 3 * * *': new Date(2024, 1, 29, 3, 4, 30),
            '0 0 0 29 2 *': new Date(2024, 1, 29),
            '0 0 0 * * 0': new Date(2024, 2, 3),
            'every 5 minutes': new Date(2024, 1, 28, 12, 5),
            'at 10:15 am': new Date(2024, 1, 29, 10, 15),
            'on the last day of the month': new Date(2024, 1, 29)
        };
        for (const at of Object.keys(schedules)) {
            await manager.addJob({name: at, at, job: jobFile('simple.js')});
        }
        assert.deepEqual(
            logs.info.filter((line) => line.startsWith('Scheduling')),
            Object.entries(schedules).map(
                ([at, next]) => `Scheduling job ${at} at ${at}. Next run on: ${next}`
            )
        );
    })
);

fix(
    'the log line names the next run also within a minute that matches the text',
    {upstream: 'it names the present moment, at which nothing runs', ours: 'it names the next run'},
    onFakeClock(
        async ({create, jobFile, logs, pick}) => {
            await create({}).addJob({name: 'five', at: 'every 5 minutes', job: jobFile('simple.js')});
            const next = pick({upstream: new Date(), ours: new Date(2024, 1, 28, 12, 5)});
            assert.equal(logs.info.at(-1), `Scheduling job five at every 5 minutes. Next run on: ${next}`);
        },
        new Date(2024, 1, 28, 12, 0, 30).getTime()
    )
);

fix(
    'the day of the week 7 is Sunday, as 0 is',
    {upstream: '7 is taken for Saturday', ours: 'both are Sunday'},
    onFakeClock(async ({create, jobFile, logs, pick}) => {
        await create({}).addJob({name: 'sundays', at: '0 0 0 * * 7', job: jobFile('simple.js')});
        const next = new Date(2024, 2, pick({upstream: 2, ours: 3}));
        assert.equal(logs.info.at(-1), `Scheduling job sundays at 0 0 0 * * 7. Next run on: ${next}`);
    })
);

same(
    'a clock that starts in the past does: jobs run, their workers see real time',
    onFakeClock(async ({create, clock, jobFile}) => {
        const messages = recorder();
        const manager = create({workerMessageHandler: messages});
        const completion = manager.awaitCompletion('clean-tokens');
        await manager.addJob({
            name: 'clean-tokens',
            job: () => {
                const {parentPort} = require('node:worker_threads');
                parentPort.postMessage(new Date().getFullYear());
                parentPort.postMessage('done');
            }
        });
        await clock.tickAsync(SECOND_MS);
        await completion;
        assert.ok(messages.calls[0][0].message > 2024);
        assert.ok(
            manager.bree.config.jobs.some(({name}) => name === 'clean-tokens'),
            jobFile('simple.js')
        );
    })
);

same(
    'inline jobs need no ticks',
    onFakeClock(async ({create}) => {
        const manager = create({});
        const job = recorder();
        for (let index = 0; index < 5; index += 1) {
            manager.addJob({name: 'inline', job, offloaded: false});
        }
        await job.times(5);
        await manager.allSettled();
    })
);

same(
    'one-off jobs need no ticks when they are inline',
    onFakeClock(async ({create}) => {
        const JobModel = new MemoryJobModel();
        const manager = create({JobModel});
        await manager.addOneOffJob({name: 'migrate', job: () => {}, offloaded: false});
        await JobModel.reached('migrate', 'finished');
        assert.equal((await manager.awaitOneOffCompletion('migrate')).get('status'), 'finished');
        assert.ok(JobModel.row('migrate').finished_at <= new Date());
    })
);

same(
    'awaitOneOffCompletion waits in real time',
    onFakeClock(async ({create}) => {
        const JobModel = new MemoryJobModel({elsewhere: {status: 'started'}});
        const completion = create({JobModel}).awaitOneOffCompletion('elsewhere');
        await JobModel.edit({status: 'finished'}, {id: JobModel.row('elsewhere').id});
        assert.equal((await completion).get('status'), 'finished');
    })
);

same(
    'a scheduled job can be removed without a tick',
    onFakeClock(async ({create, clock, jobFile}) => {
        const manager = create({});
        const created = recorder();
        manager.bree.on('worker created', created);
        await manager.addJob({
            name: 'dated',
            at: new Date(Date.now() + SECOND_MS),
            job: jobFile('simple.js')
        });
        await manager.addJob({name: 'cron', at: '* * * * * *', job: jobFile('simple.js')});
        await manager.removeJob('dated');
        await manager.removeJob('cron');
        await clock.tickAsync(5 * SECOND_MS);
        assert.deepEqual(created.calls, []);
    })
);

same(
    'a manager can be shut down without a tick',
    onFakeClock(async ({create, jobFile}) => {
        const manager = create({});
        await manager.addJob({name: 'cron', at: '* * * * * *', job: jobFile('simple.js')});
        await manager.shutdown();
        assert.equal(manager.bree.intervals.size, 0);
    })
);

same('a manager that is older than the fake clock uses it', async ({create, jobFile}) => {
    const manager = create({});
    const completion = manager.awaitCompletion('done');
    const clock = sinon.useFakeTimers({now: Date.UTC(2024, 1, 28)});
    try {
        await manager.addJob({job: jobFile('done.js')});
        clock.tick(1);
        assert.equal(manager.bree.workers.has('done'), true);
        await completion;
    } finally {
        clock.restore();
    }
});

same('after the fake clock jobs run in real time again', async ({create, jobFile}) => {
    const manager = create({});
    const clock = sinon.useFakeTimers();
    clock.restore();
    const completion = manager.awaitCompletion('done');
    await manager.addJob({job: jobFile('done.js')});
    await completion;
});
