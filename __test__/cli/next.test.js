'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const {workplace} = require('../support/cli');

test('next shows how a schedule is understood, and its due times in its time zone', async (t) => {
    const {cli} = workplace(t);
    const {exitCode, stdout, stderr} = await cli(
        'next',
        'every 5 minutes',
        '--count=2',
        '--timezone=Europe/London',
        '--from=2026-11-28T20:40:30Z'
    );
    assert.equal(
        stdout,
        'every 5 minutes (Europe/London)\n' +
            '  Sat 2026-11-28 20:45:00 GMT   in 5 min\n' +
            '  Sat 2026-11-28 20:50:00 GMT   in 10 min\n'
    );
    assert.deepEqual([exitCode, stderr], [0, '']);
});

test('next names the zones of the world, summer time too, and shows UTC where it is asked to', async (t) => {
    const {cli} = workplace(t);
    const shown = async (...args) =>
        (
            await cli('next', 'every day at 09:00', '-n', '1', '--from', '2026-07-01T00:00Z', ...args)
        ).stdout.split('\n')[1];
    assert.match(await shown('--timezone', 'Europe/London'), /^ {2}Wed 2026-07-01 09:00:00 BST /);
    assert.match(await shown('--timezone', 'America/New_York'), /09:00:00 EDT /);
    assert.match(await shown('--timezone', 'Asia/Kolkata'), /09:00:00 (?:IST|GMT\+5:30) /);
    assert.match(await shown('--timezone', 'America/New_York', '--utc'), /13:00:00 UTC /);
});

test('next --json gives one object', async (t) => {
    const {cli} = workplace(t);
    const {json, exitCode} = await cli(
        'next',
        '0 30 2 * * *',
        '--json',
        '-n1',
        '--timezone=UTC',
        '--from=2026-01-01T00:00Z'
    );
    assert.equal(exitCode, 0);
    assert.deepEqual(json(), {
        at: '0 30 2 * * *',
        text: 'every day at 02:30',
        timezone: 'UTC',
        next: ['2026-01-01T02:30:00.000Z']
    });
});

test('next of a schedule that is not understood ends with 2, and says where and what instead', async (t) => {
    const {cli} = workplace(t);
    const {exitCode, stdout, stderr} = await cli('next', 'every 5 minuts');
    assert.deepEqual([exitCode, stdout], [2, '']);
    assert.equal(
        stderr,
        'job-manager: Invalid schedule format: this is not understood here, at character 9: "minuts", in "every 5 minuts"\n' +
            '             Did you mean "minute"? Expected second, minute, hour, day, week, month, year.\n'
    );
    const {json} = await cli('next', 'every 5 minuts', '--json');
    const {error} = json();
    assert.match(error.code, /^SCHEDULE_/);
    assert.match(error.message, /"minuts", in "every 5 minuts"$/);
    assert.match(error.help, /Did you mean "minute"/);
});

test('next of a zone that does not exist suggests one', async (t) => {
    const {cli} = workplace(t);
    const {exitCode, stderr} = await cli('next', 'every day', '--timezone', 'Eurpe/London');
    assert.equal(exitCode, 2);
    assert.match(stderr, /"Eurpe\/London", perhaps "Europe\/London"/);
});

test('next understands words without quotes, and explains a "*" that the shell has replaced', async (t) => {
    const {cli} = workplace(t, {'a.txt': '', 'b.txt': ''});
    assert.match((await cli('next', 'every', '5', 'minutes')).stdout, /^every 5 minutes /);
    const {exitCode, stderr} = await cli('next', '0', '30', '2', 'a.txt', 'b.txt', 'run');
    assert.equal(exitCode, 2);
    assert.match(stderr, /Put the schedule in quotes: the shell has replaced "\*" by the names of files/);
});

test('next of a schedule whose times have all passed ends with 1', async (t) => {
    const {cli} = workplace(t);
    const {exitCode, stdout} = await cli('next', 'every friday in 2020');
    assert.equal(exitCode, 1);
    assert.match(stdout, /\n {2}never\n$/);
});
