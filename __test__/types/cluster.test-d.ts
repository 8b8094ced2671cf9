import JobManager = require('../..');
import {bullmq, database} from '@tryghost/job-manager/cluster';
import type {RunContext} from '@tryghost/job-manager/job';

declare const knex: unknown;
const manager = new JobManager({
    timezone: 'UTC',
    cluster: bullmq({connection: 'redis://127.0.0.1', queue: 'jobs', lease: 30_000})
});
const other = new JobManager({timezone: 'UTC', cluster: database({knex, table: 'job_slots'})});

void manager.addJob({
    name: 'digest',
    at: '0 0 9 * * *',
    job: './digest.js',
    onHostLoss: 'fail',
    scope: 'cluster',
    priority: 5
});
void manager.defineJob({name: 'resize', job: './resize.js', scope: 'host'});
void manager.addOneOffJob({name: 'migration', job: './migrate.js', onHostLoss: 'redo'});
void manager.addOneOffJob({name: 'own', job: './own.js', scope: 'host'});
// @ts-expect-error there are two scopes
void manager.addJob({name: 'digest', at: '0 0 9 * * *', job: './digest.js', scope: 'galaxy'});
// @ts-expect-error a cluster is made by bullmq() or database()
const wrong = new JobManager({cluster: 'redis://127.0.0.1'});
// @ts-expect-error a queue needs a connection
bullmq({queue: 'jobs'});

declare const run: RunContext;
const fence: number | undefined = run.fence;
void [fence, other, wrong];
void manager.clusterRun('digest@2026-11-28T09:00:00.000Z').then((found) => {
    const host: string | undefined = found?.host;
    const started: Date | undefined = found?.started;
    return [host, started];
});
void manager.clusterInfo().then((info) => info?.hosts.map(({id}) => id));
