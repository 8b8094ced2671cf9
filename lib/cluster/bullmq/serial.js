'use strict';

const {dueOf, runIdOfJob, serialQueueName, slotId} = require('./codec');
const {LATE_MS} = require('../server-clock');

/** Rules of overlap that let slots wait for each other. */
const SERIAL = new Set(['queue', 'replace']);
const LAST_FIELD = 'jm:last';
/** The host that has a run ends it when a newer slot is due. If it has not by then, it does not know of that slot. */
const KNOWS_MS = 300;
const RETRY_MS = 1_000;

/**
 * Jobs whose slots wait for each other: each has a queue of its own, of which BullMQ lets one run go at a time in the cluster, or as many
 * as the job allows.
 */
class SerialQueues {
    #parts;
    /** By the name of the job. */
    #lanes = new Map();

    /**
     * @param {object} parts
     * @param {object} parts.bullmq - the module
     * @param {object} parts.queue - the Queue of the cluster, whose connection these share
     * @param {object} parts.kept - options: how long a queue keeps slots that are over
     * @param {{connection: object, factory?: Function}} parts.backend
     * @param {object} parts.workerOptions
     * @param {(job: object, token: string, lane: object) => Promise<unknown>} parts.process - of a Worker
     * @param {(live: object, grant: object) => void} parts.begin - has the engine begin the run of a slot
     * @param {object} parts.link - a ClusterLink
     * @param {import('./leases').Leases} parts.leases
     * @param {import('../server-clock').ServerClock} parts.clock
     * @param {import('../skip-reports').SkipReports} parts.skips
     * @param {import('./inbox').Inbox} parts.inbox
     * @param {(call: () => Promise<void>) => Promise<void>} parts.trying
     * @param {(error: Error) => void} parts.onError
     */
    constructor(parts) {
        this.#parts = parts;
    }

    /** @returns {object | undefined} the queue of a job, if it has one of its own */
    queueOf(name) {
        return this.#lanes.get(name)?.queue;
    }

    /** @returns {Promise<string | null | undefined>} the last slot of a job that was claimed */
    async lastOf(name) {
        return this.#lanes.get(name)?.queue.backend.getQueueMetaField(LAST_FIELD);
    }

    queues() {
        return [...this.#lanes.values()].map(({queue}) => queue);
    }

    /** A job of this host was added. */
    open(job) {
        if (!job.hasTimes || !SERIAL.has(job.overlap) || this.#lanes.has(job.name)) {
            return;
        }
        const {bullmq, queue, backend, workerOptions, process, onError} = this.#parts;
        const {connection, factory} = backend;
        const {prefix} = workerOptions;
        const name = serialQueueName(queue.name, job.name);
        const limit = job.overlap === 'replace' ? 1 : (job.concurrency ?? 1);
        const lane = {job, limit, newest: -Infinity, isOpen: true};
        lane.queue = new bullmq.Queue(name, {connection, prefix}, (of) => queue.backend.forQueue(of, prefix));
        const options = {...workerOptions, concurrency: limit, autorun: false};
        lane.worker = new bullmq.Worker(name, (one, token) => process(one, token, lane), options, factory);
        lane.queue.on('error', onError);
        lane.worker.on('error', onError);
        lane.opened = this.#run(lane);
        this.#lanes.set(job.name, lane);
    }

    /** Nothing is taken before all hosts are held to the limit. */
    async #run(lane) {
        while (lane.isOpen) {
            try {
                await lane.queue.setGlobalConcurrency(lane.limit);
                void lane.worker.run().catch(this.#parts.onError);
                return;
            } catch (error) {
                this.#parts.onError(error);
                await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
            }
        }
    }

    /** A job of this host was removed: other hosts that have it go on. */
    async close(name) {
        const lane = this.#lanes.get(name);
        if (lane !== undefined) {
            this.#lanes.delete(name);
            lane.isOpen = false;
            await lane.worker.close();
        }
    }

    /** Nothing more is taken. */
    pause() {
        for (const {worker} of this.#lanes.values()) {
            void worker.pause(true);
        }
    }

    async closeAll() {
        await Promise.all([...this.#lanes.keys()].map((name) => this.close(name)));
    }

    /** A due time has come near, and is to be claimed. */
    noteNear(name, dueMs) {
        this.#lanes.get(name).newest = dueMs;
    }

    /** Each host adds the slot to the queue of its job; the first one counts. */
    async claim(name, dueMs) {
        const {kept, link, clock, skips} = this.#parts;
        const lane = this.#lanes.get(name);
        if (await clock.hadPassed(dueMs)) {
            return;
        }
        await lane.opened;
        // Answered when the server is there: what had to wait for that is late. It may have forgotten everything.
        await lane.queue.backend.setQueueMeta({[LAST_FIELD]: dueMs, concurrency: lane.limit});
        const jobId = slotId(name, dueMs);
        const isLate = link.nowMs() - dueMs > LATE_MS;
        if (isLate && lane.newest > dueMs) {
            // The newest one makes up for it, unless another host was not cut off.
            if ((await lane.queue.getJobState(jobId)) === 'unknown') {
                skips.add(name, dueMs, 'missed');
            }
            return;
        }
        const data = {due: dueMs, isLate: isLate || undefined};
        await lane.queue.add(name, data, {jobId, ...kept});
        if (lane.job.overlap === 'replace') {
            const untilDueMs = Math.max(0, dueMs - link.nowMs());
            setTimeout(() => this.#replaceOlder(lane, dueMs), untilDueMs);
        }
    }

    /** A slot is due that takes the place of what goes. */
    #replaceOlder(lane, dueMs) {
        const {leases, link, trying} = this.#parts;
        const older = leases.olderRuns(lane.job.name, dueMs);
        older.forEach((id) => link.replace(id));
        if (older.length === 0) {
            setTimeout(() => void trying(() => this.#replaceElsewhere(lane, dueMs)), KNOWS_MS);
        }
    }

    /** The host that has the older run may have another schedule, or was not there when the slot came near. */
    async #replaceElsewhere(lane, dueMs) {
        const {inbox} = this.#parts;
        if (!lane.isOpen || (await lane.queue.getJobState(slotId(lane.job.name, dueMs))) !== 'waiting') {
            return;
        }
        const [active] = await lane.queue.getActive(0, 0);
        if (active?.processedBy !== undefined && active.data.due < dueMs) {
            await inbox.send(active.processedBy, {type: 'replace', id: runIdOfJob(active)});
        }
    }

    /** This host has taken a slot: its run begins, unless another slot goes first or takes its place. */
    async grant(lane, live, grant) {
        const {skips, begin} = this.#parts;
        const {name, data, stalledCounter, attemptsStarted} = live.job;
        const isFirst = stalledCounter === 0 && attemptsStarted <= 1;
        try {
            const answer = await this.#standing(lane, live.job, isFirst);
            if (answer === 'go') {
                begin(live, {...grant, hasWaited: isFirst && !data.isLate});
            } else if (answer === 'later') {
                live.resolve({kind: 'back'});
            } else {
                skips.add(name, data.due, answer);
                live.resolve({kind: 'skipped', reason: answer});
            }
        } catch (error) {
            this.#parts.onError(error);
            live.resolve({kind: 'back'});
        }
    }

    /** @returns {Promise<'go' | 'later' | 'overlap' | 'missed'>} */
    async #standing({job: {overlap}, queue, newest}, {data: {due, isLate}}, isFirst) {
        const {link, backend} = this.#parts;
        if (isLate && isFirst && newest > due) {
            return 'missed';
        }
        // On PostgreSQL, what a lost host leaves goes to the end of the queue (bullmq 6.7).
        const isOutOfOrder = backend.factory !== undefined;
        if (overlap !== 'replace' && !isOutOfOrder) {
            return 'go';
        }
        const waiting = (await queue.getRanges(['waiting'], 0, -1)).map(dueOf);
        if (overlap === 'replace' && waiting.some((other) => other > due && other <= link.nowMs())) {
            return 'overlap';
        }
        return isOutOfOrder && waiting.some((other) => other < due) ? 'later' : 'go';
    }
}

module.exports = {SerialQueues};
