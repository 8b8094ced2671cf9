'use strict';

const path = require('node:path');
const JobManager = require('@tryghost/job-manager');

const jobManager = new JobManager({
    errorHandler: (error, {name}) => console.error(`job ${name} failed:`, error),
    workerMessageHandler: ({name, message}) => console.log(`job ${name}: ${message}`)
});

jobManager.addJob({name: 'tick', at: 'every 2 seconds', job: path.join(__dirname, 'jobs', 'tick.js')});

// pm2 stop, restart and reload send SIGINT.
process.once('SIGINT', async () => {
    await jobManager.shutdown({timeout: 10_000});
    console.log('stopped');
    process.exit();
});
