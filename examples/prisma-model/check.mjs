import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import {runUntil} from '../support/run-until.mjs';

fs.rmSync('jobs.db', {force: true});
execFileSync(process.execPath, ['node_modules/prisma/build/index.js', 'generate'], {
    // Generating a client needs no schema engine, which Prisma would download all the same.
    env: {...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1'},
    stdio: 'inherit'
});
execFileSync(process.execPath, ['create-table.mjs'], {stdio: 'inherit'});
const app = [process.execPath, 'app.mjs'];
await runUntil(app, ['backfill-2026-11 is finished'], {signal: null});
await runUntil(app, ['A "backfill-2026-11" one off job has already been executed.'], {signal: null});
