'use strict';

// What a host of a cluster does about the row of a one-off job that has not ended, by two looks at it.

const assert = require('node:assert/strict');
const test = require('node:test');
const {verdictOn} = require('../../lib/one-off/stuck-row');

const STATUSES = ['queued', 'started', 'finished', 'failed', undefined];
const RUNS = ['coming', 'completed', 'failed', 'ended', 'unknown'];

test('a row with an outcome, or no row, is left alone whatever the queue has', () => {
    for (const status of ['finished', 'failed', undefined]) {
        for (const run of RUNS) {
            assert.equal(verdictOn({status, run}, {status, run}), 'over');
        }
    }
});

test('an outcome is believed when it is still there at the next look', () => {
    for (const run of RUNS) {
        assert.equal(verdictOn({status: 'finished', run}, undefined), 'look again');
        assert.equal(verdictOn({status: 'finished', run}, {status: 'started', run}), 'look again');
    }
});

test('an outcome that a host has overwritten which was frozen as it wrote is written again', () => {
    for (const outcome of ['finished', 'failed']) {
        for (const run of ['completed', 'failed', 'ended', 'unknown']) {
            const before = {status: outcome, run, id: 'a'};
            assert.equal(verdictOn({status: 'started', run, id: 'a'}, before), outcome);
            assert.equal(verdictOn({status: 'queued', run, id: 'a'}, before), 'look again', 'claimed again');
            assert.equal(verdictOn({status: 'started', run: 'coming', id: 'b'}, before), 'look again');
        }
    }
});

test('one look decides nothing about a row without an outcome', () => {
    for (const status of ['queued', 'started']) {
        for (const run of RUNS) {
            assert.equal(verdictOn({status, run, id: 'a'}, undefined), 'look again');
        }
    }
});

test('a run that waits or goes is waited for', () => {
    for (const status of ['queued', 'started']) {
        assert.equal(verdictOn({status, run: 'coming'}, {status, run: 'coming'}), 'look again');
    }
});

test('two looks that differ decide nothing', () => {
    for (const status of ['queued', 'started']) {
        for (const run of RUNS) {
            for (const [otherStatus, otherRun, id] of [
                [status === 'queued' ? 'started' : 'queued', run, 'a'],
                [status, run === 'unknown' ? 'coming' : 'unknown', 'a'],
                [status, run, 'b']
            ]) {
                const before = {status: otherStatus, run: otherRun, id};
                assert.equal(verdictOn({status, run, id: 'a'}, before), 'look again');
            }
        }
    }
});

test('a row of which no host has begun a run is claimed again; one that was begun is lost', () => {
    const twice = (look) => verdictOn(look, {...look});
    assert.equal(twice({status: 'queued', run: 'unknown'}), 'claim');
    assert.equal(twice({status: 'started', run: 'unknown'}), 'lost');
    for (const run of ['completed', 'failed', 'ended']) {
        assert.equal(twice({status: 'queued', run, id: 'a'}), 'claim', 'the run is that of an earlier claim');
    }
});

test('an outcome that its host could not write is written by another host; an unknown outcome is not written', () => {
    const twice = (run) => verdictOn({status: 'started', run, id: 'a'}, {status: 'started', run, id: 'a'});
    assert.equal(twice('completed'), 'finished');
    assert.equal(twice('failed'), 'failed');
    assert.equal(twice('ended'), 'over');
});

test('every status and every run has a verdict', () => {
    for (const status of STATUSES) {
        for (const run of RUNS) {
            assert.notEqual(verdictOn({status, run}, {status, run}), undefined);
        }
    }
});
