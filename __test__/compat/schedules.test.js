'use strict';

/**
 * What `at` accepts, and when it is due. The whole grammar, compared instant for instant, is the subject of the tests
 * of schedules; here is what a host sees of it.
 */

const assert = require('node:assert/strict');
const sinon = require('sinon');

const {chapter} = require('./support');

const {same, fix} = chapter('Schedules');

/** Thursday 2024-02-29, local time: between two quarters of an hour. */
const NOW = new Date(2024, 1, 29, 12, 2, 30);

/** The next run that the log line announces, or the message of the error. */
async function nextRunOf({create, jobFile, logs}, at) {
    sinon.restore();
    const clock = sinon.useFakeTimers({now: NOW});
    try {
        await create({}).addJob({name: 'scheduled', at, job: jobFile('simple.js')});
        const line = logs.info.at(-1);
        return new Date(line.slice(line.indexOf('Next run on: ') + 'Next run on: '.length));
    } catch (error) {
        return error.message;
    } finally {
        clock.restore();
    }
}

const local = (...parts) => new Date(...parts);

for (const [at, expected] of [
    ['0 1/5 * * * *', local(2024, 1, 29, 12, 6)],
    ['15,45 */10 9-17 * * 1-5', local(2024, 1, 29, 12, 10, 15)],
    ['0 0 0 29 2 *', local(2028, 1, 29)],
    ['0 0 12 13 * 5', local(2024, 8, 13, 12)],
    ['0 30 2 * * 0', local(2024, 2, 3, 2, 30)],
    ['every 5 minutes', local(2024, 1, 29, 12, 5)],
    ['every 8 hours', local(2024, 1, 29, 16)],
    ['every 15 min starting on the 5th minute', local(2024, 1, 29, 12, 5)],
    ['at 10:15 am', local(2024, 2, 1, 10, 15)],
    ['at 5:00 pm', local(2024, 1, 29, 17)],
    ['at 12:00 am on the first day of the month', local(2024, 2, 1)],
    ['on the 15th day of the month', local(2024, 2, 15)]
]) {
    same(`"${at}"`, async (context) => {
        assert.deepEqual(await nextRunOf(context, at), expected);
    });
}

for (const at of ['invalid expression', '* * * * * * * *', '0 61 * * * *', 'a * * * *']) {
    same(`"${at}" is refused`, async (context) => {
        assert.equal(await nextRunOf(context, at), 'Invalid schedule format');
    });
}

for (const [at, results, expected] of [
    [
        'every 90 minutes',
        {upstream: 'every hour', ours: 'every 90 minutes, counted from now'},
        {upstream: local(2024, 1, 29, 13), ours: local(2024, 1, 29, 13, 32, 30)}
    ],
    [
        'every 5 hours',
        {
            upstream: "at 0, 5, 10, 15 and 20 o'clock: it begins anew each day",
            ours: 'every 5 hours, counted from now'
        },
        {upstream: local(2024, 1, 29, 15), ours: local(2024, 1, 29, 17, 2, 30)}
    ],
    [
        'every 0 seconds',
        {upstream: 'every second', ours: 'refused'},
        {upstream: local(2024, 1, 29, 12, 2, 30), ours: 'Invalid schedule format'}
    ],
    [
        '*/5 * * * *',
        {upstream: 'refused', ours: 'a cron line of five fields, at second 0'},
        {upstream: 'Invalid schedule format', ours: local(2024, 1, 29, 12, 5)}
    ],
    [
        '0 0 9 * MAR mon-fri',
        {upstream: 'refused', ours: 'names of months and days'},
        {upstream: 'Invalid schedule format', ours: local(2024, 2, 1, 9)}
    ],
    [
        '@hourly',
        {upstream: 'refused', ours: 'every hour, on the hour'},
        {upstream: 'Invalid schedule format', ours: local(2024, 1, 29, 13)}
    ],
    [
        'every minute',
        {upstream: 'refused', ours: 'every minute'},
        {upstream: 'Invalid schedule format', ours: local(2024, 1, 29, 12, 3)}
    ]
]) {
    fix(`"${at}"`, results, async (context) => {
        assert.deepEqual(await nextRunOf(context, at), context.pick(expected));
    });
}
