'use strict';

// What is refused, and how it is said.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const knex = require('knex');
const JobManager = require('../..');
const {bullmq, database} = require('../../lib/cluster');
const {jobIdOf, packed, requestId, runIdOf, slotId, unpacked} = require('../../lib/cluster/bullmq/codec');
const {findBullmq} = require('../../lib/cluster/bullmq/packages');
const {zonesDiffer} = require('../../lib/cluster/bullmq/zones');
const {clockOffset} = require('../../lib/cluster/clock');
const {temporaryFolder} = require('../support/temporary-folder');

const refused = (message) => ({code: 'INVALID_OPTION', message});

test('the options of bullmq() are checked', () => {
    assert.throws(() => bullmq(), refused(/takes an object of options/));
    assert.throws(() => bullmq({}), refused(/"connection" of bullmq\(\) must be a URL/));
    const client = Object.create({connect() {}});
    assert.throws(() => bullmq({connection: client}), refused(/cannot be handed/));
    assert.throws(
        () => bullmq({connection: 'redis://x', lock: 1}),
        refused(/"lock" of bullmq\(\) is not known/)
    );
    assert.throws(() => bullmq({conection: 'redis://x'}), refused(/Did you mean "connection"\?/));
    assert.throws(() => bullmq('redis://x'), refused(/takes an object of options.*got a string$/));
    for (const connection of ['127.0.0.1:6379', 'http://127.0.0.1', '']) {
        assert.throws(() => bullmq({connection}), refused(/URL that begins with redis:\/\//));
    }
    assert.throws(
        () => bullmq({connection: 'redis://x', lead: 600, lease: 1_000}),
        refused(/"lead" of bullmq\(\) is 600 ms, more than half of the lease of 1000 ms/)
    );
    assert.throws(() => bullmq({connection: 'redis://x', queue: 'a:b'}), refused(/has no ":"/));
    assert.throws(() => bullmq({connection: 'redis://x', lease: 10}), refused(/from 1000 up/));
    assert.equal(bullmq({connection: {host: 'x'}}).lease, 30_000);
});

test('the options of database() are checked', () => {
    assert.throws(() => database({knex: {}}), refused(/must be a Knex instance/));
    const sqlite = knex({client: 'better-sqlite3', useNullAsDefault: true});
    assert.throws(() => database({knex: sqlite}), refused(/needs MySQL, MariaDB or PostgreSQL/));
});

test('the option `cluster` of a manager is checked', () => {
    const cluster = bullmq({connection: 'redis://127.0.0.1:1'});
    assert.throws(
        () => new JobManager({cluster: {}, timezone: 'UTC'}),
        refused(/must be what bullmq\(\) or database\(\)/)
    );
    assert.throws(() => new JobManager({cluster}), refused(/needs a "timezone"/));
    assert.throws(
        () => new JobManager({cluster, timezone: 'UTC', store: 'jobs.db'}),
        refused(/"cluster" and "store" of new JobManager\(\) are not possible together/)
    );
});

test('a queue needs BullMQ in its version, and the client of its server', (t) => {
    const folder = temporaryFolder(t);
    const install = (name, version) => {
        const at = path.join(folder, 'node_modules', name);
        fs.mkdirSync(at, {recursive: true});
        fs.writeFileSync(path.join(at, 'package.json'), JSON.stringify({name, version, main: 'index.js'}));
        fs.writeFileSync(path.join(at, 'index.js'), '');
        return path.join(at, 'index.js');
    };
    t.mock.method(process, 'cwd', () => folder);
    install('bullmq', '5.1.0');
    assert.throws(() => findBullmq('redis://x'), refused(/needs version 6 .* 5\.1\.0 is installed/));
    const bullmq = install('bullmq', '6.7.0');
    assert.throws(
        () => findBullmq('redis://x'),
        refused(/needs the package "ioredis" .*npm install ioredis/)
    );
    assert.throws(() => findBullmq('postgres://x'), refused(/needs the package "pg" .*npm install pg/));
    install('ioredis', '6.0.0');
    assert.equal(findBullmq('redis://x'), fs.realpathSync(bullmq));
});

test('ids of the queue are injective, and never what BullMQ refuses', () => {
    const names = ['a', 'a@1', 'a:1', 'a%40', '%', '~a', '1', 'ä:ö', 'a b', 'job@2026-11-29T00:00:00.000Z'];
    const ids = names.flatMap((name) => [slotId(name, 1_000), slotId(name, 2_000), requestId(name)]);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) {
        assert.ok(!id.includes(':') && !/^\d+$/.test(id), id);
    }
    for (const name of names) {
        assert.equal(runIdOf(requestId(name), {name: 'job'}), name);
        const runId = runIdOf(slotId(name, 1_000), {name, due: 1_000});
        assert.equal(runId, `${name}@1970-01-01T00:00:01.000Z`);
        assert.equal(jobIdOf(runId, name), slotId(name, 1_000));
    }
});

test('values are carried as they are, with a view for people', () => {
    const bytes = Buffer.from([0xff, 1, 2]);
    assert.deepEqual(unpacked(packed(bytes, {big: 1n})), bytes);
    assert.deepEqual(packed(bytes, {big: 1n, date: new Date(0)}).view, {
        big: '1n',
        date: '1970-01-01T00:00:00.000Z'
    });
    assert.equal(packed(bytes, 'x'.repeat(10_000)).view, undefined);
    assert.deepEqual(packed(undefined), {});
});

test('the offset of a clock is that of its best reading, and small ones are left', async () => {
    const readings = [0, 900, 1_000, 1_000, 2_000, 2_500, 3_000, 3_002, 4_000, 4_400, 5_000, 5_010];
    const offset = (ahead, skewMs = 0) => {
        const left = [...readings];
        const now = () => left.shift();
        return clockOffset(
            async () => Math.round((left[0] + readings[readings.length - left.length - 1]) / 2) + ahead,
            {now, skewMs}
        );
    };
    assert.equal(await offset(2_000), 2_000);
    assert.equal(await offset(3), 0);
    assert.equal(await offset(0, 2_000), 0, 'a host that is ahead by 2 s is set back');
});

test('hosts whose time zones differ are named; other names of one zone are not', () => {
    const own = {id: 'a', hostname: 'one', timezone: 'UTC'};
    const other = {id: 'b', hostname: 'two', timezone: 'Asia/Kathmandu'};
    assert.equal(
        zonesDiffer([own, {...other, timezone: 'Etc/UTC'}, {...other, timezone: undefined}], own),
        undefined
    );
    const {code, message} = zonesDiffer([own, other, other], own);
    assert.equal(code, 'CLUSTER_TIMEZONES_DIFFER');
    assert.match(message, /"UTC" on this host, and "Asia\/Kathmandu" on host b \(two\) and 1 more/);
});
