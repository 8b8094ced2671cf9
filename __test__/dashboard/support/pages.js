'use strict';

const assert = require('node:assert/strict');
const pages = require('../../../lib/dashboard/pages');
const {segment} = require('../../../lib/dashboard/parts/context');
const {NOW} = require('./fake-manager');

const ALL_ACTIONS = ['run', 'pause', 'resume', 'cancel', 'retry'];
const VOID = new Set(['meta', 'link', 'input', 'br', 'img']);
const ALONE = /^<([a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9:-]*(?:="[^"<>]*")?)*)\s*(\/?)>/;
const END = /^<\/([a-z][a-z0-9]*)>/;

/**
 * @param {string} pattern - of a page
 * @param {object} manager
 * @param {{params?: object, query?: string, actions?: string[], options?: object, flash?: string, user?: string}} [view]
 * @returns {Promise<{status: number, body: string}>}
 */
async function renderPage(
    pattern,
    manager,
    {params = {}, query = '', actions = ALL_ACTIONS, options = {}, flash, user, isAnswering = true} = {}
) {
    const page = pages.find((each) => each.pattern === pattern);
    const path = `/${pattern.replace(':name', segment(params.name ?? '')).replace(':id', segment(params.id ?? ''))}`;
    const rendered = await page.render({
        jobManager: manager,
        cluster: await clusterOf(manager, isAnswering),
        clusterRun: (id) => manager.clusterRun(id),
        params,
        query: new URLSearchParams(query),
        access: {actions: new Set(actions), user},
        root: pattern.includes('/') ? '../' : './',
        options: {showOutput: true, showData: false, ...options},
        flash,
        request: {path}
    });
    const {status, body} = typeof rendered === 'string' ? {status: 200, body: rendered} : rendered;
    assertWellFormed(body);
    return {status, body};
}

/** As `ClusterReader.read` gives it. */
async function clusterOf(manager, isAnswering) {
    const info = await manager.clusterInfo();
    return info && {instance: manager.stats().instance, isAnswering, info, at: NOW};
}

/**
 * That a page has the elements which its templates have, and no others: every tag is written in full, each element is closed
 * within the one that it is in, and nothing is there that the policy of the pages forbids.
 */
function assertWellFormed(page) {
    let rest = page.replace(/^<!doctype html>\s*/, '');
    assert.notEqual(rest, page, 'it begins with a doctype');
    const open = [];
    const ids = new Set();
    while (rest !== '') {
        if (!rest.startsWith('<')) {
            const [text] = /^[^<]+/.exec(rest);
            assert.doesNotMatch(text, />|&(?!(?:amp|lt|gt|quot|#39);)/);
            rest = rest.slice(text.length);
            continue;
        }
        const end = END.exec(rest);
        if (end !== null) {
            assert.equal(end[1], open.pop(), rest.slice(0, 120));
            rest = rest.slice(end[0].length);
            continue;
        }
        const tag = ALONE.exec(rest) ?? assert.fail(`no tag: ${rest.slice(0, 120)}`);
        const [whole, name, attributes, isEmpty] = tag;
        assert.doesNotMatch(attributes, /\s(?:style|on[a-z]+)="/, 'the policy forbids it');
        assert.ok(
            name !== 'style' && (name !== 'script' || attributes.includes('src="')),
            'the policy forbids it'
        );
        const [, id] = /\sid="([^"]*)"/.exec(attributes) ?? [];
        assert.ok(id === undefined || !ids.has(id), `the id "${id}" is there twice`);
        ids.add(id);
        if (!isEmpty && !VOID.has(name)) {
            open.push(name);
        }
        rest = rest.slice(whole.length);
    }
    assert.deepEqual(open, []);
}

/** The text of a page, as it is read. */
const textOf = (page) =>
    page
        .replace(/^[\s\S]*?<main[^>]*>/, '')
        .replaceAll(/<svg class="(?:icon|sprite)[\s\S]*?<\/svg>/g, '')
        .replaceAll(/<[^>]*>/g, ' ')
        .replaceAll(/&lt;/g, '<')
        .replaceAll(/&gt;/g, '>')
        .replaceAll(/&quot;/g, '"')
        .replaceAll(/&#39;/g, "'")
        .replaceAll(/&amp;/g, '&')
        .replaceAll(/[\s\u00a0]+/g, ' ');

module.exports = {ALL_ACTIONS, assertWellFormed, pages, renderPage, textOf};
