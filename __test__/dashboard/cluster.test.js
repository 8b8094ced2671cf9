'use strict';

// What the pages show of a cluster: its hosts, its queue, and what runs where.

const assert = require('node:assert/strict');
const {beforeEach, mock, test} = require('node:test');
const {FakeManager, NOW, fakeCluster, fakeJob, fakeRun} = require('./support/fake-manager');
const {pages, renderPage, textOf} = require('./support/pages');

const HOSTILE = `</script><script>alert("x")</script>'"><img src=x onerror=alert(1)>\u202e`;
const ELSEWHERE = 'backup@2026-10-25T11:59:00.000Z';

beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({apis: ['Date'], now: NOW});
});

const clusterRun = (more) => ({
    ...fakeRun(ELSEWHERE, 'backup', 'running'),
    host: 'cccc3333',
    ...more
});

/** A host of a cluster with two jobs, of which one runs here. */
const clusterManager = (more) =>
    new FakeManager({
        jobs: [fakeJob('backup'), fakeJob('resize')],
        runs: [fakeRun('1a2b3c4d-1', 'backup', 'running')],
        cluster: fakeCluster(),
        clusterRuns: [clusterRun()],
        ...more
    });

/** One of a table, which has no queue. */
const tableManager = () =>
    clusterManager({
        cluster: fakeCluster({
            queue: {},
            hosts: fakeCluster().hosts.map(({since: _since, seen: _seen, ...host}) => host)
        })
    });

test('the page of the cluster shows its hosts, the depth of its queue, and what runs on which', async () => {
    const {status, body} = await renderPage('cluster', clusterManager());
    assert.equal(status, 200);
    const text = textOf(body);
    assert.match(text, /Hosts 3 heard of lately Running 3 on all hosts Waiting 12 for a host Delayed 1/);
    assert.match(text, /Completed 1,000 kept by the queue Failed 2/);
    const hosts = /id="card-hosts">[\s\S]*?<\/section>/.exec(body)[0];
    const rows = hosts.split('<tr id=').slice(1).map(textOf);
    assert.equal(rows.length, 3);
    assert.match(rows[0], /web-1 process 101 1 2 h .*9 s ago/, 'the oldest comes first');
    assert.match(rows[1], /machine this host process 4242 1 1 h/);
    assert.match(rows[2], /web-3 process 303 1 1 min/);
    const running = /id="card-running">[\s\S]*?<\/section>/.exec(body)[0];
    assert.match(textOf(running), /resize aaaa1111-q7 web-1 process 101 5\.0 s/);
    assert.match(running, /href="\.\/runs\/backup%402026-10-25T11%3A59%3A00\.000Z"/);
    assert.match(running, /api\/v1\/runs\/aaaa1111-q7\/cancel\?back=cluster"/);
});

test('of a table the page of the cluster shows hosts that have a run, and no queue', async () => {
    const {body} = await renderPage('cluster', tableManager());
    assert.match(textOf(body), /Hosts 3 that have a run Running 3 on all hosts Hosts 3 hosts of the cluster/);
    assert.match(textOf(body), /web-1 process 101 1 – – – aaaa1111/);
    const idle = clusterManager({cluster: {hosts: [], queue: {}, running: []}});
    assert.match(textOf((await renderPage('cluster', idle)).body), /No host has a run/);
    assert.match(textOf((await renderPage('', idle)).body), /Cluster: nothing runs/);
});

test('pages lead to the page of the cluster only in a cluster', async () => {
    for (const [manager, isLinked] of [
        [clusterManager(), true],
        [new FakeManager({jobs: [fakeJob('backup')]}), false]
    ]) {
        const {body} = await renderPage('', manager);
        assert.equal(body.includes('href="./cluster"'), isLinked);
    }
    const {status, body} = await renderPage('cluster', new FakeManager());
    assert.equal(status, 404);
    assert.match(textOf(body), /This host is in no cluster/);
});

test('the overview has the cluster in a line', async () => {
    const {body} = await renderPage('', clusterManager());
    assert.match(textOf(body), /Cluster: 3 hosts, 12 waiting, 1 delayed, 3 running/);
    assert.match(textOf(body), /Running on this host/);
    const table = await renderPage('', tableManager());
    assert.match(textOf(table.body), /Cluster: 3 running on 3 hosts/, 'a table has no queue');
});

test('the page of a job has its runs on other hosts, with their host, and a button that cancels them', async () => {
    const {body} = await renderPage('jobs/:name', clusterManager(), {params: {name: 'backup'}});
    const card = /id="card-elsewhere">[\s\S]*?<\/section>/.exec(body)[0];
    assert.match(textOf(card), /Running on other hosts/);
    assert.match(textOf(card), /backup@2026-10-25T11:59:00\.000Z web-3 process 303 3\.0 s/);
    assert.doesNotMatch(card, /resize|1a2b3c4d-1/, 'neither other jobs nor runs of this host');
    assert.match(card, /runs\/backup%402026-10-25T11%3A59%3A00\.000Z\/cancel\?back=jobs%2Fbackup"/);
});

test('the page of a job that only another host has shows its run there', async () => {
    const manager = clusterManager({jobs: [], runs: []});
    const {status, body} = await renderPage('jobs/:name', manager, {params: {name: 'resize'}});
    assert.equal(status, 200);
    assert.match(textOf(body), /not registered any more|Running on other hosts/);
    const none = await renderPage('jobs/:name', manager, {params: {name: 'unheard-of'}});
    assert.equal(none.status, 404);
});

test('the page of runs has those of other hosts where they belong to what is asked for', async () => {
    const manager = clusterManager();
    for (const [query, expected] of [
        ['', ['aaaa1111-q7', ELSEWHERE]],
        ['state=running', ['aaaa1111-q7', ELSEWHERE]],
        ['job=backup', [ELSEWHERE]],
        ['state=failed', []],
        ['before=1a2b3c4d-1', []]
    ]) {
        const {body} = await renderPage('runs', manager, {query});
        const shown = ['aaaa1111-q7', ELSEWHERE].filter((id) => body.includes(`id="cluster-run-${id}"`));
        assert.deepEqual(shown, expected, query);
    }
});

test('the page of a run that another host has says where it goes, instead of that there is none', async () => {
    const {status, body} = await renderPage('runs/:id', clusterManager(), {params: {id: ELSEWHERE}});
    assert.equal(status, 200);
    assert.match(textOf(body), /running on web-3/);
    assert.match(textOf(body), /Host web-3 process 303/);
    assert.match(textOf(body), /kept by the host that has the run/);
    assert.match(body, /\/cancel\?back=/);
    assert.match(body, /<body data-events="\.\.\/api\/v1\/events\?"/);
});

test('the page of a run shows that it waits in the queue, or that it has ended on another host', async () => {
    const waits = clusterRun({id: 'waits', state: 'waiting', host: undefined, started: undefined});
    const failed = {
        ...fakeRun('failed', 'backup', 'failed', {error: {name: 'Error', message: 'no space left'}}),
        host: 'dddd4444'
    };
    const manager = clusterManager({clusterRuns: [waits, failed]});
    const waiting = await renderPage('runs/:id', manager, {params: {id: 'waits'}});
    assert.match(textOf(waiting.body), /waiting waits in the queue of the cluster for a host/);
    assert.match(waiting.body, /runs\/waits\/cancel\?/);
    const ended = await renderPage('runs/:id', manager, {params: {id: 'failed'}});
    assert.match(textOf(ended.body), /failed was on a host that is gone/);
    assert.match(textOf(ended.body), /no space left/);
    assert.doesNotMatch(ended.body, /\/cancel\?|data-events/);
});

test('while the queue does not answer, pages show that, and the last known state', async () => {
    for (const {pattern} of pages) {
        const {body} = await renderPage(pattern, clusterManager(), {
            params: {name: 'backup', id: '1a2b3c4d-1'},
            isAnswering: false
        });
        assert.match(textOf(body), /The queue of the cluster does not answer/, pattern);
    }
    const {body} = await renderPage('cluster', clusterManager(), {isAnswering: false});
    assert.match(textOf(body), /As it was at 12:00:00/);
    assert.match(textOf(body), /web-3/);
});

test('a pause says that it reaches all hosts, or only this one where they have no messages', async () => {
    const all = await renderPage('system', clusterManager(), {flash: 'all-paused'});
    assert.match(textOf(all.body), /All jobs are paused\. On all hosts of the cluster\./);
    assert.match(textOf(all.body), /until they are resumed, on all hosts of the cluster\./);
    const one = await renderPage('system', tableManager(), {flash: 'all-paused'});
    assert.match(textOf(one.body), /All jobs are paused\. On this host: the others go on as they are\./);
    assert.match(textOf(one.body), /until they are resumed on this host; other hosts of the cluster go on\./);
    const alone = await renderPage('system', new FakeManager({jobs: [fakeJob('one')]}), {
        flash: 'all-paused'
    });
    assert.doesNotMatch(textOf(alone.body), /On (?:all hosts|this host)/);
});

test('what cannot be done, or may not be, has no button', async () => {
    const table = await renderPage('cluster', tableManager());
    assert.doesNotMatch(table.body, /\/cancel\?/, 'a table has no messages by which a host could be asked');
    const reader = await renderPage('cluster', clusterManager(), {actions: []});
    assert.doesNotMatch(reader.body, /\/cancel\?/);
});

test('no text of another host becomes part of a page', async () => {
    const cluster = fakeCluster({
        hosts: [{id: HOSTILE, hostname: HOSTILE, pid: 1, since: NOW - 1, seen: NOW - 1}],
        running: [
            {id: HOSTILE, job: HOSTILE, host: HOSTILE, since: NOW - 1},
            {id: `${HOSTILE}2`, job: HOSTILE, host: 'gone'},
            {id: `${HOSTILE}3`, job: HOSTILE}
        ]
    });
    const run = clusterRun({
        id: HOSTILE,
        job: HOSTILE,
        host: HOSTILE,
        trigger: HOSTILE,
        error: {name: HOSTILE, message: HOSTILE}
    });
    const manager = new FakeManager({jobs: [fakeJob(HOSTILE)], cluster, clusterRuns: [run]});
    for (const {pattern} of pages) {
        const {body} = await renderPage(pattern, manager, {params: {name: HOSTILE, id: HOSTILE}});
        assert.equal(body.match(/<script/g).length, 1, pattern);
        const shownRaw = ['<img', '\u202e'].filter((text) => body.includes(text));
        assert.deepEqual(shownRaw, [], pattern);
    }
});
