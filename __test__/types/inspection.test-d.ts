// What a host sees of its jobs and runs, and what it does to them, as the compiler knows it.

import JobManager = require('../..');

async function seen(manager: JobManager): Promise<void> {
    const jobs: JobManager.JobInfo[] = manager.jobs({
        state: 'running',
        sort: 'lastRun',
        tag: 'nightly',
        limit: 10
    });
    const next: Date | undefined = jobs[0]?.next;
    const skipped: number = jobs[0].totals.skipped.paused;
    const job: JobManager.JobInfo | undefined = manager.job('backup');
    const failed: JobManager.RunInfo[] = manager.runs({job: 'backup', state: 'failed', before: 'a-1'});
    const message: string | undefined = failed[0]?.error?.message;
    const run: JobManager.RunInfo | undefined = manager.run('a-1');
    const due: Date = manager.upcoming({from: new Date(), to: Date.now() + 1_000, limit: 5})[0].due;
    const kept: number = manager.stats().processes.kept;
    const output: JobManager.RunOutput | undefined = manager.output('a-1', {from: 1_024, lines: true});
    const stream: 'stdout' | 'stderr' | 'log' | undefined = output?.lines?.[0].stream;
    const bytes: number = manager.stats().outputBytes + (run?.outputBytes ?? 0) + (output?.totalBytes ?? 0);
    // @ts-expect-error a number of bytes
    manager.output('a-1', {from: '7'});
    const text: string = manager.metrics() + manager.metrics({format: 'openmetrics'});
    // @ts-expect-error no such format
    manager.metrics({format: 'json'});
    void [next, skipped, job, message, run, due, kept, stream, bytes, text];
    // @ts-expect-error not a state of a job
    manager.jobs({state: 'failed'});
    // @ts-expect-error not a state of a run
    manager.runs({state: 'paused'});
    // @ts-expect-error snapshots are read-only
    manager.job('backup')!.tags.push('new');
}

async function steered(manager: JobManager): Promise<void> {
    await manager.pauseJob('backup', {note: 'until Monday', cancelRunning: true, by: 'operator'});
    await manager.resumeJob('backup', {catchUp: true});
    await manager.pauseAll({by: 'host'});
    await manager.resumeAll();
    const ended: JobManager.RunInfo = await manager.cancelRun('a-1', {reason: 'not needed'});
    const again: JobManager.Run = await manager.retryRun('a-1');
    void [ended.state, again.result];
    // @ts-expect-error who pauses
    await manager.pauseJob('backup', {by: 'nobody'});
}

function heard(manager: JobManager): void {
    manager.events
        .on('run ended', ({run, error, result}) => void [run.state, error, result])
        .once('attempt failed', ({retryAt}) => void retryAt?.getTime())
        .on('job paused', ({job, by, note}) => void [job.name, by === 'failures', note])
        .on('run skipped', ({reason, count}) => void [reason === 'overlap' || reason === 'past', count + 1])
        .on('run log', ({line}) => void line.level)
        .on('run output', ({runId, totalBytes}) => void [runId, totalBytes + 1]);
    // @ts-expect-error no such event
    manager.events.on('run finished', () => {});
}

async function declared(): Promise<void> {
    const manager = new JobManager({
        job: {
            attempts: 3,
            warnAfter: 60_000,
            history: false,
            output: {stderr: 'capture'},
            outputLimit: 1_024
        },
        outputBudget: 1_000_000,
        history: {perJob: 5, total: 100, maxAge: 1_000}
    });
    await manager.addJob({
        name: 'report',
        job: './report.js',
        at: 'every day',
        stallAfter: 60_000,
        output: 'both',
        paused: true,
        pauseAfterFailures: 3,
        tags: ['nightly'],
        description: 'Makes the report'
    });
    await manager.addJob({
        name: 'inline',
        offloaded: false,
        context: true,
        data: 5,
        job: (data: number, run) => run.log(`${data}`)
    });
    // @ts-expect-error an inline job prints where the host does
    await manager.addJob({name: 'inline', offloaded: false, job: () => {}, output: 'capture'});
    await manager.defineJob({name: 'handler', job: './handler.js', output: {stdout: 'ignore'}});
    // @ts-expect-error not where output goes
    await manager.defineJob({name: 'handler', job: './handler.js', output: 'file'});
    // @ts-expect-error a number, or false
    await manager.addJob({name: 'report', job: './report.js', history: true});
}

void [seen, steered, heard, declared];
