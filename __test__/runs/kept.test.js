'use strict';

// Kept processes: for how long, their cost while they are idle, and when they are replaced.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {suite, test} = require('node:test');
const wait = require('node:timers/promises').setTimeout;
const {childrenOf, startHost} = require('../support/hosts');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');
const {failureOf, jobs, resultOf} = require('./support');

/** Longer than what was read of the host holds, see HOLD_MS of lib/host/host-environment.js. */
const AFTER_HOLD_MS = 40;

async function withFaults(t, options, ofManager) {
    const host = createManager(t, ofManager);
    await host.manager.defineJob({
        name: 'faults',
        job: jobs('faults.js'),
        concurrency: 1,
        gracePeriod: 20,
        ...options
    });
    const result = (how, data) => resultOf(host.manager, 'faults', {data: {how, ...data}});
    return {...host, result, pid: () => result('pid')};
}

const isAlive = (pid) => {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
};
const titleOf = (pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();

suite('reuse', () => {
    test('a process over reuse.memoryMb after a run is replaced, and the run itself ends well', async (t) => {
        const {result, pid, errors, logs} = await withFaults(t, {reuse: {memoryMb: 150}});
        const before = await result('grow', {mb: 10});
        assert.equal(await pid(), before);
        assert.equal(await result('grow', {mb: 200}), before);
        assert.notEqual(await pid(), before);
        await eventually('the end of the process', () => !isAlive(before));
        assert.deepEqual(errors, []);
        assert.deepEqual(
            logs.filter(({level}) => level === 'error'),
            []
        );
    });

    test('many short runs whose process grows are each run once', async (t) => {
        const {manager} = await withFaults(t, {concurrency: 2, reuse: {memoryMb: 100}});
        const runs = await Promise.all(
            Array.from({length: 60}, () => manager.runJob('faults', {data: {how: 'grow', mb: 8}}))
        );
        const pids = await Promise.all(runs.map(({result}) => result));
        assert.ok(new Set(pids).size > 4, `${new Set(pids).size} processes`);
    });

    test('no process serves more runs than reuse.runs, where runs are short and sent ahead', async (t) => {
        for (const [reuse, most] of [
            [{runs: 3}, 3],
            [false, 1]
        ]) {
            const {manager} = await withFaults(t, {concurrency: 2, reuse});
            const runs = await Promise.all(
                Array.from({length: 20}, () => manager.runJob('faults', {data: {how: 'pid'}}))
            );
            const counts = new Map();
            for (const {result} of runs) {
                const pid = await result;
                counts.set(pid, (counts.get(pid) ?? 0) + 1);
            }
            assert.equal(Math.max(...counts.values()), most);
        }
    });

    test('a process of the age that reuse allows is replaced', async (t) => {
        const {pid} = await withFaults(t, {reuse: {age: 1}});
        const before = await pid();
        await wait(2);
        assert.notEqual(await pid(), before);
    });

    test('what makes no sense is refused in words', async (t) => {
        await assert.rejects(withFaults(t, {reuse: {memoryMb: 0}}), {
            code: 'INVALID_OPTION',
            message: /"memoryMb" in "reuse" of job "faults"/
        });
    });
});

suite('at rest', () => {
    test('the title names the job while a run goes, and says (idle) when none does', async (t) => {
        const {manager, result, pid} = await withFaults(t);
        assert.equal(await result('title'), 'job: faults');
        const process = await pid();
        await eventually('the title', () => titleOf(process) === 'job: faults (idle)');
        const run = await manager.runJob('faults', {data: {how: 'forever'}});
        await new Promise((resolve) => run.on('progress', resolve));
        assert.equal(titleOf(process), 'job: faults');
    });

    test('a title of its own is kept', async (t) => {
        const {result, pid} = await withFaults(t, {worker: {name: 'my handler'}});
        assert.equal(await result('title'), 'my handler');
        const process = await pid();
        await eventually('the title', () => titleOf(process) === 'my handler (idle)');
    });

    test('a process without a run costs no processor time', async (t) => {
        const {pid} = await withFaults(t);
        const process = await pid();
        await eventually('rest', () => titleOf(process).endsWith('(idle)'));
        const ticks = () => {
            const stat = fs.readFileSync(`/proc/${process}/stat`, 'utf8');
            const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
            return Number(fields[11]) + Number(fields[12]);
        };
        // What it does right after its first run, such as collecting garbage, is over when nothing has changed for a while.
        await eventually('a second without processor time', () => {
            const before = ticks();
            const switches = switchesOf(process);
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
            return ticks() === before && switchesOf(process) === switches;
        });
    });

    test('open handles do not keep the process', async (t) => {
        const {result} = await withFaults(t, {reuse: {idle: 20}});
        const pid = await result('leave open handles');
        await eventually('its end', () => !isAlive(pid));
    });

    test('a process that ignores SIGTERM at the end of its keep is killed, and is no failure', async (t) => {
        const {result, errors, logs, pid} = await withFaults(t, {reuse: {idle: 20}});
        const stubborn = await result('ignore SIGTERM');
        await eventually('its end', () => !isAlive(stubborn));
        assert.notEqual(await pid(), stubborn);
        assert.deepEqual(errors, []);
        assert.deepEqual(
            logs.filter(({level}) => level === 'error'),
            []
        );
    });
});

/** How often the system has let the process go on: 0 more, and it has slept. */
function switchesOf(pid) {
    return /^voluntary_ctxt_switches:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
}

suite('what a process was started with', () => {
    test('a change of the environment replaces it before the next run', async (t) => {
        t.after(() => delete process.env.KEPT_TEST);
        const {result} = await withFaults(t);
        const before = await result('environment', {name: 'KEPT_TEST'});
        assert.equal(before.value, undefined);
        await wait(AFTER_HOLD_MS);
        process.env.KEPT_TEST = 'new';
        const after = await result('environment', {name: 'KEPT_TEST'});
        assert.equal(after.value, 'new');
        assert.notEqual(after.pid, before.pid);
        await wait(AFTER_HOLD_MS);
        assert.equal((await result('environment', {name: 'KEPT_TEST'})).pid, after.pid);
    });

    test('a change of the file mode mask replaces it before the next run', async (t) => {
        const mask = process.umask(0o22);
        t.after(() => process.umask(mask));
        const {result} = await withFaults(t);
        const before = await result('environment');
        assert.equal(before.umask, 0o22);
        await wait(AFTER_HOLD_MS);
        process.umask(0o77);
        const after = await result('environment');
        assert.equal(after.umask, 0o77);
        assert.notEqual(after.pid, before.pid);
    });

    test('a host that gives up root has the next run in a process without it', async (t) => {
        const host = startHost(t, path.join(__dirname, 'hosts/leaves-root.js'));
        const {before, after} = await host.told('users');
        const isRoot = process.getuid() === 0;
        assert.equal(after.user, isRoot ? 65_534 : before.user);
        assert.equal(after.pid !== before.pid, isRoot);
        assert.deepEqual(await host.ended, [0, null]);
    });

    test('a job that is defined again with other flags has processes of its own', async (t) => {
        const {manager, pid} = await withFaults(t);
        const before = await pid();
        await manager.removeJob('faults');
        await manager.defineJob({
            name: 'faults',
            job: jobs('faults.js'),
            worker: {execArgv: ['--no-warnings'], env: {OWN: '1'}}
        });
        const {pid: after, value} = await resultOf(manager, 'faults', {
            data: {how: 'environment', name: 'OWN'}
        });
        assert.notEqual(after, before);
        assert.equal(value, '1');
    });
});

suite('maxWorkers', () => {
    test('bounds all processes together, and a long lane does not hold up another', async (t) => {
        const {manager} = await withFaults(t, {concurrency: 8}, {maxWorkers: 2});
        await manager.defineJob({name: 'other', job: jobs('faults.js')});
        await manager.addJob({name: 'script', job: () => {}, at: new Date(Date.now() + 1e8)});
        let most = 0;
        const count = setInterval(() => {
            const workers = childrenOf(process.pid).filter((pid) => titleOf(pid).startsWith('job: '));
            most = Math.max(most, workers.length);
        }, 1);
        t.after(() => clearInterval(count));
        const ask = (name) => manager.runJob(name, {data: {how: 'pid'}});
        const first = Array.from({length: 10_000}, () => ask('faults'));
        const others = await Promise.all([ask('other'), manager.runJob('script')]);
        const many = await Promise.all([...first, ...Array.from({length: 90_000}, () => ask('faults'))]);
        await Promise.all([...others, ...many].map(({result}) => result));
        const othersEnded = Math.max(...others.map((run) => run.info().ended));
        const after = many.filter((run) => run.info().ended > othersEnded).length;
        assert.ok(after > 10_000, `${after} of the long lane ended after the others`);
        clearInterval(count);
        assert.ok(most <= 2, `${most} processes`);
    });

    test('without a bound, a lane of long runs does not hold up another one', async (t) => {
        const {manager} = await withFaults(t, {concurrency: 2});
        await manager.defineJob({name: 'other', job: jobs('faults.js')});
        const long = await Promise.all(
            Array.from({length: 1_000}, () => manager.runJob('faults', {data: {how: 'forever'}}))
        );
        assert.equal(typeof (await resultOf(manager, 'other', {data: {how: 'pid'}})), 'number');
        await manager.removeJob('faults');
        assert.deepEqual([...new Set(long.map((run) => run.info().state))], ['cancelled']);
    });

    test('a short run does not stay behind one that takes long while another process is free', async (t) => {
        const {manager, pid} = await withFaults(t, {concurrency: 2});
        for (let count = 0; count < 10; count += 1) {
            await pid();
        }
        const file = path.join(temporaryFolder(t), 'open');
        const requests = Array.from({length: 40}, (_, index) =>
            manager.runJob('faults', {data: index === 20 ? {how: 'gate', file} : {how: 'pid'}})
        );
        const runs = await Promise.all(requests);
        const short = runs.filter((_, index) => index !== 20);
        await Promise.all(short.map(({result}) => result));
        assert.equal(runs[20].info().state, 'running');
        fs.writeFileSync(file, '');
        await runs[20].result;
    });

    test('a run that was sent ahead is cancelled at once, whatever goes before it', async (t) => {
        const {manager, pid} = await withFaults(t);
        for (let count = 0; count < 10; count += 1) {
            await pid();
        }
        const file = path.join(temporaryFolder(t), 'open');
        const datas = [{how: 'pid'}, {how: 'gate', file}, {how: 'pid'}, {how: 'pid'}];
        const [, long, next, last] = await Promise.all(datas.map((data) => manager.runJob('faults', {data})));
        await eventually('it goes', () => long.info().state === 'running');
        assert.equal((await next.cancel('not needed')).state, 'cancelled');
        assert.equal((await failureOf(next)).error.reason, 'not needed');
        assert.equal(long.info().state, 'running');
        fs.writeFileSync(file, '');
        assert.equal(await last.result, await long.result);
    });
});
