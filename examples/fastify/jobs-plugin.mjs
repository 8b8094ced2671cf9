// The job manager as a Fastify plugin: `fastify.jobs`, stopped with the server.

import fastifyPlugin from 'fastify-plugin';
import JobManager from '@tryghost/job-manager';

export default fastifyPlugin(async function jobsPlugin(fastify, options) {
    const jobManager = new JobManager({
        ...options,
        logger: fastify.log,
        errorHandler: (error, {name}) => fastify.log.error({err: error, job: name}, 'job failed'),
        workerMessageHandler: ({name, message}) => fastify.log.info({job: name, message}, 'job message')
    });
    fastify.decorate('jobs', jobManager);
    fastify.addHook('onClose', () => jobManager.shutdown({timeout: 10_000}));
});
