'use strict';

/**
 * The frame of the two-package specification: every case is written once and run against this package and against the
 * package it replaces.
 *
 * - `same(title, run)` states a behaviour that both packages share.
 * - `fix(title, {upstream, ours}, run)` states a difference, in words for docs/differences.md; inside the case
 *   `pick({upstream, ours})` gives the value that the package under test must produce.
 *
 * A case gets a context of its own (see `Context`) and leaves nothing running. `COMPAT_PACKAGE=ours` or
 * `COMPAT_PACKAGE=upstream` runs one side only.
 */

const {describe, test} = require('node:test');

const {Context} = require('./support/context');
const {PACKAGES} = require('./support/packages');

/** A case that has not ended by then hangs. No case is expected to come near it. */
const CASE_TIMEOUT_MS = 60_000;

const chapters = [];
let collecting = false;

/**
 * Opens a chapter; its cases run in the order in which they are written.
 *
 * @param {string} title
 * @returns {{same: Function, fix: Function}}
 */
function chapter(title) {
    const entry = {title, cases: []};
    chapters.push(entry);
    const add = (definition) => {
        entry.cases.push(definition);
        if (!collecting) {
            defineCase(title, definition);
        }
    };
    return {
        same: (caseTitle, run) => add({title: caseTitle, run}),
        fix: (caseTitle, results, run) => add({title: caseTitle, results, run})
    };
}

function defineCase(chapterTitle, {title, results, run}) {
    const only = process.env.COMPAT_PACKAGE;
    describe(`${chapterTitle}: ${results ? 'FIX: ' : ''}${title}`, () => {
        for (const target of PACKAGES.filter(({key}) => !only || only === key)) {
            test(target.label, {timeout: CASE_TIMEOUT_MS}, async ({signal}) => {
                const context = new Context(target);
                try {
                    await Promise.race([run(context), aborted(signal)]);
                } finally {
                    await context.dispose();
                }
            });
        }
    });
}

/** Rejects when the runner gives a case up, so that what it has started is ended all the same. */
function aborted(signal) {
    return new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), {once: true});
    });
}

/**
 * The chapters that a set of files define, without running a case.
 *
 * @param {string[]} files absolute paths
 * @returns {{title: string, cases: {title: string, results?: {upstream: string, ours: string}}[]}[]}
 */
function collect(files) {
    collecting = true;
    chapters.length = 0;
    for (const file of files) {
        require(file);
    }
    return [...chapters];
}

module.exports = {chapter, collect};
