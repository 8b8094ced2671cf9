'use strict';

// Who may see and do what: the rules of docs/dashboard.md, one by one.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const {test} = require('node:test');
const {temporaryFolder} = require('../support/temporary-folder');
const {createServed, send, serve} = require('./support');

const codeOf = ({status, json}) => [status, json?.error.code];
const OUTSIDE = Object.values(os.networkInterfaces())
    .flat()
    .find(({family, internal}) => family === 'IPv4' && !internal)?.address;

test('without authorize a direct request from this machine is answered, by each of its names', async (t) => {
    const {port} = await createServed(t);
    for (const host of [
        `localhost:${port}`,
        'localhost',
        '127.0.0.1',
        '127.0.0.53:80',
        `[::1]:${port}`,
        'LOCALHOST'
    ]) {
        assert.equal((await send(port, 'GET', '/', {headers: {host}})).status, 200, host);
    }
});

test('without authorize a request for another host name is refused: DNS rebinding', async (t) => {
    const {port} = await createServed(t);
    for (const host of [
        'evil.example',
        `evil.example:${port}`,
        'localhost.evil.example',
        '127.0.0.1.evil.example',
        'evil.localhost',
        '0.0.0.0',
        '192.168.1.5',
        'localhost@evil.example',
        'localhost:99999999'
    ]) {
        for (const path of ['/', '/api/v1/stats', '/metrics', '/healthz', '/assets/app-1a2b.js', '/nope']) {
            assert.deepEqual(
                codeOf(await send(port, 'GET', path, {headers: {host}})),
                [403, 'LOCAL_ONLY'],
                host
            );
        }
    }
});

test('without authorize a request that a proxy has passed on is refused, whatever its headers claim', async (t) => {
    const {port} = await createServed(t);
    for (const [name, value] of [
        ['forwarded', 'for=127.0.0.1'],
        ['x-forwarded-for', '127.0.0.1'],
        ['x-forwarded-for', ''],
        ['x-forwarded-host', 'localhost'],
        ['x-forwarded-proto', 'https'],
        ['X-Forwarded-Anything', '1'],
        ['x-real-ip', '127.0.0.1'],
        ['via', '1.1 proxy'],
        ['cf-connecting-ip', '::1']
    ]) {
        const answer = await send(port, 'GET', '/api/v1/stats', {headers: {[name]: value}});
        assert.deepEqual(codeOf(answer), [403, 'LOCAL_ONLY'], name);
        assert.match(answer.json.error.message, new RegExp(name, 'i'));
        assert.match(answer.json.error.help, /authorize/);
    }
});

test('without authorize a request from another address is refused', async (t) => {
    const {site} = await createServed(t);
    assert.ok(OUTSIDE, 'this machine has an address besides its loopback interface');
    const port = await serve(t, site.handle, '0.0.0.0');
    const answer = await send(port, 'GET', '/api/v1/stats', {host: OUTSIDE, headers: {host: 'localhost'}});
    assert.deepEqual(codeOf(answer), [403, 'LOCAL_ONLY']);
    assert.match(answer.json.error.message, new RegExp(OUTSIDE));
});

test('without authorize a request whose address is not known is refused: a socket file behind a proxy', async (t) => {
    const {site} = await createServed(t);
    const file = path.join(temporaryFolder(t), 'app.sock');
    const server = http.createServer(site.handle).listen(file);
    t.after(() => server.close());
    await once(server, 'listening');
    const headers = {host: 'localhost'};
    assert.deepEqual(codeOf(await send(file, 'GET', '/api/v1/stats', {headers})), [403, 'LOCAL_ONLY']);
    // One that was made for the dashboard alone is as good as the loopback interface.
    server.removeAllListeners('request').on('request', site.handleLocal);
    assert.equal((await send(file, 'GET', '/api/v1/stats', {headers})).status, 200);
    const evil = {host: 'evil.example'};
    assert.deepEqual(codeOf(await send(file, 'GET', '/api/v1/stats', {headers: evil})), [403, 'LOCAL_ONLY']);
});

test('a browser is told in plain text what to configure', async (t) => {
    const {port} = await createServed(t);
    const headers = {'x-forwarded-for': '<script>alert(1)</script>', accept: 'text/html'};
    const {status, text, headers: given} = await send(port, 'GET', '/jobs', {headers});
    assert.equal(status, 403);
    assert.equal(given['content-type'], 'text/plain; charset=utf-8');
    assert.match(text, /"authorize".*createDashboard/);
});

test('authorize decides on each request, and is given it', async (t) => {
    const asked = [];
    const authorize = async (req) => {
        asked.push([req.method, req.url, req.socket.remoteAddress]);
        return req.headers['x-user'] === 'ada';
    };
    const {port} = await createServed(t, {authorize});
    const get = (user, path = '/api/v1/stats') =>
        send(port, 'GET', path, {
            headers: {'x-user': user, host: 'jobs.example', 'x-forwarded-for': '10.0.0.1'}
        });
    assert.equal((await get('ada')).status, 200);
    assert.deepEqual(codeOf(await get('eve')), [403, 'NOT_AUTHORIZED']);
    for (const path of [
        '/',
        '/jobs',
        '/assets/app-1a2b.js',
        '/metrics',
        '/healthz',
        '/nope',
        '/api/v1/events'
    ]) {
        assert.deepEqual(codeOf(await get('eve', path)), [403, 'NOT_AUTHORIZED'], path);
    }
    assert.deepEqual(asked[0], ['GET', '/api/v1/stats', '127.0.0.1']);
});

test('only true, or an object whose read is true, lets a request in', async (t) => {
    let answer;
    const {port} = await createServed(t, {authorize: () => answer});
    for (const denied of [
        false,
        undefined,
        null,
        1,
        'yes',
        {},
        {read: 'yes'},
        {read: false, actions: true},
        []
    ]) {
        answer = denied;
        assert.equal((await send(port, 'GET', '/api/v1/stats')).status, 403, String(denied));
    }
    for (const granted of [true, {read: true}, Promise.resolve({read: true})]) {
        answer = granted;
        assert.equal((await send(port, 'GET', '/api/v1/stats')).status, 200);
    }
});

test('authorize may have a browser ask for a password', async (t) => {
    const authorize = ({headers}) =>
        headers.authorization === `Basic ${btoa('ada:secret')}` || {
            read: false,
            authenticate: 'Basic realm="jobs"'
        };
    const {port} = await createServed(t, {authorize});
    const asked = await send(port, 'GET', '/api/v1/stats');
    assert.deepEqual(codeOf(asked), [401, 'NOT_AUTHENTICATED']);
    assert.equal(asked.headers['www-authenticate'], 'Basic realm="jobs"');
    const headers = {authorization: `Basic ${btoa('ada:secret')}`};
    assert.equal((await send(port, 'GET', '/api/v1/stats', {headers})).status, 200);
});

const ACTIONS = {
    run: '/api/v1/jobs/quick/run',
    pause: '/api/v1/jobs/quick/pause',
    resume: '/api/v1/jobs/quick/resume',
    cancel: '/api/v1/runs/nope/cancel',
    retry: '/api/v1/runs/nope/retry'
};

/** Which actions a request is let to. */
async function allowed(port, headers = {}) {
    const names = [];
    for (const [name, path] of Object.entries({...ACTIONS, all: '/api/v1/pause', every: '/api/v1/resume'})) {
        const answer = await send(port, 'POST', path, {headers: {authorization: 'x', ...headers}});
        if (answer.json.error?.code !== 'ACTION_NOT_ALLOWED') {
            names.push(name);
        }
    }
    return names;
}

test('it is read-only by default, and allows the actions of its list', async (t) => {
    const {port, manager} = await createServed(t, {actions: undefined});
    await manager.defineJob({name: 'quick', job: async () => {}});
    assert.deepEqual(await allowed(port), []);
    assert.deepEqual(manager.runs(), []);
    const lists = [
        [false, []],
        [true, ['run', 'pause', 'resume', 'cancel', 'retry', 'all', 'every']],
        [['run'], ['run']],
        [
            ['pause', 'cancel'],
            ['pause', 'cancel', 'all']
        ],
        [['resume'], ['resume', 'every']]
    ];
    for (const [actions, expected] of lists) {
        const served = await createServed(t, {actions});
        await served.manager.defineJob({name: 'quick', job: async () => {}});
        assert.deepEqual(await allowed(served.port), expected, String(actions));
    }
});

test('what authorize allows a request counts in place of the option', async (t) => {
    const authorize = ({headers}) => ({
        read: true,
        actions: {ada: true, bob: ['run', 'unknown'], eve: false}[headers['x-user']]
    });
    const {port, manager} = await createServed(t, {authorize, actions: ['cancel']});
    await manager.defineJob({name: 'quick', job: async () => {}});
    assert.deepEqual(await allowed(port, {'x-user': 'bob'}), ['run']);
    assert.deepEqual(await allowed(port, {'x-user': 'eve'}), []);
    assert.deepEqual(await allowed(port, {'x-user': 'other'}), ['cancel']);
    assert.equal((await allowed(port, {'x-user': 'ada'})).length, 7);
    const page = await send(port, 'GET', '/', {headers: {'x-user': 'bob'}});
    assert.deepEqual(JSON.parse(page.text).actions, ['run']);
});

// Rows: what the browser or the program has sent, and whether it is let to change something.
const SITES = [
    ['a form of its own page', {'sec-fetch-site': 'same-origin', origin: 'http://localhost'}, true],
    ['typed by a person', {'sec-fetch-site': 'none'}, true],
    ['a page of another site', {'sec-fetch-site': 'cross-site', origin: 'https://evil.example'}, false],
    ['a page of a sibling domain', {'sec-fetch-site': 'same-site', origin: 'http://other.localhost'}, false],
    [
        'another site, with a password that the browser adds',
        {'sec-fetch-site': 'cross-site', authorization: 'Basic x'},
        false
    ],
    [
        'another site that claims the origin',
        {'sec-fetch-site': 'cross-site', origin: 'http://localhost'},
        false
    ],
    ['an older browser, on its own page', {origin: 'http://localhost'}, true],
    ['an older browser, on its own page by HTTPS', {origin: 'https://localhost'}, true],
    ['an older browser, on another site', {origin: 'https://evil.example'}, false],
    ['an older browser, on another port', {origin: 'http://localhost:8080'}, false],
    ['an older browser, on a page without an origin', {origin: 'null'}, false],
    ['an origin that is none', {origin: 'localhost'}, false],
    [
        'an older browser on another site, with a password',
        {origin: 'https://evil.example', authorization: 'Basic x'},
        false
    ],
    ['a program with a token', {authorization: 'Bearer x'}, true],
    ['a program without any of them', {}, false],
    ['an empty token', {authorization: ''}, false],
    ['a page that is trusted', {'sec-fetch-site': 'cross-site', origin: 'https://admin.example'}, true],
    ['an older browser on a page that is trusted', {origin: 'https://admin.example'}, true],
    [
        'a page of a trusted name by another protocol',
        {'sec-fetch-site': 'cross-site', origin: 'http://admin.example'},
        false
    ],
    ['a referrer alone', {referer: 'http://localhost/'}, false],
    ['a forwarded host', {origin: 'https://evil.example', 'x-forwarded-host': 'evil.example'}, false]
];

test('a POST of another site is refused, row by row', async (t) => {
    const {port, manager} = await createServed(t, {
        authorize: () => true,
        trustedOrigins: ['https://admin.example/']
    });
    await manager.defineJob({name: 'quick', job: async () => {}});
    for (const [what, headers, isAllowed] of SITES) {
        const before = manager.runs().length;
        const answer = await send(port, 'POST', '/api/v1/jobs/quick/run', {
            headers: {host: 'localhost', ...headers}
        });
        const expected = isAllowed ? [202, undefined] : [403, 'CROSS_SITE'];
        assert.deepEqual(codeOf({...answer, json: answer.json.error && answer.json}), expected, what);
        assert.equal(manager.runs().length - before, isAllowed ? 1 : 0, what);
    }
});

test('a page of another site cannot read or hold the event stream; a link from there may lead here', async (t) => {
    const {port} = await createServed(t);
    const get = (path, headers) =>
        send(port, 'GET', path, {headers: {'sec-fetch-site': 'cross-site', ...headers}});
    assert.deepEqual(codeOf(await get('/api/v1/events', {'sec-fetch-mode': 'cors'})), [403, 'CROSS_SITE']);
    assert.deepEqual(codeOf(await get('/api/v1/jobs', {'sec-fetch-mode': 'no-cors'})), [403, 'CROSS_SITE']);
    const page = await get('/', {'sec-fetch-mode': 'navigate'});
    assert.equal(page.status, 200);
    assert.equal(page.headers['access-control-allow-origin'], undefined);
});

test('every answer has the headers that keep a browser from doing more than it should', async (t) => {
    const {port} = await createServed(t);
    for (const [method, path] of [
        ['GET', '/'],
        ['GET', '/api/v1/jobs'],
        ['GET', '/api/v1/runs/nope'],
        ['GET', '/assets/app-1a2b.js'],
        ['GET', '/healthz'],
        ['POST', '/api/v1/pause'],
        ['OPTIONS', '/jobs'],
        ['PUT', '/jobs'],
        ['HEAD', '/api/v1/events']
    ]) {
        const {headers} = await send(port, method, path);
        const policy = headers['content-security-policy'];
        for (const rule of [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'"
        ]) {
            assert.ok(policy.includes(rule), `${method} ${path}: ${rule}`);
        }
        assert.equal(policy.includes('unsafe'), false);
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.equal(headers['x-frame-options'], 'DENY');
        assert.equal(headers['referrer-policy'], 'same-origin');
        assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
        assert.equal(headers['set-cookie'], undefined);
        if (!path.startsWith('/assets')) {
            assert.match(headers['cache-control'], /no-store/);
        }
    }
});
