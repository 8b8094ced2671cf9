'use strict';

// Every route of the HTTP API, and every status.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const http = require('node:http');
const path = require('node:path');
const {test} = require('node:test');
const {createSite} = require('../../lib/http/create-site');
const {createManager} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');
const {failureOf, resultOf} = require('../runs/support');
const {AS_FORM, AS_PROGRAM, createServed, send} = require('./support');

/** A handler whose runs last until they are cancelled. */
const untilCancelled = (_data, run) =>
    new Promise((resolve, reject) => {
        run.signal.addEventListener('abort', () => reject(new Error('cancelled')), {once: true});
    });
const LONG = path.join(__dirname, 'jobs', 'long.js');

const codeOf = ({status, json}) => [status, json.error.code];

test('stats are those of the manager', async (t) => {
    const {manager, api} = await createServed(t);
    const {status, json, headers} = await api('GET', '/api/v1/stats');
    assert.equal(status, 200);
    assert.deepEqual(json, JSON.parse(JSON.stringify(manager.stats())));
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['set-cookie'], undefined);
});

test('jobs are listed in pages, and found by state, tag and part of a name', async (t) => {
    const {manager, api} = await createServed(t);
    const define = (name, more) => manager.defineJob({name, job: async () => name, ...more});
    await define('a', {at: 'every day at 03:00', timezone: 'UTC', tags: ['nightly']});
    await define('b', {paused: true, at: 'every day'});
    await define('c');
    const first = await api('GET', '/api/v1/jobs?limit=2');
    assert.deepEqual(
        first.json.jobs.map(({name}) => name),
        ['a', 'b']
    );
    assert.equal(first.json.next, 'b');
    const second = await api('GET', `/api/v1/jobs?limit=2&after=${first.json.next}`);
    assert.deepEqual([second.json.jobs.map(({name}) => name), second.json.next], [['c'], undefined]);
    // A full page that is the last one has no next.
    assert.equal((await api('GET', '/api/v1/jobs?limit=3')).json.next, undefined);
    const found = async (query) =>
        (await api('GET', `/api/v1/jobs?${query}`)).json.jobs.map(({name}) => name);
    assert.deepEqual(await found('state=paused'), ['b']);
    assert.deepEqual(await found('tag=nightly'), ['a']);
    assert.deepEqual(await found('q=C'), ['c']);
    assert.deepEqual((await found('sort=due'))[0], 'a');
    // A form sends also what was left empty.
    assert.deepEqual(await found('state=&q=&tag='), ['a', 'b', 'c']);
});

test('a job is shown with its next ten due times, and its last run without the result', async (t) => {
    const {manager, api} = await createServed(t, {showData: true});
    await manager.defineJob({
        name: 'tick',
        job: async () => 'made',
        at: 'every 90 minutes',
        timezone: 'Europe/London'
    });
    await resultOf(manager, 'tick');
    const {status, json} = await api('GET', '/api/v1/jobs/tick');
    assert.equal(status, 200);
    assert.equal(json.name, 'tick');
    assert.equal(json.upcoming[0], json.next);
    const expected = manager
        .upcoming({to: Date.now() + 24 * 3_600_000, limit: 10})
        .map(({due}) => due.toISOString());
    assert.deepEqual(json.upcoming, expected);
    assert.equal(json.last.state, 'completed');
    assert.equal('result' in json.last, false);
});

test('the due times of a job are those of its own zone and rules, also where clocks change', async (t) => {
    const {manager, api} = await createServed(t);
    // On the day when clocks change in London in some of the years to come, and in an hour that is left out then.
    const at = '30 1 28 3 *';
    const rules = {timezone: 'Europe/London', dst: 'upstream'};
    await manager.defineJob({name: 'old', job: async () => {}, at, ...rules});
    const {json} = await api('GET', '/api/v1/jobs/old');
    assert.deepEqual([json.schedule.timezone, json.schedule.dst], ['Europe/London', 'upstream']);
    const {nextRuns} = manager.constructor;
    const expected = (options) => nextRuns(at, {...options, count: 10}).map((due) => due.toISOString());
    assert.deepEqual(json.upcoming, expected(rules));
    assert.notDeepEqual(json.upcoming, expected({...rules, dst: undefined}));
});

test('a job that is paused, or has no due times, has none to come', async (t) => {
    const {manager, api} = await createServed(t);
    const soon = new Date(Date.now() + 3_600_000);
    await manager.defineJob({name: 'paused', job: async () => {}, at: 'every day', paused: true});
    await manager.defineJob({name: 'asked', job: async () => {}});
    await manager.defineJob({name: 'once', job: async () => {}, at: soon});
    assert.deepEqual((await api('GET', '/api/v1/jobs/paused')).json.upcoming, []);
    assert.deepEqual((await api('GET', '/api/v1/jobs/asked')).json.upcoming, []);
    assert.deepEqual((await api('GET', '/api/v1/jobs/once')).json.upcoming, [soon.toISOString()]);
});

test('runs are listed in pages without results, and a run is shown whole', async (t) => {
    const {manager, api} = await createServed(t, {showData: true});
    await manager.defineJob({name: 'sum', job: async ({a, b}) => ({sum: a + b})});
    await resultOf(manager, 'sum', {data: {a: 1, b: 2}});
    await resultOf(manager, 'sum', {data: {a: 2, b: 2}});
    await failureOf(await manager.runJob('sum', {data: null}));
    const {json} = await api('GET', '/api/v1/runs?limit=2');
    assert.deepEqual(
        json.runs.map(({state}) => state),
        ['failed', 'completed']
    );
    assert.equal(json.next, json.runs[1].id);
    assert.equal('result' in json.runs[1], false);
    assert.equal('stack' in json.runs[0].error, false);
    const rest = await api('GET', `/api/v1/runs?limit=2&before=${json.next}`);
    assert.deepEqual([rest.json.runs.length, rest.json.next], [1, undefined]);
    assert.deepEqual((await api('GET', '/api/v1/runs?state=failed&job=sum')).json.runs.length, 1);
    assert.deepEqual((await api('GET', `/api/v1/runs/${json.runs[1].id}`)).json.result, {sum: 4});
    const failed = await api('GET', `/api/v1/runs/${json.runs[0].id}`);
    assert.match(failed.json.error.stack, /TypeError/);
});

test('due times of all jobs are listed in a range', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'tick', job: async () => {}, at: 'every day at 03:00', timezone: 'UTC'});
    const due = new Date(manager.job('tick').next);
    const after = (ms) => new Date(due.getTime() + ms).toISOString();
    const {json} = await api('GET', `/api/v1/upcoming?from=${after(-1)}&to=${after(48 * 3_600_000)}&limit=2`);
    assert.deepEqual(json, [
        {job: 'tick', due: after(0)},
        {job: 'tick', due: after(24 * 3_600_000)}
    ]);
    const inMs = await api('GET', `/api/v1/upcoming?from=${due.getTime() - 1}&to=${due.getTime() + 1}`);
    assert.deepEqual(inMs.json, [{job: 'tick', due: after(0)}]);
});

test('metrics have the format that is asked for', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'quick', job: async () => {}});
    await resultOf(manager, 'quick');
    const plain = await api('GET', '/metrics');
    assert.equal(plain.status, 200);
    assert.equal(plain.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.match(plain.text, /^job_manager_runs_total\{job_name="quick",outcome="completed"\} 1$/m);
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
    const open = await api('GET', '/metrics', {accept});
    assert.equal(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.match(open.text, /^# EOF\n$/m);
    assert.equal((await api('HEAD', '/metrics')).headers['content-type'], plain.headers['content-type']);
});

test('health is ok until the manager is shut down', async (t) => {
    const {manager, api} = await createServed(t);
    const ok = await api('GET', '/healthz');
    assert.deepEqual([ok.status, ok.text], [200, 'ok\n']);
    let release;
    await manager.addJob({offloaded: false, job: () => new Promise((resolve) => (release = resolve))});
    const ended = manager.shutdown();
    assert.deepEqual((({status, text}) => [status, text])(await api('GET', '/healthz')), [
        503,
        'shutting down\n'
    ]);
    release();
    await ended;
    assert.deepEqual((({status, text}) => [status, text])(await api('GET', '/healthz')), [
        503,
        'shut down\n'
    ]);
});

test('a job is run, which is logged with who asked for it', async (t) => {
    const {manager, api, logs} = await createServed(t, {
        authorize: () => ({read: true, user: 'Ada "the first"\n'})
    });
    await manager.defineJob({name: 'hello', job: async () => 'world'});
    const {status, json} = await api('POST', '/api/v1/jobs/hello/run');
    assert.equal(status, 202);
    assert.deepEqual(Object.keys(json), ['id']);
    assert.equal(manager.run(json.id).job, 'hello');
    const lines = logs.filter(({text}) => text.includes('over HTTP'));
    assert.deepEqual(lines, [
        {
            level: 'info',
            text: `Asked for over HTTP by "Ada \\"the first\\"\\n", 127.0.0.1: run of job "hello" (${json.id})`
        }
    ]);
});

test('a job is paused with a note by an operator, and resumed, both without a second effect', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'tick', job: async () => {}, at: 'every day'});
    const paused = await api('POST', '/api/v1/jobs/tick/pause?note=until%20the%20migration%20is%20over');
    assert.deepEqual([paused.status, paused.json.state], [200, 'paused']);
    const {by, note} = manager.job('tick').paused;
    assert.deepEqual({by, note}, {by: 'operator', note: 'until the migration is over'});
    assert.equal((await api('POST', '/api/v1/jobs/tick/pause')).json.paused.note, note);
    const resumed = await api('POST', '/api/v1/jobs/tick/resume?catchUp=0');
    assert.deepEqual([resumed.status, resumed.json.state, resumed.json.paused], [200, 'armed', undefined]);
    assert.equal((await api('POST', '/api/v1/jobs/tick/resume')).status, 200);
});

test('all jobs are paused and resumed', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'tick', job: async () => {}, at: 'every day'});
    const paused = await api('POST', '/api/v1/pause?note=the%20move');
    assert.deepEqual([paused.status, paused.json.paused], [200, 1]);
    const {by, note} = manager.job('tick').paused;
    assert.deepEqual([by, note], ['operator', 'the move']);
    const resumed = await api('POST', '/api/v1/resume');
    assert.deepEqual([resumed.status, resumed.json.paused], [200, 0]);
});

test('a run is cancelled: at once with 202, with wait=1 once it has ended', async (t) => {
    const {manager, api} = await createServed(t);
    let release;
    const job = (_data, {signal}) =>
        new Promise((_resolve, reject) => {
            // It takes its time to end.
            release = () => reject(signal.reason);
        });
    await manager.defineJob({name: 'slow', job});
    const first = await manager.runJob('slow');
    const asked = await api('POST', `/api/v1/runs/${first.id}/cancel`);
    assert.deepEqual([asked.status, asked.json.id], [202, first.id]);
    release();
    await failureOf(first);
    assert.equal(manager.run(first.id).state, 'cancelled');
    await manager.defineJob({name: 'process', job: LONG});
    const begun = once(manager.events, 'run online');
    const second = await manager.runJob('process');
    await begun;
    const ended = await api('POST', `/api/v1/runs/${second.id}/cancel?wait=1`);
    assert.deepEqual([ended.status, ended.json.state], [200, 'cancelled']);
});

test('a run that waits is cancelled at once', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'later', job: async () => {}});
    const run = await manager.runJob('later', {delay: 60_000});
    const {status, json} = await api('POST', `/api/v1/runs/${run.id}/cancel?wait=1`);
    assert.deepEqual([status, json.state], [200, 'cancelled']);
});

test('a run that failed is tried again', async (t) => {
    const {manager, api} = await createServed(t);
    let calls = 0;
    await manager.defineJob({
        name: 'flaky',
        job: async () => {
            calls += 1;
            if (calls === 1) {
                throw new Error('not yet');
            }
        }
    });
    const failed = await manager.runJob('flaky');
    await failureOf(failed);
    const {status, json} = await api('POST', `/api/v1/runs/${failed.id}/retry`);
    assert.deepEqual([status, json.retryOf, json.trigger], [202, failed.id, 'retry']);
});

test('what is not known is 404, and what was forgotten 410', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'brief', job: async () => {}, history: 0});
    const run = await manager.runJob('brief');
    await run.result;
    const {instance} = manager.stats();
    for (const [method, url, expected] of [
        ['GET', '/api/v1/jobs/nope', [404, 'JOB_UNKNOWN']],
        ['POST', '/api/v1/jobs/nope/run', [404, 'JOB_UNKNOWN']],
        ['POST', '/api/v1/jobs/nope/pause', [404, 'JOB_UNKNOWN']],
        ['POST', '/api/v1/jobs/nope/resume', [404, 'JOB_UNKNOWN']],
        ['GET', '/api/v1/runs/nope', [404, 'RUN_UNKNOWN']],
        ['POST', '/api/v1/runs/nope/cancel', [404, 'RUN_UNKNOWN']],
        ['POST', '/api/v1/runs/nope/retry', [404, 'RUN_UNKNOWN']],
        ['GET', '/api/v1/runs/nope/output', [404, 'RUN_UNKNOWN']],
        ['GET', `/api/v1/runs/${run.id}`, [410, 'RUN_FORGOTTEN']],
        ['POST', `/api/v1/runs/${run.id}/cancel`, [410, 'RUN_FORGOTTEN']],
        ['POST', `/api/v1/runs/${run.id}/retry`, [410, 'RUN_FORGOTTEN']],
        ['GET', `/api/v1/runs/${instance}-999/output`, [410, 'RUN_FORGOTTEN']],
        ['GET', '/api/v1', [404, 'NOT_FOUND']],
        ['GET', '/api/v1/', [404, 'NOT_FOUND']],
        ['GET', '/api/v2/jobs', [404, 'NOT_FOUND']],
        ['POST', '/api/v1/jobs/a/b/run', [404, 'NOT_FOUND']],
        ['GET', '/nope', [404, 'NOT_FOUND']]
    ]) {
        assert.deepEqual(codeOf(await api(method, url)), expected, `${method} ${url}`);
    }
});

test('what is not possible now is 409', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.addJob({name: 'script', job: LONG, at: 'every year'});
    await manager.defineJob({name: 'quick', job: async () => {}});
    await manager.defineJob({name: 'deaf', job: untilCancelled});
    const ended = await manager.runJob('quick');
    await ended.result;
    const running = await manager.runJob('script');
    const conflict = await api('POST', '/api/v1/jobs/script/run');
    assert.deepEqual(codeOf(conflict), [409, 'JOB_ALREADY_RUNNING']);
    assert.match(conflict.json.error.message, new RegExp(running.id));
    assert.deepEqual(codeOf(await api('POST', `/api/v1/runs/${ended.id}/cancel`)), [409, 'RUN_ENDED']);
    assert.deepEqual(codeOf(await api('POST', `/api/v1/runs/${ended.id}/retry`)), [409, 'RUN_NOT_FAILED']);
});

test('a run that nothing can stop is 409', async (t) => {
    const {manager, api} = await createServed(t);
    let release;
    const job = () => new Promise((resolve) => (release = resolve));
    await manager.addJob({name: 'inline', offloaded: false, job, at: 'every year'});
    const run = await manager.runJob('inline');
    assert.deepEqual(codeOf(await api('POST', `/api/v1/runs/${run.id}/cancel`)), [409, 'RUN_NOT_STOPPABLE']);
    release();
    await run.result;
});

test('a full queue is 429, and says when to come again', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'narrow', job: untilCancelled, concurrency: 1, maxWaiting: 1});
    const run = await manager.runJob('narrow');
    await manager.runJob('narrow');
    const full = await api('POST', '/api/v1/jobs/narrow/run');
    assert.deepEqual(codeOf(full), [429, 'QUEUE_FULL']);
    assert.ok(Number(full.headers['retry-after']) > 0);
    await manager.cancelRun(run.id);
});

test('actions are 503 while the manager is shut down', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'quick', job: async () => {}});
    await manager.shutdown();
    const refused = await api('POST', '/api/v1/jobs/quick/run');
    assert.deepEqual(codeOf(refused), [503, 'MANAGER_SHUT_DOWN']);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    assert.deepEqual(codeOf(await api('GET', '/api/v1/events')), [503, 'MANAGER_SHUTTING_DOWN']);
    // What there was can still be seen.
    assert.equal((await api('GET', '/api/v1/jobs/quick')).status, 200);
});

test('wrong parameters are 400, and the answer says what is right', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'quick', job: async () => {}});
    for (const [method, url, code, text] of [
        ['GET', '/api/v1/jobs?stat=paused', 'BAD_PARAMETER', /Did you mean "state"\?/],
        ['GET', '/api/v1/jobs?state=gone', 'INVALID_OPTION', /'armed', 'running'/],
        ['GET', '/api/v1/jobs?limit=many', 'BAD_PARAMETER', /"limit" must be a whole number, got "many"/],
        ['GET', '/api/v1/jobs?limit=1001', 'INVALID_OPTION', /1,?000/],
        ['GET', '/api/v1/jobs?limit=0', 'INVALID_OPTION', /"limit"/],
        ['GET', '/api/v1/jobs?limit=-1', 'BAD_PARAMETER', /whole number/],
        ['GET', '/api/v1/jobs?sort=size', 'INVALID_OPTION', /'name', 'due' or 'lastRun'/],
        ['GET', '/api/v1/jobs/quick?x=1', 'BAD_PARAMETER', /takes none/],
        ['GET', '/api/v1/jobs?__proto__=1', 'BAD_PARAMETER', /"__proto__" is not known/],
        ['GET', '/api/v1/jobs?constructor=1', 'BAD_PARAMETER', /"constructor" is not known/],
        ['GET', '/api/v1/runs?state=nope', 'INVALID_OPTION', /"state"/],
        ['GET', '/api/v1/upcoming?from=soon', 'BAD_PARAMETER', /2026-11-28T20:45:00Z/],
        ['GET', '/api/v1/events?outputs=1', 'BAD_PARAMETER', /Did you mean "output"\?/],
        ['POST', '/api/v1/jobs/quick/run?wait=1', 'BAD_PARAMETER', /"wait" is not known/],
        ['POST', '/api/v1/jobs/quick/resume?catchUp=yes', 'BAD_PARAMETER', /must be 1 or 0/]
    ]) {
        const {status, json} = await api(method, url);
        assert.deepEqual([status, json.error.code], [400, code], url);
        assert.match(`${json.error.message} ${json.error.help}`, text, url);
    }
    assert.equal(manager.runs().length, 0);
});

test('another method is 405 with those that are possible; HEAD and OPTIONS are answered', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'quick', job: async () => {}});
    for (const [method, url, allow] of [
        ['POST', '/api/v1/jobs', 'GET, HEAD, OPTIONS'],
        ['DELETE', '/api/v1/jobs/quick', 'GET, HEAD, OPTIONS'],
        ['GET', '/api/v1/jobs/quick/run', 'POST, OPTIONS'],
        ['HEAD', '/api/v1/jobs/quick/run', 'POST, OPTIONS'],
        ['PUT', '/api/v1/jobs/quick/run', 'POST, OPTIONS'],
        ['POST', '/metrics', 'GET, HEAD, OPTIONS'],
        ['POST', '/jobs', 'GET, HEAD, OPTIONS']
    ]) {
        const answer = await api(method, url);
        assert.deepEqual([answer.status, answer.headers.allow], [405, allow], `${method} ${url}`);
    }
    const options = await api('OPTIONS', '/api/v1/jobs/quick/run');
    assert.deepEqual([options.status, options.headers.allow, options.text], [204, 'POST, OPTIONS', '']);
    assert.equal(options.headers['access-control-allow-origin'], undefined);
    const get = await api('GET', '/api/v1/jobs/quick');
    const head = await api('HEAD', '/api/v1/jobs/quick');
    assert.deepEqual([head.status, head.text], [200, '']);
    assert.equal(head.headers['content-length'], get.headers['content-length']);
    const stream = await api('HEAD', '/api/v1/events');
    assert.deepEqual([stream.status, stream.text], [200, '']);
    assert.equal(manager.runs().length, 0);
});

test('a body is never read, whatever it is', async (t) => {
    const {manager, port} = await createServed(t);
    await manager.defineJob({name: 'quick', job: async () => {}});
    const headers = {...AS_PROGRAM, 'content-type': 'application/x-www-form-urlencoded'};
    const body = 'note=in the body&'.repeat(10_000);
    const {status, json} = await send(port, 'POST', '/api/v1/jobs/quick/pause', {headers, body});
    assert.deepEqual([status, json.paused.note], [200, undefined]);
});

test('a form leads back to a page, with a code of what was done', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'a/b', job: async () => {}, at: 'every day'});
    const post = async (url) => {
        const {status, headers, text} = await api('POST', url, AS_FORM);
        assert.deepEqual([status, text], [303, '']);
        return headers.location;
    };
    const base = new URL('http://proxy.example/tools/jobs/api/v1/');
    const after = async (url) => new URL(await post(`/api/v1/${url}`), new URL(url, base)).href;
    const mount = 'http://proxy.example/tools/jobs';
    assert.equal(await after('jobs/a%2Fb/pause'), `${mount}/jobs/a%2Fb?flash=job-paused`);
    assert.equal(await after('jobs/a%2Fb/resume?back='), `${mount}/?flash=job-resumed`);
    assert.equal(await after('jobs/a%2Fb/pause?back=jobs'), `${mount}/jobs?flash=job-paused`);
    assert.equal(
        await after(`jobs/a%2Fb/resume?back=${encodeURIComponent('jobs?state=paused&flash=old')}`),
        `${mount}/jobs?state=paused&flash=job-resumed`
    );
    assert.equal(await after(`pause?back=${encodeURIComponent('./')}`), `${mount}/?flash=all-paused`);
    assert.equal(await after('resume'), `${mount}/?flash=all-resumed`);
    const run = await after('jobs/a%2Fb/run');
    assert.match(run, /\/tools\/jobs\/runs\/[\da-f]{8}-\d+\?flash=run-accepted$/);
    const [{id}] = manager.runs();
    assert.equal(await after(`runs/${id}/retry`), `${mount}/?flash=run-not-failed`);
    assert.equal(await after('jobs/gone/run?back=jobs'), `${mount}/jobs?flash=job-unknown`);
});

test('a form can lead nowhere but to a page of the site', async (t) => {
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'quick', job: async () => {}, at: 'every day'});
    for (const back of [
        'https://evil.example/',
        '//evil.example/jobs',
        '/\\evil.example',
        '\\\\evil.example',
        'javascript:alert(1)',
        'jobs/../../../evil',
        'jobs/..',
        'jobs/%2e%2e',
        'nope',
        'api/v1/stats',
        'metrics',
        '@evil.example',
        'jobs\r\nx: y',
        'jobs/%zz'
    ]) {
        const url = `/api/v1/jobs/quick/pause?back=${encodeURIComponent(back)}`;
        const {status, headers} = await api('POST', url, AS_FORM);
        assert.deepEqual([status, headers.location], [303, '../../../../jobs/quick?flash=job-paused'], back);
    }
});

test('pages are given what they need, and only codes that are known', async (t) => {
    const {api} = await createServed(t, {
        title: 'Our jobs',
        timezone: 'UTC',
        actions: ['run'],
        showOutput: false
    });
    const {status, json, text, headers} = await api('GET', '/jobs/a%2Fb?flash=job-paused&q=x');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(json, undefined);
    assert.deepEqual(JSON.parse(text), {
        pattern: 'jobs/:name',
        params: {name: 'a/b'},
        query: 'flash=job-paused&q=x',
        actions: ['run'],
        root: '../',
        options: {title: 'Our jobs', timezone: 'UTC', showData: false, showOutput: false, redact: 'function'},
        flash: 'job-paused',
        request: {path: '/jobs/a%2Fb'}
    });
    const odd = await api('GET', '/?flash=%3Cscript%3E');
    assert.equal(JSON.parse(odd.text).flash, undefined);
    assert.equal(JSON.parse(odd.text).root, './');
});

test('files are kept by browsers, and sent compressed to those that take it', async (t) => {
    const {api} = await createServed(t);
    const plain = await api('GET', '/assets/app-1a2b.js');
    assert.deepEqual([plain.status, plain.text], [200, 'go();'.repeat(100)]);
    assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.match(plain.headers['cache-control'], /^private, max-age=31536000, immutable$/);
    const gzipped = await api('GET', '/assets/app-1a2b.js', {'accept-encoding': 'br, gzip'});
    assert.equal(gzipped.headers['content-encoding'], 'gzip');
    assert.ok(Number(gzipped.headers['content-length']) < 100);
    const refused = await api('GET', '/assets/app-1a2b.js', {'accept-encoding': 'gzip;q=0'});
    assert.equal(refused.headers['content-encoding'], undefined);
    for (const tag of ['"1a2b"', 'W/"1a2b"', '"x", "1a2b"']) {
        const same = await api('GET', '/assets/app-1a2b.js', {'if-none-match': tag});
        assert.deepEqual([same.status, same.text], [304, '']);
    }
});

test('results are hidden unless showData says otherwise, and what looks secret is hidden even then', async (t) => {
    const job = path.join(__dirname, 'jobs', 'odd.js');
    const {manager, api} = await createServed(t);
    await manager.defineJob({name: 'odd', job});
    const run = await manager.runJob('odd');
    await run.result;
    const hidden = (await api('GET', `/api/v1/runs/${run.id}`)).json;
    assert.deepEqual([hidden.result, hidden.resultHidden], [undefined, true]);

    const shown = await createServed(t, {showData: true});
    await shown.manager.defineJob({name: 'odd', job});
    const again = await shown.manager.runJob('odd');
    await again.result;
    assert.deepEqual((await shown.api('GET', `/api/v1/runs/${again.id}`)).json.result, {
        token: '[hidden]',
        list: [{apiKey: '[hidden]', password: '[hidden]'}],
        count: '10',
        map: [['k', [1]]],
        bytes: '[12 bytes]',
        when: '1970-01-01T00:00:00.000Z',
        never: null,
        self: '[circular]'
    });
});

test('the function redact replaces what is shown', async (t) => {
    const redact = (value, where) => (where === 'error' ? {...value, message: 'x'} : {where});
    const {manager, api} = await createServed(t, {showData: true, redact});
    await manager.defineJob({name: 'quick', job: async () => ({a: 1})});
    await manager.defineJob({
        name: 'broken',
        backoff: 0,
        job: async () => {
            throw new Error('the password is 1234');
        }
    });
    const run = await manager.runJob('quick');
    await run.result;
    assert.deepEqual((await api('GET', `/api/v1/runs/${run.id}`)).json.result, {where: 'result'});
    const broken = await manager.runJob('broken', {attempts: 2});
    await failureOf(broken);
    assert.equal((await api('GET', '/api/v1/jobs/broken')).json.last.error.message, 'x');
    const {history, error} = (await api('GET', `/api/v1/runs/${broken.id}`)).json;
    assert.deepEqual([history[0].message, error.message], ['x', 'x']);
    assert.equal((await api('GET', '/api/v1/runs?job=broken')).json.runs[0].error.message, 'x');
});

test('the first page of 1,000 jobs costs less than 15 ms', async (t) => {
    const {manager, site} = await createServed(t, {authorize: () => true});
    for (let index = 0; index < 1_000; index++) {
        await manager.defineJob({name: `job-${index}`, job: async () => {}, at: 'every 5 minutes'});
    }
    const tookMs = [];
    for (let turn = 0; turn < 15; turn++) {
        // Time of the processor: other programs may be at work as well.
        const before = process.cpuUsage();
        const answer = await site.fetch(new Request('http://localhost/api/v1/jobs'));
        const text = await answer.text();
        const {user, system} = process.cpuUsage(before);
        tookMs.push((user + system) / 1_000);
        assert.equal(JSON.parse(text).jobs.length, 100);
    }
    t.diagnostic(`ms: ${tookMs.map((ms) => ms.toFixed(1)).join(' ')}`);
    assert.ok(Math.min(...tookMs) < 15);
});

test('a socket file that is trusted needs no header, and is bound by its actions', async (t) => {
    const {manager, site} = await createServed(t, {actions: ['run']}, {isTrusted: true});
    const file = path.join(temporaryFolder(t), 'jobs.sock');
    const server = http.createServer(site.handle).listen(file);
    t.after(() => server.close());
    await once(server, 'listening');
    await manager.defineJob({name: 'quick', job: async () => {}});
    assert.equal((await send(file, 'POST', '/api/v1/jobs/quick/run')).status, 202);
    assert.deepEqual(codeOf(await send(file, 'POST', '/api/v1/jobs/quick/pause')), [
        403,
        'ACTION_NOT_ALLOWED'
    ]);
});

test('a site has no effect on a manager that nobody looks at', async (t) => {
    const {manager} = createManager(t);
    createSite({jobManager: manager});
    const names = manager.events
        .eventNames()
        .filter((name) => name !== 'newListener' && name !== 'shutting down');
    assert.deepEqual(names, []);
});
