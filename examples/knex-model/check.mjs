import fs from 'node:fs';
import {runUntil} from '../support/run-until.mjs';

fs.rmSync('jobs.db', {force: true});
const app = [process.execPath, 'app.mjs', 'jobs.db'];
await runUntil(app, ['backfill-2026-11 is finished'], {signal: null});
await runUntil(app, ['A "backfill-2026-11" one off job has already been executed.'], {signal: null});
