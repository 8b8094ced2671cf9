'use strict';

/**
 * The event stream: tells the clients that are connected what happens to jobs and runs. It listens to the manager's events
 * only while there are clients, and for half a minute after, so that one that connects again goes on where it was. A cluster has
 * no events that reach all hosts: it is looked at every two seconds meanwhile.
 */

const {clearInterval, clearTimeout, setInterval, setTimeout} = require('node:timers');
const {EventClient} = require('./event-client');
const {EventLog} = require('./event-log');
const {OF_CLUSTER, OF_OUTPUT, messagesOf} = require('./event-messages');
const {COMMON} = require('./headers');
const {HttpError} = require('./http-error');
const {ProgressPace} = require('./progress-pace');

const MOST_CLIENTS = 20;
const MOST_KEPT = 500;
const RETRY_MS = 3_000;
/** How often it is seen whether a server waits for its connections to end. */
const TICK_MS = 500;
const TICKS_PER_HEARTBEAT = 30;
const TICKS_PER_LOOK = 4;
const LINGER_MS = 30_000;
/** Beyond this within a second, runs are not listened to until it is over: clients are told that they have missed some. */
const MOST_A_SECOND = 500;
const SECOND_MS = 1_000;
const CLOSING = 'shutting down';

class EventStream {
    #events;
    #logger;
    #cluster;
    #clusterText;
    #log;
    #listeners;
    #pace;
    /** @type {Set<EventClient>} */
    #clients = new Set();
    #lingerMs;
    #isListening = false;
    #isClosed = false;
    #timer;
    #ticks = 0;
    #linger;
    #second;
    #inSecond = 0;

    /**
     * @param {object} parts
     * @param {import('../../index')} parts.jobManager
     * @param {ReturnType<import('./shown').createShown>} parts.shown
     * @param {{error: Function}} parts.logger
     * @param {import('./cluster-reader').ClusterReader} [parts.cluster]
     * @param {number} [parts.lingerMs] - how long it listens on without clients
     */
    constructor({jobManager, shown, logger, cluster, lingerMs = LINGER_MS}) {
        this.#lingerMs = lingerMs;
        this.#events = jobManager.events;
        this.#logger = logger;
        this.#cluster = cluster;
        this.#log = new EventLog(jobManager.stats().instance, MOST_KEPT);
        const messages = messagesOf(shown);
        this.#pace = new ProgressPace((event) => this.#tell('run progress', messages['run progress'], event));
        this.#listeners = Object.entries(messages).map(([event, describe]) => ({
            event,
            listener: (payload) => this.#heard(event, describe, payload)
        }));
        this.#events.on(CLOSING, () => this.close());
    }

    /** How many are connected. */
    get size() {
        return this.#clients.size;
    }

    /**
     * @param {{job?: string, run?: string, output?: boolean}} filter
     * @param {string} [lastId] - `Last-Event-ID`: of the last event that the client has got
     * @returns {import('./headers').Answer}
     * @throws {HttpError} 503
     */
    connect(filter, lastId) {
        this.#checkOpen();
        const headers = {
            ...COMMON,
            'content-type': 'text/event-stream; charset=utf-8',
            // 'no-transform' keeps compressing middleware from holding events back.
            'cache-control': 'no-store, no-transform',
            'x-accel-buffering': 'no'
        };
        return {status: 200, headers, stream: (sink) => this.#add(sink, filter, lastId)};
    }

    /** The manager is shutting down: ends all clients. */
    close() {
        this.#isClosed = true;
        for (const client of this.#clients) {
            client.end({event: CLOSING});
        }
        this.#clients.clear();
        this.#stop();
    }

    #checkOpen() {
        if (this.#isClosed) {
            throw new HttpError(503, 'MANAGER_SHUTTING_DOWN', 'The job manager is shutting down');
        }
        if (this.#clients.size >= MOST_CLIENTS) {
            throw new HttpError(
                503,
                'TOO_MANY_CLIENTS',
                `${MOST_CLIENTS} clients follow the events already, and no more are served`,
                {
                    help: 'Try again later, or ask for the state from time to time',
                    headers: {'retry-after': '30'}
                }
            );
        }
    }

    #add(sink, filter, lastId) {
        try {
            this.#checkOpen();
        } catch {
            // Others came first while this answer was on its way.
            sink.end();
            return;
        }
        const client = new EventClient(sink, filter);
        sink.onClose(() => this.#remove(client));
        this.#clients.add(client);
        this.#listen(client);
        client.open(RETRY_MS);
        const missed = lastId === undefined ? undefined : this.#log.after(lastId);
        if (missed === undefined) {
            client.send({event: lastId === undefined ? 'ready' : 'reset', id: this.#log.lastId});
        } else {
            for (const message of missed) {
                client.send(message);
            }
        }
    }

    #remove(client) {
        this.#clients.delete(client);
        if (client.wantsOutput && this.#isHearing()) {
            this.#attach();
        }
        if (this.#clients.size === 0 && this.#isListening) {
            clearInterval(this.#timer);
            this.#timer = undefined;
            this.#linger ??= setTimeout(() => this.#stop(), this.#lingerMs).unref();
        }
    }

    #isHearing() {
        return this.#isListening && this.#inSecond <= MOST_A_SECOND;
    }

    #listen(client) {
        clearTimeout(this.#linger);
        this.#linger = undefined;
        this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
        if (!this.#isListening || (client.wantsOutput && this.#isHearing())) {
            this.#isListening = true;
            this.#attach();
        }
    }

    #stop() {
        clearTimeout(this.#linger);
        clearInterval(this.#timer);
        clearTimeout(this.#second);
        this.#linger = undefined;
        this.#timer = undefined;
        this.#second = undefined;
        this.#clusterText = undefined;
        this.#inSecond = 0;
        this.#pace.clear();
        if (this.#isListening) {
            this.#isListening = false;
            this.#detach();
            this.#log.forget();
        }
    }

    /** Listens to what clients want to hear of, and to nothing else. */
    #attach() {
        this.#detach();
        const wantsOutput = [...this.#clients].some((client) => client.wantsOutput);
        for (const {event, listener} of this.#listeners) {
            if (wantsOutput || !OF_OUTPUT.has(event)) {
                this.#events.on(event, listener);
            }
        }
    }

    #detach() {
        for (const {event, listener} of this.#listeners) {
            this.#events.off(event, listener);
        }
    }

    #tick() {
        this.#ticks += 1;
        const isBeat = this.#ticks % TICKS_PER_HEARTBEAT === 0;
        for (const client of this.#clients) {
            if (client.isClosing) {
                // A host may shut its manager down only once its server has closed, which waits for this client.
                client.end({event: CLOSING});
            } else if (isBeat) {
                client.heartbeat();
            }
        }
        if (this.#ticks % TICKS_PER_LOOK === 0) {
            void this.#lookAtCluster();
        }
    }

    /** Pages were made before the first look, so that counts as a change too. */
    async #lookAtCluster() {
        const state = await this.#cluster?.read();
        if (state === undefined || this.#clients.size === 0) {
            return;
        }
        const {isAnswering, info} = state;
        const text = JSON.stringify({isAnswering, info}, (name, value) =>
            name === 'seen' ? undefined : value
        );
        if (text !== this.#clusterText) {
            this.#clusterText = text;
            this.#send({event: OF_CLUSTER});
        }
    }

    #heard(event, describe, payload) {
        if (event === 'run progress') {
            this.#pace.take(payload);
            return;
        }
        if (event === 'run ended') {
            this.#pace.ended(payload.run.id);
        }
        this.#tell(event, describe, payload);
    }

    /** Whether this second has room for another event. */
    #hasRoom() {
        this.#second ??= setTimeout(() => this.#secondOver(), SECOND_MS).unref();
        this.#inSecond += 1;
        if (this.#inSecond === MOST_A_SECOND + 1) {
            this.#detach();
        }
        return this.#inSecond <= MOST_A_SECOND;
    }

    #secondOver() {
        this.#second = undefined;
        const isBeyond = this.#inSecond > MOST_A_SECOND;
        this.#inSecond = 0;
        if (isBeyond && this.#isListening) {
            this.#attach();
            this.#send({event: 'gap', data: '{}'});
        }
    }

    #tell(event, describe, payload) {
        if (!this.#hasRoom()) {
            return;
        }
        let message;
        try {
            message = describe(payload);
        } catch (error) {
            // A `redact` of the host has thrown.
            this.#logger.error(error.cause ?? error);
            return;
        }
        this.#send({...message, event, data: JSON.stringify(message.data)});
    }

    #send(message) {
        const kept = this.#log.add(message);
        for (const client of this.#clients) {
            client.send(kept);
        }
    }
}

module.exports = {EventStream, MOST_A_SECOND, MOST_CLIENTS};
