'use strict';

// What it was called with, and where.
module.exports = (data, run) => ({
    data,
    pid: process.pid,
    run: {id: run.id, name: run.name, attempt: run.attempt, attempts: run.attempts, trigger: run.trigger}
});
