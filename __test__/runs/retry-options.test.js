'use strict';

// The options of retries: what the native side is given, and what is refused or warned about besides wrong kinds.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {defaultPause, retryOptions} = require('../../lib/jobs/retry-options');
const {createManager} = require('../inline/support');
const {memoryModel} = require('./support');

const NEVER = '0 0 3 1 1 *';
const nothing = () => {};
const DEFAULT_CURVE = {delayMs: 10_000, factor: 2, maxMs: 600_000, jitter: 0.5};

const FORMS = [
    [{}, undefined],
    [{attempts: 1, backoff: 5}, undefined],
    [{attempts: 3}, {attempts: 3, curve: DEFAULT_CURVE}],
    [
        {attempts: 3, backoff: 5_000},
        {attempts: 3, delaysMs: [5_000]}
    ],
    [{backoff: [1, 10, 60]}, {attempts: 4, delaysMs: [1, 10, 60]}],
    [
        {attempts: 9, backoff: [1, 10]},
        {attempts: 9, delaysMs: [1, 10]}
    ],
    [
        {attempts: 2, backoff: {}},
        {attempts: 2, curve: DEFAULT_CURVE}
    ],
    [
        {attempts: 2, backoff: {type: 'fixed', delay: 700}},
        {attempts: 2, curve: {delayMs: 700, factor: 1, maxMs: 600_000, jitter: 0}}
    ],
    [
        {attempts: 2, backoff: {delay: 3_600_000}},
        {attempts: 2, curve: {...DEFAULT_CURVE, delayMs: 3_600_000, maxMs: 3_600_000}}
    ],
    [
        {attempts: 2, backoff: {max: 500, factor: 3, jitter: 0}},
        {attempts: 2, curve: {delayMs: 10_000, factor: 3, maxMs: 500, jitter: 0}}
    ],
    [
        {attempts: 2, backoff: nothing},
        {attempts: 2, isAsked: true}
    ],
    [
        {attempts: 2, backoff: 1, retryOn: ['exit'], giveUpAfter: 50},
        {attempts: 2, delaysMs: [1], retryOn: ['exit'], giveUpAfterMs: 50}
    ]
];

for (const [options, expected] of FORMS) {
    test(`${JSON.stringify(options)} in the words of the native side`, () => {
        const given = retryOptions(options);
        assert.deepEqual(given && JSON.parse(JSON.stringify(given)), expected);
    });
}

test('the default pause is 10 s, doubled up to 10 min, shortened by up to a half', () => {
    const pauses = (random) => [1, 2, 3, 9].map((retry) => defaultPause(retry, random));
    assert.deepEqual(pauses(0), [10_000, 20_000, 40_000, 600_000]);
    assert.deepEqual(pauses(1), [5_000, 10_000, 20_000, 300_000]);
});

test('wrong options are refused for each kind of job, before anything is registered or written', async (t) => {
    const {JobModel, written} = memoryModel();
    const {manager} = createManager(t, {JobModel});
    const refusal = {code: 'INVALID_OPTION', errorType: 'IncorrectUsageError'};
    const wrong = {name: 'job', attempts: 2, retryOn: ['cancelled'], job: nothing};
    for (const offloaded of [true, false]) {
        await assert.rejects(manager.addJob({...wrong, offloaded}), refusal);
        await assert.rejects(manager.addJob({...wrong, offloaded, at: NEVER}), refusal);
        await assert.rejects(manager.addOneOffJob({...wrong, offloaded}), refusal);
    }
    await assert.rejects(manager.bree.add({...wrong, cron: NEVER}), refusal);
    assert.deepEqual([manager.bree.config.jobs, written], [[], []]);
});

test('other names for attempts, and a backoff without attempts, are warned about', async (t) => {
    const {manager, lines} = createManager(t);
    await manager.addJob({name: 'a', at: NEVER, job: nothing, retries: 3});
    await manager.addJob({name: 'b', at: NEVER, job: nothing, backoff: 500});
    assert.deepEqual(lines.warn, [
        'The option "retries" of job "a" has no effect: use "attempts", which counts the first try too',
        'The option "backoff" of job "b" has no effect without "attempts", which counts the first try too'
    ]);
});

const STALE = [
    {staleAfter: 1_500, timeout: 1_000, backoff: 500},
    {staleAfter: 500, backoff: [500, 100]},
    {staleAfter: 20_000, attempts: 3},
    {staleAfter: 1_500, timeout: 1_000, backoff: {max: 500}}
];
const FRESH = [
    {staleAfter: 1_501, timeout: 1_000, backoff: 500},
    {staleAfter: 20_001, attempts: 3},
    {staleAfter: 1, attempts: 1},
    {staleAfter: 1, backoff: nothing}
];

for (const options of [...STALE, ...FRESH]) {
    const isStale = STALE.includes(options);
    test(`a one-off with ${JSON.stringify(options)} is ${isStale ? 'refused' : 'taken'}`, async (t) => {
        const {staleAfter, ...rest} = options;
        for (const ofManager of [false, true]) {
            const {JobModel, written} = memoryModel();
            const {manager} = createManager(t, {JobModel, ...(ofManager ? {staleAfter} : {})});
            const job = {
                name: 'job',
                offloaded: false,
                attempts: 2,
                job: nothing,
                ...(ofManager ? rest : options)
            };
            const added = manager.addOneOffJob(job);
            if (isStale) {
                await assert.rejects(added, {
                    code: 'INVALID_OPTION',
                    message: /"staleAfter" of one-off job "job"/
                });
                assert.deepEqual(written, []);
            } else {
                await added;
                assert.equal((await manager.awaitOneOffCompletion('job')).status, 'finished');
            }
        }
    });
}
