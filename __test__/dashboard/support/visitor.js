'use strict';

const assert = require('node:assert/strict');
const {readFileSync} = require('node:fs');

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** WCAG 2.2 AA, and what axe advises besides. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * Opens a window of its own, until the test ends. What its console and its network report as wrong fails the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 * @returns {Promise<import('playwright-core').Page>}
 */
async function openWindow(t, browser, options = {}) {
    const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const wrong = [];
    page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') {
            wrong.push(`${page.url()}: ${message.text()}`);
        }
    });
    page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error}`));
    page.on('dialog', (dialog) => {
        wrong.push(`${page.url()}: a dialog says ${dialog.message()}`);
        void dialog.dismiss();
    });
    t.after(async () => {
        await context.close();
        assert.deepEqual(wrong, []);
    });
    return page;
}

/** That axe finds nothing wrong with a page. */
async function checkAccessible(page, what) {
    await page.evaluate(AXE);
    const {violations} = await page.evaluate(
        (tags) => globalThis.axe.run(document, {runOnly: {type: 'tag', values: tags}}),
        TAGS
    );
    const found = violations.flatMap(({id, nodes}) =>
        nodes.slice(0, 3).map(({html, failureSummary}) => `${id}: ${html.slice(0, 200)} ${failureSummary}`)
    );
    assert.deepEqual(found, [], what);
}

/** The page has its events. */
const isLive = (page) => page.locator('#live[data-state="live"]').waitFor();

module.exports = {checkAccessible, isLive, openWindow};
