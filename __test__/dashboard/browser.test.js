'use strict';

// The pages in a real Chromium: that they stay up to date, and that nothing is needed to use them but a keyboard.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const {after, before, test} = require('node:test');
const {OF_CLUSTER, messagesOf} = require('../../lib/http/event-messages');
const {ROOT} = require('../../scripts/commands');
const {CHROMIUM, launchChromium} = require('../support/chromium');
const {HOSTILE, PRINTER, addressesOf, createSite, fill} = require('./support/site');
const {isLive, openWindow} = require('./support/visitor');

/** From an event of the manager until a page shows it. */
const LIVE_LIMIT_MS = 1_000;
const ROUNDS = 5;

test('the script listens to every event that the stream sends', () => {
    const source = fs.readFileSync(path.join(ROOT, 'lib/dashboard/client/live.js'), 'utf8');
    const lists = Array.from(source.matchAll(/_EVENTS = \[([^\]]*)\]/g), ([, list]) => list).join();
    const heard = Array.from(lists.matchAll(/'([^']+)'/g), ([, name]) => name);
    const sent = [...Object.keys(messagesOf({})), OF_CLUSTER, 'ready', 'reset', 'gap'];
    assert.deepEqual(heard.toSorted(), sent.toSorted());
});

if (CHROMIUM !== undefined) {
    testInBrowser();
}

function testInBrowser() {
    let browser;
    before(async () => {
        browser = await launchChromium();
    });
    after(() => browser?.close());

    test('every page is complete without JavaScript, and its buttons work', async (t) => {
        const {manager, url} = await createSite(t);
        const ids = await fill(manager);
        const page = await openWindow(t, browser, {javaScriptEnabled: false});
        for (const [name, address] of addressesOf(ids)) {
            await page.goto(url + address);
            assert.ok((await page.locator('main').innerText()).length > 100, name);
            assert.equal(await page.locator('#live').isVisible(), false, name);
        }
        await page.goto(`${url}/jobs/resize`);
        await page.getByRole('button', {name: 'Run now resize'}).click();
        await page.getByText('The run was accepted.').waitFor();
        assert.match(page.url(), /\/jobs\/resize\?flash=run-accepted$/);
        await page.goto(`${url}/runs/${ids.running}`);
        await page.getByText('Cancel…').click();
        const ended = eventOf(manager, 'run ended', ({run}) => run.id === ids.running);
        await page.getByRole('button', {name: 'Cancel the run of long'}).click();
        assert.equal((await ended).run.state, 'cancelled');
        await page.goto(`${url}/jobs`);
        await page.getByLabel('Name').fill('resi');
        await page.getByRole('button', {name: 'Show'}).click();
        assert.equal(await page.locator('tbody tr').count(), 1);
    });

    test('a page shows within a second that a run has begun, has got on and has ended', async (t) => {
        const {manager, url} = await createSite(t);
        let steps;
        await manager.defineJob({
            name: 'steps',
            job: (_data, run) =>
                new Promise((resolve) => {
                    steps = {progress: (value) => run.progress(value, 'on its way'), end: resolve};
                })
        });
        const page = await openWindow(t, browser);
        // The page is asked for anew when the events begin.
        const isUpToDate = page.waitForResponse((response) => response.request().resourceType() === 'fetch');
        await page.goto(url);
        await isLive(page);
        await isUpToDate;
        const row = page.locator('#card-running tbody tr');
        const took = {begun: [], 'got on': [], ended: []};
        const shows = async (what, act, locator) => {
            const began = performance.now();
            await act();
            await locator.waitFor();
            took[what].push(Math.round(performance.now() - began));
        };
        for (let round = 0; round < ROUNDS; round++) {
            await shows('begun', () => manager.runJob('steps'), row.getByRole('link', {name: 'steps'}));
            await shows('got on', async () => steps.progress(0.42), row.getByText('on its way'));
            assert.equal(await row.locator('progress').getAttribute('value'), '0.42');
            await shows('ended', async () => steps.end(), page.getByText('Nothing runs'));
        }
        const label = await page.locator('#card-timeline .timeline').getAttribute('aria-label');
        assert.match(label, /5 completed/);
        for (const [what, times] of Object.entries(took)) {
            // Other tests have the processor now and then.
            const median = times.toSorted((one, other) => one - other)[Math.floor(ROUNDS / 2)];
            assert.ok(median <= LIVE_LIMIT_MS, `${what}: ${times.join(', ')} ms`);
        }
    });

    test('what has changed is marked, and what the visitor has opened, typed and focused stays', async (t) => {
        const {manager, url} = await createSite(t);
        const ids = await fill(manager);
        const page = await openWindow(t, browser);
        await page.goto(`${url}/runs/${ids.running}`);
        await isLive(page);
        await page.getByText('Cancel…').click();
        await page.goto(`${url}/jobs`);
        await isLive(page);
        await page.getByLabel('Name').fill('typed');
        await manager.runJob('resize');
        await page.locator('tr.changed').first().waitFor();
        assert.equal(await page.getByLabel('Name').inputValue(), 'typed');
        assert.equal(await page.evaluate(() => document.activeElement.name), 'q');
        await page.goto(`${url}/runs/${ids.printing}`);
        await isLive(page);
        await page.getByText('Cancel…').click();
        print(manager, 'backup', 'a new line');
        await page.locator('#lines').getByText('a new line').waitFor();
        assert.equal(await page.locator('details.ask').getAttribute('open'), '');
    });

    test('output is followed as it comes, without escape sequences, until the visitor scrolls up', async (t) => {
        const {manager, url} = await createSite(t);
        await manager.addJob({name: 'printer', job: PRINTER, output: 'capture'});
        const {runId} = await eventOf(manager, 'run output');
        const page = await openWindow(t, browser);
        await page.goto(`${url}/runs/${runId}`);
        await isLive(page);
        assert.equal(await page.locator('#lines li').first().innerText(), 'ready <b>');
        const isAtEnd = () =>
            page.evaluate(() => {
                const {scrollHeight, scrollTop, clientHeight} = document.getElementById('lines');
                return scrollHeight - scrollTop - clientHeight < 2 && scrollTop > 0;
            });
        print(manager, 'printer', 'line\n'.repeat(100) + HOSTILE);
        await page.locator('#lines').getByText('onerror').waitFor();
        assert.equal(await isAtEnd(), true);
        assert.equal(await page.locator('#lines li').count(), 102);
        await page.locator('#lines').hover();
        await page.mouse.wheel(0, -400);
        await page.waitForFunction(() => !document.getElementById('follow').checked);
        print(manager, 'printer', 'the last one');
        await page.locator('#lines').getByText('the last one').waitFor({state: 'attached'});
        assert.equal(await isAtEnd(), false);
        await page.getByLabel('Follow').check();
        assert.equal(await isAtEnd(), true);
        const download = page.waitForEvent('download');
        await page.getByRole('link', {name: 'Download'}).click();
        const text = fs.readFileSync(await (await download).path(), 'utf8');
        assert.match(text, /^ready <b>\nline\n/);
        print(manager, 'printer', 'end');
        await page.locator('#state').getByText('completed').waitFor();
        assert.equal(await page.locator('#live').isVisible(), false, 'nothing changes any more');
    });

    test('a page that is paused stays as it is, and says when the host is away', async (t) => {
        const {manager, server, url} = await createSite(t);
        await manager.defineJob({name: 'quick', job: () => 1});
        const page = await openWindow(t, browser);
        await page.goto(`${url}/runs`);
        await isLive(page);
        await page.getByRole('button', {name: 'Live'}).click();
        await page.locator('#live[data-state="paused"]').waitFor();
        assert.equal(await page.locator('#live').innerText(), 'Paused');
        const run = await manager.runJob('quick');
        await run.result;
        await page.getByText('Nothing has run yet').waitFor();
        await page.getByRole('button', {name: 'Paused'}).click();
        await page.locator(`[id="run-${run.id}"]`).waitFor();
        await isLive(page);
        // The browser reports the connection that breaks, as it should.
        page.removeAllListeners('console');
        server.close();
        server.closeAllConnections();
        await page.locator('#live[data-state="lost"]').waitFor();
        assert.equal(await page.locator('#live').innerText(), 'Reconnecting');
        assert.ok(await page.locator(`[id="run-${run.id}"]`).isVisible(), 'what was known stays');
    });

    test('a window that is hidden asks for nothing, and is up to date when it is seen again', async (t) => {
        const {manager, url} = await createSite(t);
        await manager.defineJob({name: 'quick', job: () => 1});
        const page = await openWindow(t, browser);
        const isUpToDate = page.waitForResponse((response) => response.request().resourceType() === 'fetch');
        await page.goto(`${url}/runs`);
        await isUpToDate;
        const show = (isHidden) =>
            page.evaluate((value) => {
                Object.defineProperty(document, 'hidden', {configurable: true, value});
                document.dispatchEvent(new Event('visibilitychange'));
            }, isHidden);
        await show(true);
        const asked = [];
        page.on('request', (request) => asked.push(request.url()));
        const run = await manager.runJob('quick');
        await run.result;
        // A page that listened would have been told by now: an answer of the host comes after the event.
        await page.evaluate((address) => fetch(address), `${url}/healthz`);
        assert.deepEqual(asked, [`${url}/healthz`]);
        await show(false);
        await page.locator(`[id="run-${run.id}"]`).waitFor();
    });

    test('the pages work under another path, behind a proxy that takes a part of it away', async (t) => {
        const {manager, url} = await createSite(t, {dashboard: {authorize: () => true}});
        await manager.defineJob({name: 'a/b c', job: () => 1});
        const proxy = http.createServer((req, res) => {
            const path = req.url.replace(/^\/ops\/jobs/, '');
            const {port} = new URL(url);
            const headers = {...req.headers, 'x-forwarded-for': '10.0.0.1'};
            const passedOn = http.request({port, path, method: req.method, headers}, (answer) => {
                res.writeHead(answer.statusCode, answer.headers);
                answer.pipe(res);
            });
            // The browser may leave a page whose stream is still open.
            passedOn.on('error', () => res.destroy());
            req.pipe(passedOn);
            res.on('close', () => passedOn.destroy());
        });
        await new Promise((resolve) => {
            proxy.listen(0, '127.0.0.1', resolve);
        });
        t.after(() => {
            proxy.close();
            proxy.closeAllConnections();
        });
        const page = await openWindow(t, browser);
        await page.goto(`http://127.0.0.1:${proxy.address().port}/ops/jobs/`);
        await isLive(page);
        await page.getByRole('navigation', {name: 'Pages'}).getByRole('link', {name: 'Jobs'}).click();
        await page.getByRole('link', {name: 'a/b c'}).click();
        await page.getByRole('button', {name: 'Run now'}).click();
        await page.getByText('The run was accepted.').waitFor();
        assert.match(page.url(), /\/ops\/jobs\/jobs\/a%2Fb%20c$/);
        await page.locator('table').getByText('completed').waitFor();
    });

    test('everything can be done by keyboard alone', async (t) => {
        const {manager, url} = await createSite(t);
        const ids = await fill(manager);
        const page = await openWindow(t, browser);
        await page.goto(`${url}/runs/${ids.running}`);
        await page.keyboard.press('Tab');
        assert.equal(await focused(page), 'Skip to the content');
        assert.ok(await page.getByText('Skip to the content').isVisible());
        await page.keyboard.press('Enter');
        await tabTo(page, 'Cancel…');
        await page.keyboard.press('Enter');
        await page.getByRole('button', {name: 'Cancel the run of long'}).waitFor();
        await page.keyboard.press('Escape');
        assert.equal(await page.locator('details.ask[open]').count(), 0);
        assert.match(await focused(page), /^Cancel…/);
        await page.keyboard.press('Enter');
        await tabTo(page, 'Cancel the run of long');
        await page.keyboard.press('Enter');
        await page
            .getByText('The run was asked to stop.')
            .or(page.getByText('The run was cancelled.'))
            .waitFor();
        await page.goto(`${url}/jobs`);
        await tabTo(page, 'Run now resize');
        await page.keyboard.press('Enter');
        await page.getByText('The run was accepted.').waitFor();
        assert.equal(new URL(page.url()).search, '', 'the message is not asked for again');
        await page.goto(`${url}/runs/${ids.printing}`);
        await tabTo(page, 'Lines of the output');
        assert.notEqual(
            await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle),
            'none'
        );
        await tabPast(page);
    });

    test("times are those of the visitor's zone, or of the zone that the host has chosen", async (t) => {
        const {manager, url} = await createSite(t);
        await manager.defineJob({name: 'noon', at: 'every day at 12:00', timezone: 'UTC', job: () => 1});
        const visitor = await openWindow(t, browser, {timezoneId: 'Asia/Kolkata'});
        await visitor.goto(`${url}/jobs/noon`);
        assert.match(
            await visitor.locator('#card-due tbody tr').first().innerText(),
            /12:00:00 UTC\s.*17:30:00/
        );
        const fixed = await createSite(t, {dashboard: {timezone: 'America/Sao_Paulo'}});
        await fixed.manager.defineJob({
            name: 'noon',
            at: 'every day at 12:00',
            timezone: 'UTC',
            job: () => 1
        });
        await visitor.goto(`${fixed.url}/jobs/noon`);
        assert.match(
            await visitor.locator('#card-due tbody tr').first().innerText(),
            /12:00:00 UTC\s.*09:00:00/
        );
    });
}

/** @returns {Promise<any>} the next event that is meant */
const eventOf = (manager, name, isMeant = () => true) =>
    new Promise((resolve) => {
        const listener = (event) => {
            if (isMeant(event)) {
                manager.events.off(name, listener);
                resolve(event);
            }
        };
        manager.events.on(name, listener);
    });

/** Has a run of printer.js print a text. */
const print = (manager, job, text) => manager.bree.workers.get(job).postMessage(text);

const focused = (page) =>
    page.evaluate(() => {
        const {activeElement} = document;
        return (activeElement.getAttribute('aria-label') ?? activeElement.textContent).trim();
    });

/** Presses Tab until something has the focus. */
async function tabTo(page, label) {
    const passed = [];
    while (passed.length < 200) {
        await page.keyboard.press('Tab');
        const name = await focused(page);
        if (name.startsWith(label)) {
            return;
        }
        passed.push(name);
    }
    assert.fail(`"${label}" is not reached by Tab, only ${passed.join(', ')}`);
}

/** That the focus can leave what has it. */
async function tabPast(page) {
    const was = await focused(page);
    await page.keyboard.press('Tab');
    assert.notEqual(await focused(page), was);
}
