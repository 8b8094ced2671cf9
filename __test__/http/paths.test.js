'use strict';

// Names in paths, and mounts: where links and redirects lead.

const assert = require('node:assert/strict');
const http = require('node:http');
const {test} = require('node:test');
const {decodeSegment, encodeSegment, rootOf, splitTarget} = require('../../lib/http/paths');
const {AS_FORM, createServed, send, serve} = require('./support');

const NAMES = [
    'a/b',
    'a//b/',
    '100%',
    '%2F',
    '..',
    '.',
    '...',
    '~..',
    '~~.',
    '~x',
    'a b+c&d=e?f#g',
    'näme-日本-🎉',
    '\u202Egnp.exe',
    '<script>alert(1)</script>',
    '"quoted"\'s\\',
    'line\nbreak\ttab',
    '__proto__',
    'constructor',
    'run',
    'x'.repeat(2_000)
];

test('a job is found by its name, whatever that is', async (t) => {
    const {manager, api} = await createServed(t);
    for (const name of NAMES) {
        await manager.defineJob({name, job: async () => {}, at: 'every day'});
        const segment = encodeSegment(name);
        // As a browser resolves it.
        const {pathname} = new URL(`../api/v1/jobs/${segment}`, 'http://x/jobs/other');
        assert.equal((await api('GET', pathname)).json.name, name);
        assert.equal((await api('POST', `${pathname}/pause`)).json.state, 'paused', name);
        const {headers} = await api('POST', `${pathname}/resume`, AS_FORM);
        const page = new URL(headers.location, `http://x${pathname}/resume`);
        assert.equal(JSON.parse((await api('GET', page.pathname + page.search)).text).params.name, name);
    }
    assert.equal(manager.jobs().length, NAMES.length);
});

test('encoded names come back, and none is a step of a path', () => {
    for (const name of NAMES) {
        assert.equal(decodeSegment(encodeSegment(name)), name);
        assert.equal(new URL(`a/${encodeSegment(name)}`, 'http://x/').pathname.split('/').length, 3, name);
    }
    // Half of a surrogate pair has no encoding: such a job is not found, and breaks nothing.
    assert.equal(encodeSegment('\uD800'), '%EF%BF%BD');
});

test('a URL is split as it is, and made one of ASCII characters', () => {
    assert.deepEqual(splitTarget('/jobs/a%2Fb?q=1?2#x'), {path: '/jobs/a%2Fb', search: '?q=1?2'});
    assert.deepEqual(splitTarget('http://x?q'), {path: '/', search: '?q'});
    // Where a server is lenient: the bytes of UTF-8, each as a character.
    const {path} = splitTarget(`/jobs/${Buffer.from('é').toString('latin1')}`);
    assert.equal(decodeSegment(path.split('/')[2]), 'é');
    assert.equal(splitTarget('/日\r\n\uD800').path, '/%E6%97%A5%0d%0a%EF%BF%BD');
});

test('links of a page lead to the mount', () => {
    const leads = (page) => new URL(rootOf(page.split('/').slice(1)), `http://x/mount${page}`).pathname;
    assert.deepEqual(['/', '/jobs', '/jobs/a', '/jobs/a%2Fb/'].map(leads), Array(4).fill('/mount/'));
});

test('a path leads to nothing beside the routes', async (t) => {
    const {api} = await createServed(t);
    for (const path of [
        '/../package.json',
        '/assets/../../package.json',
        '/assets/..%2f..%2fpackage.json',
        '/assets/%2e%2e/index.js',
        '/assets/app-1a2b.js/',
        '/assets/app-1a2b.js%00',
        '/assets//app-1a2b.js',
        '/./jobs',
        '//jobs',
        '//evil.example/jobs',
        '/jobs//',
        '/jobs/',
        '/.%00/',
        '/toString',
        '/__proto__'
    ]) {
        const {status, text} = await api('GET', path);
        assert.ok(status === 404 || (path === '/jobs/' && status === 308), `${path}: ${status}`);
        assert.equal(text.includes('job-manager'), false);
    }
    const broken = await api('GET', '/jobs/%E0%A4%A');
    assert.deepEqual([broken.status, broken.json.error.code], [400, 'BAD_URL']);
    const absolute = await api('GET', 'http://localhost/api/v1/stats');
    assert.equal(absolute.status, 200);
    assert.equal((await api('GET', 'http://localhost')).status, 200);
    assert.equal((await api('OPTIONS', '*')).status, 404);
});

test('a page with a slash too many leads to the one without', async (t) => {
    const {api} = await createServed(t);
    const {status, headers} = await api('GET', '/jobs/a%2Fb/?q=1');
    assert.equal(status, 308);
    assert.equal(
        new URL(headers.location, 'http://x/mount/jobs/a%2Fb/?q=1').href,
        'http://x/mount/jobs/a%2Fb?q=1'
    );
});

test('below a base path the mount is found with and without its slash, and what is outside is left to others', async (t) => {
    const {site} = await createServed(t, {basePath: '/admin/jobs/'});
    let passed = 0;
    const port = await serve(t, (req, res) =>
        site.handle(req, res, () => {
            passed += 1;
            res.end('another handler');
        })
    );
    const bare = await send(port, 'GET', '/admin/jobs?q=1');
    assert.equal(bare.status, 302);
    assert.equal(new URL(bare.headers.location, 'http://x/admin/jobs?q=1').href, 'http://x/admin/jobs/?q=1');
    assert.equal(JSON.parse((await send(port, 'GET', '/admin/jobs/')).text).pattern, './');
    assert.equal(JSON.parse((await send(port, 'GET', '/admin/jobs/jobs/x')).text).root, '../');
    assert.equal(passed, 0);
    for (const path of ['/', '/admin', '/admin/jobsx', '/other']) {
        assert.equal((await send(port, 'GET', path)).text, 'another handler', path);
    }
    const alone = await serve(t, (req, res) => site.handle(req, res));
    assert.equal((await send(alone, 'GET', '/other')).status, 404);
});

test('behind a proxy that strips a prefix every link and redirect leads back through it', async (t) => {
    const {manager, port} = await createServed(t, {authorize: () => true});
    await manager.defineJob({name: 'a/b', job: async () => {}, at: 'every day'});
    const PREFIX = '/tools/x%20y';
    const proxyPort = await serve(t, (req, res) => {
        if (!req.url.startsWith(`${PREFIX}/`)) {
            res.writeHead(404).end('not of the jobs');
            return;
        }
        const headers = {...req.headers, 'x-forwarded-for': '10.0.0.1'};
        const path = req.url.slice(PREFIX.length);
        const passedOn = http.request({port, method: req.method, path, headers}, (answer) => {
            res.writeHead(answer.statusCode, answer.headers);
            answer.pipe(res);
        });
        req.pipe(passedOn);
    });
    const origin = `http://127.0.0.1:${proxyPort}`;
    let at = new URL(`${PREFIX}/`, origin);
    const follow = async (method, link) => {
        at = new URL(link, at);
        const answer = await send(proxyPort, method, at.pathname + at.search, {
            headers: {...AS_FORM, origin}
        });
        if (answer.status >= 300 && answer.status < 400) {
            return follow('GET', answer.headers.location);
        }
        assert.equal(answer.status, 200, at.href);
        return JSON.parse(answer.text);
    };
    const overview = await follow('GET', '');
    const jobs = await follow('GET', `${overview.root}jobs`);
    const job = await follow('GET', `${jobs.root}jobs/${encodeSegment('a/b')}`);
    assert.equal(job.params.name, 'a/b');
    const paused = await follow('POST', `${job.root}api/v1/jobs/${encodeSegment('a/b')}/pause`);
    assert.deepEqual([paused.params.name, paused.flash], ['a/b', 'job-paused']);
    const back = await follow('POST', `${paused.root}api/v1/jobs/${encodeSegment('a/b')}/resume?back=jobs`);
    assert.deepEqual([back.pattern, back.flash], ['jobs', 'job-resumed']);
    assert.equal(at.pathname, `${PREFIX}/jobs`);
});
