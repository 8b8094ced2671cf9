'use strict';

// How the pages of a host in a cluster look in a real Chromium, also while its queue does not answer. Screenshots of all of them
// are written to target/dashboard/, to be looked at.

const assert = require('node:assert/strict');
const {after, before, test} = require('node:test');
const {CHROMIUM, launchChromium} = require('../support/chromium');
const {CLUSTER_ADDRESSES, createSite, fill, joinCluster} = require('./support/site');
const {LOOKS, checkLook, isLive, openWindow} = require('./support/visitor');

test('a cluster that is made up has its page among the others', async (t) => {
    const {manager, url} = await createSite(t);
    joinCluster(manager);
    const pages = await Promise.all(
        ['', 'cluster'].map(async (name) => (await fetch(`${url}/${name}`)).text())
    );
    assert.ok(pages.every((page) => page.includes('href="./cluster"')));
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
        test(`every page of a host in a cluster is in order, ${look}, also while its queue does not answer`, async (t) => {
            const {manager, url} = await createSite(t);
            await fill(manager);
            joinCluster(manager);
            const page = await openWindow(t, browser, options);
            for (const [name, address] of CLUSTER_ADDRESSES) {
                await page.goto(url + address);
                await checkLook(page, {name, look});
            }
            manager.clusterInfo = () => Promise.reject(new Error('away'));
            await page.goto(`${url}/cluster`);
            // The page is made anew when the queue is found not to answer.
            await page.getByText('The queue of the cluster does not answer').waitFor();
            await checkLook(page, {name: 'cluster-away', look});
        });
    }

    test('without JavaScript the page of the cluster is complete, and a run on another host is cancelled by its button', async (t) => {
        const {manager, url} = await createSite(t);
        joinCluster(manager);
        const cancelled = [];
        manager.cancelRun = async (id) => {
            cancelled.push(id);
            return {...(await manager.clusterRun(id)), state: 'stopping'};
        };
        await manager.defineJob({name: 'resize', job: () => 1});
        await manager.runJob('resize').then(({result}) => result);
        const page = await openWindow(t, browser, {javaScriptEnabled: false});
        await page.goto(`${url}/cluster`);
        const row = page.locator('#cluster-run-aaaa1111-q7');
        await row.getByText('Cancel…').click();
        await row.getByRole('button', {name: 'Cancel the run of resize'}).click();
        await page.getByText('The run was asked to stop.').waitFor();
        assert.deepEqual(cancelled, ['aaaa1111-q7']);
        assert.match(page.url(), /\/cluster\?flash=run-cancelling$/);
    });

    test('a page shows what has changed on other hosts', async (t) => {
        const {manager, url} = await createSite(t);
        await manager.defineJob({name: 'resize', job: () => 1});
        const info = joinCluster(manager);
        const page = await openWindow(t, browser);
        await page.goto(`${url}/cluster`);
        await isLive(page);
        await page.locator('#cluster-run-aaaa1111-q7').waitFor();
        info.running.shift();
        await page.locator('#cluster-run-aaaa1111-q7').waitFor({state: 'detached'});
    });
}
