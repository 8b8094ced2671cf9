// Built by tsc and run by node (`npm start`), or run as it is by tsx (`npx tsx src/app.ts`): the job is a neighbour of
// this file with this file's own ending, so that both find it.

import path from 'node:path';
import {fileURLToPath} from 'node:url';
import JobManager from '@tryghost/job-manager';

const file = fileURLToPath(import.meta.url);

const jobManager = new JobManager({
    errorHandler: (error, {name}) => console.error(`job ${name} failed:`, error),
    workerMessageHandler: ({name, message}) => console.log(`job ${name}:`, message)
});

await jobManager.addJob({
    name: 'resize',
    job: path.join(path.dirname(file), 'jobs', `resize${path.extname(file)}`),
    data: {width: 640, files: ['a.png', 'b.png']}
});
await jobManager.awaitCompletion('resize');
await jobManager.shutdown();
