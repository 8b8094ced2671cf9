'use strict';

// What is odd about the place a host runs in: an environment larger than a process can be started with, a working
// directory that was removed, a Node that does not know its own path.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {startHost} = require('../support/hosts');
const {createManager, runEnd, runOnce} = require('../support/runs');

/** Posts how long the variables are whose names begin so, and one that is short. */
const TELLS_VARIABLES = () => {
    const long = Object.keys(process.env).filter((name) => name.startsWith('JOB_MANAGER_TEST_LONG'));
    const lengths = long.map((name) => process.env[name].length);
    const {JOB_MANAGER_TEST_SHORT: short, JOB_MANAGER_TEST_OWN: own} = process.env;
    require('node:worker_threads').parentPort.postMessage({lengths, short, own});
};

/** One text of an environment may have 128 KiB on Linux, all together at most 6 MiB; a megabyte on macOS. */
const large = {
    'a variable longer than a process can be given': [200_000],
    'variables that are too long together': Array(80).fill(100_000)
};

for (const [what, lengths] of Object.entries(large)) {
    for (const [kind, at] of Object.entries({'a new process': 0, 'a spare': 1000})) {
        test(`${what}: the job has the environment whole, in ${kind}`, async (t) => {
            const variables = Object.fromEntries(
                lengths.map((length, index) => [`JOB_MANAGER_TEST_LONG${index}`, 'x'.repeat(length)])
            );
            Object.assign(process.env, {...variables, JOB_MANAGER_TEST_SHORT: 'short'});
            t.after(() => {
                for (const name of [...Object.keys(variables), 'JOB_MANAGER_TEST_SHORT']) {
                    delete process.env[name];
                }
            });
            const host = createManager(t);
            const {error, messages} = await runOnce(host, {
                name: 'job',
                job: TELLS_VARIABLES,
                worker: {env: {JOB_MANAGER_TEST_OWN: 'own'}},
                ...(at > 0 && {at: new Date(Date.now() + at)})
            });
            assert.equal(error, undefined);
            assert.deepEqual(messages, [{lengths, short: 'short', own: 'own'}]);
        });
    }
}

test('jobs run although the working directory of the host was removed', async (t) => {
    const {told, ended} = startHost(t, path.join(__dirname, 'hosts/removed-directory.js'));
    const {names, errors} = await told('ran');
    assert.deepEqual({names, errors}, {names: ['module', 'new', 'spare'], errors: []});
    assert.deepEqual(await ended, [0, null]);
});

test('jobs run where Node does not know its own path, as without /proc', async (t) => {
    const {execPath, env} = process;
    const searched = env.PATH;
    t.after(() => {
        process.execPath = execPath;
        env.PATH = searched;
    });
    env.PATH = [__dirname, path.dirname(execPath)].join(path.delimiter);
    process.execPath = path.basename(execPath);
    const {manager, errors} = createManager(t);
    const ended = runEnd(manager, 'job');
    await manager.addJob({name: 'job', job: () => {}});
    assert.equal((await ended).exitCode, 0);
    assert.deepEqual(errors, []);
});
