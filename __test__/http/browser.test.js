'use strict';

// What a browser lets pages of other sites do to a dashboard, and what this lets them.

const assert = require('node:assert/strict');
const {after, before, test} = require('node:test');
const {createDashboard} = require('@tryghost/job-manager/dashboard');
const {CHROMIUM} = require('../support/chromium');
const {createManager} = require('../support/runs');
const {serve} = require('./support');

if (CHROMIUM !== undefined) {
    testInBrowser();
}

/** The dashboard of a manager with one job. */
async function createSite(t, options) {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'backup', job: async () => {}, at: 'every day'});
    const seen = [];
    const dashboard = createDashboard(manager, {actions: true, ...options});
    const port = await serve(t, (req, res) => {
        res.on('close', () =>
            seen.push({request: `${req.method} ${req.url}`, status: res.statusCode, headers: req.headers})
        );
        dashboard(req, res);
    });
    return {manager, port, seen};
}

/** A page of another site, whose script tries everything. @returns {Promise<number>} its port */
function createAttacker(t, target) {
    const run = `${target}/api/v1/jobs/backup/run`;
    const script = `
        const tries = [
            fetch('${run}', {method: 'POST', mode: 'no-cors', credentials: 'include'}),
            fetch('${run}', {method: 'POST', mode: 'cors'}),
            fetch('${run}', {method: 'POST', headers: {authorization: 'x'}}),
            fetch('${target}/api/v1/jobs', {mode: 'no-cors'}).then((answer) => answer.text()),
            fetch('${target}/api/v1/jobs').then((answer) => answer.text()),
            new Promise((resolve) => {
                new EventSource('${target}/api/v1/events').onerror = resolve;
            }),
            new Promise((resolve) => {
                const image = new Image();
                image.onerror = resolve;
                image.src = '${target}/api/v1/stats';
            })
        ];
        Promise.allSettled(tries).then((results) => {
            globalThis.texts = results.map(({value}) => (typeof value === 'string' ? value : '')).join('');
        });`;
    const page = `<!doctype html><meta charset=utf-8><iframe src="${target}/"></iframe>
        <form method=post action="${run}"><button>click me</button></form><script>${script}</script>`;
    return serve(t, (req, res) => void res.setHeader('content-type', 'text/html').end(page));
}

function testInBrowser() {
    let browser;
    before(async () => {
        const {chromium} = require('playwright-core');
        browser = await chromium.launch({
            executablePath: CHROMIUM,
            chromiumSandbox: process.getuid?.() !== 0,
            args: ['--disable-dev-shm-usage', '--host-resolver-rules=MAP *.example 127.0.0.1']
        });
    });
    after(() => browser?.close());

    async function openWindow(t) {
        const context = await browser.newContext();
        t.after(() => context.close());
        const page = await context.newPage();
        page.setDefaultTimeout(10_000);
        return page;
    }

    for (const [what, host, options] of [
        ['on this machine', 'localhost', {}],
        // A browser does not say there which site a request comes from, only the origin.
        ['on a network without HTTPS', 'jobs.example', {authorize: () => true}]
    ]) {
        test(`a page of another site can neither act, nor read, nor frame: ${what}`, async (t) => {
            const {manager, port, seen} = await createSite(t, options);
            const attacker = await createAttacker(t, `http://${host}:${port}`);
            const page = await openWindow(t);
            await page.goto(`http://attacker.example:${attacker}/`);
            await page.waitForFunction(() => globalThis.texts !== undefined);
            assert.equal(await page.evaluate(() => globalThis.texts), '');
            const frame = page.frames().find((one) => one !== page.mainFrame());
            assert.equal((await frame.content()).includes('backup'), false);
            const answer = page.waitForResponse((response) => response.request().method() === 'POST');
            await page.getByRole('button').click();
            assert.equal((await answer).status(), 403);
            const posts = seen.filter(({request}) => request.startsWith('POST'));
            assert.ok(posts.length >= 2);
            for (const {request, status} of posts) {
                assert.equal(status, 403, request);
            }
            assert.deepEqual(manager.runs(), []);
        });

        test(`the buttons of its own pages work: ${what}`, async (t) => {
            const {manager, port, seen} = await createSite(t, options);
            const page = await openWindow(t);
            await page.goto(`http://${host}:${port}/jobs/backup`);
            await page.getByRole('button', {name: 'Run now'}).first().click();
            await page.locator('.flash').waitFor();
            assert.equal(manager.runs().length, 1);
            const {headers} = seen.find(({request}) => request.startsWith('POST'));
            assert.equal(headers.origin, `http://${host}:${port}`);
            assert.equal(headers['sec-fetch-site'], host === 'localhost' ? 'same-origin' : undefined);
        });
    }

    test('a name that leads to this machine is none of its names: DNS rebinding', async (t) => {
        const {port, seen} = await createSite(t, {});
        const page = await openWindow(t);
        const answer = await page.goto(`http://rebound.example:${port}/jobs`);
        assert.equal(answer.status(), 403);
        assert.match(
            await page.textContent('body'),
            /"rebound\.example:\d+", which is no name of the loopback interface/
        );
        const status = await page.evaluate(() =>
            fetch('/api/v1/jobs/backup/run', {method: 'POST'}).then((response) => response.status)
        );
        assert.equal(status, 403);
        assert.ok(seen.length >= 2);
    });
}
