'use strict';

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const path = require('node:path');
const {test} = require('node:test');

const {parseArguments} = require('../bench/arguments');
const {measure} = require('../bench/measure');
const {loadScenarios} = require('../bench/scenarios');
const {isMet, median, percentile, ratio, summarize} = require('../bench/statistics');
const {formatNumber, renderTable} = require('../bench/table');

const BENCH = path.join(__dirname, '..', 'bench', 'index.js');

test('the median is the middle value, or the mean of the two', () => {
    assert.equal(median([3]), 3);
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([4, 1, 2, 3]), 2.5);
});

test('what came to no end counts as larger than any number', () => {
    assert.equal(median([null, 1, null]), null);
    assert.equal(median([null, 1, 2]), 2);
    assert.equal(median([1, null]), null);
    assert.deepEqual(summarize([null, 7, 5]), {median: 7, min: 5, max: null, count: 3});
});

test('a percentile is one of the values', () => {
    const values = Array.from({length: 100}, (_, index) => index + 1);
    assert.equal(percentile(values, 0.99), 99);
    assert.equal(percentile(values, 0.5), 50);
    assert.equal(percentile(values, 0), 1);
    assert.equal(percentile([8, 3], 0.99), 8);
});

test('a summary keeps the order of its values out', () => {
    const values = [3, 1, 2];
    assert.deepEqual(summarize(values), {median: 2, min: 1, max: 3, count: 3});
    assert.deepEqual(values, [3, 1, 2]);
});

test('the ratio is ours over the baseline', () => {
    assert.equal(ratio(1, 4), 0.25);
    assert.equal(ratio(1, undefined), null);
    assert.equal(ratio(1, 0), null);
    assert.equal(ratio(null, 4), null);
    assert.equal(ratio(1, null), 0, 'against what never ends');
});

test('a goal bounds the ratio or our own number', () => {
    assert.equal(isMet(undefined, {ours: 1, ratio: 1}), null);
    assert.equal(isMet({ratioAtMost: 0.1}, {ours: 1, ratio: 0.1}), true);
    assert.equal(isMet({ratioAtMost: 0.1}, {ours: 1, ratio: 0.11}), false);
    assert.equal(isMet({ratioAtLeast: 20}, {ours: 1, ratio: 19}), false);
    assert.equal(isMet({ratioAtLeast: 20}, {ours: 1, ratio: null}), null);
    assert.equal(isMet({atMost: 2}, {ours: 1.5, ratio: null}), true);
    assert.equal(isMet({atLeast: 50_000}, {ours: 49_999, ratio: null}), false);
});

test('numbers are short and say when there is none', () => {
    assert.equal(formatNumber(0.012345), '0.0123');
    assert.equal(formatNumber(12.345), '12.3');
    assert.equal(formatNumber(1_234_567.8), '1,234,568');
    assert.equal(formatNumber(null), 'never');
});

test('the table is Markdown, with range, ratio and goal', () => {
    const table = renderTable([
        {
            name: 'first line',
            unit: 'ms',
            ours: {median: 1.5, min: 1, max: 2, count: 5},
            baseline: {median: 30, min: 30, max: 30, count: 5},
            baselineName: 'upstream',
            ratio: 0.05,
            goal: {ratioAtMost: 0.1},
            met: true
        },
        {
            name: 'memory',
            unit: 'bytes',
            ours: {median: 400, min: 400, max: 400, count: 1},
            baseline: null,
            ratio: null,
            goal: {atMost: 300},
            met: false
        }
    ]);
    assert.deepEqual(
        table.split('\n').map((line) => line.replaceAll(/ +/g, ' ').replaceAll(/-+/g, '-')),
        [
            '| measurement | unit | ours | baseline | ours ÷ baseline | goal | met |',
            '| - | - | - | - | - | - | - |',
            '| first line | ms | 1.5 (1–2) | 30 | 0.05 | ≤ 0.1 × | yes |',
            '| memory | bytes | 400 | | | ≤ 300 | **no** |'
        ]
    );
});

test('the command line', () => {
    assert.deepEqual(parseArguments([]), {names: [], nodes: [process.execPath], rounds: 5, json: undefined});
    assert.deepEqual(
        parseArguments(['burst', '--node', 'a', '--node', 'b', '--rounds', '3', '--json', 'file']),
        {
            names: ['burst'],
            nodes: ['a', 'b'],
            rounds: 3,
            json: 'file'
        }
    );
    assert.throws(
        () => parseArguments(['--rounds', '0']),
        /--rounds must be a whole number from 1 up, got 0/
    );
    assert.throws(() => parseArguments(['--help']), /Usage/);
});

test('the harness measures both packages in turns and prints the ratio', () => {
    const output = execFileSync(process.execPath, [BENCH, 'installed size', '--rounds', '1'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore']
    });
    const row = output.split('\n').find((line) => line.startsWith('| footprint: installed size'));
    const [, , unit, ours, baseline, share] = row.split('|').map((cell) => cell.trim());
    assert.equal(unit, 'MB');
    assert.ok(Number(ours) > 0 && Number(baseline) > Number(ours) && Number(share) < 1);
});

for (const {name, file, measurements} of loadScenarios()) {
    for (const {tiny, name: what, ...measurement} of measurements) {
        test(`it can be measured: ${name}: ${what}`, async () => {
            const task = {...measurement, file, params: tiny, node: process.execPath};
            assert.ok(Number.isFinite(await measure({...task, target: 'ours'})));
        });
    }
}
