import {runUntil} from '../support/run-until.mjs';

const texts = ['job resize: a.png is 640 wide', 'job resize: b.png is 640 wide'];
await runUntil([process.execPath, 'dist/app.js'], texts, {signal: null});
await runUntil([process.execPath, '--import', 'tsx', 'src/app.ts'], texts, {signal: null});
