'use strict';

// The commands that ask a host of a cluster. The cluster is made up; __test__/cluster/shown.test.js has a real one.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const http = require('node:http');
const path = require('node:path');
const test = require('node:test');
const {createSite} = require('../../lib/http/create-site');
const {FakeManager, fakeCluster, fakeJob, fakeRun} = require('../dashboard/support/fake-manager');
const {workplace} = require('../support/cli');

const ELSEWHERE = 'aaaa1111-q7';
const TIME = String.raw`\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`;

/** A host that listens on a socket file, and the command line beside it. */
async function withHost(t, more = {}) {
    const manager = new FakeManager({
        jobs: [fakeJob('backup'), fakeJob('resize')],
        runs: [fakeRun('1a2b3c4d-1', 'backup', 'completed')],
        cluster: fakeCluster(),
        clusterRuns: [{...fakeRun(ELSEWHERE, 'resize', 'running'), host: 'aaaa1111'}],
        ...more
    });
    const place = workplace(t);
    const socket = path.join(place.folder, 'host.sock');
    const site = createSite({jobManager: manager, options: {actions: true}, isTrusted: true});
    const server = http.createServer(site.handle).listen(socket);
    await once(server, 'listening');
    t.after(() => {
        server.close();
        server.closeAllConnections();
    });
    return {manager, cli: (...args) => place.cli(...args, '--socket', socket)};
}

test('cluster shows the hosts, what runs on which, and the depth of the queue', async (t) => {
    const {cli} = await withHost(t);
    const {exitCode, stdout, stderr} = await cli('cluster');
    assert.deepEqual([exitCode, stderr], [0, '']);
    const lines = stdout.trimEnd().split('\n');
    assert.deepEqual(lines[0].split(/\s+/), ['HOST', 'PID', 'SINCE', 'RUNS', 'ID']);
    assert.match(lines[1], new RegExp(`^web-1 +101 +${TIME} +1 +aaaa1111$`));
    assert.match(lines[2], new RegExp(`^machine \\(this one\\) +4242 +${TIME} +1 +1a2b3c4d$`));
    assert.deepEqual(lines[5].split(/\s+/), ['SINCE', 'FOR', 'JOB', 'RUN', 'HOST']);
    assert.match(lines[6], new RegExp(`^${TIME} +\\S.* resize +${ELSEWHERE} +web-1/101$`));
    assert.equal(lines.at(-1), '3 hosts, 12 waiting, 1 delayed, 3 running');
    const {queue, instance} = (await cli('cluster', '--json')).json();
    assert.deepEqual([queue.waiting, instance], [5, '1a2b3c4d']);
});

test('of a table cluster shows the hosts that have a run, and no queue', async (t) => {
    const hosts = fakeCluster().hosts.map(({since: _since, seen: _seen, ...host}) => host);
    const {cli} = await withHost(t, {cluster: fakeCluster({queue: {}, hosts})});
    const {stdout} = await cli('cluster');
    assert.match(stdout, /\nweb-1 +101 +– +1 +aaaa1111\n/);
    assert.match(stdout, /\n3 running on 3 hosts\n$/);
    const idle = await withHost(t, {cluster: {hosts: [], queue: {}, running: []}});
    assert.equal((await idle.cli('cluster')).stdout, 'nothing runs\n');
});

test('cluster of a host that is in none ends with 1, and so does that of a queue that does not answer', async (t) => {
    const alone = await withHost(t, {cluster: undefined});
    const none = await alone.cli('cluster', '--json');
    assert.deepEqual([none.exitCode, none.json().error.code], [1, 'NO_CLUSTER']);
    const {manager, cli} = await withHost(t);
    manager.clusterInfo = () => Promise.reject(new Error('away'));
    const away = await cli('cluster', '--json');
    assert.deepEqual([away.exitCode, away.json().error.code], [1, 'CLUSTER_UNREACHABLE']);
    const listed = await cli('list');
    assert.equal(listed.exitCode, 0, 'what the host itself has is shown all the same');
    assert.match(listed.stdout, /2 jobs/);
    assert.match(listed.stderr, /the queue of the cluster does not answer/);
});

test('list shows which hosts have runs of a job, and the cluster in a line', async (t) => {
    const {cli} = await withHost(t);
    const {stdout} = await cli('list');
    assert.match(stdout, / JOB +RUNS ON +SCHEDULE\n/);
    assert.match(stdout, / backup +machine\/4242 web-3\/303 +every 60 minutes\n/);
    assert.match(stdout, /\ncluster: 3 hosts, 12 waiting, 1 delayed, 3 running\n$/);
    const alone = await withHost(t, {cluster: undefined});
    assert.doesNotMatch((await alone.cli('list')).stdout, /RUNS ON|cluster/);
});

test('runs shows what runs on other hosts first, where that is asked for', async (t) => {
    const {cli} = await withHost(t);
    const {stdout} = await cli('runs');
    const lines = stdout.split('\n');
    assert.match(lines[0], / RUN +HOST +ERROR$/);
    assert.match(lines[1], new RegExp(`^${TIME} .* running +– +– +resize +${ELSEWHERE} +web-1/101$`));
    assert.match(lines[3], /completed +1\/1 +schedule +backup +1a2b3c4d-1 +this one$/);
    assert.match(stdout, /\n1 run, 2 running on other hosts\n$/);
    assert.doesNotMatch((await cli('runs', '--state', 'completed')).stdout, /HOST/);
    assert.doesNotMatch((await cli('runs', 'backup')).stdout, /resize/);
});

test('show has the runs of a job on other hosts, and of a run that another host has what is known', async (t) => {
    const {cli} = await withHost(t);
    const job = await cli('show', 'backup');
    assert.match(
        job.stdout,
        new RegExp(`Elsewhere +run backup@2026-10-25T11:59:00\\.000Z on web-3/303, since ${TIME}\n`)
    );
    const run = await cli('show', ELSEWHERE);
    assert.equal(run.exitCode, 0);
    assert.match(run.stdout, /State +running\nHost +web-1\/101\n/);
});

test('cancel reaches a run on another host, by its id or by the name of its job, and does not wait for it', async (t) => {
    const {manager, cli} = await withHost(t);
    const {exitCode, stdout} = await cli('cancel', ELSEWHERE);
    assert.equal(exitCode, 0);
    assert.equal(stdout, `run ${ELSEWHERE} of resize is being cancelled, on host aaaa1111\n`);
    await cli('cancel', 'resize');
    assert.deepEqual(manager.cancelled, [ELSEWHERE, ELSEWHERE]);
});

test('trigger --wait follows a run to its end on another host', async (t) => {
    const {manager, cli} = await withHost(t);
    let looks = 0;
    manager.runJob = async () => ({id: 'asked-1'});
    manager.clusterRun = async (id) => {
        looks += 1;
        const state = looks < 2 ? 'waiting' : looks < 3 ? 'running' : 'completed';
        return {...fakeRun(id, 'resize', state), host: state === 'waiting' ? undefined : 'aaaa1111'};
    };
    const {exitCode, json} = await cli('trigger', 'resize', '--wait', '--json');
    assert.equal(exitCode, 0);
    assert.deepEqual([json().run.state, json().run.host], ['completed', 'aaaa1111']);
});

test('logs of a run that another host has say where to ask', async (t) => {
    const {cli} = await withHost(t);
    const {exitCode, stderr} = await cli('logs', ELSEWHERE);
    assert.equal(exitCode, 3);
    assert.match(stderr, /is of host aaaa1111/);
});
