'use strict';

// The HTTP API of a host in a cluster: what the cluster is, runs that other hosts have, and a queue that does not answer.

const assert = require('node:assert/strict');
const test = require('node:test');
const {createSite} = require('../../lib/http/create-site');
const {FakeManager, NOW, fakeCluster, fakeJob, fakeRun} = require('../dashboard/support/fake-manager');
const {AS_FORM, AS_PROGRAM, PAGES, StreamClient, createServed, send, serve} = require('./support');

const ELSEWHERE = 'aaaa1111-q7';
const run = {...fakeRun(ELSEWHERE, 'resize', 'running'), host: 'aaaa1111'};
/** A page waits for the queue half of this. */
const MOST_WAIT_MS = 1_000;
const never = () => new Promise(() => {});

/** A host of a cluster that is made up. */
async function serveCluster(t, more = {}, methods = {}) {
    const manager = new FakeManager({
        jobs: [fakeJob('resize')],
        cluster: fakeCluster(),
        clusterRuns: [run],
        ...more
    });
    Object.assign(manager, methods);
    const site = createSite({
        jobManager: manager,
        options: {actions: true},
        pages: [
            ...PAGES,
            {
                pattern: 'cluster',
                render: ({cluster}) => JSON.stringify({...cluster, info: cluster?.info !== undefined})
            }
        ]
    });
    const port = await serve(t, site.handle);
    const api = (method, path, headers = AS_PROGRAM) => send(port, method, path, {headers});
    return {manager, port, api};
}

const codeOf = ({status, json}) => [status, json.error.code];

test('the cluster is its hosts, its queue and what runs where, with times as of all answers', async (t) => {
    const {api} = await serveCluster(t);
    const {status, json} = await api('GET', '/api/v1/cluster');
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(json), ['instance', 'hosts', 'queue', 'running']);
    assert.equal(json.instance, '1a2b3c4d');
    assert.deepEqual(json.hosts[0], {
        id: 'aaaa1111',
        hostname: 'web-1',
        pid: 101,
        since: new Date(NOW - 7_200_000).toISOString(),
        seen: new Date(NOW - 9_000).toISOString()
    });
    assert.equal(json.queue.prioritized, 7);
    assert.deepEqual(json.running[0], {
        id: ELSEWHERE,
        job: 'resize',
        host: 'aaaa1111',
        since: new Date(NOW - 5_000).toISOString()
    });
    assert.deepEqual(codeOf(await api('GET', '/api/v1/cluster?host=1')), [400, 'BAD_PARAMETER']);
});

test('a host without a cluster answers 404 with NO_CLUSTER', async (t) => {
    const {api} = await createServed(t);
    assert.deepEqual(codeOf(await api('GET', '/api/v1/cluster')), [404, 'NO_CLUSTER']);
    assert.deepEqual(codeOf(await api('GET', '/api/v1/runs/unheard-of')), [404, 'RUN_UNKNOWN']);
    assert.deepEqual(codeOf(await api('POST', '/api/v1/runs/unheard-of/cancel')), [404, 'RUN_UNKNOWN']);
});

test('a run that another host has is shown with its host, and cancelled there', async (t) => {
    const {manager, api} = await serveCluster(t);
    const {status, json} = await api('GET', `/api/v1/runs/${ELSEWHERE}`);
    assert.equal(status, 200);
    assert.deepEqual(
        [json.id, json.job, json.state, json.host, json.elsewhere],
        [ELSEWHERE, 'resize', 'running', 'aaaa1111', true]
    );
    const cancelled = await api('POST', `/api/v1/runs/${ELSEWHERE}/cancel?wait=1`);
    assert.deepEqual(
        [cancelled.status, cancelled.json.state, cancelled.json.host],
        [202, 'stopping', 'aaaa1111']
    );
    assert.deepEqual(manager.cancelled, [ELSEWHERE]);
    const form = await api('POST', `/api/v1/runs/${ELSEWHERE}/cancel`, AS_FORM);
    assert.deepEqual(
        [form.status, form.headers.location],
        [303, `../../../../runs/${ELSEWHERE}?flash=run-cancelling`]
    );
});

test('what only the host of a run can do is refused, with where to ask', async (t) => {
    const {api} = await serveCluster(t);
    for (const [method, path] of [
        ['GET', 'output'],
        ['POST', 'retry']
    ]) {
        const {status, json} = await api(method, `/api/v1/runs/${ELSEWHERE}/${path}`);
        assert.deepEqual([status, json.error.code], [404, 'RUN_ELSEWHERE']);
        assert.match(json.error.message, /"aaaa1111-q7" of job "resize" is of host aaaa1111/);
    }
});

test('with a table, whose hosts have no messages, a run on another host is not cancelled', async (t) => {
    const {manager, api} = await serveCluster(t, {cluster: fakeCluster({queue: {}})});
    assert.deepEqual(codeOf(await api('POST', `/api/v1/runs/${ELSEWHERE}/cancel`)), [404, 'RUN_ELSEWHERE']);
    assert.deepEqual(manager.cancelled, []);
});

test('a run that neither this host nor the cluster has is unknown, or forgotten', async (t) => {
    const {api} = await serveCluster(t);
    assert.deepEqual(codeOf(await api('GET', '/api/v1/runs/unheard-of')), [404, 'RUN_UNKNOWN']);
    assert.deepEqual(codeOf(await api('GET', '/api/v1/runs/1a2b3c4d-9')), [410, 'RUN_FORGOTTEN']);
});

test('while the queue does not answer, pages are served quickly and show that, and the API answers 503', async (t) => {
    const {manager, api} = await serveCluster(t);
    const before = JSON.parse((await api('GET', '/cluster')).text);
    assert.deepEqual([before.isAnswering, before.info], [true, true]);
    manager.clusterInfo = never;
    let page;
    let tookMs;
    const look = async () => {
        const beganMs = performance.now();
        page = JSON.parse((await api('GET', '/cluster')).text);
        tookMs = performance.now() - beganMs;
        return page.isAnswering;
    };
    // Its last answer counts for a second.
    while (await look());
    assert.equal(page.info, true, 'what was known last is there');
    assert.ok(tookMs < MOST_WAIT_MS, `${tookMs} ms`);
    await look();
    assert.ok(
        tookMs < MOST_WAIT_MS / 2,
        `${tookMs} ms: a queue that has not answered is not waited for again`
    );
    const refused = await api('GET', '/api/v1/cluster');
    assert.deepEqual(codeOf(refused), [503, 'CLUSTER_UNREACHABLE']);
    assert.equal(refused.headers['retry-after'], '5');
});

test('a queue that fails, from the start and for a moment, is asked again', async (t) => {
    let isAway = true;
    const {manager, api} = await serveCluster(t);
    const info = manager.clusterInfo.bind(manager);
    manager.clusterInfo = () => (isAway ? Promise.reject(new Error('away')) : info());
    const page = JSON.parse((await api('GET', '/cluster')).text);
    assert.deepEqual([page.isAnswering, page.info], [false, false]);
    assert.deepEqual(codeOf(await api('GET', '/api/v1/cluster')), [503, 'CLUSTER_UNREACHABLE']);
    isAway = false;
    let status;
    do {
        ({status} = await api('GET', '/api/v1/cluster'));
    } while (status === 503);
    assert.equal(status, 200);
});

test('an action that the queue does not answer to is 503, and leads a form back to its page', async (t) => {
    const {api} = await serveCluster(
        t,
        {},
        {
            clusterRun: () => Promise.reject(Object.assign(new Error('away'), {code: 'CLUSTER_UNREACHABLE'}))
        }
    );
    assert.deepEqual(codeOf(await api('POST', '/api/v1/runs/any/cancel')), [503, 'CLUSTER_UNREACHABLE']);
    const form = await api('POST', '/api/v1/runs/any/cancel?back=runs', AS_FORM);
    assert.deepEqual(
        [form.status, form.headers.location],
        [303, '../../../../runs?flash=cluster-unreachable']
    );
});

test('the queue is asked once a second at most, however many look', async (t) => {
    const {manager, api} = await serveCluster(t);
    let asked = 0;
    const info = manager.clusterInfo.bind(manager);
    manager.clusterInfo = () => {
        asked += 1;
        return info();
    };
    await Promise.all(Array.from({length: 20}, () => api('GET', '/cluster')));
    await api('GET', '/api/v1/cluster');
    assert.equal(asked, 1);
});

test('clients of the event stream hear of a change in the cluster, and of none where there is none', async (t) => {
    const {manager, port} = await serveCluster(t);
    const client = await StreamClient.open(t, port);
    const first = await client.event('cluster changed');
    assert.deepEqual(first.data, {});
    const seen = () => client.events.filter(({event}) => event === 'cluster changed').length;
    const looked = new Promise((resolve) => {
        let looks = 0;
        manager.clusterInfo = async () => {
            looks += 1;
            if (looks === 2) {
                resolve();
            }
            return fakeCluster({hosts: fakeCluster().hosts.map((host) => ({...host, seen: NOW - looks}))});
        };
    });
    await looked;
    assert.equal(seen(), 1, 'that a host has been heard of is no change');
    manager.clusterInfo = async () => fakeCluster({running: []});
    await client.until('the change', () => seen() === 2);
});
