'use strict';

// What one host shows of the others: over HTTP, on its pages, and on the command line.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const {workplace} = require('../support/cli');
const {send} = require('../http/support');
const {BACKENDS, QUEUES, REDIS, makeCluster, startProxy, within} = require('./support');

const AS_PROGRAM = {authorization: 'Bearer token'};
/** A page waits half a second for the queue. */
const MOST_WAIT_MS = 2_000;
const LIMIT_MS = 20_000;

const slow = {kind: 'slow', name: 'slow', ms: 60_000, concurrency: 5};

const until = (what, isSo) => within(what, LIMIT_MS, isSo);

/** @returns {Promise<{get: Function, post: Function, url: string}>} what a host serves */
async function served(host) {
    const {port} = await host.ask('serve');
    const headers = AS_PROGRAM;
    return {
        url: `http://127.0.0.1:${port}/`,
        get: (path) => send(port, 'GET', path, {headers: {...headers, host: 'localhost'}}),
        post: (path) => send(port, 'POST', path, {headers: {...headers, host: 'localhost'}})
    };
}

for (const on of QUEUES) {
    nodeTest(`${on.title}: a host shows the others, what runs on them, and cancels it there`, async (t) => {
        const cluster = makeCluster(t, on);
        const [shown, other] = await Promise.all([cluster.host(), cluster.host()]);
        await other.ask('add', {job: slow});
        const site = await served(shown);
        await other.ask('run', {job: 'slow', options: {id: 'goes'}});
        await other.ask('run', {job: 'slow', options: {id: 'waits', delay: 60_000}});
        let [info, run, host] = [];
        // The host that does not have the job may have taken the run for a moment.
        await until('the run is shown, and its host', async () => {
            info = (await site.get('/api/v1/cluster')).json;
            [run] = info.running;
            host = info.hosts.find(({id}) => id === run?.host);
            return host?.pid === other.pid && info.hosts.length === 2 && info.queue.delayed === 1;
        });
        assert.deepEqual([run.id, run.job, info.running.length], ['goes', 'slow', 1]);
        assert.equal(info.hosts.find(({id}) => id === info.instance).pid, shown.pid);

        const {json} = await site.get('/api/v1/runs/goes');
        assert.deepEqual([json.state, json.host, json.elsewhere], ['running', host.id, true]);
        const page = await site.get('/runs/goes');
        assert.equal(page.status, 200);
        assert.match(page.text, new RegExp(`process ${other.pid}`));
        assert.match((await site.get('/')).text, />2 hosts, 0 waiting, 1 delayed, 1 running</);
        const metrics = (await site.get('/metrics')).text;
        assert.match(metrics, /^job_manager_cluster_hosts 2$/m);
        assert.match(metrics, /^job_manager_cluster_queue_runs\{state="active"\} 1$/m);

        const {cli} = workplace(t);
        const table = await cli('cluster', '--url', site.url);
        assert.match(table.stdout, new RegExp(` slow +goes +\\S+/${other.pid}\n`));

        const waiting = (await site.get('/api/v1/runs/waits')).json;
        assert.deepEqual([waiting.state, waiting.host], ['waiting', undefined]);
        const removed = await site.post('/api/v1/runs/waits/cancel');
        assert.deepEqual([removed.status, removed.json.state], [200, 'cancelled']);
        assert.equal((await site.get('/api/v1/runs/waits')).status, 404);

        const results = [];
        other.child.on('message', ({what, id, error}) => what === 'result' && results.push({id, error}));
        const cancelled = await site.post('/api/v1/runs/goes/cancel');
        assert.deepEqual([cancelled.status, cancelled.json.state], [202, 'stopping']);
        await until('its end', () => results.some(({id}) => id === 'goes'));
        assert.equal(results.find(({id}) => id === 'goes').error.code, 'JOB_CANCELLED');
        await until('its end is shown', async () => {
            const ended = (await site.get('/api/v1/runs/goes')).json;
            return ended.state === 'failed' && ended.ended !== undefined;
        });
        assert.equal((await site.post('/api/v1/runs/goes/cancel')).json.error.code, 'RUN_ENDED');
    });
}

for (const on of BACKENDS.filter(({backend}) => backend === 'database')) {
    nodeTest(`${on.title}: a host shows which host has a run, and that it has no queue`, async (t) => {
        const each = {kind: 'slow', name: 'each-second', at: '* * * * * *', ms: 60_000};
        const cluster = makeCluster(t, on, [each]);
        const hosts = await Promise.all([cluster.host(), cluster.host()]);
        const sites = await Promise.all(hosts.map(served));
        let info;
        await until('the run is shown', async () => {
            info = (await sites[0].get('/api/v1/cluster')).json;
            return info.running?.length > 0;
        });
        const [run] = info.running;
        const {pid} = info.hosts.find(({id}) => id === run.host);
        const other = sites[hosts.findIndex((host) => host.pid !== pid)];
        const {status, text} = await other.get(`/runs/${encodeURIComponent(run.id)}`);
        assert.equal(status, 200);
        assert.match(text, new RegExp(`process ${pid}`));
        assert.match((await other.get('/cluster')).text, /that have a run/);
        assert.match((await other.get('/')).text, />\d+ running on \d hosts?</);
        const refused = await other.post(`/api/v1/runs/${encodeURIComponent(run.id)}/cancel`);
        assert.deepEqual([refused.status, refused.json.error.code], [404, 'RUN_ELSEWHERE']);
    });
}

if (REDIS) {
    nodeTest(
        'while Redis cannot be reached, pages are served quickly and show that; when it is back they are as before',
        async (t) => {
            const proxy = await startProxy(t, REDIS);
            const cluster = makeCluster(t, {backend: 'bullmq', url: proxy.url});
            const shown = await cluster.host({jobs: [slow]});
            const site = await served(shown);
            await until('the host is in the cluster', async () => {
                const {json} = await site.get('/api/v1/cluster');
                return json.hosts?.length === 1;
            });
            proxy.cut();
            await until('the pages say that it is away', async () => {
                const {text} = await site.get('/cluster');
                return text.includes('The queue of the cluster does not answer');
            });
            for (const path of [
                '/',
                '/jobs',
                '/jobs/slow',
                '/runs',
                '/runs/unheard-of',
                '/cluster',
                '/system',
                '/metrics'
            ]) {
                const beganMs = performance.now();
                const {status} = await site.get(path);
                const tookMs = performance.now() - beganMs;
                assert.ok(tookMs < MOST_WAIT_MS, `${path}: ${tookMs} ms`);
                assert.equal(status, path === '/runs/unheard-of' ? 404 : 200, path);
            }
            assert.equal((await site.get('/api/v1/cluster')).json.error.code, 'CLUSTER_UNREACHABLE');
            proxy.mend();
            await until('it is back', async () => (await site.get('/api/v1/cluster')).status === 200);
        }
    );
}
