'use strict';

const {fastifyPlugin} = require('./adapters/fastify');
const {fetchHandler} = require('./adapters/fetch');
const {koaMiddleware} = require('./adapters/koa');
const {nodeHandler} = require('./adapters/node');
const {siteOptions} = require('./options');
const {Site} = require('./site');

/**
 * Makes the request handlers of a job manager.
 *
 * @param {object} parts
 * @param {import('../../index')} parts.jobManager
 * @param {object} [parts.options] - those of `createDashboard`, checked
 * @param {import('./pages').Page[]} [parts.pages]
 * @param {{path: string, type: string, body: string | Buffer, etag: string}[]} [parts.assets] - files of the pages
 * @param {() => {pages: object[], assets: object[]}} [parts.loadPages] - in place of these two: called when the first of them
 *   is asked for
 * @param {boolean} [parts.isTrusted] - requests come by a socket file whose mode guards it: nothing else is checked but
 *   whether `actions` has what they ask for
 * @returns {{handle: Function, handleLocal: Function, fetch: Function, fastify: Function, koa: Function}} `handle` takes (req, res,
 *   next) of node:http; `handleLocal` the same, from a socket file
 */
function createSite(parts) {
    const {jobManager, options = {}, pages = [], assets = [], isTrusted} = parts;
    const {loadPages = () => ({pages, assets})} = parts;
    const filled = siteOptions(options);
    const site = new Site({jobManager, options: filled, loadPages, isTrusted});
    const {basePath} = filled;
    const handle = nodeHandler(site, {basePath});
    return {
        handle,
        handleLocal: nodeHandler(site, {basePath, isLocal: true}),
        fetch: fetchHandler(site, {basePath}),
        fastify: fastifyPlugin(site),
        koa: koaMiddleware(handle, basePath)
    };
}

module.exports = {createSite};
