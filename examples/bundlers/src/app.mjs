import path from 'node:path';
import {fileURLToPath} from 'node:url';
import JobManager from '@tryghost/job-manager';

// The folder of the bundle: the build puts the bundled jobs into jobs/ beside it.
const folder = path.dirname(fileURLToPath(import.meta.url));

const jobManager = new JobManager({
    errorHandler: (error, {name}) => console.error(`job ${name} failed:`, error),
    workerMessageHandler: ({name, message}) => console.log(`job ${name}:`, message)
});

await jobManager.addJob({name: 'greet', job: path.join(folder, 'jobs', 'greet.mjs'), data: {name: 'Ada'}});
await jobManager.awaitCompletion('greet');
await jobManager.shutdown();
