'use strict';

/** `@tryghost/job-manager/dashboard`: the jobs of a manager in a browser, and over HTTP. */

const {createSite} = require('./http/create-site');
const {dashboardOptions} = require('./http/options');

/**
 * @param {import('../index')} jobManager
 * @param {import('./dashboard').DashboardOptions} [options]
 * @returns {import('./dashboard').Dashboard}
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function createDashboard(jobManager, options) {
    const site = createSite({jobManager, options: dashboardOptions(jobManager, options), loadPages});
    const dashboard = (req, res, next) => site.handle(req, res, next);
    return Object.assign(dashboard, {
        fetch: site.fetch,
        fastify: site.fastify,
        koa: site.koa,
        listen: (where) => require('./http/listen').listen(jobManager, site, where)
    });
}

/** Made by the build of the folders beside it. */
const loadPages = () => require('./dashboard/dashboard.bundle.cjs');

module.exports = {createDashboard};
