import {runUntil} from '../support/run-until.mjs';

const output = await runUntil([process.execPath, 'server.mjs'], ['"message":"cleaned"', 'Server listening'], {
    env: {PORT: '0'}
});
if (!output.includes('stopped')) {
    throw new Error('the server did not stop in order');
}
