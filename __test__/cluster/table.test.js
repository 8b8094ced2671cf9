'use strict';

// The table of slots itself, on MariaDB and PostgreSQL.

const assert = require('node:assert/strict');
const {randomBytes} = require('node:crypto');
const test = require('node:test');
const {hostOf, hostText} = require('../../lib/cluster/database/host-text');
const {SlotTable} = require('../../lib/cluster/database/table');
const {BACKENDS} = require('./support');
const {knexOf} = require('./knex');

const HOST = {id: 'a1b2', hostname: 'web 1', pid: 42};
const LOCK_MS = 5_000;

test('a host can be read back from what the table has of it', () => {
    assert.deepEqual(hostOf(hostText(HOST)), HOST);
    assert.equal(hostOf(null), undefined, 'a row of an earlier build has none');
    assert.equal(hostOf('anything'), undefined);
});

for (const on of BACKENDS.filter(({backend}) => backend === 'database')) {
    const made = async (t) => {
        const knex = knexOf(on.url);
        const name = `t${randomBytes(6).toString('hex')}`;
        t.after(async () => {
            await knex.schema.dropTableIfExists(name);
            await knex.destroy();
        });
        return {knex, name, table: new SlotTable({knex, table: name}, HOST)};
    };

    test(`a table of an earlier build gets the columns that it lacks, on ${on.title}`, async (t) => {
        const {knex, name, table} = await made(t);
        await knex.schema.createTable(name, (columns) => {
            columns.string('name', 191).notNullable();
            columns.bigInteger('slot').notNullable();
            columns.bigInteger('lease_until');
            columns.integer('fence').notNullable();
            columns.primary(['name', 'slot']);
        });
        await knex(name).insert({name: 'job', slot: 1_000, lease_until: 5_000, fence: 3});
        await Promise.all([
            table.create(),
            new SlotTable({knex, table: name}, HOST).create(),
            table.create()
        ]);
        await table.create();
        const [row] = await table.unfinished(['job']);
        const {leftMs, ...rest} = row;
        assert.deepEqual(rest, {
            name: 'job',
            slot: 1_000,
            fence: 3,
            next: undefined,
            host: null,
            isGivenBack: false,
            hasBegun: true,
            since: 1_000
        });
        assert.ok(leftMs < 0);
        assert.equal(await table.takeOver(row, LOCK_MS), true);
        const [taken] = await table.unfinished(['job']);
        assert.deepEqual([taken.fence, hostOf(taken.host)], [4, HOST]);
        assert.ok(Math.abs(taken.since - (await table.now())) < 5_000);
    });

    test(`only the host that has a slot writes its next attempt, on ${on.title}`, async (t) => {
        const {table} = await made(t);
        await table.create();
        const slot = {name: 'job', slot: Date.now(), fence: 1};
        await table.claim(slot.name, slot.slot, LOCK_MS);
        const next = {attempt: 2, retryAtMs: 1_800_000_000_000.4};
        await table.keepAttempt({...slot, next});
        await table.keepAttempt({...slot, fence: 2, next: {attempt: 7}});
        const [row] = await table.unfinished(['job']);
        assert.deepEqual(row.next, {attempt: 2, retryAtMs: 1_800_000_000_000});
        await table.giveBack({...slot, next: {attempt: 3}});
        const [given] = await table.unfinished(['job']);
        assert.deepEqual(given.next, {attempt: 3, retryAtMs: undefined});
        assert.ok(given.leftMs < 0, 'another host may have it at once');
        await table.end(slot);
        await table.keepAttempt({...slot, next});
        assert.deepEqual(await table.unfinished(['job']), []);
    });
}
