'use strict';

// Runs a script by a manager, and tells what its run reported.

const JobManager = require('../../..');

async function main() {
    const [, , file] = process.argv;
    const manager = new JobManager();
    await manager.addJob({name: 'script', job: file, at: new Date(Date.now() + 1e8)});
    const run = await manager.runJob('script');
    const told = {progress: [], log: []};
    run.on('progress', ({value}) => told.progress.push(value)).on('log', ({message}) =>
        told.log.push(message)
    );
    console.log(JSON.stringify({result: await run.result, id: run.id, ...told}));
    await manager.shutdown();
}

main();
