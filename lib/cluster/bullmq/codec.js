'use strict';

/** Names, ids and values as BullMQ carries them. */

/** What an id of BullMQ must not have, and what stands for something here. */
const RESERVED = /[%:@~]/g;
/** The JSON view of a value is left out beyond this: it is for people who look at the queue. */
const LONGEST_VIEW = 4 * 1024;

const escaped = (text) =>
    text.replace(RESERVED, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
const unescaped = (text) => decodeURIComponent(text.replaceAll(/%(?![0-9a-f]{2})/g, '%25'));

/** @returns {string} the id of a slot, the same on each host; other ones for other slots */
const slotId = (name, dueMs) => `${escaped(name)}@${dueMs}`;

/** @returns {number} the due time of a slot, by its id */
const dueOf = (jobId) => Number(jobId.slice(jobId.lastIndexOf('@') + 1));

/** @returns {string} the queue of a job whose slots wait for each other */
const serialQueueName = (queue, name) => `${queue}.serial.${escaped(name)}`;

/** @returns {string} the id of a run that was asked for. It is no number, which BullMQ would take for one of its own */
const requestId = (id) => `~${escaped(id)}`;

/** @returns {string} the id of a one-off job: there is one run of it at most */
const oneOffId = (name) => `!${escaped(name)}`;

/** @returns {string} the id of a run of a one-off job, another one for each claim */
const oneOffRunId = (name, claim) => `${name}@once-${claim}`;
const ONE_OFF_RUN = /^(.+)@once-[0-9a-z-]+$/s;

/** @returns {string} the id of the run, of an id of the queue; `run` is that of a one-off job */
function runIdOf(jobId, {name, due, run}) {
    return (
        run ?? (jobId.startsWith('~') ? unescaped(jobId.slice(1)) : `${name}@${new Date(due).toISOString()}`)
    );
}

/** @returns {string} the id of the run of a job of the queue */
const runIdOfJob = ({id, name, data: {due, run}}) => runIdOf(id, {name, due, run});

/** @returns {string} the id of the queue, of a run id */
function jobIdOf(runId, name) {
    const oneOff = ONE_OFF_RUN.exec(runId)?.[1];
    if (oneOff !== undefined) {
        return oneOffId(oneOff);
    }
    const due =
        name !== undefined && runId.startsWith(`${name}@`) ? Date.parse(runId.slice(name.length + 1)) : NaN;
    return Number.isNaN(due) ? requestId(runId) : slotId(name, due);
}

/** @returns {number} grows with each host that is given the run */
const fenceOf = (job) => Math.max(1, job.attemptsStarted);

/**
 * @param {{data: object, attemptsMade: number}} job
 * @returns {{attempt: number, retryAtMs?: number, firstStartedMs?: number} | undefined} the attempt that comes next, of a run of which
 *   attempts have failed. Who has it run again when it has ended, begins at the first one
 */
function resumedOf({data, attemptsMade}) {
    const {of, ...next} = data.next ?? {};
    return of === attemptsMade ? next : undefined;
}

/** @returns {{bytes?: string, view?: unknown}} bytes in base64, and beside them what can be read of the value */
function packed(bytes, value) {
    if (bytes === undefined || bytes.length === 0) {
        return {};
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
    return {bytes: text, view: viewOf(value)};
}

function viewOf(value) {
    try {
        const text = JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}n` : part));
        // PostgreSQL has no JSON with a NUL character.
        const isLeftOut = text === undefined || text.length > LONGEST_VIEW || text.includes('\\u0000');
        return isLeftOut ? undefined : JSON.parse(text);
    } catch {
        return undefined;
    }
}

/** @returns {Buffer | undefined} */
const unpacked = (carried) =>
    carried?.bytes === undefined ? undefined : Buffer.from(carried.bytes, 'base64');

module.exports = {
    dueOf,
    fenceOf,
    jobIdOf,
    oneOffId,
    oneOffRunId,
    packed,
    requestId,
    resumedOf,
    runIdOf,
    runIdOfJob,
    serialQueueName,
    slotId,
    unpacked
};
