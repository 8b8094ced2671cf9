// An Express server with a recurring job, and a route that starts one.

import express from 'express';
import JobManager from '@tryghost/job-manager';

const jobManager = new JobManager({
    errorHandler: (error, {name}) => console.error(`job ${name} failed:`, error),
    workerMessageHandler: ({name, message}) => console.log(`job ${name}:`, message)
});

await jobManager.addJob({
    name: 'clean-sessions',
    at: 'every 2 seconds',
    job: new URL('./jobs/clean-sessions.mjs', import.meta.url)
});

const app = express();
let reports = 0;

app.post('/reports/:user', async (request, response) => {
    reports += 1;
    const name = `report-${request.params.user}-${reports}`;
    // The request is answered at once; the report is made in a process of its own.
    await jobManager.addJob({
        name,
        job: new URL('./jobs/make-report.mjs', import.meta.url),
        data: {user: request.params.user}
    });
    response.status(202).json({job: name});
});

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
    console.log(`listening on ${server.address().port}`);
});

async function stop() {
    server.close();
    await jobManager.shutdown({timeout: 10_000});
    console.log('stopped');
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
