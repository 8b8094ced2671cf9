'use strict';

// The option `dashboard`: the deliveries of a site in a browser.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const {test} = require('node:test');
const GhostJobs = require('../../lib/ghost-jobs');
const {temporaryFolder} = require('../support/temporary-folder');
const {OLD, ended, job, quickProcessor, siteLog} = require('./support/adapters');

/** @returns {Promise<object>} what the API of a dashboard on a socket answers */
function ask(socketPath, place) {
    return new Promise((resolve, reject) => {
        const request = http.get({socketPath, path: place}, (response) => {
            response.setEncoding('utf8');
            let text = '';
            response.on('data', (part) => (text += part)).on('end', () => resolve(JSON.parse(text)));
        });
        request.on('error', reject);
    });
}

/** Short: the path of a socket may have a hundred characters. */
const socketIn = (t) => path.join(temporaryFolder(t), 's');

test('it shows the deliveries, and goes and comes with the adapter', async (t) => {
    siteLog(t);
    const held = {};
    t.after(() => held.adapter.shutdown({timeoutMs: 0}));
    const socket = socketIn(t);
    held.adapter = new GhostJobs({dashboard: {socket}});
    for (let start = 0; start < 2; start += 1) {
        const {process, count} = quickProcessor();
        await held.adapter.start({processor: process, queues: {email: {concurrency: 2}}});
        await OLD.enqueue(held.adapter, job('send-email'), 'email');
        await count(1);
        const {jobs} = await ask(socket, '/api/v1/jobs');
        assert.deepEqual(
            jobs.map(({name}) => name),
            ['send-email @email']
        );
        await held.adapter.shutdown();
        await assert.rejects(ask(socket, '/api/v1/jobs'));
    }
});

test('an address that is taken is logged, and the site has its jobs', async (t) => {
    const log = siteLog(t);
    const socket = socketIn(t);
    fs.writeFileSync(socket, '');
    const {process, count} = quickProcessor();
    const adapter = ended(t, () => new GhostJobs({dashboard: {socket}}));
    await adapter.start({processor: process});
    const [line, error] = await log.next('error');
    assert.equal(line, 'The dashboard of the jobs adapter is not there');
    assert.equal(error.code, 'EADDRINUSE');
    await OLD.enqueue(adapter, job());
    await count(1);
});

test('options of the dashboard that are wrong end the start', async (t) => {
    siteLog(t);
    const socket = socketIn(t);
    const adapter = ended(t, () => new GhostJobs({dashboard: {socket, actions: 7}}));
    await assert.rejects(adapter.start({processor: async () => {}}), {code: 'INVALID_OPTION'});
    assert.throws(() => GhostJobs.validate({dashboard: 2369}), /"dashboard" .* must be an object such as/);
});
