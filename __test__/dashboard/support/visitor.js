'use strict';

const assert = require('node:assert/strict');
const {mkdirSync, readFileSync} = require('node:fs');
const path = require('node:path');
const {ROOT} = require('../../../scripts/commands');

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

const SCREENSHOTS = path.join(ROOT, 'target', 'dashboard');
/** In which the pages are looked at. */
const LOOKS = {
    light: {colorScheme: 'light'},
    dark: {colorScheme: 'dark'},
    narrow: {viewport: {width: 320, height: 640}},
    contrast: {forcedColors: 'active', reducedMotion: 'reduce'}
};

/**
 * That a page is in order for axe and no wider than the window; takes its screenshot.
 *
 * @param {import('playwright-core').Page} page
 * @param {{name: string, look: keyof typeof LOOKS}} shown
 */
async function checkLook(page, {name, look}) {
    await page.locator('#live[data-state="live"], #live[hidden]').first().waitFor({state: 'attached'});
    // With colours of the system there are none to be checked.
    if (look !== 'contrast') {
        await checkAccessible(page, `${name} ${look}`);
    }
    const beyond = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth
    );
    assert.equal(beyond, 0, `${name} is ${beyond} px wider than the window`);
    mkdirSync(SCREENSHOTS, {recursive: true});
    await page.screenshot({path: path.join(SCREENSHOTS, `${name}-${look}.png`), fullPage: true});
}

/** The page has its events. */
const isLive = (page) => page.locator('#live[data-state="live"]').waitFor();

module.exports = {LOOKS, SCREENSHOTS, checkAccessible, checkLook, isLive, openWindow};
