'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {AnswerWatch} = require('../../lib/runs/answer-watch');

/** A watch on a clock that only `run` moves; `turns` counts the turns of the event loop that it has asked for. */
function createWatch({processors = 2} = {}) {
    let nowMs = 0;
    let next;
    const counts = {turns: 0, awake: 0, runs: 0};
    const watch = new AnswerWatch({
        now: () => nowMs,
        nextTurn: (callback) => {
            counts.turns += 1;
            next = callback;
        },
        processors: () => processors
    });
    const turn = () => {
        const callback = next;
        next = undefined;
        callback?.();
    };
    /** A run that takes so long, by whether the loop waits for it awake. */
    const run = ({awakeMs, asleepMs}) => {
        watch.asked(1);
        const isAwake = next !== undefined;
        turn();
        nowMs += isAwake ? awakeMs : asleepMs;
        watch.ended();
        turn();
        counts.runs += 1;
        counts.awake += Number(isAwake);
    };
    return {watch, counts, run, turn};
}

const times = (count, call) => Array.from({length: count}, call);

test('short runs one after another are waited for awake where that is quicker', () => {
    const {counts, run} = createWatch();
    times(2_000, () => run({awakeMs: 0.05, asleepMs: 0.08}));
    assert.ok(counts.awake > 1_800, `${counts.awake} of 2,000`);
});

test('short runs one after another are waited for asleep where turning delays the process that answers', () => {
    const {counts, run} = createWatch();
    times(2_000, () => run({awakeMs: 0.1, asleepMs: 0.08}));
    assert.ok(counts.awake < 250, `${counts.awake} of 2,000`);
});

test('what was quicker is noticed when it is so no more', () => {
    const {counts, run} = createWatch();
    times(2_000, () => run({awakeMs: 0.05, asleepMs: 0.08}));
    const before = counts.awake;
    times(2_000, () => run({awakeMs: 0.11, asleepMs: 0.08}));
    assert.ok(counts.awake - before < 500, `${counts.awake - before} of 2,000`);
});

test('longer runs, several at once, and those of a host with one processor are waited for asleep', () => {
    const long = createWatch();
    times(1_000, () => long.run({awakeMs: 0.2, asleepMs: 0.2}));
    assert.equal(long.counts.turns, 0);

    const single = createWatch({processors: 1});
    times(1_000, () => single.run({awakeMs: 0.05, asleepMs: 0.08}));
    assert.equal(single.counts.turns, 0);

    const several = createWatch();
    times(100, () => several.run({awakeMs: 0.05, asleepMs: 0.08}));
    const {turns} = several.counts;
    times(100, () => {
        several.watch.asked(2);
        several.watch.ended();
    });
    assert.equal(several.counts.turns, turns);
});

test('one run is waited for awake for a hundred turns at most', () => {
    const {watch, counts, run, turn} = createWatch();
    times(100, () => run({awakeMs: 0.05, asleepMs: 0.08}));
    const before = counts.turns;
    watch.asked(1);
    times(1_000, turn);
    assert.ok(counts.turns > before, 'the loop turns');
    assert.ok(counts.turns - before <= 100, `${counts.turns - before} turns`);
    watch.ended();
});
