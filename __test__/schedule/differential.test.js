'use strict';

/**
 * Random cron lines and sentences, ours against `@breejs/later`: equal, instant for instant. A failure prints
 * the seed; `SCHEDULE_SEED=...` repeats it, `SCHEDULE_SEED=random` draws another.
 */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const JobManager = require('../..');
const {Random} = require('./random');
const {LAST_MS, later, laterRuns, keepsItsConditions} = require('./oracle');

const TEXTS = 3000;
const RUNS = 10;
/** Always the same in the check, which must not fail by chance; `random` looks for what is not known yet. */
const {SCHEDULE_SEED = '20261124'} = process.env;
const seed = SCHEDULE_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(SCHEDULE_SEED);

later.date.UTC();

/**
 * Compares random texts.
 *
 * @param {Random} random
 * @param {() => string} randomText
 * @param {(text: string) => object} parse
 * @returns {{compared: number, runs: number, never: number, leftOut: number}} counts: texts and due times that
 *   are equal, texts that are never due, texts for which `later` has due times against its own conditions
 */
function compare(random, randomText, parse) {
    const counts = {compared: 0, runs: 0, never: 0, leftOut: 0};
    while (counts.compared < TEXTS) {
        const text = randomText();
        const fromMs = random.instantMs();
        const label = `"${text}" from ${iso(fromMs)}, seed ${seed}`;
        const parsed = parse(text, label);
        const ours = JobManager.nextRuns(text, {from: fromMs, count: RUNS, timezone: 'UTC'});
        if (ours.length === 0) {
            // Without its exceptions later says sooner what it has found: nothing that keeps the conditions.
            const first = laterRuns({...parsed, exceptions: []}, fromMs, 1);
            assert.ok(first.length === 0 || !keepsItsConditions(parsed, first), label);
            counts.never += 1;
            continue;
        }
        const expected = laterRuns(parsed, fromMs, RUNS).filter((ms) => ms < LAST_MS);
        if (!keepsItsConditions(parsed, expected)) {
            counts.leftOut += 1;
            continue;
        }
        // Where its search gives up early, later has fewer.
        assert.deepEqual(ours.slice(0, expected.length).map(iso), expected.map(iso), label);
        counts.compared += 1;
        counts.runs += expected.length;
    }
    return counts;
}

function iso(date) {
    return new Date(date).toISOString();
}

test('cron lines', (t) => {
    const random = new Random(seed);
    const counts = compare(
        random,
        () => random.cronLine(),
        (text) => later.parse.cron(text, true)
    );
    t.diagnostic(`seed ${seed}: ${JSON.stringify(counts)}`);
    assert.ok(counts.runs > TEXTS * RUNS * 0.99, JSON.stringify(counts));
    assert.equal(counts.leftOut, 0);
});

test('sentences', (t) => {
    const random = new Random(seed + 1);
    const counts = compare(
        random,
        () => random.sentence(),
        (text, label) => {
            const parsed = later.parse.text(text);
            assert.equal(parsed.error, -1, label);
            return parsed;
        }
    );
    t.diagnostic(`seed ${seed}: ${JSON.stringify(counts)}`);
    assert.ok(counts.runs > TEXTS * RUNS * 0.9, JSON.stringify(counts));
    assert.ok(counts.leftOut < TEXTS * 0.02, JSON.stringify(counts));
});
