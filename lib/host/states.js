'use strict';

/** The states of jobs and of runs, in the order of their lives. */

const JOB_STATES = Object.freeze(['armed', 'running', 'retrying', 'waiting', 'paused', 'finished', 'held']);
const RUN_STATES = Object.freeze([
    'waiting',
    'queued',
    'running',
    'stopping',
    'retrying',
    'completed',
    'failed',
    'cancelled'
]);

module.exports = {JOB_STATES, RUN_STATES};
