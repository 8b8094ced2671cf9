'use strict';

// What runs print, over HTTP: read from a byte on, and followed.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {StreamClient, createServed} = require('./support');

const PRINTS = path.join(__dirname, 'jobs', 'prints.js');
const codeOf = ({status, json}) => [status, json.error.code];

test('output is followed from the byte where the last answer ended, while the run goes and after', async (t) => {
    const {manager, api, port} = await createServed(t);
    await manager.addJob({name: 'prints', job: PRINTS, output: 'capture', at: 'every year'});
    const client = await StreamClient.open(t, port, {path: '/api/v1/events?job=prints&output=1'});
    await client.event('ready');
    const run = await manager.runJob('prints');
    const printed = await client.event('run output');
    assert.deepEqual([printed.data.runId, printed.data.job], [run.id, 'prints']);
    const url = `/api/v1/runs/${run.id}/output`;
    const first = await api('GET', url);
    assert.deepEqual([first.status, first.text], [200, 'first <b>line</b> red\n']);
    assert.equal(first.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(first.headers['x-content-type-options'], 'nosniff');
    assert.equal(Number(first.headers['x-total-bytes']), printed.data.totalBytes);
    await manager.cancelRun(run.id);
    const rest = await api('GET', `${url}?from=${first.headers['x-total-bytes']}`);
    assert.equal(rest.text, 'last line\n');
    assert.equal(rest.headers['x-from-byte'], first.headers['x-total-bytes']);
    assert.equal(rest.headers['x-dropped-bytes'], '0');
    const end = await api('GET', `${url}?from=${rest.headers['x-total-bytes']}`);
    assert.deepEqual([end.status, end.text], [200, '']);
});

test('bytes that were left out are counted', async (t) => {
    const {manager, api} = await createServed(t);
    const job = async (_data, run) => run.log('x'.repeat(5_000));
    await manager.defineJob({name: 'much', job, outputLimit: 1_024});
    const run = await manager.runJob('much');
    await run.result;
    const {text, headers} = await api('GET', `/api/v1/runs/${run.id}/output`);
    assert.ok(Number(headers['x-dropped-bytes']) > 3_000);
    assert.match(text, /bytes left out …/);
});

test('output goes through redact, and is not shown where showOutput is false', async (t) => {
    const job = async (_data, run) => run.log('the PIN is 1234');
    const redact = (value, where) => (where === 'output' ? value.replaceAll('1234', '…') : value);
    const {manager, api} = await createServed(t, {redact});
    await manager.defineJob({name: 'a', job});
    const run = await manager.runJob('a');
    await run.result;
    assert.match((await api('GET', `/api/v1/runs/${run.id}/output`)).text, /the PIN is …\n$/);
    assert.equal((await api('GET', `/api/v1/runs/${run.id}/output?from=-1`)).status, 400);

    const closed = await createServed(t, {showOutput: false});
    await closed.manager.defineJob({name: 'a', job});
    const hidden = await closed.manager.runJob('a');
    await hidden.result;
    assert.deepEqual(codeOf(await closed.api('GET', `/api/v1/runs/${hidden.id}/output`)), [
        403,
        'OUTPUT_HIDDEN'
    ]);
});
