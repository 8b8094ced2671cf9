import {createRequire} from 'node:module';
import JobManager, {JobManager as NamedJobManager, describeSchedule} from '../../../index.js';

const require = createRequire(import.meta.url);
const manager = new JobManager({logger: {}});
const completion = manager.awaitCompletion('completes');
await manager.addJob({job: new URL('../jobs/completes.js', import.meta.url)});
await completion;
console.log(
    JSON.stringify([
        JobManager === require('../../../index.js'),
        typeof JobManager.nextRuns,
        JobManager.describeSchedule === describeSchedule,
        NamedJobManager === JobManager
    ])
);
