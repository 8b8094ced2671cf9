import createKnex from 'knex';
import JobManager from '@tryghost/job-manager';
import {createJobModel, createJobsTable} from './job-model.mjs';
import {client} from './client.mjs';

const knex = createKnex({client, connection: {filename: process.argv[2]}, useNullAsDefault: true});
await createJobsTable(knex);

const jobManager = new JobManager({
    JobModel: createJobModel(knex),
    errorHandler: (error, {name}) => console.error(`job ${name} failed:`, error)
});

try {
    await jobManager.addOneOffJob({
        name: 'backfill-2026-11',
        job: new URL('./jobs/backfill.mjs', import.meta.url)
    });
    const row = await jobManager.awaitOneOffCompletion('backfill-2026-11');
    console.log(`backfill-2026-11 is ${row.get('status')}`);
} catch (error) {
    if (error.code !== 'JOB_ALREADY_EXECUTED') {
        throw error;
    }
    console.log(error.message);
}
await jobManager.shutdown();
await knex.destroy();
