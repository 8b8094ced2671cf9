'use strict';

/** What a job prints, by what becomes of it: the host's own processor time, and the time of the run. */

const {jobFile} = require('../talk');

const MIB = 1024 * 1024;

const measurement = (output, result, more = {}) => ({
    name: `100 MiB printed by a job, '${output}': ${result === 'cpu' ? "the host's processor time" : 'elapsed'}`,
    unit: 'ms',
    params: {output, result, bytes: 100 * MIB},
    tiny: {output, result, bytes: 1_000},
    ...more
});

module.exports = {
    name: 'output',
    measurements: ['inherit', 'ignore', 'capture', 'both'].flatMap((output) => [
        measurement(output, 'cpu', output === 'capture' ? {goal: {atMost: 40}} : {}),
        measurement(output, 'elapsed')
    ]),

    async run({load, params: {output, result, bytes}}) {
        const manager = new (load())({});
        // What the first run alone costs is not measured.
        await runOnce(manager, 'first', output, 1);
        const before = process.cpuUsage();
        const elapsedMs = await runOnce(manager, 'prints', output, bytes);
        const {user, system} = process.cpuUsage(before);
        return result === 'cpu' ? (user + system) / 1_000 : elapsedMs;
    }
};

async function runOnce(manager, name, output, bytes) {
    const ended = new Promise((resolve) => manager.events.once('run ended', resolve));
    const startedAt = performance.now();
    await manager.addJob({name, job: jobFile('prints.js'), data: {bytes}, output});
    await ended;
    return performance.now() - startedAt;
}
