import {runUntil} from '../support/run-until.mjs';

const answers = {};

/** What the page does when its buttons are clicked: a form without fields. */
async function useDashboard(output) {
    const port = /jobs: http:\/\/.*:(\d+)\//.exec(output)[1];
    const mount = `http://127.0.0.1:${port}/admin/jobs`;
    const form = {
        method: 'POST',
        headers: {
            accept: 'text/html',
            'sec-fetch-site': 'same-origin',
            'content-type': 'application/x-www-form-urlencoded'
        },
        redirect: 'manual'
    };
    const page = await fetch(`${mount}/jobs/clean-sessions`);
    answers.page = page.status === 200 && (await page.text()).includes('clean-sessions');
    answers.slash = (await fetch(mount, {redirect: 'manual'})).headers.get('location');
    const run = await fetch(`${mount}/api/v1/jobs/clean-sessions/run`, form);
    answers.run = run.status;
    answers.foreign = (
        await fetch(`${mount}/api/v1/pause`, {method: 'POST', headers: {'sec-fetch-site': 'cross-site'}})
    ).status;
    const events = await fetch(`${mount}/api/v1/events`);
    answers.events = new TextDecoder()
        .decode((await events.body.getReader().read()).value)
        .startsWith('retry:');
}

// Nest ends itself by the signal that it got, once its hooks have run, also with a page open.
const output = await runUntil(
    [process.execPath, 'dist/main.js'],
    ['job clean-sessions: cleaned', 'jobs: http'],
    {
        env: {PORT: '0', NO_COLOR: '1'},
        exitCode: null,
        onPrinted: useDashboard
    }
);
if (!output.includes('stopped')) {
    throw new Error('the application did not stop in order');
}
const expected = {page: true, slash: './jobs/', run: 303, foreign: 403, events: true};
if (JSON.stringify(answers) !== JSON.stringify(expected)) {
    throw new Error(`the dashboard answered ${JSON.stringify(answers)}`);
}
