'use strict';

/** Many offloaded jobs at once. */

const {treePssBytes} = require('../processes');
const {jobFile, withResolvers} = require('../talk');

const SHORT = {params: {count: 200, file: 'short.js'}, tiny: {count: 2, file: 'short.js'}};

module.exports = {
    name: 'burst',
    measurements: [
        {name: '200 short jobs, elapsed', unit: 'ms', baseline: 'upstream', goal: {ratioAtMost: 1}, ...SHORT},
        {
            name: '200 short jobs, peak memory of all processes',
            unit: 'MB',
            baseline: 'upstream',
            goal: {ratioAtMost: 0.25},
            watchesMemory: true,
            needsProc: true,
            ...SHORT
        },
        {
            name: '20 idle jobs, memory of all processes beyond the host alone',
            unit: 'MB',
            baseline: 'upstream',
            goal: {ratioAtMost: 1},
            needsProc: true,
            params: {count: 20, file: 'waits.js'},
            tiny: {count: 2, file: 'waits.js'}
        }
    ],

    async run({load, params: {count, file}}) {
        const areIdle = file === 'waits.js';
        const {promise: over, resolve} = withResolvers();
        let missing = count;
        const one = () => {
            missing -= 1;
            if (missing === 0) {
                resolve();
            }
        };
        const manager = new (load())({workerMessageHandler: one});
        const aloneBytes = areIdle ? treePssBytes(process.pid) : 0;
        if (!areIdle) {
            manager.bree.on('worker deleted', one);
        }
        const startedAt = performance.now();
        for (let index = 0; index < count; index += 1) {
            manager.addJob({name: `job-${index}`, job: jobFile(file)});
        }
        await over;
        return areIdle ? (treePssBytes(process.pid) - aloneBytes) / 1e6 : performance.now() - startedAt;
    }
};
