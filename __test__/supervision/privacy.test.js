'use strict';

// What a job gets of its host: environment, working directory, standard output, and a channel of its own.

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const {test} = require('node:test');
const {eventually, markedEnvironment} = require('../support/processes');
const {createManager, runEnd, runOnce, startUntil} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');

const HOUR_MS = 3_600_000;

/** What each open descriptor of a process is, by number. */
function descriptorsOf(pid) {
    const folder = `/proc/${pid}/fd`;
    const entries = fs.readdirSync(folder).flatMap((number) => {
        try {
            return [[number, fs.readlinkSync(path.join(folder, number))]];
        } catch {
            // The one by which the folder is read.
            return [];
        }
    });
    return Object.fromEntries(entries);
}

/** Opens many things of every kind that a host has. */
async function openMuch(t) {
    const folder = temporaryFolder(t);
    const servers = [
        net.createServer().listen(0, '127.0.0.1'),
        net.createServer().listen(`${folder}/socket`)
    ];
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const client = net.connect(servers[0].address().port, '127.0.0.1');
    await once(client, 'connect');
    const files = Array.from({length: 300}, (_, index) => fs.openSync(`${folder}/${index}`, 'w'));
    t.after(() => {
        client.destroy();
        servers.forEach((server) => server.close());
        files.forEach((file) => fs.closeSync(file));
    });
}

// Descriptors are seen through /proc.
if (process.platform === 'linux') {
    const STAYS = () => {
        require('node:worker_threads').parentPort.postMessage('ready');
        setInterval(() => {}, 1000);
    };
    const STAYS_WITH_PROGRAM = () => {
        require('node:child_process').spawn('sleep', ['1000']);
        require('node:worker_threads').parentPort.postMessage('ready');
    };

    test('a job has nothing of what its host has open but its output and a channel without a name', async (t) => {
        await openMuch(t);
        const {manager} = createManager(t);
        const own = Object.values(descriptorsOf(process.pid));
        const {pid} = await startUntil(manager, {name: 'job', job: STAYS, gracePeriod: 0});
        const {0: input, 1: output, 2: errors, 3: fromHost, 4: toHost, ...others} = descriptorsOf(pid);
        assert.equal(input, '/dev/null');
        assert.equal(output, fs.readlinkSync('/proc/self/fd/1'));
        assert.equal(errors, fs.readlinkSync('/proc/self/fd/2'));
        for (const end of [fromHost, toHost]) {
            assert.match(end, /^pipe:\[\d+\]$/);
            assert.ok(!own.includes(end), 'made for this job');
        }
        // What Node opens for itself: event loops and the pipes by which they are woken.
        for (const [number, target] of Object.entries(others)) {
            assert.match(target, /^(anon_inode:|pipe:|\/dev\/null)/, `descriptor ${number}`);
            assert.ok(
                !target.startsWith('pipe:') || !own.includes(target),
                `descriptor ${number} is the host's`
            );
        }
    });

    test('no channel reaches another job, a spare, or a program that the job or the host starts', async (t) => {
        const {env, pids} = markedEnvironment();
        const {manager} = createManager(t, {warmWorkers: 1, worker: {env}});
        await manager.addJob({name: 'later', job: STAYS, at: new Date(Date.now() + HOUR_MS)});
        for (const name of ['first', 'second']) {
            await startUntil(manager, {name, job: STAYS_WITH_PROGRAM, gracePeriod: 0});
        }
        await eventually('two jobs with a program each, and a spare', () => pids().length === 5);
        const fromShell = execFileSync('sh', ['-c', 'ls -l /proc/self/fd'], {encoding: 'utf8'});
        const channels = pids()
            .map(descriptorsOf)
            .flatMap(({3: fromHost, 4: toHost}) => (toHost ? [fromHost, toHost] : []));
        assert.equal(channels.length, 6);
        assert.equal(new Set(channels).size, 6, 'each has its own');
        for (const channel of channels) {
            const holders = pids().filter((pid) => Object.values(descriptorsOf(pid)).includes(channel));
            assert.equal(holders.length, 1);
            assert.ok(!fromShell.includes(channel));
        }
    });
}

const TELLS_ENVIRONMENT = () => {
    require('node:worker_threads').parentPort.postMessage({...process.env});
};

test("the environment of a job is the host's at its start, and worker.env over it", async (t) => {
    const host = createManager(t, {worker: {env: {FROM_MANAGER: '1', BOTH: 'manager', GONE: undefined}}});
    process.env.SET_LATE = 'ünïcödé = "quoted" $HOME';
    t.after(() => delete process.env.SET_LATE);
    const {messages} = await runOnce(host, {
        name: 'job',
        job: TELLS_ENVIRONMENT,
        worker: {env: {FROM_JOB: '2', BOTH: 'job', EMPTY: ''}}
    });
    assert.deepEqual(messages[0], {...process.env, FROM_JOB: '2', BOTH: 'job', EMPTY: ''});
    const {messages: others} = await runOnce(host, {name: 'other', job: TELLS_ENVIRONMENT});
    assert.deepEqual(others[0], {...process.env, FROM_MANAGER: '1', BOTH: 'manager'});
});

test('a job that gets a spare has the environment of its start, not of the boot', async (t) => {
    process.env.REMOVED_LATE = 'before';
    const {manager, messages} = createManager(t, {warmWorkers: 1});
    const {env, pids} = markedEnvironment();
    Object.assign(process.env, env);
    t.after(() => Object.keys(env).forEach((name) => delete process.env[name]));
    await manager.addJob({name: 'job', job: TELLS_ENVIRONMENT, at: new Date(Date.now() + HOUR_MS)});
    await eventually('a spare', () => pids().length === 1);
    delete process.env.REMOVED_LATE;
    process.env.ADDED_LATE = 'after';
    t.after(() => delete process.env.ADDED_LATE);
    const expected = {...process.env};
    const ended = runEnd(manager, 'job');
    await manager.bree.run('job');
    await ended;
    assert.deepEqual(messages[0].message, expected);
});

test('nothing of a job passes through a shell', async (t) => {
    const folder = path.join(temporaryFolder(t), '$(touch touched) `touch touched`; "\' \n*');
    fs.mkdirSync(folder);
    const file = path.join(folder, '$HOME & ~.js');
    fs.writeFileSync(
        file,
        `const {parentPort, workerData} = require('node:worker_threads');
        parentPort.postMessage([__filename, process.argv.slice(2), workerData.job.name, workerData.text]);`
    );
    const name = '$(touch touched) %s %n \u0007';
    const argv = ['$(touch touched)', '', '--flag', '*'];
    const {messages} = await runOnce(createManager(t), {
        name,
        job: file,
        data: {text: '`touch touched`'},
        worker: {argv}
    });
    assert.deepEqual(messages, [[file, argv, name, '`touch touched`']]);
    assert.ok(!fs.existsSync(path.join(folder, 'touched')) && !fs.existsSync('touched'));
});
