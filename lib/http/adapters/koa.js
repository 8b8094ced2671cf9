'use strict';

const {below, splitTarget} = require('../paths');

/**
 * Middleware of Koa, with `basePath`.
 *
 * @param {(req: object, res: object) => void} handle - of node:http
 * @param {string} basePath
 */
function koaMiddleware(handle, basePath) {
    return function jobManagerDashboard(context, next) {
        if (below(splitTarget(context.req.url).path, basePath) === undefined) {
            return next();
        }
        context.respond = false;
        // Where middleware has taken a mount off.
        context.req.originalUrl ??= context.originalUrl;
        handle(context.req, context.res);
        return undefined;
    };
}

module.exports = {koaMiddleware};
