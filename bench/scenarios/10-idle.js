'use strict';

/** A host with nothing due for a long time. */

const {voluntarySwitches} = require('../processes');
const {delay, jobFile} = require('../talk');

const measurement = (name, unit, result, jobs, more = {}) => ({
    name: `${jobs.toLocaleString('en-US')} recurring jobs, far from due: ${name}`,
    unit,
    params: {jobs, result, durationMs: 5_000},
    tiny: {jobs: 5, result, durationMs: 20},
    ...more
});

module.exports = {
    name: 'idle',
    measurements: [
        measurement('wake-ups', 'per second', 'wakeUps', 1_000, {baseline: 'upstream', needsProc: true}),
        measurement('processor time', 'ms per second', 'cpu', 1_000, {baseline: 'upstream'}),
        measurement('processor time', 'ms per second', 'cpu', 100_000)
    ],

    async run({load, params: {jobs, result, durationMs}}) {
        const manager = new (load())({});
        for (let index = 0; index < jobs; index += 1) {
            await manager.addJob({name: `job-${index}`, at: '0 0 3 1 1 *', job: jobFile('short.js')});
        }
        // Until what registration has left to do is done.
        await delay(Math.min(durationMs, 1_000));
        const before = {switches: result === 'wakeUps' ? voluntarySwitches() : 0, cpu: process.cpuUsage()};
        await delay(durationMs);
        const seconds = durationMs / 1_000;
        if (result === 'wakeUps') {
            return (voluntarySwitches() - before.switches) / seconds;
        }
        const {user, system} = process.cpuUsage(before.cpu);
        return (user + system) / 1_000 / seconds;
    }
};
