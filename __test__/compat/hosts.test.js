'use strict';

/**
 * The ways in which Ghost and its tests, and the examples of the old package, use a job manager.
 */

const assert = require('node:assert/strict');
const sinon = require('sinon');

const {eventually} = require('../support/processes');
const {chapter} = require('./support');
const {recorder} = require('./support/recorder');
const {MemoryJobModel} = require('./support/job-model');

const {same, fix} = chapter('As hosts use it');

/** As Ghost spreads its jobs over the day. */
const random = (below) => Math.floor(Math.random() * below);

same(
    'recurring jobs at random times of the day, the hour and the week, not waited for',
    async ({create, jobFile, logs}) => {
        const jobsService = create({});
        const [s, m, h, weekday] = [random(60), random(60), random(24), random(7)];
        jobsService.addJob({at: `${s} ${m} ${h} * * *`, job: jobFile('simple.js'), name: 'update-check'});
        jobsService.addJob({
            at: `${s} ${random(5)}/5 * * * *`,
            job: jobFile('simple.js'),
            name: 'process-outbox'
        });
        jobsService.addJob({
            at: `${s} ${m} ${h} * * ${weekday}`,
            job: jobFile('simple.js'),
            name: 'milestone-emails'
        });
        await eventually('all three schedules', () => jobsService.bree.intervals.size === 3);
        assert.deepEqual([...jobsService.bree.intervals.keys()].toSorted(), [
            'milestone-emails',
            'process-outbox',
            'update-check'
        ]);
        assert.deepEqual([logs.warn, logs.error], [[], []]);
    }
);

same('a job at boot and the same module again at night', async ({create, jobFile}) => {
    const jobsService = create({});
    const completion = jobsService.awaitCompletion('update-check-boot');
    jobsService.addJob({at: '10 20 3 * * *', job: jobFile('done.js'), name: 'update-check'});
    jobsService.addJob({job: jobFile('done.js'), name: 'update-check-boot'});
    await completion;
});

same('the migration at boot: asked for, added without waiting, waited for by its row', async ({create}) => {
    const jobsService = create({JobModel: new MemoryJobModel()});
    const migrations = {
        ran: 0,
        async execute() {
            this.ran += 1;
        }
    };
    const boot = async () => {
        if (!(await jobsService.hasExecutedSuccessfully('members-migrations'))) {
            jobsService.addOneOffJob({
                name: 'members-migrations',
                offloaded: false,
                job: migrations.execute.bind(migrations)
            });
            await jobsService.awaitOneOffCompletion('members-migrations');
        }
    };
    await boot();
    await boot();
    assert.equal(migrations.ran, 1);
});

same('a service queues e-mails under one name, over and over, and tests wait for all', async ({create}) => {
    const jobsService = create({});
    const service = {
        sent: [],
        async emailJob({emailId}) {
            await Promise.resolve();
            this.sent.push(emailId);
        },
        scheduleEmail(id) {
            return jobsService.addJob({
                name: 'batch-sending-service-job',
                job: this.emailJob.bind(this),
                data: {emailId: id},
                offloaded: false
            });
        }
    };
    await Promise.all(Array.from({length: 100}, (_, id) => service.scheduleEmail(id)));
    const last = jobsService.awaitCompletion('batch-sending-service-job');
    await jobsService.allSettled();
    await last;
    await jobsService.shutdown();
    assert.deepEqual(
        service.sent,
        Array.from({length: 100}, (_, id) => id)
    );
});

same('a request is answered while its inline job goes on', async ({create}) => {
    const jobsService = create({});
    const inliner = recorder(() => new Promise((resolve) => setTimeout(resolve, 20)));
    const answer = async () => {
        await jobsService.addJob({
            name: 'external-media-inliner',
            job: (data) => inliner(data.domains),
            data: {domains: ['https://example.com']},
            offloaded: false
        });
        return {status: 'success', idle: jobsService.inlineQueue.idle()};
    };
    assert.deepEqual(await answer(), {status: 'success', idle: false});
    await jobsService.allSettled();
    assert.deepEqual(inliner.calls, [[['https://example.com']]]);
});

same('a test waits for a job by name before the request that queues it', async ({create}) => {
    const jobsService = create({});
    const sent = recorder();
    const sendWebmentions = jobsService.awaitCompletion('sendWebmentions');
    await jobsService.addJob({name: 'sendWebmentions', job: sent, offloaded: false});
    await sendWebmentions;
    assert.equal(sent.calls.length, 1);
});

same('a test lives in the past, runs a job with one tick and waits for it', async ({create, jobFile}) => {
    const jobsService = create({});
    const clock = sinon.useFakeTimers(Date.now() - 25 * 60 * 60 * 1_000);
    try {
        clock.tick(24 * 60 * 60 * 1_000);
        clock.tick(60 * 60 * 1_000);
        const completion = jobsService.awaitCompletion('clean-tokens');
        await jobsService.addJob({job: jobFile('done.js'), name: 'clean-tokens'});
        await clock.tickAsync(1_000);
        await completion;
    } finally {
        clock.restore();
    }
});

same(
    'the handlers of Ghost: errors are captured by job name, texts are logged',
    async ({create, jobFile}) => {
        const captured = recorder();
        const texts = recorder();
        const jobsService = create({
            errorHandler: (error, workerMeta) => captured(`${workerMeta.name}: ${error.message}`),
            workerMessageHandler: ({name, message}) => {
                if (typeof message === 'string') {
                    texts(`Worker for job ${name} sent a message: ${message}`);
                }
            }
        });
        await jobsService.addJob({job: jobFile('throws.js')});
        await jobsService.addJob({
            job: jobFile('posts.js'),
            data: {messages: [{type: 'model-event'}, 'imported 3 members']}
        });
        await Promise.all([captured.times(1), texts.times(1)]);
        assert.equal(captured.calls[0][0], 'throws: job error');
        assert.deepEqual(texts.calls[0], ['Worker for job posts sent a message: imported 3 members']);
    }
);

fix(
    'the test mode of Ghost 5 and 6 counts jobs by the keys of plain objects',
    {upstream: 'it counts none', ours: 'it counts them'},
    async ({create, jobFile, pick}) => {
        const messages = recorder();
        const jobManager = create({workerMessageHandler: messages});
        await jobManager.addJob({at: '0 0 0 * * *', name: 'nightly', job: jobFile('simple.js')});
        await jobManager.addJob({name: 'running', job: jobFile('waits.js')});
        await messages.times(1);
        const lines = [
            `${jobManager.inlineQueue.length()} jobs in the queue. Idle: ${jobManager.inlineQueue.idle()}`,
            `${Object.keys(jobManager.bree.workers).length} jobs running: ${Object.keys(jobManager.bree.workers)}`,
            `${Object.keys(jobManager.bree.intervals).length} scheduled jobs: ${Object.keys(jobManager.bree.intervals)}`
        ];
        assert.deepEqual(
            lines,
            pick({
                upstream: ['0 jobs in the queue. Idle: true', '0 jobs running: ', '0 scheduled jobs: '],
                ours: [
                    '0 jobs in the queue. Idle: true',
                    '1 jobs running: running',
                    '1 scheduled jobs: nightly'
                ]
            })
        );
        jobManager.bree.workers.get('running').postMessage('go on');
    }
);

same('the example of a graceful shutdown: SIGINT ends the job and then the host', async ({host}) => {
    const {exitCode, hung, reports} = await host(({JobManager, jobFile, report}) => {
        const jobManager = new JobManager({
            workerMessageHandler: ({message}) => {
                report(message);
                if (message === 'ready') {
                    process.kill(process.pid, 'SIGINT');
                }
            }
        });
        process.on('SIGINT', async () => {
            await jobManager.shutdown();
            report([jobManager.bree.workers.size, jobManager.bree.intervals.size]);
        });
        jobManager.addJob({at: 'every 1 second', job: jobFile('graceful.js')});
    });
    assert.deepEqual(
        {exitCode, hung, reports},
        {
            exitCode: 0,
            hung: false,
            reports: ['ready', 'cleaned up', 'done', [0, 0]]
        }
    );
});

same('the example of a job at a Date: a module with data, and its completion', async ({create, jobFile}) => {
    const jobManager = create({});
    const completion = jobManager.awaitCompletion('one-off-scheduled-job');
    await jobManager.addJob({
        at: new Date(Date.now() + 100),
        job: jobFile('timed.js'),
        data: {ms: 10},
        name: 'one-off-scheduled-job'
    });
    await completion;
    assert.deepEqual([jobManager.bree.timeouts.size, jobManager.bree.intervals.size], [0, 0]);
});

same(
    'a job that is registered by hand twice talks to the test through its worker',
    async ({create, jobFile}) => {
        const messages = recorder();
        const jobManager = create({workerMessageHandler: messages});
        const completion = jobManager.awaitCompletion('will-send-msg');
        await jobManager.addJob({job: jobFile('echo.js'), name: 'will-send-msg'});
        await jobManager.bree.run('will-send-msg');
        await messages.times(1);
        jobManager.bree.workers.get('will-send-msg').postMessage('hello from Ghost!');
        jobManager.bree.workers.get('will-send-msg').postMessage('be done!');
        await completion;
        assert.deepEqual(
            messages.calls.slice(0, 2).map(([{name, message}]) => [name, message]),
            [
                ['will-send-msg', 'ready'],
                ['will-send-msg', {received: 'hello from Ghost!'}]
            ]
        );
    }
);

same(
    'workers start with the arguments that the host has put into `bree.config.worker`',
    async ({create, jobFile}) => {
        const messages = recorder();
        const manager = create({workerMessageHandler: messages});
        manager.bree.config.worker = {execArgv: ['--require', jobFile('preload.cjs')]};
        await manager.addJob({
            name: 'runtime-smoke',
            job: () => {
                const {parentPort} = require('node:worker_threads');
                parentPort.postMessage(globalThis.preloaded);
                parentPort.postMessage('done');
            }
        });
        await messages.times(2);
        assert.equal(messages.calls[0][0].message, 'by --require');
        await manager.shutdown({timeout: 1_000});
    }
);

same('a TypeScript job runs wherever the Node in use runs TypeScript', async ({create, jobFile}) => {
    const messages = recorder();
    const errors = recorder();
    const manager = create({workerMessageHandler: messages, errorHandler: errors});
    await manager.addJob({job: jobFile('typed.ts')});
    if (process.features.typescript) {
        assert.equal((await messages.times(1))[0][0].message, 'typed');
    } else {
        assert.ok((await errors.times(1))[0][0] instanceof Error);
    }
});
