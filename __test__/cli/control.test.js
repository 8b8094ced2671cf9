'use strict';

// The control socket of a host: where it is, who may open it, and when it goes.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('node:test');
const {Worker} = require('node:worker_threads');
const {eventually, workplace} = require('../support/cli');
const {createManager} = require('../support/runs');
const {ROOT} = require('../support/scripts');
const {temporaryFolder} = require('../support/temporary-folder');

const {listen} = require('../../lib/control');

const modeOf = (file) => (fs.statSync(file).mode & 0o777).toString(8);

/** A private place for the sockets of this process. */
function privatePlace(t) {
    const folder = temporaryFolder(t);
    const before = process.env.XDG_RUNTIME_DIR;
    process.env.XDG_RUNTIME_DIR = folder;
    t.after(() => {
        if (before === undefined) {
            delete process.env.XDG_RUNTIME_DIR;
        } else {
            process.env.XDG_RUNTIME_DIR = before;
        }
    });
    return folder;
}

/** @returns {Promise<{status: number, body: any}>} */
async function ask(socketPath, target, method = 'GET') {
    const request = http.request({socketPath, path: target, method, agent: false}).end();
    const [response] = await once(request, 'response');
    const pieces = await response.toArray();
    return {status: response.statusCode, body: JSON.parse(Buffer.concat(pieces).toString())};
}

/** A socket file whose host was killed. */
async function leaveStaleSocket(t, socket) {
    const {startProgram} = workplace(t);
    const script = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => console.log('listens'))`;
    const {child, until, ended} = startProgram(process.execPath, ['-e', script]);
    await until('listens');
    child.kill('SIGKILL');
    await ended;
    assert.ok(fs.existsSync(socket));
}

const hostScript = (body) => `
    const JobManager = require(${JSON.stringify(ROOT)});
    const {listen} = require(${JSON.stringify(path.join(ROOT, 'lib/control.js'))});
    const jobManager = new JobManager({logger: {}});
    (async () => { ${body} })();
`;

test('listen() makes a socket that only the user can open, in a folder that only the user can enter', async (t) => {
    const place = privatePlace(t);
    const {manager} = createManager(t);
    const {path: socket} = await listen(manager);
    assert.equal(socket, path.join(place, 'job-manager', `control.test-${process.pid}.sock`));
    assert.deepEqual([modeOf(path.dirname(socket)), modeOf(socket)], ['700', '600']);
    const {status, body} = await ask(socket, '/api/v1/stats');
    assert.deepEqual([status, body.pid, body.instance], [200, process.pid, manager.stats().instance]);
});

test('the mask of the process does not open the socket, and is as it was', async (t) => {
    privatePlace(t);
    const before = process.umask(0);
    t.after(() => process.umask(before));
    const {path: socket} = await listen(createManager(t).manager);
    assert.deepEqual([modeOf(path.dirname(socket)), modeOf(socket), process.umask()], ['700', '600', 0]);
});

test('shutdown() closes the socket and deletes it, and so does close(), once or twice', async (t) => {
    privatePlace(t);
    const {manager} = createManager(t);
    const first = await listen(manager, {name: 'first'});
    const second = await listen(manager, {name: 'second'});
    await first.close();
    await first.close();
    assert.ok(!fs.existsSync(first.path));
    assert.equal((await ask(second.path, '/api/v1/stats')).status, 200);
    await manager.shutdown();
    await second.close();
    assert.ok(!fs.existsSync(second.path));
    await assert.rejects(ask(second.path, '/api/v1/stats'), {code: 'ENOENT'});
});

test('the socket does not keep the host alive, with a client connected or without, and exit() leaves no file', async (t) => {
    const {startProgram, sockets} = workplace(t);
    const idle = await startProgram(process.execPath, ['-e', hostScript('await listen(jobManager);')]).ended;
    assert.equal(idle.exitCode, 0, idle.stderr);
    const connected = hostScript(`
        const {path} = await listen(jobManager);
        const client = require('node:net').connect(path, () => { console.log('connected'); client.unref(); });
    `);
    const {exitCode, stdout} = await startProgram(process.execPath, ['-e', connected]).ended;
    assert.deepEqual([exitCode, stdout], [0, 'connected\n']);
    await startProgram(process.execPath, ['-e', hostScript('await listen(jobManager); process.exit();')])
        .ended;
    assert.deepEqual(fs.readdirSync(sockets), []);
});

test('a socket that a killed host has left is replaced', async (t) => {
    const folder = privatePlace(t);
    const socket = path.join(folder, 'control.sock');
    await leaveStaleSocket(t, socket);
    await listen(createManager(t).manager, {socket});
    assert.equal((await ask(socket, '/api/v1/stats')).status, 200);
});

test('sockets of killed hosts in the usual folder are deleted by the next host, those of living ones are not', async (t) => {
    const place = privatePlace(t);
    const living = await listen(createManager(t).manager, {name: 'living'});
    const dead = path.join(place, 'job-manager', 'dead-1.sock');
    await leaveStaleSocket(t, dead);
    await listen(createManager(t).manager, {name: 'next'});
    assert.ok(!fs.existsSync(dead));
    assert.equal((await ask(living.path, '/api/v1/stats')).status, 200);
});

test('a socket that another host listens on is refused, and that host goes on', async (t) => {
    const folder = privatePlace(t);
    const socket = path.join(folder, 'control.sock');
    const {manager} = createManager(t);
    await listen(manager, {socket});
    await assert.rejects(listen(createManager(t).manager, {socket}), {
        name: 'ControlError',
        code: 'CONTROL_SOCKET_IN_USE',
        message: `The control socket is not made: another host listens on ${socket}`
    });
    assert.equal((await ask(socket, '/api/v1/stats')).body.instance, manager.stats().instance);
});

test('several managers of a process have a socket each', async (t) => {
    privatePlace(t);
    const all = [createManager(t), createManager(t), createManager(t)];
    const paths = [];
    for (const {manager} of all) {
        paths.push(path.basename((await listen(manager, {name: 'many'})).path));
    }
    const pid = process.pid;
    assert.deepEqual(paths, [`many-${pid}.sock`, `many-${pid}-2.sock`, `many-${pid}-3.sock`]);
});

test('another kind of file is not replaced', async (t) => {
    const file = path.join(privatePlace(t), 'notes.txt');
    fs.writeFileSync(file, 'notes');
    await assert.rejects(listen(createManager(t).manager, {socket: file}), {code: 'CONTROL_PATH_TAKEN'});
    assert.equal(fs.readFileSync(file, 'utf8'), 'notes');
});

if (process.platform !== 'win32') {
    test('a folder that others can write is refused, with its mode', async (t) => {
        const folder = privatePlace(t);
        for (const mode of [0o777, 0o770, 0o1777, 0o702]) {
            const open = path.join(folder, mode.toString(8));
            fs.mkdirSync(open);
            fs.chmodSync(open, mode);
            await assert.rejects(
                listen(createManager(t).manager, {socket: path.join(open, 'control.sock')}),
                (error) => {
                    assert.equal(error.code, 'CONTROL_FOLDER_UNSAFE');
                    assert.ok(
                        error.message.includes(`mode is ${mode.toString(8).padStart(4, '0')}`),
                        error.message
                    );
                    assert.ok(error.help.includes(`chmod 700 ${open}`), error.help);
                    return true;
                }
            );
            assert.deepEqual(fs.readdirSync(open), []);
        }
    });

    test('without XDG_RUNTIME_DIR the folder is a private one below that of temporary files, refused if it was opened', async (t) => {
        const folder = temporaryFolder(t);
        const {startProgram} = workplace(t);
        const env = {XDG_RUNTIME_DIR: undefined, TMPDIR: folder};
        const script = hostScript(
            `console.log(await listen(jobManager, {name: 'x'}).then(({path}) => path, ({code}) => code));`
        );
        const own = path.join(folder, `job-manager-${process.getuid()}`);
        const first = startProgram(process.execPath, ['-e', script], {env});
        assert.equal((await first.ended).stdout, `${path.join(own, `x-${first.child.pid}.sock`)}\n`);
        assert.equal(modeOf(own), '700');
        fs.chmodSync(own, 0o777);
        const second = await startProgram(process.execPath, ['-e', script], {env}).ended;
        assert.equal(second.stdout, 'CONTROL_FOLDER_UNSAFE\n');
    });

    test('a path that is too long for a socket is refused, with its length', async (t) => {
        const socket = path.join(privatePlace(t), 'x'.repeat(100));
        await assert.rejects(listen(createManager(t).manager, {socket}), (error) => {
            assert.equal(error.code, 'CONTROL_PATH_TOO_LONG');
            assert.ok(error.message.includes(`has ${socket.length} bytes`), error.message);
            return true;
        });
    });
}

if (process.getuid?.() === 0) {
    test('a folder of another user is refused', async (t) => {
        const folder = privatePlace(t);
        fs.chownSync(folder, 65_534, 65_534);
        const socket = path.join(folder, 'control.sock');
        await assert.rejects(listen(createManager(t).manager, {socket}), /belongs to user 65534/);
        fs.chownSync(folder, 0, 0);
    });

    test('another user cannot open the socket, and gets an error that says why', async (t) => {
        const {folder, startProgram} = workplace(t);
        fs.chmodSync(folder, 0o755);
        const socket = path.join(folder, 'control.sock');
        await listen(createManager(t).manager, {socket});
        const script = `
            process.setgid(65534);
            process.setuid(65534);
            process.argv.splice(1, 1, 'job-manager', 'list', '--socket', ${JSON.stringify(socket)});
            require(${JSON.stringify(path.join(ROOT, 'lib/cli/main.js'))});
        `;
        const {exitCode, stderr} = await startProgram(process.execPath, ['-e', script, 'x']).ended;
        assert.equal(exitCode, 4, stderr);
        assert.match(stderr, /this user may not open it\n +Only the user of the host, and root/);
    });
}

test('a host in a worker thread, which has no mask of its own, can listen too', async (t) => {
    const place = privatePlace(t);
    const worker = new Worker(
        hostScript(`
            const {path} = await listen(jobManager, {name: 'thread'});
            require('node:worker_threads').parentPort.postMessage(path);
            require('node:worker_threads').parentPort.once('message', () => jobManager.shutdown());
        `),
        {eval: true, env: {...process.env, XDG_RUNTIME_DIR: place}}
    );
    const [socket] = await once(worker, 'message');
    assert.equal(modeOf(socket), '600');
    assert.equal((await ask(socket, '/api/v1/stats')).status, 200);
    worker.postMessage('end');
    await once(worker, 'exit');
    assert.ok(!fs.existsSync(socket));
});

test('the name of the socket is that of the script, or of its folder, without characters that have a meaning', () => {
    const {programName} = require('../../lib/control/places');
    assert.equal(programName('/srv/reports/worker-main.js'), 'worker-main');
    assert.equal(programName('/srv/reports/index.js'), 'reports');
    assert.equal(programName('/srv/my app/server.mjs'), 'my-app');
    assert.equal(programName(`/srv/${'x'.repeat(90)}.js`).length, 40);
    assert.equal(programName('/'), 'node');
    assert.equal(programName(''), 'node');
});

test('the socket allows what "actions" says: all, some, or nothing but looking', async (t) => {
    privatePlace(t);
    const {manager} = createManager(t);
    await manager.defineJob({name: 'job', offloaded: false, job: () => 1});
    const all = await listen(manager, {name: 'all'});
    const some = await listen(manager, {name: 'some', actions: ['pause']});
    const none = await listen(manager, {name: 'none', actions: false});
    const statuses = async ({path: socket}) => [
        (await ask(socket, '/api/v1/jobs/job')).status,
        (await ask(socket, '/api/v1/jobs/job/pause', 'POST')).status,
        (await ask(socket, '/api/v1/jobs/job/run', 'POST')).status
    ];
    assert.deepEqual(await statuses(all), [200, 200, 202]);
    assert.deepEqual(await statuses(some), [200, 200, 403]);
    assert.deepEqual(await statuses(none), [200, 403, 403]);
});

test('wrong arguments are refused', async (t) => {
    privatePlace(t);
    const {manager} = createManager(t);
    const refused = (message) => ({code: 'INVALID_OPTION', message});
    await assert.rejects(listen({}), refused(/listen\(\) takes a JobManager first/));
    await assert.rejects(listen(manager, {socket: 3}), refused(/"socket" of listen\(\) must be a string/));
    await assert.rejects(listen(manager, {port: 3}), refused(/"port" .*job-manager\/dashboard/));
    await assert.rejects(listen(manager, {actions: ['rnu']}), refused(/Did you mean "run"\?/));
    await assert.rejects(
        listen(manager, {actions: 'run'}),
        refused(/"actions" of listen\(\) must be true, false/)
    );
});

test('a manager that is shut down while it begins to listen leaves no socket', async (t) => {
    privatePlace(t);
    const {manager} = createManager(t);
    const listening = listen(manager);
    await manager.shutdown();
    const control = await listening;
    await eventually('the end of the socket', () => !fs.existsSync(control.path));
});
