'use strict';

// With a store: what outlives the site's process, of deliveries, of ids and of schedules.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {sql} = require('../store/support');
const {startHost} = require('../support/hosts');
const {temporaryFolder} = require('../support/temporary-folder');
const GhostJobs = require('../../lib/ghost-jobs');
const {NEW, OLD, ended, heldProcessor, job, quickProcessor, siteLog} = require('./support/adapters');

const SITE = path.join(__dirname, 'hosts', 'site.js');
const DAY_MS = 24 * 60 * 60 * 1_000;
const EVERY_SECOND = '* * * * * *';
const NIGHTLY = '13 22 3 * * *';
const queues = {narrow: {concurrency: 1}};

/** Adapters with the same store, one after the other. */
function storeOf(t, options = {}) {
    let current;
    t.after(() => current?.shutdown({timeoutMs: 0}));
    // As the server of a site does.
    const keepsAlive = setInterval(() => {}, DAY_MS);
    t.after(() => clearInterval(keepsAlive));
    const store = path.join(temporaryFolder(t), 'jobs.db');
    const log = siteLog(t);
    return {
        store,
        log,
        async next(processor) {
            await current?.shutdown({timeoutMs: 0});
            current = new GhostJobs({store, ...options});
            await current.start({processor, queues});
            return current;
        }
    };
}

test('what waits at a shutdown is delivered after the next start, in its lane and in order', async (t) => {
    const sites = storeOf(t, {waiting: 'drop'});
    const first = heldProcessor();
    const adapter = await sites.next(first.process);
    for (const type of ['a', 'b', 'c', 'b']) {
        await OLD.enqueue(adapter, job(type), 'narrow');
    }
    const delivery = await first.next();
    const down = adapter.shutdown({timeoutMs: 10_000});
    delivery.end();
    await down;
    assert.equal(first.jobs.length, 1);

    const second = heldProcessor();
    await sites.next(second.process);
    const types = [];
    for (let count = 0; count < 3; count += 1) {
        const {job: given, end} = await second.next();
        types.push(given.type);
        assert.equal(second.jobs.length, count + 1, 'the lane has one place');
        end();
    }
    assert.deepEqual(types.toSorted(), ['b', 'b', 'c']);
    const [line] = sites.log.lines('warn')[0];
    assert.match(line, /The store has kept them: they are delivered after the next start/);
});

test('kill -9 in the middle of a delivery loses nothing that was accepted, and repeats nothing that has ended', async (t) => {
    const sites = storeOf(t);
    const site = startHost(t, SITE, {args: [JSON.stringify({store: sites.store}), 'held']});
    await site.told('started');
    site.child.send({enqueue: ['ended', 'goes', 'waits'].map((type) => [job(type), 'narrow'])});
    await site.told('accepted');
    assert.equal((await site.told('delivered')).job.type, 'ended');
    site.child.send({end: 'ended'});
    assert.equal((await site.told('delivered')).job.type, 'goes');
    site.child.kill('SIGKILL');
    await site.ended;

    const {process, jobs, count} = quickProcessor();
    await sites.next(process);
    await count(2);
    assert.deepEqual(jobs.map(({type}) => type).toSorted(), ['goes', 'waits']);
});

test('a job that kills the site is given up after three starts, and logged', async (t) => {
    const sites = storeOf(t);
    const args = [JSON.stringify({store: sites.store}), 'deadly'];
    const first = startHost(t, SITE, {args});
    await first.told('started');
    first.child.send({enqueue: [[job('deadly')]]});
    await first.ended;
    for (let start = 2; start <= 3; start += 1) {
        await startHost(t, SITE, {args}).ended;
    }
    const {process, jobs} = quickProcessor();
    await sites.next(process);
    const [line, error] = await sites.log.next('error');
    assert.equal(line, 'Job "deadly" delivery failed');
    assert.equal(error.code, 'HOST_DIED');
    assert.deepEqual(jobs, []);
});

test('a dispatch that has been delivered is not delivered again when it is sent after a restart', async (t) => {
    const sites = storeOf(t);
    const first = quickProcessor();
    await NEW.enqueue(await sites.next(first.process), job(), undefined, 'outbox 1');
    await first.count(1);
    const second = quickProcessor();
    const adapter = await sites.next(second.process);
    await NEW.enqueue(adapter, job(), undefined, 'outbox 1');
    await NEW.enqueue(adapter, job('other'), undefined, 'outbox 2');
    await second.count(1);
    assert.deepEqual(second.jobs, [job('other')]);
});

test('the first schedule of a type counts over restarts, until it is removed from the store', async (t) => {
    const sites = storeOf(t);
    await OLD.schedule(await sites.next(async () => {}), job('tick', 'old'), EVERY_SECOND);
    const {process, jobs, count} = quickProcessor();
    const second = await sites.next(process);
    await OLD.schedule(second, job('tick', 'new'), NIGHTLY);
    await count(1);
    assert.deepEqual(jobs[0], job('tick', 'new'), 'the payload is that of this start');
    const [line] = sites.log.lines('warn').find(([text]) => text.includes('rhythm'));
    assert.match(
        line,
        /"tick" stays at "\* \* \* \* \* \*", .* asked for "13 22 3 \* \* \*", which is another rhythm/
    );

    await second.shutdown();
    sql(sites.store, /DELETE FROM .*/.exec(line)[0]);
    await OLD.schedule(await sites.next(async () => {}), job('tick'), NIGHTLY);
    const scheduled = sites.log.lines('info').map(([text]) => text);
    assert.ok(scheduled.at(-1).startsWith(`Scheduling job tick #cron at ${NIGHTLY}`));
});

test('a nightly job that was missed is made up for, once, whatever time Ghost draws at this start', async (t) => {
    const sites = storeOf(t);
    const adapter = await sites.next(async () => {});
    await OLD.schedule(adapter, job('clean'), NIGHTLY);
    await adapter.shutdown();
    sql(sites.store, `UPDATE schedules SET answered_at = answered_at - ${3 * DAY_MS}`);

    const {process, jobs, count} = quickProcessor();
    await OLD.schedule(await sites.next(process), job('clean'), '44 10 17 * * *');
    await count(1);
    assert.deepEqual(jobs, [job('clean')]);
    const stays = sites.log.lines('info').map(([line]) => line);
    assert.ok(stays.some((line) => /"clean" stays at "13 22 3 \* \* \*"/.test(line)));
});

test('a store that another process has is refused at the start, and can be had later', async (t) => {
    const sites = storeOf(t);
    const holder = await sites.next(async () => {});
    const {process, count} = quickProcessor();
    const adapter = ended(t, () => new GhostJobs({store: sites.store}));
    await assert.rejects(adapter.start({processor: process}), {code: 'STORE_IN_USE'});
    await holder.shutdown();
    await adapter.start({processor: process});
    await OLD.enqueue(adapter, job());
    await count(1);
    await adapter.shutdown();
});
