import {runUntil} from '../support/run-until.mjs';

let asked;
await runUntil([process.execPath, 'server.mjs'], ['job clean-sessions: cleaned', 'listening on'], {
    env: {PORT: '0'},
    onPrinted: async (output) => {
        const port = /listening on (\d+)/.exec(output)[1];
        asked = await fetch(`http://127.0.0.1:${port}/reports/ada`, {method: 'POST'});
    }
});
if (asked?.status !== 202) {
    throw new Error(`the route answered ${asked?.status}`);
}
