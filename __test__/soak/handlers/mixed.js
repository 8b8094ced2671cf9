'use strict';

/**
 * Runs of every kind, a few hundred at a time: offloaded, inline and scripts; that complete, fail, are tried again, take too
 * long, lose their process or are cancelled; with ids, priorities and delays.
 */

const assert = require('node:assert/strict');
const JobManager = require('../../..');
const handler = require('./job');
const {descriptors, noWorkers} = require('./at-rest');
const {Ledger} = require('./ledger');
const {createRandom} = require('./random');

const AT_ONCE = 300;
/** Runs after which everything is checked, and forgotten. */
const LOT = 5_000;

/** How a run goes: what its handler does, how it is asked for, and its state and last attempt in the end. */
const KINDS = [
    {share: 300, job: 'offloaded', how: 'echo', state: 'completed'},
    {share: 100, job: 'offloaded', how: 'echo later', state: 'completed'},
    {share: 20, job: 'offloaded', how: 'work', state: 'completed'},
    {share: 40, job: 'offloaded', how: 'throw', state: 'failed'},
    {share: 20, job: 'offloaded', how: 'heal', attempts: 3, state: 'completed', attempt: 3},
    {share: 10, job: 'offloaded', how: 'throw', attempts: 2, state: 'failed', attempt: 2},
    {share: 2, job: 'offloaded', how: 'exit', state: 'failed', code: 'JOB_EXIT_CODE'},
    {share: 2, job: 'offloaded', how: 'kill', state: 'failed', code: 'JOB_SIGNAL'},
    {share: 2, job: 'offloaded', how: 'kill', attempts: 2, state: 'failed', code: 'JOB_SIGNAL', attempt: 2},
    {share: 8, job: 'offloaded', how: 'until aborted', timeout: 10, state: 'failed', code: 'JOB_TIMEOUT'},
    {share: 1, job: 'offloaded', how: 'never', timeout: 10, state: 'failed', code: 'JOB_TIMEOUT'},
    {share: 40, job: 'offloaded', how: 'until aborted', isCancelled: true, state: 'cancelled'},
    {share: 1, job: 'offloaded', how: 'never', isCancelled: true, state: 'cancelled'},
    {share: 300, job: 'inline', how: 'echo', state: 'completed'},
    {share: 60, job: 'inline', how: 'echo later', state: 'completed'},
    {share: 40, job: 'inline', how: 'throw', state: 'failed'},
    {share: 20, job: 'inline', how: 'heal', attempts: 3, state: 'completed', attempt: 3},
    {share: 10, job: 'inline', how: 'never', timeout: 10, state: 'failed', code: 'JOB_TIMEOUT'},
    {share: 20, job: 'inline', how: 'until aborted', isCancelled: true, state: 'cancelled'},
    {share: 2, job: 'script', state: 'completed'}
];

async function createManager() {
    const manager = new JobManager({logger: {}, errorHandler() {}, maxWorkers: 6});
    const tries = {backoff: 1};
    await manager.defineJob({
        name: 'offloaded',
        job: require.resolve('./job'),
        concurrency: 4,
        gracePeriod: 20,
        ...tries
    });
    await manager.defineJob({name: 'inline', job: handler, concurrency: 8, ...tries});
    const far = new Date(Date.now() + 1e9);
    await manager.addJob({
        name: 'script',
        at: far,
        overlap: 'allow',
        job: () => {
            const {workerData, parentPort} = require('node:worker_threads');
            const {file, id} = workerData;
            require('node:fs').appendFileSync(file, `${id} 1\n`);
            parentPort.postMessage('done');
        }
    });
    return manager;
}

class Mixed {
    #manager;
    #random;
    #ledger;
    #deck = KINDS.flatMap((kind) => Array(kind.share).fill(kind));
    #infos = new Map();

    constructor(manager, random, ledger) {
        this.#manager = manager;
        this.#random = random;
        this.#ledger = ledger;
    }

    async run(index) {
        const kind = this.#random.pick(this.#deck);
        const {run, value} = await this.#ask(kind, index);
        if (kind.isCancelled) {
            await this.#cancel(run);
        }
        const outcome = await run.result.then(
            (result) => ({result}),
            (error) => ({error})
        );
        const {state, attempt} = run.info();
        this.#infos.set(run.id, {state, attempt});
        const what = `${kind.job} ${kind.how}: ${state} after attempt ${attempt}, ${outcome.error}`;
        assert.equal(state, kind.state, what);
        if (kind.state === 'completed' && kind.job !== 'script') {
            assert.deepEqual(outcome.result, value);
        }
        if (kind.code !== undefined) {
            assert.equal(outcome.error.code, kind.code, what);
        }
        assert.equal(attempt, kind.attempt ?? 1, what);
    }

    async #ask({job, how, attempts, timeout}, index) {
        const id = job === 'script' || this.#random.below(4) === 0 ? `own-${index}` : undefined;
        const value = this.#random.below(10) === 0 ? {index, list: new Set([index])} : index;
        const data = {file: this.#ledger.file, how, value, ms: this.#random.below(10), after: 2, id};
        const options = {
            data,
            id,
            attempts,
            timeout,
            priority: this.#random.below(21) - 10,
            delay: this.#random.below(20) === 0 ? this.#random.below(30) : undefined
        };
        const run = this.#ledger.follow(await this.#manager.runJob(job, options));
        if (id !== undefined && job !== 'script') {
            assert.equal(
                await this.#manager.runJob(job, options),
                run,
                'an id that is known is the same run'
            );
        }
        return {run, value};
    }

    async #cancel(run) {
        // As it waits, as it begins, or later.
        for (let turns = this.#random.below(20); turns > 0; turns -= 1) {
            await new Promise(setImmediate);
        }
        await run.cancel();
    }

    check() {
        this.#ledger.check(this.#infos);
        this.#infos.clear();
    }
}

/** @returns {Promise<string>} what was found, for people */
async function soak(count) {
    const ledger = new Ledger();
    const manager = await createManager();
    const mixed = new Mixed(manager, createRandom(1), ledger);
    // What the manager opens once is open from its first run on.
    await (
        await manager.runJob('offloaded', {data: {file: ledger.file, how: 'echo'}})
    ).result;
    const before = descriptors();
    const startedMs = performance.now();
    for (let first = 0; first < count; first += LOT) {
        const end = Math.min(first + LOT, count);
        let next = first;
        const inTurn = async () => {
            while (next < end) {
                next += 1;
                await mixed.run(next);
            }
        };
        await Promise.all(Array.from({length: AT_ONCE}, inTurn));
        mixed.check();
    }
    const seconds = (performance.now() - startedMs) / 1_000;

    await manager.shutdown();
    await noWorkers();
    ledger.remove();
    assert.ok(descriptors() <= before);
    return `${count} mixed runs, ${Math.round(count / seconds)} a second: each ended once, no attempt began twice`;
}

module.exports = {soak};
