'use strict';

/** Registering recurring jobs, far from due. */

const {jobFile} = require('../talk');

const jobs = (count) => `${count.toLocaleString('en-US')} recurring jobs`;

module.exports = {
    name: 'registration',
    measurements: [
        {
            name: jobs(5_000),
            unit: 'jobs/s',
            baseline: 'upstream',
            params: {count: 5_000, result: 'rate'},
            tiny: {count: 5, result: 'rate'}
        },
        {
            name: jobs(100_000),
            unit: 'jobs/s',
            goal: {atLeast: 50_000},
            params: {count: 100_000, result: 'rate'},
            tiny: {count: 5, result: 'rate'}
        },
        {
            name: `${jobs(5_000)}, resident memory of each`,
            unit: 'bytes',
            baseline: 'upstream',
            execArgv: ['--expose-gc'],
            params: {count: 5_000, result: 'bytes'},
            tiny: {count: 5, result: 'bytes'}
        },
        {
            name: `${jobs(100_000)}, resident memory of each`,
            unit: 'bytes',
            execArgv: ['--expose-gc'],
            params: {count: 100_000, result: 'bytes'},
            tiny: {count: 5, result: 'bytes'}
        }
    ],

    async run({load, params: {count, result}}) {
        const manager = new (load())({});
        const register = (name) => manager.addJob({name, at: '0 0 3 1 1 *', job: jobFile('short.js')});
        await register('first');
        const bytesBefore = residentBytes();
        const startedAt = performance.now();
        for (let index = 0; index < count; index += 1) {
            await register(`job-${index}`);
        }
        const durationMs = performance.now() - startedAt;
        return result === 'rate' ? (count / durationMs) * 1_000 : (residentBytes() - bytesBefore) / count;
    }
};

function residentBytes() {
    globalThis.gc?.();
    return process.memoryUsage().rss;
}
