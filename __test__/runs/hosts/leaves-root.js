'use strict';

// Runs a handler, gives up root where it has that, and runs the handler again at once.

const JobManager = require('../../..');
const {leaveRoot} = require('../../support/processes');

const NOBODY = 65_534;

async function main() {
    const manager = new JobManager();
    await manager.defineJob({name: 'user', job: require.resolve('../jobs/user.js'), concurrency: 1});
    const user = async () => (await manager.runJob('user')).result;
    const before = await user();
    await new Promise((resolve) => setTimeout(resolve, 40));
    leaveRoot(NOBODY);
    process.send({what: 'users', before, after: await user()});
    process.disconnect();
}

main();
