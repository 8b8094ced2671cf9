'use strict';

// The entry point, and what it says of wrong options.

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const path = require('node:path');
const {test} = require('node:test');
const {createManager} = require('../support/runs');
const {createDashboard} = require('@tryghost/job-manager/dashboard');
const {send, serve} = require('./support');

const ROOT = path.join(__dirname, '../..');

test('wrong options are refused, and the error says what is right', async (t) => {
    const {manager} = createManager(t);
    for (const [options, text] of [
        [
            {actions: 'all'},
            /"actions" of createDashboard\(\) must be true, false, or a list such as \['run', 'cancel'\], got the string "all"/
        ],
        [{actions: ['run', 'cancle']}, /'retry', got the string "cancle"\. Did you mean "cancel"\?/],
        [{actions: [null]}, /got null/],
        [{authorize: true}, /"authorize" of createDashboard\(\) must be a function, got true/],
        [{basePath: 'dashboard'}, /"basePath".* such as "\/dashboard"/],
        [{basePath: '/jobs?x'}, /"basePath"/],
        [{timezone: 'Europe/Lodnon'}, /"timezone".* such as "Europe\/London"/],
        [{trustedOrigins: 'https://a.example'}, /"trustedOrigins".* a list of origins/],
        [
            {trustedOrigins: ['a.example']},
            /origins such as "https:\/\/admin\.example\.com", got the string "a\.example"/
        ],
        [{trustedOrigins: ['https://a.example/path']}, /got the string "https:\/\/a\.example\/path"/],
        [{trustedOrigins: ['file:///x']}, /trustedOrigins/],
        [{redact: 'token'}, /"redact"/],
        [{showData: 1}, /"showData"/],
        [{readOnly: true}, /"readOnly" of createDashboard\(\) is not known: .*"actions"/],
        [null, /createDashboard\(\) takes an object/]
    ]) {
        assert.throws(() => createDashboard(manager, options), {code: 'INVALID_OPTION', message: text});
    }
    for (const wrong of [undefined, {}, null, 'manager', {jobs() {}}]) {
        assert.throws(() => createDashboard(wrong), {
            code: 'INVALID_OPTION',
            message: /takes a JobManager first/
        });
    }
});

test('a misspelt option is warned about, once', async (t) => {
    const {manager, logs} = createManager(t);
    createDashboard(manager, {autorize: () => true});
    const [{level, text}] = logs;
    assert.equal(level, 'warn');
    assert.match(
        text,
        /"autorize" of createDashboard\(\) is not known and has no effect\. Did you mean "authorize"\?/
    );
});

test('a dashboard is a handler, and has one for each kind of server', async (t) => {
    const {manager} = createManager(t);
    const dashboard = createDashboard(manager, {basePath: '/a/', trustedOrigins: ['https://a.example/']});
    const port = await serve(t, dashboard);
    assert.equal((await send(port, 'GET', '/a/healthz')).text, 'ok\n');
    const passed = await serve(t, (req, res) => dashboard(req, res, () => res.end('passed')));
    assert.equal((await send(passed, 'GET', '/')).text, 'passed');
    for (const name of ['fetch', 'fastify', 'koa', 'listen']) {
        assert.equal(typeof dashboard[name], 'function', name);
    }
    const server = await dashboard.listen({port: 0});
    t.after(() => server.close());
    assert.equal((await send(server.address().port, 'GET', '/a/healthz')).text, 'ok\n');
});

test('the entry point loads nothing of the package itself, and no page until one is asked for', () => {
    const script = `
        require('@tryghost/job-manager/dashboard');
        const inLib = (file) => require('node:path').relative(${JSON.stringify(path.join(ROOT, 'lib'))}, file);
        console.log(JSON.stringify(Object.keys(require.cache).map(inLib)));
    `;
    const files = JSON.parse(execFileSync(process.execPath, ['-e', script], {cwd: ROOT, encoding: 'utf8'}));
    const known = new Set(['dashboard.js', 'host', 'http', 'wire']);
    assert.deepEqual(
        files.filter((file) => !known.has(file.split(path.sep)[0])),
        []
    );
    assert.equal(
        files.some((file) => /bundle|\.node$|manager/.test(file)),
        false
    );
});
