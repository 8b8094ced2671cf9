'use strict';

// The commands that ask a host, each as text and as JSON, with its exit code.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('node:test');
const {eventually, workplace} = require('../support/cli');

const HOST = path.join(__dirname, '../fixtures/cli-host.js');
const TIME = String.raw`\w{3} \d{4}-\d\d-\d\d \d\d:\d\d UTC`;
const ID = String.raw`[0-9a-f]{8}-\d+`;

/** A host, and the command line beside it. */
async function withHost(t, {name = 'host', token} = {}) {
    const place = workplace(t);
    const host = place.startProgram(process.execPath, [HOST, name, ...(token ? [token] : [])]);
    await host.until('}\n');
    const {socket, url} = JSON.parse(host.stdout());
    return {...place, host, socket, url};
}

/** Starts the job that goes on until a test lets it end. */
async function startWaiting({cli}) {
    const {id} = (await cli('trigger', 'waits', '--json')).json();
    const {run} = await untilRun(
        {cli},
        id,
        ({state, progress}) => state === 'running' && progress !== undefined
    );
    return run;
}

/** Asks for a run until it is so. */
async function untilRun({cli}, id, isSo) {
    for (;;) {
        const shown = (await cli('show', id, '--json')).json();
        if (isSo(shown.run)) {
            return shown;
        }
    }
}

test('list shows the jobs in the manner of systemctl list-timers', async (t) => {
    const {cli} = await withHost(t);
    await cli('trigger', 'fails', '--wait');
    await cli('pause', 'clean-tokens', '--note', 'until the migration is over');
    const {exitCode, stdout, stderr} = await cli('list');
    assert.deepEqual([exitCode, stderr], [0, '']);
    const [titles, ...lines] = stdout.trimEnd().split('\n');
    assert.deepEqual(titles.split(/\s+/), [
        'STATE',
        'NEXT',
        'LEFT',
        'LAST',
        'RESULT',
        'TOOK',
        'JOB',
        'SCHEDULE'
    ]);
    const lineOf = (name) => lines.find((line) => line.includes(name));
    assert.match(
        lineOf('backup'),
        new RegExp(`^armed +${TIME} +\\S.* +– +– +– +backup +every day at 02:30$`)
    );
    assert.match(
        lineOf('clean-tokens'),
        /^paused +– +– .*clean-tokens +every day at 03:00 {3}"until the migration is over"$/
    );
    assert.match(
        lineOf('fails'),
        new RegExp(`^armed +– +– +${TIME} +error +\\d.*ms +fails +when it is asked for$`)
    );
    assert.equal(lines.at(-1), '7 jobs, 1 paused');
});

test('list shows the run that goes, and how long it has', async (t) => {
    const place = await withHost(t);
    await startWaiting(place);
    const {stdout} = await place.cli('list', 'wait');
    assert.match(stdout, new RegExp(`\\nrunning +${TIME} +\\S+ \\S+ +${TIME} +– +\\d\\S* m?s +waits `));
    assert.match(stdout, /\n1 job, 1 running\n$/);
});

test('list filters by text, state and tag, sorts, and gives one JSON object', async (t) => {
    const {cli} = await withHost(t);
    const names = async (...args) => (await cli('list', '--json', ...args)).json().jobs.map(({name}) => name);
    assert.deepEqual(await names('back'), ['backup']);
    assert.deepEqual(await names('--tag', 'nightly'), ['backup']);
    assert.deepEqual(await names('--state', 'paused'), []);
    assert.deepEqual((await names('--sort', 'due')).slice(0, 3), ['backup', 'clean-tokens', 'waits']);
    const [backup] = (await cli('list', 'backup', '--json')).json().jobs;
    assert.deepEqual(
        [backup.state, backup.schedule.text, backup.description],
        ['armed', 'every day at 02:30', 'Saves everything']
    );
});

test('names that would change what a terminal shows are printed harmlessly', async (t) => {
    const {cli} = await withHost(t);
    const {stdout} = await cli('list', 'strange');
    assert.match(stdout, /strange \\u202ename<script> +when it is asked for/);
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    assert.doesNotMatch(stdout, /[\u001b\u202e]/);
});

test('trigger accepts, waits, and says what came of the run', async (t) => {
    const {cli} = await withHost(t);
    assert.match((await cli('trigger', 'steps')).stdout, new RegExp(`^run ${ID} of steps is accepted\n$`));
    const waited = await cli('trigger', 'steps', '--wait');
    assert.equal(waited.exitCode, 0);
    assert.match(waited.stdout, new RegExp(`^run ${ID} of steps completed after \\d+ ms\n$`));
    const failed = await cli('trigger', 'fails', '--wait');
    assert.equal(failed.exitCode, 1);
    assert.match(failed.stdout, /failed after \d+ ms \(TypeError: not today\)\n$/);
    const {id, run} = (await cli('trigger', 'steps', '--wait', '--json')).json();
    assert.deepEqual([run.id, run.state, run.result], [id, 'completed', 'all done']);
    assert.deepEqual(Object.keys((await cli('trigger', 'steps', '--json')).json()), ['id']);
});

test('trigger of a job that runs already and must not overlap ends with 1, and names that run', async (t) => {
    const place = await withHost(t);
    const {id} = await startWaiting(place);
    const {exitCode, stderr} = await place.cli('trigger', 'waits', '--wait');
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`"waits" is already running, since .* \\(run ${id}\\)`));
    assert.equal((await place.cli('trigger', 'waits', '--json')).json().error.code, 'JOB_ALREADY_RUNNING');
});

test('trigger --wait ends with the run, however long that takes', async (t) => {
    const place = await withHost(t);
    const waiting = place.start(['trigger', 'waits', '--wait', '--json']);
    const runs = async () => (await place.cli('runs', 'waits', '--state', 'running', '--json')).json().runs;
    let found = [];
    while (found.length === 0) {
        found = await runs();
    }
    const {run} = await untilRun(place, found[0].id, ({progress}) => progress !== undefined);
    process.kill(run.pid, 'SIGUSR2');
    const {exitCode, json} = await waiting.ended;
    assert.deepEqual([exitCode, json().run.state], [0, 'completed']);
});

test('Ctrl-C on trigger --wait leaves the run alone, and prints that it goes on', async (t) => {
    const place = await withHost(t);
    const waiting = place.start(['trigger', 'waits', '--wait']);
    let runs = [];
    while (runs.length === 0) {
        ({runs} = (await place.cli('runs', 'waits', '--state', 'running', '--json')).json());
    }
    // It has asked for the events of the run by then, or will find it going.
    waiting.child.kill('SIGINT');
    const {exitCode, stderr} = await waiting.ended;
    assert.equal(exitCode, 130);
    assert.match(stderr, /^run (\S+) goes on; to stop it: job-manager cancel \1\n$/);
    assert.equal((await place.cli('show', runs[0].id, '--json')).json().run.state, 'running');
});

test('trigger --wait ends with 4 if the host does before the run', async (t) => {
    const place = await withHost(t);
    const waiting = place.start(['trigger', 'waits', '--wait']);
    while ((await place.cli('runs', '--state', 'running', '--json')).json().runs.length === 0);
    place.host.child.kill('SIGKILL');
    const {exitCode, stderr} = await waiting.ended;
    assert.equal(exitCode, 4, stderr);
    assert.match(stderr, /no answer from .*: the host ended before it had answered/);
});

test('trigger --wait and logs --follow work without a stream, where all its places are taken', async (t) => {
    const place = await withHost(t);
    const streams = Array.from({length: 20}, () =>
        http.get({socketPath: place.socket, path: '/api/v1/events', agent: false})
    );
    t.after(() => streams.forEach((stream) => stream.destroy()));
    await Promise.all(streams.map((stream) => once(stream, 'response')));
    assert.equal((await place.cli('trigger', 'slow-steps', '--wait')).exitCode, 0);
    const run = await startWaiting(place);
    const following = place.start(['logs', run.id, '--follow']);
    await following.until('begins here');
    process.kill(run.pid, 'SIGUSR2');
    const {exitCode, stdout} = await following.ended;
    assert.deepEqual([exitCode, stdout], [0, 'begins here\nends\n']);
});

test('metrics prints what Prometheus reads', async (t) => {
    const {cli} = await withHost(t);
    await cli('trigger', 'fails', '--wait');
    const {exitCode, stdout} = await cli('metrics');
    assert.equal(exitCode, 0);
    assert.match(stdout, /^job_manager_runs_total\{job_name="fails",outcome="failed"\} 1$/m);
    const open = await cli('metrics', '--openmetrics');
    assert.match(open.stdout, /\n# EOF\n$/);
    const {format, text} = (await cli('metrics', '--json')).json();
    assert.equal(format, 'prometheus');
    assert.match(text, /^# TYPE job_manager_runs_total counter$/m);
});

test('runs shows the last runs, the newest first, and pages', async (t) => {
    const {cli} = await withHost(t);
    for (const job of ['steps', 'fails', 'steps']) {
        await cli('trigger', job, '--wait');
    }
    const {stdout} = await cli('runs');
    const [titles, last, failed, first, count] = stdout.split('\n');
    assert.deepEqual(titles.split(/\s+/), ['STARTED', 'TOOK', 'RESULT', 'TRY', 'WHY', 'JOB', 'RUN', 'ERROR']);
    assert.match(last, new RegExp(`:\\d\\d UTC +\\d+ ms +completed +1/1 +manual +steps +${ID}$`));
    assert.match(failed, new RegExp(`error +1/1 +manual +fails +${ID} +TypeError: not today$`));
    assert.match(first, / steps /);
    assert.equal(count, '3 runs');
    const page = (await cli('runs', '-n', '2', '--json')).json();
    assert.deepEqual([page.runs.length, page.next], [2, page.runs[1].id]);
    const rest = (await cli('runs', '--before', page.next, '--json')).json();
    assert.deepEqual([rest.runs.length, rest.next], [1, undefined]);
    assert.match((await cli('runs', '-n', '1')).stdout, /\n1 run, more with --before \S+\n$/);
    assert.match((await cli('runs', 'fails', '--state', 'failed')).stdout, /\n1 run\n$/);
});

test('show shows a job with its next due times and last runs', async (t) => {
    const {cli} = await withHost(t);
    await cli('pause', 'clean-tokens', '--note', 'later');
    const {stdout, exitCode} = await cli('show', 'clean-tokens');
    assert.equal(exitCode, 0);
    assert.match(
        stdout,
        /^Job +clean-tokens\nState +paused\nPaused +since .* by operator: later\nKind +offloaded\n/
    );
    const backup = (await cli('show', 'backup')).stdout;
    assert.match(backup, /^Job +backup\n +Saves everything\n/);
    assert.equal(backup.match(/02:30:00 UTC {3}in /g).length, 10);
    assert.match(backup, /\nTags +nightly\nOptions +attempts: 2\n/);
    const {job} = (await cli('show', 'backup', '--json')).json();
    assert.deepEqual([job.name, job.upcoming.length], ['backup', 10]);
});

test('show shows a run, with its failed attempts and its error', async (t) => {
    const place = await withHost(t);
    const {id} = (await place.cli('trigger', 'fails', '--wait', '--json')).json();
    const failed = (await place.cli('show', id)).stdout;
    assert.match(
        failed,
        new RegExp(`^Run +${id}\nJob +fails\nState +failed \\(error\\)\nWhy +manual\nAttempt +1 of 1`)
    );
    assert.match(failed, /\nError +TypeError: not today\n +at /);
    const {id: going} = await startWaiting(place);
    const running = (await place.cli('show', going)).stdout;
    assert.match(running, /\nState +running\n/);
    assert.match(running, /\nProgress +25 %, waiting\n/);
    assert.match(running, /\nProcess +\d+\n/);
});

test('cancel ends a run, by its id or by the name of its job', async (t) => {
    const place = await withHost(t);
    const {id} = await startWaiting(place);
    const {exitCode, stdout} = await place.cli('cancel', id);
    assert.deepEqual([exitCode, stdout], [0, `run ${id} of waits is cancelled\n`]);
    const again = await place.cli('cancel', id);
    assert.equal(again.exitCode, 1);
    assert.equal((await place.cli('cancel', id, '--json')).json().error.code, 'RUN_ENDED');
    const second = await startWaiting(place);
    const {run} = (await place.cli('cancel', 'waits', '--json')).json();
    assert.deepEqual([run.id, run.state], [second.id, 'cancelled']);
    const none = await place.cli('cancel', 'waits');
    assert.equal(none.exitCode, 3);
    assert.match(none.stderr, /job "waits" has no run that goes/);
});

test('cancel --no-wait does not wait', async (t) => {
    const place = await withHost(t);
    const {id} = await startWaiting(place);
    const {stdout, exitCode} = await place.cli('cancel', id, '--no-wait');
    assert.equal(exitCode, 0);
    assert.match(stdout, /is (?:being )?cancelled\n$/);
    await untilRun(place, id, ({state}) => state === 'cancelled');
});

test('retry runs a failed run again, and refuses one that has not failed', async (t) => {
    const {cli} = await withHost(t);
    const {id} = (await cli('trigger', 'fails', '--wait', '--json')).json();
    assert.match(
        (await cli('retry', id)).stdout,
        new RegExp(`^run ${id} of fails is tried again: run ${ID}\n$`)
    );
    const {run} = (await cli('retry', 'fails', '--json')).json();
    assert.equal(run.job, 'fails');
    const completed = (await cli('trigger', 'steps', '--wait', '--json')).json();
    const refused = await cli('retry', completed.id);
    assert.equal(refused.exitCode, 1);
    assert.equal((await cli('retry', completed.id, '--json')).json().error.code, 'RUN_NOT_FAILED');
    assert.match((await cli('retry', 'steps')).stderr, /job "steps" has no run that failed/);
});

test('logs shows what a run has printed, and follows it to its end', async (t) => {
    const place = await withHost(t);
    const run = await startWaiting(place);
    while ((await place.cli('logs', run.id)).stdout !== 'begins here\n');
    const following = place.start(['logs', run.id, '--follow']);
    await following.until('begins here\n');
    process.kill(run.pid, 'SIGUSR2');
    const {exitCode, stdout, stderr} = await following.ended;
    assert.deepEqual([exitCode, stdout], [0, 'begins here\nends\n'], stderr);
    assert.match(stderr, /^completed after /);
    const {run: ended, output} = (await place.cli('logs', 'waits', '--json')).json();
    assert.deepEqual([ended.id, ended.state, output], [run.id, 'completed', 'begins here\nends\n']);
});

test('logs --follow ends with 1 if the run fails', async (t) => {
    const place = await withHost(t);
    const run = await startWaiting(place);
    const following = place.start(['logs', 'waits', '-f']);
    await following.until('begins here\n');
    process.kill(run.pid, 'SIGTERM');
    const {exitCode, stdout, stderr} = await following.ended;
    assert.deepEqual([exitCode, stdout], [1, 'begins here\nfails\n']);
    assert.match(stderr, /^failed after .* \(exit code 5\)\n$/);
});

test('logs of a run whose output is not kept says how it would be', async (t) => {
    const {cli} = await withHost(t);
    await cli('trigger', 'clean-tokens', '--wait');
    const {exitCode, stdout, stderr} = await cli('logs', 'clean-tokens');
    assert.deepEqual([exitCode, stdout], [0, '']);
    assert.match(
        stderr,
        /^run \S+ of clean-tokens has printed nothing, or it is not kept: jobs with output: 'capture' or 'both' keep it\n$/
    );
});

test('pause and resume take several jobs, or all', async (t) => {
    const {cli} = await withHost(t);
    const states = async () => {
        const {jobs} = (await cli('list', '--json')).json();
        return Object.fromEntries(jobs.map(({name, state}) => [name, state]));
    };
    assert.equal(
        (await cli('pause', 'backup', 'clean-tokens')).stdout,
        'backup is paused\nclean-tokens is paused\n'
    );
    const {stdout} = await cli('resume', 'backup');
    assert.match(stdout, new RegExp(`^backup is resumed, next ${TIME}\n$`));
    assert.deepEqual([(await states()).backup, (await states())['clean-tokens']], ['armed', 'paused']);
    assert.equal((await cli('pause', '--all')).stdout, 'all jobs are paused\n');
    assert.deepEqual([...new Set(Object.values(await states()))], ['paused']);
    assert.equal((await cli('resume', '--all', '--json')).json().all, true);
    assert.deepEqual([(await states()).backup, (await states())['clean-tokens']], ['armed', 'paused']);
    const unknown = await cli('pause', 'backup', 'nope');
    assert.deepEqual([unknown.exitCode, (await states()).backup], [3, 'armed']);
    assert.equal((await cli('pause', 'backup', '--json')).json().jobs[0].paused.by, 'operator');
});

test('a job or run that does not exist ends every command with 3, with a suggestion', async (t) => {
    const {cli} = await withHost(t);
    for (const command of ['show', 'runs', 'logs', 'trigger', 'pause', 'resume', 'cancel', 'retry']) {
        const {exitCode, stdout, stderr} = await cli(command, 'bakcup');
        assert.deepEqual([exitCode, stdout], [3, ''], command);
        assert.match(
            stderr,
            /^job-manager: there is no job (?:or run )?"bakcup"\n +Did you mean "backup"\?\n$/
        );
    }
    const {error} = (await cli('trigger', 'nothing', '--json')).json();
    assert.deepEqual([error.code, error.help], ['JOB_UNKNOWN', 'job-manager list shows the jobs.']);
});

test('times are local, or in UTC with --utc', async (t) => {
    const {start} = await withHost(t);
    const shown = (args) => start(['list', 'backup', ...args], {env: {TZ: 'America/New_York'}}).ended;
    assert.match((await shown([])).stdout, / \d\d:30 E[SD]T /);
    assert.match((await shown(['--utc'])).stdout, / 02:30 UTC /);
});

test('of several hosts one must be chosen: by --socket, or by JOB_MANAGER_SOCKET', async (t) => {
    const {cli, start, startProgram, sockets, socket} = await withHost(t, {name: 'one'});
    const other = startProgram(process.execPath, [HOST, 'two']);
    await other.until('}\n');
    const {exitCode, stderr} = await cli('list');
    assert.equal(exitCode, 2);
    const listed = fs
        .readdirSync(sockets)
        .toSorted()
        .map((name) => `--socket ${path.join(sockets, name)}`);
    assert.equal(
        stderr,
        `job-manager: 2 hosts listen: say which one\n${listed.map((line) => `             ${line}\n`).join('')}`
    );
    assert.equal((await cli('list', '--socket', socket)).exitCode, 0);
    assert.equal((await start(['list'], {env: {JOB_MANAGER_SOCKET: socket}}).ended).exitCode, 0);
    // What a killed host leaves is not taken for one.
    other.child.kill('SIGKILL');
    await other.ended;
    assert.equal((await cli('list')).exitCode, 0);
});

test('--url asks the HTTP API of a host, with a token from a file', async (t) => {
    const {cli, write, url} = await withHost(t, {token: 'sesame'});
    write('token', 'sesame\n');
    const asked = (...args) => cli(...args, '--url', url, '--token-file', 'token');
    const {jobs} = (await asked('list', '--json')).json();
    assert.equal(jobs.length, 7);
    assert.equal((await asked('pause', 'backup')).exitCode, 0);
    const refused = await asked('trigger', 'steps');
    assert.equal(refused.exitCode, 5);
    const without = await cli('list', '--url', url);
    assert.equal(without.exitCode, 5);
    assert.match(without.stderr, /"authorize" .* does not let you see it/);
});

test('--url of another server is an error that names what answered', async (t) => {
    const {cli, write, startProgram} = workplace(t);
    write(
        'server.js',
        `require('node:http').createServer((_, res) => { res.statusCode = 500; res.end('<p>no'); }).listen(0, function () { console.log(this.address().port); });`
    );
    const server = startProgram(process.execPath, ['server.js']);
    await server.until('\n');
    const {exitCode, stderr} = await cli('list', '--url', `http://127.0.0.1:${server.stdout().trim()}/`);
    assert.equal(exitCode, 1);
    assert.match(stderr, /answered with status 500: <p>no\n +Is this the address of a dashboard/);
});

test('a host that shuts down is gone for the command line', async (t) => {
    const {cli, host, socket} = await withHost(t);
    host.child.kill('SIGTERM');
    await host.ended;
    await eventually('the end of the socket', () => !fs.existsSync(socket));
    assert.equal((await cli('list')).exitCode, 4);
});
