'use strict';

const assert = require('node:assert/strict');
const {after, test} = require('node:test');
const {MARIADB_URL} = require('../support/mariadb');
const {cleanUp} = require('./support/cleanup');
const {ENGINES, createDatabase, open} = require('./support/engines');
const {alreadyExecuted, createManager, jobPath} = require('./support/managers');
const {connectionLost, wrapModel} = require('./support/models');
const {startProxy} = require('./support/proxy');

/** Calls of a model in the life of a one-off job, as they follow each other. */
const CALLS = ['findOne', 'add', 'findOne', 'edit', 'findOne', 'edit'];
/** The first two belong to addOneOffJob, and what they say is its answer. */
const CALLS_OF_THE_CLAIM = 2;

// Node's test runner fails a test during which a rejection is not handled; nothing here may rely on it.
const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
after(() => assert.deepEqual(unhandled, []));

/** A clock that only moves by the pauses between two tries of a call. */
function virtualTime() {
    const time = {
        nowMs: 0,
        pauses: [],
        async pause(ms) {
            time.pauses.push(ms);
            time.nowMs += ms;
        }
    };
    return time;
}

/** Runs a job to its end, and returns what was reported to the host. */
async function runOnce(t, {JobModel, pause, kind, fails = false}) {
    const context = createManager(t, {JobModel, pause});
    let runs = 0;
    const jobs = {
        inline: {
            offloaded: false,
            async job() {
                runs += 1;
                if (fails) {
                    throw new RangeError('no luck');
                }
            }
        },
        offloaded: {job: jobPath(fails ? 'fails' : 'completes')}
    };
    context.manager.bree.on('worker created', () => (runs += 1));
    const completion = context.manager.awaitCompletion('backup').then(
        () => 'completed',
        (error) => error
    );
    const refusal = await context.manager.addOneOffJob({name: 'backup', ...jobs[kind]}).then(
        () => undefined,
        (error) => error
    );
    const outcome = refusal ? undefined : await completion;
    return {...context, refusal, outcome, runs: () => runs};
}

if (MARIADB_URL) {
    test('MariaDB: the server cannot be reached from the start of a job to the third try', async (t) => {
        const {location, row} = await createDatabase(t, 'MariaDB');
        const proxy = await startProxy(t, location.url);
        const {JobModel, close} = await open({...location, url: proxy.url});
        cleanUp(t, close);
        const failures = [];
        const watched = wrapModel(JobModel, (call, proceed) =>
            proceed().catch((error) => {
                failures.push(error.code);
                throw error;
            })
        );
        let pauses = 0;
        const {manager, errors} = createManager(t, {
            JobModel: watched,
            async pause() {
                pauses += 1;
                if (pauses === 2) {
                    await proxy.open();
                }
            }
        });
        const completion = manager.awaitCompletion('backup');
        await manager.addOneOffJob({name: 'backup', offloaded: false, job: () => proxy.close()});
        await completion;
        assert.equal((await row('backup')).status, 'finished');
        assert.equal(failures.length, 2);
        assert.ok(
            failures.every((code) => /^(PROTOCOL_CONNECTION_LOST|ECONNREFUSED)$/.test(code)),
            failures.join()
        );
        assert.deepEqual([errors, unhandled], [[], []]);
    });
}

for (const engine of ENGINES) {
    for (const kind of ['inline', 'offloaded']) {
        for (const [index, method] of CALLS.entries()) {
            const which = `${engine}, ${kind}: call ${index + 1}, ${method},`;

            test(`${which} fails once, without a visible effect`, async (t) => {
                const database = await createDatabase(t, engine);
                const {pause, pauses} = virtualTime();
                const JobModel = wrapModel(database.JobModel, async ({method: called, number}, proceed) => {
                    if (number === index + 1) {
                        assert.equal(called, method);
                        throw connectionLost();
                    }
                    return proceed();
                });
                const {refusal, outcome, runs, errors, lines} = await runOnce(t, {JobModel, pause, kind});
                assert.equal(refusal, undefined);
                assert.equal(outcome, 'completed');
                assert.equal(runs(), 1);
                assert.equal((await database.row('backup')).status, 'finished');
                assert.deepEqual(pauses, [250]);
                assert.deepEqual([errors, lines.error], [[], []]);
                assert.deepEqual(unhandled, []);
            });

            test(`${which} fails for good`, async (t) => {
                const database = await createDatabase(t, engine);
                const {pause, pauses} = virtualTime();
                let number = 0;
                let isDown = false;
                const JobModel = wrapModel(database.JobModel, async (call, proceed) => {
                    isDown ||= number === index;
                    number += 1;
                    if (isDown) {
                        throw connectionLost();
                    }
                    return proceed();
                });
                const {refusal, outcome, runs, errors, lines} = await runOnce(t, {JobModel, pause, kind});
                const stored = await database.row('backup');
                assert.deepEqual(unhandled, []);
                if (index < CALLS_OF_THE_CLAIM) {
                    assert.equal(refusal.code, 'PROTOCOL_CONNECTION_LOST');
                    assert.equal(runs(), 0);
                    assert.equal(stored, undefined);
                    assert.deepEqual(pauses, [250, 1000, 3750]);
                    return;
                }
                assert.equal(refusal, undefined);
                assert.equal(outcome, 'completed');
                assert.equal(runs(), 1);
                assert.equal(stored.status, index < 4 ? 'queued' : 'started');
                // The status 'started' and the status 'finished' are given up, or only the latter.
                const givenUp = index < 4 ? 2 : 1;
                assert.equal(errors.length, givenUp);
                for (const [error, {name}] of errors) {
                    assert.deepEqual([error.code, name], ['PROTOCOL_CONNECTION_LOST', 'backup']);
                }
                assert.deepEqual(
                    lines.error.map(({code}) => code),
                    errors.map(([error]) => error.code)
                );
                assert.deepEqual(pauses.slice(0, 3), [250, 1000, 3750]);
            });
        }

        test(`${engine}, ${kind}: the error of a job is reported even while its row cannot be written`, async (t) => {
            const database = await createDatabase(t, engine);
            const {pause} = virtualTime();
            const JobModel = wrapModel(database.JobModel, async ({number}, proceed) => {
                if (number > CALLS_OF_THE_CLAIM) {
                    throw connectionLost();
                }
                return proceed();
            });
            const {outcome, errors} = await runOnce(t, {JobModel, pause, kind, fails: true});
            assert.equal(outcome.message, 'no luck');
            const told = errors.map(([{message}]) => message);
            assert.equal(told.filter((message) => message === 'no luck').length, kind === 'inline' ? 0 : 1);
            assert.equal(told.filter((message) => message.startsWith('Connection lost')).length, 2);
            assert.deepEqual(unhandled, []);
        });
    }

    test(`${engine}: a row is written by the first try after the database is back`, async (t) => {
        const database = await createDatabase(t, engine);
        const time = virtualTime();
        let failures = 0;
        const JobModel = wrapModel(database.JobModel, async ({args: [{status}]}, proceed) => {
            // Away from the moment in which the job has ended, for four seconds.
            if (status === 'finished' && time.nowMs < 4000) {
                failures += 1;
                throw connectionLost();
            }
            return proceed();
        });
        const {errors} = await runOnce(t, {JobModel, pause: time.pause, kind: 'offloaded'});
        assert.equal((await database.row('backup')).status, 'finished');
        assert.deepEqual([failures, errors], [3, []]);
    });

    test(`${engine}: away for ten seconds, the database loses a status, and later statuses are written again`, async (t) => {
        const database = await createDatabase(t, engine);
        const time = virtualTime();
        let isJobOver = false;
        const JobModel = wrapModel(database.JobModel, async ({args: [{status}]}, proceed) => {
            if ((status === 'finished' || isJobOver) && time.nowMs < 10_000) {
                isJobOver = true;
                throw connectionLost();
            }
            return proceed();
        });
        const {manager, errors} = await runOnce(t, {JobModel, pause: time.pause, kind: 'offloaded'});
        assert.equal(errors.length, 1);
        assert.equal((await database.row('backup')).status, 'started');
        time.nowMs = 10_000;
        await assert.rejects(
            manager.addOneOffJob({name: 'backup', job: jobPath('completes')}),
            alreadyExecuted('backup')
        );
        await manager.addOneOffJob({name: 'backup', job: jobPath('completes'), staleAfter: 0});
        assert.equal((await manager.awaitOneOffCompletion('backup')).get('status'), 'finished');
    });

    test(`${engine}: a row whose insertion lost its answer is not inserted again`, async (t) => {
        const database = await createDatabase(t, engine);
        const {pause} = virtualTime();
        const JobModel = wrapModel(database.JobModel, async ({method}, proceed) => {
            const result = await proceed();
            if (method === 'add') {
                throw connectionLost();
            }
            return result;
        });
        const {refusal, runs} = await runOnce(t, {JobModel, pause, kind: 'inline'});
        assert.deepEqual(
            [refusal.code, refusal.message],
            ['JOB_ALREADY_EXECUTED', alreadyExecuted('backup').message]
        );
        assert.equal(runs(), 0);
        assert.equal((await database.rows()).length, 1);
    });

    test(`${engine}: questions are answered when the database is back, or rejected with what it said`, async (t) => {
        const database = await createDatabase(t, engine);
        const time = virtualTime();
        let downUntilMs = 2000;
        const JobModel = wrapModel(database.JobModel, async (call, proceed) => {
            if (time.nowMs < downUntilMs) {
                throw connectionLost();
            }
            return proceed();
        });
        await database.JobModel.add({name: 'backup', status: 'finished'});
        const {manager} = createManager(t, {JobModel, pause: time.pause});
        assert.equal(await manager.hasExecutedSuccessfully('backup'), true);
        downUntilMs = time.nowMs + 2000;
        assert.equal((await manager.awaitOneOffCompletion('backup')).get('status'), 'finished');
        downUntilMs = Infinity;
        await assert.rejects(manager.hasExecutedSuccessfully('backup'), {code: 'PROTOCOL_CONNECTION_LOST'});
        await assert.rejects(manager.awaitOneOffCompletion('backup'), {code: 'PROTOCOL_CONNECTION_LOST'});
        assert.deepEqual(unhandled, []);
    });

    test(`${engine}: the database's error for a second row of a name is recognized`, async (t) => {
        const database = await createDatabase(t, engine);
        const time = virtualTime();
        // Another host adds the row between the look and the insertion.
        const JobModel = wrapModel(database.JobModel, async ({method, args: [data]}, proceed) => {
            if (method === 'add') {
                await database.JobModel.add({...data});
            }
            return proceed();
        });
        const {manager} = createManager(t, {JobModel, pause: time.pause});
        await assert.rejects(
            manager.addOneOffJob({name: 'backup', job: jobPath('completes')}),
            alreadyExecuted('backup')
        );
        assert.deepEqual(time.pauses, []);
    });

    test(`${engine}: a lock that cannot be deleted is reported, and the job is run`, async (t) => {
        const database = await createDatabase(t, engine);
        await database.JobModel.add({name: 'backup', status: 'failed'});
        const {pause} = virtualTime();
        const JobModel = wrapModel(database.JobModel, ({method}, proceed) =>
            method === 'destroy' ? Promise.reject(connectionLost()) : proceed()
        );
        const {refusal, outcome, errors} = await runOnce(t, {JobModel, pause, kind: 'inline'});
        assert.deepEqual([refusal, outcome], [undefined, 'completed']);
        assert.deepEqual(
            errors.map(([{code}, {name}]) => [code, name]),
            [['PROTOCOL_CONNECTION_LOST', 'backup']]
        );
        assert.equal((await database.row('backup')).status, 'finished');
    });

    test(`${engine}: another constraint is not taken for a second row`, async (t) => {
        const database = await createDatabase(t, engine);
        const time = virtualTime();
        const JobModel = wrapModel(database.JobModel, async ({method, args: [data]}, proceed) =>
            method === 'add' ? database.JobModel.add({...data, status: null}) : proceed()
        );
        const {manager} = createManager(t, {JobModel, pause: time.pause});
        await assert.rejects(manager.addOneOffJob({name: 'backup', job: jobPath('completes')}), {
            code: /^(SQLITE_CONSTRAINT_NOTNULL|ER_BAD_NULL_ERROR)$/
        });
        assert.equal(time.nowMs, 5000);
    });

    test(`${engine}: a call that throws at once is one that fails`, async (t) => {
        const {JobModel} = await createDatabase(t, engine);
        const {pause} = virtualTime();
        const {manager, errors} = createManager(t, {
            pause,
            JobModel: {
                findOne() {
                    throw new TypeError('no such method');
                },
                add: JobModel.add,
                edit: JobModel.edit
            }
        });
        const completion = manager.awaitCompletion('mail');
        manager.addJob({offloaded: false, name: 'mail', job() {}});
        await completion;
        assert.equal(errors.length, 2);
        assert.deepEqual(unhandled, []);
    });
}

test('an errorHandler that throws changes nothing', async (t) => {
    const {JobModel} = await createDatabase(t, ENGINES[0]);
    const {pause} = virtualTime();
    const down = wrapModel(JobModel, () => Promise.reject(connectionLost()));
    const {manager, lines} = createManager(t, {
        JobModel: down,
        pause,
        errorHandler() {
            throw new Error('nor does this');
        }
    });
    const completion = manager.awaitCompletion('mail');
    manager.addJob({offloaded: false, name: 'mail', job() {}});
    await completion;
    assert.equal(lines.error.filter(({message}) => message === 'nor does this').length, 2);
    assert.deepEqual(unhandled, []);
});
