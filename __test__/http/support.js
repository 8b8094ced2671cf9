'use strict';

const http = require('node:http');
const {once} = require('node:events');
const {createSite} = require('../../lib/http/create-site');
const {createManager} = require('../support/runs');

/** Pages that show what they were given. */
const PAGES = ['./', 'jobs', 'jobs/:name', 'runs', 'runs/:id'].map((pattern) => ({
    pattern,
    render: ({params, query, access, root, options, flash, request}) =>
        JSON.stringify({
            pattern,
            params,
            query: String(query),
            actions: [...access.actions],
            user: access.user,
            root,
            options: {...options, redact: typeof options.redact},
            flash,
            request
        })
}));
const ASSETS = [
    {
        path: 'assets/app-1a2b.js',
        type: 'text/javascript; charset=utf-8',
        body: 'go();'.repeat(100),
        etag: '"1a2b"'
    }
];
/** What a program sends that may change something. */
const AS_PROGRAM = {authorization: 'Bearer token'};
/** What a browser sends with a form of the site's own pages. */
const AS_FORM = {'sec-fetch-site': 'same-origin', accept: 'text/html,application/xhtml+xml'};

/**
 * Sends one request on a connection of its own, its path as it is.
 *
 * @param {number | string} to - a port of 127.0.0.1, or a socket file
 * @returns {Promise<{status: number, headers: object, text: string, json: any}>}
 */
async function send(to, method, path, {headers = {}, body, host = '127.0.0.1'} = {}) {
    const where = typeof to === 'string' ? {socketPath: to} : {host, port: to};
    const request = http.request({...where, method, path, headers, agent: false});
    request.end(body);
    const [response] = await once(request, 'response');
    let text = '';
    for await (const chunk of response.setEncoding('latin1')) {
        text += chunk;
    }
    text = Buffer.from(text, 'latin1').toString();
    const isJson = (response.headers['content-type'] ?? '').startsWith('application/json');
    return {
        status: response.statusCode,
        headers: response.headers,
        text,
        json: isJson && text !== '' ? JSON.parse(text) : undefined
    };
}

/** Serves a handler of node:http until the test ends. @returns {Promise<number>} its port */
async function serve(t, handle, host = '127.0.0.1') {
    const server = http.createServer(handle);
    server.listen(0, host);
    await once(server, 'listening');
    t.after(() => {
        server.close();
        server.closeAllConnections();
    });
    return server.address().port;
}

/**
 * A manager and its site, served by node:http.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [options] - of the dashboard; by default everything may be done
 */
async function createServed(t, options = {}, {manager: managerOptions, ...parts} = {}) {
    const {manager, logs, ...rest} = createManager(t, managerOptions);
    const site = createSite({
        jobManager: manager,
        options: {actions: true, ...options},
        pages: PAGES,
        assets: ASSETS,
        ...parts
    });
    const port = await serve(t, site.handle);
    const api = (method, path, headers = AS_PROGRAM) => send(port, method, path, {headers});
    return {manager, logs, site, port, api, ...rest};
}

/** A client of the event stream. */
class StreamClient {
    #request;
    #text = '';
    #events = [];
    #waiting = [];
    response;
    hasEnded = false;

    constructor(request) {
        this.#request = request;
    }

    /** @returns {Promise<StreamClient>} once the answer has begun */
    static async open(t, port, {path = '/api/v1/events', headers = {}} = {}) {
        const request = http.get({host: '127.0.0.1', port, path, headers, agent: false});
        const client = new StreamClient(request);
        t.after(() => client.close());
        request.on('error', () => {});
        const [response] = await once(request, 'response');
        client.response = response;
        response.setEncoding('utf8');
        response.on('data', (text) => client.#take(text));
        response.on('error', () => {});
        response.on('close', () => {
            client.hasEnded = true;
            client.#wake();
        });
        return client;
    }

    /** All events so far. */
    get events() {
        return this.#events;
    }

    /** Everything that was received. */
    get text() {
        return this.#text;
    }

    /** Waits for the first event of this kind. */
    event(name, isMeant = () => true) {
        return this.until(`event ${name}`, () =>
            this.#events.find((event) => event.event === name && isMeant(event.data))
        );
    }

    ended() {
        return this.until('the end', () => this.hasEnded);
    }

    async until(what, find) {
        for (;;) {
            const found = find();
            if (found) {
                return found;
            }
            if (this.hasEnded) {
                throw new Error(`the stream has ended before ${what}`);
            }
            await new Promise((resolve) => {
                this.#waiting.push(resolve);
            });
        }
    }

    pause() {
        this.response.pause();
    }

    close() {
        this.#request.destroy();
    }

    #take(text) {
        this.#text += text;
        const blocks = this.#text.slice(this.#taken).split('\n\n');
        for (const block of blocks.slice(0, -1)) {
            this.#taken += block.length + 2;
            const fields = Object.fromEntries(
                block.split('\n').map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 2)])
            );
            if (fields.event !== undefined) {
                this.#events.push({...fields, data: JSON.parse(fields.data)});
            }
        }
        this.#wake();
    }

    #taken = 0;

    #wake() {
        for (const resolve of this.#waiting.splice(0)) {
            resolve();
        }
    }
}

module.exports = {AS_FORM, AS_PROGRAM, ASSETS, PAGES, StreamClient, createServed, send, serve};
