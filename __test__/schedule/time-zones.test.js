'use strict';

/**
 * Ours against `@breejs/later` on the wall clock of a zone: away from changes of the clocks, and with
 * `dst: 'upstream'` over them.
 */

const ZONE = 'America/New_York';

// Before the first date: Node reads it once.
process.env.TZ = ZONE;

const assert = require('node:assert/strict');
const {test} = require('node:test');
const JobManager = require('../..');
const {Random} = require('./random');
const {later, laterRuns, keepsItsConditions} = require('./oracle');

const TEXTS = 1000;
const RUNS = 10;
const HOUR_MS = 3_600_000;
const seed = Number(process.env.SCHEDULE_SEED ?? Math.floor(Math.random() * 2 ** 31));

later.date.localTime();

const iso = (date) => new Date(date).toISOString();

/** Stretches without a change of the clocks. */
const STEADY = [
    [Date.parse('2027-03-14T12:00:00Z'), Date.parse('2027-11-07T00:00:00Z')],
    [Date.parse('2027-11-07T12:00:00Z'), Date.parse('2028-03-12T00:00:00Z')]
];

function compareAwayFromChanges(random, text, parsed) {
    const [startMs, endMs] = random.pick(STEADY);
    const fromMs = random.integer(startMs / 1000, startMs / 1000 + 86_400 * 30) * 1000;
    const expected = laterRuns(parsed, fromMs, RUNS).filter((ms) => ms < endMs);
    if (!keepsItsConditions(parsed, expected)) {
        return 0;
    }
    const label = `"${text}" from ${iso(fromMs)}, seed ${seed}`;
    for (const timezone of [ZONE, undefined]) {
        const ours = JobManager.nextRuns(text, {from: fromMs, count: RUNS, timezone});
        assert.deepEqual(ours.slice(0, expected.length).map(iso), expected.map(iso), label);
    }
    return expected.length;
}

test('away from changes of the clocks, in a named zone and in the host’s own', (t) => {
    const random = new Random(seed);
    let runs = 0;
    for (let index = 0; index < TEXTS; index += 1) {
        const line = random.cronLine();
        runs += compareAwayFromChanges(random, line, later.parse.cron(line, true));
        const sentence = random.sentence();
        if (JobManager.nextRuns(sentence, {from: STEADY[0][0], count: 1}).length > 0) {
            runs += compareAwayFromChanges(random, sentence, later.parse.text(sentence));
        }
    }
    t.diagnostic(`seed ${seed}: ${runs} due times`);
    assert.ok(runs > TEXTS * RUNS);
});

test('over changes of the clocks with dst: upstream', () => {
    const random = new Random(seed + 1);
    const changes = [Date.parse('2027-03-14T07:00:00Z'), Date.parse('2027-11-07T06:00:00Z')];
    for (let index = 0; index < TEXTS; index += 1) {
        const second = random.pick(['0', '30', '0,30']);
        const minute = random.pick(['0', '30', '15,45', '*/10', '5-20/5']);
        const hour = random.pick(['0', '1', '2', '3', '1,2', '1-4', '*/2', '*']);
        const line = `${second} ${minute} ${hour} ${random.pick(['*', '*', '7,14'])} * *`;
        const fromMs = random.pick(changes) - random.integer(1, 50) * (HOUR_MS / 2);
        const expected = laterRuns(later.parse.cron(line, true), fromMs, RUNS);
        const ours = JobManager.nextRuns(line, {from: fromMs, count: RUNS, timezone: ZONE, dst: 'upstream'});
        assert.deepEqual(ours.map(iso), expected.map(iso), `"${line}" from ${iso(fromMs)}, seed ${seed}`);
    }
});
