'use strict';

// job-manager dashboard: a port on this machine for the control socket of a host.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const http = require('node:http');
const path = require('node:path');
const test = require('node:test');
const {workplace} = require('../support/cli');

const HOST = path.join(__dirname, '../fixtures/cli-host.js');

/** A host, and a program that serves its dashboard. */
async function withDashboard(t, args = []) {
    const place = workplace(t);
    const host = place.startProgram(process.execPath, [HOST, 'host', 'sesame']);
    await host.until('}\n');
    const dashboard = place.start(['dashboard', ...args]);
    await dashboard.until('Ctrl-C ends it.\n');
    const address = new URL(dashboard.stdout().trim());
    return {...place, host, dashboard, address};
}

/** Asks as a program or a browser would, with these headers. */
async function ask(address, target, {method = 'GET', headers} = {}) {
    const request = http.request(new URL(target, address), {method, headers, agent: false}).end();
    const [response] = await once(request, 'response');
    const body = Buffer.concat(await response.toArray()).toString();
    return {status: response.statusCode, headers: response.headers, body};
}

test('dashboard prints an address on this machine with a secret part, and passes requests on', async (t) => {
    const {address, dashboard} = await withDashboard(t);
    assert.match(address.href, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/);
    const {status, body, headers} = await ask(address, 'api/v1/jobs/backup');
    assert.deepEqual([status, JSON.parse(body).name], [200, 'backup']);
    assert.match(headers['content-security-policy'], /default-src 'none'/);
    assert.equal((await ask(address, 'healthz')).body, 'ok\n');
    dashboard.child.kill('SIGINT');
    assert.equal((await dashboard.ended).exitCode, 0);
});

test('the pages of the host are served, with their script and style, and their forms work', async (t) => {
    const {address, cli} = await withDashboard(t);
    const page = await ask(address, '', {headers: {accept: 'text/html'}});
    assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
    const [, script] = /<script src="\.\/([^"]+)"/.exec(page.body);
    assert.equal((await ask(address, script)).status, 200);
    assert.match((await ask(address, 'jobs/backup')).body, /every day at 02:30/);
    const sent = await ask(address, 'api/v1/jobs/backup/pause?back=jobs/backup', {
        method: 'POST',
        headers: {accept: 'text/html', 'sec-fetch-site': 'same-origin'}
    });
    assert.equal(sent.status, 303);
    const target = new URL(sent.headers.location, new URL('api/v1/jobs/backup/pause', address));
    assert.equal(target.pathname, `${address.pathname}jobs/backup`);
    assert.equal((await cli('show', 'backup', '--json')).json().job.state, 'paused');
});

test('without the secret part nothing is answered', async (t) => {
    const {address} = await withDashboard(t);
    for (const target of [
        '/',
        '/api/v1/stats',
        `/${'x'.repeat(22)}/api/v1/stats`,
        address.pathname.slice(0, -2)
    ]) {
        const {status, body} = await ask(address, target);
        assert.deepEqual([status, body], [404, 'Open the address that job-manager dashboard has printed\n']);
    }
});

const FOREIGN = [
    ['another host name (DNS rebinding)', {}, {host: 'evil.example'}],
    ['a proxy', {}, {'x-forwarded-for': '10.0.0.1'}],
    [
        'a form of another site',
        {method: 'POST'},
        {'sec-fetch-site': 'cross-site', origin: 'https://evil.example'}
    ],
    ['a form of another port of this machine', {method: 'POST'}, {'sec-fetch-site': 'same-site'}],
    ['a program that says nothing of itself', {method: 'POST'}, {}]
];

test('what does not come from the page itself is refused, since the socket would trust it', async (t) => {
    const {address, cli} = await withDashboard(t);
    for (const [what, options, headers] of FOREIGN) {
        await t.test(what, async () => {
            const target = options.method === 'POST' ? 'api/v1/jobs/backup/pause' : 'api/v1/stats';
            assert.equal((await ask(address, target, {...options, headers})).status, 403);
        });
    }
    assert.equal((await cli('show', 'backup', '--json')).json().job.state, 'armed');
    const own = {method: 'POST', headers: {'sec-fetch-site': 'same-origin'}};
    assert.equal((await ask(address, 'api/v1/jobs/backup/pause', own)).status, 200);
    assert.equal((await cli('show', 'backup', '--json')).json().job.state, 'paused');
});

test('events pass through as they come', async (t) => {
    const {address, cli} = await withDashboard(t);
    const request = http.get(new URL('api/v1/events', address), {agent: false});
    const [response] = await once(request, 'response');
    t.after(() => request.destroy());
    response.setEncoding('utf8');
    const heard = (async () => {
        let text = '';
        for await (const piece of response) {
            text += piece;
            if (text.includes('event: run ended')) {
                return text;
            }
        }
        return text;
    })();
    await cli('trigger', 'steps', '--wait');
    assert.match(await heard, /event: run ended\ndata: .*"job":"steps"/);
});

test('a host that has ended is an answer with status 502', async (t) => {
    const {address, host} = await withDashboard(t);
    host.child.kill('SIGKILL');
    await host.ended;
    const {status, body} = await ask(address, 'api/v1/stats');
    assert.equal(status, 502);
    assert.match(body, /^The host does not answer/);
});

test('--port chooses the port, and one that is taken is a failure', async (t) => {
    const {address, cli, start} = await withDashboard(t);
    const {exitCode, stderr} = await cli('dashboard', '--port', address.port);
    assert.equal(exitCode, 1);
    assert.match(
        stderr,
        new RegExp(`port ${address.port} cannot be used: .*EADDRINUSE.*\n +Give another --port\\.`)
    );
    const json = start(['dashboard', '--json']);
    await json.until('Ctrl-C ends it.\n');
    assert.match(JSON.parse(json.stdout()).url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/);
    json.child.kill('SIGTERM');
    assert.equal((await json.ended).exitCode, 0);
});

test('with --url the address of that host is printed, if it answers', async (t) => {
    const {cli, write, host} = await withDashboard(t);
    const {url} = JSON.parse(host.stdout());
    write('token', 'sesame');
    const {exitCode, stdout} = await cli('dashboard', '--url', url, '--token-file', 'token');
    assert.deepEqual([exitCode, stdout], [0, `${url}\n`]);
    assert.equal((await cli('dashboard', '--url', url)).exitCode, 5);
    assert.equal((await cli('dashboard', '--url', 'http://127.0.0.1:1/')).exitCode, 4);
});
