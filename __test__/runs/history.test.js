'use strict';

// Which ended runs are kept, and which are given up first.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {RunHistory} = require('../../lib/runs/run-history');
const {valueOf, valueOfBytes} = require('../../lib/runs/run-value');
const {encode} = require('../../lib/wire/compact');

/** Adds runs of these jobs, numbered from 1, and ended now unless it says otherwise. */
function historyOf(limits, names, {limit, endedMs = Date.now()} = {}) {
    const history = new RunHistory(limits);
    for (const [index, name] of names.entries()) {
        history.add({number: index + 1, name, endedMs}, limit);
    }
    return history;
}

const numbers = (history, filter) => history.list(filter).map(({number}) => number);

test('of each job the last runs are kept, as many as it says or the manager does', () => {
    const names = ['a', 'a', 'b', 'a', 'b'];
    assert.deepEqual(numbers(historyOf({perJob: 2}, names)), [5, 4, 3, 2]);
    assert.deepEqual(numbers(historyOf({perJob: 2}, names), {job: 'a'}), [4, 2]);
    assert.deepEqual(numbers(historyOf({perJob: 2}, names, {limit: 1})), [5, 4]);
    assert.deepEqual(numbers(historyOf({perJob: 2}, names, {limit: 0})), []);
    assert.deepEqual(numbers(historyOf({}, names), {job: 'constructor'}), []);
    assert.equal(historyOf({}, Array(30).fill('a')).size, 20);
});

test('without room in all, the job that was run the longest ago loses its earlier runs first, then its last', () => {
    const history = historyOf({total: 3}, ['old', 'old', 'new', 'new']);
    assert.deepEqual(numbers(history), [4, 3, 2]);
    history.add({number: 5, name: 'new', endedMs: Date.now()});
    assert.deepEqual(numbers(history), [5, 4, 3]);
    assert.equal(history.dropped, 2);
    assert.equal(history.size, 3);
    assert.deepEqual(numbers(historyOf({total: 0}, ['a'])), []);
});

test('runs that ended too long ago are not shown, and go when the job runs again', () => {
    const history = historyOf({maxAge: 1_000}, ['a', 'a'], {endedMs: Date.now() - 2_000});
    assert.deepEqual([numbers(history), history.get(1)], [[], undefined]);
    history.add({number: 3, name: 'a', endedMs: Date.now()});
    assert.deepEqual([history.size, history.get(3)?.number], [1, 3]);
});

test('results within the limit are kept as they were, larger ones and those that cannot be copied are not', () => {
    const shown = (value, limit = 100) => valueOf(value).within(limit).shown();
    const changing = {list: [1, {deep: new Date(5)}]};
    const kept = valueOf(changing).within(100);
    changing.list.push(2);
    assert.deepEqual(kept.shown(), {result: {list: [1, {deep: new Date(5)}]}});
    assert.deepEqual(shown('text'), {result: 'text'});
    assert.deepEqual(shown(0), {result: 0});
    assert.equal(shown(undefined), undefined);
    const dropped = {resultDropped: true};
    assert.deepEqual(shown('x'.repeat(101)), dropped);
    assert.deepEqual(shown(Buffer.alloc(101)), dropped);
    assert.deepEqual(
        shown(() => {}),
        dropped
    );
    assert.deepEqual(shown({call: () => {}}), dropped);
    assert.deepEqual(shown(new Map()), dropped);
    assert.deepEqual(shown(Array(1_000).fill(0), 1024 * 1024), dropped);
    const cyclic = {};
    cyclic.self = cyclic;
    assert.deepEqual(shown(cyclic), dropped);
});

test('a result that came as bytes is kept as bytes, and read when it is looked at', () => {
    const bytes = encode({text: 'x'.repeat(2_000)});
    const kept = valueOfBytes(bytes, true).within(4_000);
    bytes.fill(0);
    assert.deepEqual(kept.shown(), {result: {text: 'x'.repeat(2_000)}});
    assert.deepEqual(
        valueOfBytes(encode('x'.repeat(2_000)), true)
            .within(1_000)
            .shown(),
        {resultDropped: true}
    );
    assert.deepEqual(valueOfBytes(encode('x'.repeat(2_000)), false).shown(), {resultDropped: true});
});
