'use strict';

const {fenceOf, jobIdOf, requestId, resumedOf, runIdOfJob} = require('./codec');
const {KEPT, KEPT_FAILED} = require('./kept');

const PAUSED_FIELD = 'jm:paused:';
/** There is none: that it can be asked for is what counts. */
const PROBED_FIELD = 'jm:probe';
/** States of runs, by those of BullMQ. */
const STATES = {
    waiting: 'waiting',
    prioritized: 'waiting',
    delayed: 'waiting',
    active: 'running',
    completed: 'completed',
    failed: 'failed'
};

/** What hosts ask of the queue and of each other: runs, their ends, cancellations, pauses, and what there is. */
class Requests {
    #queue;
    #inbox;
    #hostId;
    #post;
    #trying;

    /**
     * @param {object} parts
     * @param {object} parts.queue - a Queue
     * @param {import('./inbox').Inbox} parts.inbox
     * @param {string} parts.hostId - of this host
     * @param {(message: object) => void} parts.post - to the event loop of the host
     * @param {(call: () => Promise<void>) => Promise<void>} parts.trying
     */
    constructor({queue, inbox, hostId, post, trying}) {
        this.#queue = queue;
        this.#inbox = inbox;
        this.#hostId = hostId;
        this.#post = post;
        this.#trying = trying;
    }

    /** A run was asked for on this host. */
    async request({request, name, id, data, options}) {
        const {priority = 0, delay, attempts, timeout} = options;
        try {
            await this.#queue.add(
                name,
                {...data, priority, attempts, timeout, reply: this.#hostId},
                {
                    jobId: requestId(id),
                    delay,
                    // Slots go first: they have a time.
                    priority: 101 - priority,
                    removeOnComplete: KEPT,
                    removeOnFail: KEPT_FAILED
                }
            );
            this.#post({type: 'requested', request});
        } catch (error) {
            this.#post({type: 'requested', request, error: {message: error.message, code: error.code}});
        }
    }

    /** The end of a run goes to the host that waits for it. */
    answer(job, {value, error}) {
        const {reply} = job.data;
        if (reply !== undefined) {
            const id = runIdOfJob(job);
            const message = {
                type: 'answered',
                id,
                value,
                error: error && {message: error.message, code: error.code, envelope: error.envelope}
            };
            const isHere = reply === this.#hostId;
            void this.#trying(() => (isHere ? this.#post(message) : this.#inbox.send(reply, message)));
        }
    }

    /** A host waits for a run, and has not heard of it for long. */
    async lookAt({id, name}) {
        const found = await this.#queue.getJob(jobIdOf(id, name));
        // Of a one-off job it may be a later run.
        const job = found !== undefined && runIdOfJob(found) === id ? found : undefined;
        const state = await job?.getState();
        if (job === undefined) {
            this.#post({
                type: 'answered',
                id,
                error: {message: 'it is not in the queue any more', code: 'RUN_UNKNOWN'}
            });
        } else if (state === 'completed') {
            this.#post({type: 'answered', id, value: job.returnvalue});
        } else if (state === 'failed') {
            this.#post({type: 'answered', id, error: {message: job.failedReason}});
        }
    }

    async cancel({request, id, name, reason}) {
        const job = await this.#queue.getJob(jobIdOf(id, name));
        const state = await job?.getState();
        if (state === 'active') {
            await this.#inbox.broadcast({type: 'steered', order: {kind: 'cancel', id, reason}});
        } else if (state !== undefined && state !== 'completed' && state !== 'failed') {
            await job.remove();
            if (job.data.run !== undefined) {
                this.#post({type: 'oneOffCancelled', name: job.name});
            }
            const message = `The run ${id} was cancelled before it began${reason === undefined ? '' : `: ${reason}`}`;
            this.answer(job, {error: {message, code: 'JOB_CANCELLED'}});
        }
        this.#post({type: 'requested', request, state});
    }

    /** What the queue knows of a run, whichever host has it; nothing of a due time that was skipped. */
    async find({request, id, name}) {
        const job = await this.#queue.getJob(jobIdOf(id, name));
        const state = STATES[await job?.getState()];
        const isRun = state !== undefined && runIdOfJob(job) === id && job.returnvalue?.skipped === undefined;
        this.#post({type: 'requested', request, value: isRun ? factsOf(id, job, state) : undefined});
    }

    async steer(order) {
        const {kind, name} = order;
        if (kind === 'pause') {
            await this.#queue.backend.setQueueMeta({[PAUSED_FIELD + name]: JSON.stringify(order)});
        } else if (kind === 'resume') {
            await this.#queue.backend.removeQueueMetaFields([PAUSED_FIELD + name]);
        }
        await this.#inbox.broadcast({type: 'steered', order});
    }

    async info({request}) {
        const [hosts, queue, active] = await Promise.all([
            this.#inbox.hosts(),
            this.#queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'completed', 'failed'),
            this.#queue.getActive(0, 99)
        ]);
        const running = active.map((job) => ({
            id: runIdOfJob(job),
            job: job.name,
            host: job.processedBy,
            since: job.processedOn,
            attempt: resumedOf(job)?.attempt ?? 1,
            fence: fenceOf(job)
        }));
        this.#post({type: 'requested', request, value: {hosts, queue, running}});
    }

    /** Is answered once the server answers. */
    async probe({request}) {
        await this.#queue.backend.getQueueMetaField(PROBED_FIELD);
        this.#post({type: 'requested', request});
    }

    /** A job that was paused before this host had it is paused here too. */
    async pauseAsOthers(name) {
        const paused = await this.#queue.backend.getQueueMetaField(PAUSED_FIELD + name);
        if (paused !== null && paused !== undefined) {
            this.#post({type: 'steered', order: JSON.parse(paused)});
        }
    }
}

/** @returns {object} for `runInfo` (lib/runs/run-info.js), with the id of the host that has the run, or had it */
function factsOf(id, {name, data, timestamp, processedBy, processedOn, finishedOn, failedReason}, state) {
    const facts = {
        id,
        name,
        state,
        trigger: data.due === undefined ? 'manual' : 'schedule',
        dueMs: data.due,
        queuedMs: timestamp,
        attempts: data.attempts
    };
    if (state === 'waiting') {
        // It may have been given back by a host.
        return facts;
    }
    const isFailed = state === 'failed';
    return {
        ...facts,
        host: processedBy,
        startedMs: processedOn,
        endedMs: finishedOn,
        ending: finishedOn === undefined ? undefined : {elapsedMs: finishedOn - processedOn},
        error: isFailed ? {name: 'Error', message: failedReason} : undefined
    };
}

module.exports = {Requests};
