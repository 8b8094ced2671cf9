'use strict';

const assert = require('node:assert/strict');
const {readFileSync} = require('node:fs');

const {chapter} = require('./support');
const {gate, recorder} = require('./support/recorder');

const {same, fix} = chapter('removeJob and shutdown');

const inAnHour = () => new Date(Date.now() + 3_600_000);

/** A manager with one job of each name given, each running and known to have said 'ready'. */
async function running({create, jobFile}, files, options = {}) {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages, errorHandler: () => {}, ...options});
    for (const file of files) {
        await manager.addJob({job: jobFile(file)});
    }
    await messages.until(
        () => messages.calls.filter(([{message}]) => message === 'ready').length === files.length
    );
    return {manager, said: (message) => messages.until((sent) => sent.message === message)};
}

// removeJob

same('a removed job does not run any more and its name is free', async ({create, jobFile}) => {
    const manager = create({});
    await manager.addJob({name: 'once', at: inAnHour(), job: jobFile('simple.js')});
    await manager.addJob({name: 'again', at: 'every 5 minutes', job: jobFile('simple.js')});
    assert.deepEqual(
        manager.bree.config.jobs.map(({name}) => name),
        ['once', 'again']
    );

    assert.equal(await manager.removeJob('once'), undefined);
    await manager.removeJob('again');

    assert.deepEqual(manager.bree.config.jobs, []);
    assert.deepEqual([manager.bree.timeouts.size, manager.bree.intervals.size], [0, 0]);
    await manager.addJob({name: 'once', at: inAnHour(), job: jobFile('simple.js')});
});

same('a name that is not registered is an error', async ({create}) => {
    const manager = create({});
    await assert.rejects(manager.removeJob('unknown'), {message: 'Job "unknown" does not exist'});
});

same('an inline job in the queue is not registered by its name', async ({create}) => {
    const manager = create({});
    const {open, opened} = gate();
    manager.addJob({name: 'inline', job: () => opened, offloaded: false});
    await assert.rejects(manager.removeJob('inline'), /does not exist/);
    open();
});

for (const file of ['cancels.js', 'graceful.js']) {
    same(
        `a running job gets the message 'cancel', and is removed when it has ended: ${file}`,
        async (context) => {
            const {manager} = await running(context, [file]);
            await manager.removeJob(file.replace('.js', ''));
            assert.deepEqual([manager.bree.workers.size, manager.bree.config.jobs], [0, []]);
        }
    );
}

for (const [file, what] of [
    ['ignores-cancel.js', 'does not listen'],
    ['spins.js', 'never returns to its event loop'],
    ['blocks.js', 'sits in a blocking call']
]) {
    fix(
        `removeJob ends a running job that ${what}`,
        {upstream: 'it waits for ever', ours: 'after a grace period the process is ended; it resolves'},
        async ({host, pick}) => {
            const {reports} = await host(
                async ({JobManager, jobFile, report, settings}) => {
                    let manager;
                    const ready = new Promise((resolve) => {
                        manager = new JobManager({workerMessageHandler: resolve, errorHandler: () => {}});
                    });
                    await manager.addJob({name: 'stubborn', job: jobFile(settings.file)});
                    await ready;
                    setTimeout(() => {
                        report(['still waiting', manager.bree.workers.size]);
                        process.kill(process.pid, 'SIGKILL');
                    }, settings.patienceMs).unref();
                    await manager.removeJob('stubborn');
                    report(['removed', manager.bree.workers.size]);
                },
                {settings: {file, patienceMs: pick({upstream: 500, ours: 25_000})}}
            );
            assert.deepEqual(reports, pick({upstream: [['still waiting', 1]], ours: [['removed', 0]]}));
        }
    );
}

// shutdown

same('shutdown of a manager without jobs resolves', async ({create}) => {
    assert.equal(await create({}).shutdown(), undefined);
});

same('shutdown ends every schedule', async ({create, jobFile}) => {
    const manager = create({});
    await manager.addJob({name: 'once', at: inAnHour(), job: jobFile('simple.js')});
    await manager.addJob({name: 'again', at: 'every 5 seconds', job: jobFile('graceful.js')});
    assert.deepEqual([manager.bree.timeouts.size, manager.bree.intervals.size], [1, 1]);
    await manager.shutdown();
    assert.deepEqual([manager.bree.timeouts.size, manager.bree.intervals.size], [0, 0]);
});

same("shutdown sends 'cancel' to each running job and waits for it", async (context) => {
    const {manager, said} = await running(context, ['graceful.js', 'cancels.js']);
    await manager.shutdown();
    await said('cleaned up');
    await said('cancelled');
    assert.equal(manager.bree.workers.size, 0);
});

fix(
    'shutdown ends every running job, whatever it does',
    {upstream: 'it waits for ever', ours: 'after a grace period their processes are ended; it resolves'},
    async ({host, pick}) => {
        const {reports} = await host(
            async ({JobManager, jobFile, report, settings}) => {
                const files = ['ignores-cancel.js', 'spins.js'];
                let waiting = files.length;
                let manager;
                const ready = new Promise((resolve) => {
                    manager = new JobManager({
                        errorHandler: () => {},
                        workerMessageHandler: () => {
                            waiting -= 1;
                            if (waiting === 0) {
                                resolve();
                            }
                        }
                    });
                });
                await Promise.all(files.map((file) => manager.addJob({job: jobFile(file)})));
                await ready;
                setTimeout(() => {
                    report(['still waiting', manager.bree.workers.size]);
                    process.kill(process.pid, 'SIGKILL');
                }, settings.patienceMs).unref();
                await manager.shutdown();
                report(['shut down', manager.bree.workers.size]);
            },
            {settings: {patienceMs: pick({upstream: 500, ours: 25_000})}}
        );
        assert.deepEqual(reports, pick({upstream: [['still waiting', 2]], ours: [['shut down', 0]]}));
    }
);

same('shutdown waits for the queued inline jobs, and logs that at warn', async ({create, logs}) => {
    const manager = create({});
    const job = recorder(() => new Promise((resolve) => setTimeout(resolve, 5)));
    for (let index = 0; index < 5; index += 1) {
        manager.addJob({name: 'inline', job, offloaded: false});
    }
    await manager.shutdown();
    assert.equal(job.calls.length, 5);
    assert.equal(manager.inlineQueue.idle(), true);
    assert.deepEqual(logs.warn, ['Waiting for busy job in inline job queue', 'Inline job queue finished']);
});

same('shutdown without inline jobs warns of nothing', async ({create, logs}) => {
    await create({}).shutdown();
    assert.deepEqual(logs.warn, []);
});

same('shutdown rejects with a TimeoutError when inline jobs take longer than `timeout`', async ({create}) => {
    const manager = create({});
    const {open, opened} = gate();
    manager.addJob({name: 'slow', job: () => opened, offloaded: false});
    await assert.rejects(manager.shutdown({timeout: 50, interval: 5}), {name: 'TimeoutError'});
    open();
});

fix(
    '`timeout` bounds the wait for offloaded jobs too',
    {
        upstream: 'it is not looked at while a worker runs',
        ours: 'a TimeoutError, and what was left is killed'
    },
    async (context) => {
        const {manager} = await running(context, ['spins.js']);
        const {state, error} = await context.outcome(manager.shutdown({timeout: 50}), {upstreamMs: 500});
        assert.deepEqual(
            [state, error?.name],
            context.pick({
                upstream: ['pending', undefined],
                ours: ['rejected', 'TimeoutError']
            })
        );
        assert.equal(manager.bree.workers.size, context.pick({upstream: 1, ours: 0}));
    }
);

same('shutdown can be called twice', async (context) => {
    const {manager} = await running(context, ['cancels.js']);
    await Promise.all([manager.shutdown(), manager.shutdown()]);
    await manager.shutdown();
});

fix(
    'a job that is added once shutdown has begun is refused, offloaded or inline',
    {
        upstream: 'it is accepted; its schedule fires, and keeps the host alive',
        ours:
            '`addJob`, `addOneOffJob`, `bree.run` and `bree.start` reject with `MANAGER_SHUTTING_DOWN` or ' +
            '`MANAGER_SHUT_DOWN`. A host that starts again in the same process makes a new manager'
    },
    async ({create, jobFile, pick}) => {
        const manager = create({});
        const job = jobFile('simple.js');
        const add = () => [
            manager.addJob({name: `offloaded ${Math.random()}`, at: inAnHour(), job}),
            manager.addJob({name: 'inline', job: () => {}, offloaded: false})
        ];
        const codes = async () => (await Promise.allSettled(add())).map(({reason}) => reason?.code);
        const over = manager.shutdown();
        const during = pick({upstream: undefined, ours: 'MANAGER_SHUTTING_DOWN'});
        assert.deepEqual(await codes(), [during, during]);
        await over;
        const after = pick({upstream: undefined, ours: 'MANAGER_SHUT_DOWN'});
        assert.deepEqual(await codes(), [after, after]);
        assert.equal(manager.bree.timeouts.size, pick({upstream: 2, ours: 0}));
    }
);

fix(
    'a host that is killed leaves no job behind',
    {
        upstream: 'its threads end with it, the processes that a job has started go on',
        ours: 'its jobs end with it'
    },
    async ({host, pick, isOurs}) => {
        const {signal, reports} = await host(async ({JobManager, jobFile, report}) => {
            const manager = new JobManager({
                workerMessageHandler: ({message}) => {
                    report(message);
                    process.kill(process.pid, 'SIGKILL');
                }
            });
            manager.addJob({job: jobFile('starts-child.js')});
        });
        assert.equal(signal, 'SIGKILL');
        const [{childPid}] = reports;
        const gone = await isGone(childPid, {within: pick({upstream: 500, ours: Infinity})});
        assert.equal(gone, isOurs);
        if (!gone) {
            process.kill(childPid, 'SIGKILL');
        }
    }
);

/** False also for a zombie: a process that has ended and has not been waited for. */
function isAlive(pid) {
    try {
        process.kill(pid, 0);
        return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
        return false;
    }
}

/** Whether a process ends within a time in milliseconds. */
async function isGone(pid, {within}) {
    const deadline = Date.now() + within;
    while (Date.now() < deadline) {
        if (!isAlive(pid)) {
            return true;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
}
