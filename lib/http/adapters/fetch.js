'use strict';

/** Serves a site to servers that hand over a `Request` and take a `Response`. */

const {below} = require('../paths');
const {siteRequest} = require('../request');

/**
 * @param {import('../site').Site} site
 * @param {{basePath?: string}} options
 */
function fetchHandler(site, {basePath = ''} = {}) {
    return async function handle(request, env) {
        const {pathname, search, host} = new URL(request.url);
        const headers = Object.fromEntries(request.headers);
        const answer = await site.answer(
            siteRequest({
                method: request.method,
                path: below(pathname, basePath) ?? '//',
                url: pathname + search,
                // What is asked for is in the URL; servers make that of the header.
                headers: {...headers, host: headers.host ?? host},
                peer: {address: addressOf(env, request), isLocal: false},
                source: request
            })
        );
        return responseOf(answer, request, env?.incoming?.socket?.server);
    };
}

/** Of the other end: as @hono/node-server gives it, or a server of Bun. A Request itself does not say. */
function addressOf(env, request) {
    return env?.incoming?.socket?.remoteAddress ?? env?.requestIP?.(request)?.address;
}

/** @param {import('../headers').Answer} answer */
function responseOf({status, headers, body, stream}, request, server) {
    const isHead = request.method === 'HEAD';
    if (stream === undefined) {
        return new Response(isHead || body === undefined ? null : body, {status, headers});
    }
    return new Response(isHead ? null : streamOf(stream, request, server), {status, headers});
}

/** Nothing is asked for ahead: what the stream holds is what the client has not taken. */
const streamOf = (stream, {signal}, server) =>
    new ReadableStream(
        new StreamSource(stream, signal, server),
        new ByteLengthQueuingStrategy({highWaterMark: 0})
    );

/** A sink that a `ReadableStream` reads from. */
class StreamSource {
    #encoder = new TextEncoder();
    #controller;
    #open;
    #server;
    #onDrain;
    #onClose;
    #isOpen = true;

    /**
     * @param {(sink: import('../event-client').Sink) => void} open
     * @param {AbortSignal} [signal] - of the request
     * @param {import('node:http').Server} [server] - if it is known
     */
    constructor(open, signal, server) {
        this.#open = open;
        this.#server = server;
        signal?.addEventListener('abort', () => this.#finish(() => this.#controller.close()), {once: true});
    }

    start(controller) {
        this.#controller = controller;
        this.#open({
            write: (text) => {
                if (this.#isOpen) {
                    controller.enqueue(this.#encoder.encode(text));
                }
            },
            end: () => this.#finish(() => controller.close()),
            destroy: () => this.#finish(() => controller.error(new Error('The client does not read'))),
            unsent: () => Math.max(0, -controller.desiredSize),
            isClosing: () => this.#server?.listening === false,
            onDrain: (callback) => {
                this.#onDrain = callback;
            },
            onClose: (callback) => {
                this.#onClose = callback;
            }
        });
    }

    pull() {
        this.#onDrain?.();
    }

    cancel() {
        this.#finish(() => {});
    }

    #finish(how) {
        if (this.#isOpen) {
            this.#isOpen = false;
            how();
            this.#onClose?.();
        }
    }
}

module.exports = {fetchHandler};
