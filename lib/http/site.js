'use strict';

/**
 * The site of a job manager: answers requests, whatever server has received them. The HTTP API, the event stream, and the
 * pages and files that it is given.
 */

const {accessOf, checkAction, checkSite} = require('./access');
const {ACTION_ROUTES} = require('./actions');
const {READS, flag} = require('./api');
const {ClusterReader} = require('./cluster-reader');
const {EventStream} = require('./event-stream');
const {flashOf} = require('./flash');
const {empty, json, text} = require('./headers');
const {HttpError, asHttpError, errorBody} = require('./http-error');
const {Pages} = require('./pages');
const {parametersOf, text: string} = require('./parameters');
const {encodeSegment, rootOf} = require('./paths');
const {wantsHtml} = require('./request');
const {Router} = require('./router');
const {createShown} = require('./shown');

class Site {
    #jobManager;
    #options;
    #isTrusted;
    #logger;
    #shown;
    #cluster;
    #stream;
    #router;
    #pages;

    /**
     * @param {object} parts
     * @param {import('../../index')} parts.jobManager
     * @param {object} parts.options - checked
     * @param {() => {pages: import('./pages').Page[], assets: object[]}} parts.loadPages - called when the first of them is
     *   asked for
     * @param {boolean} [parts.isTrusted] - whoever can connect may do all that `actions` says: a socket file guards it
     */
    constructor({jobManager, options, loadPages, isTrusted = false}) {
        this.#jobManager = jobManager;
        this.#options = options;
        this.#isTrusted = isTrusted;
        this.#logger = jobManager.bree.config.logger;
        this.#shown = createShown(options);
        this.#cluster = new ClusterReader(jobManager);
        this.#stream = new EventStream({
            jobManager,
            shown: this.#shown,
            logger: this.#logger,
            cluster: this.#cluster
        });
        this.#pages = new Pages(loadPages);
        this.#router = new Router([
            ...READS,
            {method: 'GET', pattern: 'api/v1/events', handle: (call) => this.#events(call)},
            ...ACTION_ROUTES
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
        const {route, params, allow} = this.#find(request);
        if (route === undefined) {
            return this.#noRoute(request, allow);
        }
        if (!this.#isTrusted) {
            checkSite(request, this.#options.trustedOrigins);
        }
        const call = {
            jobManager: this.#jobManager,
            cluster: this.#cluster,
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

    /** Pages are loaded only for a path that is none of the API's. */
    #find({method, segments}) {
        const found = this.#router.find(method, segments);
        return found.allow.length > 0 || segments[0] === 'api' ? found : this.#pages.find(method, segments);
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
        const name = segments[0] === 'api' ? undefined : this.#pages.nameWithoutSlash(segments);
        if (name !== undefined) {
            return empty(308, {location: `../${name}${search}`});
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
            const flash = flashOf(refusal.code);
            if (!isForm || (refusal.status >= 500 && flash === 'not-done')) {
                throw refusal;
            }
            return this.#toPage(call, {page: [''], flash});
        }
        const {address = 'a socket file'} = request.peer;
        const by = access.user === undefined ? address : `${JSON.stringify(access.user)}, ${address}`;
        this.#logger.info(`Asked for over HTTP by ${by}: ${done.what}`);
        return isForm ? this.#toPage(call, done) : json(done.body, done.status);
    }

    /** A form was sent: leads to the page that it names, or to that of what was done. */
    #toPage({request, query}, {page, flash}) {
        const target = this.#pages.linkTo(query.get('back')) ?? page.map(encodeSegment).join('/');
        const mark = target.includes('?') ? '&' : '?';
        return empty(303, {location: `${rootOf(request.segments)}${target}${mark}flash=${flash}`});
    }

    #events({query, request, options}) {
        const {job, run, output = false} = parametersOf(query, {job: string, run: string, output: flag});
        const filter = {job, run, output: output && options.showOutput};
        return this.#stream.connect(filter, request.headers['last-event-id'] || undefined);
    }

    #refusal(request, error) {
        const refusal = asHttpError(error);
        if (refusal.cause !== undefined) {
            this.#logger.error(refusal.cause);
        }
        const {status, headers, message, help} = refusal;
        // A browser shows it: as text, in which nothing can be markup.
        if (wantsHtml(request) && (request.segments[0] !== 'api' || request.method === 'POST')) {
            return text(`${message}\n${help === undefined ? '' : `${help}\n`}`, status, headers);
        }
        return json(errorBody(refusal), status, headers);
    }
}

/** Links are relative, so the mount must end with a slash. */
function toFolder({fullPath, search}) {
    const last = fullPath.split('/').at(-1);
    return empty(302, {location: `./${last}/${search}`});
}

module.exports = {Site};
