'use strict';

/** Takes part in a queue of BullMQ: takes runs, has the host begin them, and gives back what this host does not do. */

const {lockOf} = require('../lock');
const {ServerClock} = require('../server-clock');
const {SkipReports} = require('../skip-reports');
const {backendOf, isPostgres, serverTime, workerOptions} = require('./backend');
const {Batches} = require('./batches');
const {fenceOf, resumedOf, runIdOfJob} = require('./codec');
const {Inbox} = require('./inbox');
const {Leases} = require('./leases');
const {OneOffs} = require('./one-offs');
const {Orders} = require('./orders');
const {Requests} = require('./requests');
const {Retention} = require('./retention');
const {SerialQueues} = require('./serial');
const {Slots} = require('./slots');
const {zonesDiffer} = require('./zones');

/** A host that does not know a job leaves it to the others for so long; after some tries, when none may have it, for longer. */
const LEAVE_MS = {first: 20, most: 5_000};
const SHORT_LEAVES = 25;
/** How long the host's event loop may take to take a run, before another host gets it. */
const TAKE_LIMIT_MS = 500;
const LAST_FIELD = 'jm:last:';
/** The state of an offer; 1 is taken (`member.js`). */
const OFFERED = 0;
const WITHDRAWN = 2;

class Carrier {
    #post;
    #bullmq;
    #queue;
    #worker;
    #link;
    #inbox;
    #orders;
    #clock;
    #skips;
    #slots;
    #leases;
    #requests;
    #oneOffs;
    #serial;
    #retention;
    /** Jobs of this host, by name. */
    #jobs = new Map();
    #isClosing = false;

    /**
     * @param {object} options - of `bullmq()`, with `instance`, `bindingPath`, `host` and `isAgain`
     * @param {(message: object) => void} post - to the event loop of the host
     */
    constructor(options, post) {
        this.#post = post;
        this.#bullmq = require(options.bullmqPath);
        const {prefix, lease: leaseMs, instance, host} = options;
        const native = require(options.bindingPath);
        const lockMs = lockOf(leaseMs);
        const backend = backendOf(options.connection, this.#bullmq, (error) => this.#problem(error));
        const trying = (call) => this.#trying(call);
        this.#connect(options, backend, lockMs);
        const [queue, jobs] = [this.#queue, this.#jobs];
        const link = new native.ClusterLink(instance, () => this.#takeNews());
        this.#link = link;
        this.#inbox = new Inbox({
            bullmq: this.#bullmq,
            queue,
            options: {...backend, prefix},
            host,
            nowMs: () => link.nowMs(),
            isAgain: options.isAgain,
            onMessage: (message) => this.#takeFromHost(message),
            onError: (error) => this.#problem(error)
        });
        this.#orders = new Orders({
            queue,
            inbox: this.#inbox,
            nowMs: () => link.nowMs(),
            onOrder: (order) => this.#follow(order),
            trying
        });
        const serial = {queueOf: (name) => this.#serial.queueOf(name), queues: () => this.#serial.queues()};
        const isOnPostgres = isPostgres(options.connection);
        this.#retention = new Retention({queue, isPostgres: isOnPostgres, trying});
        const kept = this.#retention.options;
        this.#requests = new Requests({
            queue,
            serial,
            adds: isOnPostgres ? new Batches(queue) : queue,
            kept,
            inbox: this.#inbox,
            orders: this.#orders,
            hostId: host.id,
            post,
            trying
        });
        this.#oneOffs = new OneOffs({queue, kept: kept.removeOnFail, hostId: host.id, post, lockMs});
        this.#skips = new SkipReports(link);
        this.#clock = new ServerClock({
            readServer: () => serverTime(queue),
            link,
            skewMs: options.clockSkew,
            trying
        });
        this.#clock.start();
        this.#slots = new Slots({queue, kept, link, clock: this.#clock, jobs, skips: this.#skips});
        this.#leases = new Leases({link, bootMs: native.bootMs, leaseMs, lockMs, trying});
        this.#serial = new SerialQueues({
            bullmq: this.#bullmq,
            queue,
            kept,
            backend,
            workerOptions: workerOptions(options, backend, lockMs),
            process: (job, token, lane) => this.#process(job, token, lane),
            begin: (live, grant) => this.#beginSlot(live, grant),
            link,
            leases: this.#leases,
            clock: this.#clock,
            skips: this.#skips,
            inbox: this.#inbox,
            trying,
            onError: (error) => this.#problem(error)
        });
        void this.#trying(async () => {
            this.#orders.start();
            await this.#inbox.start();
            const differing = zonesDiffer(await this.#inbox.hosts(), host);
            if (differing !== undefined) {
                this.#post({type: 'warning', ...differing});
            }
        });
    }

    #connect(options, backend, lockMs) {
        const {Queue, Worker} = this.#bullmq;
        const {queue, prefix, concurrency} = options;
        const {connection, factory} = backend;
        const onError = (error) => this.#problem(error);
        this.#queue = new Queue(queue, {connection, prefix}, factory).on('error', onError);
        this.#queue.on('ioredis:close', () => {
            void this.#trying(() => this.#slots.reportForgotten());
            this.#orders.lookSoon();
        });
        this.#worker = new Worker(
            queue,
            (job, token) => this.#process(job, token),
            {...workerOptions(options, backend, lockMs), concurrency},
            factory
        );
        this.#worker.on('error', onError);
        this.#worker.on('completed', (job, value) => this.#runEnded(job, {value}));
        this.#worker.on('failed', (job, error) => job && this.#runEnded(job, {error}));
    }

    /** The queue has the end of a run. */
    #runEnded(job, end) {
        this.#requests.answer(job, end);
        this.#retention.runEnded();
    }

    /** A message of the host's event loop. */
    take(message) {
        const act = {
            added: () => this.#added(message.job),
            removed: () => this.#removed(message.name),
            attemptFailed: () => this.#leases.keepAttempt(message.id, message.next),
            ended: () => this.#leases.settle(message.id, message.end),
            request: () => this.#requests.request(message),
            oneOff: () => this.#oneOffs.add(message),
            oneOffState: () => this.#oneOffs.state(message),
            confirm: () =>
                this.#post({
                    type: 'requested',
                    request: message.request,
                    isHeld: this.#leases.isHeld(message.id)
                }),
            cancel: () => this.#requests.cancel(message),
            steer: () => this.#orders.give(message.order),
            look: () => this.#requests.lookAt(message),
            find: () => this.#requests.find(message),
            info: () => this.#requests.info(message),
            probe: () => this.#requests.probe(message),
            closing: () => this.#closing(),
            close: () => this.#close()
        }[message.type];
        void this.#trying(() => this.#answering(message, act));
    }

    /** What the host has asked for is answered, also where it fails. */
    async #answering({request}, act) {
        try {
            await act?.();
        } catch (error) {
            if (request !== undefined) {
                this.#post({
                    type: 'requested',
                    request,
                    error: {message: String(error?.message ?? error), code: 'CLUSTER_UNREACHABLE'}
                });
            }
            throw error;
        }
    }

    /** A message of another host. */
    #takeFromHost(message) {
        if (message.type === 'replace') {
            this.#link.replace(message.id);
        } else if (message.type === 'steered') {
            this.#orders.take(message.order);
        } else {
            this.#post(message);
        }
    }

    /** This host does what another one has ordered. */
    #follow(order) {
        this.#requests.cancelling.take(order);
        this.#post({type: 'steered', order});
    }

    #removed(name) {
        this.#jobs.delete(name);
        return this.#serial.close(name);
    }

    async #added(job) {
        this.#jobs.set(job.name, job);
        this.#serial.open(job);
        await this.#orders.added(job.name);
        if (job.isRecurring) {
            const last =
                (await this.#serial.lastOf(job.name)) ??
                (await this.#queue.backend.getQueueMetaField(LAST_FIELD + job.name));
            await this.#clock.known;
            if (last !== null && last !== undefined && this.#jobs.has(job.name)) {
                this.#link.resume(job.name, Number(last));
            }
        }
    }

    #takeNews() {
        for (const news of this.#link.take()) {
            if (news.type === 'slotNear') {
                if (!this.#isClosing) {
                    const isSerial = this.#serial.queueOf(news.name) !== undefined;
                    const slots = isSerial ? this.#serial : this.#slots;
                    void this.#trying(() => slots.claim(news.name, news.dueMs));
                }
            } else if (news.type === 'declined') {
                this.#leases.settle(news.id, {kind: 'skipped', reason: news.reason});
            } else if (news.type === 'returned') {
                this.#leases.settle(news.id, {kind: 'back'});
            } else {
                this.#leases.settle(news.id, {kind: 'lost'});
            }
        }
    }

    /** @param {object} [lane] - of a job whose slots wait for each other */
    async #process(job, token, lane) {
        if (this.#isClosing) {
            return this.#giveBack(job, token);
        }
        const id = runIdOfJob(job);
        this.#requests.cancelling.check(job, id);
        const known = this.#jobs.get(job.name);
        if (known === undefined) {
            return this.#leave(job, token, lane);
        }
        const leaseUntilMs = await this.#leases.leaseOf(job, token);
        if (leaseUntilMs === undefined) {
            // Another host has it by now.
            throw new this.#bullmq.WaitingError();
        }
        const loss = job.stalledCounter > 0 ? known.onHostLoss : undefined;
        const isOneOff = job.data.run !== undefined;
        if (loss === 'fail' && !isOneOff) {
            this.#post({type: 'hostLost', name: job.name, id, slot: job.data.due});
            throw hostLost(job.name, id);
        }
        const grant = {id, fence: fenceOf(job), leaseUntilMs, ...resumedOf(job)};
        const isSlot = job.data.due !== undefined && job.attemptsMade === 0;
        const {worker} = lane ?? {worker: this.#worker};
        const end = await this.#leases.hold({job, token, id, worker, untilMs: leaseUntilMs}, (live) => {
            if (!isSlot) {
                this.#offer(live, grant, {isOneOff, loss});
            } else if (lane !== undefined) {
                void this.#serial.grant(lane, live, grant);
            } else {
                this.#grantSlot(live, grant);
            }
        });
        return this.#finish(job, token, end, known, lane);
    }

    #grantSlot(live, grant) {
        const {name, data} = live.job;
        const reason = this.#slots.reasonToSkip(live.job);
        if (reason !== undefined) {
            this.#skips.add(name, data.due, reason);
            void this.#trying(() => this.#skipTo(live, reason));
            return;
        }
        void this.#trying(() => this.#queue.backend.setQueueMeta({[LAST_FIELD + name]: data.due}));
        this.#beginSlot(live, grant);
    }

    #beginSlot(live, grant) {
        const {name, data} = live.job;
        try {
            const answer = this.#link.grant(name, data.due, grant);
            if (answer !== 'accepted') {
                live.resolve({kind: 'skipped', reason: answer});
            }
        } catch (error) {
            live.resolve({kind: error.code === 'JOB_UNKNOWN' ? 'unknown' : 'back'});
        }
    }

    /** A slot that is skipped for a newer one may have kept that out of the queue: it is added before this one ends. */
    async #skipTo(live, reason) {
        try {
            if (reason === 'missed') {
                await this.#slots.claimNewest(live.job.name);
            }
        } finally {
            live.resolve({kind: 'skipped', reason});
        }
    }

    /** The event loop of the host begins the run. One that is blocked does not hold it up: it goes to another host. */
    #offer(live, grant, kind) {
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
            grant,
            ...kind
        });
        setTimeout(() => {
            if (Atomics.compareExchange(state, 0, OFFERED, WITHDRAWN) === OFFERED) {
                live.resolve({kind: 'unknown'});
            }
        }, TAKE_LIMIT_MS);
    }

    async #finish(job, token, end, {onHostLoss}, lane) {
        switch (end.kind) {
            case 'completed':
                return end.value;
            case 'skipped':
                return {skipped: end.reason};
            case 'unknown':
                return this.#leave(job, token, lane);
            case 'failed':
                throw failure(end, this.#bullmq);
            default:
                if (end.kind === 'lost' && onHostLoss === 'fail' && job.data.run !== undefined) {
                    // Once its lock is over, it is found as lost by a host that then writes its row.
                    throw new this.#bullmq.WaitingError();
                }
                if (end.kind === 'lost' && onHostLoss === 'fail' && !this.#isClosing) {
                    throw hostLost(job.name, runIdOfJob(job));
                }
                return this.#giveBack(job, token);
        }
    }

    /** Another host may have it, at once. */
    async #giveBack(job, token) {
        if (job.opts.priority > 0) {
            // `moveToWait` wakes no other host for a job with a priority: it would wait for up to `drainDelay`.
            await job.moveToDelayed(Date.now() + 1, token, {skipAttempt: true}).catch(() => {});
            throw new this.#bullmq.DelayedError();
        }
        // Refused where another host has it already.
        await job.moveToWait(token).catch(() => {});
        throw new this.#bullmq.WaitingError();
    }

    /** This host cannot run it: it leaves it to others for a while. */
    async #leave(job, token, lane) {
        if (lane !== undefined) {
            // Its place in the queue counts.
            await new Promise((resolve) => setTimeout(resolve, LEAVE_MS.first));
            return this.#giveBack(job, token);
        }
        const doublings = Math.min(10, Math.max(0, job.attemptsStarted - SHORT_LEAVES));
        const pauseMs = Math.min(LEAVE_MS.most, LEAVE_MS.first * 2 ** doublings);
        await job.moveToDelayed(Date.now() + pauseMs, token, {skipAttempt: true}).catch(() => {});
        throw new this.#bullmq.DelayedError();
    }

    #closing() {
        this.#isClosing = true;
        void this.#worker.pause(true);
        this.#serial.pause();
    }

    async #close() {
        this.#isClosing = true;
        this.#leases.close();
        this.#clock.close();
        this.#orders.close();
        this.#skips.flush();
        this.#leases.settleAll({kind: 'back'});
        await this.#trying(() => Promise.all([this.#worker.close(), this.#serial.closeAll()]));
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
