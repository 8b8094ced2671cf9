'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {Ledger, PERIOD_MS} = require('./ledger');

const HOST = 1;
const OTHER_HOST = 2;
const RUN_MS = 400;

/** A ledger of one job with slots at 0 s, 1 s, 2 s …, of which `count` are judged. */
function ledgerOf(count) {
    const ledger = new Ledger(['tick'], 0);
    const run = (slot, {host = HOST, fence = 1, begin = slot * PERIOD_MS, isDone = true} = {}) => {
        const line = {id: `tick@${slot}`, due: slot * PERIOD_MS, host, pid: host * 100, fence};
        ledger.line({...line, what: 'begin', at: begin});
        ledger.line({...line, what: isDone ? 'end' : 'beat', at: begin + RUN_MS});
    };
    return {ledger, run, judge: () => ledger.judge(count * PERIOD_MS)};
}

test('slots that completed once are no violation', () => {
    const {run, judge} = ledgerOf(2);
    run(0);
    run(1, {host: OTHER_HOST});
    const {counts, violations} = judge();
    assert.deepEqual(violations, []);
    assert.deepEqual([counts.slots, counts.completed, counts.reported], [2, 2, 0]);
});

test('a slot that neither completed nor was reported is a violation', () => {
    const {run, judge} = ledgerOf(2);
    run(0);
    run(1, {isDone: false});
    assert.match(judge().violations.join(), /neither completed nor reported: 1: 00:00:01/);
});

test('a report stands for the slot that it names, one of several for as many', () => {
    const {ledger, run, judge} = ledgerOf(5);
    run(0);
    run(3);
    ledger.report({job: 'tick', due: 1 * PERIOD_MS, count: 1, reason: 'missed', at: 9_000});
    ledger.report({job: 'tick', due: 2 * PERIOD_MS, count: 2, reason: 'missed', at: 9_000});
    assert.deepEqual(judge().violations, []);
    assert.equal(judge().counts.reported, 3);
});

test('a slot that completed and was reported as skipped is a violation', () => {
    const {ledger, run, judge} = ledgerOf(1);
    run(0);
    ledger.report({job: 'tick', due: 0, count: 1, reason: 'missed', at: 9_000});
    assert.match(judge().violations.join(), /completed, and reported as skipped/);
});

test('a run that two hosts had at once is a violation', () => {
    const {run, judge} = ledgerOf(1);
    run(0, {isDone: false});
    run(0, {host: OTHER_HOST, fence: 2, begin: RUN_MS - 1});
    assert.match(judge().violations.join(), /two hosts had it at once, for 1 ms/);
});

test('a run may complete again only if its host was disturbed as it ended', () => {
    const {ledger, run, judge} = ledgerOf(1);
    run(0);
    run(0, {host: OTHER_HOST, fence: 2, begin: 5_000});
    assert.match(judge().violations.join(), /completed 2 times/);
    ledger.disturbed({kind: 'kill', host: HOST, from: RUN_MS + 10});
    const {counts, violations} = judge();
    assert.deepEqual(violations, []);
    assert.equal(counts.completedAgain, 1);
});

test('a run that was asked for has to complete, and its outcome to come back', () => {
    const {ledger, judge} = ledgerOf(1);
    ledger.asked({id: 'one', host: HOST, at: 0});
    assert.match(judge().violations.join(), /never completed: one,.*has no answer: one/s);
    ledger.line({what: 'end', id: 'one', host: OTHER_HOST, pid: 200, fence: 1, at: 500});
    ledger.answered({id: 'one'});
    assert.deepEqual(
        judge().violations.filter((text) => text.includes('asked for')),
        []
    );
});
