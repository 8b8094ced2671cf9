import Fastify from 'fastify';
import jobsPlugin from './jobs-plugin.mjs';

const fastify = Fastify({logger: true});
await fastify.register(jobsPlugin);

await fastify.jobs.addJob({
    name: 'clean-sessions',
    at: 'every 2 seconds',
    job: new URL('./jobs/clean-sessions.mjs', import.meta.url)
});

fastify.get('/health', async () => ({ok: true}));
await fastify.listen({port: Number(process.env.PORT ?? 3000)});

async function stop() {
    await fastify.close();
    console.log('stopped');
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
