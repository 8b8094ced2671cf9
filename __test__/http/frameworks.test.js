'use strict';

// The same site in every framework, behind the middleware that hosts use: all that it is asked for, the same way.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const http = require('node:http');
const http2 = require('node:http2');
const {test} = require('node:test');
const {createSite} = require('../../lib/http/create-site');
const {resultOf} = require('../runs/support');
const {createManager} = require('../support/runs');
const {AS_FORM, ASSETS, PAGES, StreamClient, send} = require('./support');

const MOUNT = '/admin/jobs';

/** Middleware that hosts have ahead of everything, which reads bodies, compresses, and sets headers of its own. */
function middleware(express) {
    const compression = require('compression');
    const helmet = require('helmet');
    return [helmet(), compression({threshold: 0}), express.json(), express.urlencoded({extended: true})];
}

function expressHost(name) {
    return async (site) => {
        const express = require(name);
        const app = express();
        app.use(...middleware(express));
        app.use(MOUNT, site.handle);
        app.use((req, res) => void res.status(404).send('of the host'));
        return listening(http.createServer(app));
    };
}

/** A router in a router, as larger hosts have it. */
async function expressRouter(site) {
    const express = require('express');
    const app = express();
    app.use(...middleware(express));
    const admin = express.Router();
    admin.use('/jobs', site.handle);
    app.use('/admin', admin);
    app.use((req, res) => void res.status(404).send('of the host'));
    return listening(http.createServer(app));
}

async function fastifyHost(site) {
    const fastify = require('fastify')();
    fastify.get('/', async () => 'of the host');
    fastify.post('/body', async ({body}) => body);
    await fastify.register(site.fastify, {prefix: MOUNT});
    fastify.setNotFoundHandler((_request, reply) => reply.code(404).send('of the host'));
    await fastify.listen({port: 0, host: '127.0.0.1'});
    return fastify.server;
}

async function koaHost(site) {
    const Koa = require('koa');
    const app = new Koa();
    app.use(async (context, next) => {
        context.set('x-host', 'koa');
        await next();
    });
    app.use(site.koa);
    app.use((context) => {
        context.status = 404;
        context.body = 'of the host';
    });
    return listening(http.createServer(app.callback()));
}

/** As the documentation of Koa says it, without the middleware. */
async function koaByHand(site) {
    const Koa = require('koa');
    const app = new Koa();
    app.use((context) => {
        if (context.path.startsWith(MOUNT)) {
            context.respond = false;
            site.handle(context.req, context.res);
        } else {
            context.status = 404;
            context.body = 'of the host';
        }
    });
    return listening(http.createServer(app.callback()));
}

async function honoHost(site) {
    const {Hono} = require('hono');
    const {createAdaptorServer} = require('@hono/node-server');
    const app = new Hono();
    const handle = ({req, env}) => site.fetch(req.raw, env);
    app.all(MOUNT, handle);
    app.all(`${MOUNT}/*`, handle);
    app.notFound((context) => context.text('of the host', 404));
    return listening(createAdaptorServer({fetch: app.fetch}));
}

/** Koa with middleware that takes the mount off, as koa-mount does. */
async function koaMounted(site) {
    const Koa = require('koa');
    const app = new Koa();
    app.use(async (context, next) => {
        const isMounted = context.path.startsWith(MOUNT);
        context.path = isMounted ? context.path.slice(MOUNT.length) || '/' : context.path;
        await (isMounted ? site.koa(context, next) : next());
    });
    app.use((context) => {
        context.status = 404;
        context.body = 'of the host';
    });
    return listening(http.createServer(app.callback()));
}

/** At the root of Express, with a base path of its own. */
async function expressByPath(site) {
    const express = require('express');
    const app = express();
    app.use(...middleware(express));
    app.use(site.handle);
    app.use((req, res) => void res.status(404).send('of the host'));
    return listening(http.createServer(app));
}

async function plainHost(site) {
    return listening(
        http.createServer((req, res) =>
            site.handle(req, res, () => {
                res.writeHead(404).end('of the host');
            })
        )
    );
}

async function listening(server) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
}

const HOSTS = {
    'node:http': {host: plainHost, basePath: MOUNT},
    'Express 4': {host: expressHost('express4')},
    'Express 5': {host: expressHost('express')},
    'a router of Express': {host: expressRouter},
    'Express by path': {host: expressByPath, basePath: MOUNT},
    Fastify: {host: fastifyHost},
    Koa: {host: koaHost, basePath: MOUNT},
    'Koa with a mount': {host: koaMounted},
    'Koa by hand': {host: koaByHand, basePath: MOUNT},
    Hono: {host: honoHost, basePath: MOUNT}
};

for (const [name, {host, basePath}] of Object.entries(HOSTS)) {
    test(`in ${name} pages, the API, forms, files and events are all served`, async (t) => {
        const {manager} = createManager(t);
        const options = {actions: true, basePath};
        const site = createSite({jobManager: manager, options, pages: PAGES, assets: ASSETS});
        const server = await host(site);
        t.after(() => {
            server.close();
            server.closeAllConnections();
        });
        const {port} = server.address();
        await manager.defineJob({name: 'a/b %', job: async () => 'made', at: 'every day'});
        const get = (path, headers) => send(port, 'GET', MOUNT + path, {headers});

        const bare = await get('?q=1');
        assert.equal(new URL(bare.headers.location, `http://x${MOUNT}`).href, `http://x${MOUNT}/?q=1`);
        assert.equal(JSON.parse((await get('/')).text).pattern, './');
        const page = await get('/jobs/a%2Fb%20%25?flash=job-paused');
        assert.deepEqual(JSON.parse(page.text).params, {name: 'a/b %'});
        assert.match(
            page.headers['content-security-policy'],
            /^default-src 'none'; script-src 'self'; style-src 'self'/
        );
        assert.equal(page.headers['referrer-policy'], 'same-origin');
        assert.equal(page.headers['cache-control'], 'no-store');

        assert.equal((await get('/api/v1/jobs/a%2Fb%20%25')).json.name, 'a/b %');
        assert.deepEqual((await get('/api/v1/jobs?limit=0')).status, 400);
        assert.deepEqual((await get('/nope')).status, 404);
        const script = await get('/assets/app-1a2b.js', {'accept-encoding': 'gzip'});
        assert.deepEqual([script.status, script.headers['content-encoding']], [200, 'gzip']);
        const same = await get('/assets/app-1a2b.js', {'if-none-match': '"1a2b"'});
        assert.deepEqual([same.status, same.text], [304, '']);
        const head = await send(port, 'HEAD', `${MOUNT}/api/v1/stats`);
        assert.deepEqual([head.status, head.text], [200, '']);
        const wrong = await send(port, 'PUT', `${MOUNT}/api/v1/stats`, {body: '{}'});
        assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, HEAD, OPTIONS']);

        const client = await StreamClient.open(t, port, {
            path: `${MOUNT}/api/v1/events`,
            headers: {'accept-encoding': 'gzip'}
        });
        assert.equal(client.response.headers['content-encoding'], undefined);
        await client.event('ready');

        const form = await send(port, 'POST', `${MOUNT}/api/v1/jobs/a%2Fb%20%25/pause?note=x`, {
            headers: {...AS_FORM, 'content-type': 'application/x-www-form-urlencoded'},
            body: 'note=of+the+body'
        });
        assert.equal(form.status, 303);
        const target = new URL(form.headers.location, `http://x${MOUNT}/api/v1/jobs/a%2Fb%20%25/pause`);
        assert.equal(target.pathname + target.search, `${MOUNT}/jobs/a%2Fb%20%25?flash=job-paused`);
        assert.equal(manager.job('a/b %').paused.note, 'x');
        // An empty one, as a browser sends it for a form without fields, and one of a type that nobody reads.
        for (const type of ['application/x-www-form-urlencoded', 'application/json', 'text/odd', undefined]) {
            const headers = {...AS_FORM, 'content-length': '0', ...(type && {'content-type': type})};
            const {status} = await send(port, 'POST', `${MOUNT}/api/v1/jobs/a%2Fb%20%25/resume`, {headers});
            assert.equal(status, 303, String(type));
        }
        await resultOf(manager, 'a/b %');
        await client.event('run ended');

        const evil = {'sec-fetch-site': 'cross-site'};
        assert.equal((await send(port, 'POST', `${MOUNT}/api/v1/pause`, {headers: evil})).status, 403);
        assert.equal((await get('/', {host: 'evil.example'})).status, 403);
        assert.equal((await get('/', {'x-forwarded-for': '127.0.0.1'})).status, 403);
        assert.equal((await send(port, 'GET', '/other')).text, 'of the host');

        // A server that is closed waits for its connections: the stream does not hold it up.
        const closed = once(server, 'close');
        server.close();
        await closed;
        await client.ended();
        assert.equal(client.events.at(-1).event, 'shutting down');
    });
}

test('over HTTP/2 the same is served', async (t) => {
    const {manager} = createManager(t);
    const site = createSite({jobManager: manager, options: {actions: true}, pages: PAGES});
    const server = await listening(http2.createServer(site.handle));
    const session = http2.connect(`http://localhost:${server.address().port}`);
    t.after(() => {
        session.destroy();
        server.close();
    });
    const ask = async (headers) => {
        const stream = session.request(headers);
        stream.setEncoding('utf8');
        const [answer] = await once(stream, 'response');
        return {stream, status: answer[':status']};
    };
    assert.equal((await ask({':path': '/api/v1/stats'})).status, 200);
    assert.equal((await ask({':path': '/', ':authority': 'evil.example'})).status, 403);
    const origin = `http://localhost:${server.address().port}`;
    assert.equal((await ask({':path': '/api/v1/pause', ':method': 'POST', origin})).status, 200);
    const {stream} = await ask({':path': '/api/v1/events'});
    const [text] = await once(stream, 'data');
    assert.match(text, /^retry: 3000/);
    await manager.shutdown();
    await once(stream, 'end');
});

test('in a server that hands over a Request alone, only authorize lets it in, and is given that', async (t) => {
    const {manager} = createManager(t);
    const {fetch: closed} = createSite({jobManager: manager, pages: PAGES});
    const refused = await closed(new Request('http://localhost/api/v1/stats'));
    assert.deepEqual([refused.status, (await refused.json()).error.code], [403, 'LOCAL_ONLY']);
    const authorize = (request) => request instanceof Request && request.headers.get('x-user') === 'ada';
    const {fetch: open} = createSite({jobManager: manager, pages: PAGES, options: {authorize}});
    const get = (path, headers) => open(new Request(`http://jobs.example${path}`, {headers}));
    assert.equal((await get('/api/v1/stats', {'x-user': 'ada'})).status, 200);
    assert.equal((await get('/api/v1/stats', {'x-user': 'eve'})).status, 403);
    const controller = new AbortController();
    const request = new Request('http://jobs.example/api/v1/events', {
        headers: {'x-user': 'ada'},
        signal: controller.signal
    });
    const stream = await open(request);
    const reader = stream.body.getReader();
    let text = '';
    while (!text.includes('event: ready')) {
        text += Buffer.from((await reader.read()).value).toString();
    }
    assert.equal(manager.events.listenerCount('run ended'), 1);
    controller.abort();
    assert.equal((await reader.read()).done, true);
});

test('a client of a Request that does not read is told of the gap', async (t) => {
    const {manager} = createManager(t);
    const {fetch: open} = createSite({jobManager: manager, options: {authorize: () => true}});
    const {body} = await open(new Request('http://jobs.example/api/v1/events'));
    const note = 'n'.repeat(100_000);
    for (let index = 0; index < 20; index++) {
        manager.events.emit('all paused', {note});
    }
    let text = '';
    for await (const chunk of body) {
        text += Buffer.from(chunk).toString();
        if (text.includes('event: gap')) {
            break;
        }
    }
    assert.ok(text.length < 600_000, `${text.length} bytes`);
    assert.match(text, /event: gap\ndata: {"missed":1\d}\n/);
});
