'use strict';

/** Takes part in a queue of BullMQ: claims slots, takes runs, keeps their leases, and gives back what this host does not do. */

const {clockOffset} = require('../clock');
const {lockOf} = require('../lock');
const {SkipReports} = require('../skip-reports');
const {backendOf, serverTime} = require('./backend');
const {jobIdOf, requestId, runIdOf, slotId} = require('./codec');
const {Inbox} = require('./inbox');

/** How long ids of slots are kept: longer than clocks differ and hosts stand still. */
const KEPT = {age: 60 * 60, count: 100_000};
const KEPT_FAILED = {age: 7 * 24 * 60 * 60, count: 10_000};
const CLOCK_PERIOD_MS = 5 * 60 * 1000;
/** A host that does not know a job leaves it to the others for so long; after some tries, when none may have it, for longer. */
const LEAVE_MS = {first: 20, most: 5_000};
const SHORT_LEAVES = 25;
/** How long the host's event loop may take to take a run, before another host gets it. */
const TAKE_LIMIT_MS = 500;
/** A slot that came late for this reason and by more than this was held up by another run of its job. */
const OVERLAP_TOLERANCE_MS = 50;
/** Slots of the last moment before a server goes down are looked at again when it is back. */
const DOUBT_MS = 2_000;
/** A run that was taken so lately has its lock. */
const FRESH_MS = 500;
/** A slot that is not begun by then is late. */
const LATE_MS = 1_000;
const LAST_FIELD = 'jm:last:';
const PAUSED_FIELD = 'jm:paused:';
/** The state of an offer; 1 is taken (`member.js`). */
const OFFERED = 0;
const WITHDRAWN = 2;

class Carrier {
    #options;
    #post;
    #native;
    #link;
    #skips;
    #lockMs;
    #bullmq;
    #queue;
    #worker;
    #inbox;
    #jobs = new Map();
    /** Runs that this host has, by the ids of the queue. */
    #live = new Map();
    /** The same, by the ids of the runs. */
    #byRun = new Map();
    /** The newest slot of each job that this host has seen come near. */
    #newest = new Map();
    /** Slots that wait for an earlier run of their job to end. */
    #deduplicated = new Map();
    /** Slots that came late, after an outage, and found another slot of their job in the queue, by the job. */
    #superseded = new Map();
    /** Slots that this host has claimed of late. */
    #claimed = new Map();
    #isRenewing = false;
    #renewal;
    #isClosing = false;
    #clock;
    #clockKnown;
    #offsetMs = 0;

    /**
     * @param {object} options - of `bullmq()`, with `instance`, `bindingPath` and `host`
     * @param {(message: object) => void} post - to the event loop of the host
     */
    constructor(options, post) {
        this.#options = options;
        this.#post = post;
        this.#native = require(options.bindingPath);
        this.#lockMs = lockOf(options.lease);
        this.#bullmq = require(options.bullmqPath);
        this.#start();
    }

    #start() {
        const {queue, prefix, concurrency, lease, instance, host} = this.#options;
        const {connection, factory} = backendOf(this.#options.connection, this.#bullmq);
        const {Queue, Worker} = this.#bullmq;
        const onError = (error) => this.#problem(error);
        this.#queue = new Queue(queue, {connection, prefix}, factory).on('error', onError);
        this.#queue.on('ioredis:close', () => void this.#trying(() => this.#reportForgotten()));
        this.#worker = new Worker(
            queue,
            (job, token) => this.#process(job, token),
            {
                connection,
                prefix,
                concurrency,
                name: host.id,
                lockDuration: this.#lockMs,
                // Renewed here: what counts is when a renewal was sent.
                skipLockRenewal: true,
                stalledInterval: Math.max(500, Math.round(lease / 3)),
                // Decided here, by the job.
                maxStalledCount: 1_000_000,
                drainDelay: 10,
                runRetryDelay: 1_000
            },
            factory
        );
        this.#worker.on('error', onError);
        this.#worker.on('completed', (job, value) => this.#answer(job, {value}));
        this.#worker.on('failed', (job, error) => job && this.#answer(job, {error}));
        this.#inbox = new Inbox({
            bullmq: this.#bullmq,
            queue: this.#queue,
            options: {connection, factory, prefix},
            host,
            onMessage: (message) => this.#post(message),
            onError
        });
        this.#link = new this.#native.ClusterLink(instance, () => this.#takeNews());
        this.#skips = new SkipReports(this.#link);
        this.#offsetMs = this.#options.clockSkew;
        this.#link.setClockOffset(this.#offsetMs);
        this.#renewal = setInterval(() => void this.#renewAll(), lease / 3);
        this.#clock = setInterval(() => void this.#readClock(), CLOCK_PERIOD_MS);
        this.#clockKnown = this.#readClock();
        void this.#trying(async () => {
            await this.#inbox.start();
            this.#post({type: 'ready'});
        });
    }

    /** A message of the host's event loop. */
    take(message) {
        const act = {
            added: () => this.#added(message.job),
            removed: () => this.#jobs.delete(message.name),
            ended: () => this.#settle(this.#byRun.get(message.id), message.end),
            request: () => this.#request(message),
            cancel: () => this.#cancel(message),
            steer: () => this.#steer(message.order),
            look: () => this.#lookAt(message),
            info: () => this.#info(message),
            closing: () => this.#closing(),
            close: () => this.#close()
        }[message.type];
        void this.#trying(act);
    }

    async #added(job) {
        this.#jobs.set(job.name, job);
        const {backend} = this.#queue;
        const paused = await backend.getQueueMetaField(PAUSED_FIELD + job.name);
        if (paused !== null && paused !== undefined) {
            this.#post({type: 'steered', order: JSON.parse(paused)});
        }
        if (job.isRecurring) {
            const last = await backend.getQueueMetaField(LAST_FIELD + job.name);
            await this.#clockKnown;
            if (last !== null && last !== undefined && this.#jobs.has(job.name)) {
                this.#link.resume(job.name, Number(last));
            }
        }
    }

    #takeNews() {
        for (const news of this.#link.take()) {
            if (news.type === 'slotNear') {
                void this.#trying(() => this.#claim(news.name, news.dueMs));
            } else if (news.type === 'declined') {
                this.#settle(this.#byRun.get(news.id), {kind: 'skipped', reason: news.reason});
            } else {
                this.#settle(this.#byRun.get(news.id), {kind: 'lost'});
            }
        }
    }

    /** Each host adds the slot to the queue; the first one counts. */
    async #claim(name, dueMs) {
        const job = this.#jobs.get(name);
        if (job === undefined || this.#isClosing) {
            return;
        }
        this.#newest.set(name, dueMs);
        const [seenMs, offsetMs] = [this.#link.nowMs(), this.#offsetMs];
        await this.#clockKnown;
        const correctionMs = this.#offsetMs - offsetMs;
        if (correctionMs !== 0 && seenMs + correctionMs - dueMs > LATE_MS) {
            // By the clock of this host it had yet to come, and by that of the server it was over.
            return;
        }
        const jobId = slotId(name, dueMs);
        const data = {due: dueMs};
        const deduplication =
            job.overlap === 'allow' ? undefined : {id: `run.${name}`, keepLastIfActive: true};
        const options = {jobId, deduplication, removeOnComplete: KEPT, removeOnFail: KEPT_FAILED};
        let added = await this.#queue.add(name, data, options);
        if (added.id !== jobId && (await this.#isOver(added.id))) {
            // On PostgreSQL, a host that adds a slot whose run has ended already leaves the mark of a run that goes.
            await this.#queue.backend.removeDeduplicationKey(deduplication.id, added.id);
            added = await this.#queue.add(name, data, options);
        }
        this.#noteClaim(jobId, name, dueMs);
        const before = this.#deduplicated.get(name);
        this.#deduplicated.delete(name);
        await this.#reportSuperseded(name, dueMs);
        if (added.id === jobId) {
            return;
        }
        if (before === dueMs || this.#link.nowMs() < dueMs + OVERLAP_TOLERANCE_MS) {
            this.#deduplicated.set(name, dueMs);
        } else {
            // The newest of these makes up for what passed without a host.
            this.#superseded.set(name, [...(this.#superseded.get(name) ?? []), dueMs]);
        }
        const isOlder = before !== undefined && before < dueMs;
        if (isOlder && (await this.#queue.getJob(slotId(name, before))) === undefined) {
            // The run that it waited for goes on, and the newer one has taken its place.
            this.#skips.add(name, before, 'overlap');
        }
    }

    /** A newer slot was added: the queue has the late ones before it, or never will. */
    async #reportSuperseded(name, dueMs) {
        const late = this.#superseded.get(name) ?? [];
        this.#superseded.delete(name);
        const later = late.filter((due) => due >= dueMs);
        if (later.length > 0) {
            this.#superseded.set(name, later);
        }
        for (const due of late.filter((one) => one < dueMs)) {
            if ((await this.#queue.getJobState(slotId(name, due))) === 'unknown') {
                this.#skips.add(name, due, 'missed');
            }
        }
    }

    /** Slots that may be lost with what a server that goes down has not written. */
    #noteClaim(jobId, name, dueMs) {
        for (const [id, {dueMs: at}] of this.#claimed) {
            if (at < dueMs - DOUBT_MS) {
                this.#claimed.delete(id);
            }
        }
        this.#claimed.set(jobId, {name, dueMs});
    }

    /** The server was gone, and is back when this is answered. */
    async #reportForgotten() {
        for (const [jobId, {name, dueMs}] of this.#claimed) {
            if ((await this.#queue.getJobState(jobId)) === 'unknown' && !this.#deduplicated.has(name)) {
                this.#skips.add(name, dueMs, 'missed');
            }
            this.#claimed.delete(jobId);
        }
    }

    async #isOver(jobId) {
        return ['completed', 'failed', 'unknown'].includes(await this.#queue.getJobState(jobId));
    }

    async #process(job, token) {
        if (this.#isClosing) {
            return this.#giveBack(job, token);
        }
        const known = this.#jobs.get(job.name);
        if (known === undefined) {
            return this.#leave(job, token);
        }
        const sentMs = await this.#lockedAt(job, token);
        if (sentMs === undefined) {
            // Another host has it by now.
            throw new this.#bullmq.WaitingError();
        }
        const id = runIdOf(job.id, {name: job.name, due: job.data.due});
        if (job.stalledCounter > 0 && known.onHostLoss === 'fail') {
            this.#post({type: 'hostLost', name: job.name, id, slot: job.data.due});
            throw hostLost(job.name, id);
        }
        const grant = {
            id,
            fence: Math.max(1, job.attemptsStarted),
            leaseUntilMs: sentMs + this.#options.lease
        };
        const end = await this.#run({job, token, id, grant});
        return this.#finish(job, token, end, known);
    }

    /** @returns {Promise<number | undefined>} when the lock was asked for that this host has, by the clock of leases */
    async #lockedAt(job, token) {
        const agoMs = Date.now() - job.processedOn;
        if (job.data.due === undefined && agoMs >= 0 && agoMs < FRESH_MS) {
            // BullMQ stamps a job when it sends the request for it.
            return this.#native.bootMs() - agoMs;
        }
        const sentMs = this.#native.bootMs();
        return (await job.extendLock(token, this.#lockMs)) === 1 ? sentMs : undefined;
    }

    /** Has this host run it. @returns {Promise<object>} how it ended */
    async #run({job, token, id, grant}) {
        const live = {job, token, id};
        const ended = new Promise((resolve) => {
            live.resolve = resolve;
        });
        this.#live.set(job.id, live);
        this.#byRun.set(id, live);
        const isSlot = job.data.due !== undefined && job.attemptsMade === 0;
        if (isSlot) {
            this.#grantSlot(live, grant);
        } else {
            this.#offer(live, grant);
        }
        const end = await ended;
        this.#live.delete(job.id);
        this.#byRun.delete(id);
        return end;
    }

    #grantSlot(live, grant) {
        const {name, data} = live.job;
        const reason = this.#reasonToSkip(live.job);
        if (reason !== undefined) {
            this.#skips.add(name, data.due, reason);
            void this.#trying(() => this.#skipTo(live, reason));
            return;
        }
        void this.#trying(() => this.#queue.backend.setQueueMeta({[LAST_FIELD + name]: data.due}));
        try {
            const answer = this.#link.grant(name, data.due, grant);
            if (answer !== 'accepted') {
                this.#settle(live, {kind: 'skipped', reason: answer});
            }
        } catch (error) {
            this.#settle(live, {kind: error.code === 'JOB_UNKNOWN' ? 'unknown' : 'back'});
        }
    }

    /** A slot that is skipped for a newer one may have kept that out of the queue: it is added before this one ends. */
    async #skipTo(live, reason) {
        try {
            if (reason === 'missed') {
                await this.#claim(live.job.name, this.#newest.get(live.job.name));
            }
        } finally {
            this.#settle(live, {kind: 'skipped', reason});
        }
    }

    /** Why a slot that came late gets no run, although its job would run late. */
    #reasonToSkip({name, data, stalledCounter, attemptsStarted}) {
        const lateMs = this.#link.nowMs() - data.due;
        if (stalledCounter > 0 || attemptsStarted > 1) {
            // Another host has begun it, or has given it back.
            return undefined;
        }
        const wasHeldUp = this.#deduplicated.get(name) === data.due;
        if (wasHeldUp && this.#jobs.get(name)?.overlap === 'skip' && lateMs > OVERLAP_TOLERANCE_MS) {
            this.#deduplicated.delete(name);
            return 'overlap';
        }
        return this.#newest.get(name) > data.due && lateMs > LATE_MS ? 'missed' : undefined;
    }

    /** The event loop of the host begins the run. One that is blocked does not hold it up: it goes to another host. */
    #offer(live, grant) {
        const {job} = live;
        const state = new Int32Array(new SharedArrayBuffer(4));
        const {bytes, priority, attempts, timeout} = job.data;
        this.#post({
            type: 'offer',
            state,
            name: job.name,
            id: live.id,
            bytes,
            priority,
            attempts,
            timeout,
            grant
        });
        setTimeout(() => {
            if (Atomics.compareExchange(state, 0, OFFERED, WITHDRAWN) === OFFERED) {
                this.#settle(live, {kind: 'unknown'});
            }
        }, TAKE_LIMIT_MS);
    }

    #settle(live, end) {
        live?.resolve(end);
    }

    async #finish(job, token, end, {onHostLoss}) {
        switch (end.kind) {
            case 'completed':
                return end.value;
            case 'skipped':
                return {skipped: end.reason};
            case 'unknown':
                return this.#leave(job, token);
            case 'failed':
                throw failure(end, this.#bullmq);
            default:
                if (end.kind === 'lost' && onHostLoss === 'fail' && !this.#isClosing) {
                    throw hostLost(job.name, runIdOf(job.id, {name: job.name, due: job.data.due}));
                }
                return this.#giveBack(job, token);
        }
    }

    /** Another host may have it, at once. */
    async #giveBack(job, token) {
        // Refused where another host has it already.
        await job.moveToWait(token).catch(() => {});
        throw new this.#bullmq.WaitingError();
    }

    /** This host cannot run it: it leaves it to others for a while. */
    async #leave(job, token) {
        const doublings = Math.min(10, Math.max(0, job.attemptsStarted - SHORT_LEAVES));
        const pauseMs = Math.min(LEAVE_MS.most, LEAVE_MS.first * 2 ** doublings);
        await job.moveToDelayed(Date.now() + pauseMs, token, {skipAttempt: true}).catch(() => {});
        throw new this.#bullmq.DelayedError();
    }

    /** One command for all runs. What counts is when it was sent. */
    async #renewAll() {
        if (this.#isRenewing || this.#live.size === 0) {
            return;
        }
        this.#isRenewing = true;
        const runs = [...this.#live.values()];
        const sentMs = this.#native.bootMs();
        await this.#trying(async () => {
            const ids = runs.map(({job}) => job.id);
            const lost = new Set(
                await this.#worker.extendJobLocks(
                    ids,
                    runs.map(({token}) => token),
                    this.#lockMs
                )
            );
            for (const {job, id} of runs) {
                if (!lost.has(job.id)) {
                    this.#link.renew(id, sentMs + this.#options.lease);
                } else if (this.#live.has(job.id)) {
                    this.#link.revoke(id);
                }
            }
        });
        this.#isRenewing = false;
    }

    async #readClock() {
        const host = {skewMs: this.#options.clockSkew, now: Date.now};
        await this.#trying(async () => {
            this.#offsetMs = await clockOffset(() => serverTime(this.#queue), host);
            this.#link.setClockOffset(this.#offsetMs);
        });
    }

    /** A run was asked for on this host. */
    async #request({request, name, id, data, options}) {
        const {priority = 0, delay, attempts, timeout} = options;
        try {
            await this.#queue.add(
                name,
                {...data, priority, attempts, timeout, reply: this.#options.host.id},
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
    #answer(job, {value, error}) {
        const {reply} = job.data;
        if (reply !== undefined) {
            const id = runIdOf(job.id, {name: job.name, due: job.data.due});
            const message = {
                type: 'answered',
                id,
                value,
                error: error && {message: error.message, code: error.code, envelope: error.envelope}
            };
            const isHere = reply === this.#options.host.id;
            void this.#trying(() => (isHere ? this.#post(message) : this.#inbox.send(reply, message)));
        }
    }

    /** A host waits for a run, and has not heard of it for long. */
    async #lookAt({id, name}) {
        const job = await this.#queue.getJob(jobIdOf(id, name));
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

    async #cancel({request, id, name, reason}) {
        const job = await this.#queue.getJob(jobIdOf(id, name));
        const state = await job?.getState();
        if (state === 'active') {
            await this.#inbox.broadcast({type: 'steered', order: {kind: 'cancel', id, reason}});
        } else if (state !== undefined && state !== 'completed' && state !== 'failed') {
            await job.remove();
            const message = `The run ${id} was cancelled before it began${reason === undefined ? '' : `: ${reason}`}`;
            this.#answer(job, {error: {message, code: 'JOB_CANCELLED'}});
        }
        this.#post({type: 'requested', request, state});
    }

    async #steer(order) {
        const {kind, name} = order;
        if (kind === 'pause') {
            await this.#queue.backend.setQueueMeta({[PAUSED_FIELD + name]: JSON.stringify(order)});
        } else if (kind === 'resume') {
            await this.#queue.backend.removeQueueMetaFields([PAUSED_FIELD + name]);
        }
        await this.#inbox.broadcast({type: 'steered', order});
    }

    async #info({request}) {
        const [hosts, queue, active] = await Promise.all([
            this.#inbox.hosts(),
            this.#queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'completed', 'failed'),
            this.#queue.getActive(0, 99)
        ]);
        const running = active.map((job) => ({
            id: runIdOf(job.id, {name: job.name, due: job.data.due}),
            job: job.name,
            host: job.processedBy,
            since: job.processedOn
        }));
        this.#post({type: 'requested', request, value: {hosts, queue, running}});
    }

    #closing() {
        this.#isClosing = true;
        void this.#worker.pause(true);
    }

    async #close() {
        this.#isClosing = true;
        clearInterval(this.#renewal);
        clearInterval(this.#clock);
        this.#skips.flush();
        for (const live of this.#live.values()) {
            this.#settle(live, {kind: 'back'});
        }
        await this.#trying(() => this.#worker.close());
        await this.#trying(() => this.#inbox.close());
        await this.#trying(() => this.#queue.close());
        this.#post({type: 'closed'});
    }

    async #trying(call) {
        try {
            return await call?.();
        } catch (error) {
            this.#problem(error);
            return undefined;
        }
    }

    #problem(error) {
        if (!this.#isClosing) {
            this.#post({type: 'problem', message: String(error?.message ?? error), code: error?.code});
        }
    }
}

/** The error that BullMQ shows of a run that failed; its envelope goes to the host that waits for the run. */
function failure({message, envelope}, {UnrecoverableError}) {
    return Object.assign(new UnrecoverableError(message), {envelope});
}

function hostLost(name, id) {
    const message = `The run ${id} of job "${name}" was lost: its host died or was cut off, and the job is not to be redone (onHostLoss: 'fail')`;
    return Object.assign(new Error(message), {code: 'JOB_HOST_LOST'});
}

module.exports = {Carrier};
