// An ES module gets the class as the default export, and the types below its name.

import JobManager from '@tryghost/job-manager';
import type {Expect, Same} from './expect.mjs';

const jobManager = new JobManager();
type _Instance = Expect<Same<typeof jobManager, JobManager>>;

const job: JobManager.Job = {at: '@hourly', job: './job.mjs', overlap: 'queue', missed: 'skip'};
export const added: Promise<void> = jobManager.addJob(job);
