'use strict';

/** Takes part in a queue of BullMQ: takes runs, has the host begin them, and gives back what this host does not do. */

const {lockOf} = require('../lock');
const {SkipReports} = require('../skip-reports');
const {backendOf} = require('./backend');
const {fenceOf, resumedOf, runIdOfJob} = require('./codec');
const {Inbox} = require('./inbox');
const {Leases} = require('./leases');
const {OneOffs} = require('./one-offs');
const {Requests} = require('./requests');
const {ServerClock} = require('./server-clock');
const {Slots} = require('./slots');

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
    #clock;
    #skips;
    #slots;
    #leases;
    #requests;
    #oneOffs;
    /** Jobs of this host, by name. */
    #jobs = new Map();
    #isClosing = false;

    /**
     * @param {object} options - of `bullmq()`, with `instance`, `bindingPath` and `host`
     * @param {(message: object) => void} post - to the event loop of the host
     */
    constructor(options, post) {
        this.#post = post;
        this.#bullmq = require(options.bullmqPath);
        const {prefix, lease: leaseMs, instance, host} = options;
        const native = require(options.bindingPath);
        const lockMs = lockOf(leaseMs);
        const backend = backendOf(options.connection, this.#bullmq);
        const trying = (call) => this.#trying(call);
        this.#connect(options, backend, lockMs);
        const [queue, worker, jobs] = [this.#queue, this.#worker, this.#jobs];
        this.#inbox = new Inbox({
            bullmq: this.#bullmq,
            queue,
            options: {...backend, prefix},
            host,
            onMessage: (message) => this.#post(message),
            onError: (error) => this.#problem(error)
        });
        this.#requests = new Requests({queue, inbox: this.#inbox, hostId: host.id, post, trying});
        this.#oneOffs = new OneOffs({queue, hostId: host.id, post, lockMs});
        const link = new native.ClusterLink(instance, () => this.#takeNews());
        this.#link = link;
        this.#skips = new SkipReports(link);
        this.#clock = new ServerClock({queue, link, skewMs: options.clockSkew, trying});
        this.#slots = new Slots({queue, link, clock: this.#clock, jobs, skips: this.#skips});
        this.#leases = new Leases({worker, link, bootMs: native.bootMs, leaseMs, lockMs, trying});
        void this.#trying(async () => {
            await this.#inbox.start();
            this.#post({type: 'ready'});
        });
    }

    #connect({queue, prefix, concurrency, lease, host}, {connection, factory}, lockMs) {
        const {Queue, Worker} = this.#bullmq;
        const onError = (error) => this.#problem(error);
        this.#queue = new Queue(queue, {connection, prefix}, factory).on('error', onError);
        this.#queue.on('ioredis:close', () => void this.#trying(() => this.#slots.reportForgotten()));
        this.#worker = new Worker(
            queue,
            (job, token) => this.#process(job, token),
            {
                connection,
                prefix,
                concurrency,
                name: host.id,
                lockDuration: lockMs,
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
        this.#worker.on('completed', (job, value) => this.#requests.answer(job, {value}));
        this.#worker.on('failed', (job, error) => job && this.#requests.answer(job, {error}));
    }

    /** A message of the host's event loop. */
    take(message) {
        const act = {
            added: () => this.#added(message.job),
            removed: () => this.#jobs.delete(message.name),
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
            steer: () => this.#requests.steer(message.order),
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

    async #added(job) {
        this.#jobs.set(job.name, job);
        await this.#requests.pauseAsOthers(job.name);
        if (job.isRecurring) {
            const last = await this.#queue.backend.getQueueMetaField(LAST_FIELD + job.name);
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
                    void this.#trying(() => this.#slots.claim(news.name, news.dueMs));
                }
            } else if (news.type === 'declined') {
                this.#leases.settle(news.id, {kind: 'skipped', reason: news.reason});
            } else {
                this.#leases.settle(news.id, {kind: 'lost'});
            }
        }
    }

    async #process(job, token) {
        if (this.#isClosing) {
            return this.#giveBack(job, token);
        }
        const known = this.#jobs.get(job.name);
        if (known === undefined) {
            return this.#leave(job, token);
        }
        const leaseUntilMs = await this.#leases.leaseOf(job, token);
        if (leaseUntilMs === undefined) {
            // Another host has it by now.
            throw new this.#bullmq.WaitingError();
        }
        const id = runIdOfJob(job);
        const loss = job.stalledCounter > 0 ? known.onHostLoss : undefined;
        const isOneOff = job.data.run !== undefined;
        if (loss === 'fail' && !isOneOff) {
            this.#post({type: 'hostLost', name: job.name, id, slot: job.data.due});
            throw hostLost(job.name, id);
        }
        const grant = {id, fence: fenceOf(job), leaseUntilMs, ...resumedOf(job)};
        const isSlot = job.data.due !== undefined && job.attemptsMade === 0;
        const end = await this.#leases.hold({job, token, id, untilMs: leaseUntilMs}, (live) =>
            isSlot ? this.#grantSlot(live, grant) : this.#offer(live, grant, {isOneOff, loss})
        );
        return this.#finish(job, token, end, known);
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
    async #leave(job, token) {
        const doublings = Math.min(10, Math.max(0, job.attemptsStarted - SHORT_LEAVES));
        const pauseMs = Math.min(LEAVE_MS.most, LEAVE_MS.first * 2 ** doublings);
        await job.moveToDelayed(Date.now() + pauseMs, token, {skipAttempt: true}).catch(() => {});
        throw new this.#bullmq.DelayedError();
    }

    #closing() {
        this.#isClosing = true;
        void this.#worker.pause(true);
    }

    async #close() {
        this.#isClosing = true;
        this.#leases.close();
        this.#clock.close();
        this.#skips.flush();
        this.#leases.settleAll({kind: 'back'});
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
