'use strict';

// A host that ends when its runs have: the processes that are kept do not hold it.

const JobManager = require('../../..');

async function main() {
    const manager = new JobManager();
    await manager.defineJob({name: 'echo', job: require.resolve('../jobs/echo.js'), concurrency: 2});
    const runs = await Promise.all([manager.runJob('echo', {data: 1}), manager.runJob('echo', {data: 2})]);
    const pids = await Promise.all(runs.map(async ({result}) => (await result).pid));
    process.send({what: 'ran', pids});
    process.disconnect();
}

main();
