'use strict';

/**
 * The site of a job manager: answers requests, whatever server has received them. The HTTP API, the event stream, and the
 * pages and files that it is given.
 */

const {accessOf, checkAction, checkSite} = require('./access');
const {ACTION_ROUTES} = require('./actions');
const {READS, flag} = require('./api');
const {assetRoutes} = require('./assets');
const {EventStream} = require('./event-stream');
const {flashOf, knownFlash} = require('./flash');
const {empty, html, json, text} = require('./headers');
const {HttpError, asHttpError, errorBody} = require('./http-error');
const {parametersOf, text: string} = require('./parameters');
const {encodeSegment, rootOf} = require('./paths');
const {wantsHtml} = require('./request');
const {Router} = require('./router');
const {createShown} = require('./shown');

/** @typedef {string | {status: number, body: string}} Rendered a page, with status 200 if it is a string */

class Site {
    #jobManager;
    #options;
    #isTrusted;
    #logger;
    #shown;
    #stream;
    #router;
    #pages;

    /**
     * @param {object} parts
     * @param {import('../../index')} parts.jobManager
     * @param {object} parts.options - checked
     * @param {{pattern: string, render: (view: object) => Rendered | Promise<Rendered>}[]} [parts.pages]
     * @param {{path: string, type: string, body: string | Buffer, etag: string}[]} [parts.assets]
     * @param {boolean} [parts.isTrusted] - whoever can connect may do all that `actions` says: a socket file guards it
     */
    constructor({jobManager, options, pages = [], assets = [], isTrusted = false}) {
        this.#jobManager = jobManager;
        this.#options = options;
        this.#isTrusted = isTrusted;
        this.#logger = jobManager.bree.config.logger;
        this.#shown = createShown(options);
        this.#stream = new EventStream({jobManager, shown: this.#shown, logger: this.#logger});
        const pageRoutes = pages.map((page) => ({
            method: 'GET',
            pattern: page.pattern.replace(/^\.\/$/, ''),
            handle: (call) => this.#page(page, call)
        }));
        this.#pages = new Router(pageRoutes);
        this.#router = new Router([
            ...READS,
            {method: 'GET', pattern: 'api/v1/events', handle: (call) => this.#events(call)},
            ...ACTION_ROUTES,
            ...assetRoutes(assets),
            ...pageRoutes
        ]);
    }

    /**
     * @param {import('./request').SiteRequest} request
     * @returns {Promise<import('./headers').Answer>} never rejects
     */
    async answer(request) {
        try {
            return await this.#answer(request);
        } catch (error) {
            return this.#refusal(request, error);
        }
    }

    async #answer(request) {
        const access = await accessOf(request, this.#options, this.#isTrusted);
        if (request.path === '') {
            return toFolder(request);
        }
        const {route, params, allow} = this.#router.find(request.method, request.segments);
        if (route === undefined) {
            return this.#noRoute(request, allow);
        }
        if (!this.#isTrusted) {
            checkSite(request, this.#options.trustedOrigins);
        }
        const call = {
            jobManager: this.#jobManager,
            logger: this.#logger,
            options: this.#options,
            shown: this.#shown,
            params,
            query: request.query,
            request,
            access
        };
        return route.action === undefined ? route.handle(call) : this.#act(route, call);
    }

    #noRoute({method, segments, search}, allow) {
        if (allow.length > 0) {
            const headers = {allow: allow.join(', ')};
            if (method === 'OPTIONS') {
                return empty(204, headers);
            }
            throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${method} is not possible here`, {
                help: `Possible: ${headers.allow}`,
                headers
            });
        }
        const [last, ...page] = segments.toReversed();
        if (last === '' && page[0] && this.#pages.find('GET', page.toReversed()).route !== undefined) {
            return empty(308, {location: `../${page[0]}${search}`});
        }
        throw new HttpError(404, 'NOT_FOUND', 'There is nothing at this path');
    }

    async #act({action, perform}, call) {
        const {request, access} = call;
        checkAction(access, action);
        const isForm = wantsHtml(request);
        let done;
        try {
            done = await perform(call);
        } catch (error) {
            const refusal = asHttpError(error);
            if (!isForm || refusal === undefined) {
                throw error;
            }
            return this.#toPage(call, {page: [''], flash: flashOf(refusal.code)});
        }
        const {address = 'a socket file'} = request.peer;
        const by = access.user === undefined ? address : `${JSON.stringify(access.user)}, ${address}`;
        this.#logger.info(`Asked for over HTTP by ${by}: ${done.what}`);
        return isForm ? this.#toPage(call, done) : json(done.body, done.status);
    }

    /** A form was sent: leads to the page that it names, or to that of what was done. */
    #toPage({request, query}, {page, flash}) {
        const target = this.#pageOf(query.get('back')) ?? page.map(encodeSegment).join('/');
        const mark = target.includes('?') ? '&' : '?';
        return empty(303, {location: `${rootOf(request.segments)}${target}${mark}flash=${flash}`});
    }

    /** @returns {string | undefined} the text if it is one of the pages, so that nothing can lead elsewhere */
    #pageOf(back) {
        const [path, search = ''] = (back ?? '').split('?');
        const segments = path.replace(/^(?:\.{1,2}\/)+/, '').split('/');
        if (back === null || !/^[\w\-.~!$'()*+,;=:@%/]*$/.test(path) || segments.some(isStep)) {
            return undefined;
        }
        try {
            if (this.#pages.find('GET', segments).route === undefined) {
                return undefined;
            }
        } catch {
            return undefined;
        }
        const kept = new URLSearchParams(search);
        kept.delete('flash');
        return `${segments.join('/')}${kept.size > 0 ? `?${kept}` : ''}`;
    }

    #events({query, request, options}) {
        const {job, run, output = false} = parametersOf(query, {job: string, run: string, output: flag});
        const filter = {job, run, output: output && options.showOutput};
        return this.#stream.connect(filter, request.headers['last-event-id'] || undefined);
    }

    async #page({render}, {jobManager, params, query, request, access, options}) {
        const {title, timezone, showData, showOutput} = options;
        const page = await render({
            jobManager,
            params,
            query,
            access,
            root: rootOf(request.segments),
            options: {title, timezone, showData, showOutput, redact: this.#shown.redact},
            flash: knownFlash(query.get('flash')),
            request: {path: request.path}
        });
        if (page === undefined) {
            throw new HttpError(404, 'NOT_FOUND', 'There is nothing at this path');
        }
        return typeof page === 'string' ? html(page) : html(page.body, page.status);
    }

    #refusal(request, error) {
        let refusal = asHttpError(error);
        if (refusal === undefined) {
            this.#logger.error(error);
            refusal = new HttpError(500, 'INTERNAL_ERROR', 'The request could not be answered', {
                help: "The host's log says why"
            });
        }
        const {status, headers, message, help} = refusal;
        // A browser shows it: as text, in which nothing can be markup.
        if (wantsHtml(request) && (request.segments[0] !== 'api' || request.method === 'POST')) {
            return text(`${message}\n${help === undefined ? '' : `${help}\n`}`, status, headers);
        }
        return json(errorBody(refusal), status, headers);
    }
}

const isStep = (segment) => /^(?:\.|%2e){1,2}$/i.test(segment);

/** Links are relative, so the mount must end with a slash. */
function toFolder({fullPath, search}) {
    const last = fullPath.split('/').at(-1);
    return empty(302, {location: `./${last}/${search}`});
}

module.exports = {Site};
