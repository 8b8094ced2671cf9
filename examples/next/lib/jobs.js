import path from 'node:path';
import JobManager from '@tryghost/job-manager';

export async function startJobs() {
    const jobManager = new JobManager({
        errorHandler: (error, {name}) => console.error(`job ${name} failed:`, error),
        workerMessageHandler: ({name, message}) => console.log(`job ${name}: ${message}`)
    });
    await jobManager.addJob({
        name: 'clean-sessions',
        at: 'every 2 seconds',
        // Not bundled: a plain file, found from the folder in which `next start` runs.
        job: path.join(process.cwd(), 'jobs', 'clean-sessions.mjs')
    });
    // Next handles SIGTERM itself, and exits as soon as it has closed its server: cancel the jobs meanwhile.
    process.once('SIGTERM', () => jobManager.shutdown({timeout: 5_000}));
}
