// What `prisma db push` does with the schema, for a check that must not download Prisma's schema engine.

import {PrismaLibSql} from '@prisma/adapter-libsql';
import {PrismaClient} from '@prisma/client';

const prisma = new PrismaClient({adapter: new PrismaLibSql({url: 'file:./jobs.db'})});
await prisma.$executeRawUnsafe(`
    CREATE TABLE IF NOT EXISTS jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        status TEXT NOT NULL,
        started_at DATETIME,
        finished_at DATETIME,
        created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
        updated_at DATETIME
    )
`);
await prisma.$disconnect();
