'use strict';

const {Cancelling} = require('./cancelling');
const {fenceOf, jobIdOf, requestId, resumedOf, runIdOfJob} = require('./codec');
const {failureOf} = require('./failures');

/** An answer of another host is here by then. */
const ANSWER_MS = 2_000;
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
const MOST_RUNNING = 100;

/** What hosts ask of the queue and of each other: runs, their ends, cancellations, and what there is. */
class Requests {
    #queue;
    #serial;
    #adds;
    #kept;
    #inbox;
    #hostId;
    #post;
    #trying;

    /**
     * @param {object} parts
     * @param {object} parts.queue - a Queue
     * @param {{queueOf: (name: string) => object | undefined, queues: () => object[]}} parts.serial - queues of jobs of their own
     * @param {{add: (name: string, data: object, opts: object) => Promise<unknown>}} parts.adds - adds to it
     * @param {object} parts.kept - options: how long the queue keeps runs that have ended
     * @param {import('./inbox').Inbox} parts.inbox
     * @param {import('./orders').Orders} parts.orders
     * @param {string} parts.hostId - of this host
     * @param {(message: object) => void} parts.post - to the event loop of the host
     * @param {(call: () => Promise<void>) => Promise<void>} parts.trying
     */
    constructor({queue, serial, adds, kept, inbox, orders, hostId, post, trying}) {
        this.#queue = queue;
        this.#serial = serial;
        this.#adds = adds;
        this.#kept = kept;
        this.#inbox = inbox;
        this.#hostId = hostId;
        this.#post = post;
        this.#trying = trying;
        this.cancelling = new Cancelling({
            find: (id, name) => this.#find(id, name),
            orders,
            post,
            answer: (job, end) => this.answer(job, end)
        });
    }

    /** A run was asked for on this host. */
    async request({name, id, data, options}) {
        const {priority = 0, delay, attempts, timeout} = options;
        await this.#adds.add(
            name,
            {...data, priority, attempts, timeout, reply: this.#hostId},
            {
                jobId: requestId(id),
                delay,
                // Slots go first: they have a time.
                priority: 101 - priority,
                ...this.#kept
            }
        );
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
        const jobId = jobIdOf(id, name);
        const state = await this.#queue.getJobState(jobId);
        if (state === 'unknown') {
            const error = {message: 'it is not in the queue any more', code: 'RUN_UNKNOWN'};
            // Who has removed it may just be sending why.
            setTimeout(() => this.#post({type: 'answered', id, error}), ANSWER_MS).unref();
        } else if (state === 'completed' || state === 'failed') {
            // Read after its state: a run that ended between the two would be answered without its outcome.
            const job = await this.#queue.getJob(jobId);
            // Of a one-off job it may be a later run.
            if (job !== undefined && runIdOfJob(job) === id) {
                const error = state === 'failed' ? failureOf(job) : undefined;
                this.#post({type: 'answered', id, value: job.returnvalue, error});
            }
        }
    }

    /** @returns {Promise<{state: string | undefined}>} of the run, as it was then */
    async cancel(run) {
        return {state: await this.cancelling.cancel(run)};
    }

    async #find(id, name) {
        const jobId = jobIdOf(id, name);
        return (await this.#serial.queueOf(name)?.getJob(jobId)) ?? this.#queue.getJob(jobId);
    }

    /** @returns {Promise<{value?: object}>} what the queue knows of a run, whichever host has it; nothing of a due time that was skipped */
    async find({id, name}) {
        const job = await this.#find(id, name);
        const state = STATES[await job?.getState()];
        const isRun = state !== undefined && runIdOfJob(job) === id && job.returnvalue?.skipped === undefined;
        return {value: isRun ? factsOf(id, job, state) : undefined};
    }

    /** @returns {Promise<{value: object}>} hosts, queue and running runs */
    async info() {
        const states = Object.keys(STATES);
        const queues = [this.#queue, ...this.#serial.queues()];
        const [hosts, counts, active] = await Promise.all([
            this.#inbox.hosts(),
            Promise.all(queues.map((one) => one.getJobCounts(...states))),
            Promise.all(queues.map((one) => one.getActive(0, MOST_RUNNING - 1)))
        ]);
        const sum = (state) => counts.reduce((total, count) => total + (count[state] ?? 0), 0);
        const queue = Object.fromEntries(states.map((state) => [state, sum(state)]));
        const running = active
            .flat()
            .slice(0, MOST_RUNNING)
            .map((job) => ({
                id: runIdOfJob(job),
                job: job.name,
                host: job.processedBy,
                since: job.processedOn,
                attempt: resumedOf(job)?.attempt ?? 1,
                fence: fenceOf(job)
            }));
        return {value: {hosts, queue, running}};
    }

    /** Resolved once the server answers. */
    async probe() {
        await this.#queue.backend.getQueueMetaField(PROBED_FIELD);
    }
}

/** @returns {object} for `runInfo` (lib/runs/run-info.js), with the id of the host that has the run, or had it */
function factsOf(id, job, state) {
    const {name, data, timestamp, processedBy, processedOn, finishedOn} = job;
    const facts = {
        id,
        name,
        state,
        trigger: data.due === undefined ? 'manual' : 'schedule',
        dueMs: data.due,
        queuedMs: timestamp,
        attempt: resumedOf(job)?.attempt,
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
        error: isFailed ? failureOf(job) : undefined
    };
}

module.exports = {Requests};
