import {runUntil} from '../support/run-until.mjs';

// Nest ends itself by the signal that it got, once its hooks have run.
const output = await runUntil([process.execPath, 'dist/main.js'], ['job clean-sessions: cleaned'], {
    env: {PORT: '0', NO_COLOR: '1'},
    exitCode: null
});
if (!output.includes('stopped')) {
    throw new Error('the application did not stop in order');
}
