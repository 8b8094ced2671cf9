'use strict';

// A run of the recurring job: it says where it runs, and how late.

const {run} = require('@tryghost/job-manager/job');

const late = Date.now() - run.due;
console.log(
    JSON.stringify({slot: run.due, host: process.env.HOST_NAME, late, fence: run.fence, trigger: run.trigger})
);
if (process.env.SLOW_SLOT === 'yes' && run.fence === 1) {
    // The host is killed in the middle of this.
    setTimeout(() => {}, 60_000);
}
