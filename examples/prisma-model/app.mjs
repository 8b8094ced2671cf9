import {PrismaLibSql} from '@prisma/adapter-libsql';
import {PrismaClient} from '@prisma/client';
import JobManager from '@tryghost/job-manager';
import {createJobModel} from './job-model.mjs';

const prisma = new PrismaClient({adapter: new PrismaLibSql({url: 'file:./jobs.db'})});
const jobManager = new JobManager({
    JobModel: createJobModel(prisma),
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
await prisma.$disconnect();
