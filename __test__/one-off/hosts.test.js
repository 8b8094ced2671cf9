'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {deferred} = require('../inline/support');
const {eventually, markedEnvironment} = require('../support/processes');
const {ENGINES, createDatabase} = require('./support/engines');
const {startHost} = require('./support/host');
const {alreadyExecuted, createManager, jobPath} = require('./support/managers');
const {watchedModel, wrapModel} = require('./support/models');

const ROUNDS = 100;

const ago = (seconds) => new Date(Date.now() - seconds * 1000);

/** Lets both hosts add a job at once; returns which of them succeeded. */
async function race(hosts, job) {
    const outcomes = await Promise.allSettled(hosts.map((host) => host.add(job)));
    const winners = hosts.filter((_, index) => outcomes[index].status === 'fulfilled');
    const refusals = outcomes.filter(({status}) => status === 'rejected').map(({reason}) => reason);
    return {winners, refusals};
}

/** One race after the other. In each, one host runs the job and the other gets the error that it has been executed. */
async function raceRounds(hosts, prepare) {
    for (let round = 0; round < ROUNDS; round++) {
        const name = `round ${round}`;
        await prepare(name);
        // Each of them is asked first in half of the rounds.
        hosts.reverse();
        const {winners, refusals} = await race(hosts, {name, kind: 'completes'});
        assert.equal(winners.length, 1, name);
        assert.deepEqual({...refusals[0], message: refusals[0].message}, alreadyExecuted(name));
        assert.equal(await winners[0].awaitOutcome(name), 'finished');
    }
    assert.equal(hosts.flatMap(({begun}) => begun).length, ROUNDS);
}

for (const engine of ENGINES) {
    test(`${engine}: two hosts add the same job at once, a hundred rounds: one runs it each time`, async (t) => {
        const database = await createDatabase(t, engine);
        const hosts = await Promise.all([1, 2].map(() => startHost(t, database.location)));
        await raceRounds(hosts, async () => {});
        assert.ok((await database.rows()).every(({status}) => status === 'finished'));
    });

    test(`${engine}: two hosts add the same failed job at once, a hundred rounds: one runs it each time`, async (t) => {
        const database = await createDatabase(t, engine);
        const hosts = await Promise.all([1, 2].map(() => startHost(t, database.location)));
        await raceRounds(hosts, (name) => database.JobModel.add({name, status: 'failed'}));
        assert.equal((await database.rows()).length, ROUNDS, 'no lock is left');
    });

    test(`${engine}: two managers of one process add the same job at once: one runs it`, async (t) => {
        const database = await createDatabase(t, engine);
        const managers = [1, 2].map(() => createManager(t, {JobModel: database.JobModel}).manager);
        const hosts = managers.map((manager) => ({add: (job) => manager.addOneOffJob(job)}));
        for (const status of [undefined, 'failed']) {
            const name = `was ${status}`;
            if (status) {
                await database.JobModel.add({name, status});
            }
            let runs = 0;
            const {winners, refusals} = await race(hosts, {name, offloaded: false, job: () => (runs += 1)});
            assert.equal(winners.length, 1);
            assert.equal(refusals[0].message, alreadyExecuted(name).message);
            await managers[0].awaitOneOffCompletion(name);
            assert.equal(runs, 1);
        }
    });

    test(`${engine}: two hosts have both seen that the job failed: one runs it`, async (t) => {
        const database = await createDatabase(t, engine);
        await database.JobModel.add({name: 'backup', status: 'failed'});
        let looks = 0;
        const bothHaveLooked = deferred();
        const hosts = [database, await database.open()].map(({JobModel}) => {
            let isFirst = true;
            const model = wrapModel(JobModel, async (call, proceed) => {
                const result = await proceed();
                if (isFirst) {
                    isFirst = false;
                    looks += 1;
                    if (looks === 2) {
                        bothHaveLooked.resolve();
                    }
                    await bothHaveLooked.promise;
                }
                return result;
            });
            const {manager} = createManager(t, {JobModel: model});
            return {add: (job) => manager.addOneOffJob(job)};
        });
        let runs = 0;
        const {winners} = await race(hosts, {name: 'backup', offloaded: false, job: () => (runs += 1)});
        assert.equal(winners.length, 1);
        assert.equal((await database.rows()).length, 1);
    });

    test(`${engine}: a lock that a killed host has left gives way after its time, and not before`, async (t) => {
        const database = await createDatabase(t, engine);
        const {manager} = createManager(t, database);
        const job = {name: 'backup', offloaded: false, job() {}};
        await database.JobModel.add({name: 'backup', status: 'failed'});
        const lock = await database.JobModel.add({
            name: '__job-manager-claim__:backup',
            status: 'started',
            started_at: new Date()
        });
        await assert.rejects(manager.addOneOffJob(job), alreadyExecuted('backup'));
        assert.equal((await database.row('backup')).status, 'failed');

        await database.JobModel.edit({started_at: new Date(Date.now() - 61_000)}, {id: lock.id});
        await manager.addOneOffJob(job);
        assert.equal((await manager.awaitOneOffCompletion('backup')).get('status'), 'finished');
        assert.equal((await database.rows()).length, 1);
    });

    test(`${engine}: a model without destroy is called as documented, and nothing else`, async (t) => {
        const database = await createDatabase(t, engine);
        const {model, calls} = watchedModel(database.JobModel);
        const {destroy: _absent, ...interfaceOnly} = model;
        const plain = Object.fromEntries(
            Object.keys(interfaceOnly).map((method) => [method, (...args) => model[method](...args)])
        );
        await database.JobModel.add({name: 'backup', status: 'failed'});
        const {id} = await database.row('backup');
        const {manager} = createManager(t, {JobModel: plain});
        await manager.addOneOffJob({name: 'backup', offloaded: false, job() {}});
        assert.deepEqual(calls.slice(0, 2), [
            ['findOne', {name: 'backup'}],
            ['edit', {status: 'queued'}, {id}]
        ]);
        await manager.awaitOneOffCompletion('backup');
    });

    for (const offloaded of [false, true]) {
        const kind = offloaded ? 'offloaded' : 'inline';

        test(`${engine}, ${kind}: a host waits for a job that another one runs`, async (t) => {
            const {location} = await createDatabase(t, engine);
            const [runner, waiter] = await Promise.all([1, 2].map(() => startHost(t, location)));
            const outcome = waiter.awaitOutcome('backup');
            await runner.add({name: 'backup', kind: 'fails', offloaded});
            assert.equal(await outcome, 'failed');
            assert.equal(await waiter.hasExecuted('backup'), false);
            await waiter.add({name: 'backup', kind: 'completes', offloaded});
            assert.equal(await runner.awaitOutcome('backup'), 'finished');
            assert.equal(await runner.hasExecuted('backup'), true);
        });

        test(`${engine}, ${kind}: the host is killed while the job runs`, async (t) => {
            const {location, row} = await createDatabase(t, engine);
            const {env, pids} = markedEnvironment();
            const first = await startHost(t, location, {env});
            const begins = first.begins();
            await first.add({name: 'backup', kind: 'waits', offloaded});
            await begins;
            await first.kill();
            await eventually('the end of all processes of the killed host', () => pids().length === 0);
            assert.equal((await row('backup')).status, 'started');

            const second = await startHost(t, location);
            await assert.rejects(
                second.add({name: 'backup', kind: 'completes', offloaded}),
                alreadyExecuted('backup')
            );
            await assert.rejects(
                second.add({name: 'backup', kind: 'completes', offloaded, staleAfter: 3_600_000}),
                alreadyExecuted('backup')
            );
            await second.add({name: 'backup', kind: 'completes', offloaded, staleAfter: 0});
            assert.equal(await second.awaitOutcome('backup'), 'finished');
            assert.deepEqual(second.begun, ['backup']);
        });
    }

    test(`${engine}: staleAfter counts from the last that was heard of the job`, async (t) => {
        const {JobModel, connection} = await createDatabase(t, engine);
        const {manager} = createManager(t, {JobModel, staleAfter: 60_000});
        for (const [status, columns, isFree] of [
            ['queued', {created_at: ago(90), updated_at: null}, true],
            ['queued', {created_at: ago(30), updated_at: null}, false],
            ['queued', {created_at: ago(90), updated_at: ago(30)}, false],
            ['started', {created_at: ago(900), updated_at: ago(90), started_at: ago(90)}, true],
            ['started', {created_at: ago(900), updated_at: ago(90), started_at: ago(30)}, false],
            ['finished', {created_at: ago(900), updated_at: ago(900), started_at: ago(900)}, false]
        ]) {
            await connection('jobs').delete();
            const {id} = await JobModel.add({name: 'backup', status});
            await connection('jobs').where({id}).update(columns);
            const added = manager.addOneOffJob({name: 'backup', offloaded: false, job() {}});
            if (isFree) {
                await added;
                await manager.allSettled();
            } else {
                await assert.rejects(added, alreadyExecuted('backup'));
            }
        }
    });

    test(`${engine}: staleAfter does not take a job from the manager that runs it`, async (t) => {
        const {JobModel} = await createDatabase(t, engine);
        const {manager} = createManager(t, {JobModel, staleAfter: 0});
        const gate = deferred();
        await manager.addOneOffJob({name: 'backup', offloaded: false, job: () => gate.promise});
        await assert.rejects(
            manager.addOneOffJob({name: 'backup', offloaded: false, job() {}}),
            alreadyExecuted('backup')
        );
        gate.resolve();
        assert.equal((await manager.awaitOneOffCompletion('backup')).get('status'), 'finished');
        await assert.rejects(
            manager.addOneOffJob({name: 'backup', job: jobPath('completes')}),
            alreadyExecuted('backup')
        );
    });
}
