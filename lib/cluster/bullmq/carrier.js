'use strict';

/** Takes part in a queue of BullMQ: takes runs, has the host begin them, and gives back what this host does not do. */

const {lockOf} = require('../lock');
const {ServerClock} = require('../server-clock');
const {SkipReports} = require('../skip-reports');
const {backendOf, isPostgres, serverTime, workerOptions} = require('./backend');
const {Batches} = require('./batches');
const {Claims} = require('./claims');
const {Inbox} = require('./inbox');
const {Leases} = require('./leases');
const {OneOffs} = require('./one-offs');
const {Orders} = require('./orders');
const {Processor} = require('./processor');
const {Requests} = require('./requests');
const {Retention} = require('./retention');
const {SerialQueues} = require('./serial');
const {Slots} = require('./slots');
const {zonesDiffer} = require('./zones');

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
    #claims;
    #leases;
    #requests;
    #oneOffs;
    #serial;
    #processor;
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
            onOrder: (order, isKept) => this.#follow(order, isKept),
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
        this.#oneOffs = new OneOffs({queue, kept: kept.removeOnFail, hostId: host.id, lockMs});
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
        this.#processor = new Processor({
            bullmq: this.#bullmq,
            queue,
            jobs,
            link,
            leases: this.#leases,
            slots: this.#slots,
            serial: () => this.#serial,
            cancelling: this.#requests.cancelling,
            skips: this.#skips,
            post,
            trying
        });
        this.#serial = new SerialQueues({
            bullmq: this.#bullmq,
            queue,
            kept,
            backend,
            workerOptions: workerOptions(options, backend, lockMs),
            process: (job, token, lane) => this.#processor.process(job, token, lane.worker, lane),
            begin: (live, grant) => this.#processor.beginSlot(live, grant),
            link,
            leases: this.#leases,
            clock: this.#clock,
            skips: this.#skips,
            inbox: this.#inbox,
            trying,
            onError: (error) => this.#problem(error)
        });
        this.#claims = new Claims({
            slotsOf: (name) => (this.#serial.queueOf(name) === undefined ? this.#slots : this.#serial),
            isWanted: (name) => !this.#isClosing && jobs.has(name),
            onError: (error) => this.#problem(error)
        });
        this.#orders.start();
        void this.#trying(async () => {
            await this.#inbox.start();
            // Other hosts list this one now, and send it their orders. Earlier orders are read from the queue.
            this.#orders.lookSoon();
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
            (job, token) => this.#processor.process(job, token, this.#worker),
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
            confirm: () => ({isHeld: this.#leases.isHeld(message.id)}),
            cancel: () => this.#requests.cancel(message),
            steer: () => this.#orders.give(message.order),
            look: () => this.#requests.lookAt(message),
            find: () => this.#requests.find(message),
            info: () => this.#requests.info(),
            probe: () => this.#requests.probe(),
            closing: () => this.#closing(),
            close: () => this.#close()
        }[message.type];
        void (message.request === undefined ? this.#trying(act) : this.#answer(message.request, act));
    }

    /** What the host has asked for is answered, also where it fails. */
    async #answer(request, act) {
        try {
            this.#post({type: 'requested', request, ...(await act())});
        } catch (error) {
            const {message = String(error), code} = error ?? {};
            this.#post({type: 'requested', request, error: {message, code}});
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
    #follow(order, isKept) {
        this.#requests.cancelling.take(order);
        this.#post({type: 'steered', order, isKept});
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
            const last = (await this.#serial.lastOf(job.name)) ?? (await this.#processor.lastOf(job.name));
            await this.#clock.known;
            if (last !== null && last !== undefined && this.#jobs.has(job.name)) {
                this.#link.resume(job.name, Number(last));
            }
        }
    }

    #takeNews() {
        for (const news of this.#link.take()) {
            if (news.type === 'slotNear') {
                this.#claims.near(news.name, news.dueMs);
            } else if (news.type === 'declined') {
                this.#leases.settle(news.id, {kind: 'skipped', reason: news.reason});
            } else if (news.type === 'returned') {
                this.#leases.settle(news.id, {kind: 'back'});
            } else {
                this.#leases.settle(news.id, {kind: 'lost'});
            }
        }
    }

    #closing() {
        this.#isClosing = true;
        this.#processor.closing();
        void this.#worker.pause(true);
        this.#serial.pause();
    }

    async #close() {
        this.#closing();
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

module.exports = {Carrier};
