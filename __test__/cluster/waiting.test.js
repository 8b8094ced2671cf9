'use strict';

// What becomes of a slot, by what the table has of its job.

const assert = require('node:assert/strict');
const test = require('node:test');
const {WaitingSlots, standing} = require('../../lib/cluster/database/waiting');

const NOW_MS = 10_000;
const row = (slot, hasBegun = false) => ({slot, hasBegun});
const rule = (overlap, limit = 1) => ({overlap, limit});
const of = (mine, rows, one) => standing({slot: mine}, rows, one, NOW_MS);

test('a slot begins when no older one of its job is left', () => {
    const rows = [row(1, true), row(2), row(3)];
    assert.equal(of(2, rows, rule('queue')), 'wait');
    assert.equal(of(2, [row(2), row(3)], rule('queue')), 'go');
    assert.equal(of(3, [row(2), row(3)], rule('queue')), 'wait');
});

test('a slot that comes late waits for a newer one that has begun', () => {
    assert.equal(of(1, [row(1, true), row(2, true)], rule('queue')), 'wait');
    assert.equal(of(1, [row(1, true), row(2)], rule('queue')), 'go');
});

test('of two that begin at once the newer one waits', () => {
    const rows = [row(1, true), row(2, true)];
    assert.deepEqual(
        [1, 2].map((slot) => of(slot, rows, rule('queue'))),
        ['wait', 'wait'],
        'neither goes on while the other is marked'
    );
    assert.equal(of(1, [row(1, true), row(2, false)], rule('queue')), 'go', 'the newer one has given way');
});

test('as many go at once as the job allows', () => {
    const rows = [row(1, true), row(2, true), row(3)];
    assert.equal(of(3, rows, rule('queue', 2)), 'wait');
    assert.equal(of(3, rows.slice(1), rule('queue', 2)), 'go');
    assert.equal(WaitingSlots.ruleOf({overlap: 'replace', concurrency: 2}).limit, 1);
    assert.equal(WaitingSlots.ruleOf({overlap: 'skip'}), undefined);
});

test('a newer slot that is due takes the place of one that waits', () => {
    for (const overlap of ['queue-one', 'replace']) {
        assert.equal(of(2, [row(1, true), row(2), row(3)], rule(overlap)), 'overlap');
        assert.equal(of(2, [row(2), row(NOW_MS + 1)], rule(overlap)), 'go', 'not before it is due');
    }
    assert.equal(of(2, [row(2), row(3)], rule('queue')), 'go');
});

test('a run that was lost is redone, unless a newer one takes its place', () => {
    const lost = {slot: 2, isRedone: true};
    const rows = [row(2, true), row(3)];
    assert.equal(standing(lost, rows, rule('queue-one'), NOW_MS), 'go');
    assert.equal(standing(lost, rows, rule('replace'), NOW_MS), 'overlap');
});
