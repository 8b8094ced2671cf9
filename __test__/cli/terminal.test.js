'use strict';

// What differs at a terminal: width, colours, and the progress bar. `script` (util-linux) gives a program one.

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');
const {PROGRAM, workplace} = require('../support/cli');

const HOST = path.join(__dirname, '../fixtures/cli-host.js');
/* eslint-disable no-control-regex -- escape sequences are what is looked at */
const ESCAPES = /\u001b[[\]0-9;?]*[A-Za-z78]/g;

const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Runs `job-manager` at a terminal of this size, to its end. */
async function atTerminal(place, args, {columns = 100, rows = 30, env} = {}) {
    const command = [process.execPath, PROGRAM, ...args].map(quoted).join(' ');
    const sized = `stty cols ${columns} rows ${rows}; exec ${command}`;
    const script =
        process.platform === 'darwin'
            ? ['-q', '/dev/null', 'sh', '-c', sized]
            : ['-qec', `sh -c ${quoted(sized)}`, '/dev/null'];
    const {exitCode, stdout} = await place.startProgram('script', script, {
        env: {TERM: 'xterm-256color', ...env},
        input: ''
    }).ended;
    return {
        exitCode,
        stdout: stdout.replaceAll('\r\n', '\n'),
        lines: stdout.replaceAll(ESCAPES, '').split(/\r?\n/)
    };
}

async function withHost(t) {
    const place = workplace(t);
    const host = place.startProgram(process.execPath, [HOST, 'host']);
    await host.until('}\n');
    return place;
}

const FUNCTION = `
    module.exports = async (_data, run) => {
        for (let step = 1; step <= 4; step += 1) {
            run.progress({done: step, total: 4}, 'step ' + step);
            console.log('line ' + step);
        }
    };
`;

test('tables fit the width of the terminal, and the longest texts are cut', async (t) => {
    const place = await withHost(t);
    await place.cli(
        'pause',
        'clean-tokens',
        '--note',
        'until the migration of the old tokens to the new table is over'
    );
    for (const columns of [160, 110, 95]) {
        const {lines} = await atTerminal(place, ['list'], {columns});
        const table = lines.filter((line) => /^(?:STATE|armed|paused)/.test(line));
        assert.equal(table.length, 8);
        table.forEach((line) => assert.ok(line.trimEnd().length <= columns, `${columns}: ${line}`));
    }
    const {lines} = await atTerminal(place, ['list'], {columns: 110});
    assert.ok(
        lines.some((line) => /^paused .*…\s*$/.test(line)),
        lines.join('\n')
    );
    // A pipe gets whole lines.
    assert.match((await place.cli('list')).stdout, /to the new table is over"\n/);
});

test('colours are for terminals: NO_COLOR, --no-color and a dumb terminal turn them off, a pipe has none', async (t) => {
    const place = await withHost(t);
    const bold = /\u001b\[1mSTATE/;
    assert.match((await atTerminal(place, ['list'])).stdout, bold);
    assert.doesNotMatch((await atTerminal(place, ['list', '--no-color'])).stdout, ESCAPES);
    assert.doesNotMatch((await atTerminal(place, ['list'], {env: {NO_COLOR: '1'}})).stdout, ESCAPES);
    assert.doesNotMatch((await atTerminal(place, ['list'], {env: {TERM: 'dumb'}})).stdout, ESCAPES);
    assert.doesNotMatch((await place.cli('list')).stdout, ESCAPES);
});

test('run draws the progress of a job on the last line, and gives the screen back', async (t) => {
    const place = workplace(t, {'function.js': FUNCTION});
    const {stdout, exitCode} = await atTerminal(place, ['run', 'function.js', '--call'], {
        columns: 80,
        rows: 30
    });
    assert.equal(exitCode, 0, stdout);
    // The lines above the bar scroll by themselves, so that what the job prints does not overwrite it.
    assert.match(stdout, /\u001b7\u001b\[1;29r\u001b8/);
    assert.match(stdout, /\u001b7\u001b\[30;1H\u001b\[2K\[█{6}·{18}\] {2}25 % {2}step 1 {2}\S+ m?s\u001b8/);
    assert.match(stdout, /\[█{24}\] 100 % {2}step 4 /);
    assert.match(stdout, /\u001b\[1;30r\u001b\[30;1H\u001b\[2K\u001b8[^█]*$/);
    const lines = stdout.match(/line \d/g);
    assert.deepEqual(lines, ['line 1', 'line 2', 'line 3', 'line 4']);
    assert.match(stdout, /completed after /);
});

test('a job without progress gets no bar, and none is drawn into a file, a dumb terminal or JSON', async (t) => {
    const place = workplace(t, {'quiet.js': `console.log('done');`, 'function.js': FUNCTION});
    const scrolls = /\u001b\[1;\d+r/;
    assert.doesNotMatch((await atTerminal(place, ['run', 'quiet.js'])).stdout, scrolls);
    assert.doesNotMatch(
        (await atTerminal(place, ['run', 'function.js', '--call'], {env: {TERM: 'dumb'}})).stdout,
        scrolls
    );
    assert.doesNotMatch(
        (await atTerminal(place, ['run', 'function.js', '--call', '--json'])).stdout,
        scrolls
    );
    assert.doesNotMatch((await place.cli('run', 'function.js', '--call')).stderr, scrolls);
});

test('a job at a terminal has that terminal', async (t) => {
    const place = workplace(t, {'tty.js': `console.log('terminal: ' + process.stdout.isTTY);`});
    assert.match((await atTerminal(place, ['run', 'tty.js'])).stdout, /terminal: true/);
});

test('trigger --wait draws the progress of the run', async (t) => {
    const place = await withHost(t);
    const {stdout, exitCode} = await atTerminal(place, ['trigger', 'slow-steps', '--wait']);
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /\] +\d+ % {2}step \d/);
    assert.match(stdout, /run \S+ of slow-steps completed after /);
});

test('a bar fits its width, and its note cannot leave its line', () => {
    const {barText} = require('../../lib/cli/progress');
    const bar = (note, width) => barText({value: 0.5, note, elapsedMs: 1_200}, width);
    assert.equal(bar('half\n\u001b[2Jway', 60), '[████████████············]  50 %  half way  1.2 s');
    assert.equal(bar('x'.repeat(100), 60).length, 60);
    assert.equal(bar('note', 30).length, 30);
    assert.equal(bar(undefined, 80), '[████████████············]  50 %  1.2 s');
});

test('widths count columns: wide and combining characters, and marks that have none', () => {
    const {fit, oneLine, widthOf} = require('../../lib/cli/text');
    assert.deepEqual(['abc', '日本', 'e\u0301', '👍', 'é'].map(widthOf), [3, 4, 1, 2, 1]);
    assert.equal(fit('日本語です', 6), '日本…');
    assert.equal(fit('short', 6), 'short');
    assert.equal(oneLine('a\u001b[31mred\u0007\u202eb\nc'), String.raw`ared\u0007\u202eb c`);
});

test('durations and times are short, and read the same way', () => {
    const {formatLeft, formatTime, formatTook, parseDuration} = require('../../lib/cli/times');
    const hour = 3_600_000;
    assert.deepEqual([400, 12_000, 300_000, 5 * hour + 50 * 60_000, 76 * hour].map(formatLeft), [
        '0.4 s',
        '12 s',
        '5 min',
        '5h 50m',
        '3d 4h'
    ]);
    assert.deepEqual([4, 400, 41_000, 200_000, 6 * hour].map(formatTook), [
        '4 ms',
        '0.4 s',
        '41.0 s',
        '3 min 20 s',
        '6h 00m'
    ]);
    assert.deepEqual(
        ['500ms', '10s', '1.5h', '2d', '5 min', '0'].map((text) => parseDuration(text, '--timeout')),
        [500, 10_000, 1.5 * hour, 48 * hour, 300_000, 0]
    );
    const date = new Date('2026-11-28T20:45:00Z');
    assert.equal(formatTime(date, {timezone: 'UTC'}), 'Sat 2026-11-28 20:45 UTC');
    assert.equal(formatTime(date, {timezone: 'Asia/Tokyo', seconds: true}), 'Sun 2026-11-29 05:45:00 GMT+9');
});
