'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {openDatabase, temporaryDatabase} = require('./database');
const {temporaryFolder} = require('./temporary-folder');

test('a row that is not there is null', async (t) => {
    const {JobModel} = await temporaryDatabase(t);
    assert.equal(await JobModel.findOne({name: 'absent'}), null);
});

test('a row is added with an id as Ghost has them, and found by its name', async (t) => {
    const {JobModel, rows} = await temporaryDatabase(t);
    const added = await JobModel.add({name: 'backup', status: 'queued'});
    const found = await JobModel.findOne({name: 'backup'});

    assert.match(added.id, /^[0-9a-f]{24}$/);
    assert.equal(found.id, added.id);
    assert.equal(found.get('status'), 'queued');
    const [row] = await rows();
    assert.ok(row.created_at);
    assert.equal(row.metadata, null);
    assert.equal(row.queue_entry, null);
});

test('an edit changes the named columns only and notes its time', async (t) => {
    const {JobModel, rows} = await temporaryDatabase(t);
    const {id} = await JobModel.add({name: 'backup', status: 'queued'});
    const [before] = await rows();
    const startedAt = new Date();
    await JobModel.edit({status: 'started', started_at: startedAt}, {id});

    const [after] = await rows();
    assert.equal(after.status, 'started');
    assert.equal(new Date(after.started_at).getTime(), startedAt.getTime());
    assert.equal(after.name, 'backup');
    assert.equal(after.created_at, before.created_at);
    assert.ok(after.updated_at >= before.updated_at);
});

test('an edit or a removal of a row that is not there rejects', async (t) => {
    const {JobModel} = await temporaryDatabase(t);
    await assert.rejects(JobModel.edit({status: 'failed'}, {id: 'f'.repeat(24)}), /EmptyResponse/);
    await assert.rejects(JobModel.destroy({id: 'f'.repeat(24)}), /No rows deleted/i);
});

test('a removed row is gone', async (t) => {
    const {JobModel} = await temporaryDatabase(t);
    const {id} = await JobModel.add({name: 'backup', status: 'queued'});
    await JobModel.destroy({id});
    assert.equal(await JobModel.findOne({name: 'backup'}), null);
});

test('a second row of the same name is refused by the unique key', async (t) => {
    const {JobModel, rows} = await temporaryDatabase(t);
    await JobModel.add({name: 'backup', status: 'queued'});
    await assert.rejects(JobModel.add({name: 'backup', status: 'queued'}), {
        code: 'SQLITE_CONSTRAINT_UNIQUE'
    });
    assert.equal((await rows()).length, 1);
});

test('two connections to one file see the same rows', async (t) => {
    const {JobModel, filename} = await temporaryDatabase(t);
    const other = await openDatabase(filename);
    t.after(other.close);
    await JobModel.add({name: 'backup', status: 'finished'});
    assert.equal((await other.JobModel.findOne({name: 'backup'})).get('status'), 'finished');
});

test('a new file can be opened twice at once', async (t) => {
    const filename = path.join(temporaryFolder(t), 'jobs.db');
    const open = async () => {
        const {JobModel, close} = await openDatabase(filename);
        t.after(close);
        assert.equal(await JobModel.findOne({name: 'absent'}), null);
    };
    await Promise.all([open(), open()]);
});
