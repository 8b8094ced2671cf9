'use strict';

/**
 * Where `@breejs/later`, as the old package uses it, is wrong: both results, which docs/schedules.md sets side
 * by side.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const JobManager = require('../..');
const {later, laterRuns} = require('./oracle');

/** Sunday, a quarter past ten and ten seconds. */
const FROM = Date.parse('2026-03-01T10:15:10Z');

later.date.UTC();

/** Text, the first due times of `later`, ours; none = never. */
const DUE_TIMES = [
    [
        'every 90 minutes',
        '2026-03-01 11:00:00, 2026-03-01 12:00:00',
        '2026-03-01 11:45:10, 2026-03-01 13:15:10'
    ],
    [
        'every 7 minutes',
        '2026-03-01 10:21:00, 2026-03-01 10:28:00',
        '2026-03-01 10:22:10, 2026-03-01 10:29:10'
    ],
    [
        'every 36 hours',
        '2026-03-02 00:00:00, 2026-03-03 00:00:00',
        '2026-03-02 22:15:10, 2026-03-04 10:15:10'
    ],
    ['every 40 days', '2026-04-01 00:00:00, 2026-05-01 00:00:00', '2026-04-10 10:15:10, 2026-05-20 10:15:10'],
    ['0 0 0 30 2 *', '2526-03-01 00:00:00, 3026-03-01 00:00:00', ''],
    ['0 0 0 * * 7', '2026-03-07 00:00:00, 2026-03-14 00:00:00', '2026-03-08 00:00:00, 2026-03-15 00:00:00'],
    [
        '0 0 0 * * 5-7',
        '2026-03-06 00:00:00, 2026-03-07 00:00:00, 2026-03-13 00:00:00',
        '2026-03-06 00:00:00, 2026-03-07 00:00:00, 2026-03-08 00:00:00'
    ],
    ['0 0-0 * * * *', '2026-03-01 10:16:00, 2026-03-01 10:17:00', '2026-03-01 11:00:00, 2026-03-01 12:00:00'],
    ['0 0 0 0,5 * *', '2026-03-31 00:00:00, 2026-04-30 00:00:00', '2026-03-05 00:00:00, 2026-03-31 00:00:00'],
    [
        'on friday and monday',
        '2026-03-06 00:00:00, 2026-03-13 00:00:00',
        '2026-03-02 00:00:00, 2026-03-06 00:00:00'
    ],
    [
        'at 5:00 pm and 10:15 am',
        '2026-03-01 17:00:00, 2026-03-02 17:00:00',
        '2026-03-01 17:00:00, 2026-03-02 10:15:00'
    ],
    [
        'on fri through mon',
        '2026-03-07 00:00:00, 2026-03-14 00:00:00',
        '2026-03-02 00:00:00, 2026-03-06 00:00:00'
    ],
    [
        'of nov through feb',
        '2026-12-01 00:00:00, 2027-12-01 00:00:00',
        '2026-11-01 00:00:00, 2026-12-01 00:00:00'
    ],
    ['of september except on tuesday', '', '2026-09-02 00:00:00, 2027-09-01 00:00:00'],
    [
        'every 12 hours except on monday except on tuesday',
        'throws a TypeError',
        '2026-03-01 12:00:00, 2026-03-04 00:00:00'
    ],
    [
        'on the last day instance',
        '2026-03-22 00:00:00, 2026-03-29 00:00:00',
        '2026-03-25 00:00:00, 2026-04-24 00:00:00'
    ],
    ['on the first week of the year in 2030', '2029-12-31 00:00:00', '2030-01-01 00:00:00'],
    [
        'on the 30th minute after 9:00 am after 11:00 am',
        '2026-03-01 10:30:00, 2026-03-01 11:30:00',
        '2026-03-01 11:30:00, 2026-03-01 12:30:00'
    ]
];

/** Text, the first due time of `later`, and where our error points. */
const ERRORS = [
    ['every 0 seconds', '2026-03-01 10:15:11', '0'],
    ['every 20 months', '2027-01-01 00:00:00', '20'],
    ['every 90 minutes on monday', '2026-03-02 00:00:00', '90'],
    ['every 5 minutes between the 10th', '2026-03-01 10:20:00', ''],
    ['every 15 minutes between the 5th and 90th', '2026-03-01 10:20:00', '90th'],
    ['on the 70th minute', '2026-04-12 02:00:00', '70th'],
    ['on the 32nd day', '2109-07-01 00:00:00', '32nd'],
    ['on the 5th through 3rd hour', '', '5th through 3rd'],
    ['after 24th hour', '2028-11-25 00:00:00', '24th'],
    ['of ma', '2026-12-01 00:00:00', 'ma'],
    ['every 10 minutes also', 'throws a TypeError', ''],
    ['in 2150', '', '2150'],
    ['0 1e1 * * * *', '2026-03-01 11:10:00', '1e1'],
    ['0 0x5 * * * *', '2026-03-01 11:05:00', '0x5']
];

function show(ms) {
    return new Date(ms).toISOString().replace('T', ' ').replace('.000Z', '');
}

function laterResult(text, count) {
    const isCron = /^\d|^\*/.test(text);
    const parsed = isCron ? later.parse.cron(text, true) : later.parse.text(text);
    try {
        return laterRuns(parsed, FROM, count).map(show).join(', ');
    } catch (error) {
        return `throws a ${error.name}`;
    }
}

for (const [text, theirs, ours] of DUE_TIMES) {
    test(`"${text}" is due at ${ours || 'no time'}`, () => {
        assert.equal(laterResult(text, theirs.split(', ').length), theirs);
        const count = ours.split(', ').length;
        const runs = JobManager.nextRuns(text, {from: FROM, count, timezone: 'UTC'});
        assert.equal(runs.map(show).join(', '), ours);
    });
}

for (const [text, theirs, place] of ERRORS) {
    test(`"${text}" is an error at "${place}"`, () => {
        assert.equal(laterResult(text, 1), theirs);
        assert.throws(
            () => JobManager.nextRuns(text, {from: FROM}),
            (error) => {
                assert.equal(error.errorType, 'IncorrectUsageError');
                assert.equal(error.message, 'Invalid schedule format');
                assert.match(error.code, /^SCHEDULE_/);
                assert.ok(error.context.includes(place), error.context);
                return true;
            }
        );
    });
}

test('the documentation names each of them', () => {
    const page = fs.readFileSync(path.join(__dirname, '../../docs/schedules.md'), 'utf8');
    for (const [text] of [...DUE_TIMES, ...ERRORS]) {
        assert.ok(page.includes(`\`${text}\``), text);
    }
});
