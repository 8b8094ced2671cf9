import 'reflect-metadata';
import {Module} from '@nestjs/common';
import {NestFactory} from '@nestjs/core';
import {JobsService} from './jobs.service';

@Module({providers: [JobsService], exports: [JobsService]})
class AppModule {}

async function main(): Promise<void> {
    const app = await NestFactory.create(AppModule);
    // Calls onApplicationShutdown at SIGTERM and SIGINT.
    app.enableShutdownHooks();
    await app.listen(Number(process.env.PORT ?? 3000));
}

main();
