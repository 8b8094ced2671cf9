'use strict';

/** Asks a host by its HTTP API, through its control socket or a URL. */

const http = require('node:http');
const {encodeSegment} = require('../http/paths');
const {EXIT, Failure} = require('./failure');

/** A host that has not answered for so long is taken for dead. Streams have no limit. */
const LONGEST_SILENCE_MS = 30_000;
const LONGEST_BODY_SHOWN = 200;

/** Exit codes, by the status of an answer. */
const EXIT_OF_STATUS = {
    400: EXIT.usage,
    401: EXIT.refused,
    403: EXIT.refused,
    404: EXIT.unknown,
    405: EXIT.refused,
    410: EXIT.unknown
};

/**
 * @typedef {{path: string[], query?: Record<string, unknown>, method?: string, headers?: object}} Question
 * @typedef {{headers: Record<string, string>, pieces: AsyncIterable<Buffer>, close: () => void}} Answer
 */

class HostClient {
    #place;
    #name;

    /** @param {{socketPath?: string, url?: URL, token?: string}} place */
    constructor({socketPath, url, token}) {
        this.#place = {socketPath, url, token};
        this.#name = socketPath ?? url.href;
    }

    /** How the host is called in messages. */
    get name() {
        return this.#name;
    }

    /** @returns {Promise<any>} the JSON that is answered to a GET */
    async get(path, query) {
        return JSON.parse(await this.#body({path, query}));
    }

    /** @returns {Promise<any>} the JSON that is answered to a POST; parameters are in the URL */
    async post(path, query, {isLong = false} = {}) {
        return JSON.parse(await this.#body({path, query, method: 'POST', isLong}));
    }

    /** @returns {Promise<string>} */
    text(path, query, headers) {
        return this.#body({path, query, headers});
    }

    async #body(question) {
        return textOf(await this.open(question));
    }

    /**
     * @param {Question & {isLong?: boolean}} question
     * @returns {Promise<Answer>} of a status of success
     * @throws {Failure} that has the error of the host, and its exit code
     */
    async open(question) {
        const response = await this.#request(question);
        const answer = {
            headers: response.headers,
            pieces: piecesOf(response, this.#name),
            close: () => response.destroy()
        };
        if (response.statusCode < 300) {
            return answer;
        }
        throw failureOf(response, await textOf(answer), this.#name);
    }

    #request({path, query, method = 'GET', headers, isLong = false}) {
        const {socketPath, url, token} = this.#place;
        const target = pathOf(url?.pathname ?? '/', path, query);
        const options = {
            method,
            // Of its own: the one that is shared keeps connections, and the program would not end.
            agent: false,
            headers: {
                accept: 'application/json',
                ...headers,
                ...(token && {authorization: `Bearer ${token}`})
            }
        };
        const request = url
            ? // Slow to load, and needed for a URL alone.
              (url.protocol === 'https:' ? require('node:https') : http).request(
                  new URL(target, url),
                  options
              )
            : http.request({...options, socketPath, path: target, host: 'localhost'});
        return new Promise((resolve, reject) => {
            if (!isLong) {
                request.setTimeout(LONGEST_SILENCE_MS, () =>
                    request.destroy(new Error('no answer for 30 s'))
                );
            }
            request.once('error', (error) => reject(unreachable(this.#name, error)));
            request.once('response', resolve);
            request.end();
        });
    }
}

function pathOf(base, path, query = {}) {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value !== undefined && value !== false) {
            parameters.set(name, value === true ? '1' : String(value));
        }
    }
    const search = parameters.size > 0 ? `?${parameters}` : '';
    return `${base.replace(/\/$/, '')}/${path.map(encodeSegment).join('/')}${search}`;
}

async function* piecesOf(response, name) {
    try {
        yield* response;
    } catch (error) {
        throw unreachable(name, error);
    }
}

/** @param {Answer} answer @returns {Promise<string>} all of it */
async function textOf({pieces}) {
    const all = [];
    for await (const piece of pieces) {
        all.push(piece);
    }
    return Buffer.concat(all).toString();
}

function failureOf({statusCode, headers}, body, name) {
    const exitCode = EXIT_OF_STATUS[statusCode] ?? EXIT.no;
    if (String(headers['content-type']).includes('json')) {
        const {error} = JSON.parse(body);
        if (error !== undefined) {
            return new Failure(error.message, {exitCode, code: error.code, help: error.help});
        }
    }
    return new Failure(
        `${name} answered with status ${statusCode}: ${body.slice(0, LONGEST_BODY_SHOWN).trim()}`,
        {
            exitCode,
            code: 'UNEXPECTED_ANSWER',
            help: 'Is this the address of a dashboard of @tryghost/job-manager?'
        }
    );
}

const REASONS = {
    ECONNREFUSED: 'no host listens there',
    ENOENT: 'there is no such socket',
    EACCES: 'this user may not open it',
    ECONNRESET: 'the host ended before it had answered'
};

function unreachable(name, {code, message}) {
    return new Failure(`no answer from ${name}: ${REASONS[code] ?? message}`, {
        exitCode: EXIT.noHost,
        code: 'NO_HOST',
        help:
            code === 'EACCES'
                ? 'Only the user of the host, and root, may open its control socket.'
                : undefined
    });
}

module.exports = {HostClient, textOf};
