'use strict';

// A run of the recurring job: it says where it runs, and how late, and then takes half a second.

const {run} = require('@tryghost/job-manager/job');

const late = Date.now() - run.due;
console.log(
    JSON.stringify({slot: run.due, host: process.env.HOST_NAME, late, fence: run.fence, trigger: run.trigger})
);
setTimeout(() => {}, 500);
