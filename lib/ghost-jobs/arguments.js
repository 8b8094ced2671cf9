'use strict';

/**
 * What Ghost passes to an adapter, in both shapes of its contract:
 *
 *     enqueue({type, payload}, {queue}?)           enqueue(id, {version: 1, payload: {job: {type, payload}, routing?: {queue}}})
 *     scheduleRecurring({type, payload}, {cron}, {queue}?)             scheduleRecurring({version: 1, payload: …}, {cron})
 */

const {incorrectUsage} = require('../host/package.bundle.cjs').parts;

/** The lane of what names no queue. */
const DEFAULT_QUEUE = 'default';
const VERSION = 1;

/**
 * @typedef {{type: string, payload: string}} Envelope - what the processor is called with
 *
 * @typedef {object} Dispatch
 * @property {Envelope} envelope
 * @property {string} queue
 * @property {string} [id] - the same each time that the dispatch is sent
 */

/**
 * @param {unknown} first
 * @param {unknown} second
 * @returns {Dispatch} the arguments of `enqueue`
 * @throws {IncorrectUsageError} INVALID_JOB
 */
function dispatchOf(first, second) {
    if (typeof first !== 'string') {
        return {envelope: envelopeOf(first), queue: queueOf(second)};
    }
    if (first === '') {
        throw invalidJob('The id of a dispatch must not be empty');
    }
    return {...unpack(second), id: first};
}

/**
 * @param {unknown} first
 * @param {unknown} schedule
 * @param {unknown} routing
 * @returns {Dispatch & {cron: string}} the arguments of `scheduleRecurring`
 * @throws {IncorrectUsageError} INVALID_JOB
 */
function recurringOf(first, schedule, routing) {
    const isDispatch = typeof first?.payload === 'object' && first.payload !== null;
    const dispatch = isDispatch ? unpack(first) : {envelope: envelopeOf(first), queue: queueOf(routing)};
    const cron = schedule?.cron;
    if (typeof cron !== 'string' || cron.trim() === '') {
        throw invalidJob(
            `The schedule of job "${dispatch.envelope.type}" must be {cron: '…'} with five or six fields, such as '0 30 2 * * *'`
        );
    }
    return {...dispatch, cron};
}

function unpack(dispatch) {
    const {version, payload} = dispatch ?? {};
    if (version !== VERSION) {
        throw invalidJob(
            `A dispatch of version ${JSON.stringify(version)} is not known: this version of @tryghost/job-manager reads version ${VERSION}`
        );
    }
    return {envelope: envelopeOf(payload?.job), queue: queueOf(payload?.routing)};
}

function envelopeOf(job) {
    if (typeof job?.type !== 'string') {
        throw invalidJob(
            "A job must be {type: '…', payload: '…'}, and this one has no type that is a string"
        );
    }
    if (typeof job.payload !== 'string') {
        throw invalidJob(
            `The payload of job "${job.type}" must be a string, such as JSON, and is of the type ${typeof job.payload}`
        );
    }
    return job;
}

function queueOf(routing) {
    const queue = routing?.queue ?? DEFAULT_QUEUE;
    if (typeof queue !== 'string') {
        throw invalidJob(`The queue of a job must be a string, and is of the type ${typeof queue}`);
    }
    return queue;
}

const invalidJob = (message) => incorrectUsage({message, code: 'INVALID_JOB'});

module.exports = {DEFAULT_QUEUE, dispatchOf, recurringOf};
