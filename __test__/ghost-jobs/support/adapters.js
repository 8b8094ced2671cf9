'use strict';

const path = require('node:path');
const logging = require('@tryghost/logging');
const GhostJobs = require('../../../lib/ghost-jobs');
const {temporaryFolder} = require('../../support/temporary-folder');

/**
 * How Ghost passes a job to an adapter.
 *
 * @typedef {object} Shape
 * @property {string} name
 * @property {(adapter: object, job: object, queue?: string, id?: string) => Promise<void>} enqueue
 * @property {(adapter: object, job: object, cron: string, queue?: string) => Promise<void>} schedule
 */

let sent = 0;
const routing = (queue) => (queue === undefined ? undefined : {queue});
const dispatch = (job, queue) => ({
    version: 1,
    payload: queue === undefined ? {job} : {job, routing: {queue}}
});

/** @type {Shape} that of Ghost 6.65 */
const OLD = {
    name: 'enqueue(job, routing)',
    enqueue: async (adapter, job, queue) => adapter.enqueue(job, routing(queue)),
    schedule: async (adapter, job, cron, queue) => adapter.scheduleRecurring(job, {cron}, routing(queue))
};

/** @type {Shape} that of Ghost's newer source */
const NEW = {
    name: 'enqueue(id, dispatch)',
    enqueue: async (adapter, job, queue, id = `dispatch ${sent++}`) =>
        adapter.enqueue(id, dispatch(job, queue)),
    schedule: async (adapter, job, cron, queue) => adapter.scheduleRecurring(dispatch(job, queue), {cron})
};

const withStore = (t) => ({store: path.join(temporaryFolder(t), 'jobs.db')});

/** Ours, in the three ways in which it delivers. */
const OURS = [
    {name: 'ours', config: () => ({})},
    {name: 'ours with attempts', config: () => ({attempts: 2, backoff: 0})},
    {name: 'ours with a store', config: withStore}
].map(({name, config}) => ({
    name,
    shapes: [OLD, NEW],
    make: (t, more) => ended(t, () => new GhostJobs({...config(t), ...more}))
}));

/** Makes an adapter that is shut down at the end of the test, however that ends. */
function ended(t, make) {
    const held = {};
    // Before the folder of its store is removed: hooks run in the order in which they were added.
    t.after(() => held.adapter?.shutdown({timeoutMs: 0}));
    held.adapter = make();
    return held.adapter;
}

/** @returns {{promise: Promise<any>, resolve: Function, reject: Function}} */
function deferred() {
    const parts = {};
    parts.promise = new Promise((resolve, reject) => Object.assign(parts, {resolve, reject}));
    return parts;
}

/**
 * A processor that notes what it is called with, and ends each delivery when the test says so.
 *
 * @returns {object} `next()`: the next delivery, `{job, end(), fail(error)}`; `jobs`: all that have begun
 */
function heldProcessor() {
    const begun = [];
    const waiting = [];
    const jobs = [];
    const process = (job) => {
        const {promise, resolve, reject} = deferred();
        const delivery = {job, end: resolve, fail: reject};
        jobs.push(job);
        const next = waiting.shift();
        if (next) {
            next(delivery);
        } else {
            begun.push(delivery);
        }
        return promise;
    };
    const next = async () => begun.shift() ?? new Promise((resolve) => waiting.push(resolve));
    return {process, next, jobs};
}

/** A processor whose deliveries end at once: `count(n)` resolves when so many have begun. */
function quickProcessor() {
    const jobs = [];
    const waiting = [];
    const process = async (job) => {
        jobs.push(job);
        waiting.filter(({most}) => jobs.length >= most).forEach(({resolve}) => resolve());
    };
    const count = (most) =>
        jobs.length >= most ? Promise.resolve() : new Promise((resolve) => waiting.push({most, resolve}));
    return {process, jobs, count};
}

/**
 * Collects what goes to the log of the site, in place of printing it.
 *
 * @param {import('node:test').TestContext} t
 * @returns {{lines: (level: string) => any[][], next: (level: string) => Promise<any[]>}} `next`: the next line of a level
 */
function siteLog(t) {
    const lines = {info: [], warn: [], error: []};
    const waiting = [];
    for (const level of Object.keys(lines)) {
        t.mock.method(logging, level, (...args) => {
            lines[level].push(args);
            waiting.splice(0).forEach((resolve) => resolve());
        });
    }
    let read = {info: 0, warn: 0, error: 0};
    return {
        lines: (level) => lines[level],
        async next(level) {
            while (lines[level].length <= read[level]) {
                await new Promise((resolve) => waiting.push(resolve));
            }
            const line = lines[level][read[level]];
            read = {...read, [level]: read[level] + 1};
            return line;
        }
    };
}

const job = (type = 'test-job', value = 1) => ({type, payload: JSON.stringify({value})});

module.exports = {NEW, OLD, OURS, deferred, ended, heldProcessor, job, quickProcessor, siteLog, withStore};
