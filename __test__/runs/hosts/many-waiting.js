'use strict';

// A host of which a thousand runs wait when it ends.

const JobManager = require('../../..');

async function main() {
    const manager = new JobManager({errorHandler() {}, logger: {info() {}, warn() {}, error() {}}});
    await manager.defineJob({
        name: 'faults',
        job: require.resolve('../jobs/faults.js'),
        concurrency: 2,
        gracePeriod: 20
    });
    const request = () => manager.runJob('faults', {data: {how: 'forever'}});
    const runs = await Promise.all(Array.from({length: 1_000}, request));
    const hasBegun = (run) => new Promise((resolve) => run.on('progress', resolve));
    process.on('message', (what) => {
        if (what === 'exit') {
            process.exit(0);
        }
        process.disconnect();
        void manager.removeJob('faults');
    });
    await Promise.all(runs.slice(0, 2).map(hasBegun));
    process.send({what: 'running'});
}

main();
