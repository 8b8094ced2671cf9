'use strict';

// What handlers are given and return arrives as a structured clone would, however it travels.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {decode, encode, isClone} = require('../../lib/wire/compact');

const shared = {};
const nested = (depth) => (depth === 0 ? 'deep' : {next: nested(depth - 1)});

for (const value of [
    5,
    1.5,
    -7,
    'text',
    '',
    'ünï \u0000 \ud800',
    true,
    false,
    null,
    [],
    {},
    [1, [2, {a: null}]],
    {a: {b: [true, 'x']}, 'a key': 1},
    JSON.parse('{"__proto__": 1}'),
    nested(20)
]) {
    test(`JSON carries ${JSON.stringify(value).slice(0, 40)}`, () => {
        const bytes = encode(value);
        assert.equal(isClone(bytes), false);
        assert.deepEqual(decode(bytes), structuredClone(value));
        assert.deepEqual(decode(encode(value, 9).subarray(9)), structuredClone(value));
    });
}

const sparse = [1, , 3]; // oxlint-disable-line no-sparse-arrays -- that is the case
const withProperty = Object.assign([1], {more: 2});
for (const [what, value] of Object.entries({
    'minus zero': -0,
    NaN: NaN,
    bigint: 5n,
    date: new Date(0),
    map: new Map([[1, 2]]),
    undefined: {a: undefined},
    'undefined in an array': [undefined],
    'one object twice': [shared, shared],
    'a sparse array': sparse,
    'an array with properties': withProperty,
    'an instance of a class': new (class Point {
        x = 1;
    })(),
    'no prototype': Object.assign(Object.create(null), {a: 1}),
    'an accessor': {
        get now() {
            return 1;
        }
    },
    'too many parts': Array.from({length: 100}, () => ({})),
    'too deep': nested(100),
    bytes: new Uint8Array([1, 2])
})) {
    test(`a structured clone carries ${what}`, () => {
        const bytes = encode(value);
        assert.equal(isClone(bytes), true);
        assert.deepEqual(decode(bytes), structuredClone(value));
    });
}

test('undefined takes no byte', () => {
    assert.equal(encode(undefined).length, 0);
    assert.equal(decode(encode(undefined)), undefined);
});

test('a ring is a structured clone, and a function is refused', () => {
    const ring = {};
    ring.self = ring;
    const copy = decode(encode(ring));
    assert.equal(copy.self, copy);
    for (const value of [() => {}, {toJSON() {}}, Symbol('s')]) {
        assert.throws(() => encode(value), {name: 'DataCloneError'});
    }
});
