// What compiles, and what does not, of `@tryghost/job-manager/ghost-jobs`.

import GhostJobs, {GhostJobs as named} from '../../lib/ghost-jobs';

const config: GhostJobs.Config = {
    store: {path: 'jobs.db', durability: 'full'},
    isolated: {resize: 'jobs/resize.js'},
    timezone: 'Europe/Oslo',
    attempts: 3,
    backoff: {type: 'fixed', delay: 1_000},
    timeout: 60_000,
    concurrency: 2,
    waiting: 'drop'
};
GhostJobs.validate(config);
const adapter: named = new GhostJobs(config);
const names: readonly string[] = adapter.requiredFns;
// @ts-expect-error -- it cannot be changed
adapter.requiredFns = [];
// @ts-expect-error -- is no option
export const misspelt = new GhostJobs({stor: 'jobs.db'});

const job: GhostJobs.Envelope = {type: 'resize', payload: '{}'};
const dispatch: GhostJobs.Dispatch = {version: 1, payload: {job: {type: 'resize', payload: '{}'}}};

export async function use(): Promise<void> {
    await adapter.start({processor: async ({type, payload}) => console.log(type, payload, names)});
    await adapter.start({processor: async () => {}, queues: {mail: {concurrency: 2}, other: {}}});
    await adapter.enqueue(job);
    await adapter.enqueue(job, {queue: 'mail'});
    await adapter.enqueue('id', dispatch);
    await adapter.scheduleRecurring(job, {cron: '0 0 3 * * *'}, {queue: 'mail'});
    await adapter.scheduleRecurring(dispatch, {cron: '0 0 3 * * *'});
    // @ts-expect-error -- a dispatch has an id
    await adapter.enqueue(dispatch);
    await adapter.shutdown();
    await adapter.shutdown({timeoutMs: 5_000});
}
