'use strict';

// Every link and every form of the pages, followed as a browser would, behind a proxy that strips a prefix.

const assert = require('node:assert/strict');
const http = require('node:http');
const {test} = require('node:test');
const {createDashboard} = require('@tryghost/job-manager/dashboard');
const {failureOf, resultOf} = require('../runs/support');
const {createManager} = require('../support/runs');
const {AS_FORM, send, serve} = require('./support');

const PREFIX = '/tools/a%20b';
const NAMES = [
    'a/b',
    '..',
    '100%',
    '<script>alert(1)</script>',
    '"\'&amp;',
    '\u202Egnp.exe',
    'näme 日本',
    '~.',
    'javascript:alert(1)'
];
const MOST_PAGES = 400;

/** A proxy that serves another server below a prefix, and strips that. */
function stripping(port) {
    return (req, res) => {
        if (!req.url.startsWith(`${PREFIX}/`)) {
            res.writeHead(502).end('outside of the prefix');
            return;
        }
        const path = req.url.slice(PREFIX.length);
        const headers = {...req.headers, 'x-forwarded-for': '10.0.0.1'};
        const passedOn = http.request({port, method: req.method, path, headers}, (answer) => {
            res.writeHead(answer.statusCode, answer.headers);
            answer.pipe(res);
        });
        req.pipe(passedOn);
    };
}

const unescaped = (text) =>
    text.replaceAll(/&(?:#39|#x27|quot|amp|lt|gt);/g, (entity) => {
        const characters = {
            '&#39;': "'",
            '&#x27;': "'",
            '&quot;': '"',
            '&amp;': '&',
            '&lt;': '<',
            '&gt;': '>'
        };
        return characters[entity];
    });

/** The tags of a page, with their attributes. */
function tagsOf(page) {
    return Array.from(page.matchAll(/<([a-z]+)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/g), ([, name, text]) => ({
        name,
        attributes: Object.fromEntries(
            Array.from(text.matchAll(/([\w:-]+)(?:="([^"]*)")?/g), ([, key, value = '']) => [
                key,
                unescaped(value)
            ])
        )
    }));
}

test('every link and form of every page leads on, behind a proxy that strips a prefix', async (t) => {
    const {manager, logs} = createManager(t);
    const dashboard = createDashboard(manager, {
        authorize: () => ({read: true, user: NAMES[3]}),
        actions: true,
        showData: true
    });
    for (const name of NAMES) {
        const job = async (data) => {
            if (data?.fails) {
                throw new Error(name);
            }
            return {[name]: name};
        };
        await manager.defineJob({name, job, at: 'every day at 03:00', description: name, tags: [name]});
        await resultOf(manager, name);
        await failureOf(await manager.runJob(name, {data: {fails: true}}));
    }
    await manager.pauseJob('a/b', {note: NAMES[3]});
    const origin = `http://127.0.0.1:${await serve(t, stripping(await serve(t, dashboard)))}`;
    const {port} = new URL(origin);
    const ask = (method, url) =>
        send(Number(port), method, url.pathname + url.search, {
            headers: {...AS_FORM, origin, 'accept-language': 'en'}
        });

    const waiting = [new URL(`${PREFIX}/`, origin)];
    const known = new Set([waiting[0].href]);
    const forms = new Map();
    const links = new Set();
    let pages = 0;
    while (waiting.length > 0 && pages < MOST_PAGES) {
        const url = waiting.shift();
        const {status, text, headers} = await ask('GET', url);
        assert.equal(status, 200, url.href);
        if (!headers['content-type'].startsWith('text/html')) {
            continue;
        }
        pages += 1;
        for (const {name, attributes} of tagsOf(text)) {
            checkTag(name, attributes, url);
            const link = attributes.href ?? attributes.src ?? attributes['data-events'];
            const target = new URL(link ?? attributes.action ?? '', url);
            assert.ok(target.href.startsWith(`${origin}${PREFIX}/`), `${target.href} of ${url.href}`);
            if (name === 'form' && attributes.method === 'post') {
                forms.set(target.href, target);
            } else if (link !== undefined && !known.has(target.href.split('#')[0])) {
                known.add(target.href.split('#')[0]);
                links.add(target.pathname.slice(PREFIX.length));
                if (!target.pathname.endsWith('/api/v1/events')) {
                    waiting.push(new URL(target.href.split('#')[0]));
                }
            }
        }
    }
    for (const path of [
        '/jobs',
        '/runs',
        '/calendar',
        '/system',
        '/metrics',
        '/jobs/a%2Fb',
        '/jobs/~..',
        '/jobs/~~.'
    ]) {
        assert.ok(links.has(path), `no link leads to ${path}`);
    }
    for (const target of forms.values()) {
        const {status, headers} = await ask('POST', target);
        assert.equal(status, 303, target.href);
        const page = new URL(headers.location, target);
        assert.equal((await ask('GET', page)).status, 200, page.href);
    }
    t.diagnostic(`${pages} pages, ${forms.size} forms`);
    assert.ok(pages > 30 && forms.size > 20);
    assert.deepEqual(
        logs.filter(({level}) => level === 'error' || level === 'warn'),
        []
    );
});

/** Nothing that the Content-Security-Policy would stop, and nothing that a name has put there. */
function checkTag(name, attributes, url) {
    const at = `<${name} ${JSON.stringify(attributes)}> of ${url.href}`;
    assert.equal(name === 'script' && attributes.src === undefined, false, at);
    assert.equal(name === 'style' || 'style' in attributes || 'srcset' in attributes, false, at);
    assert.equal(
        Object.keys(attributes).some((key) => key.startsWith('on')),
        false,
        at
    );
}
