'use strict';

// What a JobModel may be, and what is done about one that is wrong, hangs or lags behind.

const assert = require('node:assert/strict');
const {after, test} = require('node:test');
const JobManager = require('../..');
const {temporaryDatabase} = require('../support/database');
const {deferred} = require('../inline/support');
const {alreadyExecuted, createManager, jobPath} = require('./support/managers');
const {connectionLost, wrapModel} = require('./support/models');

const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
after(() => assert.deepEqual(unhandled, []));

/** A JobModel that gives rows as plain objects, straight from the table. */
function plainModel(connection) {
    return {
        findOne: ({name}) => connection('jobs').where({name}).first(),
        add: (data) => connection('jobs').insert({id: data.name, created_at: new Date(), ...data}),
        edit: (data, {id}) => connection('jobs').where({id}).update(data)
    };
}

/** Counts the pauses between two tries, and waits for none. */
function countedPauses() {
    const pauses = [];
    return {pauses, pause: async (ms) => void pauses.push(ms)};
}

for (const method of ['add', 'findOne', 'edit']) {
    test(`a JobModel without ${method} is refused by the constructor, which names the method`, () => {
        const JobModel = {async add() {}, async findOne() {}, async edit() {}};
        delete JobModel[method];
        assert.throws(() => new JobManager({JobModel}), {
            errorType: 'IncorrectUsageError',
            code: 'INVALID_OPTION',
            message:
                `The option "JobModel" has no method "${method}". ` +
                'A JobModel must have add(data), findOne({name}), edit(data, {id}), each returning a promise.'
        });
    });
}

test('the methods of a JobModel may be inherited, and of a function', () => {
    const methods = {async add() {}, async findOne() {}, async edit() {}};
    const manager = new JobManager({JobModel: Object.setPrototypeOf(() => {}, methods)});
    assert.ok(manager._jobsRepository);
});

for (const modelTimeout of [0, -1, 1.5, '30s', Number.NaN]) {
    test(`modelTimeout: ${String(modelTimeout)} is refused`, () => {
        const JobModel = {async add() {}, async findOne() {}, async edit() {}};
        assert.throws(() => new JobManager({JobModel, modelTimeout}), {code: 'INVALID_OPTION'});
    });
}

test('rows may be plain objects', async (t) => {
    const {connection} = await temporaryDatabase(t);
    const {manager, errors} = createManager(t, {JobModel: plainModel(connection), staleAfter: 1_000});
    const status = async () => (await connection('jobs').where({name: 'backup'}).first()).status;
    const run = async (job) => {
        await manager.addOneOffJob({name: 'backup', offloaded: false, job});
        return (await manager.awaitOneOffCompletion('backup')).status;
    };
    const fails = () => {
        throw new Error('no luck');
    };
    assert.equal(await run(fails), 'failed');
    assert.equal(await manager.hasExecutedSuccessfully('backup'), false);
    assert.equal(await run(() => {}), 'finished');
    assert.equal(await status(), 'finished');
    assert.equal(await manager.hasExecutedSuccessfully('backup'), true);
    await assert.rejects(
        run(() => {}),
        alreadyExecuted('backup')
    );
    // A row that a host has left a while ago counts as failed.
    await connection('jobs').insert({
        id: 'left',
        name: 'left',
        status: 'started',
        started_at: new Date(0),
        created_at: new Date(0)
    });
    await manager.addOneOffJob({name: 'left', offloaded: false, job() {}});
    await manager.awaitOneOffCompletion('left');
    assert.deepEqual(errors, []);
});

for (const [what, row] of [
    ['status', {id: 1}],
    ['id', {status: 'failed', get: (column) => ({status: 'failed'})[column]}]
]) {
    test(`a row without ${what} is refused in words`, async (t) => {
        const JobModel = {async add() {}, findOne: async () => row, async edit() {}};
        const {manager} = createManager(t, {JobModel});
        await assert.rejects(manager.addOneOffJob({name: 'backup', job: jobPath('completes')}), {
            code: 'INVALID_JOB_ROW',
            message: new RegExp(
                `^JobModel.findOne returned a row whose ${what} is undefined. A row must have`
            )
        });
    });
}

for (const [name, error, pauses] of [
    ['a TypeError', new TypeError("Cannot read properties of undefined (reading 'query')"), []],
    ['a ReferenceError', new ReferenceError('db is not defined'), []],
    ['a lost connection', connectionLost(), [250, 1_000, 3_750]],
    ['a failed fetch', new TypeError('fetch failed', {cause: new Error('ECONNRESET')}), [250, 1_000, 3_750]]
]) {
    test(`${name} of a model is ${pauses.length ? '' : 'not '}tried again`, async (t) => {
        const {pauses: seen, pause} = countedPauses();
        const fails = () => Promise.reject(error);
        const {manager} = createManager(t, {JobModel: {add: fails, findOne: fails, edit: fails}, pause});
        await assert.rejects(manager.addOneOffJob({name: 'backup', job: jobPath('completes')}), error);
        assert.deepEqual(seen, pauses);
    });
}

test('a call that never settles frees the place of an inline job, and is reported', async (t) => {
    // In memory, so that every other call is faster than the limit on the busiest machine.
    const rows = new Map();
    const hangs = {
        findOne: async ({name}) => rows.get(name),
        add: async (data) => rows.set(data.name, {id: 1, ...data}),
        edit: () => new Promise(() => {})
    };
    const {manager, errors, lines} = createManager(t, {
        JobModel: hangs,
        modelTimeout: 40,
        inlineConcurrency: 1
    });
    const completion = manager.awaitCompletion('backup');
    const next = manager.awaitCompletion('next');
    await manager.addOneOffJob({name: 'backup', offloaded: false, job() {}});
    manager.addJob({name: 'next', offloaded: false, job() {}});
    await completion;
    await next;
    // The status 'started', and the status 'finished'.
    assert.deepEqual(
        errors.map(([{code}, {name}]) => [code, name]),
        [
            ['JOB_MODEL_TIMEOUT', 'backup'],
            ['JOB_MODEL_TIMEOUT', 'backup']
        ]
    );
    assert.match(
        lines.error[0].message,
        /^JobModel.edit did not settle within 40 ms for job "backup", .* option "modelTimeout"\.$/
    );
});

test('a call that fails after its limit is no unhandled rejection', async (t) => {
    const {JobModel} = await temporaryDatabase(t);
    const late = deferred();
    const hangs = wrapModel(JobModel, () => late.promise);
    const {manager} = createManager(t, {JobModel: hangs, modelTimeout: 20});
    await assert.rejects(manager.addOneOffJob({name: 'backup', job: jobPath('completes')}), {
        code: 'JOB_MODEL_TIMEOUT'
    });
    late.reject(connectionLost());
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(unhandled, []);
});

/** A model whose reads do not find rows before `isVisible()`. */
function laggingModel(JobModel, {isVisible, tellsId}) {
    return wrapModel(JobModel, async ({method}, proceed) => {
        if (method === 'findOne' && !isVisible()) {
            return null;
        }
        const answer = await proceed();
        return method === 'add' && !tellsId ? undefined : answer;
    });
}

/** Runs a one-off inline job on a lagging model. */
async function runLagging(t, {visibleAfter, tellsId}) {
    const {JobModel, rows} = await temporaryDatabase(t);
    const {pauses, pause} = countedPauses();
    const isVisible = () => pauses.length >= visibleAfter;
    const {manager, errors} = createManager(t, {
        JobModel: laggingModel(JobModel, {isVisible, tellsId}),
        pause
    });
    const completion = manager.awaitCompletion('backup');
    await manager.addOneOffJob({name: 'backup', offloaded: false, job() {}});
    await completion;
    const [{status}] = await rows();
    return {status, errors, pauses};
}

test('a row that cannot be read back yet is looked for again', async (t) => {
    const {status, errors, pauses} = await runLagging(t, {visibleAfter: 2, tellsId: false});
    assert.deepEqual([status, errors, pauses], ['finished', [], [250, 1_000]]);
});

test('a row whose id the model told is written also before it can be read back', async (t) => {
    const {status, errors, pauses} = await runLagging(t, {visibleAfter: Infinity, tellsId: true});
    assert.deepEqual([status, errors, pauses], ['finished', [], []]);
});

test('a row that can never be read back is reported, and the job has completed', async (t) => {
    const {status, errors} = await runLagging(t, {visibleAfter: Infinity, tellsId: false});
    assert.equal(status, 'queued');
    assert.deepEqual(
        errors.map(([{code}, {name}]) => [code, name]),
        [
            ['JOB_ROW_NOT_FOUND', 'backup'],
            ['JOB_ROW_NOT_FOUND', 'backup']
        ]
    );
});

test('a job without a row is not looked for again', async (t) => {
    const {JobModel} = await temporaryDatabase(t);
    const {pauses, pause} = countedPauses();
    const {manager, errors} = createManager(t, {JobModel, pause});
    const completion = manager.awaitCompletion('plain');
    await manager.addJob({name: 'plain', offloaded: false, job() {}});
    await completion;
    assert.deepEqual([errors, pauses], [[], []]);
});
