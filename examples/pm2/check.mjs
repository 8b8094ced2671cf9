import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout} from 'node:timers/promises';

const home = path.resolve('pm2-home');
const pm2 = (...args) =>
    execFileSync(process.execPath, ['node_modules/pm2/bin/pm2', ...args], {
        env: {...process.env, PM2_HOME: home},
        encoding: 'utf8'
    });

async function printed(text) {
    const log = path.join(home, 'logs', 'reports-out-0.log');
    for (const endsAtMs = Date.now() + 30_000; Date.now() < endsAtMs;) {
        if (fs.existsSync(log) && fs.readFileSync(log, 'utf8').includes(text)) {
            return;
        }
        await setTimeout(100);
    }
    throw new Error(`"${text}" was not printed`);
}

fs.rmSync(home, {recursive: true, force: true});
try {
    pm2('start', 'ecosystem.config.cjs');
    await printed('job tick: ticked');
    pm2('stop', 'reports');
    await printed('stopped');
} finally {
    pm2('kill');
}
