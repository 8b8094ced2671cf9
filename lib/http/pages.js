'use strict';

/** The pages of a site and their files, loaded when the first of them is asked for. */

const {assetRoutes} = require('./assets');
const {knownFlash} = require('./flash');
const {html} = require('./headers');
const {HttpError} = require('./http-error');
const {rootOf} = require('./paths');
const {Router} = require('./router');

/**
 * @typedef {string | {status: number, body: string}} Rendered a page, with status 200 if it is a string
 *
 * @typedef {object} Page
 * @property {string} pattern - such as 'jobs/:name'
 * @property {(view: object) => Rendered | Promise<Rendered>} render
 */

/** Characters of a path. */
const PATH = /^[\w\-.~!$'()*+,;=:@%/]*$/;

class Pages {
    #load;
    #pages;
    #all;

    /** @param {() => {pages: Page[], assets: object[]}} load */
    constructor(load) {
        this.#load = load;
    }

    /** As `Router.find`: a page or a file. */
    find(method, segments) {
        this.#prepare();
        return this.#all.find(method, segments);
    }

    /**
     * @param {string[]} segments - of a path below the mount
     * @returns {string | undefined} the last segment but the slash, if the path is that of a page with a slash too many
     */
    nameWithoutSlash(segments) {
        const [last, ...page] = segments.toReversed();
        return last === '' && page[0] && this.#has(page.toReversed()) ? page[0] : undefined;
    }

    /**
     * @param {string | null} link - where a form wants to lead
     * @returns {string | undefined} relative to the mount; undefined if it is no page, so that nothing can lead elsewhere
     */
    linkTo(link) {
        if (link === null) {
            return undefined;
        }
        const [path, search = ''] = link.split('?');
        const segments = path.replace(/^(?:\.{1,2}\/)+/, '').split('/');
        if (!PATH.test(path) || segments.some(isStep) || !this.#has(segments)) {
            return undefined;
        }
        const kept = new URLSearchParams(search);
        kept.delete('flash');
        return `${segments.join('/')}${kept.size > 0 ? `?${kept}` : ''}`;
    }

    #has(segments) {
        this.#prepare();
        try {
            return this.#pages.find('GET', segments).route !== undefined;
        } catch {
            // A malformed percent-encoding.
            return false;
        }
    }

    #prepare() {
        if (this.#all === undefined) {
            const {pages, assets} = this.#load();
            const routes = pages.map(pageRoute);
            this.#pages = new Router(routes);
            this.#all = new Router([...routes, ...assetRoutes(assets)]);
        }
    }
}

const isStep = (segment) => /^(?:\.|%2e){1,2}$/i.test(segment);

const pageRoute = ({pattern, render}) => ({
    method: 'GET',
    pattern: pattern.replace(/^\.\/$/, ''),
    handle: async (call) => {
        const page = await render(viewOf(call, await call.cluster.read()));
        if (page === undefined) {
            throw new HttpError(404, 'NOT_FOUND', 'There is nothing at this path');
        }
        return typeof page === 'string' ? html(page) : html(page.body, page.status);
    }
});

/** What a page is made of. @param {import('./api').Call} call */
function viewOf({jobManager, cluster, params, query, request, access, options, shown}, clusterState) {
    const {title, timezone, showData, showOutput} = options;
    return {
        jobManager,
        cluster: clusterState,
        clusterRun: (id) => cluster.run(id, {isForPage: true}),
        params,
        query,
        access,
        root: rootOf(request.segments),
        options: {title, timezone, showData, showOutput, redact: shown.redact},
        flash: knownFlash(query.get('flash')),
        request: {path: request.path}
    };
}

module.exports = {Pages};
