'use strict';

/** The log line about a system clock that was set back. The engine's part is tested in src/engine/tests/clock_step.rs. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {JobEvents} = require('../../lib/events/job-events');

const MINUTE_MS = 60_000;

/** The lines that are logged for an event of the native side. */
function linesFor(event) {
    const batches = [{events: [event], bytes: new Uint8Array(), hasMore: false}];
    const lines = [];
    const log = (level) => (line) => lines.push(`${level}: ${line}`);
    const logger = {info: log('info'), warn: log('warn'), error: log('error')};
    new JobEvents({takeEvents: () => batches.shift()}, {}, {logger, failed: new Map()}).pump();
    return lines;
}

for (const [stepMs, words] of [
    [61_000, '61 s'],
    [10 * MINUTE_MS, '10 min'],
    [120 * MINUTE_MS, '2 h'],
    [150 * MINUTE_MS + 10_000, '2 h 30 min']
]) {
    test(`a clock that is set back by ${words} is logged`, () => {
        const event = {type: 'clockSetBack', stepMs, jobs: 3, repeatsNothing: true};
        assert.deepEqual(linesFor(event), [
            `warn: The system clock was set back by ${words}: 3 recurring jobs are scheduled anew from the new time. ` +
                'At fixed times, such as every day at 3:00, no time at which a job has run comes again'
        ]);
    });
}

test('a clock that was wrong by more than three hours is logged with what follows', () => {
    const event = {type: 'clockSetBack', stepMs: 300 * MINUTE_MS, jobs: 1, repeatsNothing: false};
    assert.deepEqual(linesFor(event), [
        'warn: The system clock was set back by 5 h: one recurring job is scheduled anew from the new time. ' +
            'The clock was wrong by more than 3 h, so times at which a job has run come again'
    ]);
});
