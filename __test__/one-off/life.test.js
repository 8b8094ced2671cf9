'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const JobManager = require('../..');
const {heldJobs} = require('../inline/support');
const {ENGINES, createDatabase} = require('./support/engines');
const {alreadyExecuted, createManager, jobPath} = require('./support/managers');
const {slowModel, watchedModel} = require('./support/models');

/** The same job, inline and offloaded. */
const completing = {
    inline: {offloaded: false, job: async () => 'done'},
    offloaded: {job: jobPath('completes')}
};
const failing = {
    inline: {offloaded: false, job: () => Promise.reject(new RangeError('no luck'))},
    offloaded: {job: jobPath('fails')}
};

/** Resolves when the next worker of a manager has begun its job. */
const becameOnline = (manager) =>
    new Promise((resolve) => {
        manager.bree.once('worker created', (name) => manager.bree.workers.get(name).once('online', resolve));
    });

for (const engine of ENGINES) {
    for (const kind of ['inline', 'offloaded']) {
        test(`${engine}, ${kind}: the row of a job that completes becomes queued, started, finished`, async (t) => {
            const database = await createDatabase(t, engine);
            const {model, calls, writes} = watchedModel(database.JobModel);
            const {manager} = createManager(t, {JobModel: model});
            await manager.addOneOffJob({name: 'backup', ...completing[kind]});
            const row = await manager.awaitOneOffCompletion('backup');

            assert.equal(row.get('status'), 'finished');
            assert.deepEqual(writes(), ['queued', 'started', 'finished']);
            assert.deepEqual(calls.find(([method]) => method === 'add')[1], {
                name: 'backup',
                status: 'queued'
            });
            const stored = await database.row('backup');
            assert.match(stored.id, /^[0-9a-f]{24}$/);
            for (const column of ['started_at', 'finished_at', 'created_at', 'updated_at']) {
                assert.ok(Math.abs(new Date(stored[column]) - Date.now()) < 60_000, column);
            }
            assert.equal(await manager.hasExecutedSuccessfully('backup'), true);
            await assert.rejects(
                manager.addOneOffJob({name: 'backup', ...completing[kind]}),
                alreadyExecuted('backup')
            );
        });

        test(`${engine}, ${kind}: the row of a job that fails becomes failed, and the job can be added again`, async (t) => {
            const database = await createDatabase(t, engine);
            const {model, calls, writes} = watchedModel(database.JobModel);
            const {manager, lines, errors} = createManager(t, {JobModel: model});
            const completion = assert.rejects(manager.awaitCompletion('backup'), {message: 'no luck'});
            await manager.addOneOffJob({name: 'backup', ...failing[kind]});
            assert.equal((await manager.awaitOneOffCompletion('backup')).get('status'), 'failed');
            await completion;
            const {id} = await database.row('backup');
            assert.deepEqual(writes(), ['queued', 'started', 'failed']);
            assert.equal(await manager.hasExecutedSuccessfully('backup'), false);
            assert.equal(kind === 'inline' ? lines.error.length : errors.length, 1);

            const again = manager.awaitCompletion('backup');
            await manager.addOneOffJob({name: 'backup', ...completing[kind]});
            await again;
            assert.equal((await database.row('backup')).status, 'finished');
            assert.equal((await database.row('backup')).id, id, 'it is the same row');
            const edits = calls.filter(([method, data]) => method === 'edit' && data.status === 'queued');
            assert.deepEqual(edits, [['edit', {status: 'queued'}, {id}]]);
            assert.equal((await database.rows()).length, 1, 'nothing else is left in the table');
        });

        test(`${engine}, ${kind}: a job that failed in one manager can be added in another`, async (t) => {
            const database = await createDatabase(t, engine);
            const first = createManager(t, database);
            await first.manager.addOneOffJob({name: 'backup', ...failing[kind]});
            await first.manager.awaitOneOffCompletion('backup');
            const second = createManager(t, await database.open());
            await second.manager.addOneOffJob({name: 'backup', ...completing[kind]});
            assert.equal((await second.manager.awaitOneOffCompletion('backup')).get('status'), 'finished');
        });

        test(`${engine}, ${kind}: statuses are written in order, however long each call takes`, async (t) => {
            const database = await createDatabase(t, engine);
            // A later call is quicker than an earlier one.
            const {model, writes} = watchedModel(slowModel(database.JobModel, [60, 1, 40, 0, 20]));
            const {manager} = createManager(t, {JobModel: model});
            const names = ['a', 'b', 'c', 'd'];
            await Promise.all(names.map((name) => manager.addOneOffJob({name, ...completing[kind]})));
            await Promise.all(names.map((name) => manager.awaitOneOffCompletion(name)));
            for (const name of names) {
                assert.equal((await database.row(name)).status, 'finished');
            }
            assert.equal(writes().length, 12);
        });
    }

    test(`${engine}: only one call for a name is under way at a time, and the last status stands`, async (t) => {
        const database = await createDatabase(t, engine);
        const underWay = new Map();
        const {model, writes} = watchedModel(slowModel(database.JobModel, [30, 0, 20, 1, 10]));
        const counted = Object.fromEntries(
            Object.keys(model).map((method) => [
                method,
                async (...args) => {
                    const key = args[0].name ?? args[1].id;
                    underWay.set(key, (underWay.get(key) ?? 0) + 1);
                    assert.equal(underWay.get(key), 1, `${method} while another call goes`);
                    try {
                        return await model[method](...args);
                    } finally {
                        underWay.set(key, 0);
                    }
                }
            ])
        );
        await database.JobModel.add({name: 'often', status: 'queued'});
        const {manager, errors} = createManager(t, {JobModel: counted});
        // Runs follow each other faster than the database takes their statuses.
        for (let run = 0; run < 4; run++) {
            manager.addJob({offloaded: false, name: 'often', job: async () => {}});
        }
        await manager.allSettled();
        assert.deepEqual(errors, []);
        assert.equal(writes().length, 8);
        assert.equal((await database.row('often')).status, 'finished');
    });

    test(`${engine}: the rows of other jobs are kept up to date where there are such`, async (t) => {
        const database = await createDatabase(t, engine);
        await database.JobModel.add({name: 'known', status: 'queued'});
        const {manager} = createManager(t, database);
        for (const name of ['known', 'unknown']) {
            const completion = manager.awaitCompletion(name);
            await manager.addJob({name, job: jobPath('completes')});
            await completion;
        }
        assert.deepEqual(
            (await database.rows()).map(({name, status}) => [name, status]),
            [['known', 'finished']]
        );
        await manager.removeJob('known');
        const failure = assert.rejects(manager.awaitCompletion('known'));
        await manager.addJob({name: 'known', job: jobPath('fails')});
        await failure;
        assert.equal((await database.row('known')).status, 'failed');
    });

    test(`${engine}: hasExecutedSuccessfully is true for every row that is not failed`, async (t) => {
        const {JobModel} = await createDatabase(t, engine);
        const {manager} = createManager(t, {JobModel});
        for (const [status, expected] of [
            ['queued', true],
            ['started', true],
            ['finished', true],
            ['failed', false]
        ]) {
            await JobModel.add({name: status, status});
            assert.equal(await manager.hasExecutedSuccessfully(status), expected, status);
        }
        assert.equal(await manager.hasExecutedSuccessfully('absent'), false);
    });

    test(`${engine}: a cancelled job has failed, and can be added again`, async (t) => {
        const database = await createDatabase(t, engine);
        const {manager, errors} = createManager(t, database);
        const online = becameOnline(manager);
        await manager.addOneOffJob({name: 'backup', job: jobPath('waits')});
        await online;
        assert.equal((await database.row('backup')).status, 'started');
        await assert.rejects(
            manager.addOneOffJob({name: 'backup', job: jobPath('completes')}),
            /already been executed|duplicate/
        );
        await manager.removeJob('backup');
        await manager.awaitOneOffCompletion('backup');
        assert.equal((await database.row('backup')).status, 'failed');
        assert.deepEqual(errors, [], 'it was asked for');
        await manager.addOneOffJob({name: 'backup', job: jobPath('completes')});
        assert.equal((await manager.awaitOneOffCompletion('backup')).get('status'), 'finished');
    });

    test(`${engine}: shutdown cancels a job, and its row is written before that is over`, async (t) => {
        const database = await createDatabase(t, engine);
        const {manager} = createManager(t, {JobModel: slowModel(database.JobModel, [20, 50])});
        const created = new Promise((resolve) => {
            manager.bree.once('worker created', resolve);
        });
        await manager.addOneOffJob({name: 'backup', job: jobPath('waits')});
        await created;
        await manager.shutdown();
        assert.equal((await database.row('backup')).status, 'failed');
    });

    test(`${engine}: nothing is written for a job that could never start`, async (t) => {
        const database = await createDatabase(t, engine);
        const {manager} = createManager(t, database);
        const gate = heldJobs();
        await manager.addJob({name: 'busy', at: 'every 1 hour', job: jobPath('completes')});
        for (const [what, job, expected] of [
            ['a missing file', {job: './missing.js'}, /path missing: .*missing\.js/],
            ['a missing file, inline', {offloaded: false, job: './missing.js'}, /missing\.js/],
            ['a bound function', {job: gate.job.bind(null)}, /can't be a bound or built-in function/],
            ['nothing', {}, /needs a path or a function/],
            [
                'data that cannot be cloned',
                {job: jobPath('completes'), data: {of() {}}},
                /could not be cloned/
            ],
            ['a name that is taken', {name: 'busy', job: jobPath('completes')}, /duplicate job name of busy/],
            ['a reserved name', {name: 'index', job: jobPath('completes')}, /reserved job name/],
            ['no name', {name: undefined, job: jobPath('completes')}, /name parameter is required/],
            ['a wrong limit', {job: jobPath('completes'), timeout: -1}, {errorType: 'IncorrectUsageError'}],
            ['a wrong staleAfter', {job: jobPath('completes'), staleAfter: 'soon'}, /staleAfter/]
        ]) {
            await assert.rejects(manager.addOneOffJob({name: 'never', ...job}), expected, what);
            assert.deepEqual(await database.rows(), [], what);
        }
        assert.deepEqual(
            manager.bree.config.jobs.map(({name}) => name),
            ['busy']
        );
    });

    test(`${engine}: a job that is refused after its row was written leaves it failed`, async (t) => {
        const database = await createDatabase(t, engine);
        const {manager} = createManager(t, database);
        const job = jobPath('completes');
        // The row is claimed while the shutdown begins.
        const refused = assert.rejects(manager.addOneOffJob({name: 'backup', job}), {
            code: 'MANAGER_SHUTTING_DOWN'
        });
        await manager.shutdown();
        // A host closes its database when the shutdown is over.
        assert.equal((await database.row('backup')).status, 'failed');
        await refused;
        const {manager: next} = createManager(t, database);
        await next.addOneOffJob({name: 'backup', job});
        await next.awaitOneOffCompletion('backup');
        assert.equal((await database.row('backup')).status, 'finished');
    });

    test(`${engine}: a shutdown that has begun refuses one-off jobs, and nothing is written`, async (t) => {
        const database = await createDatabase(t, engine);
        const {manager} = createManager(t, database);
        const over = manager.shutdown();
        for (const code of ['MANAGER_SHUTTING_DOWN', 'MANAGER_SHUT_DOWN']) {
            const refused = manager.addOneOffJob({name: 'backup', ...completing.inline});
            await assert.rejects(refused, {code});
            await over;
        }
        assert.equal(await database.row('backup'), undefined);
    });

    test(`${engine}: jobs may have names that mean something elsewhere`, async (t) => {
        const database = await createDatabase(t, engine);
        const {manager, errors} = createManager(t, database);
        for (const name of ['error', 'newListener', '__proto__', 'constructor', `${'n'.repeat(190)}ö`]) {
            await manager.addOneOffJob({name, ...failing.inline});
            assert.equal((await manager.awaitOneOffCompletion(name)).get('status'), 'failed', name);
            await manager.addOneOffJob({name, ...completing.inline});
            assert.equal((await manager.awaitOneOffCompletion(name)).get('status'), 'finished', name);
        }
        assert.deepEqual(errors, []);
    });
}

test('without a JobModel one-off jobs are refused with an error that names it', async (t) => {
    const {manager} = createManager(t, {});
    const expected = {errorType: 'IncorrectUsageError', message: /needs a JobModel/};
    await assert.rejects(manager.addOneOffJob({name: 'backup', ...completing.inline}), expected);
    await assert.rejects(manager.awaitOneOffCompletion('backup'), expected);
    assert.equal(await manager.hasExecutedSuccessfully('backup'), false);
});

for (const staleAfter of [-1, NaN, '5', Infinity]) {
    test(`a staleAfter of ${staleAfter} is refused`, () => {
        assert.throws(() => new JobManager({staleAfter}), {errorType: 'IncorrectUsageError'});
    });
}
