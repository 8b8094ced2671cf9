'use strict';

/** From `addJob`, or from the due time, to the first line of an offloaded job. */

const fs = require('node:fs');
const {once} = require('node:events');

const {median, percentile} = require('../statistics');
const {Inbox, delay, jobFile, toMs, wallToMonotonicMs} = require('../talk');

const CERTIFICATES = [
    '/etc/ssl/certs/ca-certificates.crt',
    '/etc/ssl/cert.pem',
    '/etc/pki/tls/certs/ca-bundle.crt'
].find((file) => fs.existsSync(file));
/** Only Node 20 reads the file at each start of a process, even when nothing needs it. */
const withCertificates = CERTIFICATES ? {NODE_EXTRA_CA_CERTS: CERTIFICATES} : {};

const NOW = {runs: 20, pauseMs: 30};
const DUE = {runs: 5, aheadMs: 1_000};
const TINY_NOW = {runs: 1, pauseMs: 0};
const TINY_DUE = {runs: 1, aheadMs: 500};

const now = (name, more = {}) => ({
    name,
    unit: 'ms',
    baseline: 'upstream',
    goal: {ratioAtMost: 1.2},
    ...more
});
const due = (name, more = {}) => ({
    name,
    unit: 'ms',
    baseline: 'upstream',
    goal: {ratioAtMost: 0.1},
    ...more
});

module.exports = {
    name: 'first line',
    measurements: [
        now('CommonJS, now', {
            params: {...NOW, file: 'first-line.js'},
            tiny: {...TINY_NOW, file: 'first-line.js'}
        }),
        now('ES module, now', {
            params: {...NOW, file: 'first-line.mjs'},
            tiny: {...TINY_NOW, file: 'first-line.mjs'}
        }),
        due('CommonJS, due', {
            params: {...DUE, file: 'first-line.js'},
            tiny: {...TINY_DUE, file: 'first-line.js'}
        }),
        due('ES module, due', {
            goal: {ratioAtMost: 0.25},
            params: {...DUE, file: 'first-line.mjs'},
            tiny: {...TINY_DUE, file: 'first-line.mjs'}
        }),
        now('CommonJS, now, with NODE_EXTRA_CA_CERTS', {
            goal: undefined,
            env: withCertificates,
            params: {...NOW, file: 'first-line.js'},
            tiny: {...TINY_NOW, file: 'first-line.js'}
        }),
        due('CommonJS, due, with NODE_EXTRA_CA_CERTS', {
            goal: undefined,
            env: withCertificates,
            params: {...DUE, file: 'first-line.js'},
            tiny: {...TINY_DUE, file: 'first-line.js'}
        }),
        now('CommonJS, now, in a host of 1 GB', {
            params: {...NOW, file: 'first-line.js', ballastBytes: 1e9},
            tiny: {...TINY_NOW, file: 'first-line.js', ballastBytes: 1e6}
        }),
        {
            name: 'CommonJS, due, 99th percentile with 100,000 recurring jobs',
            unit: 'ms',
            goal: {atMost: 2},
            params: {runs: 200, aheadMs: 100, file: 'first-line.js', recurring: 100_000, fraction: 0.99},
            tiny: {...TINY_DUE, file: 'first-line.js', recurring: 10, fraction: 0.99}
        }
    ],

    async run({load, params}) {
        const {runs, pauseMs = 0, aheadMs, file, ballastBytes = 0, recurring = 0, fraction} = params;
        const ballast = Buffer.alloc(ballastBytes, 1);
        const inbox = new Inbox();
        const manager = new (load())({workerMessageHandler: ({message}) => inbox.push(message)});
        for (let index = 0; index < recurring; index += 1) {
            await manager.addJob({name: `recurring-${index}`, at: '0 0 3 1 1 *', job: jobFile(file)});
        }
        const samples = [];
        for (let index = 0; index < runs; index += 1) {
            const deleted = once(manager.bree, 'worker deleted');
            samples.push(
                await firstLineMs(manager, inbox, {name: `run-${index}`, job: jobFile(file)}, aheadMs)
            );
            await deleted;
            await delay(pauseMs);
        }
        ballast.fill(0);
        return fraction === undefined ? median(samples) : percentile(samples, fraction);
    }
};

async function firstLineMs(manager, inbox, job, aheadMs) {
    if (aheadMs === undefined) {
        const calledAt = process.hrtime.bigint();
        manager.addJob(job);
        return toMs((await inbox.next()) - calledAt);
    }
    const offsetMs = wallToMonotonicMs();
    const at = new Date(Date.now() + aheadMs);
    await manager.addJob({...job, at});
    return toMs(await inbox.next()) - (at.getTime() + offsetMs);
}
