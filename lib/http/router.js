'use strict';

const {decodeSegment} = require('./paths');

/**
 * @typedef {object} Route
 * @property {'GET' | 'POST'} method - GET also answers HEAD
 * @property {string} pattern - such as 'jobs/:name'; empty for the mount itself
 */

/** Finds the route of a request. There are about thirty, so they are looked at in turn. */
class Router {
    /** @type {{route: Route, parts: string[]}[]} */
    #entries;

    /** @param {Route[]} routes - the first that fits is taken */
    constructor(routes) {
        this.#entries = routes.map((route) => ({route, parts: route.pattern.split('/')}));
    }

    /**
     * @param {string} method
     * @param {string[]} segments - of the path below the mount, still encoded
     * @returns {{route?: Route, params?: Record<string, string>, allow: string[]}} `allow` has the methods that the path
     *   takes: none if there is no such path
     * @throws {import('./http-error').HttpError} BAD_URL
     */
    find(method, segments) {
        const entries = this.#entries.filter(({parts}) => fits(parts, segments));
        const wanted = method === 'HEAD' ? 'GET' : method;
        const found = entries.find(({route}) => route.method === wanted);
        const methods = entries.flatMap(({route}) =>
            route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]
        );
        const allow = methods.length === 0 ? [] : [...new Set(methods), 'OPTIONS'];
        return found === undefined
            ? {allow}
            : {route: found.route, params: paramsOf(found.parts, segments), allow};
    }
}

const isParameter = (part) => part.startsWith(':');

const fits = (parts, segments) =>
    parts.length === segments.length &&
    parts.every((part, index) => (isParameter(part) ? segments[index] !== '' : part === segments[index]));

function paramsOf(parts, segments) {
    const params = Object.create(null);
    for (const [index, part] of parts.entries()) {
        if (isParameter(part)) {
            params[part.slice(1)] = decodeSegment(segments[index]);
        }
    }
    return params;
}

module.exports = {Router};
