'use strict';

const assert = require('node:assert/strict');
const {mock, test} = require('node:test');

// Installed at load time, so that the pause between two reads of a row ends only when a test advances the clock.
mock.timers.enable({apis: ['setTimeout']});

const {deferred, nextTurn} = require('../inline/support');
const {ENGINES, createDatabase} = require('./support/engines');
const {createManager} = require('./support/managers');
const {wrapModel} = require('./support/models');

/** A manager, and how often it has looked at a row. */
async function createContext(t) {
    const database = await createDatabase(t, ENGINES[0]);
    let looks = 0;
    const JobModel = wrapModel(database.JobModel, ({method}, proceed) => {
        looks += method === 'findOne' ? 1 : 0;
        return proceed();
    });
    return {...createManager(t, {JobModel}), database, looks: () => looks};
}

/** Lets everything happen that does not wait for a timer. */
async function settle() {
    for (let turn = 0; turn < 10; turn++) {
        await nextTurn();
    }
}

test('an outcome that this process writes is seen without waiting for the next look', async (t) => {
    const {manager} = await createContext(t);
    const gate = deferred();
    const outcome = manager.awaitOneOffCompletion('backup');
    await manager.addOneOffJob({name: 'backup', offloaded: false, job: () => gate.promise});
    gate.resolve();
    assert.equal((await outcome).get('status'), 'finished');
});

test('a row that another process writes is looked at every 500 ms', async (t) => {
    const {manager, database, looks} = await createContext(t);
    await database.JobModel.add({name: 'backup', status: 'started'});
    let outcome;
    const waited = manager.awaitOneOffCompletion('backup').then((row) => (outcome = row.get('status')));
    await settle();
    assert.equal(looks(), 1);
    for (const look of [2, 3]) {
        mock.timers.tick(499);
        await settle();
        assert.equal(looks(), look - 1);
        mock.timers.tick(1);
        await settle();
        assert.equal(looks(), look);
    }
    assert.equal(outcome, undefined);
    const {id} = await database.row('backup');
    await database.JobModel.edit({status: 'finished'}, {id});
    mock.timers.tick(500);
    await waited;
    assert.equal(outcome, 'finished');
    assert.equal(looks(), 4);
});

test('a status that is no outcome settles no promise', async (t) => {
    const {manager, looks} = await createContext(t);
    const gate = deferred();
    const begun = deferred();
    await manager.addOneOffJob({
        name: 'backup',
        offloaded: false,
        job() {
            begun.resolve();
            return gate.promise;
        }
    });
    // The claim and the status 'started' have looked at the row by now.
    await begun.promise;
    const before = looks();
    const outcome = manager.awaitOneOffCompletion('backup');
    await manager._jobMessageHandler({name: 'backup', message: 'started'});
    await nextTurn();
    assert.equal(looks(), before + 2, 'one look of the wait, one of the status');
    gate.resolve();
    await outcome;
});

test('a wait that finds no row is warned about, once for a name, and goes on', async (t) => {
    const {manager, lines} = await createContext(t);
    const outcomes = [manager.awaitOneOffCompletion('backup'), manager.awaitOneOffCompletion('backup')];
    const looks = async (count) => {
        for (let look = 0; look < count; look++) {
            await settle();
            mock.timers.tick(500);
        }
        await settle();
    };
    await looks(8);
    assert.deepEqual(lines.warn, []);
    await looks(3);
    assert.deepEqual(lines.warn, [
        'awaitOneOffCompletion("backup") has been pending for 5 s and the JobModel has no row of that name. ' +
            'Add the job with addOneOffJob, with the same name.'
    ]);
    await manager.addOneOffJob({name: 'backup', offloaded: false, job() {}});
    const rows = await Promise.all(outcomes);
    assert.deepEqual(
        rows.map((row) => row.get('status')),
        ['finished', 'finished']
    );
});
