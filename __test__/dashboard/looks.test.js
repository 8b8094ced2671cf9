'use strict';

// How the pages look in a real Chromium: in order for axe, and no wider than a window. Screenshots of all of them are written to
// target/dashboard/, to be looked at.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {after, before, test} = require('node:test');
const {gzipSync} = require('node:zlib');
const assets = require('../../lib/dashboard/assets');
const {ROOT} = require('../../scripts/commands');
const {mainFiles} = require('../../scripts/pack');
const {CHROMIUM, launchChromium} = require('../support/chromium');
const {addressesOf, createSite, fill} = require('./support/site');
const {LOOKS, SCREENSHOTS, checkAccessible, checkLook, isLive, openWindow} = require('./support/visitor');

const MOST_ASSET_BYTES = 12 * 1024;
const MOST_ENTRY_BYTES = 120 * 1024;

test('script and style are at most 12 kB when they are compressed', () => {
    const bytes = assets
        .filter(({path: file}) => /\.(?:js|css)$/.test(file))
        .map(({body}) => gzipSync(body, {level: 9}).length);
    assert.equal(bytes.length, 2);
    assert.ok(bytes[0] + bytes[1] <= MOST_ASSET_BYTES, `${bytes.join(' + ')} bytes`);
});

test('the entry point is at most 120 KiB in the package, and loads nothing until a page is asked for', () => {
    const files = mainFiles().filter((file) => /^lib\/dashboard[./]/.test(file));
    assert.deepEqual(files.toSorted(), [
        'lib/dashboard.d.ts',
        'lib/dashboard.js',
        'lib/dashboard/dashboard.bundle.cjs'
    ]);
    const bytes = files.map((file) => fs.statSync(path.join(ROOT, file)).size);
    const total = bytes.reduce((sum, size) => sum + size, 0);
    assert.ok(total <= MOST_ENTRY_BYTES, `${total} bytes`);
    require('../../lib/dashboard');
    assert.ok(!Object.keys(require.cache).some((file) => file.endsWith('dashboard.bundle.cjs')));
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

    for (const [look, options] of Object.entries(LOOKS)) {
        test(`every page is in order, ${look}: no error of the console, nothing that axe finds, nothing beyond the edge`, async (t) => {
            const {manager, url} = await createSite(t, {dashboard: {showData: true}});
            const ids = await fill(manager);
            const page = await openWindow(t, browser, options);
            for (const [name, address] of addressesOf(ids)) {
                await page.goto(url + address);
                await checkLook(page, {name, look});
            }
        });
    }

    test('1,000 jobs and 10,000 runs fit on the pages', async (t) => {
        const {manager, url} = await createSite(t);
        const names = Array.from({length: 1_000}, (_, index) => `job-${index}`);
        for (const [index, name] of names.entries()) {
            const at = ['every 5 minutes', 'at 02:30', 'every hour', 'every minute'][index % 4];
            await manager.defineJob({
                name,
                at,
                job: ({fail} = {}) => (fail ? Promise.reject(new Error('no')) : 1)
            });
        }
        for (let round = 0; round < 10; round++) {
            const asked = names.map((name, index) =>
                manager.runJob(name, {data: {fail: (index + round) % 37 === 0}})
            );
            const runs = await Promise.all(asked);
            await Promise.allSettled(runs.map(({result}) => result));
        }
        const page = await openWindow(t, browser);
        for (const name of ['', 'jobs', 'runs', 'calendar']) {
            await page.goto(`${url}/${name}`);
            await isLive(page);
            await checkAccessible(page, name);
            await page.screenshot({
                path: path.join(SCREENSHOTS, `many-${name || 'overview'}.png`),
                fullPage: true
            });
        }
        await page.goto(`${url}/jobs`);
        await page.getByRole('link', {name: 'Next page'}).click();
        await page.getByRole('link', {name: 'First page'}).waitFor();
    });

    test('a manager without jobs has pages that say what to do', async (t) => {
        const {manager, url} = await createSite(t, {dashboard: {actions: false}});
        const page = await openWindow(t, browser);
        for (const name of ['', 'jobs', 'runs', 'calendar', 'system']) {
            await page.goto(`${url}/${name}`);
            await isLive(page);
            await checkAccessible(page, name);
            await page.screenshot({
                path: path.join(SCREENSHOTS, `empty-${name || 'overview'}.png`),
                fullPage: true
            });
        }
        await page.goto(url);
        await isLive(page);
        await manager.defineJob({name: 'first', at: 'every hour', job: () => 1});
        await page.locator('#card-next-day').getByRole('link', {name: 'first'}).waitFor();
    });
}
