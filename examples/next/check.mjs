import {runUntil} from '../support/run-until.mjs';

const next = ['node_modules/next/dist/bin/next'];
const env = {NEXT_TELEMETRY_DISABLED: '1'};
await runUntil([process.execPath, ...next, 'build'], ['Compiled successfully'], {env, signal: null});
await runUntil([process.execPath, ...next, 'start', '--port', '0'], ['job clean-sessions: cleaned'], {
    env,
    exitCode: 0
});
