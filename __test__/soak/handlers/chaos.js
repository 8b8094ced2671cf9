'use strict';

/** Rounds in which processes are killed, or stopped for a while, at random moments. */

const assert = require('node:assert/strict');
const wait = require('node:timers/promises').setTimeout;
const JobManager = require('../../..');
const {descriptors, noWorkers, workers} = require('./at-rest');
const {Ledger} = require('./ledger');
const {createRandom} = require('./random');

const RUNS_PER_ROUND = 60;
const ATTEMPTS = 10;
/** A process that is lost before it has reached the job, or with its run. */
const LOST = new Set(['JOB_SIGNAL', 'JOB_FAILED_TO_START']);

async function createManager() {
    const manager = new JobManager({logger: {}, errorHandler() {}});
    const job = require.resolve('./job');
    await manager.defineJob({name: 'once', job, concurrency: 3});
    await manager.defineJob({name: 'again', job, concurrency: 3, attempts: ATTEMPTS, backoff: 1});
    return manager;
}

function kill(pid, signal) {
    try {
        process.kill(pid, signal);
    } catch {
        // It has ended meanwhile.
    }
}

async function disturb(random, counts) {
    await wait(random.below(15));
    const found = workers();
    if (found.length === 0) {
        return;
    }
    const pid = random.pick(found);
    if (random.below(2) === 0) {
        kill(pid, 'SIGKILL');
        counts.killed += 1;
    } else {
        kill(pid, 'SIGSTOP');
        await wait(random.below(30));
        kill(pid, 'SIGCONT');
        counts.stopped += 1;
    }
}

/** @returns {Promise<string>} what was found, for people */
async function soak(rounds) {
    const ledger = new Ledger();
    const random = createRandom(2);
    const manager = await createManager();
    const counts = {killed: 0, stopped: 0, completed: 0, failed: 0, tried: 0};
    const before = descriptors();
    for (let round = 0; round < rounds; round += 1) {
        const ask = (index) => {
            const how = random.pick(['echo', 'echo', 'echo later', 'work']);
            const data = {file: ledger.file, how, value: index, ms: random.below(5)};
            return manager.runJob(random.pick(['once', 'again']), {data});
        };
        const runs = await Promise.all(Array.from({length: RUNS_PER_ROUND}, (_, index) => ask(index)));
        runs.forEach((run) => ledger.follow(run));
        await Promise.all([disturb(random, counts), disturb(random, counts), disturb(random, counts)]);
        const infos = new Map();
        for (const [index, run] of runs.entries()) {
            const outcome = await run.result.then(
                (value) => ({value}),
                (error) => ({error})
            );
            const {state, attempt} = run.info();
            infos.set(run.id, {state, attempt});
            counts[state] += 1;
            counts.tried += attempt - 1;
            if (state === 'completed') {
                assert.equal(outcome.value, index);
            } else {
                assert.ok(LOST.has(outcome.error.code), String(outcome.error));
                assert.equal(run.name, 'once', `10 attempts did not do: ${outcome.error}`);
            }
        }
        ledger.check(infos);
        // A kill ends at most one run.
        assert.ok(counts.failed + counts.tried <= counts.killed, JSON.stringify(counts));
    }
    await manager.shutdown();
    await noWorkers();
    ledger.remove();
    assert.ok(descriptors() <= before + 1, `${before} descriptors before, ${descriptors()} after`);
    return (
        `${rounds} rounds of chaos, ${rounds * RUNS_PER_ROUND} runs: ${counts.killed} processes killed, ${counts.stopped} stopped ` +
        `for a while; ${counts.completed} runs completed, ${counts.failed} failed, ${counts.tried} attempts were made again`
    );
}

module.exports = {soak};
