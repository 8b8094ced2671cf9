import path from 'node:path';
import {Injectable, Logger, OnApplicationShutdown, OnModuleInit} from '@nestjs/common';
import JobManager from '@tryghost/job-manager';

/** The one job manager of the application. */
@Injectable()
export class JobsService implements OnModuleInit, OnApplicationShutdown {
    private readonly logger = new Logger('Jobs');

    readonly jobManager = new JobManager({
        errorHandler: (error, {name}) => this.logger.error(`job ${name} failed: ${error.stack}`),
        workerMessageHandler: ({name, message}) => this.logger.log(`job ${name}: ${message}`)
    });

    async onModuleInit(): Promise<void> {
        await this.jobManager.addJob({
            name: 'clean-sessions',
            at: 'every 2 seconds',
            // What tsc makes of src/jobs/clean-sessions.ts.
            job: path.join(__dirname, 'jobs', 'clean-sessions.js')
        });
    }

    async onApplicationShutdown(): Promise<void> {
        await this.jobManager.shutdown({timeout: 10_000});
        this.logger.log('stopped');
    }
}
