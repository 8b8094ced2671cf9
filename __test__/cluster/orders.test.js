'use strict';

// Orders of one host to all, of which some messages do not arrive.

const assert = require('node:assert/strict');
const test = require('node:test');
const {Orders} = require('../../lib/cluster/bullmq/orders');

/** Two hosts on one queue; messages arrive while `areConnected`. */
function makeHosts() {
    const cluster = {meta: {}, areConnected: true, nowMs: 1_000_000, failing: undefined};
    const reach = () => {
        if (cluster.failing !== undefined) {
            throw cluster.failing;
        }
    };
    const backend = {
        async getQueueMetaField(field) {
            return cluster.meta[field];
        },
        async getQueueMeta() {
            reach();
            return {'jm:host:one': '{}', ...cluster.meta};
        },
        async setQueueMeta(fields) {
            reach();
            Object.assign(cluster.meta, fields);
        },
        async removeQueueMetaFields(fields) {
            reach();
            fields.forEach((field) => delete cluster.meta[field]);
        }
    };
    const hosts = [];
    const host = () => {
        const followed = [];
        const errors = [];
        const orders = new Orders({
            queue: {backend},
            inbox: {
                async broadcast({order}) {
                    const others = hosts.filter((one) => one.orders !== orders);
                    others.forEach((one) => cluster.areConnected && one.orders.take(order));
                }
            },
            nowMs: () => cluster.nowMs,
            onOrder: (order, isKept) => followed.push({...order, isKept}),
            trying: (call) => call().catch((error) => errors.push(error))
        });
        hosts.push({orders});
        return {orders, followed: () => followed.splice(0), errors};
    };
    return {cluster, backend, one: host(), two: host(), host};
}

/** Looks, and is done with it. */
async function look({orders}) {
    orders.lookSoon();
    for (let turn = 0; turn < 5; turn++) {
        await new Promise(setImmediate);
    }
}

const pause = {kind: 'pause', name: 'digest', options: {note: 'a test'}};
const resume = {kind: 'resume', name: 'digest', options: {}};
/** An order as a host follows it: found with the queue, or told by a message. */
const kept = (order) => ({...order, isKept: true});
const told = (order) => ({...order, isKept: false});

test('a pause and its end reach a host that misses the messages', async () => {
    const {cluster, one, two} = makeHosts();
    cluster.areConnected = false;
    await one.orders.give(pause);
    assert.deepEqual(two.followed(), []);
    await look(two);
    assert.deepEqual(two.followed(), [kept(pause)]);
    await one.orders.give(resume);
    await look(two);
    assert.deepEqual(two.followed(), [kept({kind: 'resume', name: 'digest'})]);
    await look(two);
    assert.deepEqual(two.followed(), []);
    assert.deepEqual(one.followed(), [], 'a host is not told what it has ordered');
});

test('an order that arrived is not followed again', async () => {
    const {one, two} = makeHosts();
    await one.orders.give(pause);
    await one.orders.give({kind: 'pauseAll', options: {}});
    assert.deepEqual(two.followed(), [told(pause), told({kind: 'pauseAll', options: {}})]);
    await Promise.all([look(one), look(two)]);
    assert.deepEqual([...one.followed(), ...two.followed()], []);
});

test('the pause of all jobs reaches a host that starts later, and so does its end', async () => {
    const {cluster, one, host} = makeHosts();
    const order = {kind: 'pauseAll', options: {note: 'maintenance'}};
    await one.orders.give(order);
    const late = host();
    await look(late);
    assert.deepEqual(late.followed(), [kept(order)]);
    cluster.areConnected = false;
    await one.orders.give({kind: 'resumeAll', options: {}});
    await look(late);
    assert.deepEqual(late.followed(), [kept({kind: 'resumeAll', name: undefined})]);
});

test('a job that is added is paused as the others have it', async () => {
    const {one, two} = makeHosts();
    await one.orders.give(pause);
    two.followed();
    await two.orders.added('digest');
    await two.orders.added('other');
    assert.deepEqual(two.followed(), [kept(pause)]);
});

test('a pause during an outage holds, and reaches the others after it', async () => {
    const {cluster, one, two} = makeHosts();
    cluster.failing = new Error('the server is away');
    await assert.rejects(one.orders.give(pause), cluster.failing);
    await look(one);
    assert.equal(one.errors.length, 1);
    cluster.failing = undefined;
    await look(one);
    assert.deepEqual(one.followed(), [], 'it is not ended, because the queue does not have it');
    assert.deepEqual(two.followed(), [told(pause)]);
    assert.deepEqual(Object.keys(cluster.meta), ['jm:paused:digest']);
});

test('what was read before an order arrived does not end it', async () => {
    const {backend, one, two} = makeHosts();
    const {getQueueMeta} = backend;
    let answer;
    backend.getQueueMeta = async () => {
        const meta = await getQueueMeta();
        await new Promise((resolve) => (answer = resolve));
        return meta;
    };
    await look(two);
    backend.getQueueMeta = getQueueMeta;
    await one.orders.give(pause);
    answer();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    assert.deepEqual(two.followed(), [told(pause)]);
});

test('a cancellation reaches a host that misses the message, and is kept for some minutes', async () => {
    const {cluster, one, two} = makeHosts();
    cluster.areConnected = false;
    await one.orders.give({kind: 'cancel', id: 'run-1', reason: 'a test'});
    await look(two);
    assert.deepEqual(two.followed(), [
        kept({kind: 'cancel', id: 'run-1', reason: 'a test', atMs: cluster.nowMs})
    ]);
    cluster.nowMs += 9 * 60_000;
    await look(two);
    assert.deepEqual(Object.keys(cluster.meta), ['jm:cancelled:run-1']);
    cluster.nowMs += 2 * 60_000;
    await look(two);
    assert.deepEqual(cluster.meta, {});
    await look(one);
    assert.deepEqual([...one.followed(), ...two.followed()], []);
});
