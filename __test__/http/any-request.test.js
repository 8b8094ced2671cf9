'use strict';

// No request, however odd, is the host's fault: none is answered 500, or with a header that is none.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {siteOptions} = require('../../lib/http/options');
const {splitTarget} = require('../../lib/http/paths');
const {siteRequest} = require('../../lib/http/request');
const {Site} = require('../../lib/http/site');
const {createManager} = require('../support/runs');
const {ASSETS, PAGES} = require('./support');

const API =
    'stats jobs jobs/: jobs/:/run jobs/:/pause jobs/:/resume pause resume runs runs/: runs/:/output runs/:/cancel runs/:/retry upcoming events :';
const OTHERS = 'jobs jobs/: jobs/:/ runs/: assets/: metrics healthz : :/: api api/v1';
const ROUTES = ['', ...OTHERS.split(' '), ...API.split(' ').map((path) => `api/v1/${path}`)];
const SEGMENTS = [
    '',
    'a',
    'a%2Fb',
    '.',
    '..',
    '~..',
    '%2e%2e',
    '%',
    '%zz',
    '%00',
    'é',
    '日',
    '\uD800',
    '__proto__',
    ':x',
    'run'
];
const NAMES =
    'state tag q after limit sort job before from to note catchUp wait output back flash x __proto__'.split(
        ' '
    );
const NUMBERS = '0 1 -1 9999 1e9 NaN 2026-01-01 999999999999999 -8640000000000000 8640000000000001';
const VALUES = [
    ...NUMBERS.split(' '),
    ...'armed failed due % é //x jobs'.split(' '),
    '',
    '\uD800',
    '\n',
    '1'.repeat(400)
];
const HEADERS = [
    {},
    {accept: 'text/html'},
    {'accept-encoding': 'gzip'},
    {'last-event-id': 'x.1'},
    {'if-none-match': '*'}
];
const METHODS = ['GET', 'GET', 'POST', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'odd'];

/** The same requests each time (mulberry32). */
function createRandom(seed) {
    let state = seed;
    return (list) => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return list[((mixed ^ (mixed >>> 14)) >>> 0) % list.length];
    };
}

test('of 5,000 odd requests none is answered 500, and every header is one', async (t) => {
    const {manager, logs} = createManager(t);
    for (const name of ['a', 'a/b', '..', 'é']) {
        await manager.defineJob({name, job: async () => {}, at: 'every day', maxWaiting: 2});
    }
    const site = new Site({
        jobManager: manager,
        options: siteOptions({actions: true}),
        loadPages: () => ({pages: PAGES, assets: ASSETS}),
        isTrusted: true
    });
    const pick = createRandom(42);
    const statuses = new Set();
    for (let index = 0; index < 5_000; index++) {
        const path = pick(ROUTES).replaceAll(':', () => pick(SEGMENTS));
        const parameter = () =>
            `${pick(NAMES)}=${pick([encodeURIComponent, String])(pick(VALUES).toWellFormed())}`;
        const url = `/${path}${pick(['', `?${parameter()}`, `?${parameter()}&${parameter()}`])}`;
        const method = pick(METHODS);
        const {status, headers} = await site.answer(
            siteRequest({
                method,
                path: splitTarget(url).path,
                url,
                headers: pick(HEADERS),
                peer: {isLocal: true},
                source: undefined
            })
        );
        statuses.add(status);
        assert.notEqual(status, 500, `${method} ${JSON.stringify(url)}`);
        for (const [name, value] of Object.entries(headers)) {
            assert.match(value, /^[\u0020-\u007e]*$/, `${name} of ${method} ${JSON.stringify(url)}`);
        }
    }
    for (const status of [200, 202, 204, 303, 308, 400, 404, 405]) {
        assert.ok(statuses.has(status), `none was answered ${status}`);
    }
    assert.deepEqual(
        logs.filter(({level}) => level === 'error'),
        []
    );
});
