import 'reflect-metadata';
import {Module} from '@nestjs/common';
import {NestFactory} from '@nestjs/core';
import {createDashboard} from '@tryghost/job-manager/dashboard';
import {JobsService} from './jobs.service';

@Module({providers: [JobsService], exports: [JobsService]})
class AppModule {}

async function main(): Promise<void> {
    const app = await NestFactory.create(AppModule);
    // Calls onApplicationShutdown at SIGTERM and SIGINT.
    app.enableShutdownHooks();
    // Direct requests from this machine may see it; "authorize" opens it to others.
    app.use('/admin/jobs', createDashboard(app.get(JobsService).jobManager, {actions: true}));
    await app.listen(Number(process.env.PORT ?? 3000));
    console.log(`jobs: ${await app.getUrl()}/admin/jobs/`);
}

main();
