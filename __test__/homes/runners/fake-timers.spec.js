'use strict';

const path = require('node:path');
const JobManager = require('../../..');

const timers = typeof jest === 'undefined' ? vi : jest;

it("starts a job by the runner's own fake timers", async () => {
    const manager = new JobManager({logger: {}});
    timers.useFakeTimers();
    const completion = manager.awaitCompletion('completes');
    await manager.addJob({
        at: new Date(Date.now() + 60_000),
        job: path.join(__dirname, '..', 'jobs', 'completes.js')
    });
    timers.advanceTimersByTime(60_001);
    timers.useRealTimers();
    await completion;
    await manager.shutdown();
});

it("starts a job for now once by the runner's own fake timers", async () => {
    const manager = new JobManager({logger: {}});
    const created = [];
    manager.bree.on('worker created', (name) => created.push(name));
    timers.useFakeTimers();
    const completion = manager.awaitCompletion('completes');
    await manager.addJob({job: path.join(__dirname, '..', 'jobs', 'completes.js')});
    timers.advanceTimersByTime(1);
    timers.advanceTimersByTime(20_000);
    timers.runAllTimers();
    timers.useRealTimers();
    await completion;
    expect(created).toEqual(['completes']);
    await manager.shutdown();
});
