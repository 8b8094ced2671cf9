'use strict';

const {nodeHandler} = require('./node');

/**
 * A plugin of Fastify. In a scope of its own no body is parsed: Fastify would answer a form with 415.
 *
 * @param {import('../site').Site} site
 */
function fastifyPlugin(site) {
    return function jobManagerDashboard(instance, _options, done) {
        const handle = nodeHandler(site, {basePath: instance.prefix});
        const onRequest = (request, reply) => {
            reply.hijack();
            handle(request.raw, reply.raw);
        };
        instance.removeAllContentTypeParsers();
        instance.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
        instance.all('/', onRequest);
        instance.all('/*', onRequest);
        done();
    };
}

module.exports = {fastifyPlugin};
